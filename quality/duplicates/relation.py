"""The relation of two births: one birth, twins, or siblings; and births that cannot be of one mother.

Twins are told apart by order of birth, sex, name and notice, before any probability is computed. Where two dossiers may
be of twins or of one birth submitted twice, they are taken for twins: nothing is held, and a person may say otherwise.
An identity outweighs all else: of one mother, one notice is about one child whatever its name, and two children do not
have one full name, tones included. Only an order of birth says otherwise.
"""

from datetime import date
from enum import StrEnum

from quality.duplicates.agreement import is_one_slip
from quality.duplicates.compared_birth import ComparedBirth
from quality.duplicates.probability import DUPLICATE_FROM, match_probability

DAYS_OF_ONE_BIRTH = 1
"""Twins are born on one day, or before and after midnight."""
TOO_CLOSE_DAYS = (7, 270)
"""Two births of one mother are too close with more days between them than the first and fewer than the second."""


class DuplicateKind(StrEnum):
    """The relation of two dossiers that is worth keeping."""

    DUPLICATE = "duplicate"
    MULTIPLE_BIRTH = "multiple_birth"
    SIBLING = "sibling"


class NameMatch(StrEnum):
    """How far the names of two children agree."""

    SAME = "same"
    UNMARKED = "unmarked"  # the same letters, but one name was written without marks
    SIMILAR = "similar"  # other tones, another order of words, or a slip of the fingers
    DIFFERENT = "different"


def relation_of(first: ComparedBirth, second: ComparedBirth) -> tuple[DuplicateKind, float] | None:
    """The relation of two births, and the probability that they are one birth; None when there is nothing to keep."""
    if is_one_child(first, second):
        return DuplicateKind.DUPLICATE, match_probability(first, second)
    is_one_mother = have_one_mother(first, second)
    if is_other_child(first, second):
        if not is_one_mother:
            return None
        kind = DuplicateKind.MULTIPLE_BIRTH if may_be_one_day(first, second) else DuplicateKind.SIBLING
        return kind, match_probability(first, second)
    probability = match_probability(first, second)
    return (DuplicateKind.DUPLICATE, probability) if probability >= DUPLICATE_FROM else None


def is_one_child(first: ComparedBirth, second: ComparedBirth) -> bool:
    """Whether a code or a name that only one child of a mother has is in both: its birth notice, or its full name
    whatever the day of birth (a year is changed for the age at which school begins)."""
    if first.birth_order != second.birth_order or not have_one_mother(first, second):
        return False
    if first.notice is not None and first.notice == second.notice:
        return True
    has_marks = first.child_key is not None and first.child_key != first.child_fold
    return has_marks and first.child_key == second.child_key and not _both_and_differ(first.sex, second.sex)


def are_too_close(first: ComparedBirth, second: ComparedBirth) -> bool:
    """Whether one mother would have borne two children within less than nine months."""
    days = days_between(first, second)
    if days is None or not TOO_CLOSE_DAYS[0] < days < TOO_CLOSE_DAYS[1] or may_be_one_day(first, second):
        return False
    return have_one_mother(first, second) and is_other_child(first, second)


def is_other_child(first: ComparedBirth, second: ComparedBirth) -> bool:
    """Whether order of birth, sex, name and notice speak for two children, not for one child entered twice."""
    if first.birth_order and second.birth_order and first.birth_order != second.birth_order:
        return True
    names, notices_differ = name_match(first, second), _both_and_differ(first.notice, second.notice)
    is_one_notice = first.notice is not None and first.notice == second.notice
    if not is_one_notice and _are_births_apart(first, second):
        return True
    if names is NameMatch.SAME:
        return notices_differ and _both_and_differ(first.sex, second.sex)
    if names is NameMatch.UNMARKED:
        return notices_differ
    if names is NameMatch.DIFFERENT:
        return True
    order_is_known = bool(first.birth_order and second.birth_order)
    is_single = not (first.birth_order or second.birth_order)
    return not (order_is_known or (is_one_notice and is_single))


def name_match(first: ComparedBirth, second: ComparedBirth) -> NameMatch:
    """How far the children's names agree; similar when one of them is not known."""
    if first.child_fold is None or second.child_fold is None:
        return NameMatch.SIMILAR
    if first.child_key == second.child_key:
        return NameMatch.SAME
    if first.child_fold == second.child_fold:
        is_unmarked = first.child_key == first.child_fold or second.child_key == second.child_fold
        return NameMatch.UNMARKED if is_unmarked else NameMatch.SIMILAR
    is_similar = first.child_words == second.child_words or is_one_slip(first.child_fold, second.child_fold)
    return NameMatch.SIMILAR if is_similar else NameMatch.DIFFERENT


def have_one_mother(first: ComparedBirth, second: ComparedBirth) -> bool:
    """Whether the mother is one: her name agrees, and so does her number, or without numbers her year or the father."""
    if first.mother_fold is None or second.mother_fold is None:
        return False
    names_agree = (
        first.mother_fold == second.mother_fold
        or first.mother_words == second.mother_words
        or is_one_slip(first.mother_fold, second.mother_fold)
    )
    if not names_agree:
        return False
    if first.mother_number and second.mother_number:
        return is_one_slip(first.mother_number, second.mother_number)
    is_one_father = first.father_number is not None and first.father_number == second.father_number
    return is_one_father or (first.mother_year is not None and first.mother_year == second.mother_year)


def may_be_one_day(first: ComparedBirth, second: ComparedBirth) -> bool:
    """Whether both can be of one birth: one day or the next, a day not known, or day and month swapped.

    Where an order of birth calls one of them a twin, a slip of the fingers in the day is possible too.
    """
    days = days_between(first, second)
    if days is None or days <= DAYS_OF_ONE_BIRTH or first.born_on == second.born_turned:
        return True
    return bool(first.birth_order or second.birth_order) and is_one_slip(first.born_on or "", second.born_on or "")


def _are_births_apart(first: ComparedBirth, second: ComparedBirth) -> bool:
    """Whether there was time for another birth, and one day is not a slip of the other: siblings may share a name."""
    days = days_between(first, second)
    if days is None or days < TOO_CLOSE_DAYS[1] or first.born_on is None or second.born_on is None:
        return False
    return not is_one_slip(first.born_on, second.born_on)


def days_between(first: ComparedBirth, second: ComparedBirth) -> int | None:
    """The number of days between two births; None when a day is not known."""
    if first.born_on is None or second.born_on is None:
        return None
    return abs((_date(first.born_on) - _date(second.born_on)).days)


def _date(compact: str) -> date:
    return date(int(compact[:4]), int(compact[4:6]), int(compact[6:]))


def _both_and_differ(value: str | None, other: str | None) -> bool:
    return value is not None and other is not None and value != other
