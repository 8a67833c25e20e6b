"""Duplicate candidates in the ledger: the later of two is found beside the earlier, and a decision about them stays."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import URL, text

from connectors.ledger import Ledger, open_ledger
from connectors.ledger.duplicate_candidates import (
    MatchedPair,
    Undecided,
    decide,
    enter,
    find_matches,
    remember,
    undecided,
)
from connectors.ledger.erasure import erase
from connectors.ledger.opening import opened
from connectors.portals.provinces import read_original
from connectors.vault import Vault
from dags.steps.matching import enter_all, match_dossiers
from quality.duplicates.blind_indexes import blind_indexes_of
from schemas.dossier import Dossier
from schemas.registries import CivilStatusReceipt
from schemas.text import search_fold
from tests.support.dossiers import BIRTH, DEATH, MARRIAGE, MOTHER, changed, when
from tests.support.ledger_driver import LedgerDriver
from tests.support.pipeline import PipelineDriver
from tests.support.repeated_births import FIRST, NEXT_NOTICE, again


def read_driver(portal_code: str, original: bytes) -> Dossier:
    """The originals on a driver are dossiers as our own JSON."""
    return Dossier.model_validate_json(original)


def match_all(driver: LedgerDriver, *dossiers: Dossier) -> dict[str, set[str]]:
    """Dossiers arrive and are matched with all that are known. Returns the codes of the checks by dossier code."""
    driver.arrive(*dossiers)
    ids = ids_of(driver)
    found = match_dossiers(driver.ledger, {ids[dossier.dossier_code]: dossier for dossier in dossiers}, read_driver)
    codes = {number: code for code, number in ids.items()}
    return {codes[number]: {finding.check_code for finding in findings} for number, findings in found.items()}


def ids_of(driver: LedgerDriver) -> dict[str, int]:
    return {row.dossier_code: row.dossier_id for row in driver.rows("SELECT dossier_code, dossier_id FROM dossiers")}


def open_pairs(ledger: Ledger, **scope: Any) -> list[Undecided]:
    return undecided(ledger, kinds=("duplicate", "multiple_birth", "sibling"), **scope)


TWICE = again(2, child__full_name="NGUYEN MAI ANH")
TWIN = again(3, birth_order=2, child__full_name="NGUYỄN MAI LAN", notice_code=NEXT_NOTICE)


def test_the_later_of_two_births_is_a_possible_duplicate_and_the_earlier_goes_on(driver: LedgerDriver) -> None:
    assert match_all(driver, BIRTH) == {}
    assert match_all(driver, TWICE) == {TWICE.dossier_code: {"possible_duplicate"}}
    (pair,) = open_pairs(driver.ledger)
    assert (pair.dossier_code, pair.other_code, pair.kind) == (BIRTH.dossier_code, TWICE.dossier_code, "duplicate")
    assert pair.probability > 0.99


def test_two_births_that_come_together_are_one_pair_however_often_they_are_matched(driver: LedgerDriver) -> None:
    for _ in range(2):
        assert match_all(driver, BIRTH, TWICE) == {TWICE.dossier_code: {"possible_duplicate"}}
        assert len(open_pairs(driver.ledger)) == 1


def test_twins_are_kept_as_twins_and_nothing_is_found_in_either(driver: LedgerDriver) -> None:
    assert match_all(driver, FIRST, TWIN) == {}
    assert [pair.kind for pair in open_pairs(driver.ledger)] == ["multiple_birth"]
    assert undecided(driver.ledger) == []


def test_a_decision_about_a_pair_stays_and_the_held_dossier_is_examined_again(driver: LedgerDriver) -> None:
    match_all(driver, BIRTH, TWICE)
    ids = ids_of(driver)
    driver.change("UPDATE dossiers SET state = 'held' WHERE dossier_code = :code", code=TWICE.dossier_code)
    assert decide(driver.ledger, ids[TWICE.dossier_code], ids[BIRTH.dossier_code], "different", "thu.ha")
    assert driver.state(TWICE) == "pulled"
    for _ in range(2):
        assert match_all(driver, BIRTH, TWICE) == {}
        assert open_pairs(driver.ledger) == []
    rows = driver.rows("SELECT decided_as, decided_by FROM duplicate_candidates")
    assert [tuple(row) for row in rows] == [("different", "thu.ha")]


def test_a_decision_is_an_event_of_both_dossiers_with_who_and_what(driver: LedgerDriver) -> None:
    match_all(driver, BIRTH, TWICE)
    one, other = (ids_of(driver)[dossier.dossier_code] for dossier in (BIRTH, TWICE))
    assert decide(driver.ledger, one, other, "same", "thu.ha")
    assert not decide(driver.ledger, one, other, "same", "van.nam")
    assert decide(driver.ledger, one, other, "different", "van.nam")
    events = driver.rows("SELECT dossier_id, actor, detail FROM events WHERE kind = 'duplicate_decided'")
    assert {(row.dossier_id, row.actor, row.detail["other"], row.detail["as"]) for row in events} == {
        (one, "thu.ha", other, "same"),
        (other, "thu.ha", one, "same"),
        (one, "van.nam", other, "different"),
        (other, "van.nam", one, "different"),
    }
    assert not decide(driver.ledger, one, 999, "same", "thu.ha")


def test_a_pair_decided_to_be_one_birth_is_found_again(driver: LedgerDriver) -> None:
    match_all(driver, BIRTH, TWICE)
    ids = ids_of(driver)
    decide(driver.ledger, ids[BIRTH.dossier_code], ids[TWICE.dossier_code], "same", "thu.ha")
    assert match_all(driver, TWICE) == {TWICE.dossier_code: {"possible_duplicate"}}
    assert open_pairs(driver.ledger) == []


def test_a_pair_that_matches_no_more_goes_with_the_blind_indexes_of_the_old_version(driver: LedgerDriver) -> None:
    match_all(driver, BIRTH, TWICE)
    other_family = changed(MARRIAGE, "dossier_code", TWICE.dossier_code)
    before = len(driver.rows("SELECT FROM blind_indexes"))
    assert match_all(driver, other_family) == {}
    assert open_pairs(driver.ledger) == []
    assert len(driver.rows("SELECT FROM blind_indexes")) == before - len(blind_indexes_of(TWICE)) + len(
        blind_indexes_of(other_family)
    )


def test_a_birth_withdrawn_at_its_portal_has_no_duplicates(driver: LedgerDriver) -> None:
    match_all(driver, BIRTH)
    driver.change("UPDATE dossiers SET state = 'closed'")
    assert match_all(driver, TWICE) == {}


def test_births_too_close_and_a_number_of_another_are_found_across_dossiers(driver: LedgerDriver) -> None:
    other = again(
        4,
        child__full_name="NGUYỄN GIA BẢO",
        child__born_on=when("02.05.2026"),
        notice_code=None,
        father__full_name="LÊ QUANG DŨNG",
    )
    match_all(driver, BIRTH)
    assert match_all(driver, other) == {other.dossier_code: {"births_too_close", "number_used_by_another"}}
    assert [pair.kind for pair in open_pairs(driver.ledger)] == ["sibling"]


def test_who_may_see_a_place_sees_the_pairs_that_touch_it(driver: LedgerDriver) -> None:
    match_all(driver, BIRTH, TWICE)
    for places, count in (("", 1), ("24", 1), ("07210", 1), ("40", 0), ("07213", 0)):
        assert len(open_pairs(driver.ledger, places=[places])) == count
    (pair,) = open_pairs(driver.ledger)
    assert open_pairs(driver.ledger, after=(pair.dossier_id, pair.other_id)) == []


def test_an_entry_that_was_given_twice_is_found_at_the_second(driver: LedgerDriver) -> None:
    driver.arrive(BIRTH, TWICE)
    ids, receipt = ids_of(driver), CivilStatusReceipt(entry_number="12", book_code="01/2026")
    one, other = ids[BIRTH.dossier_code], ids[TWICE.dossier_code]
    assert enter_all(driver.ledger, [(one, BIRTH, receipt)]) == {}
    assert enter_all(driver.ledger, [(one, BIRTH, receipt)]) == {}
    found = enter_all(driver.ledger, [(other, TWICE, receipt)])
    assert {number: finding.check_code for number, finding in found.items()} == {other: "entry_registered_twice"}
    assert enter_all(driver.ledger, [(one, BIRTH, CivilStatusReceipt())]) == {}
    match_dossiers(driver.ledger, {one: BIRTH, other: TWICE}, read_driver)
    assert enter(driver.ledger, {other: "birth/07210/01/2026/12"}) == [(other, one)]


def test_an_erased_dossier_leaves_neither_blind_indexes_nor_open_pairs(driver: LedgerDriver) -> None:
    match_all(driver, BIRTH, TWICE)
    driver.change("UPDATE dossiers SET state = 'closed' WHERE dossier_code = :code", code=BIRTH.dossier_code)
    assert erase(driver.ledger, "24", BIRTH.dossier_code)
    indexed = {row.dossier_id for row in driver.rows("SELECT dossier_id FROM blind_indexes")}
    assert indexed == {ids_of(driver)[TWICE.dossier_code]}
    assert open_pairs(driver.ledger) == []


def test_blind_indexes_cannot_be_read_nor_guessed_without_the_key(driver: LedgerDriver) -> None:
    match_all(driver, BIRTH, TWICE)
    kept = [bytes(row.digest) for row in driver.rows("SELECT digest FROM blind_indexes")]
    other_vault = Vault(bytes(32))
    assert all(len(digest) == 16 for digest in kept)
    assert not {other_vault.blind_index(kind, of) for kind, of in blind_indexes_of(BIRTH)} & set(kept)
    assert {driver.ledger.vault.blind_index(kind, of) for kind, of in blind_indexes_of(BIRTH)} <= set(kept)
    everything = str(driver.rows("SELECT t::text FROM blind_indexes t")) + str(
        driver.rows("SELECT l::text FROM duplicate_candidates l")
    )
    for secret in (MOTHER.personal_id, search_fold(MOTHER.full_name), "hoa", "20261102"):
        assert secret
        assert secret not in everything


def test_a_blind_index_depends_on_its_kind_and_on_the_key() -> None:
    vault = Vault(bytes(range(32)))
    assert vault.blind_index("number", "1") == Vault(bytes(range(32))).blind_index("number", "1")
    assert vault.blind_index("number", "1") != vault.blind_index("notice", "1")
    assert vault.blind_index("number", "1") != Vault(bytes(32)).blind_index("number", "1")


def test_candidates_of_a_whole_batch_are_found_by_one_query(driver: LedgerDriver) -> None:
    driver.arrive(BIRTH, TWICE, TWIN)
    ids = ids_of(driver)
    remember(driver.ledger, {ids[dossier.dossier_code]: blind_indexes_of(dossier) for dossier in (BIRTH, TWICE, TWIN)})
    found = find_matches(driver.ledger, list(ids.values()))
    assert len(found) == 6
    one, other = ids[BIRTH.dossier_code], ids[TWICE.dossier_code]
    kinds = frozenset({"number", "notice", "names", "mother_day"})
    assert MatchedPair(one, other, kinds, None) in found
    assert MatchedPair(other, one, kinds, None) in found


def test_two_workers_may_match_one_dossier_at_once(driver: LedgerDriver, ledger_url: URL) -> None:
    driver.arrive(BIRTH)
    (dossier_id,) = ids_of(driver).values()
    with open_ledger(ledger_url, driver.ledger.vault) as second, ThreadPoolExecutor(4) as workers:
        blind_indexes = {dossier_id: blind_indexes_of(BIRTH)}
        for done in [workers.submit(remember, ledger, blind_indexes) for ledger in [driver.ledger, second] * 10]:
            done.result()
    assert len(driver.rows("SELECT FROM blind_indexes")) == len(blind_indexes_of(BIRTH))


def test_candidates_are_opened_as_their_portals_gave_them_and_no_clean_dossier_is_found(
    pipeline: Callable[..., PipelineDriver],
) -> None:
    driver = pipeline(240)
    driver.pull()
    with driver.ledger.engine.connect() as connection:
        ids = list(connection.execute(text("SELECT dossier_id FROM dossiers ORDER BY 1")).scalars())
    dossiers = opened(driver.ledger, ids)
    known = {dossier.dossier_id: read_original(dossier.portal_code, dossier.original) for dossier in dossiers}
    assert len(known) > 200
    halves = [dict(list(known.items())[at::2]) for at in (0, 1)]
    for half in halves:
        assert match_dossiers(driver.ledger, half) == {}
    twins = {pair.kind for pair in open_pairs(driver.ledger)}
    assert twins <= {"multiple_birth"}


def test_a_number_whose_name_differs_by_tone_is_noted_and_holds_nothing(driver: LedgerDriver) -> None:
    first = changed(BIRTH, "case.mother.full_name", "TRẦN THỊ HÒA")
    second = changed(DEATH, "case.deceased.personal_id", first.case.mother.personal_id)
    second = changed(second, "case.deceased.full_name", "TRẦN THỊ HOA")
    second = changed(second, "case.deceased.born_on", first.case.mother.born_on)
    assert match_all(driver, first) == {}
    assert match_all(driver, second) == {second.dossier_code: {"name_differs_by_tone"}}
