"""`lienthong new-registry` and `lienthong new-platform`: the files that a new system needs, as a start.

What is made is whole: it passes the linter, the type checker and the contract's tests. All of it is assumed until a
document says otherwise. The texts lie in `scaffolds/`; an existing file is never changed.
"""

import re
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from dags.cli.console import out, stop

app = typer.Typer()

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"(?=.{2,24}$)[a-z][a-z0-9]*(_[a-z0-9]+)*")

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
        **_recorded_cases("registry", words),
    }


def platform_files(words: dict[str, str]) -> Files:
    """All files of a new portal platform."""
    code = words["code"]
    return {
        f"connectors/portals/{code}.py": _filled("platform/platform.txt", words),
        f"connectors/sandbox/twins/{code}.py": _filled("platform/twin.txt", words),
        **_recorded_cases("platform", words),
    }


def _recorded_cases(what: str, words: dict[str, str]) -> Files:
    """The recorded cases that lie in `scaffolds/<what>/recorded`, a folder each."""
    return {
        f"tests/recorded/{words['code']}/{case.name}/{file.name}": _filled(
            f"{what}/recorded/{case.name}/{file.name}", words
        )
        for case in files("dags.cli").joinpath(f"scaffolds/{what}/recorded").iterdir()
        for file in case.iterdir()
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
