"""From a finding to what is said of it: the one rule that all written formats share.

    not suppressed                     its status (affected or under_investigation)
    suppressed by VEX or the vendor    not_affected or fixed, as was stated, with the justification
    an exception, an ignored id        not_affected where the decision carries one of the five justifications;
                                       otherwise affected, with the decision as the action statement

An accepted risk is a decision to live with a vulnerability, not the finding that there is none. Calling it not_affected
would hide it from everybody downstream who did not take that decision.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from custody.advisories.vex.interface import JUSTIFICATIONS
from custody.errors import InputError
from custody.model import Digest, Finding, Purl, ScanReport, canonical_json, format_time

__all__ = ["Said", "content_uuid", "decisions_of", "is_purl", "said_of"]

_RESPONSES = {
    "will_not_fix": "The vendor will not fix it.",
    "fix_deferred": "The vendor has deferred a fix.",
    "end_of_life": "The vendor no longer supports it.",
    "workaround": "The vendor names a workaround.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a document says of one finding.

    justification: one of `JUSTIFICATIONS` or ""; impact: why it is not affected; action: what is done, for affected.
    accepted: whether the action is a recorded decision to accept the risk.
    """

    finding: Finding
    status: str
    justification: str = ""
    impact: str = ""
    action: str = ""
    accepted: bool = False


def said_of(finding: Finding) -> Said:
    """Apply the rule to one finding."""
    suppression = finding.suppression
    if suppression is None:
        status = finding.status if finding.status == "under_investigation" else "affected"
        return Said(finding=finding, status=status, action=_remedy(finding) if status == "affected" else "")
    justification = suppression.justification if suppression.justification in JUSTIFICATIONS else ""
    if suppression.kind in {"vex", "vendor"} and suppression.status in {"not_affected", "fixed"}:
        impact = suppression.reason if suppression.reason != justification else ""
        if suppression.status == "not_affected" and not impact and not justification:
            impact = suppression.justification or "Stated without a reason."
        return Said(finding=finding, status=suppression.status, justification=justification, impact=impact)
    if justification:
        return Said(finding=finding, status="not_affected", justification=justification, impact=suppression.reason)
    until = f" until {format_time(suppression.expires)}" if suppression.expires is not None else ""
    who = ", ".join(f"{role} {name}" for role, name in _people(finding) if name)
    decision = f"Risk accepted{until}{f' ({who})' if who else ''}: {suppression.reason or 'no reason recorded'}"
    return Said(finding=finding, status="affected", action=f"{decision} {_remedy(finding)}", accepted=True)


def decisions_of(report: ScanReport) -> list[Said]:
    """Give what is said of every finding, by vulnerability and package. InputError: there is none."""
    if not report.findings:
        raise InputError("report", "holds no finding, so there is nothing to state", "VEX documents need a statement")
    said: dict[tuple[str, str], Said] = {}
    for finding in report.findings:
        one = said_of(finding)
        key = (finding.id, finding.package_id)
        if key not in said or said[key].status != "affected":
            said[key] = one
    return [said[key] for key in sorted(said)]


def is_purl(text: str) -> bool:
    """Say whether a package id is a purl; reports of other tools have packages that nobody could name so."""
    try:
        Purl.parse(text)
    except InputError:
        return False
    return text.isascii()


def content_uuid(value: object) -> uuid.UUID:
    """Give the UUID that stands for a document's content (RFC 9562 section 5.5, of its SHA-256)."""
    return uuid.UUID(hex=Digest.of(canonical_json(value)).hex[:32], version=5)


def _people(finding: Finding) -> tuple[tuple[str, str], ...]:
    suppression = finding.suppression
    return () if suppression is None else (("owner", suppression.owner), ("approved by", suppression.approver))


def _remedy(finding: Finding) -> str:
    if finding.fixed_versions:
        return f"Update {finding.package} to {' or '.join(finding.fixed_versions[:5])}."
    return _RESPONSES.get(finding.response, "No fixed version is known.")
