"""`security-report.json`: a scan report as a file.

Its shape is `custody.model.scan_json`: jq '.vulnerabilities[] | select(.severity == "HIGH")' security-report.json
"""

from __future__ import annotations

from custody.fields import Fields
from custody.model import ScanReport, pretty_json
from custody.model.scan_json import scan_report_from_json, scan_report_to_json

__all__ = ["encode_security_report", "parse_security_report"]


def encode_security_report(report: ScanReport) -> bytes:
    """Give the file: indented JSON in a fixed order, so that equal reports are equal bytes."""
    return pretty_json(scan_report_to_json(report))


def parse_security_report(data: bytes, where: str) -> ScanReport:
    """Read such a file; InputError names the field that is wrong."""
    return scan_report_from_json(dict(Fields.from_json(data, where, unique_keys=True).value), where)
