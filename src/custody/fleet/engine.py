"""DuckDB as the engine of a dataset: imported here and nowhere else, bounded in memory, fed in bulk.

Rows come in as CSV, the one way into DuckDB that needs neither Arrow nor a loop of inserts (20,000 rows: 12 s by
`executemany`, 0.05 s so). Bytes travel as hexadecimal digits, lists as JSON.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from custody.errors import InputError, UnavailableError

__all__ = ["Connection", "fill", "open_engine"]

Connection = Any
"""`duckdb.DuckDBPyConnection`; the package is not a dependency of custody itself."""
MEMORY = "2GB"
"""Above that DuckDB spills to disk: a fleet is not bounded by the memory of the machine."""
_NULL = "\\N"
_AS = {"BLOB": "unhex({0})", "VARCHAR[]": "CAST({0} AS JSON)::VARCHAR[]"}


@contextmanager
def open_engine(scratch: Path) -> Iterator[Connection]:
    """Give a connection to an empty database in memory. scratch: where it may spill to.

    Raises UnavailableError: duckdb is not installed, the disk is full; InputError: what is read is no dataset of ours.
    """
    try:
        import duckdb
    except ImportError:
        raise UnavailableError(
            "custody fleet", "it needs duckdb, which is not installed", "pip install 'custody[fleet]'"
        ) from None
    connection = duckdb.connect(":memory:", config={"temp_directory": str(scratch), "memory_limit": MEMORY})
    try:
        connection.execute("SET preserve_insertion_order = false")
        yield connection
    except duckdb.IOException as error:
        raise UnavailableError(str(scratch), f"cannot be read or written: {_first(error)}") from None
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.BinderException) as error:
        raise InputError(str(scratch), f"the dataset is damaged: {_first(error)}", "scan into a new folder") from None
    finally:
        connection.close()


def _first(error: Exception) -> str:
    return str(error).partition("\n")[0]


def fill(connection: Connection, table: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> None:
    """Make `table` if it is not there, and add rows.

    columns: (name, type of DuckDB); a BLOB is given as bytes, a VARCHAR[] as its JSON text, None is NULL. The names are
    ours, never a user's.
    """
    made = ", ".join(f"{name} {kind}" for name, kind in columns)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({made})")
    handle, name = tempfile.mkstemp(prefix="custody-fleet-", suffix=".csv")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            binary = [at for at, (_, kind) in enumerate(columns) if kind == "BLOB"]
            for row in rows:
                values = [_NULL if value is None else value for value in row]
                for at in binary:
                    if row[at] is not None:
                        values[at] = row[at].hex()
                writer.writerow(values)
        read = {column: "VARCHAR" if kind in _AS else kind for column, kind in columns}
        given = ", ".join(_AS.get(kind, "{0}").format(column) for column, kind in columns)
        connection.execute(
            f"INSERT INTO {table} SELECT {given} FROM read_csv(?, columns = {read!r}, header = false,"  # noqa: S608 - our own
            f" auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = '{_NULL}', parallel = false)",
            [name],
        )
    finally:
        Path(name).unlink()
