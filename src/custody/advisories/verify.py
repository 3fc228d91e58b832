"""Proving that a database file holds what its digest stands for.

1. Each record: the digest of its body and of the rows that matching finds it by is the one that is stored for it, and
   every row stands at the package that the record's entry names.
2. Each name leads to the records that have it, and to no other; each package's flags say which rows it has.
3. The whole: the digests of all records, with coverage, EPSS and exploited vulnerabilities, make the digest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from custody.advisories.body import Body, decode_body
from custody.advisories.pack import Unpacker
from custody.advisories.schema import content_digest, record_digest
from custody.model import Digest

__all__ = ["verify"]

_FROM = "FROM package p JOIN ecosystem e ON e.number = p.ecosystem CROSS JOIN {0} x ON x.package = p.number"
_SPANS = f"SELECT x.advisory, x.entry, e.name, p.name, x.low, x.high, x.part {_FROM.format('span')} ORDER BY 1"
_LISTED = f"""SELECT x.advisory, x.entry, e.name, p.name, x.version, x.part, p.flags & 1
    {_FROM.format("listed")} ORDER BY 1"""
_GAPS = f"""SELECT x.advisory, x.entry, e.name, p.name, x.low, x.high, r.text, p.flags & 2
    {_FROM.format("gap")} JOIN reason r ON r.number = x.why ORDER BY 1"""
_COUNTS = ("span", "listed", "gap")


def verify(connection: sqlite3.Connection, expected: Digest) -> str:
    """Give what is wrong with a database, "" when nothing is; what a damaged file leads to is raised as it comes."""
    ((verdict,),) = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if verdict != "ok":
        return str(verdict)
    problem = _records(connection)
    if problem:
        return problem
    digest = content_digest(connection)
    return "" if digest == expected else f"expected content {expected}, got {digest}"


def _records(connection: sqlite3.Connection) -> str:
    ask = connection.execute
    spans, listed, gaps = (_Grouped(ask(query)) for query in (_SPANS, _LISTED, _GAPS))
    names = _Grouped(ask("SELECT advisory, name FROM name ORDER BY 1"))
    stored = ask("SELECT number, id, modified, digest FROM advisory ORDER BY 1")
    for number, data in Unpacker(connection).bodies():
        row = stored.fetchone()
        body = decode_body(data)
        if row is None or row[:3] != (number, body.id, body.modified):
            return f"record {body.id} is not where it was"
        found = [spans.take(number), listed.take(number), gaps.take(number)]
        if any((row[2], row[3]) != _package(body, row[1]) for rows in found for row in rows):
            return f"record {body.id} stands at a package that it does not name"
        if not all(row[-1] for rows in found[1:] for row in rows):
            return f"a package of record {body.id} hides what is said of it"
        rows = [(r[1], *r[4:]) for r in found[0]] + [(r[1], *r[4:-1]) for rows in found[1:] for r in rows]
        if record_digest(data, rows) != row[3]:
            return f"record {body.id} is not what was imported"
        if {name for _, name in names.take(number)} != {body.id, *body.aliases, *body.upstream}:
            return f"the names of record {body.id} are not what was imported"
    if stored.fetchone() is not None or names.left() or any(rows.left() for rows in (spans, listed, gaps)):
        return "there are rows that belong to no record"
    for table, group in zip(_COUNTS, (spans, listed, gaps), strict=True):
        (count,) = ask(f"SELECT COUNT(*) FROM {table}").fetchone()  # noqa: S608 - our own names
        if count != group.count:
            return f"there are rows in {table} that belong to no package"
    return ""


def _package(body: Body, place: int) -> tuple[str, str] | None:
    return (body.entries[place].ecosystem, body.entries[place].name) if 0 <= place < len(body.entries) else None


class _Grouped:
    """Rows that are sorted by record, taken record by record."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self.count = 0
        self._groups = groupby(rows, itemgetter(0))
        self._next: tuple[int, list[tuple[Any, ...]]] | None = None
        self._step()

    def _step(self) -> None:
        group = next(self._groups, None)
        self._next = None if group is None else (group[0], list(group[1]))
        self.count += len(self._next[1]) if self._next is not None else 0

    def take(self, number: int) -> list[tuple[Any, ...]]:
        """Give the rows of a record; those of numbers before it belong to none, and stay."""
        if self._next is None or self._next[0] != number:
            return []
        rows = self._next[1]
        self._step()
        return rows

    def left(self) -> bool:
        return self._next is not None
