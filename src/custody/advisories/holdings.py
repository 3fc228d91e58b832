"""Which sources hold which records, while a database is written."""

from __future__ import annotations

import sqlite3
from functools import cache

__all__ = ["NONE", "Holdings", "Known", "with_one"]

NONE: frozenset[int] = frozenset()


@cache
def with_one(sources: frozenset[int], source: int) -> frozenset[int]:
    """Give a set with one source more, always the same object: there are few sets, and many records."""
    return sources | {source}


class Known:
    """A record that is there. sources: those that hold it; fresh: those of them that brought it in this import."""

    __slots__ = ("digest", "fresh", "modified", "number", "sources")

    def __init__(self, number: int, modified: int, digest: bytes, sources: frozenset[int]) -> None:
        """Take what the database says of it."""
        self.number = number
        self.modified = modified
        self.digest = digest
        self.sources = sources
        self.fresh = NONE


class Holdings:
    """Sets of sources, by number: the `holding` table."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read what is there."""
        self._connection = connection
        self._sets: dict[int, tuple[str, frozenset[int]]] = {}
        self._numbers: dict[tuple[str, frozenset[int]], int] = {}
        for number, feed, sources in connection.execute("SELECT number, feed, sources FROM holding"):
            held = (feed, frozenset(int(source) for source in sources.split(",")))
            self._sets[number], self._numbers[held] = held, number

    def feed(self, number: int) -> str:
        """Give the feed of a set."""
        return self._sets[number][0]

    def sources(self, number: int) -> frozenset[int]:
        """Give the sources of a set."""
        return self._sets[number][1]

    def of(self, source: int) -> list[int]:
        """Give the sets that a source is in."""
        return [number for number, (_, sources) in self._sets.items() if source in sources]

    def number(self, feed: str, sources: frozenset[int]) -> int:
        """Give the number of a set, a new one where there is none."""
        number = self._numbers.get((feed, sources))
        if number is None:
            number = max(self._sets, default=0) + 1
            self._sets[number], self._numbers[feed, sources] = (feed, sources), number
            text = ",".join(map(str, sorted(sources)))
            self._connection.execute("INSERT INTO holding VALUES (?, ?, ?)", (number, feed, text))
        return number
