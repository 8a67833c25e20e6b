"""The vault gives back what was put in, to who says for what it was; and nothing personal lies outside it."""

import base64
import logging
import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import text

from connectors.ledger import Ledger
from connectors.ledger.sealed import given_of
from connectors.sandbox.sandbox import Sandbox
from connectors.sandbox.server import SimulatedFault
from connectors.vault import MASTER_KEY_VARIABLE, Vault, VaultError, new_master_key
from schemas.registries import Given
from tests.support.pipeline import PipelineDriver

VAULT = Vault(bytes(range(32)))
KEY, WRAPPED = VAULT.new_key("24/H05-1")

TEXTS = ("text", "character varying", "jsonb", "ARRAY", "json")
TWELVE_DIGITS = re.compile(r"(?<![\w.])\d{12}(?!\w)")  # not those in the middle of a hexadecimal code

PERSONAL = {"full_name", "personal_id", "number", "phone", "email", "insurance_number", "card_code", "detail", "cause"}
"""Fields of dossiers and receipts whose values name, number or place a person."""


# Sealing


@given(st.binary(max_size=4096), st.text(max_size=40))
def test_what_is_sealed_comes_back_whole(content: bytes, purpose: str) -> None:
    assert KEY.unseal(KEY.seal(content, purpose), purpose) == content


@given(st.text(alphabet="ĐẶNGTHỊẤN ", min_size=6, max_size=60))
def test_nothing_of_the_content_shows_in_the_sealed_bytes(name: str) -> None:
    assert name.encode() not in KEY.seal(b'{"full_name": "' + name.encode() + b'"}', "version/1")


def test_content_sealed_twice_gives_two_different_seals() -> None:
    assert KEY.seal(b"the same", "reply") != KEY.seal(b"the same", "reply")


def test_one_flipped_bit_anywhere_is_refused() -> None:
    for sealed, opened in (
        (KEY.seal(b"TRAN THI HOA", "reply"), lambda changed: KEY.unseal(changed, "reply")),
        (WRAPPED, lambda changed: VAULT.open_key(changed, "24/H05-1")),
    ):
        for bit in range(len(sealed) * 8):
            changed = bytearray(sealed)
            changed[bit // 8] ^= 1 << bit % 8
            with pytest.raises(VaultError):
                opened(bytes(changed))


@pytest.mark.parametrize("length", [0, 5, 12, 27])
def test_what_was_cut_off_is_refused(length: int) -> None:
    with pytest.raises(VaultError):
        KEY.unseal(KEY.seal(b"TRAN THI HOA", "reply")[:length], "reply")
    with pytest.raises(VaultError):
        VAULT.open_key(WRAPPED[:length], "24/H05-1")


def test_a_seal_opens_for_its_purpose_only() -> None:
    sealed = KEY.seal(b"first version", "version/1")
    with pytest.raises(VaultError, match=r"version/2.* belong elsewhere"):
        KEY.unseal(sealed, "version/2")


def test_a_key_opens_for_its_dossier_only() -> None:
    with pytest.raises(VaultError, match="belongs to another dossier"):
        VAULT.open_key(WRAPPED, "24/H05-2")
    with pytest.raises(VaultError):
        VAULT.new_key("24/H05-1")[0].unseal(KEY.seal(b"content", "reply"), "reply")


def test_a_wrapped_key_opens_what_was_sealed_before() -> None:
    sealed = KEY.seal(b"content", "reply")
    assert Vault(bytes(range(32))).open_key(WRAPPED, "24/H05-1").unseal(sealed, "reply") == b"content"


def test_under_another_master_key_the_message_names_the_variable() -> None:
    with pytest.raises(VaultError, match=MASTER_KEY_VARIABLE):
        Vault(bytes(32)).open_key(WRAPPED, "24/H05-1")


def test_a_destroyed_key_opens_nothing() -> None:
    with pytest.raises(VaultError, match="erased for good"):
        VAULT.open_key(None, "24/H05-1")


def test_no_key_shows_itself() -> None:
    shown = repr(KEY) + str(KEY) + repr(VAULT)
    assert "AESGCM" not in shown
    assert str(bytes(range(32)))[2:20] not in shown


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "missing: make one with `lienthong new-key`"),
        ("not base64!", "is not base64"),
        (base64.b64encode(b"short").decode(), "5 bytes instead of 32"),
    ],
)
def test_a_master_key_that_cannot_be_used_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, value: str, words: str
) -> None:
    monkeypatch.setenv(MASTER_KEY_VARIABLE, value)
    with pytest.raises(VaultError, match=words) as refused:
        Vault.from_environment()
    assert MASTER_KEY_VARIABLE in str(refused.value)
    assert not value or value not in str(refused.value)


def test_a_new_master_key_can_be_used_and_is_never_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MASTER_KEY_VARIABLE, new_master_key() + "\n")
    Vault.from_environment()
    assert new_master_key() != new_master_key()


# Privacy


def values_of(model: object) -> Iterator[str]:
    """Every personal value in a dossier or a receipt."""
    if isinstance(model, tuple):
        for part in model:
            yield from values_of(part)
    elif isinstance(model, BaseModel):
        for name in type(model).model_fields:
            value = getattr(model, name)
            if name in PERSONAL and isinstance(value, str):
                yield value.strip()
            else:
                yield from values_of(value)


def personal_values(sandbox: Sandbox, ledger: Ledger) -> set[str]:
    """What the planted dossiers and the receipts of the registries say about persons."""
    found = set[str]()
    for planted in sandbox.dataset.planted:
        found |= {*values_of(planted.dossier), *values_of(planted.edited)}
    for receipt in receipts(ledger):
        names = ("civil_status.personal_id", "health_insurance.insurance_number", "health_insurance.card_code")
        found |= {value for name in names if (value := receipt.value(name))}
    return {value for value in found if len(value) >= 6}


def receipts(ledger: Ledger) -> Iterator[Given]:
    question = """SELECT portal_code, dossier_code, wrapped, array_agg(r.sealed ORDER BY reply_id) AS sealed,
                         array_agg(registry_code ORDER BY reply_id) AS given_by
                    FROM replies r JOIN deliveries USING (delivery_id) JOIN dossiers d USING (dossier_id)
                    JOIN keys USING (dossier_id) GROUP BY 1, 2, 3"""
    with ledger.engine.connect() as connection:
        for row in connection.execute(text(question)):
            yield given_of(ledger.open_key(row.wrapped, row.portal_code, row.dossier_code), row.given_by, row.sealed)


def stored_in_the_open(ledger: Ledger) -> dict[str, str]:
    """All that can be read in the ledger without a key: by table and column."""
    found = {}
    columns = text(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    )
    with ledger.engine.connect() as connection:
        for table, column, kind in connection.execute(columns).all():
            if kind in TEXTS:
                rows = connection.execute(text(f'SELECT DISTINCT CAST("{column}" AS text) FROM "{table}"')).scalars()
                found[f"{table}.{column}"] = "\n".join(row for row in rows if row)
    return found


def test_nothing_personal_lies_in_a_readable_column_or_in_a_log(
    pipeline: Callable[..., PipelineDriver], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    driver = pipeline(dossiers=60, seed=31, province_codes=("24", "22"))
    for fault in (SimulatedFault.GARBAGE, SimulatedFault.CUT_OFF, None):
        for listener in driver.sandbox.server.listeners.values():
            listener.faults.switch(fault, share=0.2)
        driver.round()
    driver.go()
    readable = {**stored_in_the_open(driver.ledger), "log": caplog.text}
    canaries = personal_values(driver.sandbox, driver.ledger)
    assert len(canaries) > 300
    assert {"dossiers.dossier_code", "events.detail", "incidents.message"} <= set(readable)
    assert {where: found for where, content in readable.items() if (found := leaks(content, canaries))} == {}


def leaks(content: str, canaries: set[str]) -> list[str]:
    """What is personal in a text: a known value, or any number of twelve digits."""
    folded = content.casefold()
    return sorted({value for value in canaries if value.casefold() in folded} | set(TWELVE_DIGITS.findall(content)))
