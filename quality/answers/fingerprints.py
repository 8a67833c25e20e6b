"""A key under which unknown refusals are counted, which says what they are about and nothing about whom.

Only words of the messages' own vocabulary survive, and only beside a word that they stand beside in a known phrase:
`văn bản` does, the `Văn` of a name does not. Words with a capital go together with one beside them that nobody knows,
and so do words after a surname. All else, and every digit, becomes one sign.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from importlib.resources import files

from quality.answers.letters import LIMIT, readable
from schemas.text import clean, search_fold, tone_key

GONE = "…"
LONGEST_WORDS = 40
"""Words of a fingerprint; a longer one ends with the sign. So many of a text are read:"""
LONGEST_READ = 400
SURNAMES = (
    "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ ngô dương đoàn trịnh đinh lương trương mai tô lâm cao tạ hà"
).split()
ENDS_OF_NAMES = (
    "đã đang chưa không bị được có là và của trên theo phải sinh cư thường is has was does not already"
).split()
LINKS = frozenset((
    "và của cho với trong tại từ đến bị được đã đang chưa không là có phải để the of for to in by with"
).split())  # fmt: skip
"""Words that hold phrases together: they survive between two words that do."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[\d_]+(?:[.,/:-]?[\d_]+)*|[^\w\s]")
_CAPITALS = "".join(letter for letter in map(chr, range(0x41, 0x1EFA)) if letter.isupper())
_SMALL = _CAPITALS.lower()
_GLUED = re.compile(f"(?<=[{_SMALL}])(?=[{_CAPITALS}][{_SMALL}])")


class _KnownWords:
    """Words that may survive, by their key, and which two stand side by side in a phrase.

    `key_of` makes the key of a word. For a text without any mark, words are known by their bare letters.
    """

    def __init__(self, phrases: Iterable[str], key_of: Callable[[str], str], *, are_toneless: bool) -> None:
        self.key_of = key_of
        self.words: dict[str, str] = {}
        pairs: set[tuple[str, str]] = set()
        for phrase in phrases:
            written = [word for word in _WORD.findall(phrase.lower()) if word.isalpha()]
            keys = [key_of(word) for word in written]
            for key, word in zip(keys, written, strict=True):
                self.words[key] = key if are_toneless else word
            pairs.update(zip(keys, keys[1:], strict=False))
        self.pairs = frozenset(pairs)
        self.surnames = frozenset(map(key_of, SURNAMES)) - self.words.keys()
        self.ends_of_names = frozenset(map(key_of, ENDS_OF_NAMES))


class Fingerprints:
    """Makes fingerprints of refusals with the words of known phrases; `phrases` are those of every registry."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = (*_terms(), *LINKS, *phrases)

    @cached_property
    def _with_tones(self) -> _KnownWords:
        return _KnownWords(self._phrases, tone_key, are_toneless=False)

    @cached_property
    def _toneless(self) -> _KnownWords:
        return _KnownWords(self._phrases, search_fold, are_toneless=True)

    def vocabulary(self) -> frozenset[str]:
        """Every word that may stand in a fingerprint."""
        return frozenset(self._with_tones.words.values()) | frozenset(self._toneless.words.values())

    def fingerprint(self, words: str) -> str:
        """`Nguyễn Văn A (024085001234) đã tồn tại` -> `… đã tồn tại`: one key, whatever person it is about.

        Readable, and safe to keep in the clear: nothing but words of the vocabulary and `…` is ever in it.
        """
        text = clean(_GLUED.sub(" ", clean(readable(words[:LIMIT]))))
        written = _WORD.findall(text)[:LONGEST_READ]
        known = self._toneless if text.isascii() else self._with_tones
        keys = [known.key_of(word) if word.isalpha() else "" for word in written]
        kept = _in_phrases(keys, known) - _capitalised(written, keys, known) - _after_surnames(keys, known)
        return _written(keys, kept | _links_between(keys, kept), known)


@cache
def _terms() -> tuple[str, ...]:
    return tuple(files("quality.answers").joinpath("terms.txt").read_text(encoding="utf-8").splitlines())


def _in_phrases(keys: Sequence[str], known: _KnownWords) -> set[int]:
    """Where a word stands beside one that it stands beside in a phrase."""
    firsts = {at for at, pair in enumerate(zip(keys, keys[1:], strict=False)) if pair in known.pairs}
    return firsts | {at + 1 for at in firsts}


def _capitalised(written: Sequence[str], keys: Sequence[str], known: _KnownWords) -> set[int]:
    """Runs of words with a capital in which there is an unknown one; a text in capitals alone has no such runs."""
    if not any(word[0].islower() for word in written):
        return set()
    places: set[int] = set()
    run: list[int] = []
    for at, word in enumerate((*written, "")):
        if word[:1].isupper():
            run.append(at)
            continue
        if any(keys[place] not in known.words for place in run):
            places.update(run)
        run = []
    return places


def _after_surnames(keys: Sequence[str], known: _KnownWords) -> set[int]:
    """A surname and what may be its name: up to four words, ended by one that cannot stand in a name."""
    places: set[int] = set()
    for at, key in enumerate(keys):
        if key not in known.surnames:
            continue
        places.add(at)
        for place in range(at + 1, min(at + 5, len(keys))):
            if not keys[place] or keys[place] in known.ends_of_names:
                break
            places.add(place)
    return places


def _links_between(keys: Sequence[str], kept: set[int]) -> set[int]:
    """Words that hold two surviving phrases together."""
    links = {at for at, key in enumerate(keys) if key in _link_keys() and at not in kept}
    return {at for at in links if at - 1 in kept and at + 1 in kept}


@cache
def _link_keys() -> frozenset[str]:
    return frozenset(map(tone_key, LINKS)) | frozenset(map(search_fold, LINKS))


def _written(keys: Sequence[str], kept: set[int], known: _KnownWords) -> str:
    """What survives; all that does not, however much, is one sign."""
    written: list[str] = []
    for at, key in enumerate(keys):
        word = known.words[key] if at in kept else GONE
        if word != GONE or written[-1:] != [GONE]:
            written.append(word)
        if len(written) > LONGEST_WORDS:
            return " ".join([*written[:LONGEST_WORDS], GONE])
    return " ".join(written)
