"""Results as people and other tools read them, and other tools' results as ours. Values in, bytes out, always the same.

    encode_report(scan_report, inventory, "html", tool_version="1.0")  # any of `FORMATS`: sarif, junit, csv, …
    findings_table(scan_report, width=110, colour=True)                # for the terminal
    encode_security_report(scan_report)                                # security-report.json, and parse_security_report
    read_report(data, "grype.json")                                    # grype, trivy, SARIF, … → a scan report
    merge_reports([ours, theirs], artifact=ours.artifact)              # several reports of one artifact → one
    release_page(ReleasePage(artifact=…, …))                           # one static HTML page of a release
    compliance_pdf(assessment), encode_assessment(assessment)          # for a compliance officer, and for machines

What is shown comes out of values and is never trusted: each format escapes it in its own way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.errors import UsageError
from custody.report.findings_table import findings_table
from custody.report.formats import FORMATS, ReportFormat
from custody.report.security_report import encode_security_report, parse_security_report

if TYPE_CHECKING:
    from custody.model import Inventory, ScanReport
    from custody.report.assessment_json import encode_assessment
    from custody.report.foreign import ForeignReport, read_report
    from custody.report.foreign.merge import merge_reports
    from custody.report.formats.sarif import sarif
    from custody.report.page import ReleasePage, release_page
    from custody.report.pdf import compliance_pdf

__all__ = [
    "FORMATS",
    "ForeignReport",
    "ReleasePage",
    "ReportFormat",
    "compliance_pdf",
    "encode_assessment",
    "encode_report",
    "encode_security_report",
    "findings_table",
    "merge_reports",
    "parse_security_report",
    "read_report",
    "release_page",
    "sarif",
]

_LATER = {
    "ForeignReport": "foreign",
    "ReleasePage": "page",
    "compliance_pdf": "pdf",
    "encode_assessment": "assessment_json",
    "merge_reports": "foreign.merge",
    "read_report": "foreign",
    "release_page": "page",
    "sarif": "formats.sarif",
}
"""Name → the module that has it, imported when it is first asked for: a scan that prints a table needs none of them."""


def encode_report(report: ScanReport, inventory: Inventory, name: str, *, tool_version: str) -> bytes:
    """Write a scan report in the format called `name`, a key of `FORMATS`; UsageError for one that is not there."""
    if name not in FORMATS:
        raise UsageError("-o", f"unknown report format {name!r}", f"expected one of {', '.join(FORMATS)}")
    return FORMATS[name].encode(report, inventory, tool_version=tool_version)


def __getattr__(name: str) -> object:
    """Import the rest when it is first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
