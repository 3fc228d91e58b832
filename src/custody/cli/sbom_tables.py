"""What the commands over SBOMs print: tables for people, and the same as JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from custody.cli.tables import table
from custody.errors import one_line

if TYPE_CHECKING:
    from custody.model import Dependency, Package
    from custody.sbom.compare import Changed, Comparison
    from custody.sbom.quality import Remark, Score
    from custody.workflows.judge import Judged
    from custody.workflows.question import Answer

__all__ = [
    "comparison_json",
    "comparison_table",
    "found_table",
    "judged_json",
    "judged_table",
    "score_json",
    "score_table",
]

SHOWN_PLACES = 3
"""Places that the table of `custody validate` names of one kind of finding; JSON has all."""


def found_table(answer: Answer) -> str:
    """Give what a query found: a line for each package, and below it the way to it."""
    rows = [(p.name, p.version or "unknown", p.purl.type, _licence(p), p.id) for p in answer.packages]
    lines = table(("NAME", "VERSION", "TYPE", "LICENCE", "PURL"), rows).splitlines()
    if answer.paths:
        for index, package in reversed(list(enumerate(answer.packages))):
            way = answer.paths.get(package.id, ())
            lines.insert(index + 2, "  " + (" → ".join(map(one_line, way)) if way else "nothing leads to it"))
    return "\n".join(lines) + f"\n{len(rows)} of {len(answer.inventory.packages) + 1} packages\n"


def _licence(package: Package) -> str:
    licence = package.licence_concluded or package.licence_declared or "unknown"
    return licence if len(licence) <= 40 else licence[:39] + "…"


# ── diff ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def comparison_table(found: Comparison) -> str:
    """Give all changes, a line for each."""
    rows = [("added", p.name, "", p.version or "unknown", p.id) for p in found.added]
    rows += [("removed", p.name, p.version or "unknown", "", p.id) for p in found.removed]
    for change in found.changed:
        before, after = change.before, change.after
        if change.direction:
            versions = (before.version or "unknown", after.version or "unknown")
            rows.append((change.direction, after.name, *versions, after.id))
        if change.licence:
            rows.append(("licence", after.name, _licences(before), _licences(after), after.id))
        rows += [("checksum", after.name, _sum(before, name), _sum(after, name), after.id) for name in change.checksums]
    rows += [("relation added", edge.relation, edge.source, edge.target, "") for edge in found.edges_added]
    rows += [("relation removed", edge.relation, edge.source, edge.target, "") for edge in found.edges_removed]
    if not rows:
        return "no change\n"
    changed = sum(bool(change.direction) for change in found.changed)
    total = f"{len(found.added)} added, {len(found.removed)} removed, {changed} in another version; {len(rows)} lines\n"
    return table(("CHANGE", "NAME", "BEFORE", "AFTER", "PURL"), rows) + total


def _licences(package: Package) -> str:
    declared, concluded = package.licence_declared or "unknown", package.licence_concluded
    return declared if concluded in (None, package.licence_declared) else f"{declared} (concluded {concluded})"


def _sum(package: Package, algorithm: str) -> str:
    return f"{algorithm}:{min(item.hex for item in package.checksums if item.algorithm == algorithm)[:12]}…"


def comparison_json(found: Comparison) -> dict[str, Any]:
    """Give all changes as JSON values."""
    return {
        "schemaVersion": "1.0",
        "before": found.before.root.id,
        "after": found.after.root.id,
        "same": found.same,
        "added": [_package(package) for package in found.added],
        "removed": [_package(package) for package in found.removed],
        "changed": [_changed(change) for change in found.changed],
        "relations": {"added": _edges(found.edges_added), "removed": _edges(found.edges_removed)},
    }


def _package(package: Package) -> dict[str, Any]:
    return {
        "purl": package.id,
        "name": package.name,
        "version": package.version or None,
        "declared": package.licence_declared,
        "concluded": package.licence_concluded,
    }


def _changed(change: Changed) -> dict[str, Any]:
    return {
        "name": change.after.name,
        "direction": change.direction or None,
        "licence": change.licence,
        "checksums": [
            {"algorithm": name, "before": _hexes(change.before, name), "after": _hexes(change.after, name)}
            for name in change.checksums
        ],
        "before": _package(change.before),
        "after": _package(change.after),
    }


def _hexes(package: Package, algorithm: str) -> list[str]:
    return sorted(item.hex for item in package.checksums if item.algorithm == algorithm)


def _edges(edges: Sequence[Dependency]) -> list[dict[str, str]]:
    return [{"source": edge.source, "target": edge.target, "relation": edge.relation} for edge in edges]


# ── validate ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def judged_table(judged: Judged) -> str:
    """Give what was found about one file: a line for each kind of finding, with the first places."""
    counts = {kind: sum(r.severity == kind for r in judged.remarks) for kind in ("error", "warning", "unknown")}
    numbers = ", ".join(f"{count} {kind}{'s' if kind != 'unknown' else ''}" for kind, count in counts.items() if count)
    rules = "" if judged.rules else ", a format without rules"
    text = f"{one_line(judged.file)}: {judged.standard or judged.format}{rules}: "
    text += f"{'valid' if judged.valid else 'not valid'}{f'; {numbers}' if numbers else ''}\n"
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for remark in judged.remarks:
        key = (remark.severity, remark.rule, remark.message, remark.fix)
        groups.setdefault(key, []).append(_place(remark, judged.file))
    for (severity, rule, message, fix), places in groups.items():
        named = [place for place in places[:SHOWN_PLACES] if place]
        more = f" and {len(places) - SHOWN_PLACES} more" if len(places) > SHOWN_PLACES else ""
        at = f" ({', '.join(named)}{more})" if named else ""
        text += one_line(f"  {severity:<8} {rule:<10} {message}{at}" + (f"; {fix}" if fix else "")) + "\n"
    return text


def _place(remark: Remark, file: str) -> str:
    return remark.where.removeprefix(file).removeprefix(":")


def judged_json(judged: Sequence[Judged], unreadable: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Give everything that was found, for all files, as JSON values."""
    files: list[dict[str, Any]] = [
        {
            "file": item.file,
            "result": "valid" if item.valid else "invalid",
            "format": item.format,
            "standard": item.standard or None,
            "rules": item.rules,
            "profiles": list(item.profiles),
            "findings": [
                {
                    "place": _place(remark, item.file),
                    "rule": remark.rule,
                    "severity": remark.severity,
                    "message": remark.message,
                    "fix": remark.fix or None,
                }
                for remark in item.remarks
            ],
        }
        for item in judged
    ]
    files += [{"file": file, "result": "unreadable", "error": words} for file, words in unreadable]
    return {"schemaVersion": "1.0", "files": files}


# ── score ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def score_table(found: Score) -> str:
    """Give the score, its parts, and what to fix, what gains most first."""
    whole = "unknown" if found.score is None else f"{found.score:.1f} of 10, grade {found.grade}"
    rows = []
    for category in found.categories:
        rows.append((category.name.upper(), f"weight {category.weight}", _number(category.score), ""))
        rows += [("", feature.name, _number(feature.score), feature.found) for feature in category.features]
    text = f"score: {whole} ({found.components} components)\n" + table(("CATEGORY", "FEATURE", "SCORE", "FOUND"), rows)
    for gain, name, fix in found.fixes:
        text += f"+{gain:.2f}  {name}: {fix}\n"
    return text


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f}"


def score_json(found: Score, file: str) -> dict[str, Any]:
    """Give the score as JSON values; null is unknown."""
    return {
        "schemaVersion": "1.0",
        "file": file,
        "score": _rounded(found.score),
        "grade": found.grade or None,
        "components": found.components,
        "categories": [
            {
                "name": category.name,
                "weight": category.weight,
                "score": _rounded(category.score),
                "features": [
                    {
                        "name": feature.name,
                        "weight": feature.weight,
                        "score": _rounded(feature.score),
                        "found": feature.found,
                        "fix": feature.fix or None,
                        "gain": _rounded(feature.gain),
                    }
                    for feature in category.features
                ],
            }
            for category in found.categories
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
