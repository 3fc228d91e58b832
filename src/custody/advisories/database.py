"""Asking the advisory database.

The file is opened read-only and immutable, since no one ever changes it in place: an import moves a new file there,
and who has the old one open goes on reading the old one.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from custody.advisories.storage import connect, damaged, read_meta, read_state, reading, time_of
from custody.model import DatabaseState, Severity

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Database", "DatabaseStatus", "Hit", "Record", "default_path", "open_database", "status"]

_SPANS = """SELECT s.advisory, s.said, e.fixed, e.severities FROM package p JOIN span s ON s.package = p.number
    JOIN entry e ON e.package = p.number AND e.advisory = s.advisory
    WHERE p.ecosystem = ? AND p.name = ? AND s.low <= ? AND s.high > ?"""
_LISTED = """SELECT l.advisory, 'version ' || l.version || ' is listed', e.fixed, e.severities FROM package p
    JOIN listed l ON l.package = p.number JOIN entry e ON e.package = p.number AND e.advisory = l.advisory
    WHERE p.ecosystem = ? AND p.name = ? AND l.version = ?"""
_GAPS = """SELECT p.number, g.advisory, g.why FROM package p JOIN gap g ON g.package = p.number
    WHERE p.ecosystem = ? AND p.name = ? AND g.low <= ? AND g.high > ?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the database keeps of one advisory."""

    id: str
    modified: dt.datetime
    published: dt.datetime | None
    withdrawn: dt.datetime | None
    summary: str
    aliases: tuple[str, ...]
    related: tuple[str, ...]
    upstream: tuple[str, ...]
    severities: tuple[Severity, ...]
    references: tuple[tuple[str, str], ...]
    cwes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One record that affects the version asked for.

    ecosystem, name, version: what was asked; said: which range or listed version of the record it is in; fixed:
    (key, version) of the record's fixes for this package, ascending; severities: those that the record states for
    this package alone.
    """

    ecosystem: str
    name: str
    version: str
    record: Record
    said: str
    fixed: tuple[tuple[bytes, str], ...]
    severities: tuple[Severity, ...]
    confidence: str = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseStatus:
    """What `custody db status` shows.

    path: None for the starter database inside the package; releases: (ecosystem with its release
    suffix, advisories); whole: ecosystems held completely; listed: (ecosystem, how many packages of it are covered
    one by one); unordered: ecosystems whose versions cannot be ordered yet, so that a scan says nothing on their
    packages; skipped: records that the last import could not read; verified: None where only the header was looked
    at.
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


def default_path(environ: Mapping[str, str] | None = None) -> Path:
    """Give where the database lives: CUSTODY_DB, else custody/advisories.db below XDG_CACHE_HOME, else ~/.cache."""
    environ = os.environ if environ is None else environ
    if environ.get("CUSTODY_DB"):
        return Path(environ["CUSTODY_DB"]).expanduser()
    cache = environ.get("XDG_CACHE_HOME", "")
    # The XDG specification: a relative path must be ignored.
    base = Path(cache) if Path(cache).is_absolute() else Path("~/.cache").expanduser()
    return base / "custody" / "advisories.db"


def open_database(path: Path | None = None) -> Database:
    """Open the database at `path`.

    path: None for the default place, or the starter database where nothing is there (or CUSTODY_DB is an empty text).
    `database.state.partial` is True for the starter database, which covers few packages.
    Raises UnavailableError: no file at the `path` asked for (or that CUSTODY_DB names), or not readable; InputError:
    damaged, or not ours.
    """
    place = default_path() if path is None else path
    named = os.environ.get("CUSTODY_DB")
    if path is None and (named == "" or (named is None and not place.exists())):
        from custody.advisories.starter import open_starter

        return open_starter()
    return Database(connect(place), place)


def status(path: Path | None = None, *, verify: bool = False) -> DatabaseStatus:
    """Describe the database that `open_database(path)` opens.

    verify: read all of it and compare it with its digest; InputError if it differs.
    """
    with open_database(path) as database:
        if verify:
            database.verify()
        return database.status(verified=True if verify else None)


class Database:
    """An open advisory database. Every method raises InputError when the file turns out to be damaged."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        """Take a connection to a complete database. path: None for one in memory."""
        self.path = path
        self._connection = connection
        self._where = str(path) if path is not None else "starter database"
        self._meta = read_meta(connection, self._where)
        self.state = read_state(self._meta, self._where)
        with reading(self._where):
            self._whole = {name for (name,) in self._ask("SELECT ecosystem FROM coverage")}
            self._releases = {str(name): int(count) for name, count in _decode(self._meta["releases"])}
        self._record = lru_cache(maxsize=4096)(self._load)

    def __enter__(self) -> Self:
        """Give the database itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def uncovered(self, ecosystems: Sequence[str], name: str) -> str:
        """Give why the database cannot say everything about a package; "" when no record means no known problem.

        ecosystems: the names under which the package may stand, as in `ecosystems.Lookup`; name: normalised.
        """
        first = ecosystems[0]
        base = first.partition(":")[0]
        releases = [e for e in ecosystems if ":" in e]
        if base in self._whole:
            # A release that no record names was never looked at: it is too new for this copy, or too old.
            known = not releases or any(release in self._releases for release in releases)
            return "" if known else f"the database holds no advisories for {first}"
        with reading(self._where):
            for ecosystem in ecosystems:
                if self._ask("SELECT 1 FROM covered WHERE ecosystem = ? AND name = ?", ecosystem, name):
                    return ""
        if self.state.partial:
            return "not covered by the starter database"
        if not any(release.partition(":")[0] == base for release in self._releases):
            return f"the database holds no advisories for {base}"
        return f"the database holds single advisories for {base}, not all of them"

    def affecting(self, ecosystem: str, name: str, key: bytes, version: str) -> list[Hit]:
        """Give what affects a version, by record id.

        key: of the version; version: as it stands, for records that list versions which have no key.
        """
        hits: dict[int, Hit] = {}
        with reading(self._where):
            rows = [*self._ask(_SPANS, ecosystem, name, key, key), *self._ask(_LISTED, ecosystem, name, version)]
            for number, said, fixed, severities in sorted(rows):
                record = self._record(number)
                if record.withdrawn is None and number not in hits:
                    hits[number] = Hit(
                        ecosystem=ecosystem,
                        name=name,
                        version=version,
                        record=record,
                        said=said,
                        fixed=tuple((bytes.fromhex(k), v) for k, v in _decode(fixed)),
                        severities=_severities(_decode(severities)),
                    )
        return sorted(hits.values(), key=lambda hit: hit.record.id)

    def gaps(self, ecosystem: str, name: str, key: bytes) -> list[tuple[str, str]]:
        """Give (record id, why) for the records about a package that leave open whether they affect a version; by id.

        Where another record about the same problem (one that shares an id or alias) speaks of the package without
        gaps, it answers.
        """
        gaps = set()
        with reading(self._where):
            for package, number, why in self._ask(_GAPS, ecosystem, name, key, key):
                record = self._record(number)
                others = set(self._numbers((record.id, *record.aliases))) - {number}
                if record.withdrawn is None and not any(self._speaks(package, other) for other in others):
                    gaps.add((record.id, str(why)))
        return sorted(gaps)

    def named(self, names: Iterable[str]) -> list[Record]:
        """Give the records, not withdrawn, that have one of the names as id or alias; by id."""
        with reading(self._where):
            records = [self._record(number) for number in self._numbers(names)]
        return sorted((r for r in records if r.withdrawn is None), key=lambda r: r.id)

    def verify(self) -> None:
        """Read everything and compare it with the digest; InputError when the file is not what was imported."""
        from custody.advisories.schema import content_digest

        with reading(self._where):
            ((verdict,),) = self._ask("PRAGMA integrity_check(1)")
            digest = content_digest(self._connection)
        if verdict != "ok":
            raise damaged(self._where, verdict)
        if digest != self.state.digest:
            raise damaged(self._where, f"expected content {self.state.digest}, got {digest}")

    def status(self, *, verified: bool | None = None) -> DatabaseStatus:
        """Describe the database."""
        from custody.advisories.versions import ordering_of

        with reading(self._where):
            listed = self._ask("SELECT ecosystem, COUNT(*) FROM covered GROUP BY 1 ORDER BY 1")
            return DatabaseStatus(
                path=self.path,
                state=self.state,
                records=int(self._meta["records"]),
                size=0 if self.path is None else self.path.stat().st_size,
                skipped=int(self._meta["skipped"]),
                releases=tuple(sorted(self._releases.items())),
                whole=tuple(sorted(self._whole)),
                listed=tuple((str(ecosystem), int(count)) for ecosystem, count in listed),
                unordered=tuple(name for name, _ in self.state.ecosystems if ordering_of(name) is None),
                verified=verified,
            )

    def _ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()

    def _numbers(self, names: Iterable[str]) -> list[int]:
        query = "SELECT advisory FROM name WHERE name = ?"
        return sorted({number for name in names for (number,) in self._ask(query, name)})

    def _speaks(self, package: int, number: int) -> bool:
        """Say whether a record that stands tells of every version of the package whether it is affected."""
        return (
            self._record(number).withdrawn is None
            and bool(self._ask("SELECT 1 FROM entry WHERE package = ? AND advisory = ?", package, number))
            and not self._ask("SELECT 1 FROM gap WHERE package = ? AND advisory = ?", package, number)
        )

    def _load(self, number: int) -> Record:
        query = "SELECT id, modified, published, withdrawn, summary, detail FROM advisory WHERE number = ?"
        ((name, modified, published, withdrawn, summary, detail),) = self._ask(query, number)
        aliases, related, upstream, severities, references, cwes = _decode(detail)
        return Record(
            id=name,
            modified=dt.datetime.fromtimestamp(modified, dt.UTC),
            published=time_of(published),
            withdrawn=time_of(withdrawn),
            summary=summary,
            aliases=tuple(aliases),
            related=tuple(related),
            upstream=tuple(upstream),
            severities=_severities(severities),
            references=tuple((kind, url) for kind, url in references),
            cwes=tuple(cwes),
        )


def _decode(text: str) -> Any:  # noqa: ANN401 - what our own writer put there
    import msgspec

    return msgspec.json.decode(text)


def _severities(pairs: list[tuple[str, str]]) -> tuple[Severity, ...]:
    return tuple(Severity(type=kind, vector=vector) for kind, vector in pairs)
