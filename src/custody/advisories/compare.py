"""How one database differs from another, told for people: which records of which sources, and what they speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from custody.advisories.changes import changed_between
from custody.advisories.storage import reading

if TYPE_CHECKING:
    import sqlite3

    from custody.advisories.database import Database

__all__ = ["Compared", "Difference", "compare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One record. change: "added", "removed" or "changed"; sources: kinds of those that hold it, where it is there."""

    id: str
    change: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How a database differs from an older one.

    records: by change, then id; packages: (ecosystem, name) that any of them names; epss, exploited: how many ids have
    another score, or another entry, than before.
    """

    records: tuple[Difference, ...]
    packages: tuple[tuple[str, str], ...]
    epss: int
    exploited: int

    @property
    def same(self) -> bool:
        """Say whether nothing differs that a scan could tell."""
        return not (self.records or self.epss or self.exploited)


def compare(older: Database, newer: Database) -> Compared:
    """Compare two databases by the digests of their records. Raises InputError: one of them is damaged."""
    changes = changed_between(older, newer)
    records = [
        Difference(id=name, change=change, sources=sources)
        for change, ids, database in (
            ("added", changes.added, newer),
            ("changed", changes.changed, newer),
            ("removed", changes.removed, older),
        )
        for name, sources in _sources(database, ids)
    ]
    sides = []
    for database in (older, newer):
        with reading(str(database.path)):
            sides.append((_table(database.connection, _EPSS), _table(database.connection, _EXPLOITED)))
    (epss, exploited), (epss_now, exploited_now) = sides
    return Compared(
        records=tuple(records),
        packages=changes.packages,
        epss=len({row[0] for row in epss ^ epss_now}),
        exploited=len({row[0] for row in exploited ^ exploited_now}),
    )


_EPSS = "SELECT id, score, percentile FROM epss"
_EXPLOITED = "SELECT id, kind, added, due, ransomware, action FROM exploited"


def _table(connection: sqlite3.Connection, query: str) -> set[tuple[object, ...]]:
    return set(connection.execute(query))


def _sources(database: Database, ids: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Give (id, kinds of the sources that hold it), by id."""
    if not ids:
        return []
    wanted, found = set(ids), dict[str, set[str]]()
    with reading(str(database.path)):
        ask = database.connection.execute
        kinds = dict(ask("SELECT number, kind FROM source"))
        holdings = {
            number: {kinds[int(source)] for source in sources.split(",")}
            for number, sources in ask("SELECT number, sources FROM holding")
        }
        for name, holding in ask("SELECT id, holding FROM advisory"):
            if name in wanted:
                found.setdefault(name, set()).update(holdings[holding])
    return [(name, tuple(sorted(found.get(name, ())))) for name in ids]
