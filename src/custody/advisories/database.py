"""Asking the advisory database.

The file is opened read-only and immutable, since no one ever changes it in place: an import moves a new file there,
and who has the old one open goes on reading the old one.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from custody.advisories.records import Hit, Named, Record
from custody.advisories.storage import connect, damaged, read_meta, read_state, reading
from custody.errors import InputError
from custody.model import STATUSES, Epss, Exploited

if TYPE_CHECKING:
    import sqlite3

    from custody.advisories.body import Body, Entry
    from custody.advisories.changes import Changes, SpanRow
    from custody.advisories.signature import DatabaseSignature
    from custody.advisories.sources import Source
    from custody.advisories.state import DatabaseStatus

__all__ = ["Database", "Hit", "Named", "Record", "default_path", "open_database", "place_of", "status"]

_SPANS = "SELECT advisory, entry, part FROM span WHERE package = ? AND low <= ? AND high > ?"
_LISTED = "SELECT advisory, entry, part FROM listed WHERE package = ? AND version = ?"
_GAPS = """SELECT DISTINCT g.advisory, r.text FROM gap g JOIN reason r ON r.number = g.why
    WHERE g.package = ? AND g.low <= ? AND g.high > ?"""
_PACKAGE = "SELECT number, flags FROM package WHERE ecosystem = ? AND name = ?"
_HAS_LISTED, _HAS_GAPS = 1, 2
_KEPT_RECORDS = 4096
_KEPT_BODIES = 256
_KEPT_SORTED = 16
_FEW_ENTRIES = 64
"""Of those that name many packages, and so come up again in a row."""
_KEPT_KEYS = 1 << 14


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
    place = place_of(path)
    if place is None:
        from custody.advisories.starter import open_starter

        return open_starter()
    return Database(connect(place), place)


def place_of(path: Path | None) -> Path | None:
    """Give the file that `open_database(path)` opens; None for the starter database."""
    place = default_path() if path is None else path
    named = os.environ.get("CUSTODY_DB")
    return None if path is None and (named == "" or (named is None and not place.exists())) else place


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
        self.state = read_state(connection, self._meta, self._where)
        with reading(self._where):
            self._whole = {str(name) for (name,) in self._ask("SELECT ecosystem FROM coverage")}
            rows = self._ask("SELECT number, name, records, total FROM ecosystem")
            self._ecosystems = {str(name): int(number) for number, name, _, _ in rows}
            self._releases = {str(name): int(records) for _, name, records, _ in rows if records}
            self._totals = {str(name) for _, name, _, total in rows if total}
        self.confirm: Callable[[], DatabaseSignature | None] = _unsigned
        """Wait until the signature has been proven, and give it; VerificationError. None where nobody asked for one."""
        self._stale: dict[str, str] = {}
        self._unpacker: Any = None
        self._decode: Any = None
        self._body = lru_cache(maxsize=_KEPT_BODIES)(self._load_body)
        self._record = lru_cache(maxsize=_KEPT_RECORDS)(self._load)
        self._key = lru_cache(maxsize=_KEPT_KEYS)(_key)
        self._held = lru_cache(maxsize=None)(self._load_holding)
        self._sorted: dict[int, dict[tuple[str, str], list[Entry]]] = {}

    def __enter__(self) -> Self:
        """Give the database itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # ── packages ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def uncovered(self, ecosystems: Sequence[str], name: str) -> str:
        """Give why the database cannot say everything about a package; "" when no record means no known problem.

        ecosystems: the names under which the package may stand, as in `ecosystems.Lookup`; name: normalised.
        """
        first = ecosystems[0]
        base = first.partition(":")[0]
        releases = [e for e in ecosystems if ":" in e]
        stale = next((why for why in map(self._unlike, ecosystems) if why), "")
        if stale:
            return stale
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
        if base not in self._totals:
            return f"the database holds no advisories for {base}"
        return f"the database holds single advisories for {base}, not all of them"

    def affecting(self, ecosystem: str, name: str, key: bytes, version: str) -> list[Hit]:
        """Give what records say of a version, by record id and status.

        key: of the version; version: as it stands, for records that list versions which have no key. Of each record
        and each status that it gives the version there is one hit.
        """
        with reading(self._where):
            return self._hits(ecosystem, name, key, version)

    def affecting_all(self, questions: Iterable[tuple[str, str, bytes, str]]) -> list[list[Hit]]:
        """Give `affecting` of many (ecosystem, name, key, version), in order."""
        with reading(self._where):
            return [self._hits(*question) for question in questions]

    def gaps(self, ecosystem: str, name: str, key: bytes) -> list[tuple[str, str]]:
        """Give (record id, why) for the records about a package that leave open whether they affect a version; by id.

        Where another record about the same problem (one that shares an id or alias) speaks of the package without
        gaps, it answers.
        """
        gaps = set()
        with reading(self._where):
            package, flags = self._package(ecosystem, name)
            if not flags & _HAS_GAPS:
                return []
            for number, why in self._ask(_GAPS, package, key, key):
                body = self._body(number)
                names = {body.id, *body.aliases}
                same = (
                    n
                    for n in self._numbers(names)
                    if not names.isdisjoint((self._record(n).id, *self._record(n).aliases))
                )
                others = set(same) - {number}
                if not any(self._speaks((ecosystem, name), package, other) for other in others):
                    gaps.add((body.id, str(why)))
        return sorted(gaps)

    # ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def named(self, names: Iterable[str]) -> list[Record]:
        """Give the records, not withdrawn, that have one of the names as id or alias; by id."""
        asked = set(names)
        return [r for r in self.about(asked) if r.withdrawn is None and not asked.isdisjoint((r.id, *r.aliases))]

    def about(self, names: Iterable[str]) -> list[Record]:
        """Give the records, withdrawn or not, that have one of the names as id or alias, or are a notice about it."""
        with reading(self._where):
            records = [self._record(number) for number in self._numbers(names)]
        return sorted(records, key=lambda r: (r.id, r.sources))

    def record(self, name: str) -> Record | None:
        """Give the record of this id, withdrawn or not; None where there is none. Of several feeds' the newest."""
        with reading(self._where):
            number = self._number(name)
            return None if number is None else self._record(number)

    def packages_of(self, name: str) -> tuple[Named, ...]:
        """Give the packages that the records of this id name, in each record's order; those of the newest first."""
        from custody.advisories.records import named_of

        with reading(self._where):
            numbers = [n for n in self._numbers([name]) if self._record(n).id == name]
            numbers.sort(key=lambda n: (self._record(n).modified, self._record(n).sources), reverse=True)
            return tuple(named_of(entry) for number in numbers for entry in self._body(number).entries)

    def described(self, name: str) -> tuple[tuple[Record, tuple[Named, ...]], ...]:
        """Give every record that has this id or alias, or is a notice about it, withdrawn or not; the newest first.

        Each comes with the packages that it names.
        """
        from custody.advisories.records import named_of

        with reading(self._where):
            found = [(self._record(n), tuple(map(named_of, self._body(n).entries))) for n in self._numbers([name])]
        return tuple(sorted(found, key=lambda pair: (pair[0].modified, pair[0].id, pair[0].sources), reverse=True))

    def search(self, text: str, *, limit: int = 50, ecosystem: str = "") -> list[Record]:
        """Give the records that a text leads to, at most `limit`: see `search.search`."""
        from custody.advisories.search import search

        with reading(self._where):
            return [self._record(number) for number in search(self._connection, text, limit=limit, ecosystem=ecosystem)]

    def epss(self, ids: Iterable[str]) -> Epss | None:
        """Give the highest EPSS score of the ids; None where none has one."""
        query = "SELECT id, score, percentile, day FROM epss WHERE id = ?"
        with reading(self._where):
            rows = [row for name in sorted(set(ids)) for row in self._ask(query, name)]
            if not rows:
                return None
            name, score, percentile, day = max(rows, key=lambda row: row[1])
            return Epss(id=name, score=score / _BILLION, percentile=percentile / _BILLION, date=_date(day))

    def exploited(self, ids: Iterable[str]) -> Exploited | None:
        """Give the first of the ids that is known to be exploited; None where none is. The catalogue's word counts."""
        query = "SELECT id, added, due, ransomware, action, kind FROM exploited WHERE id = ?"
        with reading(self._where):
            rows = [row for name in sorted(set(ids)) for row in self._ask(query, name)]
            if not rows:
                return None
            name, added, due, ransomware, action, _ = min(rows, key=lambda row: (row[5] != "kev", row[0]))
            return Exploited(
                id=name,
                added=_date(added),
                due=None if due is None else _date(due),
                ransomware=bool(ransomware),
                action=action,
            )

    # ── the whole ────────────────────────────────────────────────────────────────────────────────────────────────────

    def spans(self, packages: Iterable[tuple[str, str]] | None = None) -> Iterator[SpanRow]:
        """Give every interval of affected versions, for a join by another engine; see `changes.spans`."""
        from custody.advisories.changes import spans

        with reading(self._where):
            yield from spans(self._connection, packages)

    def changes(self, older: Database) -> Changes:
        """Give what changed from an older database to this one; see `changes.changed_between`."""
        from custody.advisories.changes import changed_between

        return changed_between(older, self)

    def sources(self) -> list[Source]:
        """Give where the records came from, by kind and origin."""
        from custody.advisories.sources import read_sources

        with reading(self._where):
            return sorted(read_sources(self._connection), key=lambda s: (s.kind, s.origin))

    def verify(self) -> None:
        """Read everything and compare it with the digest; InputError when the file is not what was imported."""
        from custody.advisories.verify import verify

        with reading(self._where):
            problem = verify(self._connection, self.state.digest)
        if problem:
            raise damaged(self._where, problem)

    def status(self, *, verified: bool | None = None) -> DatabaseStatus:
        """Describe the database."""
        from custody.advisories.state import describe

        with reading(self._where):
            return describe(self, self._connection, self._meta, verified=verified)

    @property
    def connection(self) -> sqlite3.Connection:
        """Give the connection, for the modules of this room."""
        return self._connection

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _hits(self, ecosystem: str, name: str, key: bytes, version: str) -> list[Hit]:
        package, flags = self._package(ecosystem, name)
        if not package or self._unlike(ecosystem):
            return []
        rows = self._connection.execute(_SPANS, (package, key, key)).fetchall()
        if flags & _HAS_LISTED:
            rows += self._connection.execute(_LISTED, (package, version)).fetchall()
        found: dict[tuple[int, int], tuple[int, int]] = {}
        for number, entry, part in sorted(rows):
            found.setdefault((number, part >> 1 & 7), (entry, part))
        hits = [
            self._hit(ecosystem, name, version, number, entry, part) for (number, _), (entry, part) in found.items()
        ]
        hits.sort(key=lambda hit: (hit.record.id, hit.status, hit.record.sources))
        return hits

    def _hit(self, ecosystem: str, name: str, version: str, number: int, place: int, part: int) -> Hit:
        from custody.advisories.body import said_of
        from custody.advisories.records import fixes_of, severities_of

        body = self._body(number)
        entry = body.entries[place]
        same = self._entries(number, body, ecosystem, name)
        fixed = {
            (key, fix)
            for e in same
            if STATUSES[e.status] == "affected"
            for fix in fixes_of(e)
            for key in (self._key(ecosystem, fix),)
            if key
        }
        said = f"version {entry.versions[part >> 4]} is listed" if part & 1 else said_of(entry, part >> 4)
        return Hit(
            ecosystem=ecosystem,
            name=name,
            version=version,
            record=self._record(number),
            said=said,
            fixed=tuple(sorted(fixed)),
            severities=severities_of({pair for e in same for pair in e.severities}),
            status=STATUSES[entry.status],
            justification=entry.justification,
            response=entry.response,
            urgency=entry.urgency,
        )

    def _entries(self, number: int, body: Body, ecosystem: str, name: str) -> Sequence[Entry]:
        """Give what a record says of one package. Records of thousands of packages are sorted once."""
        if len(body.entries) <= _FEW_ENTRIES:
            return [e for e in body.entries if e.name == name and e.ecosystem == ecosystem]
        if number not in self._sorted:
            if len(self._sorted) >= _KEPT_SORTED:
                self._sorted.clear()
            by_package: dict[tuple[str, str], list[Entry]] = {}
            for entry in body.entries:
                by_package.setdefault((entry.ecosystem, entry.name), []).append(entry)
            self._sorted[number] = by_package
        return self._sorted[number].get((ecosystem, name), ())

    def _package(self, ecosystem: str, name: str) -> tuple[int, int]:
        number = self._ecosystems.get(ecosystem)
        row = None if number is None else self._connection.execute(_PACKAGE, (number, name)).fetchone()
        return (0, 0) if row is None else row

    def _unlike(self, ecosystem: str) -> str:
        """Give why the keys of this program cannot be compared with those in the database, "" where they can."""
        base = ecosystem.partition(":")[0]
        if base in self._stale:
            return self._stale[base]
        from custody.advisories.versions import ordering_of

        why, ordering = "", ordering_of(ecosystem)
        if ordering is not None and base in self._totals:
            with reading(self._where):
                probes = self._ask("SELECT version, key FROM probe WHERE ordering = ?", ordering.name)
            if not probes or any(self._key(ecosystem, version) != key for version, key in probes):
                why = (
                    f"the database was made by another version of this program, which orders {base} versions in "
                    "another way: run `custody db update`"
                )
        self._stale[base] = why
        return why

    def _ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()

    def _number(self, name: str) -> int | None:
        numbers = [n for n in self._numbers([name]) if self._record(n).id == name]
        return max(numbers, key=lambda n: (self._record(n).modified, self._record(n).sources), default=None)

    def _numbers(self, names: Iterable[str]) -> list[int]:
        query = "SELECT advisory FROM name WHERE name = ?"
        return sorted({number for name in names for (number,) in self._ask(query, name)})

    def _speaks(self, package: tuple[str, str], place: int, number: int) -> bool:
        """Say whether a record that stands tells of every version of the package whether it is affected."""
        body = self._body(number)
        return (
            body.withdrawn is None
            and any((entry.ecosystem, entry.name) == package for entry in body.entries)
            and not self._ask("SELECT 1 FROM gap WHERE package = ? AND advisory = ?", place, number)
        )

    def _load(self, number: int) -> Record:
        from custody.advisories.records import record_of

        ((holding,),) = self._ask("SELECT holding FROM advisory WHERE number = ?", number)
        return record_of(self._body(number), *self._held(holding))

    def _load_holding(self, number: int) -> tuple[tuple[str, ...], str]:
        """Give the kinds of the sources of a holding, and the place of the first."""
        ((sources,),) = self._ask("SELECT sources FROM holding WHERE number = ?", number)
        rows = sorted(
            row for s in sources.split(",") for row in self._ask("SELECT kind, origin FROM source WHERE number = ?", s)
        )
        return tuple(kind for kind, _ in rows), rows[0][1]

    def _load_body(self, number: int) -> Body:
        if self._unpacker is None:
            from custody.advisories.body import decode_body
            from custody.advisories.pack import Unpacker

            self._unpacker, self._decode = Unpacker(self._connection), decode_body
        body: Body = self._decode(self._unpacker.body(number))
        return body


def _unsigned() -> None:
    """Nobody asked for a proof."""


_BILLION = 1_000_000_000
_EPOCH_DAY = 719_163


def _date(day: int) -> dt.date:
    return dt.date.fromordinal(day + _EPOCH_DAY)


def _key(ecosystem: str, version: str) -> bytes:
    """Give the key of a version; empty where it has none."""
    from custody.advisories.versions import ordering_of

    ordering = ordering_of(ecosystem)
    try:
        return b"" if ordering is None else ordering.key(version)
    except InputError:
        return b""
