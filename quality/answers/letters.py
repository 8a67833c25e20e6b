"""The bare letters of a text, by which phrases are compared, and an expression that finds thousands of phrases."""

import html
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

LIMIT = 20_000
"""The number of characters that are read; the rest counts as a part that is not known."""
BREAK, FOREIGN = ";", "#"
"""The sign for the end of a part, and the sign for letters that are neither Latin nor Vietnamese."""

_OF_MOJIBAKE = re.compile("[ÃÄÆá][\u0080-\u00bf\u0152-\u02dc\u2013-\u2122]")
_BYTES_OF_1252 = {
    ord(letter): byte for byte in range(0x80, 0xA0) if (letter := bytes([byte]).decode("cp1252", "ignore"))
}
_TAGS = re.compile(r"<[/!]?[a-zA-Z][^<>]{0,200}>")
_BULLETS = "•·●▪"
_NUMBERED = re.compile(rb"\d\)(?=\s)")
_BREAKS = ((b". ", b";"), (b", ", b";"), (b" - ", b";"), (b"\n", b";"), (b"\r", b";"), (b"|", b";"))
_FOREIGN = re.compile(r"[^\W\d_\u0000-\u024f\u0300-\u036f\u1e00-\u1eff]+")
_KEPT = b"abcdefghijklmnopqrstuvwxyz0123456789;#"
_DROPPED = bytes(byte for byte in range(256) if byte not in _KEPT)


def readable(words: str) -> str:
    """The text with entities decoded, tags replaced by breaks, and UTF-8 restored where it was read as Windows-1252."""
    if "&" in words:
        words = html.unescape(html.unescape(words))
    if "<" in words:
        words = _TAGS.sub(BREAK, words)
    if _OF_MOJIBAKE.search(words):
        words = _restored(words)
    return words


def _restored(words: str) -> str:
    try:
        return words.translate(_BYTES_OF_1252).encode("latin-1").decode()
    except UnicodeError:
        return words


def letters(words: str) -> str:
    """Small letters without tones or marks, digits, breaks and the sign for foreign letters; spaces are dropped."""
    words = words.replace(FOREIGN, " ")
    if not words.isascii():
        for bullet in _BULLETS:
            words = words.replace(bullet, BREAK)
        words = _FOREIGN.sub(FOREIGN, words)
        words = unicodedata.normalize("NFKD", words).replace("đ", "d").replace("Đ", "D")
    bare = words.encode("ascii", "ignore").lower()
    for sign, stands_for in _BREAKS:
        bare = bare.replace(sign, stands_for)
    if b")" in bare:
        bare = _NUMBERED.sub(b";", bare)
    return bare.translate(None, _DROPPED).decode()


def any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """An expression that finds the longest phrase at each place. Phrases share their beginnings, as in a tree."""
    tree: dict[str, Any] = {}
    for phrase in phrases:
        branch = tree
        for letter in phrase:
            branch = branch.setdefault(letter, {})
        branch[""] = {}
    return re.compile(_branches(tree))


def _branches(tree: dict[str, Any]) -> str:
    """The expression for all branches; letters that only one letter follows are written as one chain."""
    chain = ""
    while len(tree) == 1 and "" not in tree:
        ((letter, tree),) = tree.items()
        chain += letter
    ends = "" in tree
    branches = [letter + _branches(below) for letter, below in sorted(tree.items()) if letter]
    if not branches:
        return chain
    return f"{chain}(?:{'|'.join(branches)}){'?' if ends else ''}"
