"""What a dataset says, for people: how much, the problems that touch most artifacts, and where one of them is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from custody.fleet.dataset import Dataset, alone
from custody.fleet.engine import open_engine
from custody.fleet.queries import COUNTS

__all__ = ["Place", "Problem", "Summary", "places", "summary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem over the whole fleet. artifacts: how many hold it; exploited: since when KEV knows it, or ""."""

    id: str
    severity: str
    score: float | None
    epss: float | None
    exploited: str
    packages: tuple[str, ...]
    artifacts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """counts: (severity, findings, artifacts, problems)."""

    artifacts: int
    packages: int
    unasked: int
    matched_at: str
    database: str
    counts: tuple[tuple[str, int, int, int], ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One problem in one package of one artifact."""

    source: str
    artifact: str
    id: str
    severity: str
    purl: str
    fixed: tuple[str, ...]


_PROBLEMS = """
SELECT f.id, arg_max(f.severity, coalesce(f.score, 0)), max(f.score), max(f.epss), max(f.exploited),
    list_sort(list(DISTINCT split_part(split_part(p.purl, '@', 1), '/', -1))), COUNT(DISTINCT h.artifact) AS artifacts
FROM finding f JOIN holds h ON h.package = f.package JOIN package p ON p.number = f.package
WHERE h.judged AND f.suppressed = ''
GROUP BY f.id
ORDER BY max(f.exploited) IS NULL, max(f.score) DESC NULLS LAST, artifacts DESC, f.id
LIMIT ?
"""
_PLACES = """
SELECT a.source, a.digest, f.id, f.severity, p.purl, f.fixed
FROM finding f JOIN holds h ON h.package = f.package JOIN package p ON p.number = f.package
JOIN artifact a ON a.number = h.artifact
WHERE h.judged AND f.suppressed = ''
    AND (? = '' OR upper(f.id) = upper(?) OR list_contains(f.aliases, ?))
    AND (? = '' OR split_part(split_part(p.purl, '@', 1), '/', -1) = ? OR p.purl = ? OR starts_with(p.purl, ? || '@'))
    AND (? = '' OR contains(a.source, ?))
ORDER BY ALL
"""


def summary(path: Path, *, most: int) -> Summary:
    """Give what the dataset holds, with the `most` worst problems: the exploited ones first, then by score and spread.

    Raises InputError: no dataset there, or a damaged one; UnavailableError: no duckdb, a run at work on it.
    """
    with alone(path, make=False), open_engine(path) as connection:
        dataset = Dataset(path, connection)
        (artifacts,) = connection.execute("SELECT COUNT(*) FROM artifact").fetchone()
        packages, unasked = connection.execute(
            "SELECT COUNT(*), COUNT(*) FILTER (reason <> '') FROM package"
        ).fetchone()
        return Summary(
            artifacts=artifacts,
            packages=packages,
            unasked=unasked,
            matched_at=dataset.state.matched_at.isoformat() if dataset.state.matched_at else "",
            database=dataset.state.database,
            counts=tuple(tuple(row) for row in connection.execute(COUNTS).fetchall()),
            problems=tuple(
                Problem(
                    id=name,
                    severity=severity,
                    score=score,
                    epss=epss,
                    exploited=exploited or "",
                    packages=tuple(names),
                    artifacts=count,
                )
                for name, severity, score, epss, exploited, names, count in connection.execute(
                    _PROBLEMS, [most]
                ).fetchall()
            ),
        )


def places(path: Path, *, problem: str = "", package: str = "", source: str = "") -> tuple[Place, ...]:
    """Give where things are: one problem (id, alias), one package (name, purl), sources with a text in their names."""
    with alone(path, make=False), open_engine(path) as connection:
        Dataset(path, connection)
        values = [problem, problem, problem, package, package, package, package, source, source]
        return tuple(
            Place(source=where, artifact=digest, id=name, severity=severity, purl=purl, fixed=tuple(fixed or ()))
            for where, digest, name, severity, purl, fixed in connection.execute(_PLACES, values).fetchall()
        )
