"""A scan report as SARIF, for code scanning pages and editors.

Spec: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html; `security-severity` and
`partialFingerprints` as GitHub reads them
(https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).

A vulnerability is a rule (section 3.49), a finding in one file a result (3.27), an exception a suppression (3.35).
What could not be evaluated or read is a notification of the invocation (3.20.21): a run without results is not a
clean one while those are there.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from custody.model import format_time, pretty_json, severity_rank
from custody.report.finding_texts import about, advice, how_found, link, title, why_suppressed
from custody.report.formats.interface import ReportFormat

if TYPE_CHECKING:
    from custody.model import Artifact, Finding, Inventory, ScanReport

__all__ = ["FORMAT", "sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    "CRITICAL": "error",
    "HIGH": "error",
    "MEDIUM": "warning",
    "UNKNOWN": "warning",
    "LOW": "note",
    "NONE": "note",
}
_LOWEST_OF_BAND = {"CRITICAL": 9.0, "HIGH": 7.0, "MEDIUM": 4.0, "LOW": 0.1, "NONE": 0.0}
"""For a severity stated in a word: no more than the word says."""
_NOTIFICATIONS = {
    "not-evaluated": "A package, or an advisory about it, on which the scan can say nothing.",
    "skipped": "A file that could not be read.",
    "no-database": "No advisory database was asked.",
}


def sarif(report: ScanReport, artifact: Artifact, *, tool_version: str) -> bytes:
    """Give the SARIF 2.1.0 log: indented JSON, the same bytes for the same report. artifact: what was scanned."""
    rules = _rules(report)
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "custody",
                "version": tool_version,
                "rules": rules,
                "notifications": [
                    {"id": name, "shortDescription": {"text": text}} for name, text in _NOTIFICATIONS.items()
                ],
            }
        },
        "automationDetails": {"id": f"custody/scan/{report.artifact}"},
        "invocations": [
            {
                "executionSuccessful": report.database is not None,
                "endTimeUtc": format_time(report.scanned_at),
                "toolExecutionNotifications": _notifications(report),
            }
        ],
        "results": [result for finding in report.findings for result in _results(finding, places[finding.id])],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "artifact": {
                "kind": artifact.kind,
                "name": artifact.name,
                "version": artifact.version,
                "digest": str(report.artifact),
            },
            "result": report.result,
            "packages": report.packages,
            "database": None if report.database is None else str(report.database.digest),
        },
    }
    return pretty_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rules(report: ScanReport) -> list[dict[str, Any]]:
    """One rule for each id; where findings of one id differ in severity, the most severe speaks for it."""
    worst: dict[str, Finding] = {}
    for finding in report.findings:
        known = worst.get(finding.id)
        if known is None or _weight(finding) > _weight(known):
            worst[finding.id] = finding
    return [_rule(worst[name]) for name in sorted(worst)]


def _weight(finding: Finding) -> tuple[int, float]:
    return severity_rank(finding.severity), finding.score or 0.0


def _rule(finding: Finding) -> dict[str, Any]:
    words = title(finding)
    rule: dict[str, Any] = {
        "id": finding.id,
        "shortDescription": {"text": words},
        "fullDescription": {
            "text": f"{words}. Also known as {', '.join(finding.aliases)}." if finding.aliases else words
        },
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "help": {"text": advice(finding)},
    }
    if url := link(finding):
        rule["helpUri"] = url
    properties: dict[str, Any] = {
        "tags": ["security", "vulnerability", *finding.cwes],
        "aliases": list(finding.aliases),
    }
    score = finding.score if finding.score is not None else _LOWEST_OF_BAND.get(finding.severity)
    if score is not None:
        properties["security-severity"] = f"{score:.1f}"
    if finding.vector:
        properties["cvss"] = finding.vector
    rule["properties"] = properties
    return rule


def _results(finding: Finding, rule: int) -> list[dict[str, Any]]:
    score = "" if finding.score is None else f" {finding.score}"
    summary = f": {finding.summary}" if finding.summary else ""
    base: dict[str, Any] = {
        "ruleId": finding.id,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {
            "text": f"{finding.package} {finding.version} has {finding.id} ({finding.severity}{score}){summary}."
            f" {advice(finding)}"
        },
        "properties": {
            "purl": finding.package_id,
            "ecosystem": finding.ecosystem,
            "fixedVersions": list(finding.fixed_versions),
            "layer": None if finding.layer is None else str(finding.layer),
            "path": list(finding.path),
            "found": [how_found(how) for how in finding.found],
        },
    }
    if finding.suppression is not None:
        base["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": why_suppressed(finding.suppression)}
        ]
    return [
        {
            **base,
            "locations": [_location(finding, path)],
            "partialFingerprints": {"custodyFinding/v1": _fingerprint(finding, path)},
        }
        for path in finding.locations or ("",)
    ]


def _location(finding: Finding, path: str) -> dict[str, Any]:
    """A package stands for its whole file; line 1 is named since some readers want a line."""
    location: dict[str, Any] = {
        "logicalLocations": [{"name": finding.package, "fullyQualifiedName": finding.package_id, "kind": "module"}]
    }
    if path:
        uri = quote(path.encode("utf-8", "surrogateescape"))
        location["physicalLocation"] = {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}}
    return location


def _fingerprint(finding: Finding, path: str) -> str:
    """The same problem in the same package and file stays the same alert when the version changes."""
    package = finding.package_id.partition("?")[0].removesuffix(f"@{finding.version}")
    return hashlib.sha256(f"{finding.id}\n{package}\n{path}".encode("utf-8", "surrogateescape")).hexdigest()


def _notifications(report: ScanReport) -> list[dict[str, Any]]:
    notes = (
        [("no-database", "error", "no advisory database was asked; nothing is known about any package")]
        if report.database is None
        else []
    )
    notes += [("not-evaluated", "warning", f"{about(item)}: {item.reason}") for item in report.not_evaluated]
    notes += [("skipped", "warning", f"{item.where}: {item.reason}") for item in report.skipped]
    return [{"descriptor": {"id": name}, "level": level, "message": {"text": text}} for name, level, text in notes]


def encode(report: ScanReport, inventory: Inventory, *, tool_version: str) -> bytes:
    """Write the log."""
    return sarif(report, inventory.artifact, tool_version=tool_version)


FORMAT = ReportFormat(name="sarif", media_type="application/sarif+json", extension=".sarif", encode=encode)
