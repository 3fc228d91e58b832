"""`no_open_findings_above`: no known vulnerability above a severity is left without a recorded answer.

    - {query: no_open_findings_above, severity: MEDIUM}

severity: NONE, LOW, MEDIUM or HIGH. A finding is open when no exception covers it, or the exception has ended.
Against: open findings above it. Missing: no database, findings that nobody scored, packages that were not evaluated.
Reads: the newest verified scan report.
"""

from __future__ import annotations

from custody.compliance.interface import Answer, Material, Query, contradicts, counted, supports
from custody.compliance.predicates.scan import is_open, newest_scan
from custody.fields import Fields
from custody.model import severity_rank

NAME = "no_open_findings_above"
SHOWN = 5
"""Findings listed in a sentence; the scan report has them all."""


def read(fields: Fields) -> str:
    """Read the severity."""
    fields.only("query", "severity")
    return fields.one_of("severity", ("NONE", "LOW", "MEDIUM", "HIGH"))


def ask(material: Material, severity: str) -> Answer:
    """List open findings above the severity."""
    found = newest_scan(material)
    if isinstance(found, str):
        return Answer(missing=(found,))
    report, item = found
    if report.database is None:
        return Answer(missing=("the scan had no advisory database, so open vulnerabilities are unknown",))
    left = [finding for finding in report.findings if is_open(finding, material.now)]
    above = [finding for finding in left if severity_rank(finding.severity) > severity_rank(severity)]
    unrated = sum(finding.severity == "UNKNOWN" for finding in left)
    missing = []
    if unrated:
        missing.append(f"{counted(unrated, 'open finding')} without a severity")
    if report.not_evaluated:
        missing.append(f"on {counted(len(report.not_evaluated), 'package')} the scan can say nothing")
    if above:
        names = ", ".join(f"{f.id} in {f.package} {f.version} ({f.severity})" for f in above[:SHOWN])
        more = f" and {len(above) - SHOWN} more" if len(above) > SHOWN else ""
        text = f"{counted(len(above), 'vulnerability')} above {severity} without a recorded answer: {names}{more}."
        return Answer(cited=(contradicts(item, text),), missing=tuple(missing))
    rest = f"; {counted(len(left), 'finding')} at or below it are open" if left else ""
    text = f"No finding above {severity} is without a recorded answer{rest}."
    return Answer(cited=(supports(item, text),), missing=tuple(missing))


QUERY = Query(name=NAME, looks_for="no unanswered vulnerability above a severity", read=read, ask=ask)
