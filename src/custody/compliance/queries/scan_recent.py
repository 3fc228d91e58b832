"""`scan_recent`: the artifact was scanned for known vulnerabilities, against advisories that are not old.

    - {query: scan_recent, maxAgeDays: 30}

maxAgeDays: for the scan, and for the newest advisory in its database; the number is ours, not the framework's.
Missing: no scan, no database, one that is old or only a part, packages that were not evaluated. A gap is no pass.
Reads: the newest verified scan report.
"""

from __future__ import annotations

import datetime as dt

from custody.compliance.interface import Answer, Material, Query, counted, day, supports
from custody.compliance.predicates.scan import newest_scan
from custody.fields import Fields
from custody.model import ScanReport

NAME = "scan_recent"
SKEW = dt.timedelta(days=1)
"""Clocks of two machines may differ; a scan that is dated later than this is no scan that has happened."""


def read(fields: Fields) -> int:
    """Read the limit in days."""
    fields.only("query", "maxAgeDays")
    days = fields.integer("maxAgeDays")
    if days < 1:
        raise fields.fault("maxAgeDays", f"expected 1 or more, got {days}")
    return days


def ask(material: Material, max_age_days: int) -> Answer:
    """Compare the dates with today."""
    found = newest_scan(material)
    if isinstance(found, str):
        return Answer(missing=(found,))
    report, item = found
    database = report.database
    if database is None:
        return Answer(missing=("the scan had no advisory database to ask, so it says nothing",))
    advisories = sum(count for _, count in database.ecosystems)
    newest = f"newest of {day(database.newest)}" if database.newest else "of unknown date"
    text = (
        f"{counted(report.packages, 'package')} were compared on {day(report.scanned_at)} with"
        f" {counted(advisories, 'advisory')} ({newest}); {_outcome(report)}."
    )
    return Answer(cited=(supports(item, text),), missing=tuple(_gaps(report, material.now, max_age_days)))


def _outcome(report: ScanReport) -> str:
    excepted = sum(finding.suppression is not None for finding in report.findings)
    tail = f", {excepted:,} of them excepted" if excepted else ""
    return f"{counted(len(report.findings), 'finding')}{tail}"


def _gaps(report: ScanReport, now: dt.datetime, max_age_days: int) -> list[str]:
    database, gaps = report.database, []
    limit = dt.timedelta(days=max_age_days)
    if report.scanned_at > now + SKEW:
        gaps.append(f"the scan is dated {day(report.scanned_at)}, after this report")
    elif now - report.scanned_at > limit:
        gaps.append(f"the scan is {(now - report.scanned_at).days} days old, more than {max_age_days}")
    if database is None:
        return gaps
    if database.newest is None:
        gaps.append("the advisory database does not say how new it is")
    elif now - database.newest > limit:
        gaps.append(f"the newest advisory is {(now - database.newest).days} days old, more than {max_age_days}")
    if database.partial:
        gaps.append("the advisory database holds only a part of what is published")
    if report.not_evaluated:
        gaps.append(f"on {counted(len(report.not_evaluated), 'package')} the scan can say nothing")
    if report.skipped:
        gaps.append(f"{counted(len(report.skipped), 'file')} could not be read")
    return gaps


QUERY = Query(name=NAME, looks_for="a recent scan against recent advisories", read=read, ask=ask)
