"""The index of licence texts: which three words in a row stand in which licences of SPDX's list.

    index = load_index()
    index.find(grams)                       # for each licence the positions of the grams that it shares

`data/licence_texts.idx` is written by `scripts/make_licence_index.py`. Its form: the magic, a JSON head with its length
before it (32 bits), then three arrays of little-endian numbers: the grams (32 bits, sorted), where the postings of each
begin (32 bits, one more than grams), and the postings (16 bits: the number of a text). Of a long text only the grams
that its `step` divides are kept: some hundreds of them tell it from the others as well as all do.
"""

from __future__ import annotations

import json
import sys
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["MAGIC", "Index", "Template", "encode_index", "kept", "load_index"]

MAGIC = b"CUSTODY LICENCE TEXTS 1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One text. ids: the licences that have it; all of the GNU licences' `-only` and `-or-later` share theirs.

    words: how many it has; grams: how many different ones are kept; step: which ones, see `kept`.
    """

    ids: tuple[str, ...]
    words: int
    grams: int
    step: int


class Index:
    """All texts, and the grams that they are found by."""

    def __init__(
        self, version: str, templates: Sequence[Template], grams: array[int], starts: array[int], postings: array[int]
    ) -> None:
        """Take the parts as they stand in the file."""
        self.version = version
        self.templates = templates
        self._grams = grams
        self._starts = starts
        self._postings = postings

    def texts_with(self, gram: int) -> array[int]:
        """Give the numbers of the texts in which a gram stands and is kept."""
        at = bisect_left(self._grams, gram)
        if at == len(self._grams) or self._grams[at] != gram:
            return self._postings[:0]
        return self._postings[self._starts[at] : self._starts[at + 1]]


def kept(gram: int, step: int) -> bool:
    """Say whether a gram is one of those that are kept of a text with this step (a power of two)."""
    return (gram ^ gram >> 16) & (step - 1) == 0


@cache
def load_index() -> Index:
    """Give the index that this package carries."""
    data = memoryview((files("custody.inventory.licence_texts") / "data" / "licence_texts.idx").read_bytes())
    size = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 4], "little")
    at = len(MAGIC) + 4
    head = json.loads(bytes(data[at : at + size]))
    at += size
    parts = []
    for code, count in (("I", head["grams"]), ("I", head["grams"] + 1), ("H", head["postings"])):
        numbers: array[int] = array(code)
        width = count * numbers.itemsize
        numbers.frombytes(data[at : at + width])
        if sys.byteorder == "big":
            numbers.byteswap()
        parts.append(numbers)
        at += width
    templates = tuple(
        Template(ids=tuple(ids.split()), words=words, grams=grams, step=step)
        for ids, words, grams, step in head["texts"]
    )
    return Index(head["version"], templates, *parts)


def encode_index(version: str, texts: Sequence[tuple[Template, frozenset[int]]]) -> bytes:
    """Give the file for texts with the grams that are kept of each."""
    where: dict[int, list[int]] = {}
    for number, (_, grams) in enumerate(texts):
        for gram in grams:
            where.setdefault(gram, []).append(number)
    grams_, starts, postings = array("I"), array("I", [0]), array("H")
    for gram in sorted(where):
        grams_.append(gram)
        postings.extend(sorted(where[gram]))
        starts.append(len(postings))
    rows = [[" ".join(text.ids), text.words, text.grams, text.step] for text, _ in texts]
    head = json.dumps({"version": version, "grams": len(grams_), "postings": len(postings), "texts": rows}).encode()
    if sys.byteorder == "big":
        for numbers in (grams_, starts, postings):
            numbers.byteswap()
    return MAGIC + len(head).to_bytes(4, "little") + head + grams_.tobytes() + starts.tobytes() + postings.tobytes()
