"""`security-report.json`, our own form; its schema is `schemas/security-report-1.1.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.report.formats.interface import ReportFormat
from custody.report.security_report import encode_security_report

if TYPE_CHECKING:
    from custody.model import Inventory, ScanReport


def encode(report: ScanReport, inventory: Inventory, *, tool_version: str) -> bytes:  # noqa: ARG001 - it says neither
    """Write the report."""
    return encode_security_report(report)


FORMAT = ReportFormat(name="json", media_type="application/json", extension=".json", encode=encode)
