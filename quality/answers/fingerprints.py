"""A key under which unknown refusals are counted: it says what they are about and nothing about the person.

Only words of the known messages are kept, and only next to a word that follows or precedes them in a known phrase:
`văn bản` is kept, the `Văn` of a name is not. A run of words with capitals is dropped when one of them is not known;
so are the words after a surname. All other words, and every digit, become one sign.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from importlib.resources import files

from quality.answers.letters import LIMIT, readable
from schemas.text import clean, search_fold, tone_key

GONE = "…"
LONGEST_WORDS = 40
"""The most words of a fingerprint; a longer one is cut and ends with the sign."""
LONGEST_READ = 400
"""The most words of a text that are read."""
SURNAMES = (
    "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ ngô dương đoàn trịnh đinh lương trương mai tô lâm cao tạ hà"
).split()
ENDS_OF_NAMES = (
    "đã đang chưa không bị được có là và của trên theo phải sinh cư thường is has was does not already"
).split()
LINKS = frozenset(
    ("và của cho với trong tại từ đến bị được đã đang chưa không là có phải để the of for to in by with").split()
)
"""Words that join phrases: they are kept between two words that are kept."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[\d_]+(?:[.,/:-]?[\d_]+)*|[^\w\s]")
_CAPITALS = "".join(letter for letter in map(chr, range(0x41, 0x1EFA)) if letter.isupper())
_SMALL = _CAPITALS.lower()
_GLUED = re.compile(f"(?<=[{_SMALL}])(?=[{_CAPITALS}][{_SMALL}])")


class _KnownWords:
    """Words that may be kept, by their key, and the pairs of keys that follow each other in a phrase.

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
    """Makes fingerprints of refusals from the words of known phrases; `phrases` are those of every registry."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = (*_terms(), *LINKS, *phrases)

    @cached_property
    def with_tones(self) -> _KnownWords:
        """The words that may stand in the fingerprint of a text with marks."""
        return _KnownWords(self._phrases, tone_key, are_toneless=False)

    @cached_property
    def toneless(self) -> _KnownWords:
        """The words that may stand in the fingerprint of a text without any mark, by their bare letters."""
        return _KnownWords(self._phrases, search_fold, are_toneless=True)

    def fingerprint(self, words: str) -> str:
        """`Nguyễn Văn A (024085001234) đã tồn tại` -> `… đã tồn tại`: one key for messages about any person.

        It may be kept unsealed: it holds nothing but words of the vocabulary and `…`.
        """
        text = clean(_GLUED.sub(" ", clean(readable(words[:LIMIT]))))
        written = _WORD.findall(text)[:LONGEST_READ]
        known = self.toneless if text.isascii() else self.with_tones
        keys = [known.key_of(word) if word.isalpha() else "" for word in written]
        kept = _in_phrases(keys, known) - _capitalised(written, keys, known) - _after_surnames(keys, known)
        return _written(keys, kept | _links_between(keys, kept), known)


@cache
def _terms() -> tuple[str, ...]:
    return tuple(files("quality.answers").joinpath("terms.txt").read_text(encoding="utf-8").splitlines())


def _in_phrases(keys: Sequence[str], known: _KnownWords) -> set[int]:
    """The indexes of words that have a neighbour with which they stand in a known phrase."""
    firsts = {index for index, pair in enumerate(zip(keys, keys[1:], strict=False)) if pair in known.pairs}
    return firsts | {index + 1 for index in firsts}


def _capitalised(written: Sequence[str], keys: Sequence[str], known: _KnownWords) -> set[int]:
    """The indexes of runs of words with a capital, one of which is not known; none in a text of capitals alone."""
    if not any(word[0].islower() for word in written):
        return set()
    indexes: set[int] = set()
    run: list[int] = []
    for index, word in enumerate((*written, "")):
        if word[:1].isupper():
            run.append(index)
            continue
        if any(keys[each] not in known.words for each in run):
            indexes.update(run)
        run = []
    return indexes


def _after_surnames(keys: Sequence[str], known: _KnownWords) -> set[int]:
    """The indexes of surnames and of up to four words after each, ended by a word that cannot stand in a name."""
    indexes: set[int] = set()
    for index, key in enumerate(keys):
        if key not in known.surnames:
            continue
        indexes.add(index)
        for following in range(index + 1, min(index + 5, len(keys))):
            if not keys[following] or keys[following] in known.ends_of_names:
                break
            indexes.add(following)
    return indexes


def _links_between(keys: Sequence[str], kept: set[int]) -> set[int]:
    """The indexes of words that join two kept phrases."""
    links = {index for index, key in enumerate(keys) if key in _link_keys() and index not in kept}
    return {index for index in links if index - 1 in kept and index + 1 in kept}


@cache
def _link_keys() -> frozenset[str]:
    return frozenset(map(tone_key, LINKS)) | frozenset(map(search_fold, LINKS))


def _written(keys: Sequence[str], kept: set[int], known: _KnownWords) -> str:
    """The kept words in their order; each run of others is one sign."""
    written: list[str] = []
    for index, key in enumerate(keys):
        word = known.words[key] if index in kept else GONE
        if word != GONE or written[-1:] != [GONE]:
            written.append(word)
        if len(written) > LONGEST_WORDS:
            return " ".join([*written[:LONGEST_WORDS], GONE])
    return " ".join(written)
