"""SQLite databases that came as bytes, and from anywhere.

    for number, blob in read_rows(data, "var/lib/rpm/rpmdb.sqlite", "Packages", ("hnum", "blob")): …

Spec: https://www.sqlite.org/fileformat2.html; https://www.sqlite.org/security.html, "Untrusted SQLite Database Files".
Only plain tables are read: a view could run for ever, and a virtual table run code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from custody.errors import InputError

__all__ = ["SQLITE_MAGIC", "read_rows"]

SQLITE_MAGIC = b"SQLite format 3\0"

MAX_STEPS = 2_000
"""Times that SQLite may take a hundred thousand steps of its machine: some ten seconds. A million rows take 60."""


def read_rows(data: bytes, where: str, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a table, in the order in which they are stored.

    table, columns: names, our own constants and never input.
    Raises InputError: damaged, no database, or without such a table.
    """
    import sqlite3

    if not data.startswith(SQLITE_MAGIC) or len(data) < 512:
        raise InputError(where, "not a SQLite database")
    if data[18] == 2 or data[19] == 2:
        # In the mode of a write-ahead log a database that stands alone in memory cannot be opened. The two bytes say
        # the mode; what the log holds and is not in the file yet is not here in either case.
        data = data[:18] + b"\1\1" + data[20:]
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(data)
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        connection.execute("PRAGMA query_only=ON")
        connection.text_factory = _text
        steps = 0

        def stop() -> int:
            nonlocal steps
            steps += 1
            return steps > MAX_STEPS

        connection.set_progress_handler(stop, 100_000)
        kinds = connection.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (table,)).fetchall()
        if len(kinds) != 1 or kinds[0][0] != "table" or not _is_plain(kinds[0][1]):
            raise InputError(where, f"the database has no table {table!r}")
        yield from connection.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608 - constants
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the second: its message quotes a name that is not UTF-8
        raise InputError(where, f"damaged SQLite database: {error}") from None
    finally:
        connection.close()


def _is_plain(sql: object) -> bool:
    return isinstance(sql, str) and sql.split(None, 2)[:2] == ["CREATE", "TABLE"]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
