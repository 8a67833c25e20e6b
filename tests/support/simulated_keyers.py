"""Keyers that err, and machines that misread, as often as was assumed or measured: for simulations of keying designs.

Rates of persons are assumptions: a share of fields typed wrong, and half of it for a third person who sees two values.
Both err on what looks or sounds alike (tones above all), so that two of them sometimes agree on a wrong value.
"""

import random
import unicodedata
from collections.abc import Mapping
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
THIRD_PERSON = 0.5
"""A third person errs half as often as a keyer."""


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


@dataclass
class SimulatedPerson:
    """A person who types this share of the fields wrong. `keyings` counts the fields that they typed or decided."""

    error_rate: float
    lot: random.Random
    keyings: int = 0

    def key(self, truth: Mapping[str, str]) -> dict[str, FieldValue]:
        """Types a whole record, blind."""
        self.keyings += len(truth)
        return {
            column: value_of(misread(text, self.lot) if self.lot.random() < self.error_rate else text)
            for column, text in truth.items()
        }

    def decide(self, text: str, shown: tuple[FieldValue, FieldValue]) -> FieldValue:
        """Decides a field in which two keys differ; who errs takes a shown value that is not right."""
        self.keyings += 1
        if self.lot.random() >= self.error_rate:
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
