"""A scan report as one HTML page: sorted and filtered in the browser, with nothing fetched from anywhere.

Without a script the page shows all rows in the report's order, and the story of each unfolds. The script sorts, filters
and shows `PAGE` rows at a time, since a browser lays out a few hundred rows at once and not ten thousand. Printing
shows every row that the filter lets through. Style and script stand in the page; a content security policy allows this
one script by its hash, and nothing else. Every text is escaped by the template engine, and links are http or https.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from custody.errors import one_line
from custody.model import format_time, severity_rank
from custody.report.finding_texts import (
    about,
    advice,
    by_severity,
    counted,
    how_found,
    kind_of,
    links,
    result_words,
    title,
    why_suppressed,
)
from custody.report.formats.interface import ReportFormat

if TYPE_CHECKING:
    from custody.model import Finding, Inventory, ScanReport

PAGE = 200
"""Rows that are shown at once."""
MAX_BLIND = 2000
"""Lines about what was not evaluated: past them their number is told, and the JSON report has them."""
_MAX_LINKS = 30


def encode(report: ScanReport, inventory: Inventory, *, tool_version: str) -> bytes:
    """Write the page."""
    import minijinja

    folder = files("custody.report") / "templates"
    style = (folder / "scan.css").read_text(encoding="utf-8")
    script = (folder / "scan.js").read_text(encoding="utf-8")
    environment = minijinja.Environment(
        templates={"scan.html": (folder / "scan.html.j2").read_text(encoding="utf-8")},
        trim_blocks=True,
        lstrip_blocks=True,
        undefined_behavior="strict",
    )
    text = environment.render_template(
        "scan.html",
        style=style,
        script=script,
        script_hash="sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        **_values(report, inventory, tool_version),
    )
    return text.encode("utf-8", "backslashreplace")


def _values(report: ScanReport, inventory: Inventory, tool_version: str) -> dict[str, Any]:
    artifact = inventory.artifact
    found = counted(report)
    database = report.database
    blind = [(about(item), item.reason) for item in report.not_evaluated]
    blind += [(item.where, item.reason) for item in report.skipped]
    words = result_words(report)
    return {
        "name": one_line(artifact.name or artifact.reference or "scan"),
        "version": one_line(artifact.version),
        "kind": artifact.kind,
        "reference": one_line(artifact.reference),
        "digest": str(report.artifact),
        "result": words,
        "tone": "no" if found else "unknown" if words.startswith("Unknown") else "yes",
        "scanned_at": format_time(report.scanned_at),
        "tool_version": one_line(tool_version),
        "counts": [(word.lower(), count) for word, count in by_severity(found)],
        "total": len(found),
        "suppressed": len(report.findings) - len(found),
        "fixable": sum(bool(finding.fixed_versions) for finding in found),
        "exploited": sum(finding.exploited is not None for finding in found),
        "packages": report.packages,
        "database": None
        if database is None
        else {
            "newest": format_time(database.newest) if database.newest else "not known",
            "advisories": sum(count for _, count in database.ecosystems),
            "origin": one_line(database.origin),
            "digest": str(database.digest),
            "partial": database.partial,
        },
        "has_risk": any(finding.risk is not None for finding in report.findings),
        "has_base": any(finding.base is not None for finding in report.findings),
        "has_direct": any(finding.direct is not None for finding in report.findings),
        "page": PAGE,
        "rows": [_row(finding) for finding in report.findings],
        "blind": [(one_line(where), one_line(why)) for where, why in blind[:MAX_BLIND]],
        "more_blind": max(0, len(blind) - MAX_BLIND),
    }


def _row(finding: Finding) -> dict[str, Any]:
    suppression = finding.suppression
    severity = finding.severity.lower()
    marks = []
    if finding.exploited:
        marks.append(("kev", "exploited"))
    if finding.exploited and finding.exploited.ransomware:
        marks.append(("kev", "ransomware"))
    if finding.status == "under_investigation":
        marks.append(("quiet", "under investigation"))
    return {
        "id": one_line(finding.id),
        "severity": severity,
        "score": "" if finding.score is None else f"{finding.score:.1f}",
        "sort": f"{severity_rank(finding.severity) * 100 + (finding.score or 0):.1f}",
        "risk": "" if finding.risk is None else f"{finding.risk:.1f}",
        "epss": "" if finding.epss is None else f"{finding.epss.score * 100:.1f} %",
        "package": one_line(finding.package),
        "version": one_line(finding.version),
        "fixed": one_line(finding.fixed_versions[0]) if finding.fixed_versions else "",
        "more_fixed": len(finding.fixed_versions) - 1,
        "title": one_line(title(finding)),
        "marks": marks,
        "direct": {True: "direct", False: "indirect", None: ""}[finding.direct],
        "base": {True: "base image", False: "own layer", None: ""}[finding.base],
        "suppressed": suppression is not None,
        "flags": " ".join(
            word
            for word, there in (
                (severity, True),
                ("suppressed", suppression is not None),
                ("fixable", bool(finding.fixed_versions)),
                ("exploited", finding.exploited is not None),
                ("direct", finding.direct is True),
                ("own", finding.base is False),
            )
            if there
        ),
        "facts": [(name, one_line(value)) for name, value in _facts(finding) if value],
        "locations": [one_line(place) for place in finding.locations],
        "path": [one_line(step) for step in finding.path],
        "found": [(one_line(how_found(how)), one_line(how.source)) for how in finding.found],
        "links": [(one_line(kind.lower()) or "page", url) for kind, url in links(finding)[:_MAX_LINKS]],
    }


def _facts(finding: Finding) -> list[tuple[str, str]]:
    """Give (name, text) of what is known of a finding beyond its row, "" where nothing is."""
    suppression, epss, entry = finding.suppression, finding.epss, finding.exploited
    due = "" if entry is None or entry.due is None else f", due {entry.due.isoformat()}"
    return [
        ("Suppressed", "" if suppression is None else f"{kind_of(suppression)}: {why_suppressed(suppression)}"),
        ("Remedy", advice(finding)),
        ("Also known as", ", ".join(finding.aliases)),
        ("Package URL", finding.package_id),
        ("CVSS", f"{finding.vector} ({finding.severity_source})" if finding.vector else finding.severity_source),
        (
            "EPSS",
            ""
            if epss is None
            else f"{epss.score:.5f}, more than {epss.percentile:.1%} of all ({epss.date.isoformat()})",
        ),
        (
            "Exploited",
            "" if entry is None else f"known since {entry.added.isoformat()}{due}. {entry.action}".rstrip(),
        ),
        ("Decision points", ", ".join(f"{name}: {value}" for name, value in finding.ssvc)),
        ("Weaknesses", ", ".join(finding.cwes)),
        ("Urgency", finding.urgency),
        ("Layer", "" if finding.layer is None else str(finding.layer)),
        ("Published", "" if finding.published is None else format_time(finding.published)),
    ]


FORMAT = ReportFormat(name="html", media_type="text/html; charset=utf-8", extension=".html", encode=encode)
