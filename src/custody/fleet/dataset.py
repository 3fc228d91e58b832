"""A dataset: a folder of Parquet files, and `fleet.json` that says which of them count.

    artifact  number, source, document (SHA-256 of what was read), digest, name, version, packages, skipped, read_at
    package   number, purl, reason (why advisories cannot say everything, "" where they can), lookup (the question)
    asked     package, ecosystem, name, version, key: each place where an advisory may speak of it
    holds     artifact, package, judged
    finding   package, id, aliases, summary, severity, score, fixed, status, response, suppressed, epss, exploited,
              records
    record    id, digest: the advisories as they were when `finding` was made
    change    artifact, id, package, severity, appeared: what the last rematch found new (or gone)

    duckdb -c "SELECT source, COUNT(*) FROM 'fleet/finding-*.parquet' JOIN 'fleet/holds-*.parquet' USING (package)
               JOIN 'fleet/artifact-*.parquet' ON artifact = number WHERE id = 'CVE-2021-44228' GROUP BY 1"

Nothing is changed in place: a run writes files of the next generation, moves a new `fleet.json` over the old one, and
removes what nothing names any more. Who reads meanwhile sees the old generation or the new one, never half; a run that
is interrupted leaves the old one. One run at a time: a second one is told so.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from custody.errors import InputError, UnavailableError
from custody.fields import Fields
from custody.fleet.engine import Connection
from custody.model import format_time

__all__ = ["TABLES", "Dataset", "FleetState"]

SCHEMA_VERSION = 1
TABLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "artifact": (
        ("number", "INTEGER"),
        ("source", "VARCHAR"),
        ("document", "VARCHAR"),
        ("digest", "VARCHAR"),
        ("name", "VARCHAR"),
        ("version", "VARCHAR"),
        ("packages", "INTEGER"),
        ("skipped", "INTEGER"),
        ("read_at", "VARCHAR"),
    ),
    "package": (
        ("number", "INTEGER"),
        ("purl", "VARCHAR"),
        ("reason", "VARCHAR"),
        ("lookup", "VARCHAR"),
    ),
    "asked": (
        ("package", "INTEGER"),
        ("ecosystem", "VARCHAR"),
        ("name", "VARCHAR"),
        ("version", "VARCHAR"),
        ("key", "BLOB"),
    ),
    "holds": (("artifact", "INTEGER"), ("package", "INTEGER"), ("judged", "BOOLEAN")),
    "finding": (
        ("package", "INTEGER"),
        ("id", "VARCHAR"),
        ("aliases", "VARCHAR[]"),
        ("summary", "VARCHAR"),
        ("severity", "VARCHAR"),
        ("score", "DOUBLE"),
        ("fixed", "VARCHAR[]"),
        ("status", "VARCHAR"),
        ("response", "VARCHAR"),
        ("suppressed", "VARCHAR"),
        ("epss", "DOUBLE"),
        ("exploited", "VARCHAR"),
        ("records", "VARCHAR[]"),
    ),
    "record": (("id", "VARCHAR"), ("digest", "BLOB")),
    "change": (
        ("artifact", "INTEGER"),
        ("id", "VARCHAR"),
        ("package", "INTEGER"),
        ("severity", "VARCHAR"),
        ("appeared", "BOOLEAN"),
    ),
}
"""Table → (column, type of DuckDB)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetState:
    """What `fleet.json` says.

    files: table → the files that make it up; database: digest of the advisories that `finding` was made with, "" before
    the first match; gone: artifacts whose rows in `holds` no longer count.
    """

    generation: int = 0
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    database: str = ""
    matched_at: dt.datetime | None = None
    gone: int = 0


class Dataset:
    """A folder while one run reads and writes it."""

    def __init__(self, path: Path, connection: Connection) -> None:
        """Read the state of the folder and show its tables on the connection.

        Raises InputError: `fleet.json` is not one of ours, or names a file that is not there.
        """
        self.path = path
        self.connection = connection
        self.state = read_state(path)
        for table in TABLES:
            self.show(table)

    def show(self, table: str) -> None:
        """Make the table of this generation readable under its name; rows of artifacts that are gone are left out."""
        files = [str(self.path / name) for name in self.state.files.get(table, ())]
        columns = TABLES[table]
        if not files:
            empty = ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns)
            self.connection.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT {empty} WHERE false")
            return
        missing = [name for name in files if not Path(name).is_file()]
        if missing:
            raise InputError(str(self.path), f"the dataset lacks its file {Path(missing[0]).name}", "scan it anew")
        listed = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
        alive = " SEMI JOIN artifact ON artifact.number = artifact" if table == "holds" and self.state.gone else ""
        self.connection.execute(f"CREATE OR REPLACE VIEW {table} AS SELECT * FROM read_parquet([{listed}]){alive}")  # noqa: S608

    def write(self, table: str, query: str, *, keep: bool = False) -> None:
        """Write what `query` gives as the table's new content, or beside what is there (`keep`)."""
        name = f"{table}-{self.state.generation + 1}.parquet"
        place = str(self.path / name).replace("'", "''")
        self.connection.execute(f"COPY ({query}) TO '{place}' (FORMAT parquet, COMPRESSION zstd)")
        before = tuple(n for n in self.state.files.get(table, ()) if n != name) if keep else ()
        self.state = replace(self.state, files={**self.state.files, table: (*before, name)})

    def forget(self, gone: int) -> None:
        """Say how many artifacts have rows in `holds` that no longer count."""
        self.state = replace(self.state, gone=gone)

    def commit(self, *, database: str | None = None, matched_at: dt.datetime | None = None) -> None:
        """Make what was written count, all at once, and remove what counts no longer."""
        self.state = replace(
            self.state,
            generation=self.state.generation + 1,
            database=self.state.database if database is None else database,
            matched_at=matched_at or self.state.matched_at,
        )
        write_state(self.path, self.state)
        named = {name for names in self.state.files.values() for name in names}
        for table in TABLES:
            for old in self.path.glob(f"{table}-*.parquet"):
                if old.name not in named:
                    old.unlink()
            self.show(table)


def read_state(path: Path) -> FleetState:
    """Give what `fleet.json` says; the empty state where there is none."""
    place = path / "fleet.json"
    try:
        data = place.read_bytes()
    except FileNotFoundError:
        return FleetState()
    except OSError as error:
        raise UnavailableError(str(place), f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    fields = Fields.from_json(data, str(place))
    if fields.integer("schemaVersion") != SCHEMA_VERSION:
        raise fields.fault("schemaVersion", f"expected {SCHEMA_VERSION}", "scan into a new folder")
    files = fields.table("files")
    return FleetState(
        generation=fields.integer("generation"),
        files={table: _names(files, table) for table in TABLES if table in files},
        database=fields.text_or("database"),
        matched_at=fields.time("matchedAt") if "matchedAt" in fields else None,
        gone=fields.integer("gone"),
    )


def _names(files: Fields, table: str) -> tuple[str, ...]:
    names = files.texts(table)
    if any("/" in name or not name.startswith(f"{table}-") for name in names):
        raise files.fault(table, "names a file that is none of the dataset's")
    return tuple(names)


def write_state(path: Path, state: FleetState) -> None:
    """Move a new `fleet.json` over the old one, once it is on disk."""
    value = {
        "schemaVersion": SCHEMA_VERSION,
        "generation": state.generation,
        "database": state.database,
        "matchedAt": format_time(state.matched_at) if state.matched_at else None,
        "gone": state.gone,
        "files": {table: list(state.files[table]) for table in sorted(state.files)},
    }
    handle, name = tempfile.mkstemp(prefix=".fleet-", suffix=".json", dir=path)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path / "fleet.json")


@contextmanager
def alone(path: Path, *, make: bool) -> Iterator[None]:
    """Hold the folder for this run; UnavailableError: another run holds it, or it cannot be made.

    Raises InputError where it must be there and is not.
    """
    if not make and not (path / "fleet.json").is_file():
        raise InputError(str(path), "is no fleet dataset", "make one with `custody fleet scan LIST --into FOLDER`")
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UnavailableError(str(path), f"cannot be used: {(error.strerror or str(error)).lower()}") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UnavailableError(str(path), "another run is working on it", "wait until it has ended") from None
        _sweep(path)
        yield
    finally:
        os.close(lock)


def _sweep(path: Path) -> None:
    """Remove what an interrupted run left behind."""
    state = read_state(path)
    named = {name for names in state.files.values() for name in names}
    left: Sequence[Path] = [p for table in TABLES for p in path.glob(f"{table}-*.parquet*") if p.name not in named]
    for old in (*left, *path.glob(".fleet-*.json")):
        with suppress(FileNotFoundError):
            old.unlink()
