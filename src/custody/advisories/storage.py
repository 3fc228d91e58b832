"""The database file itself: opened after a look at its header, and any damage told in one line."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from custody.errors import InputError, UnavailableError
from custody.model import DatabaseState, Digest

if TYPE_CHECKING:
    import sqlite3

__all__ = ["connect", "damaged", "read_meta", "read_state", "reading"]

_HEADER_BYTES = 100
_MAPPED_BYTES = 64 << 20
"""Of the front of the file, where the tables are that are searched: what is touched of it counts as our memory."""
_AGAIN = "remove it, then run `custody db update`, or `custody db import` for a local copy"


def damaged(where: str, error: object) -> InputError:
    """Make the error for a database file that cannot be used."""
    return InputError(where, f"the advisory database is damaged: {error}", _AGAIN)


def connect(path: Path) -> sqlite3.Connection:
    """Open a database file, after a look at its header: that it is ours, of this version, and as long as it says."""
    import sqlite3

    from custody.advisories.schema import APPLICATION_ID, SCHEMA_VERSION

    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        raise UnavailableError(
            str(path), "no advisory database there", "run `custody db update`, or `custody db import` for a local copy"
        ) from None
    except OSError as error:
        raise UnavailableError(str(path), f"the advisory database cannot be read: {error.strerror or error}") from None
    # The database header of https://www.sqlite.org/fileformat2.html, section 1.3.
    if (
        len(header) < _HEADER_BYTES
        or header[:16] != b"SQLite format 3\0"
        or int.from_bytes(header[68:72], "big") != APPLICATION_ID
    ):
        raise InputError(str(path), "not an advisory database", _AGAIN)
    if int.from_bytes(header[60:64], "big") != SCHEMA_VERSION:
        raise InputError(str(path), "an advisory database of another version of this program", _AGAIN)
    page = int.from_bytes(header[16:18], "big")
    expected = (65536 if page == 1 else page) * int.from_bytes(header[28:32], "big")
    if size != expected:
        raise damaged(str(path), f"expected {expected} bytes, got {size}")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    connection.execute(f"PRAGMA mmap_size = {min(size, _MAPPED_BYTES)}")
    return connection


@contextmanager
def reading(where: str) -> Iterator[None]:
    """Make whatever a damaged file can lead to an InputError: bad pages, bad texts, values of another type."""
    import sqlite3

    try:
        yield
    except (sqlite3.Error, ValueError, TypeError, LookupError, OverflowError, OSError) as error:
        raise damaged(where, error or type(error).__name__) from None


def read_meta(connection: sqlite3.Connection, where: str) -> dict[str, str]:
    """Give the `meta` table; InputError where the small tables are not as they were written."""
    from custody.advisories.schema import seal

    with reading(where):
        sealed = connection.execute("SELECT value FROM seal").fetchall()
        if sealed != [(seal(connection),)]:
            raise damaged(where, "what it says of itself has been changed")
        meta: dict[str, str] = dict(connection.execute("SELECT key, value FROM meta"))
    return meta


def read_state(connection: sqlite3.Connection, meta: Mapping[str, str], where: str) -> DatabaseState:
    """Give the state that the small tables tell; InputError where it is not complete."""
    with reading(where):
        ecosystems = connection.execute(
            "SELECT name, total FROM ecosystem WHERE total AND NOT INSTR(name, ':') ORDER BY name"
        )
        return DatabaseState(
            digest=Digest.parse(meta["digest"], where),
            ecosystems=tuple((str(name), int(count)) for name, count in ecosystems),
            newest=dt.datetime.fromtimestamp(int(meta["newest"]), dt.UTC) if meta["newest"] else None,
            imported_at=dt.datetime.fromtimestamp(int(meta["imported_at"]), dt.UTC),
            origin=meta["origin"],
            partial=meta["partial"] == "1",
        )
