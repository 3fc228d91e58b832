"""A finding as a CycloneDX vulnerability (1.6, `vulnerabilities[]`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from custody.model import format_time
from custody.sbom.texts import advisory_url, is_uri, line, remedy, shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from custody.model import Finding, Suppression

__all__ = ["vulnerability"]

_METHODS = (
    ("CVSS:4", "CVSSv4"),
    ("CVSS:3.1", "CVSSv31"),
    ("CVSS:3.0", "CVSSv3"),
    ("AV:", "CVSSv2"),
    ("(AV:", "CVSSv2"),
)
_SEVERITIES = {"CRITICAL", "HIGH", "MEDIUM", "LOW", "NONE"}
_CWE = re.compile(r"CWE-([1-9][0-9]{0,8})")


def vulnerability(finding: Finding, known: Collection[str]) -> dict[str, Any]:
    """Give the vulnerability: one for each finding, since severity, remedy and exception differ between packages.

    known: the `bom-ref`s of the document; a finding about anything else affects nothing in it.
    """
    table: dict[str, Any] = {
        "bom-ref": shown(f"{finding.id}#{finding.package_id}"),
        "id": line(finding.id),
        "source": {"name": "OSV", "url": advisory_url(finding.id)},
    }
    if finding.aliases:
        table["references"] = [
            {"id": line(i), "source": {"name": "OSV", "url": advisory_url(i)}} for i in finding.aliases
        ]
    table["ratings"] = [_rating(finding)]
    if cwes := sorted({int(match[1]) for cwe in finding.cwes if (match := _CWE.fullmatch(cwe))}):
        table["cwes"] = cwes
    if finding.summary:
        table["description"] = shown(finding.summary)
    if finding.found:
        table["detail"] = shown("\n".join(_how(finding)))
    table["recommendation"] = line(
        f"Update {finding.package}: {remedy(finding)}." if finding.fixed_versions else "No fixed version is known."
    )
    advisories = [{"title": line(kind), "url": url} for kind, url in finding.references if is_uri(url)]
    if advisories:
        table["advisories"] = advisories
    if finding.published:
        table["published"] = format_time(finding.published)
    if finding.modified:
        table["updated"] = format_time(finding.modified)
    if finding.suppression:
        table["analysis"] = {"state": "in_triage", "detail": _exception(finding.suppression)}
    if finding.package_id in known:
        affected: dict[str, Any] = {"ref": finding.package_id}
        if 0 < len(version := line(finding.version)) <= 1024:  # a version of white space only is none
            affected["versions"] = [{"version": version, "status": "affected"}]
        table["affects"] = [affected]
    return table


def _rating(finding: Finding) -> dict[str, Any]:
    severity = finding.severity.lower() if finding.severity in _SEVERITIES else "unknown"
    rating: dict[str, Any] = {"source": {"name": line(finding.severity_source)}} if finding.severity_source else {}
    if finding.score is not None:
        rating["score"] = finding.score
    rating["severity"] = severity
    if finding.vector:
        rating["method"] = next((method for start, method in _METHODS if finding.vector.startswith(start)), "other")
        rating["vector"] = line(finding.vector)
    return rating


def _how(finding: Finding) -> list[str]:
    return [
        f"Looked up {how.searched}: {how.record} matched {how.matched} ({how.ordering}); {how.source}; "
        f"{how.confidence} confidence."
        for how in finding.found
    ]


def _exception(suppression: Suppression) -> str:
    until = f"until {format_time(suppression.expires)}" if suppression.expires else "without an end"
    approved = f", approved by {suppression.approver}" if suppression.approver else ""
    return line(f"A recorded exception {until}, owned by {suppression.owner}{approved}: {suppression.reason}")
