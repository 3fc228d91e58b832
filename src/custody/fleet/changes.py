"""`custody fleet rematch`: after an update of the advisories, match again what they speak of now, or spoke of before.

1. Which advisories are new, gone or different: by their digests, against those the findings were made with.
2. Which packages that concerns: those of the names that a changed advisory has or had, and those with a finding that
   rests on it or shares an id with it (its severity may come from there).
3. These are matched again; the difference to what was found in them before is what is new and what is gone.

How likely a problem is to be exploited changes every day for nearly all of them, and is no reason to match: it is
joined anew to the findings by id.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from custody.fleet.dataset import TABLES, Dataset, alone
from custody.fleet.engine import fill, open_engine
from custody.fleet.matching import candidates, load_spans, match_into
from custody.fleet.queries import DIFFERENCE
from custody.fleet.scan import match_all

if TYPE_CHECKING:
    from custody.advisories import Chosen, Database

__all__ = ["Change", "Rematch", "rematch"]

_ALL = 0.3
"""Of the advisories: once that many have changed, matching everything is the shorter way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One problem in one package of one artifact that is new (`appeared`), or gone."""

    source: str
    artifact: str
    id: str
    purl: str
    severity: str
    appeared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rematch:
    """What a rematch did.

    advisories: how many changed; packages: how many were matched again; new, gone: how many findings; severities: of
    the new ones, each once; changes: by artifact, new ones first, the first `most` of them. All of them stand in the
    file of the dataset that is called `change-*.parquet`.
    """

    advisories: int
    packages: int
    new: int
    gone: int
    severities: tuple[str, ...]
    changes: tuple[Change, ...]


def rematch(path: Path, *, database: Chosen | Path | None, now: dt.datetime, most: int = 1000) -> Rematch:
    """Bring the findings of a dataset up to a database, and say what is new and what is gone.

    Raises InputError: no dataset there, or a damaged one; UnavailableError: no duckdb or database, another run at work.
    """
    from custody import advisories

    with (
        alone(path, make=False),
        open_engine(path) as connection,
        advisories.open_signed(database) as opened,
    ):
        dataset = Dataset(path, connection)
        changed = _changed(dataset, opened)
        connection.execute("CREATE TEMP TABLE changed (id VARCHAR)")
        fill(connection, "changed", (("id", "VARCHAR"),), ((key.partition(" ")[2],) for key in changed))
        (records,) = connection.execute("SELECT COUNT(*) FROM record").fetchone()
        if len(changed) > _ALL * records:
            connection.execute("CREATE TEMP TABLE was AS SELECT * FROM finding")
            match_all(dataset, opened)
            (packages,) = connection.execute("SELECT COUNT(*) FROM package").fetchone()
        else:
            packages = _match_again(dataset, opened, changed)
        new, gone, severities, changes = _differences(dataset, most)
        opened.confirm()
        dataset.commit(database=str(opened.state.digest), matched_at=now)
    return Rematch(
        advisories=len(changed), packages=packages, new=new, gone=gone, severities=severities, changes=changes
    )


def _changed(dataset: Dataset, database: Database) -> list[str]:
    if dataset.state.database == str(database.state.digest):
        return []
    from custody.advisories import record_digests

    before = dict(dataset.connection.execute("SELECT id, digest FROM record").fetchall())
    after = dict(record_digests(database))
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _match_again(dataset: Dataset, database: Database, changed: list[str]) -> int:
    from custody.advisories import packages_named, record_digests

    connection = dataset.connection
    named = sorted(packages_named(database, changed))
    fill(connection, "named", (("ecosystem", "VARCHAR"), ("name", "VARCHAR")), named)
    connection.execute("""CREATE TEMP TABLE again AS
        SELECT DISTINCT a.package FROM asked a SEMI JOIN named n ON n.ecosystem = a.ecosystem AND n.name = a.name
        UNION SELECT DISTINCT f.package FROM
        (SELECT package, unnest(list_concat(list_concat(aliases, records), [id])) AS id FROM finding) f
        SEMI JOIN changed c ON c.id = f.id""")
    names = connection.execute(
        "SELECT DISTINCT a.ecosystem, a.name FROM again g JOIN asked a ON a.package = g.package ORDER BY ALL"
    ).fetchall()
    connection.execute("CREATE TEMP TABLE was AS SELECT f.* FROM finding f SEMI JOIN again g ON g.package = f.package")
    load_spans(connection, database, names)
    match_into(connection, "made", candidates(connection), database)
    _likelihoods(dataset, database)
    kept = """SELECT f.* REPLACE (l.epss AS epss, l.exploited AS exploited) FROM finding f
        ANTI JOIN again g ON g.package = f.package LEFT JOIN likely l ON l.id = f.id"""
    dataset.write("finding", f"{kept} UNION ALL SELECT * FROM made ORDER BY package, id")  # noqa: S608 - our own query
    if changed:
        fill(connection, "known", TABLES["record"], record_digests(database))
        dataset.write("record", "SELECT * FROM known ORDER BY id")
    return int(connection.execute("SELECT COUNT(*) FROM again").fetchone()[0])


def _likelihoods(dataset: Dataset, database: Database) -> None:
    """Make the table `likely`: what EPSS and KEV say today of each problem that is found."""
    rows = dataset.connection.execute("SELECT DISTINCT id, aliases FROM finding").fetchall()
    names = {name: (name, *aliases) for name, aliases in sorted(rows)}

    def likely() -> Iterator[tuple[str, float | None, str | None]]:
        for name, every in names.items():
            epss, exploited = database.epss(every), database.exploited(every)
            yield name, epss.score if epss else None, exploited.added.isoformat() if exploited else None

    columns = (("id", "VARCHAR"), ("epss", "DOUBLE"), ("exploited", "VARCHAR"))
    fill(dataset.connection, "likely", columns, likely())


_SHOWN = """
SELECT a.source, a.digest, c.id, p.purl, c.severity, c.appeared
FROM change c JOIN artifact a ON a.number = c.artifact JOIN package p ON p.number = c.package
ORDER BY a.source, c.appeared DESC, c.id, p.purl
LIMIT ?
"""


def _differences(dataset: Dataset, most: int) -> tuple[int, int, tuple[str, ...], tuple[Change, ...]]:
    """Write what is new and gone; give how many of each, the severities of the new ones, and the first of them."""
    connection = dataset.connection
    dataset.write("change", DIFFERENCE)
    dataset.show("change")
    query = "SELECT COUNT(*) FILTER (appeared), COUNT(*) FILTER (NOT appeared) FROM change"
    new, gone = connection.execute(query).fetchone()
    query = "SELECT DISTINCT severity FROM change WHERE appeared ORDER BY 1"
    severities = tuple(severity for (severity,) in connection.execute(query).fetchall())
    changes = tuple(
        Change(source=source, artifact=artifact, id=name, purl=purl, severity=severity, appeared=appeared)
        for source, artifact, name, purl, severity, appeared in connection.execute(_SHOWN, [most]).fetchall()
    )
    return new, gone, severities, changes
