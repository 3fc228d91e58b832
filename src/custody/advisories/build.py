"""Making an advisory database: records in, one SQLite file out.

The new file is written beside the old one and moved into place when it is complete and on disk. An import that is
interrupted, runs out of disk or meets a broken archive leaves the old database as it was.
"""

from __future__ import annotations

import datetime as dt
import gc
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from custody.errors import InputError, UnavailableError
from custody.model import DatabaseState, Progress, Skipped

if TYPE_CHECKING:
    import sqlite3

    from custody.advisories.interface import Dump
    from custody.advisories.merge import Merge
    from custody.advisories.writer import Writer

__all__ = ["ImportReport", "build", "import_osv", "update_osv"]

_REPORT_EVERY = 1000
"""Records between two reports of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did.

    state: the database as it now is; records: how many came in; whole: the ecosystems that came in completely;
    skipped: records that could not be read.
    """

    path: Path
    state: DatabaseState
    records: int
    whole: tuple[str, ...]
    skipped: tuple[Skipped, ...]


def import_osv(
    sources: Sequence[str | Path],
    *,
    database: Path,
    now: dt.datetime,
    ecosystems: Sequence[str] = (),
    replace: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import OSV records from folders, archives or mirrors into the database file.

    sources: see `custody.advisories.feeds.osv.open_osv`. ecosystems: those of which the given records are
    everything there is, where the layout does not say it by itself. replace: begin with an empty database;
    otherwise what is there stays, but for ecosystems that come in completely (their old records go) and records of
    the same id (the newer one stays). Raises UnavailableError: a source or the disk is not reachable; InputError: a
    source is no archive, or holds no record at all.
    """
    from custody.advisories.ecosystems import ECOSYSTEMS

    for name in ecosystems:
        if name not in ECOSYSTEMS:
            raise InputError(
                "ecosystem", f"{name!r} is not an OSV ecosystem", f"expected one of {', '.join(sorted(ECOSYSTEMS))}"
            )
    return _import(
        [(str(source), ()) for source in sources], database, now, ecosystems, replace=replace, progress=progress
    )


def update_osv(
    *,
    database: Path,
    now: dt.datetime,
    mirror: str = "",
    ecosystems: Sequence[str] = (),
    progress: Progress | None = None,
) -> ImportReport:
    """Fetch the complete dumps of some ecosystems (all whose versions we can order, unless named) and import them.

    mirror: base address (https, http or file) such that `<mirror>/<Ecosystem>/all.zip` is there; the public OSV
    bucket where empty. Raises as `import_osv`.
    """
    from custody.advisories.feeds.osv import DEFAULT_ECOSYSTEMS, DEFAULT_MIRROR

    return _import(
        [(mirror or DEFAULT_MIRROR, tuple(ecosystems or DEFAULT_ECOSYSTEMS))],
        database,
        now,
        (),
        replace=False,
        progress=progress,
    )


def _import(
    sources: Sequence[tuple[str, tuple[str, ...]]],
    database: Path,
    now: dt.datetime,
    whole: Sequence[str],
    *,
    replace: bool,
    progress: Progress | None,
) -> ImportReport:
    from custody.advisories.feeds.osv import open_osv

    with ExitStack() as stack:
        dumps: list[Dump] = []
        for source, fetch in sources:
            dumps += stack.enter_context(open_osv(source, fetch=fetch, progress=progress))
        origin = [_origin(source) for source, _ in sources]
        return build(database, dumps, origin=origin, now=now, whole=whole, replace=replace, progress=progress)


def build(
    path: Path,
    dumps: Iterable[Dump],
    *,
    origin: Sequence[str],
    now: dt.datetime,
    whole: Sequence[str] = (),
    replace: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Write the records of all dumps to the database file, together with what the file already holds unless `replace`.

    Raises UnavailableError: the folder cannot be written, the disk is full; InputError: no record at all, a broken
    archive, or a database file already there that is damaged.
    """
    import sqlite3

    from custody.advisories.merge import Merge
    from custody.advisories.storage import damaged

    merge = None if replace or not path.exists() else Merge(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _temporary(path) as temporary:
            with closing(sqlite3.connect(temporary.as_uri(), uri=True, isolation_level=None)) as connection:
                report = _write(
                    connection, dumps, merge, path=path, origin=origin, now=now, whole=whole, progress=progress
                )
            _move(temporary, path)
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CORRUPT:
            raise damaged(str(path), error) from None
        raise UnavailableError(str(path), f"cannot be written: {error}", "is there room on the disk?") from None
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be written: {error.strerror or error}") from None
    return report


def _write(
    connection: sqlite3.Connection,
    dumps: Iterable[Dump],
    merge: Merge | None,
    *,
    path: Path,
    origin: Sequence[str],
    now: dt.datetime,
    whole: Sequence[str],
    progress: Progress | None,
) -> ImportReport:
    from custody.advisories.schema import INDEXES, SCHEMA
    from custody.advisories.writer import Writer

    connection.execute("PRAGMA journal_mode = OFF")  # an interrupted file is thrown away, so nothing has to be undone
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -200000")  # KiB
    if merge is not None:
        merge.attach(connection)
    connection.executescript(SCHEMA)
    connection.execute("BEGIN")
    writer = Writer(connection)
    claims, skipped = _read(dumps, writer, merge, progress)
    claims.update(whole)
    if not writer.records and not (merge is not None and merge.stayed):
        raise InputError(", ".join(origin), f"holds no advisory that can be read{_first(skipped)}")
    writer.cover(whole=claims)
    writer.flush()
    for statement in INDEXES:
        connection.execute(statement)
    if merge is not None:
        merge.copy(connection, replaced=claims)
        origin = sorted({*origin, *merge.origin})
    state = finish(connection, origin=origin, now=now, skipped=len(skipped))
    connection.execute("COMMIT")
    return ImportReport(
        path=path, state=state, records=writer.records, whole=tuple(sorted(claims)), skipped=tuple(skipped)
    )


def finish(
    connection: sqlite3.Connection, *, origin: Sequence[str], now: dt.datetime, skipped: int = 0, partial: bool = False
) -> DatabaseState:
    """Write what the whole database is into its `meta` table, and give it.

    Call it last: the digest stands for all that is there.
    """
    import json

    from custody.advisories.schema import content_digest, seal
    from custody.advisories.storage import read_state

    query = (
        "SELECT p.ecosystem, COUNT(DISTINCT e.advisory) FROM entry e JOIN package p ON p.number = e.package GROUP BY 1"
    )
    releases = sorted(connection.execute(query))
    query = """SELECT SUBSTR(p.ecosystem, 1, INSTR(p.ecosystem || ':', ':') - 1), COUNT(DISTINCT e.advisory)
        FROM entry e JOIN package p ON p.number = e.package GROUP BY 1"""
    ecosystems = sorted(connection.execute(query))
    (records,) = connection.execute("SELECT COUNT(*) FROM advisory").fetchone()
    # A time to come is a slip in a record; taken at its word, it would make an old database look fresh for years.
    (newest,) = connection.execute(
        "SELECT MAX(modified) FROM advisory WHERE modified <= ?", (int(now.timestamp()),)
    ).fetchone()
    meta = {
        "digest": str(content_digest(connection)),
        "imported_at": str(int(now.timestamp())),
        "newest": "" if newest is None else str(newest),
        "origin": ", ".join(origin),
        "records": str(records),
        "skipped": str(skipped),
        "partial": str(int(partial)),
        "ecosystems": json.dumps(ecosystems),
        "releases": json.dumps(releases),
    }
    meta["seal"] = seal(meta)
    connection.executemany("INSERT INTO meta VALUES (?, ?)", sorted(meta.items()))
    return read_state(meta, "advisory database")


def _read(
    dumps: Iterable[Dump], writer: Writer, merge: Merge | None, progress: Progress | None
) -> tuple[set[str], list[Skipped]]:
    claims: set[str] = set()
    skipped: list[Skipped] = []
    with _no_garbage_collection():
        for dump in dumps:
            count = 0
            for count, advisory in enumerate(dump.records(), start=1):
                if merge is None or not merge.has_newer(advisory):
                    writer.add(advisory, dump.whole)
                if progress is not None and count % _REPORT_EVERY == 0:
                    progress(dump.name, count, 0)
            if progress is not None:
                progress(dump.name, count, count)
            if dump.whole and count:
                claims.add(dump.whole)
            skipped += dump.skipped
    return claims, skipped


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


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=".partial", dir=path.parent)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _move(temporary: Path, path: Path) -> None:
    """Put the complete file in place, so that after a crash either the old or the new one is there."""
    mask = os.umask(0)
    os.umask(mask)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.chmod(0o666 & ~mask)
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _origin(source: str) -> str:
    """Give the source as reports name it: an address without credentials, or the last two parts of a path.

    The rest of a path is nobody's business.
    """
    parts = urlsplit(source)
    if parts.scheme in ("http", "https"):
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return "/".join(Path(parts.path if parts.scheme == "file" else source).expanduser().absolute().parts[-2:])


def _first(skipped: Sequence[Skipped]) -> str:
    return f"; the first of {len(skipped)} that cannot: {skipped[0].where}: {skipped[0].reason}" if skipped else ""
