"""What `custody fleet` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from custody.cli.tables import table
from custody.errors import one_line
from custody.model import SEVERITIES

if TYPE_CHECKING:
    from custody.fleet import FleetScan, Place, Rematch, Summary

__all__ = [
    "places_json",
    "places_table",
    "rematch_json",
    "rematch_table",
    "scan_json",
    "scan_table",
    "summary_json",
    "summary_table",
]

_Counts = Sequence[tuple[str, int, int, int]]
_NAMES = 40


def scan_table(done: FleetScan) -> str:
    """Give what a run did, the counts, and the sources that could not be read."""
    text = _counts_table(done.counts)
    text += f"{done.read} sources read, {done.unchanged} unchanged, {len(done.unread)} not read\n"
    text += _held(done.artifacts, done.packages, done.unasked)
    for unread in done.unread:
        text += f"not read: {one_line(unread.source)}: {one_line(unread.problem)}\n"
    return text


def scan_json(done: FleetScan) -> dict[str, Any]:
    """Give the same as JSON values."""
    return {
        "read": done.read,
        "unchanged": done.unchanged,
        "unread": [{"source": unread.source, "reason": unread.problem} for unread in done.unread],
        "artifacts": done.artifacts,
        "packages": done.packages,
        "notEvaluated": done.unasked,
        "counts": _counts_json(done.counts),
    }


def rematch_table(done: Rematch) -> str:
    """Give what is new and gone, by source."""
    rows = [
        (change.source, "new" if change.appeared else "gone", change.id, change.severity.lower(), change.purl)
        for change in done.changes
    ]
    text = table(("SOURCE", "", "ID", "SEVERITY", "PACKAGE"), rows) if rows else ""
    more = done.new + done.gone - len(rows)
    text += f"and {more} more: they stand in change-*.parquet of the dataset\n" if more else ""
    text += f"{done.advisories} advisories changed, {done.packages} packages matched again: "
    return text + f"{done.new} findings are new, {done.gone} are gone\n"


def rematch_json(done: Rematch) -> dict[str, Any]:
    """Give the same as JSON values."""
    return {
        "advisories": done.advisories,
        "packages": done.packages,
        "new": done.new,
        "gone": done.gone,
        "changes": [
            {
                "source": change.source,
                "artifact": change.artifact,
                "change": "new" if change.appeared else "gone",
                "id": change.id,
                "severity": change.severity,
                "purl": change.purl,
            }
            for change in done.changes
        ],
    }


def summary_table(told: Summary) -> str:
    """Give the worst problems, and below them how much there is."""
    rows = [
        (
            problem.id,
            problem.severity.lower(),
            "" if problem.score is None else f"{problem.score:.1f}",
            "" if problem.epss is None else f"{problem.epss:.1%}",
            problem.exploited,
            str(problem.artifacts),
            _cut(", ".join(problem.packages)),
        )
        for problem in told.problems
    ]
    text = table(("ID", "SEVERITY", "SCORE", "EPSS", "EXPLOITED", "ARTIFACTS", "PACKAGES"), rows) if rows else ""
    text += "\n" + _counts_table(told.counts) + _held(told.artifacts, told.packages, told.unasked)
    return text + f"matched {told.matched_at or 'never'} with advisories {told.database or 'none'}\n"


def summary_json(told: Summary) -> dict[str, Any]:
    """Give the same as JSON values."""
    return {
        "artifacts": told.artifacts,
        "packages": told.packages,
        "notEvaluated": told.unasked,
        "matchedAt": told.matched_at or None,
        "database": told.database or None,
        "counts": _counts_json(told.counts),
        "problems": [
            {
                "id": problem.id,
                "severity": problem.severity,
                "score": problem.score,
                "epss": problem.epss,
                "exploited": problem.exploited or None,
                "packages": list(problem.packages),
                "artifacts": problem.artifacts,
            }
            for problem in told.problems
        ],
    }


def places_table(found: Sequence[Place]) -> str:
    """Give where things are."""
    rows = [
        (place.source, place.id, place.severity.lower(), place.purl, ", ".join(place.fixed) or "no fix known")
        for place in found
    ]
    text = table(("SOURCE", "ID", "SEVERITY", "PACKAGE", "FIXED IN"), rows) if rows else ""
    return text + f"{len(found)} findings in {len({place.source for place in found})} sources\n"


def places_json(found: Sequence[Place]) -> list[dict[str, Any]]:
    """Give the same as JSON values."""
    return [
        {
            "source": place.source,
            "artifact": place.artifact,
            "id": place.id,
            "severity": place.severity,
            "purl": place.purl,
            "fixedVersions": list(place.fixed),
        }
        for place in found
    ]


def _counts_table(counts: _Counts) -> str:
    known = {severity: row for severity, *row in counts}
    rows = [(word.lower(), *map(str, known[word])) for word in reversed(SEVERITIES) if word in known]
    return table(("SEVERITY", "FINDINGS", "ARTIFACTS", "PROBLEMS"), rows) if rows else "no findings\n"


def _counts_json(counts: _Counts) -> dict[str, dict[str, int]]:
    return {
        severity: {"findings": findings, "artifacts": artifacts, "problems": problems}
        for severity, findings, artifacts, problems in counts
    }


def _held(artifacts: int, packages: int, unasked: int) -> str:
    return f"{artifacts} artifacts with {packages} distinct packages; on {unasked} of these no advisory can be asked\n"


def _cut(text: str) -> str:
    return text if len(text) <= _NAMES else text[: _NAMES - 1] + "…"
