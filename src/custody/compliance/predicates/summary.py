"""A policy decision: a SLSA verification summary.

Reads: predicate type https://slsa.dev/verification_summary/v1, https://slsa.dev/spec/v1.1/verification_summary.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from custody.compliance.interface import Material, newest
from custody.fields import Fields
from custody.model import Evidence

__all__ = ["Summary", "newest_summary", "read_summary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A decision. policy, policy_digest: by which criteria ("" not stated); inputs: how many attestations it used."""

    passed: bool
    decided_at: dt.datetime | None
    verifier: str
    policy: str
    policy_digest: str
    inputs: int


def read_summary(item: Evidence) -> Summary:
    """Read a predicate; InputError: not a verification summary."""
    fields = Fields(item.statement.predicate, f"evidence {item.digest.short}")
    policy = fields.table("policy")
    digest = policy.table("digest")
    return Summary(
        passed=fields.one_of("verificationResult", ("PASSED", "FAILED")) == "PASSED",
        decided_at=fields.time("timeVerified") if "timeVerified" in fields else None,
        verifier=fields.table("verifier").text("id"),
        policy=policy.text_or("uri"),
        policy_digest=next((f"{name}:{digest.text(name)}" for name in sorted(digest.value)), ""),
        inputs=len(fields.items("inputAttestations")),
    )


def newest_summary(material: Material) -> tuple[Summary, Evidence] | str:
    """Give the latest verified decision, or what is missing."""
    items = material.of("vsa")
    if not items:
        return material.lack("vsa", "policy decision")
    found = newest(items, read_summary, lambda summary: summary.decided_at)
    return f"the policy decision cannot be read: {found}" if isinstance(found, str) else found
