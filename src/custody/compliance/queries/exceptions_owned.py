"""`exceptions_owned`: whoever excepted a vulnerability is named, with a reason and an end.

    - {query: exceptions_owned}

Against: an exception without an owner, a reason or an end, or one that has ended. No exceptions: no fact at all.
Reads: the suppressions in the newest verified scan report.
"""

from __future__ import annotations

import datetime as dt

from custody.compliance.interface import Answer, Material, Query, contradicts, counted, day, supports
from custody.compliance.predicates.scan import newest_scan
from custody.fields import Fields
from custody.model import CitedEvidence, Finding

NAME = "exceptions_owned"
SHOWN = 5
"""Exceptions listed in a sentence; the scan report has them all."""


def read(fields: Fields) -> None:
    """Take no parameters."""
    fields.only("query")


def ask(material: Material, _: None) -> Answer:
    """Look at each exception."""
    found = newest_scan(material)
    if isinstance(found, str):
        return Answer(missing=(found,))
    report, item = found
    excepted = [finding for finding in report.findings if finding.suppression is not None]
    faults = [text for finding in excepted if (text := _fault(finding, material.now))]
    cited: list[CitedEvidence] = []
    if faults:
        more = f" and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        cited.append(contradicts(item, f"Exceptions that nobody can answer for: {'; '.join(faults[:SHOWN])}{more}."))
    elif excepted:
        ends = min(f.suppression.expires for f in excepted if f.suppression and f.suppression.expires)
        owners = sorted({f.suppression.owner for f in excepted if f.suppression})
        listed = ", ".join(owners[:SHOWN]) + (", …" if len(owners) > SHOWN else "")
        text = (
            f"{counted(len(excepted), 'finding')} excepted, each with a reason, an owner ({listed}) and an end; the"
            f" first ends on {day(ends)}."
        )
        cited.append(supports(item, text))
    return Answer(cited=tuple(cited))


def _fault(finding: Finding, now: dt.datetime) -> str:
    grant = finding.suppression
    if grant is None:
        return ""
    lacks = [
        what
        for what, there in (("owner", grant.owner), ("reason", grant.reason), ("end date", grant.expires))
        if not there
    ]
    if lacks:
        return f"{finding.id} in {finding.package} has no {' and no '.join(lacks)}"
    if grant.expires is not None and grant.expires <= now:
        return f"{finding.id} in {finding.package}: ended on {day(grant.expires)}"
    return ""


QUERY = Query(name=NAME, looks_for="an owner, a reason and an end for every exception", read=read, ask=ask)
