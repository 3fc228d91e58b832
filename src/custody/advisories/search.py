"""Finding records by what a person types: an id, an alias, a package, words of the summary."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator

import msgspec

from custody.advisories.body import decode_body
from custody.advisories.pack import Unpacker

__all__ = ["search", "spellings"]

_LAST = "\U0010ffff"


class _Head(msgspec.Struct, array_like=True, gc=False):
    """The beginning of a body; the rest is passed over."""

    id: str
    modified: int
    published: int | None
    withdrawn: int | None
    summary: str


_DECODE = msgspec.msgpack.Decoder(_Head).decode


def search(connection: sqlite3.Connection, text: str, *, limit: int, ecosystem: str = "") -> list[int]:
    """Give the numbers of at most `limit` records, the nearest first.

    ecosystem: only records that name a package of it; without a release suffix, of any of its releases.

    1. ids and aliases that are the text, then those that begin with it (any case for the letters of common ids);
    2. packages of that name, then those whose name begins with it;
    3. where none of these is there, records whose summary has every word: they are read one by one until there are
       enough, which takes seconds in the largest of databases.
    """
    text = text.strip()
    found: dict[int, None] = {}
    if not text or limit <= 0:
        return []
    wanted = _Wanted(connection, ecosystem)
    most = -1 if ecosystem else limit
    for number in itertools.chain(_names(connection, text, most), _packages(connection, text, most)):
        if wanted.holds(number):
            found.setdefault(number)
        if len(found) >= limit:
            break
    return list(found) or list(itertools.islice(filter(wanted.holds, _summaries(connection, text)), limit))


def _names(connection: sqlite3.Connection, text: str, limit: int) -> Iterator[int]:
    for spelling in spellings(text):
        for (number,) in connection.execute("SELECT advisory FROM name WHERE name = ?", (spelling,)):
            yield number
    for spelling in spellings(text):
        query = "SELECT advisory FROM name WHERE name >= ? AND name < ? ORDER BY name LIMIT ?"
        for (number,) in connection.execute(query, (spelling, spelling + _LAST, limit)):
            yield number


def _packages(connection: sqlite3.Connection, text: str, limit: int) -> Iterator[int]:
    ecosystems = connection.execute("SELECT number FROM ecosystem ORDER BY name").fetchall()
    query = """SELECT s.advisory FROM package p CROSS JOIN span s ON s.package = p.number
        WHERE p.ecosystem = ? AND p.name >= ? AND p.name < ? LIMIT ?"""
    for low, high in ((text, text + "\0"), (text, text + _LAST)):
        for (ecosystem,) in ecosystems:
            for (number,) in connection.execute(query, (ecosystem, low, high, limit)):
                yield number


def _summaries(connection: sqlite3.Connection, text: str) -> Iterator[int]:
    words = text.casefold().split()
    for number, data in Unpacker(connection).bodies():
        summary = _DECODE(data).summary.casefold()
        if all(word in summary for word in words):
            yield number


class _Wanted:
    """Tells whether records name a package of an ecosystem; "" is any."""

    def __init__(self, connection: sqlite3.Connection, ecosystem: str) -> None:
        self._ecosystem = ecosystem
        self._unpacker = Unpacker(connection)
        self._known: dict[int, bool] = {}

    def holds(self, number: int) -> bool:
        if not self._ecosystem:
            return True
        if number not in self._known:
            names = [entry.ecosystem for entry in decode_body(self._unpacker.body(number)).entries]
            begin = f"{self._ecosystem}:"
            self._known[number] = any(name == self._ecosystem or name.startswith(begin) for name in names)
        return self._known[number]


def spellings(text: str) -> list[str]:
    """Give how an id may be spelled: as it stands, in capitals, as GitHub's are."""
    return list(dict.fromkeys((text, text.upper(), _ghsa(text))))


def _ghsa(text: str) -> str:
    """GitHub's ids are in small letters behind their prefix."""
    return f"GHSA-{text[5:].lower()}" if text[:5].upper() == "GHSA-" else text
