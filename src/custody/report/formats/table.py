"""The table of the terminal as a file: 110 columns, no colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.report.findings_table import findings_table
from custody.report.formats.interface import ReportFormat

if TYPE_CHECKING:
    from custody.model import Inventory, ScanReport


def encode(report: ScanReport, inventory: Inventory, *, tool_version: str) -> bytes:  # noqa: ARG001 - it says neither
    """Write the table."""
    return findings_table(report).encode("utf-8", "backslashreplace")


FORMAT = ReportFormat(name="table", media_type="text/plain; charset=utf-8", extension=".txt", encode=encode)
