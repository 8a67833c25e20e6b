"""What a registry's words are read as, in short."""

from dags.steps.answers import read_answer

CIVIL, RESIDENCE, INSURANCE, LAND, PORTAL = "civil_status", "residence", "health_insurance", "land", "portal"
Seen = list[tuple[str, tuple[str, ...]]]


def seen(registry_code: str, words: str, code: str = "") -> Seen:
    return [(cause.code, cause.fields) for cause in read_answer(registry_code, code, words)]


def codes(registry_code: str, words: str, code: str = "") -> list[str]:
    return [cause.code for cause in read_answer(registry_code, code, words)]
