"""The ledger remembers in order, forgets nothing, sends nothing twice, and its account adds up."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from psycopg import DataError
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from connectors.ledger.account import account, stories
from connectors.ledger.arrivals import Arrival, position_of, save_page
from connectors.ledger.claims import CLAIM_READY, LEASE_S, claim_ready
from connectors.ledger.erasure import erase
from connectors.vault import VaultError
from schemas.dossier import Dossier
from schemas.registries import ResidenceReceipt
from schemas.states import DeliveryEvent
from schemas.tables import metadata
from tests.support.dossiers import BIRTH, DEATH, LAND, MARRIAGE, RESIDENCE, changed
from tests.support.ledger_driver import WITH_NUMBER, LedgerDriver, misderived, unexplained

APPEND_ONLY = ("events", "versions", "replies", "findings", "decisions", "accesses")
WAITING_AT_PORTAL = changed(BIRTH, "status", 1)
WITHDRAWN = changed(BIRTH, "status", 7)
OTHER_MOTHER = changed(BIRTH, "case.mother.full_name", "TRẦN THỊ HOÀI")
FAULTY = changed(BIRTH, "case.notice_code", "khong ro")


# What cannot be changed


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = NULL", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_itself_refuses_to_change_what_happened(driver: LedgerDriver, table: str, statement: str) -> None:
    first_column = metadata.tables[table].columns[0].name
    with pytest.raises(DBAPIError, match=f"{table} is append-only"):
        driver.change(statement.format(table, first_column))


# What arrives


def test_a_dossier_that_comes_twice_unchanged_is_one_version_and_one_event(driver: LedgerDriver) -> None:
    assert driver.arrive(BIRTH) == {"new": 1}
    assert driver.arrive(BIRTH, BIRTH) == {"same": 2}
    assert driver.kinds(BIRTH) == ["arrived"]
    assert driver.rows("SELECT count(*) FROM versions")[0][0] == 1


def test_a_changed_dossier_is_a_new_version_of_the_same_dossier(driver: LedgerDriver) -> None:
    driver.arrive(BIRTH)
    assert driver.arrive(OTHER_MOTHER) == {"changed": 1}
    assert [row.version_number for row in driver.rows("SELECT version_number FROM versions ORDER BY 1")] == [1, 2]
    assert len(driver.rows("SELECT FROM dossiers")) == 1


def test_a_dossier_that_changes_within_one_page_gets_both_versions(driver: LedgerDriver) -> None:
    assert driver.arrive(BIRTH, OTHER_MOTHER) == {"new": 1, "changed": 1}
    assert driver.examine() == {"cleared": 1}
    assert b"HO\xc3\x80I" in driver.send("civil_status").original


def test_a_dossier_that_changes_back_before_anything_was_sent_is_sent_once(driver: LedgerDriver) -> None:
    for dossier in (BIRTH, OTHER_MOTHER, BIRTH):
        driver.take_in(dossier)
    assert driver.deliveries(BIRTH) == {"civil_status": "ready", "residence": "waiting", "health_insurance": "waiting"}
    assert driver.rows("SELECT max(version_number) FROM versions") == [(3,)]
    driver.register("civil_status")
    assert claim_ready(driver.ledger, "civil_status", 10) == []
    assert misderived(driver.ledger) == []


def test_a_status_that_means_the_same_for_us_is_noted_and_nothing_else(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    assert driver.take_in(changed(BIRTH, "status", 4)) == {}
    assert driver.kinds(BIRTH)[-1] == "status_changed"
    assert driver.state(BIRTH) == "cleared"


def test_a_dossier_that_its_portal_has_not_handed_over_waits_until_it_does(driver: LedgerDriver) -> None:
    assert driver.take_in(WAITING_AT_PORTAL) == {"waiting": 1}
    assert driver.deliveries(BIRTH) == {}
    assert driver.take_in(BIRTH) == {"cleared": 1}


def test_what_cannot_be_read_is_kept_and_held(driver: LedgerDriver) -> None:
    save_page(driver.ledger, "24", "", [Arrival("H05-1", b"\xff\xfe{", None, "expected JSON")], "1")
    assert driver.examine() == {"held": 1}
    assert driver.rows("SELECT check_code FROM findings")[0].check_code == "unreadable_original"
    (kept,) = driver.rows("SELECT wrapped, sealed FROM keys JOIN versions USING (dossier_id)")
    assert driver.ledger.open_key(kept.wrapped, "24", "H05-1").unseal(kept.sealed, "version/1") == b"\xff\xfe{"


def test_dossiers_without_a_code_are_kept_apart(driver: LedgerDriver) -> None:
    arrivals = [Arrival(" ", content, None, "code") for content in (b"one", b"two", b"one")]
    assert save_page(driver.ledger, "24", "", arrivals, "1") == {"new": 2, "same": 1}


def test_the_cursor_moves_with_its_page_or_not_at_all(driver: LedgerDriver) -> None:
    driver.arrive(BIRTH, position="2026-11-20")
    broken = Arrival("H05-2", b"{}", changed(DEATH, "national_code", "\x00"))  # no column can hold this
    with pytest.raises(DataError):
        save_page(driver.ledger, "24", "", [broken], "2026-11-21")
    assert position_of(driver.ledger, "24", "") == "2026-11-20"
    assert len(driver.rows("SELECT FROM dossiers")) == 1


def test_each_stream_has_a_cursor_of_its_own(driver: LedgerDriver) -> None:
    save_page(driver.ledger, "22", "LTKS", [], "a")
    save_page(driver.ledger, "22", "LTKT", [], "b")
    assert (position_of(driver.ledger, "22", "LTKS"), position_of(driver.ledger, "22", "LTKH")) == ("a", None)


# What is held, withdrawn, released


def test_a_change_after_sending_is_held_and_nothing_more_is_sent(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.register("civil_status")
    assert driver.deliveries(BIRTH)["residence"] == "ready"
    assert driver.take_in(OTHER_MOTHER) == {"held": 1}
    assert "changed_after_sending" in driver.checks(BIRTH)
    assert claim_ready(driver.ledger, "residence", 10) == claim_ready(driver.ledger, "civil_status", 10) == []
    assert unexplained(driver.ledger) == 0


def test_a_change_back_to_what_was_sent_lets_the_chain_go_on(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.register("civil_status")
    driver.take_in(OTHER_MOTHER)
    assert driver.take_in(BIRTH) == {"cleared": 1}
    assert driver.send("residence").given.value("civil_status.personal_id") == "024326001234"
    assert claim_ready(driver.ledger, "civil_status", 10) == []


def test_a_change_before_sending_replaces_what_was_to_be_sent(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    assert driver.take_in(OTHER_MOTHER) == {"cleared": 1}
    assert b"HO\xc3\x80I" in driver.send("civil_status").original
    states = [row.state for row in driver.rows("SELECT state FROM deliveries ORDER BY delivery_id")]
    assert states == ["cancelled"] * 3 + ["sending", "waiting", "waiting"]


def test_a_dossier_withdrawn_before_sending_is_closed_and_never_sent(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    assert driver.take_in(WITHDRAWN) == {"closed": 1}
    assert driver.deliveries(BIRTH) == {}
    assert claim_ready(driver.ledger, "civil_status", 10) == []
    assert unexplained(driver.ledger) == 0


@pytest.mark.parametrize("answered", [False, True])
def test_a_dossier_withdrawn_after_sending_is_held_for_a_person(driver: LedgerDriver, answered: bool) -> None:
    driver.take_in(BIRTH)
    claimed = driver.send("civil_status")
    if answered:
        driver.tell(claimed, DeliveryEvent.REGISTERED, WITH_NUMBER)
    assert driver.take_in(WITHDRAWN) == {"held": 1}
    assert "changed_after_sending" in driver.checks(BIRTH)
    assert unexplained(driver.ledger) == 0


def test_a_claim_under_way_is_seen_by_the_change_that_comes_meanwhile(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    with driver.ledger.engine.begin() as claiming:
        claiming.execute(CLAIM_READY, {"registry_code": "civil_status", "limit": 10, "lease": LEASE_S})
        change = threading.Thread(target=driver.arrive, args=(OTHER_MOTHER,))
        change.start()
        change.join(0.5)
        assert change.is_alive(), "the new version must wait for the claim, or both versions could be sent"
    change.join(10)
    assert driver.examine() == {"held": 1}


def test_a_release_lets_a_held_dossier_go_on_and_says_who_and_why(driver: LedgerDriver) -> None:
    assert driver.take_in(FAULTY) == {"held": 1}
    assert driver.release(BIRTH, "can.bo.01", "đã đối chiếu bản giấy") == 1
    assert driver.examine() == {"cleared": 1}
    (story,) = stories(driver.ledger, BIRTH.dossier_code)
    (released,) = [happening for happening in story.happenings if happening.kind == "released"]
    assert (released.actor, released.detail["version"]) == ("can.bo.01", 1)
    assert "đối chiếu" not in str(released.detail)  # the reason is sealed


def test_a_release_holds_for_its_version_only(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    driver.release(BIRTH, "a", "b")
    driver.examine()
    assert driver.take_in(changed(FAULTY, "case.notice_code", "van khong ro")) == {"held": 1}


def test_a_fault_that_leaves_nothing_to_send_is_not_released(driver: LedgerDriver) -> None:
    no_such_procedure = changed(BIRTH, "procedure_code", "9.999999")
    assert driver.take_in(no_such_procedure) == {"held": 1}
    driver.release(BIRTH, "a", "b")
    assert driver.examine() == {"held": 1}
    driver.take_in(DEATH)
    driver.register("civil_status")
    driver.take_in(changed(DEATH, "case.place", "Tại bệnh viện"))
    driver.release(DEATH, "a", "b")
    assert driver.examine() == {"held": 1}


@pytest.mark.parametrize("dossier", [BIRTH, WAITING_AT_PORTAL, WITHDRAWN])
def test_only_what_is_held_can_be_released(driver: LedgerDriver, dossier: Dossier) -> None:
    driver.take_in(dossier)
    assert driver.release(BIRTH, "a", "b") == 0
    assert driver.release(changed(BIRTH, "dossier_code", "H00-none"), "a", "b") == 0


# What is erased


def test_an_erased_dossier_keeps_its_codes_and_cannot_be_read(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    driver.acknowledge_all()
    assert erase(driver.ledger, "24", BIRTH.dossier_code)
    assert not erase(driver.ledger, "24", BIRTH.dossier_code)
    ((wrapped,),) = driver.rows("SELECT wrapped FROM keys")
    with pytest.raises(VaultError, match="destroyed"):
        driver.ledger.open_key(wrapped, "24", BIRTH.dossier_code)
    assert driver.kinds(BIRTH)[-1] == "erased"
    assert unexplained(driver.ledger) == 0


def test_what_is_on_its_way_or_not_acknowledged_is_not_erased(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    assert not erase(driver.ledger, "24", BIRTH.dossier_code)  # its portal has not acknowledged
    driver.take_in(BIRTH)
    driver.acknowledge_all()
    assert not erase(driver.ledger, "24", BIRTH.dossier_code)  # deliveries wait
    assert not erase(driver.ledger, "22", BIRTH.dossier_code)


def test_an_erased_dossier_that_its_portal_gives_again_does_not_stop_the_pull(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    driver.acknowledge_all()
    erase(driver.ledger, "24", BIRTH.dossier_code)
    assert driver.arrive(FAULTY, DEATH) == {"same": 1, "new": 1}
    driver.arrive(OTHER_MOTHER)
    assert driver.kinds(BIRTH)[-1] == "changed_after_erasure"
    assert driver.arrive(OTHER_MOTHER) == {"same": 1}
    assert driver.examine() == {"cleared": 1}
    assert driver.state(BIRTH) == "held"


def test_an_erased_dossier_is_not_released(driver: LedgerDriver) -> None:
    driver.take_in(FAULTY)
    driver.acknowledge_all()
    erase(driver.ledger, "24", BIRTH.dossier_code)
    assert driver.release(BIRTH, "a", "b") == 0
    assert driver.examine() == {}


# The account


def test_the_account_says_where_every_dossier_stands(driver: LedgerDriver) -> None:
    held, withdrawn = changed(FAULTY, "dossier_code", "H05-held"), changed(WITHDRAWN, "dossier_code", "H05-withdrawn")
    driver.take_in(held, withdrawn, MARRIAGE, RESIDENCE, LAND)
    driver.register("residence", ResidenceReceipt(residence_case_code="CT-1"))
    driver.tell(driver.send("land"), DeliveryEvent.REFUSED)
    lines = {line.registry_code: line for line in account(driver.ledger)}
    assert {line.received_on for line in lines.values()} == {date(2026, 11, 20)}
    counts = {code: (one.pulled, one.delivered, one.waiting, one.held, one.refused) for code, one in lines.items()}
    assert counts == {
        "civil_status": (3, 0, 1, 1, 1),
        "residence": (3, 1, 0, 1, 1),
        "health_insurance": (2, 0, 0, 1, 1),
        "land": (1, 0, 0, 0, 1),
    }


def test_a_dossier_without_a_route_is_counted_under_no_registry(driver: LedgerDriver) -> None:
    save_page(driver.ledger, "24", "", [Arrival("H05-1", b"?", None, "expected JSON")], "1")
    driver.examine()
    (line,) = account(driver.ledger)
    assert (line.registry_code, line.pulled, line.held) == ("-", 1, 1)


def test_a_delivery_that_vanished_is_unexplained(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH, MARRIAGE)
    assert unexplained(driver.ledger) == 0
    driver.change("DELETE FROM deliveries WHERE registry_code = 'residence'")
    assert unexplained(driver.ledger) == 1


def test_a_state_that_nobody_knows_is_unexplained(driver: LedgerDriver) -> None:
    driver.take_in(BIRTH)
    driver.change("UPDATE deliveries SET state = 'lost' WHERE registry_code = 'civil_status'")
    assert unexplained(driver.ledger) == 1


# The tables


def test_the_migrations_make_the_tables_that_the_program_knows(ledger_url: URL) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    engine = create_engine(ledger_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
    engine.dispose()


def test_upgrades_that_start_together_wait_for_each_other_and_a_second_is_harmless(server: object) -> None:
    from connectors.ledger import upgrade
    from connectors.postgres import EmbeddedServer

    assert isinstance(server, EmbeddedServer)
    url = server.url("upgraded_together")
    with ThreadPoolExecutor(3) as workers:
        list(workers.map(upgrade, [url] * 3))
    upgrade(url)
