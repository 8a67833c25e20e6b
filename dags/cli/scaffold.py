"""`lienthong new-registry` and `lienthong new-platform`: the files that a new system needs, as a start.

What is made is whole: it passes the linter, the type checker and the contract's tests. All of it is assumed until a
document says otherwise. The texts lie in `scaffolds/`; an existing file is never changed.
"""

import json
import re
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated, Any

import typer

from dags.cli.console import out, stop

app = typer.Typer()

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"(?=.{2,24}$)[a-z][a-z0-9]*(_[a-z0-9]+)*")
REQUEST_KEY = "00000000-0000-5000-8000-000000000001"
DOSSIER_CODE = "H05.12.34-261120-0001"

Files = dict[str, str]
"""Texts by path below the repository's root."""


@app.command("new-registry")
def new_registry(
    code: Annotated[str, typer.Argument(help="The registry's code: small letters, digits and underscores.")],
    name_vi: Annotated[str, typer.Option(help="What officials call it.")] = "Cơ sở dữ liệu mới",
    name_en: Annotated[str, typer.Option(help="What it is called in English.")] = "A new registry",
    case_kind: Annotated[str, typer.Option(help="The kind of case that it registers.")] = "birth",
) -> None:
    """Make the folder, the twin and the recorded cases of a new registry, and print what to add by hand."""
    _check(code, "connectors/registries/" + code)
    words = _words(code, name_vi, name_en) | {"case_kind": case_kind}
    _write(registry_files(words))
    out.print(_filled("registry/row.txt", words), markup=False)


@app.command("new-platform")
def new_platform(
    code: Annotated[str, typer.Argument(help="The platform's code: small letters, digits and underscores.")],
    name_vi: Annotated[str, typer.Option(help="What officials call it.")] = "Cổng dịch vụ công mới",
    name_en: Annotated[str, typer.Option(help="What it is called in English.")] = "A new platform",
) -> None:
    """Make the file, the twin and the recorded cases of a new portal platform, and print what to add by hand."""
    _check(code, f"connectors/portals/{code}.py")
    words = _words(code, name_vi, name_en)
    _write(platform_files(words))
    out.print(_filled("platform/row.txt", words), markup=False)


def registry_files(words: dict[str, str]) -> Files:
    """All files of a new registry."""
    code = words["code"]
    folder = f"connectors/registries/{code}"
    return {
        f"{folder}/__init__.py": _filled("registry/init.txt", words),
        f"{folder}/wire.py": _filled("registry/wire.txt", words),
        f"{folder}/phrases.csv": "role,kind,words,meaning\n",
        f"{folder}/codes.csv": "code,cause\n",
        f"{folder}/elements.csv": "element,field_path\n",
        f"connectors/sandbox/twins/{code}.py": _filled("registry/twin.txt", words),
        **_registry_cases(code, words["case_kind"]),
    }


def platform_files(words: dict[str, str]) -> Files:
    """All files of a new portal platform."""
    code = words["code"]
    return {
        f"connectors/portals/{code}.py": _filled("platform/platform.txt", words),
        f"connectors/sandbox/twins/{code}.py": _filled("platform/twin.txt", words),
        **_platform_cases(code),
    }


def _registry_cases(code: str, case_kind: str) -> Files:
    """A dossier that is registered, one that is sent again, and a state that nobody knows."""
    request_code = REQUEST_KEY.replace("-", "")
    sent = {"requestCode": request_code, "dossierCode": DOSSIER_CODE}
    registered = {"requestCode": request_code, "state": "2", "entryNumber": "123"}
    answers = {"answers": [{"outcome": "registered", "receipt": {"entry_number": "123"}}]}
    cases: list[tuple[str, list[str], dict[str, str], dict[str, Any]]] = [
        ("taken", [], registered, answers),
        ("sent_again", ["repeat"], registered, answers),
        ("state_unknown", ["unknown_code"], {"requestCode": request_code, "state": "7"}, {"error": "Unrecognised"}),
    ]
    made: Files = {}
    for name, shows, reply, expected in cases:
        folder = f"tests/recorded/{code}/{name}"
        dossier = {"sound": case_kind, "dossier_code": DOSSIER_CODE}
        made[f"{folder}/case.json"] = _json({
            "shows": shows, "verb": "write", "submissions": [{"key": REQUEST_KEY, "dossier": dossier}],
            "request": {"method": "POST", "path": f"/{code}/1.0/send"}, "reply": {"status": 200}, "expected": expected,
        })  # fmt: skip
        made[f"{folder}/request.json"] = _json(sent)
        made[f"{folder}/reply.body"] = _json(reply)
    return made


def _platform_cases(code: str) -> Files:
    """A death as it is listed, a list without dossiers, and a report that is taken."""
    received_at = "2026-11-20T08:15:00+07:00"
    item = {
        "dossierCode": DOSSIER_CODE, "procedureCode": "1.000656", "status": 2, "receivedAt": received_at,
        "updatedAt": received_at, "communeCode": "07210", "death": {"deceased": {"fullName": "PHẠM VĂN THÀNH"}},
    }  # fmt: skip
    dossier = {
        "portal_code": "24", "dossier_code": DOSSIER_CODE, "procedure_as_written": "1.000656",
        "procedure_code": "1.000656", "status": 2, "received_at": received_at, "updated_at": received_at,
        "commune_code": "07210", "case": {"kind": "death", "deceased": {"full_name": "PHẠM VĂN THÀNH"}},
    }  # fmt: skip
    position = "2026-11-20T01:00:00.000000+00:00"
    report = {
        "dossier_code": DOSSIER_CODE, "procedure_as_written": "1.000656", "milestone": "received",
        "happened_at": received_at,
    }  # fmt: skip
    folder = f"tests/recorded/{code}"
    return {
        f"{folder}/death/exchange.json": _json({"verb": "read", "province_code": "24"}),
        f"{folder}/death/reply.body": _json(item),
        f"{folder}/death/expected.json": _json({"dossier": dossier}),
        f"{folder}/page_empty/exchange.json": _json({"verb": "read_page", "position": position, "status": 200}),
        f"{folder}/page_empty/reply.body": _json({"dossiers": []}),
        f"{folder}/page_empty/expected.json": _json({"entries": [], "next_position": position, "has_more": False}),
        f"{folder}/report_received/exchange.json": _json({"verb": "report", "status": 200}),
        f"{folder}/report_received/reply.body": _json({"result": "ok"}),
        f"{folder}/report_received/expected.json": _json({"outcomes": ["acknowledged"]}),
        f"{folder}/report_received/reports.json": _json([report]),
    }


def _check(code: str, path: str) -> None:
    """Ends with a message when the code cannot be used here."""
    if not CODE.fullmatch(code):
        stop(f"{code!r} is no code: 2 to 24 small letters, digits and single underscores, a letter first")
    if not (ROOT / "tests" / "recorded").is_dir():
        stop(f"{ROOT} is no checkout of the repository: run this command in one")
    taken = [path, f"connectors/sandbox/twins/{code}.py", f"tests/recorded/{code}"]
    if there := [name for name in taken if (ROOT / name).exists()]:
        stop(f"there is already {', '.join(there)}: choose another code")


def _write(texts: Files) -> None:
    for path, content in texts.items():
        file = ROOT / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        out.print(f"made {path}", markup=False)
    out.print()


def _filled(name: str, words: dict[str, str]) -> str:
    text = files("dags.cli").joinpath("scaffolds").joinpath(name).read_text(encoding="utf-8")
    return Template(text).substitute(words)


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _words(code: str, name_vi: str, name_en: str) -> dict[str, str]:
    """What stands in the texts; the imports in the order that the linter wants."""
    imports = ["from connectors.registries.contract import Registry", f"from connectors.registries.{code} import wire"]
    return {
        "code": code,
        "class_name": "".join(word.title() for word in code.split("_")),
        "name_vi": _plain(name_vi),
        "name_en": _plain(name_en),
        "imports": "\n".join(sorted(imports)),
    }


def _plain(name: str) -> str:
    """A name as it may stand between quotes in a line of code. Ends with a message for any other."""
    if not name.strip() or len(name) > 60 or not name.isprintable() or set(name) & set('"\\'):
        stop(f"{name!r} is no name: at most 60 characters, without quotes and backslashes")
    return name.strip()
