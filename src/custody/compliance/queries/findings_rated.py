"""`findings_rated`: each known vulnerability has the facts that a plan needs: severity, and whether a fix is out.

    - {query: findings_rated}

Missing: findings that nobody scored. Reads: the newest verified scan report.
"""

from __future__ import annotations

from custody.compliance.interface import Answer, Material, Query, counted, supports
from custody.compliance.predicates.scan import newest_scan
from custody.fields import Fields

NAME = "findings_rated"


def read(fields: Fields) -> None:
    """Take no parameters."""
    fields.only("query")


def ask(material: Material, _: None) -> Answer:
    """Count findings with and without a severity."""
    found = newest_scan(material)
    if isinstance(found, str):
        return Answer(missing=(found,))
    report, item = found
    if report.database is None:
        return Answer(missing=("the scan had no advisory database, so no vulnerability could be analysed",))
    if not report.findings:
        text = f"The scan found nothing to analyse in {counted(report.packages, 'package')}."
        return Answer(cited=(supports(item, text),))
    unrated = sum(finding.severity == "UNKNOWN" for finding in report.findings)
    fixable = sum(bool(finding.fixed_versions) for finding in report.findings)
    text = (
        f"Of {counted(len(report.findings), 'finding')}, {len(report.findings) - unrated:,} have a severity and"
        f" {fixable:,} a version that fixes them; each names its package, and the advisory record behind it."
    )
    missing = (f"nobody has scored {counted(unrated, 'finding')}",) if unrated else ()
    return Answer(cited=(supports(item, text),), missing=missing)


QUERY = Query(name=NAME, looks_for="severity and fix of every known vulnerability", read=read, ask=ask)
