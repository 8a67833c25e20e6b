"""What stands in the fields of a record: as a machine read it, as persons keyed it, and what they agree on.

A machine's reading is for searching, and for comparing with what a person keyed blind; it is never a value by itself.
Columns are those of `schemas.register_columns`.
"""

from enum import StrEnum

from schemas.fields import Model


class Mark(StrEnum):
    """What a keyer says of a field instead of a text. Both are values: an empty text would leave open which it is."""

    BLANK = "blank"  # nothing is written there
    ILLEGIBLE = "illegible"  # something is written there that cannot be read


class FieldValue(Model):
    """The value of one field: a text as written, or a mark. A text is not empty unless a mark stands instead."""

    text: str = ""
    mark: Mark | None = None


class MachineValue(Model):
    """What a recogniser read in one field. `confidence`: 0 to 1, comparable only within one recogniser.
    `box_px`: left, top, width and height of the crop on the access copy of the page; `is_facing`: of the facing page,
    over which the record goes on."""

    text: str
    confidence: float
    box_px: tuple[int, int, int, int]
    is_facing: bool = False


class Reading(Model):
    """A machine's reading of one record. `recogniser_code` names program, weights and version."""

    recogniser_code: str
    values: dict[str, MachineValue]

    def on_page(self, *, is_facing: bool) -> "Reading":
        """What of it stands on the page of the record, or on the facing page."""
        values = {column: value for column, value in self.values.items() if value.is_facing == is_facing}
        return Reading(recogniser_code=self.recogniser_code, values=values)

    def as_values(self) -> dict[str, FieldValue]:
        """What was read, to be compared with what a person keyed: a field in which nothing was read counts as blank.
        A machine says of no field that it is illegible."""
        return {
            column: FieldValue(text=value.text) if value.text.strip() else FieldValue(mark=Mark.BLANK)
            for column, value in self.values.items()
        }


class KeyingSlot(StrEnum):
    """Which of the keyings of a record it is. The first three are blind; the third holds only the fields in which two
    keys differ, by a person who is neither of the two. Only for a look are all three values shown."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    LOOK = "look"  # a second look at the fields in which the third key agrees with neither


class RecordComparison(Model):
    """What two keys of one record have in common. `agreed`: the values on which they agree, by column, in the writing
    that is kept. `differing`: the columns in which they differ, for a third person."""

    agreed: dict[str, FieldValue]
    differing: tuple[str, ...] = ()


class MajorityOfThree(Model):
    """What a third person's blind key decides. `decided`: the differing fields in which it agrees with one of the two
    keys, in the third person's writing. `unsettled`: those in which it agrees with neither."""

    decided: dict[str, FieldValue]
    unsettled: tuple[str, ...] = ()


class KeyingDesign(StrEnum):
    """Whose keyings are compared for a book; a third person decides differences in both."""

    PERSON_AND_MACHINE = "person_and_machine"  # one blind person against the hidden reading of a machine
    TWO_PERSONS = "two_persons"
