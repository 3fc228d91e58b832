"""Where records came from: the `source` table, and what is handed to an import."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from custody.advisories.body import seconds, time_of

if TYPE_CHECKING:
    import sqlite3

    from custody.advisories.interface import Dump

__all__ = ["Feed", "Source", "Sources", "family", "read_sources", "shown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source of the database.

    kind: "osv:Debian" for a complete dump of an ecosystem, "osv" for loose records, "cve", "kev", "epss",
    "csaf:redhat"; origin: its place as reports name it; place: the address to ask again, "" for what is not fetched;
    whole: it brought everything there is of its kind. newest: the latest `modified` (KEV: `added`; EPSS: the run) that
    is not in the future; records, skipped: how many were read and how many could not be. etag, last_modified,
    position: what its server said, so that the next update fetches only what changed.
    """

    number: int
    kind: str
    origin: str
    place: str = ""
    whole: bool = False
    fetched_at: dt.datetime
    newest: dt.datetime | None = None
    records: int = 0
    skipped: int = 0
    etag: str = ""
    last_modified: str = ""
    position: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A dump to be imported, with what is known of its source.

    kind: as in `Source`, "osv" where the dump itself finds out what it is; delta: the dump holds only what changed,
    and `gone` are the ids that its source holds no more.
    """

    dump: Dump
    kind: str
    origin: str
    place: str = ""
    etag: str = ""
    last_modified: str = ""
    position: str = ""
    delta: bool = False
    gone: tuple[str, ...] = ()


def family(kind: str) -> str:
    """Give the feed of which the ids are: "osv" for each of OSV's ecosystems; CSAF's publishers each have their own."""
    return "osv" if kind.startswith("osv") else kind


def shown(place: str) -> str:
    """Give a place as reports name it: an address without credentials, or the last two parts of a path.

    The rest of a path is nobody's business.
    """
    parts = urlsplit(place)
    if parts.scheme in ("http", "https"):
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return "/".join(Path(parts.path if parts.scheme == "file" else place).expanduser().absolute().parts[-2:])


class Sources:
    """The `source` table while a database is written."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read what is there."""
        self._connection = connection
        self._rows = {source.number: source for source in read_sources(connection)}
        self._next = max(self._rows, default=0) + 1

    def all(self) -> list[Source]:
        """Give the sources, by number."""
        return [self._rows[number] for number in sorted(self._rows)]

    def find(self, kind: str, origin: str) -> Source | None:
        """Give the source of this kind: there is one for each complete one, and one for each place of the others."""
        return next(
            (s for s in self.all() if s.kind == kind and (s.whole or s.origin == origin or kind in ("kev", "epss"))),
            None,
        )

    def begin(self, feed: Feed, now: dt.datetime) -> Source:
        """Give the source that a feed is of, with its number: the one that is there, or a new one."""
        kind = f"osv:{feed.dump.whole}" if feed.kind == "osv" and feed.dump.whole else feed.kind
        known = self.find(kind, feed.origin)
        number = self._next if known is None else known.number
        self._next = max(self._next, number + 1)
        whole = kind.startswith("osv:") or kind in ("kev", "epss")
        source = known or Source(number=number, kind=kind, origin=feed.origin, whole=whole, fetched_at=now)
        self._rows[number] = source
        return source

    def put(self, source: Source) -> None:
        """Take what a source has become."""
        self._rows[source.number] = source

    def drop(self, source: Source) -> None:
        """Forget a source that another one replaced."""
        self._rows.pop(source.number, None)

    def save(self) -> None:
        """Write the table."""
        self._connection.execute("DELETE FROM source")
        rows = [
            (
                *(s.number, s.kind, s.origin, s.place, int(s.whole), seconds(s.fetched_at), seconds(s.newest)),
                *(s.records, s.skipped, s.etag, s.last_modified, s.position),
            )
            for s in self.all()
        ]
        self._connection.executemany("INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def read_sources(connection: sqlite3.Connection) -> list[Source]:
    """Give the sources of a database, by number."""
    query = """SELECT number, kind, origin, place, whole, fetched_at, newest, records, skipped, etag, last_modified,
        position FROM source ORDER BY number"""
    sources = []
    for number, kind, origin, place, whole, fetched_at, newest, records, skipped, *tags in connection.execute(query):
        etag, last_modified, position = tags
        sources.append(
            Source(
                number=number,
                kind=kind,
                origin=origin,
                place=place,
                whole=bool(whole),
                fetched_at=dt.datetime.fromtimestamp(fetched_at, dt.UTC),
                newest=time_of(newest),
                records=records,
                skipped=skipped,
                etag=etag,
                last_modified=last_modified,
                position=position,
            )
        )
    return sources
