"""Exceptions: granted, listed, ended; each act is an entry of the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from custody.errors import CustodyError, InputError
from custody.model import ExceptionGrant, Purl, ScanReport, format_time
from custody.vault import RecordedException, Workspace
from custody.workflows.journal import Clock, open_journal

if TYPE_CHECKING:
    from custody.workflows.interface import Listener
    from custody.workflows.scan import ScanRequest

__all__ = ["JudgedException", "end_exception", "grant_exception", "judge_exceptions", "list_exceptions"]

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedException:
    """An exception, and how it stands.

    state: "in force", "expiring" (in force, for at most so many days), "expired", "ended" (by somebody) or "not begun";
    days: whole ones that are left, 0 where it is over. stale: whether it covers no finding any more, None where no scan
    can tell; why: in which scans.
    """

    row: RecordedException
    state: str
    days: int
    stale: bool | None
    why: str


def grant_exception(workspace: Path, grant: ExceptionGrant, *, actor: str, clock: Clock) -> int:
    """Record an exception; give its number."""
    folder = Workspace(workspace).make()
    journal = open_journal(folder, actor=actor, clock=clock)
    with folder.records() as records:
        number = records.add_exception(grant)
    journal.record(
        "exception.granted",
        grant.id,
        number=number,
        package=grant.package,
        owner=grant.owner,
        approver=grant.approver,
        reason=grant.reason,
        expires=format_time(grant.expires) if grant.expires else "",
        justification=grant.justification,
    )
    return number


def list_exceptions(workspace: Path, now: dt.datetime, *, include_expired: bool) -> Sequence[RecordedException]:
    """Give the exceptions, those that end soonest first."""
    with Workspace(workspace).records() as records:
        return list(records.exceptions(now, include_expired=include_expired))


def end_exception(workspace: Path, number: int, *, reason: str, actor: str, clock: Clock) -> None:
    """End an exception; InputError when there is none of this number."""
    folder = Workspace(workspace).make()
    journal = open_journal(folder, actor=actor, clock=clock)
    with folder.records() as records:
        records.end_exception(number, now=clock(), by=actor, reason=reason)
    journal.record("exception.ended", number, reason=reason)


def judge_exceptions(
    rows: Sequence[RecordedException],
    workspace: Path,
    listener: Listener,
    *,
    now: dt.datetime,
    days: int,
    against: ScanRequest | None = None,
) -> list[JudgedException]:
    """Say of each exception how it stands.

    days: how soon one has to expire to be called expiring. against: what to scan, or a report, to see which are stale;
    None for the last release of each name that the workspace holds. Raises CustodyError where that cannot be scanned.
    """
    if not rows:
        return []
    scans = _released(workspace, listener) if against is None else [_scanned(against, listener, now)]
    return [_judge(row, scans, now, days) for row in rows]


def _judge(
    row: RecordedException, scans: Sequence[tuple[str, ScanReport]], now: dt.datetime, days: int
) -> JudgedException:
    grant = row.grant
    left = grant.expires - now if grant.expires is not None else None
    if row.ended_at is not None and row.ended_at <= now:
        state = "ended"
    elif left is not None and left <= dt.timedelta():
        state = "expired"
    elif not row.is_active(now):
        state = "not begun"
    else:
        state = "expiring" if left is not None and left <= days * _DAY else "in force"
    stale = _stale(grant, [report for _, report in scans]) if state in {"in force", "expiring"} else None
    names = ", ".join(name for name, _ in scans)
    return JudgedException(
        row=row,
        state=state,
        days=max(0, left // _DAY) if left is not None else 0,
        stale=stale,
        why=f"no such finding in {names}" if stale else "",
    )


def _stale(grant: ExceptionGrant, reports: Sequence[ScanReport]) -> bool | None:
    """Say whether no report has a finding that a grant covers; None where one of them cannot tell."""
    if any(grant.covers(finding) for report in reports for finding in report.findings):
        return False
    if not reports or any(_blind(grant, report) for report in reports):
        return None
    return True


def _blind(grant: ExceptionGrant, report: ScanReport) -> bool:
    """Say whether a report could have missed it: nothing was asked, or its package could not be evaluated."""
    if report.database is None or report.result == "unknown":
        return True
    for missed in report.not_evaluated:
        if missed.advisory and missed.advisory.upper() != grant.id.upper():
            continue
        if grant.package in _names(missed.package_id) or (missed.advisory and not grant.package):
            return True
    return False


def _names(package_id: str) -> set[str]:
    """Give the texts that mean a package."""
    try:
        purl = Purl.parse(package_id)
    except InputError:
        return {package_id}
    short = package_id.partition("?")[0]
    return {package_id, short, short.rpartition("@")[0], purl.name, purl.full_name}


def _scanned(request: ScanRequest, listener: Listener, now: dt.datetime) -> tuple[str, ScanReport]:
    from custody.workflows.recorded_scan import report_in
    from custody.workflows.scan import scan

    report = report_in(request.source)
    if report is None:
        report = scan(request, listener, scanned_at=now, now=now).report
    return request.source, report


def _released(workspace: Path, listener: Listener) -> list[tuple[str, ScanReport]]:
    """Give the scan report of the last release of each name, as the vault holds it; a broken one is told."""
    from custody.model import predicate_types, scan_report_from_json
    from custody.workflows.verify import find

    folder = Workspace(workspace)
    with folder.records() as records:
        last = {release.name: release for release in records.releases()}
    found = []
    for name in sorted(last):
        release = last[name]
        try:
            for bundle in find(f"oci:{folder.vault}@{release.digest}", keys=()).bundles:
                if bundle.evidence.predicate_type in predicate_types("vuln"):
                    result = bundle.evidence.statement.predicate["scanner"]["result"]
                    found.append((f"{name} {release.version}", scan_report_from_json(result, f"release {name}")))
        except (CustodyError, KeyError, TypeError) as error:
            listener.warn(f"the scan report of {name} {release.version} cannot be read: {error}")
    return found
