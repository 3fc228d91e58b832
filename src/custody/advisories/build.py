"""Making an advisory database: records in, one SQLite file out.

The new file is a copy of the old one, or empty; what came in is written to it in one transaction, and it is moved into
place when it is complete and on disk. An import that is interrupted, runs out of disk or meets a broken archive leaves
the old database as it was.
"""

from __future__ import annotations

import datetime as dt
import gc
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from custody.advisories.placing import move_into_place, temporary_beside
from custody.advisories.sources import Feed, Source, Sources, family
from custody.errors import InputError, UnavailableError
from custody.model import Advisory, DatabaseState, Epss, Exploited, Progress, Skipped

if TYPE_CHECKING:
    import sqlite3

    from custody.advisories.trust import Signing
    from custody.advisories.writer import Writer

__all__ = ["Change", "ImportReport", "begin", "build", "changing", "finish", "load"]

_REPORT_EVERY = 1000
"""Records between two reports of progress."""
_WORTH_PACKING = 8
"""A new file is written without gaps when an import changed more than one record in so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did.

    state: the database as it now is; records: how many came in; whole: the ecosystems that came in completely; skipped:
    records that could not be read; added, replaced, removed: how the database changed; notes: what a person should
    know of each source, such as "PyPI: 12 of 17,000 records fetched".
    """

    path: Path
    state: DatabaseState
    records: int
    whole: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    added: int = 0
    replaced: int = 0
    removed: int = 0
    notes: tuple[str, ...] = ()


def build(
    path: Path,
    feeds: Sequence[Feed],
    *,
    now: dt.datetime,
    whole: Sequence[str] = (),
    replace: bool = False,
    progress: Progress | None = None,
    signing: Signing | None = None,
) -> ImportReport:
    """Write the records of all feeds to the database file, together with what the file already holds unless `replace`.

    signing: signs the result, after it has proven what is built on; None leaves it unsigned.
    Raises VerificationError: what the file holds is not what was signed; UnavailableError: the folder cannot be
    written, the disk is full; InputError: no record at all, a broken archive, or a database file already there that is
    damaged.
    """
    with changing(path, replace=replace, signing=signing) as change:
        report = load(change, feeds, now=now, whole=whole, progress=progress)
        change.pack = change.pack or _WORTH_PACKING * (change.writer.replaced + change.writer.added) > change.before
    return report


@dataclass(slots=True, kw_only=True)
class Change:
    """A database that is being written. before: how many records it had; pack: write it out without gaps."""

    path: Path
    connection: sqlite3.Connection
    writer: Writer
    sources: Sources
    before: int
    pack: bool


@contextmanager
def changing(path: Path, *, replace: bool = False, signing: Signing | None = None) -> Iterator[Change]:
    """Give a copy of the database to write to; it takes the place of the database when the block ends without error.

    signing: proves the copy, and signs what it has become.
    """
    import sqlite3

    from custody.advisories.storage import connect, damaged, read_meta

    there = not replace and path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary_beside(path) as temporary:
            if there:
                with closing(connect(path)) as old:
                    read_meta(old, str(path))
                shutil.copyfile(path, temporary)
                if signing is not None:
                    signing.check(temporary, path)
            with closing(sqlite3.connect(temporary.as_uri(), uri=True, isolation_level=None)) as connection:
                change = begin(connection, path, empty=not there)
                yield change
                connection.execute("COMMIT")
                if change.pack:
                    connection.execute("VACUUM")
            signed = None if signing is None else signing.sign(temporary, path)
            move_into_place(temporary, path, signed=signed)
    except sqlite3.Error as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise damaged(str(path), error) from None
        raise UnavailableError(str(path), f"cannot be written: {error}", "is there room on the disk?") from None
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be written: {error.strerror or error}") from None


def begin(connection: sqlite3.Connection, path: Path, *, empty: bool) -> Change:
    """Begin a transaction on a database that is nobody's yet. empty: it has no tables."""
    from custody.advisories.schema import SCHEMA
    from custody.advisories.stale import stale_orderings
    from custody.advisories.writer import Writer

    connection.execute("PRAGMA journal_mode = OFF")  # an interrupted file is thrown away, so nothing has to be undone
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -200000")  # KiB
    if empty:
        connection.executescript(SCHEMA)
    connection.execute("BEGIN")
    (before,) = connection.execute("SELECT COUNT(*) FROM advisory").fetchone()
    writer = Writer(connection, empty=empty)
    stale = stale_orderings(connection)
    if stale:
        writer.rework(stale)
    return Change(
        path=path, connection=connection, writer=writer, sources=Sources(connection), before=before, pack=empty
    )


def load(
    change: Change,
    feeds: Sequence[Feed],
    *,
    now: dt.datetime,
    whole: Sequence[str] = (),
    progress: Progress | None = None,
    partial: bool = False,
) -> ImportReport:
    """Read the feeds into a database that is being written. whole: ecosystems of which they hold everything."""
    writer = change.writer
    skipped: list[Skipped] = []
    claims: set[str] = set(whole)
    records = 0
    brought: list[tuple[Feed, Source]] = []
    with _no_garbage_collection():
        for feed in feeds:
            source, count, bad = _read(feed, change, now, progress)
            skipped += bad
            records += count
            if count or feed.delta:
                brought.append((feed, source))
            if source.whole and source.kind.startswith("osv:") and (count or feed.delta):
                claims.add(source.kind.removeprefix("osv:"))
        if not records and not any(feed.delta for feed, _ in brought):
            where = ", ".join(dict.fromkeys(feed.origin for feed in feeds))
            raise InputError(where, f"holds no advisory that can be read{_first(skipped)}")
        _release(change, brought, claims)
        writer.cover(whole=claims)
        writer.finish()
    state = finish(change, now=now, skipped=len(skipped), partial=partial)
    return ImportReport(
        path=change.path,
        state=state,
        records=records,
        whole=tuple(sorted(claims)),
        skipped=tuple(skipped),
        added=writer.added,
        replaced=writer.replaced,
        removed=writer.removed,
    )


def _read(feed: Feed, change: Change, now: dt.datetime, progress: Progress | None) -> tuple[Source, int, list[Skipped]]:
    """Read one feed; give its source, how many records came, and which could not be stored or read."""
    writer, dump = change.writer, feed.dump
    source = change.sources.begin(feed, now)
    ids = family(feed.kind)
    bad: list[Skipped] = []
    scores: dict[str, Epss] = {}
    exploited: dict[str, Exploited] = {}
    named: list[str] = []
    count = 0
    for record in dump.records():
        count += 1
        if isinstance(record, Advisory):
            named.append(record.id)
            try:
                writer.add(record, source=source.number, feed=ids, kind=source.kind)
            except InputError as error:
                bad.append(Skipped(where=f"{dump.name}:{error.where}", reason=error.what))
                count -= 1
        elif isinstance(record, Epss):
            scores[record.id] = record
        else:
            exploited[record.id] = record
        if progress is not None and count % _REPORT_EVERY == 0:
            progress(dump.name, count, 0)
    if progress is not None:
        progress(dump.name, count, count)
    if scores:
        writer.epss(scores.values())
    if exploited or feed.kind == "cve":
        writer.exploited(exploited.values(), feed.kind, named)
    bad = [*dump.skipped, *bad]
    if feed.delta:
        writer.release(source.number, ids, ids=feed.gone)
    elif feed.kind == "osv" and dump.whole and source.kind == "osv":  # which it was, only the whole of it has told
        source = replace(source, kind=f"osv:{dump.whole}", whole=True)
    source = replace(
        source,
        origin=feed.origin,
        place=feed.place,
        fetched_at=now,
        skipped=len(bad),
        etag=feed.etag,
        last_modified=feed.last_modified,
        position=feed.position,
        newest=_newest(scores, exploited, now) or source.newest,
        records=len(scores) + len(exploited) or source.records,
    )
    if count or feed.delta:
        change.sources.put(source)
    else:
        change.sources.drop(source)
    return source, count, bad


def _newest(scores: dict[str, Epss], exploited: dict[str, Exploited], now: dt.datetime) -> dt.datetime | None:
    days = [s.date for s in scores.values()] + [e.added for e in exploited.values()]
    past = [day for day in days if day <= now.date()]
    return dt.datetime.combine(max(past), dt.time(), dt.UTC) if past else None


def _release(change: Change, brought: Sequence[tuple[Feed, Source]], claims: set[str]) -> None:
    """Take from complete sources what they did not bring this time."""
    current = {source.number for _, source in brought}
    complete = {f"osv:{claim}" for claim in claims} | {s.kind for f, s in brought if not f.delta and s.whole}
    deltas = {source.kind for feed, source in brought if feed.delta}
    for source in change.sources.all():
        if source.kind in complete - deltas and source.kind not in ("kev", "epss"):
            change.writer.release(source.number, family(source.kind))
            if source.number not in current:
                change.sources.drop(source)


def finish(change: Change, *, now: dt.datetime, skipped: int = 0, partial: bool = False) -> DatabaseState:
    """Write what the whole database is, and give it. Call it last: the digest stands for all that is there."""
    from custody.advisories.schema import content_digest, seal
    from custody.advisories.storage import read_state

    connection = change.connection
    _count_sources(change, now)
    sources = change.sources.all()
    # A time to come is a slip in a record; taken at its word, it would make an old database look fresh for years.
    (newest,) = connection.execute(
        "SELECT MAX(modified) FROM advisory WHERE modified <= ?", (int(now.timestamp()),)
    ).fetchone()
    (records,) = connection.execute("SELECT COUNT(*) FROM advisory").fetchone()
    meta = {
        "digest": str(content_digest(connection)),
        "imported_at": str(int(now.timestamp())),
        "newest": "" if newest is None else str(newest),
        "origin": ", ".join(sorted({source.origin for source in sources})),
        "records": str(records),
        "skipped": str(skipped),
        "partial": str(int(partial)),
    }
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", sorted(meta.items()))
    connection.execute("DELETE FROM seal")
    connection.execute("INSERT INTO seal VALUES (?)", (seal(connection),))
    return read_state(connection, meta, "advisory database")


def _count_sources(change: Change, now: dt.datetime) -> None:
    """Say of each source how many records it holds, and how new they are; one without any is forgotten."""
    connection, sources = change.connection, change.sources
    counts: dict[int, int] = {}
    newest: dict[int, int] = {}
    query = "SELECT holding, COUNT(*), MAX(CASE WHEN modified <= ? THEN modified END) FROM advisory GROUP BY holding"
    held = {number: (count, last) for number, count, last in connection.execute(query, (int(now.timestamp()),))}
    for holding, text in connection.execute("SELECT number, sources FROM holding").fetchall():
        if holding not in held:
            connection.execute("DELETE FROM holding WHERE number = ?", (holding,))
            continue
        count, last = held[holding]
        for number in map(int, text.split(",")):
            counts[number] = counts.get(number, 0) + count
            newest[number] = max(newest.get(number, 0), last or 0)
    for source in sources.all():
        if source.kind in ("kev", "epss"):
            continue
        last = newest.get(source.number, 0)
        known = dt.datetime.fromtimestamp(last, dt.UTC) if last else None
        sources.put(replace(source, records=counts.get(source.number, 0), newest=known))
        if not counts.get(source.number) and not source.whole:
            sources.drop(source)
    sources.save()


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Nothing here is cyclic, and looking for cycles among ever more rows takes longer than reading them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _first(skipped: Sequence[Skipped]) -> str:
    return f"; the first of {len(skipped)} that cannot: {skipped[0].where}: {skipped[0].reason}" if skipped else ""
