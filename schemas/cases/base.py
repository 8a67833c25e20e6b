"""What every kind of case knows of itself: who and what places are in it, when it happened, which papers it needs.

To add a kind: a model here with the names below, and its place in the union in `schemas/cases/__init__.py`.
"""

from datetime import date
from typing import ClassVar

from schemas.cases.parcel import Parcel
from schemas.dates import PartialDate
from schemas.fields import Model
from schemas.person import Address, HeadOfHousehold, Person

PLACES_OF_PERSON = ("residence", "home_place")


class CaseModel(Model):
    """A kind of case. Roles and places are paths of fields inside the case: `child`, `owners.0`, `mother.residence`.

    `role_fields`: the fields that hold persons, in order; `subject_roles`: those of them whose case it is.
    `place_fields`: the fields that hold a place or a parcel. `decided_at`: the places whose agencies alone may decide
    the case; from the day `decided_at_until` on any agency may. `moves_to_field`: where the new permanent residence
    stands. `notice_field`: where the number of the hospital's or the commune's notice stands. `document`: the name in
    the code lists of the document that the entry becomes.
    """

    role_fields: ClassVar[tuple[str, ...]]
    subject_roles: ClassVar[tuple[str, ...]]
    place_fields: ClassVar[tuple[str, ...]] = ()
    decided_at: ClassVar[tuple[str, ...]]
    decided_at_until: ClassVar[date] = date.max
    moves_to_field: ClassVar[str | None] = None
    notice_field: ClassVar[str | None] = None
    document: ClassVar[str | None] = None

    @property
    def happened_on(self) -> PartialDate | None:
        """The day of the event that is to be registered; None when the case has no such day, or does not say it."""
        return None

    @property
    def head(self) -> HeadOfHousehold | None:
        """The head of the household that somebody joins; None when nobody joins one, or the case does not say whose."""
        return None

    def in_role(self, role: str) -> Person | None:
        """The person in a role of one person; None when this kind of case has no such role, or nobody is in it."""
        held = getattr(self, role) if role in self.role_fields else None
        return held if isinstance(held, Person) else None

    def persons(self) -> dict[str, Person]:
        """The persons that the case describes, by role."""
        return self._persons_in(self.role_fields)

    def subjects(self) -> dict[str, Person]:
        """Those persons whose case it is, by role."""
        return self._persons_in(self.subject_roles)

    def _persons_in(self, names: tuple[str, ...]) -> dict[str, Person]:
        by_role: dict[str, Person] = {}
        for name in names:
            held = getattr(self, name)
            if isinstance(held, tuple):
                by_role |= {f"{name}.{place}": person for place, person in enumerate(held)}
            elif held is not None:
                by_role[name] = held
        return by_role

    def places(self) -> dict[str, Address | Parcel]:
        """The places that the case names, by path: its own, then those of its persons."""
        own = {name: place for name in self.place_fields if (place := getattr(self, name)) is not None}
        of_persons = {
            f"{role}.{name}": place
            for role, person in self.persons().items()
            for name in PLACES_OF_PERSON
            if (place := getattr(person, name)) is not None
        }
        return own | of_persons

    def required_papers(self) -> tuple[frozenset[str], ...]:
        """Of each of these sets of paper kinds the dossier must have one. Kind codes differ by province: these are
        the sandbox's."""
        return ()
