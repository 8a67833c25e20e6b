"""What two dossiers are to each other: about one birth, about twins, about siblings; and what cannot be of one mother.

Twins are told apart by order, sex, name and notice, before any probability is asked. Where twins and a birth handed in
twice look alike, they are taken for twins: a person may still say otherwise, and nothing is held meanwhile.
"""

from datetime import date
from enum import StrEnum

from quality.duplicates.agreement import is_one_slip
from quality.duplicates.compared_birth import ComparedBirth
from quality.duplicates.probability import DUPLICATE_FROM, match_probability

DAYS_OF_ONE_BIRTH = 1
"""Twins are born on one day, or over midnight."""
TOO_CLOSE_DAYS = (7, 270)
"""Two births of one mother: more than a few days and less than nine months apart."""


class DuplicateKind(StrEnum):
    """What is kept of a pair."""

    DUPLICATE = "duplicate"
    MULTIPLE_BIRTH = "multiple_birth"
    SIBLING = "sibling"


class NameMatch(StrEnum):
    """How two names of children stand to each other."""

    SAME = "same"
    BARE = "bare"  # the same, but one was written without marks
    LIKE = "like"  # other tones, another order of words, or a slip
    OTHER = "other"


def relation_of(one: ComparedBirth, other: ComparedBirth) -> tuple[DuplicateKind, float] | None:
    """What two births are to each other and how probable it is that they are one; None: nothing worth keeping."""
    is_one_mother = have_one_mother(one, other)
    if is_other_child(one, other):
        if not is_one_mother:
            return None
        return (
            DuplicateKind.MULTIPLE_BIRTH if may_be_one_day(one, other) else DuplicateKind.SIBLING
        ), match_probability(one, other)
    probability = match_probability(one, other)
    return (DuplicateKind.DUPLICATE, probability) if probability >= DUPLICATE_FROM else None


def are_too_close(one: ComparedBirth, other: ComparedBirth) -> bool:
    """Whether one mother is said to have borne two children within less than nine months."""
    days = days_between(one, other)
    if days is None or not TOO_CLOSE_DAYS[0] < days < TOO_CLOSE_DAYS[1] or may_be_one_day(one, other):
        return False
    return have_one_mother(one, other) and is_other_child(one, other)


def is_other_child(one: ComparedBirth, other: ComparedBirth) -> bool:
    """Whether order, sex, name and notice speak for two children rather than for one whose name was written twice."""
    if one.birth_order and other.birth_order and one.birth_order != other.birth_order:
        return True
    names, notices_differ = names_of(one, other), _both_and_differ(one.notice, other.notice)
    is_one_notice = one.notice is not None and one.notice == other.notice
    if not is_one_notice and _are_births_apart(one, other):
        return True
    if names is NameMatch.SAME:
        return notices_differ and _both_and_differ(one.sex, other.sex)
    if names is NameMatch.BARE:
        return notices_differ
    if names is NameMatch.OTHER:
        return True
    order_is_known = bool(one.birth_order and other.birth_order)
    is_single = not (one.birth_order or other.birth_order)
    return not (order_is_known or (is_one_notice and is_single))


def names_of(one: ComparedBirth, other: ComparedBirth) -> NameMatch:
    if one.child_fold is None or other.child_fold is None:
        return NameMatch.LIKE
    if one.child_key == other.child_key:
        return NameMatch.SAME
    if one.child_fold == other.child_fold:
        is_bare = one.child_key == one.child_fold or other.child_key == other.child_fold
        return NameMatch.BARE if is_bare else NameMatch.LIKE
    is_like = one.child_words == other.child_words or is_one_slip(one.child_fold, other.child_fold)
    return NameMatch.LIKE if is_like else NameMatch.OTHER


def have_one_mother(one: ComparedBirth, other: ComparedBirth) -> bool:
    """By her number and nothing against it in the name, else by her name and her year of birth or the father."""
    if one.mother_fold is None or other.mother_fold is None:
        return False
    names_agree = (
        one.mother_fold == other.mother_fold
        or one.mother_words == other.mother_words
        or is_one_slip(one.mother_fold, other.mother_fold)
    )
    if not names_agree:
        return False
    if one.mother_number and other.mother_number:
        return is_one_slip(one.mother_number, other.mother_number)
    is_one_father = one.father_number is not None and one.father_number == other.father_number
    return is_one_father or (one.mother_year is not None and one.mother_year == other.mother_year)


def may_be_one_day(one: ComparedBirth, other: ComparedBirth) -> bool:
    """Whether both can be of one birth: one day or the next, not known, day and month swapped, or, of two that an order
    of birth calls twins, a slip in the day."""
    days = days_between(one, other)
    if days is None or days <= DAYS_OF_ONE_BIRTH or one.born_on == other.born_turned:
        return True
    return bool(one.birth_order or other.birth_order) and is_one_slip(one.born_on or "", other.born_on or "")


def _are_births_apart(one: ComparedBirth, other: ComparedBirth) -> bool:
    """Whether there was time for another birth, and no slip in one day gives the other: siblings may share a name."""
    days = days_between(one, other)
    if days is None or days < TOO_CLOSE_DAYS[1] or one.born_on is None or other.born_on is None:
        return False
    return not is_one_slip(one.born_on, other.born_on)


def days_between(one: ComparedBirth, other: ComparedBirth) -> int | None:
    """Days between two births; None when a day is not known."""
    if one.born_on is None or other.born_on is None:
        return None
    return abs((_date(one.born_on) - _date(other.born_on)).days)


def _date(compact: str) -> date:
    return date(int(compact[:4]), int(compact[4:6]), int(compact[6:]))


def _both_and_differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other
