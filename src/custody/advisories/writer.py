"""Records into the tables of the advisory database."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from custody.advisories.ecosystems import normalise_name
from custody.advisories.interface import Ordering
from custody.advisories.ranges import Spans, evaluate
from custody.advisories.versions import ordering_of
from custody.model import Advisory, Affected, Severity

__all__ = ["Writer", "seconds"]

_INSERTS = {
    "advisory": "INSERT INTO advisory VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "name": "INSERT OR IGNORE INTO name VALUES (?, ?)",
    "package": "INSERT INTO package VALUES (?, ?, ?)",
    "entry": "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?)",
    "span": "INSERT OR IGNORE INTO span VALUES (?, ?, ?, ?, ?, ?)",
    "listed": "INSERT OR IGNORE INTO listed VALUES (?, ?, ?)",
    "gap": "INSERT OR IGNORE INTO gap VALUES (?, ?, ?, ?, ?)",
}
_BATCH = 20_000
"""Rows that are held back of each table: enough that SQLite's work outweighs the call."""


def seconds(moment: dt.datetime | None) -> int | None:
    """Give a time as the tables hold it."""
    return None if moment is None else int(moment.timestamp())


class Writer:
    """Adds records to an empty database; of one id the newest record stays."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take a connection to a database that has the schema's tables."""
        self._connection = connection
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _INSERTS}
        self._packages: dict[tuple[str, str], int] = {}
        self._records: dict[str, tuple[int, dt.datetime]] = {}
        self._keys: dict[str, Any] = {}
        self._next = 0

    @property
    def records(self) -> int:
        """Give how many records are in."""
        return len(self._records)

    def add(self, advisory: Advisory, source: str) -> None:
        """Add a record. source: the ecosystem whose complete dump it came with, "" for a loose one."""
        known = self._records.get(advisory.id)
        if known is not None:
            if advisory.modified <= known[1]:
                return
            self._remove(known[0])
        self._next += 1
        number = self._next
        self._records[advisory.id] = (number, advisory.modified)
        detail = (
            advisory.aliases,
            advisory.related,
            advisory.upstream,
            _pairs([*advisory.severities, *(s for affected in advisory.affected for s in affected.severities)]),
            advisory.references,
            advisory.cwes,
        )
        times = (seconds(advisory.modified), seconds(advisory.published), seconds(advisory.withdrawn))
        self._put("advisory", (number, advisory.id, source, *times, advisory.summary, _json(detail)))
        for name in {advisory.id, *advisory.aliases}:
            self._put("name", (name, number))
        grouped: dict[tuple[str, str], list[Affected]] = {}
        for affected in advisory.affected:
            grouped.setdefault((affected.ecosystem, normalise_name(affected.ecosystem, affected.name)), []).append(
                affected
            )
        for package, entries in grouped.items():
            self._entries(number, self._package(package), ordering_of(package[0]), entries)

    def cover(self, *, whole: Iterable[str] = (), packages: Iterable[tuple[str, str]] = ()) -> None:
        """Record what is held completely: ecosystems, and single packages as (ecosystem, name)."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO coverage VALUES (?)", [(name,) for name in sorted(set(whole))]
        )
        rows = sorted({(ecosystem, normalise_name(ecosystem, name)) for ecosystem, name in packages})
        self._connection.executemany("INSERT OR IGNORE INTO covered VALUES (?, ?)", rows)

    def flush(self) -> None:
        """Hand all rows over to the database."""
        for table, rows in self._rows.items():
            self._connection.executemany(_INSERTS[table], rows)
            rows.clear()

    def _put(self, table: str, row: tuple[Any, ...]) -> None:
        rows = self._rows[table]
        rows.append(row)
        if len(rows) >= _BATCH:
            self._connection.executemany(_INSERTS[table], rows)
            rows.clear()

    def _package(self, package: tuple[str, str]) -> int:
        number = self._packages.get(package)
        if number is None:
            number = self._packages[package] = len(self._packages) + 1
            self._put("package", (number, *package))
        return number

    def _entries(self, advisory: int, package: int, ordering: Ordering | None, entries: list[Affected]) -> None:
        severities = _json(_pairs(s for entry in entries for s in entry.severities))
        if ordering is None:
            stated = [
                [[r.type, [[e.kind, e.version] for e in r.events]] for r in entry.ranges if r.type != "GIT"]
                for entry in entries
            ]
            versions = [list(entry.versions) for entry in entries]
            self._put("entry", (package, advisory, "[]", severities, _json([stated, versions])))
            return
        fixed: set[tuple[bytes, str]] = set()
        for entry in entries:
            spans = self._evaluate(entry, ordering)
            fixed.update(spans.fixed)
            for span in spans.spans:
                self._put("span", (package, span.low, span.high, advisory, span.said, int(span.exact)))
            for version in spans.unordered:
                self._put("listed", (package, version, advisory))
            for gap in spans.gaps:
                self._put("gap", (package, advisory, gap.low, gap.high, gap.why))
        self._put(
            "entry",
            (package, advisory, _json([[key.hex(), version] for key, version in sorted(fixed)]), severities, ""),
        )

    def _evaluate(self, entry: Affected, ordering: Ordering) -> Spans:
        """The same versions stand in many records: their keys are made once."""
        if ordering.name not in self._keys:
            self._keys[ordering.name] = lru_cache(maxsize=1 << 18)(ordering.key)
        return evaluate(entry, ordering, self._keys[ordering.name])

    def _remove(self, number: int) -> None:
        self.flush()
        self._connection.execute("DELETE FROM advisory WHERE number = ?", (number,))
        for table in ("name", "entry", "span", "listed", "gap"):
            self._connection.execute(f"DELETE FROM {table} WHERE advisory = ?", (number,))  # noqa: S608 - names of our own tables


def _pairs(severities: Iterable[Severity]) -> list[tuple[str, str]]:
    return sorted({(s.type, s.vector) for s in severities})


def _json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return msgspec.json.encode(value).decode("utf-8")
