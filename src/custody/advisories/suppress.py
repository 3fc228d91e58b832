"""Findings that do not count, because somebody answers for it. They stay visible, with the reason.

A finding has one suppression. Whose word counts first: the vendor's (from the database), then VEX statements, recorded
exceptions, the ignore file, and the wish to see only what can be fixed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

from custody.model import ExceptionGrant, Finding, ScanReport, Suppression

__all__ = ["Named", "apply_exceptions", "only_fixed"]


class Named:
    """Which of many rules names a finding first: each is kept by the id and the package that it names."""

    def __init__(self, rules: Iterable[tuple[str, str]]) -> None:
        """Take (id, package) of each, as `Finding.is_called` and `Finding.is_in` read them."""
        self._places: dict[tuple[str, str], int] = {}
        for place, (name, package) in enumerate(rules):
            self._places.setdefault((name.strip().upper(), package), place)

    def first(self, finding: Finding) -> int | None:
        """Give the place of the first rule that names the finding; None where none does."""
        names = {name.upper() for name in (finding.id, *finding.aliases)}
        packages = finding.package_names()
        found = (self._places.get((name, package)) for name in names for package in packages)
        return min((place for place in found if place is not None), default=None)


def apply_exceptions(report: ScanReport, grants: Sequence[ExceptionGrant], *, now: dt.datetime) -> ScanReport:
    """Give the report with every finding suppressed that a valid grant covers, and no other.

    What an earlier call said does not count; what others than exceptions suppress stays as it is.

    A grant covers a finding whose id or alias it names (whatever the case), in the package it names (by name, or by
    purl with or without version) or in all. It is valid from `granted_at` to just before `expires`. Of several the
    one that lasts longest counts. One with a justification says that the package is not affected; one without accepts a
    risk, and states nothing.
    """
    valid = [g for g in grants if g.is_valid(now)]
    last = dt.datetime.max.replace(tzinfo=dt.UTC)
    valid.sort(key=lambda g: (g.expires or last, g.owner, g.reason, g.approver), reverse=True)
    named = Named((g.id, g.package) for g in valid)
    findings = []
    for finding in report.findings:
        if finding.suppression is not None and finding.suppression.kind != "exception":
            findings.append(finding)
            continue
        place = named.first(finding)
        grant = None if place is None else valid[place]
        if grant is None and finding.suppression is None:
            findings.append(finding)
            continue
        findings.append(replace(finding, suppression=None if grant is None else _suppression(grant)))
    return replace(report, findings=tuple(findings))


def only_fixed(report: ScanReport) -> ScanReport:
    """Give the report with every finding suppressed for which no fix is known: there is nothing to install."""
    none = Suppression(
        kind="ignore",
        reason="no fix is known, and only what is fixed was asked for",
        owner="",
        expires=None,
        source="--only-fixed",
    )
    findings = tuple(
        replace(f, suppression=none) if f.suppression is None and not f.fixed_versions else f for f in report.findings
    )
    return replace(report, findings=findings)


def _suppression(grant: ExceptionGrant) -> Suppression:
    return Suppression(
        reason=grant.reason,
        owner=grant.owner,
        expires=grant.expires,
        approver=grant.approver,
        status="not_affected" if grant.justification else "",
        justification=grant.justification,
    )
