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
from connectors.ledger.deliveries import (
    CLAIM_READY,
    LEASE_S,
    claim_ready,
)
from connectors.ledger.erasure import erase
from connectors.vault import VaultError
from schemas.delivery import Event, Receipt
from schemas.dossier import Dossier
from schemas.tables import APPEND_ONLY, metadata
from tests.dossiers import BIRTH, DEATH, LAND, MARRIAGE, RESIDENCE, changed
from tests.shelf import WITH_NUMBER, Shelf, misderived, unexplained

WAITING_AT_PORTAL = changed(BIRTH, "status", 1)
WITHDRAWN = changed(BIRTH, "status", 7)
OTHER_MOTHER = changed(BIRTH, "case.mother.full_name", "TRẦN THỊ HOÀI")
FAULTY = changed(BIRTH, "case.notice_code", "khong ro")


# What cannot be changed


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = NULL", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_itself_refuses_to_change_what_happened(shelf: Shelf, table: str, statement: str) -> None:
    first_column = metadata.tables[table].columns[0].name
    with pytest.raises(DBAPIError, match=f"{table} is append-only"):
        shelf.change(statement.format(table, first_column))


# What arrives


def test_the_same_dossier_twice_is_one_version_and_leaves_no_trace(shelf: Shelf) -> None:
    assert shelf.arrive(BIRTH) == {"new": 1}
    assert shelf.arrive(BIRTH, BIRTH) == {"same": 2}
    assert shelf.kinds(BIRTH) == ["arrived"]
    assert shelf.rows("SELECT count(*) FROM versions")[0][0] == 1


def test_a_changed_dossier_is_a_new_version_of_the_same_dossier(shelf: Shelf) -> None:
    shelf.arrive(BIRTH)
    assert shelf.arrive(OTHER_MOTHER) == {"changed": 1}
    assert [row.version_number for row in shelf.rows("SELECT version_number FROM versions ORDER BY 1")] == [1, 2]
    assert len(shelf.rows("SELECT FROM dossiers")) == 1


def test_a_dossier_that_changes_within_one_page_gets_both_versions(shelf: Shelf) -> None:
    assert shelf.arrive(BIRTH, OTHER_MOTHER) == {"new": 1, "changed": 1}
    assert shelf.examine() == {"cleared": 1}
    assert b"HO\xc3\x80I" in shelf.send("civil_status").original


def test_a_dossier_that_changes_back_before_anything_was_sent_is_sent_once(shelf: Shelf) -> None:
    for one in (BIRTH, OTHER_MOTHER, BIRTH):
        shelf.take_in(one)
    assert shelf.deliveries(BIRTH) == {"civil_status": "ready", "residence": "waiting", "health_insurance": "waiting"}
    assert shelf.rows("SELECT max(version_number) FROM versions") == [(3,)]
    shelf.register("civil_status")
    assert claim_ready(shelf.ledger, "civil_status", 10) == []
    assert misderived(shelf.ledger) == []


def test_a_status_that_means_the_same_for_us_is_noted_and_nothing_else(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    assert shelf.take_in(changed(BIRTH, "status", 4)) == {}
    assert shelf.kinds(BIRTH)[-1] == "status_changed"
    assert shelf.state(BIRTH) == "cleared"


def test_a_dossier_that_its_portal_has_not_handed_over_waits_until_it_does(shelf: Shelf) -> None:
    assert shelf.take_in(WAITING_AT_PORTAL) == {"waiting": 1}
    assert shelf.deliveries(BIRTH) == {}
    assert shelf.take_in(BIRTH) == {"cleared": 1}


def test_what_cannot_be_read_is_kept_and_held(shelf: Shelf) -> None:
    save_page(shelf.ledger, "24", "", [Arrival("H05-1", b"\xff\xfe{", None, "expected JSON")], "1")
    assert shelf.examine() == {"held": 1}
    assert shelf.rows("SELECT check_code FROM findings")[0].check_code == "unreadable_original"
    (kept,) = shelf.rows("SELECT wrapped, sealed FROM keys JOIN versions USING (dossier_id)")
    assert shelf.ledger.open_key(kept.wrapped, "24", "H05-1").unseal(kept.sealed, "version/1") == b"\xff\xfe{"


def test_dossiers_without_a_code_are_kept_apart(shelf: Shelf) -> None:
    arrivals = [Arrival(" ", content, None, "code") for content in (b"one", b"two", b"one")]
    assert save_page(shelf.ledger, "24", "", arrivals, "1") == {"new": 2, "same": 1}


def test_the_cursor_moves_with_its_page_or_not_at_all(shelf: Shelf) -> None:
    shelf.arrive(BIRTH, position="2026-11-20")
    broken = Arrival("H05-2", b"{}", changed(DEATH, "national_code", "\x00"))  # no column can hold this
    with pytest.raises(DataError):
        save_page(shelf.ledger, "24", "", [broken], "2026-11-21")
    assert position_of(shelf.ledger, "24", "") == "2026-11-20"
    assert len(shelf.rows("SELECT FROM dossiers")) == 1


def test_each_stream_has_a_cursor_of_its_own(shelf: Shelf) -> None:
    save_page(shelf.ledger, "22", "LTKS", [], "a")
    save_page(shelf.ledger, "22", "LTKT", [], "b")
    assert (position_of(shelf.ledger, "22", "LTKS"), position_of(shelf.ledger, "22", "LTKH")) == ("a", None)


# What is held, withdrawn, released


def test_a_change_after_sending_is_held_and_nothing_more_is_sent(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.register("civil_status")
    assert shelf.deliveries(BIRTH)["residence"] == "ready"
    assert shelf.take_in(OTHER_MOTHER) == {"held": 1}
    assert "changed_after_sending" in shelf.checks(BIRTH)
    assert claim_ready(shelf.ledger, "residence", 10) == claim_ready(shelf.ledger, "civil_status", 10) == []
    assert unexplained(shelf.ledger) == 0


def test_a_change_back_to_what_was_sent_lets_the_chain_go_on(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.register("civil_status")
    shelf.take_in(OTHER_MOTHER)
    assert shelf.take_in(BIRTH) == {"cleared": 1}
    assert shelf.send("residence").given.personal_id == "024326001234"
    assert claim_ready(shelf.ledger, "civil_status", 10) == []


def test_a_change_before_sending_replaces_what_was_to_be_sent(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    assert shelf.take_in(OTHER_MOTHER) == {"cleared": 1}
    assert b"HO\xc3\x80I" in shelf.send("civil_status").original
    states = [row.state for row in shelf.rows("SELECT state FROM deliveries ORDER BY delivery_id")]
    assert states == ["cancelled"] * 3 + ["sending", "waiting", "waiting"]


def test_withdrawn_before_sending_is_closed_and_never_sent(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    assert shelf.take_in(WITHDRAWN) == {"closed": 1}
    assert shelf.deliveries(BIRTH) == {}
    assert claim_ready(shelf.ledger, "civil_status", 10) == []
    assert unexplained(shelf.ledger) == 0


@pytest.mark.parametrize("answered", [False, True])
def test_withdrawn_after_sending_is_held_for_a_person(shelf: Shelf, answered: bool) -> None:
    shelf.take_in(BIRTH)
    claimed = shelf.send("civil_status")
    if answered:
        shelf.tell(claimed, Event.REGISTERED, WITH_NUMBER)
    assert shelf.take_in(WITHDRAWN) == {"held": 1}
    assert "changed_after_sending" in shelf.checks(BIRTH)
    assert unexplained(shelf.ledger) == 0


def test_a_claim_under_way_is_seen_by_the_change_that_comes_meanwhile(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    with shelf.ledger.engine.begin() as claiming:
        claiming.execute(CLAIM_READY, {"registry_code": "civil_status", "limit": 10, "lease": LEASE_S})
        change = threading.Thread(target=shelf.arrive, args=(OTHER_MOTHER,))
        change.start()
        change.join(0.5)
        assert change.is_alive(), "the new version must wait for the claim, or both versions could be sent"
    change.join(10)
    assert shelf.examine() == {"held": 1}


def test_a_release_lets_a_held_dossier_go_on_and_says_who_and_why(shelf: Shelf) -> None:
    assert shelf.take_in(FAULTY) == {"held": 1}
    assert shelf.release(BIRTH, "can.bo.01", "đã đối chiếu bản giấy") == 1
    assert shelf.examine() == {"cleared": 1}
    (released,) = [one for one in stories(shelf.ledger, BIRTH.dossier_code)[0].happenings if one.kind == "released"]
    assert (released.actor, released.detail["version"]) == ("can.bo.01", 1)
    assert "đối chiếu" not in str(released.detail)  # the reason is sealed


def test_a_release_holds_for_its_version_only(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    shelf.release(BIRTH, "a", "b")
    shelf.examine()
    assert shelf.take_in(changed(FAULTY, "case.notice_code", "van khong ro")) == {"held": 1}


def test_a_fault_that_leaves_nothing_to_send_is_not_released(shelf: Shelf) -> None:
    no_such_procedure = changed(BIRTH, "procedure_code", "9.999999")
    assert shelf.take_in(no_such_procedure) == {"held": 1}
    shelf.release(BIRTH, "a", "b")
    assert shelf.examine() == {"held": 1}
    shelf.take_in(DEATH)
    shelf.register("civil_status")
    shelf.take_in(changed(DEATH, "case.place", "Tại bệnh viện"))
    shelf.release(DEATH, "a", "b")
    assert shelf.examine() == {"held": 1}


@pytest.mark.parametrize("dossier", [BIRTH, WAITING_AT_PORTAL, WITHDRAWN])
def test_only_what_is_held_can_be_released(shelf: Shelf, dossier: Dossier) -> None:
    shelf.take_in(dossier)
    assert shelf.release(BIRTH, "a", "b") == 0
    assert shelf.release(changed(BIRTH, "dossier_code", "H00-none"), "a", "b") == 0


# What is erased


def test_an_erased_dossier_keeps_its_codes_and_cannot_be_read(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    shelf.hear_all()
    assert erase(shelf.ledger, "24", BIRTH.dossier_code)
    assert not erase(shelf.ledger, "24", BIRTH.dossier_code)
    ((wrapped,),) = shelf.rows("SELECT wrapped FROM keys")
    with pytest.raises(VaultError, match="destroyed"):
        shelf.ledger.open_key(wrapped, "24", BIRTH.dossier_code)
    assert shelf.kinds(BIRTH)[-1] == "erased"
    assert unexplained(shelf.ledger) == 0


def test_what_is_on_its_way_or_unheard_is_not_erased(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    assert not erase(shelf.ledger, "24", BIRTH.dossier_code)  # its portal has not heard
    shelf.take_in(BIRTH)
    shelf.hear_all()
    assert not erase(shelf.ledger, "24", BIRTH.dossier_code)  # deliveries wait
    assert not erase(shelf.ledger, "22", BIRTH.dossier_code)


def test_an_erased_dossier_that_its_portal_gives_again_does_not_stop_the_pull(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    shelf.hear_all()
    erase(shelf.ledger, "24", BIRTH.dossier_code)
    assert shelf.arrive(FAULTY, DEATH) == {"same": 1, "new": 1}
    shelf.arrive(OTHER_MOTHER)
    assert shelf.kinds(BIRTH)[-1] == "changed_after_erasure"
    assert shelf.arrive(OTHER_MOTHER) == {"same": 1}
    assert shelf.examine() == {"cleared": 1}
    assert shelf.state(BIRTH) == "held"


def test_an_erased_dossier_is_not_released(shelf: Shelf) -> None:
    shelf.take_in(FAULTY)
    shelf.hear_all()
    erase(shelf.ledger, "24", BIRTH.dossier_code)
    assert shelf.release(BIRTH, "a", "b") == 0
    assert shelf.examine() == {}


# The account


def test_the_account_says_where_every_dossier_stands(shelf: Shelf) -> None:
    held, withdrawn = changed(FAULTY, "dossier_code", "H05-held"), changed(WITHDRAWN, "dossier_code", "H05-withdrawn")
    shelf.take_in(held, withdrawn, MARRIAGE, RESIDENCE, LAND)
    shelf.register("residence", Receipt(residence_case_code="CT-1"))
    shelf.tell(shelf.send("land"), Event.REFUSED)
    lines = {line.registry_code: line for line in account(shelf.ledger)}
    assert {line.received_on for line in lines.values()} == {date(2026, 11, 20)}
    counts = {code: (one.pulled, one.delivered, one.waiting, one.held, one.refused) for code, one in lines.items()}
    assert counts == {
        "civil_status": (3, 0, 1, 1, 1),
        "residence": (3, 1, 0, 1, 1),
        "health_insurance": (2, 0, 0, 1, 1),
        "land": (1, 0, 0, 0, 1),
    }


def test_a_dossier_nobody_can_place_is_counted_under_no_registry(shelf: Shelf) -> None:
    save_page(shelf.ledger, "24", "", [Arrival("H05-1", b"?", None, "expected JSON")], "1")
    shelf.examine()
    (line,) = account(shelf.ledger)
    assert (line.registry_code, line.pulled, line.held) == ("-", 1, 1)


def test_a_delivery_that_vanished_is_unexplained(shelf: Shelf) -> None:
    shelf.take_in(BIRTH, MARRIAGE)
    assert unexplained(shelf.ledger) == 0
    shelf.change("DELETE FROM deliveries WHERE registry_code = 'residence'")
    assert unexplained(shelf.ledger) == 1


def test_a_state_that_nobody_knows_is_unexplained(shelf: Shelf) -> None:
    shelf.take_in(BIRTH)
    shelf.change("UPDATE deliveries SET state = 'lost' WHERE registry_code = 'civil_status'")
    assert unexplained(shelf.ledger) == 1


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
