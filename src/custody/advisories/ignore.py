"""The ignore file: findings that somebody has looked at and set aside, until a date.

    ignore:
      - id: CVE-2026-1234                 # or any other id of the problem
        package: openssl                  # a name, or a purl with or without version; left out: every package
        reason: the affected cipher is not compiled in
        expires: 2026-12-31               # from then on it counts again
        owner: maya@team.example          # who answers for it

Without a reason or a date it is refused: nobody could say later why it is there, and nothing would bring it back. A
line of an ignore file is nobody's approval; a recorded exception (`custody exception add`) is, and stands in the
ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from custody.advisories.suppress import Named
from custody.fields import Fields
from custody.model import Finding, ScanReport, Suppression

__all__ = ["IgnoreRule", "apply_ignores", "names_package", "parse_ignores"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRule:
    """One line of an ignore file. where: the place in it, for people; package: "" for every one."""

    id: str
    package: str
    reason: str
    expires: dt.datetime
    owner: str
    where: str

    def is_expired(self, now: dt.datetime) -> bool:
        """Say whether it counts no more."""
        return now >= self.expires


def parse_ignores(data: bytes, where: str) -> tuple[IgnoreRule, ...]:
    """Read an ignore file; InputError for a field that is missing, unknown, or not what it must be."""
    fields = Fields.from_yaml(data, where)
    fields.only("ignore")
    rules = []
    for entry in fields.each("ignore"):
        entry.only("id", "package", "reason", "expires", "owner")
        rule = IgnoreRule(
            id=entry.text("id").strip(),
            package=entry.text_or("package").strip(),
            reason=entry.text("reason").strip(),
            expires=entry.time("expires"),
            owner=entry.text_or("owner").strip(),
            where=entry.at,
        )
        if not rule.reason:
            raise entry.fault("reason", "expected a reason, got only spaces", "say why it can be ignored")
        rules.append(rule)
    return tuple(rules)


def apply_ignores(report: ScanReport, rules: Sequence[IgnoreRule], *, now: dt.datetime) -> ScanReport:
    """Give the report with every finding suppressed that a rule in force names, and that counted before."""
    valid = [rule for rule in rules if not rule.is_expired(now)]
    # Of several the one that lasts longest is named.
    valid.sort(key=lambda rule: (-rule.expires.timestamp(), rule.where))
    named = Named((rule.id, rule.package) for rule in valid)
    findings = tuple(f if f.suppression is not None else _ignored(f, valid, named) for f in report.findings)
    return replace(report, findings=findings)


def names_package(package: str, finding: Finding) -> bool:
    """Say whether a text means the package of a finding: "", its name, its purl, or its purl without version."""
    return finding.is_in(package)


def _ignored(finding: Finding, rules: Sequence[IgnoreRule], named: Named) -> Finding:
    place = named.first(finding)
    if place is None:
        return finding
    rule = rules[place]
    suppression = Suppression(
        kind="ignore", reason=rule.reason, owner=rule.owner, expires=rule.expires, source=rule.where
    )
    return replace(finding, suppression=suppression)
