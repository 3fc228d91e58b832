"""What is in a database as a whole, and how two of them differ: for engines that join all of it at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from custody.advisories.body import decode_body
from custody.advisories.pack import Unpacker
from custody.advisories.storage import reading
from custody.model import STATUSES

if TYPE_CHECKING:
    from custody.advisories.database import Database

__all__ = ["Changes", "SpanRow", "changed_between", "digests", "spans"]


class SpanRow(NamedTuple):
    """An interval of versions that a record speaks of: those whose key is in [low, high).

    exact: it is one version that the record lists; status: one of `STATUSES`. No withdrawn record has any. Versions
    that their ordering cannot read have no key; they are in no interval, see `Database.gaps` and listed versions.
    """

    ecosystem: str
    name: str
    low: bytes
    high: bytes
    advisory: str
    exact: bool
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How a database differs from an older one.

    added, removed, changed: ids of records, sorted; packages: (ecosystem, name) that any of them names, in the older
    or the newer one, sorted: only there can a match come out differently.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    packages: tuple[tuple[str, str], ...]


_SPANS = """SELECT e.name, p.name, s.low, s.high, a.id, s.part FROM ecosystem e JOIN package p ON p.ecosystem = e.number
    CROSS JOIN span s ON s.package = p.number JOIN advisory a ON a.number = s.advisory"""


def spans(connection: sqlite3.Connection, packages: Iterable[tuple[str, str]] | None = None) -> Iterator[SpanRow]:
    """Give the intervals of all packages, or of some, package by package; the order is the same for the same file."""
    if packages is None:
        queries: list[tuple[str, tuple[str, ...]]] = [(f"{_SPANS} ORDER BY e.name, p.name", ())]
    else:
        queries = [(f"{_SPANS} WHERE e.name = ? AND p.name = ?", package) for package in sorted(set(packages))]
    for query, values in queries:
        for ecosystem, name, low, high, advisory, part in connection.execute(query, values):
            yield SpanRow(ecosystem, name, low, high, advisory, bool(part & 1), STATUSES[part >> 1 & 7])


def changed_between(older: Database, newer: Database) -> Changes:
    """Give what changed, by the digests of the records: two columns are read, and the bodies of what differs.

    Raises InputError: one of the two is damaged.
    """
    sides = []
    for database in (older, newer):
        with reading(str(database.path)):
            sides.append(digests(database.connection))
    before, after = sides
    old = {key: value for key, value in before.items() if key not in after or after[key][1] != value[1]}
    new = {key: value for key, value in after.items() if key not in before or before[key][1] != value[1]}
    packages: set[tuple[str, str]] = set()
    for database, side in ((older, old), (newer, new)):
        with reading(str(database.path)):
            unpacker = Unpacker(database.connection)
            for number, _ in side.values():
                packages.update((e.ecosystem, e.name) for e in decode_body(unpacker.body(number)).entries)
    return Changes(
        added=_ids(new.keys() - old.keys()),
        removed=_ids(old.keys() - new.keys()),
        changed=_ids(old.keys() & new.keys()),
        packages=tuple(sorted(packages)),
    )


def digests(connection: sqlite3.Connection) -> dict[tuple[str, str], tuple[int, bytes]]:
    """Give (id, feed) → (number of the row, digest) of every record."""
    feeds = dict(connection.execute("SELECT number, feed FROM holding"))
    query = "SELECT id, holding, number, digest FROM advisory"
    return {(name, feeds[holding]): (number, digest) for name, holding, number, digest in connection.execute(query)}


def _ids(keys: set[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(sorted({name for name, _ in keys}))
