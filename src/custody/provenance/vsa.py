"""Verification summaries: a decision as evidence that others can rely on without the evidence below it.

The predicate is SLSA's verification_summary/v1. A decision of ours says more than PASSED or FAILED, so it stands whole,
verdict by verdict, in one extension field named by a URI; whoever does not know it passes over it.

Spec: https://slsa.dev/spec/v1.2/verification_summary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.fields import Fields
from custody.model import PREDICATE_TYPES, Decision, Digest, Verdict, format_time

if TYPE_CHECKING:
    from custody.model import Evidence, Statement

__all__ = ["DECISION_FIELD", "VERIFIER_ID", "VSA_TYPE", "parse_vsa", "vsa_predicate"]

VSA_TYPE = PREDICATE_TYPES["vsa"][0]
VERIFIER_ID = "https://custody.example/verifiers/policy"
DECISION_FIELD = "https://custody.example/decision/v1"
SLSA_VERSION = "1.2"
UNEVALUATED = "SLSA_BUILD_LEVEL_UNEVALUATED"
_OUTCOMES = ("pass", "fail", "unknown")


def vsa_predicate(
    decision: Decision,
    *,
    resource_uri: str,
    policy_uri: str,
    inputs: Sequence[Evidence],
    verifier_version: str,
    build_level: int | None = None,
) -> dict[str, Any]:
    """Give the predicate that states a decision about the artifact that will be the statement's subject.

    resource_uri: where the artifact is fetched from, or its name; policy_uri: where the policy is, or its file's name.
    inputs: all evidence that was looked at: the specification wants all or none listed. build_level: where it was
    evaluated.
    """
    passed = "SLSA_BUILD_LEVEL_" + ("UNEVALUATED" if build_level is None else str(build_level))
    return {
        "verifier": {"id": VERIFIER_ID, "version": {"custody": verifier_version}},
        "timeVerified": format_time(decision.decided_at),
        "resourceUri": resource_uri,
        "policy": {"uri": policy_uri, "digest": {decision.policy_digest.algorithm: decision.policy_digest.hex}},
        "inputAttestations": [
            _input(evidence) for evidence in sorted(inputs, key=lambda e: (e.predicate_type, e.digest))
        ],
        "verificationResult": "PASSED" if decision.allowed else "FAILED",
        "verifiedLevels": [passed if decision.allowed else "FAILED"],
        "slsaVersion": SLSA_VERSION,
        DECISION_FIELD: {
            "policyName": decision.policy_name,
            "verdicts": [
                {
                    "rule": verdict.rule,
                    "outcome": verdict.outcome,
                    "reason": verdict.reason,
                    "evidence": [str(digest) for digest in verdict.evidence],
                    "details": list(verdict.details),
                }
                for verdict in decision.verdicts
            ],
        },
    }


def parse_vsa(statement: Statement, where: str) -> Decision:
    """Read a verification summary as a decision.

    One that another tool made has no verdicts of ours: it gives a single one that says PASSED or FAILED, and by whom.

    Raises InputError: another predicate type, a required field missing (policy.digest too, without which nobody knows
    which policy it was), no subject or several with a SHA-256, or verdicts that contradict the result.
    """
    if statement.predicate_type != VSA_TYPE:
        raise InputError(where, f"expected predicate type {VSA_TYPE!r}, got {statement.predicate_type!r}")
    fields = Fields(statement.predicate, where, "predicate")
    artifacts = {s.digest["sha256"] for s in statement.subjects if "sha256" in s.digest}
    if len(artifacts) != 1:
        raise InputError(f"{where}:subject", f"expected one artifact with a SHA-256 digest, got {len(artifacts)}")
    policy = fields.table("policy")
    result = fields.one_of("verificationResult", ("PASSED", "FAILED"))
    verifier = fields.table("verifier").text("id")
    fields.text("resourceUri")
    name, verdicts = _verdicts(fields, result, verifier)
    decision = Decision(
        artifact=Digest.parse(f"sha256:{artifacts.pop()}", f"{where}:subject"),
        policy_name=name or policy.text("uri"),
        policy_digest=Digest.parse(f"sha256:{policy.table('digest').text('sha256')}", policy.spot("digest.sha256")),
        verdicts=verdicts,
        decided_at=fields.time("timeVerified"),
    )
    if decision.allowed != (result == "PASSED"):
        raise fields.fault(
            "verificationResult", f"{result!r} contradicts the verdicts", "it was not made by custody as it stands"
        )
    return decision


def _input(evidence: Evidence) -> dict[str, Any]:
    """Describe one piece of evidence. Its digest is that of the bundle, which is the blob that a registry has."""
    described: dict[str, Any] = {"digest": {evidence.digest.algorithm: evidence.digest.hex}}
    if evidence.name:
        described["name"] = evidence.name
    return described | {
        "annotations": {"predicateType": evidence.predicate_type, "verified": evidence.signer is not None}
    }


def _verdicts(fields: Fields, result: str, verifier: str) -> tuple[str, tuple[Verdict, ...]]:
    if DECISION_FIELD not in fields:
        evidence = tuple(
            Digest.parse(f"sha256:{table.text('sha256')}", table.spot("sha256"))
            for table in (item.table("digest") for item in fields.each("inputAttestations"))
            if "sha256" in table
        )
        outcome = "pass" if result == "PASSED" else "fail"
        return "", (
            Verdict(rule="verification_summary", outcome=outcome, reason=f"{result} by {verifier}", evidence=evidence),
        )
    decision = fields.table(DECISION_FIELD)
    return decision.text("policyName"), tuple(
        Verdict(
            rule=item.text("rule"),
            outcome=item.one_of("outcome", _OUTCOMES),
            reason=item.text_or("reason"),
            evidence=tuple(Digest.parse(text, item.spot("evidence")) for text in item.texts("evidence")),
            details=tuple(item.texts("details")),
        )
        for item in decision.each("verdicts")
    )
