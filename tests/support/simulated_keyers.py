"""Keyers that err, and machines that misread, as often as was assumed or measured: for simulations of keying designs.

Rates of persons are assumptions: a share of fields typed wrong by who keys blind, whoever that is, and half of it by
who looks at values that are shown. All err on what looks or sounds alike (tones above all), so that two of them
sometimes agree on a wrong value. Errors fall on all fields alike, or gather on hard ones.
"""

import random
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.keying import FieldValue, Mark

TONES = "\u0300\u0301\u0303\u0309\u0323"
ALIKE = {
    "n": "m", "m": "n", "h": "b", "b": "h", "c": "e", "e": "c", "t": "l", "l": "t", "a": "o", "o": "a", "u": "n",
    "i": "l", "d": "đ", "đ": "d", "v": "y", "y": "v", "s": "x", "x": "s", "0": "6", "6": "0", "1": "7", "7": "1",
    "3": "8", "8": "3", "5": "9", "9": "5", "2": "7", "4": "9",
}  # fmt: skip

PERSON_ERRORS = {"print": 0.010, "typewriter": 0.012, "script": 0.025}
"""Share of fields that a person types wrong, by the kind of writing."""
LOOKING = 0.5
"""Who looks at values that are shown errs half as often as who keys blind."""
HARD_FIELDS, THEIR_ERRORS = 0.2, 0.8
"""Where errors gather: so many of the fields get so many of the errors; the rate over all fields stays."""


def misread(text: str, lot: random.Random) -> str:
    """The text with one error in it, never the text itself."""
    letters = list(unicodedata.normalize("NFD", text))
    toned = [at for at, letter in enumerate(letters) if letter in TONES]
    if toned and lot.random() < 0.6:
        at = lot.choice(toned)
        letters[at] = lot.choice([tone for tone in TONES if tone != letters[at]] + [""])
    else:
        like = [at for at, letter in enumerate(letters) if letter.lower() in ALIKE]
        if like:
            at = lot.choice(like)
            other = ALIKE[letters[at].lower()]
            letters[at] = other.upper() if letters[at].isupper() else other
        else:
            letters.append(lot.choice("aeiou"))
    return unicodedata.normalize("NFC", "".join(letters))


def value_of(text: str) -> FieldValue:
    return FieldValue(text=text) if text else FieldValue(mark=Mark.BLANK)


def rates_of(columns: Iterable[str], error_rate: float, *, is_gathered: bool, lot: random.Random) -> dict[str, float]:
    """How often a person types each field of a record wrong: all alike, or most errors on a few hard fields, which are
    hard for everybody."""
    hard, easy = THEIR_ERRORS / HARD_FIELDS, (1 - THEIR_ERRORS) / (1 - HARD_FIELDS)
    return {
        column: error_rate * ((hard if lot.random() < HARD_FIELDS else easy) if is_gathered else 1.0)
        for column in columns
    }


@dataclass
class SimulatedPerson:
    """A person who keys each field of a record wrong at its rate. `keyings` counts the fields that they typed or
    decided."""

    rates: Mapping[str, float]
    lot: random.Random
    keyings: int = 0

    def key(self, truth: Mapping[str, str]) -> dict[str, FieldValue]:
        """Types these fields, blind."""
        self.keyings += len(truth)
        return {
            column: value_of(misread(text, self.lot) if self.lot.random() < self.rates[column] else text)
            for column, text in truth.items()
        }

    def look(self, column: str, text: str, shown: Sequence[FieldValue]) -> FieldValue:
        """Decides a field of which values are shown; who errs takes a shown value that is not right."""
        self.keyings += 1
        if self.lot.random() >= self.rates[column] * LOOKING:
            return value_of(text)
        wrong = [value for value in shown if value != value_of(text)]
        return self.lot.choice(wrong) if wrong else value_of(misread(text, self.lot))


def simulated_reading(truth: Mapping[str, str], exact: float, lot: random.Random) -> dict[str, FieldValue]:
    """What a machine reads that reads this share of the fields as they are; of the others it gets one to three signs
    wrong."""
    read = {}
    for column, text in truth.items():
        seen = text
        if text and lot.random() >= exact:
            for _ in range(lot.choice((1, 1, 2, 3))):
                seen = misread(seen, lot)
            seen = seen if seen != text else misread(text, lot)
        read[column] = value_of(seen)
    return read
