"""Looking into the advisory database: one id, a search, what changed from one to another.

Each gives its answer only when the signature of what it was read from has been proven.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from custody.advisories import open_signed
from custody.errors import UnavailableError

if TYPE_CHECKING:
    from custody.advisories import Chosen
    from custody.advisories.compare import Compared
    from custody.advisories.database import Record
    from custody.advisories.look import Shown
    from custody.model import DatabaseState

__all__ = ["ComparedDatabases", "Looked", "compare_databases", "look_up", "search_database"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was asked for. shown: None where the database has no such name; near: names that are like it."""

    asked: str
    shown: Shown | None
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedDatabases:
    """Two databases, and how the newer one differs."""

    older: DatabaseState
    newer: DatabaseState
    compared: Compared


def look_up(asked: str, *, database: Chosen) -> Looked:
    """Give what the database says of an id or alias."""
    from custody.advisories.look import look, near

    with open_signed(database) as opened:
        shown = look(opened, asked)
        like = near(opened, asked) if shown is None else ()
    return Looked(asked=asked, shown=shown, near=like)


def search_database(text: str, *, ecosystem: str, limit: int, database: Chosen) -> list[tuple[Record, tuple[str, ...]]]:
    """Give at most `limit` records that a text leads to, each with the packages it names as ecosystem/name."""
    with open_signed(database) as opened:
        records = opened.search(text, limit=limit, ecosystem=ecosystem)
        return [
            (record, tuple(dict.fromkeys(f"{named.ecosystem}/{named.name}" for named in opened.packages_of(record.id))))
            for record in records
        ]


def compare_databases(older: Path, newer: Path, *, database: Chosen) -> ComparedDatabases:
    """Give how one database file differs from another. database: for the keys to trust.

    Raises UnavailableError: no file there.
    """
    from custody.advisories.compare import compare

    for path in (older, newer):
        if not path.exists():
            raise UnavailableError(str(path), "no advisory database there")
    with ExitStack() as stack:
        before, after = (stack.enter_context(open_signed(replace(database, path=path))) for path in (older, newer))
        return ComparedDatabases(older=before.state, newer=after.state, compared=compare(before, after))
