"""What `custody db status` shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from custody.model import DatabaseState

if TYPE_CHECKING:
    import sqlite3

    from custody.advisories.database import Database
    from custody.advisories.sources import Source

__all__ = ["DatabaseStatus", "describe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseStatus:
    """A database as a whole.

    path: None for the starter database inside the package; releases: (ecosystem with its release suffix, advisories);
    whole: ecosystems held completely; listed: (ecosystem, how many packages of it are covered one by one); unordered:
    ecosystems whose versions cannot be ordered yet, so that a scan says nothing on their packages; skipped: records
    that the last import could not read; sources: where records came from, by kind and origin; epss, exploited: how
    many entries; verified: None where only the header was looked at.
    """

    path: Path | None
    state: DatabaseState
    records: int
    size: int
    skipped: int
    releases: tuple[tuple[str, int], ...]
    whole: tuple[str, ...]
    listed: tuple[tuple[str, int], ...]
    unordered: tuple[str, ...]
    verified: bool | None
    sources: tuple[Source, ...] = ()
    epss: int = 0
    exploited: int = 0


def describe(
    database: Database, connection: sqlite3.Connection, meta: Mapping[str, str], *, verified: bool | None
) -> DatabaseStatus:
    """Describe an open database."""
    from custody.advisories.versions import ordering_of

    ask = connection.execute
    listed = ask("SELECT ecosystem, COUNT(*) FROM covered GROUP BY 1 ORDER BY 1").fetchall()
    releases = ask("SELECT name, records FROM ecosystem WHERE records ORDER BY 1").fetchall()
    state = database.state
    return DatabaseStatus(
        path=database.path,
        state=state,
        records=int(meta["records"]),
        size=0 if database.path is None else database.path.stat().st_size,
        skipped=int(meta["skipped"]),
        releases=tuple((str(name), int(count)) for name, count in releases),
        whole=tuple(str(name) for (name,) in ask("SELECT ecosystem FROM coverage ORDER BY 1")),
        listed=tuple((str(ecosystem), int(count)) for ecosystem, count in listed),
        unordered=tuple(name for name, _ in state.ecosystems if ordering_of(name) is None),
        verified=verified,
        sources=tuple(database.sources()),
        epss=ask("SELECT COUNT(*) FROM epss").fetchone()[0],
        exploited=ask("SELECT COUNT(DISTINCT id) FROM exploited").fetchone()[0],
    )
