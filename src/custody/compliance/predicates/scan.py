"""A scan report inside a vulnerability attestation.

Reads: predicate type https://cosign.sigstore.dev/attestation/vuln/v1 whose `scanner.result` is a security report in the
shape of `custody.model.scan_json`.
"""

from __future__ import annotations

import datetime as dt

from custody.compliance.interface import Material, newest
from custody.fields import Fields
from custody.model import Evidence, Finding, ScanReport
from custody.model.scan_json import scan_report_from_json

__all__ = ["is_open", "newest_scan", "read_scan"]


def read_scan(item: Evidence) -> ScanReport:
    """Take the report out of a predicate; InputError: another scanner's shape, damaged, or about another artifact."""
    result = Fields(item.statement.predicate, f"evidence {item.digest.short}").table("scanner").table("result")
    report = scan_report_from_json(dict(result.value), result.at)
    if not item.statement.is_about(report.artifact):
        raise result.fault("artifact", f"the report is about {report.artifact}, the statement about something else")
    return report


def newest_scan(material: Material) -> tuple[ScanReport, Evidence] | str:
    """Give the latest verified scan, or what is missing."""
    items = material.of("vuln")
    if not items:
        return material.lack("vuln", "scan report")
    found = newest(items, read_scan, lambda report: report.scanned_at)
    return f"the scan report cannot be read: {found}" if isinstance(found, str) else found


def is_open(finding: Finding, now: dt.datetime) -> bool:
    """Say whether a finding counts: nobody excepted it, or the exception has ended."""
    grant = finding.suppression
    return grant is None or (grant.expires is not None and grant.expires <= now)
