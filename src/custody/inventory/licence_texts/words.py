r"""Licence texts as words that can be compared: what differs between two copies of one licence is left out.

    words, lines = words_of("Copyright (c) 2020 Jane\n\nPermission is hereby granted, …")
    grams_of(words)             # one 32-bit number for every three words in a row

Spec: SPDX 2.3, Annex B, "License matching guidelines and templates": case, white space, punctuation, comment marks,
spellings and copyright notices do not count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

__all__ = ["COPYRIGHT_LINE", "GRAM", "grams_of", "words_of"]

GRAM = 3
"""Words in a row that are compared as one."""

COPYRIGHT_LINE = re.compile(
    r"^[\s*#/;.\-\u2022\"'<>!|%]*(?:portions\s+)?(?:copyright\b|\(c\)\s|©|&copy;|all rights reserved\.?\s*$)",
    re.IGNORECASE,
)
"""A line that is a notice of who holds the copyright, not a part of a licence."""

_SENTENCE = re.compile(r"\W*copyright\W+(?:and|notice|holder|owner|license|law|interest|in)\b", re.IGNORECASE)
_WORD = re.compile(r"[a-z0-9]+(?:'s)?")
_MARKUP = re.compile(r"<[^<>\s][^<>]{0,200}>|&[a-z]{2,6};")
_URL = re.compile(r"https?://(?:www\.)?")
_SAME = {
    "licence": "license",
    "licences": "licenses",
    "licenced": "licensed",
    "licencing": "licensing",
    "sublicence": "sublicense",
    "noncommercial": "non-commercial",
    "organisation": "organization",
    "acknowledgement": "acknowledgment",
    "favour": "favor",
    "honour": "honor",
    "judgement": "judgment",
    "owner": "holder",
    "owners": "holders",
    "contributors": "contributor",
    "holders": "holder",
    "authors": "author",
}
"""Words that the guidelines call equivalent (B.10), and the plurals in which the names of holders come."""

_MIX = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)
"""Odd constants that spread three words over 32 bits; part of the index's format."""


def words_of(text: str) -> tuple[list[str], list[int]]:
    """Give the words, and for each the number of its line, counted from 0. Lines with a copyright notice have none."""
    words: list[str] = []
    lines: list[int] = []
    for number, line in enumerate(text.split("\n")):
        if COPYRIGHT_LINE.match(line[:200]) and not _goes_on(line):
            continue
        found = _WORD.findall(_URL.sub(" ", _MARKUP.sub(" ", line.lower())).replace("\u2019", "'"))
        words += [_SAME.get(word, word) for word in found]
        lines += [number] * len(found)
    return words, lines


def _goes_on(line: str) -> bool:
    """Say whether a line that begins like a notice is a sentence of a licence: "Copyright and related rights …"."""
    return len(line) > 200 or _SENTENCE.match(line) is not None


def grams_of(words: Sequence[str]) -> list[int]:
    """Give the number of every three words in a row, by the position of the first."""
    known: dict[str, int] = {}
    hashes = []
    for word in words:
        value = known.get(word)
        if value is None:
            value = known[word] = crc32(word.encode("ascii"))
        hashes.append(value)
    one, two, three = _MIX
    return [
        ((a * one + b * two + c * three) & 0xFFFFFFFF) ^ (a >> 7)
        for a, b, c in zip(hashes, hashes[1:], hashes[2:], strict=False)
    ]
