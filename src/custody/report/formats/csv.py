"""Findings as comma-separated values, `text/csv`: for spreadsheets.

Writes: RFC 4180 in UTF-8 with a head line, lines end in CRLF. One line a finding, then one for each thing that could
not be evaluated or read: the column `state` tells them apart (counted, suppressed, not evaluated, skipped), so that an
empty table is not taken for a clean one. Several values in a cell are joined by "; ". A cell that a spreadsheet would
take for a formula (it begins with =, +, -, @, a tab or a line end) gets an apostrophe in front.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from custody.model import format_time
from custody.report.finding_texts import how_found, kind_of, link, why_suppressed
from custody.report.formats.interface import ReportFormat

if TYPE_CHECKING:
    import datetime as dt

    from custody.model import Finding, Inventory, ScanReport

COLUMNS = (
    "state",
    "severity",
    "score",
    "risk",
    "id",
    "package",
    "version",
    "fixed in",
    "summary",
    "status",
    "reason",
    "epss",
    "known exploited since",
    "ransomware",
    "direct",
    "base image",
    "ecosystem",
    "purl",
    "aliases",
    "cwes",
    "cvss vector",
    "severity source",
    "response",
    "urgency",
    "locations",
    "path",
    "layer",
    "found",
    "published",
    "modified",
    "link",
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters of a formula, the full-width ones of East Asian keyboards included."""


def encode(report: ScanReport, inventory: Inventory, *, tool_version: str) -> bytes:  # noqa: ARG001 - it says neither
    """Write the lines."""
    import csv
    import io

    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    rows = [_row(finding) for finding in report.findings]
    rows += [
        {"state": "not evaluated", "id": item.advisory, "purl": item.package_id, "reason": item.reason}
        for item in report.not_evaluated
    ]
    rows += [{"state": "skipped", "locations": item.where, "reason": item.reason} for item in report.skipped]
    if report.database is None:
        rows.append({"state": "not evaluated", "reason": "no advisory database was asked"})
    for row in rows:
        writer.writerow([_guarded(row.get(column, "")) for column in COLUMNS])
    return out.getvalue().encode("utf-8", "backslashreplace")


def _row(finding: Finding) -> dict[str, str]:
    suppression = finding.suppression
    return {
        "state": "counted" if suppression is None else "suppressed",
        "severity": finding.severity,
        "score": _number(finding.score),
        "risk": _number(finding.risk),
        "id": finding.id,
        "package": finding.package,
        "version": finding.version,
        "fixed in": "; ".join(finding.fixed_versions),
        "summary": finding.summary,
        "status": finding.status,
        "reason": "" if suppression is None else f"{kind_of(suppression)}: {why_suppressed(suppression)}",
        "epss": "" if finding.epss is None else str(finding.epss.score),
        "known exploited since": "" if finding.exploited is None else finding.exploited.added.isoformat(),
        "ransomware": "" if finding.exploited is None else _yes(value=finding.exploited.ransomware),
        "direct": _yes(value=finding.direct),
        "base image": _yes(value=finding.base),
        "ecosystem": finding.ecosystem,
        "purl": finding.package_id,
        "aliases": "; ".join(finding.aliases),
        "cwes": "; ".join(finding.cwes),
        "cvss vector": finding.vector,
        "severity source": finding.severity_source,
        "response": finding.response,
        "urgency": finding.urgency,
        "locations": "; ".join(finding.locations),
        "path": "; ".join(finding.path),
        "layer": "" if finding.layer is None else str(finding.layer),
        "found": "; ".join(how_found(how) for how in finding.found),
        "published": _time(finding.published),
        "modified": _time(finding.modified),
        "link": link(finding),
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _yes(*, value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _time(moment: dt.datetime | None) -> str:
    return "" if moment is None else format_time(moment)


def _guarded(text: str) -> str:
    # A NUL ends the text for some readers, and who looks at the file in a terminal gets what an ESC asks for.
    text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    return f"'{text}" if text.startswith(_FORMULA) else text


FORMAT = ReportFormat(name="csv", media_type="text/csv; charset=utf-8; header=present", extension=".csv", encode=encode)
