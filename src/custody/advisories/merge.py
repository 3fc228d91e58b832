"""What an import keeps of the database that is already there."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from custody.advisories.storage import connect, read_meta, reading
from custody.model import Advisory

__all__ = ["Merge"]

# ruff: noqa: S608 - the statements are put together from parts of this file alone

_PACKAGE = """JOIN old.package q ON q.number = x.package
    JOIN main.package p ON p.ecosystem = q.ecosystem AND p.name = q.name
    WHERE x.advisory IN (SELECT number FROM temp.kept)"""
_COPY = (
    """INSERT INTO main.advisory SELECT number + :shift, id, source, modified, published, withdrawn, summary, detail
    FROM old.advisory WHERE number IN (SELECT number FROM temp.kept)""",
    """INSERT INTO main.name SELECT name, advisory + :shift FROM old.name
    WHERE advisory IN (SELECT number FROM temp.kept)""",
    """INSERT OR IGNORE INTO main.package (ecosystem, name) SELECT DISTINCT q.ecosystem, q.name FROM old.entry x
    JOIN old.package q ON q.number = x.package WHERE x.advisory IN (SELECT number FROM temp.kept) ORDER BY 1, 2""",
    "INSERT INTO main.entry SELECT p.number, x.advisory + :shift, fixed, severities, stated FROM old.entry x "
    + _PACKAGE,
    "INSERT INTO main.span SELECT p.number, low, high, x.advisory + :shift, said, exact FROM old.span x " + _PACKAGE,
    "INSERT INTO main.listed SELECT p.number, version, x.advisory + :shift FROM old.listed x " + _PACKAGE,
    "INSERT INTO main.gap SELECT p.number, x.advisory + :shift, low, high, why FROM old.gap x " + _PACKAGE,
    "INSERT OR IGNORE INTO main.coverage SELECT ecosystem FROM old.coverage",
    "INSERT OR IGNORE INTO main.covered SELECT ecosystem, name FROM old.covered",
)


class Merge:
    """The old database, while a new one is written."""

    def __init__(self, path: Path) -> None:
        """Read which records are there. Raises InputError: damaged, or not an advisory database of this version."""
        self._path = path
        self._newer: set[str] = set()
        with reading(str(path)), closing(connect(path)) as connection:
            origin = read_meta(connection, str(path)).get("origin", "")
            self._modified: dict[str, int] = dict(connection.execute("SELECT id, modified FROM advisory"))
        self.origin = [part for part in origin.split(", ") if part]

    @property
    def stayed(self) -> int:
        """Give for how many incoming records a newer one was there."""
        return len(self._newer)

    def attach(self, connection: sqlite3.Connection) -> None:
        """Make the old database readable as `old` on the connection that writes the new one, outside a transaction."""
        connection.execute("ATTACH ? AS old", (f"{self._path.absolute().as_uri()}?mode=ro&immutable=1",))

    def has_newer(self, advisory: Advisory) -> bool:
        """Say whether the old database has a newer record of this id, which then stays."""
        modified = self._modified.get(advisory.id)
        if modified is None or modified <= advisory.modified.timestamp():
            return False
        self._newer.add(advisory.id)
        return True

    def copy(self, connection: sqlite3.Connection, *, replaced: Collection[str]) -> None:
        """Copy what stays: every record that did not come in anew.

        Left behind are those that an earlier complete dump of a `replaced` ecosystem brought, and the new one lacks.
        """
        connection.execute("CREATE TEMP TABLE replaced (source TEXT PRIMARY KEY)")
        connection.executemany("INSERT INTO replaced VALUES (?)", [(source,) for source in sorted(replaced)])
        connection.execute("CREATE TEMP TABLE newer (id TEXT PRIMARY KEY)")
        connection.executemany("INSERT INTO newer VALUES (?)", [(name,) for name in sorted(self._newer)])
        connection.execute(
            "CREATE TEMP TABLE kept AS SELECT number FROM old.advisory WHERE id NOT IN (SELECT id FROM main.advisory)"
            " AND (source NOT IN (SELECT source FROM replaced) OR id IN (SELECT id FROM newer))"
        )
        (shift,) = connection.execute("SELECT COALESCE(MAX(number), 0) FROM main.advisory").fetchone()
        for statement in _COPY:
            connection.execute(statement, {"shift": shift} if ":shift" in statement else {})
