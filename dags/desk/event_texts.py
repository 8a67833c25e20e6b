"""An event of a dossier in words, in both languages: for the desk's timeline and for `lienthong show`.

The words themselves stand in `quality/words.csv` (`event.*`) and `dags/desk/words.csv` (`detail.*`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from dags.desk.language import Locale

DetailText = Callable[[Any, Locale], str]


def _plain(name: str) -> DetailText:
    return lambda value, locale: locale.translate(f"detail.{name}", it=value)


def _of_group(group: str) -> DetailText:
    return lambda code, locale: locale.of(group, code)


def _status(name: str) -> DetailText:
    return lambda code, locale: locale.translate(f"detail.{name}", it=locale.coded("coded.status", str(code)))


def _from_to(codes: tuple[Any, Any], locale: Locale) -> str:
    was, now = (locale.coded("coded.status", str(code)) for code in codes)
    return locale.translate("detail.from_to", was=was, now=now)


def _checks(codes: list[str], locale: Locale) -> str:
    return " ".join(locale.cause(code).says for code in codes)


def _causes(causes: list[tuple[str, str]], locale: Locale) -> str:
    return " ".join(dict.fromkeys(locale.cause(code).says for code, _ in causes))


def _receipt_fields(names: list[str], locale: Locale) -> str:
    return locale.translate("detail.lacks", it=", ".join(locale.receipt_field(name) for name in names))


DETAILS: dict[str, DetailText] = {
    "version": _plain("version"),
    "status": _status("status"),
    "from_to": _from_to,
    "from": _status("from"),
    "to": _status("to"),
    "step": _plain("step"),
    "operation": _of_group("operation"),
    "attempt": _plain("attempt"),
    "code": _plain("code"),
    "checks": _checks,
    "lacks": _receipt_fields,
    "milestone": _of_group("milestone"),
    "field": lambda field_path, locale: locale.title(field_path),
    "causes": _causes,
    "decided": lambda evidence, locale: ", ".join(evidence),
    "reason": _plain("reason"),
    "decision": _plain("decision"),
    "of": _plain("of"),
    "bulk": lambda bulk_id, locale: locale.translate("detail.bulk"),
    "was": _plain("was"),
    "batch": _plain("batch"),
    "other": _plain("other"),
    "as": _of_group("decided_as"),
}
"""The words for each part of an event's detail, in the order of telling; other parts are shown as they are."""
IDS = frozenset({"decision", "of", "other"})
"""Parts that hold the ledger's own numbers: an engineer needs them, a clerk does not."""
BESIDE = frozenset({"registry"})
"""Parts that stand beside the event's name."""


def detail_texts(detail: Mapping[str, Any], locale: Locale, *, with_ids: bool = False) -> list[str]:
    """The parts of an event's detail, each in words."""
    silent = BESIDE if with_ids else BESIDE | IDS
    present = {name: value for name, value in detail.items() if value is not None and name not in silent}
    if {"from", "to"} <= present.keys():
        present["from_to"] = (present.pop("from"), present.pop("to"))
    texts = [text(present[name], locale) for name, text in DETAILS.items() if name in present]
    return [*texts, *(f"{name} {value}" for name, value in present.items() if name not in DETAILS)]
