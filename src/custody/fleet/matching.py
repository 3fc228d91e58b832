"""Findings for distinct packages: SQL says which ones an advisory may speak of, the matcher says what it says.

The range test over all keys at once is `queries.CANDIDATES`. Only for the few packages it names is an answer made, by
the same code that answers for a single scan; so a fleet finds what single scans find.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from custody.fleet.dataset import TABLES
from custody.fleet.engine import Connection, fill
from custody.fleet.queries import CANDIDATES

if TYPE_CHECKING:
    from custody.advisories import Database, Lookup
    from custody.model import Finding

__all__ = ["candidates", "load_spans", "lookup_from", "lookup_to", "match_into"]

_SPAN = (("ecosystem", "VARCHAR"), ("name", "VARCHAR"), ("low", "BLOB"), ("high", "BLOB"))
_LISTED = (("ecosystem", "VARCHAR"), ("name", "VARCHAR"), ("version", "VARCHAR"))


def load_spans(connection: Connection, database: Database, names: Sequence[tuple[str, str]] | None = None) -> None:
    """Make the tables `span` and `listed` out of the database's ranges, of all packages or of `names` alone.

    names: (ecosystem, name).
    """
    from custody.advisories import listed

    connection.execute("DROP TABLE IF EXISTS span; DROP TABLE IF EXISTS listed")
    fill(connection, "span", _SPAN, (row[:4] for row in database.spans(names)))
    fill(connection, "listed", _LISTED, listed(database, names))


def candidates(connection: Connection) -> list[int]:
    """Give the numbers of the packages that a range or a listed version names, ascending."""
    return [number for (number,) in connection.execute(CANDIDATES).fetchall()]


def match_into(connection: Connection, table: str, numbers: Iterable[int], database: Database) -> int:
    """Answer for the packages of these numbers into a new table of the shape of `finding`; give how many were found."""
    connection.execute("CREATE OR REPLACE TEMP TABLE chosen (number INTEGER)")
    fill(connection, "chosen", (("number", "INTEGER"),), ((number,) for number in numbers))
    # Versions of one package come together: what is decoded for one serves the next.
    rows = connection.execute(
        "SELECT p.number, p.purl, p.lookup FROM package p SEMI JOIN chosen c ON c.number = p.number ORDER BY 2, 1"
    ).fetchall()
    fill(connection, table, TABLES["finding"], _found(rows, database))
    return int(connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])  # noqa: S608 - a name of ours


def _found(rows: Sequence[Sequence[Any]], database: Database) -> Iterator[tuple[Any, ...]]:
    from custody.advisories import Asked, findings_for

    asked = (Asked(number=number, purl=purl, lookup=lookup_from(text)) for number, purl, text in rows)
    for number, finding in findings_for(asked, database):
        yield _row(number, finding)


def lookup_from(text: str) -> Lookup:
    """Read a question as `lookup_to` writes it."""
    from custody.advisories import Lookup

    ecosystems, name, version, also = json.loads(text)
    return Lookup(
        ecosystems=tuple(ecosystems), name=name, version=version, also=tuple((other, at) for other, at in also)
    )


def lookup_to(lookup: Lookup) -> str:
    """Write a question as JSON."""
    return json.dumps([lookup.ecosystems, lookup.name, lookup.version, lookup.also], separators=(",", ":"))


def _row(number: int, finding: Finding) -> tuple[Any, ...]:
    return (
        number,
        finding.id,
        json.dumps(finding.aliases),
        finding.summary,
        finding.severity,
        finding.score,
        json.dumps(finding.fixed_versions),
        finding.status,
        finding.response,
        finding.suppression.kind if finding.suppression else "",
        finding.epss.score if finding.epss else None,
        finding.exploited.added.isoformat() if finding.exploited else None,
        json.dumps(sorted({how.record for how in finding.found})),
    )
