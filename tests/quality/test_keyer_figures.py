"""A person's figures stand beside what they rest on, and time that says nothing of work is not counted."""

from collections.abc import Mapping

from quality.keyer_figures import DecidedKeying, person_figures
from schemas.keying import FieldValue, KeyingSlot

DECIDED = {"so": FieldValue(text="034"), "nksHoTen": FieldValue(text="Lê Thị Hoà")}
WRONG = {"so": FieldValue(text="034"), "nksHoTen": FieldValue(text="Lê Thị Hoa")}


def keying(
    keyed_by: str,
    values: Mapping[str, FieldValue],
    *,
    slot: KeyingSlot = KeyingSlot.FIRST,
    is_known: bool = False,
    is_keyed_again: bool = False,
    seconds: float | None = 60,
) -> DecidedKeying:
    return DecidedKeying("KS", slot, keyed_by, values, DECIDED, is_known, is_keyed_again, seconds)


def test_a_persons_figures_stand_beside_what_they_rest_on_in_the_order_of_names() -> None:
    figures = person_figures(
        [keying("nga", WRONG, is_known=True), keying("an", DECIDED, seconds=90), keying("nga", DECIDED)]
    )
    assert [person.keyed_by for person in figures] == ["an", "nga"]
    nga = figures[1]
    assert (nga.records, nga.fields, nga.agreeing, nga.reworked) == (2, 4, 3, 1)
    assert (nga.known_fields, nga.known_errors) == (2, 1)
    assert nga.records_per_hour == 60
    assert figures[0].records_per_hour == 40
    low, high = nga.error_interval
    assert (round(low, 3), round(high, 3)) == (0.095, 0.905)


def test_what_was_keyed_offline_counts_for_everything_but_the_speed() -> None:
    (nga,) = person_figures([keying("nga", DECIDED), keying("nga", DECIDED, seconds=None)])
    assert (nga.records, nga.agreement, nga.timed_records, nga.records_per_hour) == (2, 1.0, 1, 60)
    (an,) = person_figures([keying("an", DECIDED, seconds=None)])
    assert an.records_per_hour == 0


def test_a_record_of_a_book_that_was_rejected_is_rework_once_whatever_was_keyed() -> None:
    (nga,) = person_figures([keying("nga", DECIDED, is_keyed_again=True), keying("nga", WRONG, is_keyed_again=True)])
    assert (nga.reworked, nga.agreeing) == (2, 3)


def test_what_somebody_decided_as_the_third_is_in_no_figure_of_their_keying() -> None:
    hard = {"nksHoTen": FieldValue(text="Lê Thị Hoa")}
    (nga,) = person_figures([keying("nga", DECIDED), keying("nga", hard, slot=KeyingSlot.THIRD, is_known=True)])
    assert (nga.third_records, nga.records, nga.fields, nga.known_fields, nga.reworked) == (1, 1, 2, 0, 0)
