"""What the database says of one id: every record that has it, with what else is known of the problem.

A name leads to a record in any of its common spellings (`ghsa-…`, `cve-2019-10906`). For a name that leads nowhere, the
nearest ones that are there can be told.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from custody.advisories.search import spellings
from custody.advisories.storage import reading

if TYPE_CHECKING:
    import sqlite3

    from custody.advisories.database import Database
    from custody.advisories.records import Named, Record
    from custody.advisories.severity import Statement
    from custody.model import Epss, Exploited

__all__ = ["Shown", "look", "near"]

_NEAR = 5
_LIKE = 500
"""Names that begin alike, among which the nearest are looked for."""
_SHORTEST = 4
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One id. name: as the database spells it; names: all ids and aliases of the records, sorted, without `name`.

    records: (record, the packages it names), the newest first, withdrawn ones too; severities: by whom.
    """

    name: str
    names: tuple[str, ...]
    records: tuple[tuple[Record, tuple[Named, ...]], ...]
    severities: tuple[Statement, ...]
    epss: Epss | None
    exploited: Exploited | None


def look(database: Database, text: str) -> Shown | None:
    """Give what the database says of an id or alias; None where it has no record of that name."""
    from custody.advisories.severity import statements

    for name in spellings(text.strip()):
        records = database.described(name)
        if records:
            names = {name, *(n for record, _ in records for n in (record.id, *record.aliases))}
            return Shown(
                name=name,
                names=tuple(sorted(names - {name})),
                records=records,
                severities=statements([(record.id, said) for record, _ in records for said in record.severities]),
                epss=database.epss(names),
                exploited=database.exploited(names),
            )
    return None


def near(database: Database, text: str) -> tuple[str, ...]:
    """Give names in the database that are like a text that is none; the nearest first, at most a handful."""
    with reading(str(database.path)):
        for spelling in spellings(text.strip()):
            for length in range(len(spelling), _SHORTEST - 1, -1):
                found = list(_beginning(database.connection, spelling[:length]))
                matches = difflib.get_close_matches(spelling, found, n=_NEAR, cutoff=0.7)
                if matches:
                    return tuple(matches)
    return ()


def _beginning(connection: sqlite3.Connection, text: str) -> Iterator[str]:
    query = "SELECT DISTINCT name FROM name WHERE name >= ? AND name < ? ORDER BY name LIMIT ?"
    for (name,) in connection.execute(query, (text, text + _LAST, _LIKE)):
        yield name
