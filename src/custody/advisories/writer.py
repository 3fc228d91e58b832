"""Records into the tables of the advisory database, and out of them again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from custody.advisories.body import Body, advisory_of, decode_body, seconds
from custody.advisories.ecosystems import normalise_name
from custody.advisories.holdings import NONE, Holdings, Known, with_one
from custody.advisories.pack import Packer, Unpacker
from custody.advisories.prepare import Prepared, Preparer
from custody.errors import InputError
from custody.model import Advisory, Epss, Exploited

__all__ = ["BILLION", "EPOCH_DAY", "Writer"]

_INSERTS = {
    "body": "INSERT OR REPLACE INTO body VALUES (?, ?, ?)",
    "name": "INSERT OR IGNORE INTO name VALUES (?, ?)",
    "span": "INSERT OR IGNORE INTO span VALUES (?, ?, ?, ?, ?, ?)",
    "listed": "INSERT OR IGNORE INTO listed VALUES (?, ?, ?, ?, ?)",
    "gap": "INSERT OR IGNORE INTO gap VALUES (?, ?, ?, ?, ?, ?)",
}
_BATCH = 50_000
"""Rows that are held back of each table: enough that SQLite's work outweighs the call."""
_PROBES = 8
"""Versions of each ordering that are kept with their keys."""
BILLION = 1_000_000_000
EPOCH_DAY = 719_163
"""`date(1970, 1, 1).toordinal()`."""
_LISTED, _GAP = 1, 2


class Writer:
    """Adds records to a database, takes records out, and knows after each what the whole is.

    Of two records with one id in one feed the newer stays, and both sources are known to hold it; of two that are
    equally old the one that came in with a later import, and within one import the one with the larger digest, so that
    the order of its parts does not matter.
    """

    def __init__(self, connection: sqlite3.Connection, *, empty: bool = False) -> None:
        """Take a connection to a database that has the schema's tables. empty: nothing is in it yet."""
        self._connection = connection
        self._empty = empty
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _INSERTS}
        self._packer = Packer(connection, self._rows["body"].append)
        self._unpacker = Unpacker(connection)
        self._known: dict[tuple[str, str], Known] = {}
        self._preparer = Preparer()
        self._packages: dict[tuple[str, str], list[int]] = {}
        self._touched: set[tuple[str, str]] = set()
        self._changed: set[tuple[str, str]] = set()
        ask = connection.execute
        self._ecosystems: dict[str, list[int]] = {n: [i, r, t] for i, n, r, t in ask("SELECT * FROM ecosystem")}
        self._reasons: dict[str, int] = {text: number for number, text in ask("SELECT * FROM reason")}
        self._holdings = Holdings(connection)
        (self._last,) = ask("SELECT COALESCE(MAX(number), 0) FROM advisory").fetchone()
        (self._last_package,) = ask("SELECT COALESCE(MAX(number), 0) FROM package").fetchone()
        self.added = self.replaced = self.removed = 0

    # ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def add(self, advisory: Advisory, *, source: int, feed: str, kind: str) -> bool:
        """Add a record, or learn that one more source holds it; True when the database says something new.

        source: number of the source; feed: whose ids they are; kind: of the source, for compression. Raises InputError:
        a field holds what cannot be stored.
        """
        place = (feed, advisory.id)
        known = self._find(*place)
        modified = seconds(advisory.modified) or 0
        if known is not None and known.modified > modified:
            self._hold(place, known, source)
            return False
        prepared = self._preparer.prepare(advisory, unbounded=feed != "osv")
        if known is None:
            self._last += 1
            known = self._known[place] = Known(self._last, modified, prepared.digest, NONE)
            self.added += 1
        else:
            unchanged = known.digest == prepared.digest
            if unchanged or (known.fresh and known.modified == modified and known.digest > prepared.digest):
                self._hold(place, known, source)
                return False
            self._clear(known.number)
            known.modified, known.digest = modified, prepared.digest
            self.replaced += 1
        self._changed.add(place)
        self._hold(place, known, source)
        self._store(known.number, advisory, prepared, f"{kind}/{advisory.id.partition('-')[0]}")
        return True

    def release(self, source: int, feed: str, *, ids: Iterable[str] | None = None) -> None:
        """Say that a source does not hold records any more: of those `ids`, else of all that it did not bring now.

        A record that no source holds is taken out.
        """
        if ids is None:
            self.flush()
            marks = self._holdings.of(source)
            query = f"SELECT id FROM advisory WHERE holding IN ({', '.join('?' * len(marks))})"  # noqa: S608 - marks only
            ids = [name for (name,) in self._connection.execute(query, marks)]
        for name in ids:
            known = self._find(feed, name)
            if known is None or source in known.fresh or source not in known.sources:
                continue
            known.sources -= {source}
            self._changed.add((feed, name))
            if not known.sources:
                self._clear(known.number)
                self._connection.execute("DELETE FROM advisory WHERE number = ?", (known.number,))
                del self._known[feed, name]
                self._changed.discard((feed, name))
                self.removed += 1

    def rework(self, orderings: set[str]) -> None:
        """Work out the rows of all records anew that name an ecosystem of these orderings; call it before all else."""
        run = self._connection.execute
        query = "SELECT a.number, h.feed FROM advisory a JOIN holding h ON h.number = a.holding"
        for number, feed in run(query).fetchall():
            body = decode_body(self._unpacker.body(number))
            own = [self._preparer.ordering(entry.ecosystem) for entry in body.entries]
            if not any(ordering is not None and ordering.name in orderings for ordering in own):
                continue
            advisory = advisory_of(body)
            known = self._find(feed, body.id)
            prepared = self._preparer.prepare(advisory, unbounded=feed != "osv")
            if known is not None and known.digest != prepared.digest:
                self._clear(number)
                known.digest = prepared.digest
                self._changed.add((feed, body.id))
                self._store(number, advisory, prepared, feed)
        for ordering in orderings:
            run("DELETE FROM probe WHERE ordering = ?", (ordering,))

    def epss(self, scores: Iterable[Epss]) -> int:
        """Put the scores of one run of the model in the place of all others; give how many."""
        rows = {
            e.id: (e.id, round(e.score * BILLION), round(e.percentile * BILLION), e.date.toordinal() - EPOCH_DAY)
            for e in scores
        }
        old = {row[0]: row for row in self._connection.execute("SELECT * FROM epss")}
        self._connection.executemany("DELETE FROM epss WHERE id = ?", [(name,) for name in old if name not in rows])
        changed = sorted(row for name, row in rows.items() if old.get(name) != row)
        self._connection.executemany("INSERT OR REPLACE INTO epss VALUES (?, ?, ?, ?)", changed)
        return len(rows)

    def exploited(self, entries: Iterable[Exploited], kind: str, named: Iterable[str] = ()) -> int:
        """Take what a source says is exploited; give how many entries it has.

        The catalogue ("kev") takes the place of the one before; other sources speak of the ids that they name.
        """
        rows = {
            e.id: (
                e.id,
                kind,
                e.added.toordinal() - EPOCH_DAY,
                None if e.due is None else e.due.toordinal() - EPOCH_DAY,
                int(e.ransomware),
                e.action,
            )
            for e in entries
        }
        run = self._connection.executemany
        if kind == "kev":
            self._connection.execute("DELETE FROM exploited WHERE kind = 'kev'")
        else:
            run("DELETE FROM exploited WHERE id = ? AND kind = ?", [(name, kind) for name in {*named, *rows}])
        run("INSERT INTO exploited VALUES (?, ?, ?, ?, ?, ?)", [rows[name] for name in sorted(rows)])
        return len(rows)

    def cover(self, *, whole: Iterable[str] = (), packages: Iterable[tuple[str, str]] = ()) -> None:
        """Record what is held completely: ecosystems, and single packages as (ecosystem, name)."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO coverage VALUES (?)", [(name,) for name in sorted(set(whole))]
        )
        rows = sorted({(ecosystem, normalise_name(ecosystem, name)) for ecosystem, name in packages})
        self._connection.executemany("INSERT OR IGNORE INTO covered VALUES (?, ?)", rows)

    def finish(self) -> None:
        """Hand everything over to the database, and bring the tables that count up to date."""
        self._packer.flush()
        self.flush()
        run = self._connection.executemany
        run("INSERT OR REPLACE INTO reason VALUES (?, ?)", [(n, text) for text, n in sorted(self._reasons.items())])
        gone = [(name,) for name, (_, _, total) in self._ecosystems.items() if not total]
        run("DELETE FROM ecosystem WHERE name = ?", [name for name in gone if not self._stands(name[0])])
        rows = [(i, name, r, t) for name, (i, r, t) in sorted(self._ecosystems.items()) if t or self._stands(name)]
        run("INSERT OR REPLACE INTO ecosystem VALUES (?, ?, ?, ?)", rows)
        self._probe()

    def flush(self) -> None:
        """Hand the rows over to the database that are held back, but for records that wait to be compressed."""
        for table, rows in self._rows.items():
            rows.sort()
            self._connection.executemany(_INSERTS[table], rows)
            rows.clear()
        changed = [
            (known.number, name, self._holdings.number(feed, known.sources), known.modified, known.digest)
            for (feed, name) in self._changed
            for known in (self._known[feed, name],)
        ]
        self._connection.executemany("INSERT OR REPLACE INTO advisory VALUES (?, ?, ?, ?, ?)", sorted(changed))
        self._changed.clear()
        packages = [(self._ecosystems[e][0], name, *self._packages[e, name]) for e, name in self._touched]
        self._connection.executemany("INSERT OR REPLACE INTO package VALUES (?, ?, ?, ?)", sorted(packages))
        self._touched.clear()

    # ── one record ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _store(self, number: int, advisory: Advisory, prepared: Prepared, kind: str) -> None:
        self._count(((a.ecosystem for a in advisory.affected)), 1)
        self._packer.put(kind, number, prepared.body)
        rows = self._rows
        rows["name"] += [(name, number) for name in {advisory.id, *advisory.aliases, *advisory.upstream}]
        rows["span"] += [
            (self._package(package, 0), low, high, number, entry, part)
            for package, low, high, entry, part in prepared.spans
        ]
        rows["listed"] += [
            (self._package(package, _LISTED), version, number, entry, part)
            for package, version, entry, part in prepared.listed
        ]
        rows["gap"] += [
            (self._package(package, _GAP), low, high, number, entry, self._reason(why))
            for package, low, high, entry, why in prepared.gaps
        ]
        if max(map(len, rows.values())) >= _BATCH:
            for table, held in rows.items():
                held.sort()
                self._connection.executemany(_INSERTS[table], held)
                held.clear()

    def _clear(self, number: int) -> None:
        """Take out all rows of a record but the one in `advisory`."""
        data = self._packer.drop(number)
        self.flush()
        body: Body = decode_body(data if data is not None else self._unpacker.body(number))
        self._count((entry.ecosystem for entry in body.entries), -1)
        run = self._connection.execute
        run("DELETE FROM body WHERE number = ?", (number,))
        for name in {body.id, *body.aliases, *body.upstream}:
            run("DELETE FROM name WHERE name = ? AND advisory = ?", (name, number))
        for package in {(entry.ecosystem, entry.name) for entry in body.entries}:
            held = self._held(package)
            if held is None:
                continue
            rest = False
            for table in ("span", "listed", "gap"):
                run(f"DELETE FROM {table} WHERE package = ? AND advisory = ?", (held[0], number))  # noqa: S608 - our own names
                rest = rest or bool(run(f"SELECT 1 FROM {table} WHERE package = ? LIMIT 1", (held[0],)).fetchone())  # noqa: S608
            if not rest:
                del self._packages[package]
                ecosystem = self._ecosystems[package[0]][0]
                run("DELETE FROM package WHERE ecosystem = ? AND name = ?", (ecosystem, package[1]))

    # ── what is known already ────────────────────────────────────────────────────────────────────────────────────────

    def _find(self, feed: str, name: str) -> Known | None:
        known = self._known.get((feed, name))
        if known is None and not self._empty:
            query = """SELECT a.number, a.modified, a.digest, a.holding FROM name n
                JOIN advisory a ON a.number = n.advisory AND a.id = n.name WHERE n.name = ?"""
            for number, modified, digest, holding in self._connection.execute(query, (name,)):
                if self._holdings.feed(holding) == feed:
                    known = Known(number, modified, digest, self._holdings.sources(holding))
                    self._known[feed, name] = known
        return known

    def _hold(self, place: tuple[str, str], known: Known, source: int) -> None:
        known.fresh = with_one(known.fresh, source)
        if source not in known.sources:
            known.sources = with_one(known.sources, source)
            self._changed.add(place)

    def _held(self, package: tuple[str, str]) -> list[int] | None:
        held = self._packages.get(package)
        if held is None and not self._empty and package[0] in self._ecosystems:
            query = "SELECT number, flags FROM package WHERE ecosystem = ? AND name = ?"
            row = self._connection.execute(query, (self._ecosystems[package[0]][0], package[1])).fetchone()
            if row is not None:
                held = self._packages[package] = list(row)
        return held

    def _package(self, package: tuple[str, str], flag: int) -> int:
        held = self._held(package)
        if held is None:
            self._last_package += 1
            held = self._packages[package] = [self._last_package, flag]
            self._touched.add(package)
        elif flag & ~held[1]:
            held[1] |= flag
            self._touched.add(package)
        return held[0]

    def _reason(self, why: str) -> int:
        return self._reasons.setdefault(why, len(self._reasons) + 1)

    def _count(self, named: Iterable[str], change: int) -> None:
        """Count one record more or less for each ecosystem it names, by itself and as one of its base."""
        names = set(named)
        bases = {name.partition(":")[0] for name in names}
        for name in sorted(names | bases):
            held = self._ecosystems.get(name)
            if held is None:
                number = max((number for number, _, _ in self._ecosystems.values()), default=0) + 1
                held = self._ecosystems[name] = [number, 0, 0]
            held[1] += change * (name in names)
            held[2] += change * (name in bases or name in names)

    def _stands(self, ecosystem: str) -> bool:
        """Say whether a package of the ecosystem is still there, so that its number is."""
        number = self._ecosystems[ecosystem][0]
        query = "SELECT 1 FROM package WHERE ecosystem = ? LIMIT 1"
        return self._connection.execute(query, (number,)).fetchone() is not None

    def _probe(self) -> None:
        """Keep some versions with their keys; a reader whose keys differ must not compare with ours."""
        for ordering in self._preparer.used():
            count = "SELECT COUNT(*) FROM probe WHERE ordering = ?"
            if self._connection.execute(count, (ordering.name,)).fetchone()[0]:
                continue
            rows = []
            for version in _PROBE_VERSIONS:
                try:
                    rows.append((ordering.name, version, ordering.key(version)))
                except InputError:
                    continue
            self._connection.executemany("INSERT INTO probe VALUES (?, ?, ?)", rows)


_PROBE_VERSIONS = (
    "1.0", "1.0.0", "2.10.3", "1.2.3-rc.1", "1.0~rc1-1", "1:1.2.3-4.el8", "1.2.3_p1-r2", "v1.2.3", "1.0.0-beta2",
    "20240101", "1.0a1", "1.0.post1", "1.2.3.4", "0.0.0-20200101000000-0123456789ab",
)  # fmt: skip
"""Texts in which the orderings differ from each other, and one from its next edition."""
