"""Results as people and other tools read them: text, JSON, SARIF, HTML, PDF. Values in, bytes out, the same each time.

    findings_table(scan_report, width=110, colour=True)         # for the terminal
    sarif(scan_report, artifact, tool_version="1.0")            # for code scanning pages
    encode_security_report(scan_report)                         # security-report.json, and parse_security_report
    release_page(ReleasePage(artifact=…, …))                    # one static HTML page
    compliance_pdf(assessment), encode_assessment(assessment)   # for a compliance officer, and for machines

What is shown comes out of values and is never trusted: each format escapes it in its own way.
"""

from custody.report.assessment_json import encode_assessment
from custody.report.findings_table import findings_table
from custody.report.page import ReleasePage, release_page
from custody.report.pdf import compliance_pdf
from custody.report.sarif import sarif
from custody.report.security_report import encode_security_report, parse_security_report

__all__ = [
    "ReleasePage",
    "compliance_pdf",
    "encode_assessment",
    "encode_security_report",
    "findings_table",
    "parse_security_report",
    "release_page",
    "sarif",
]
