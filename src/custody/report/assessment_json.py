"""An assessment for machines.

    {"schemaVersion": "1.0", "framework": {…}, "artifact": {…}, "assessedAt": …, "period": {…} or null,
     "summary": {"total": 42, "met": 0, …, "supported": 14},
     "controls": [{"id", "title", "group", "section", "statement", "automation", "verdict", "supported", "reason",
                   "cited": [{"text", "outcome", "digest" or null, "source"}], "needs": [text]}],
     "evidence": [{"digest", "predicateType", "kind", "verified", "signer", "problem", "name", "size"}],
     "attestations": [{"control", "verdict", "author", "statedAt", "expires", "statement", "product", "origin",
                       "files"}],
     "ledgerCheckpoint": text or null, "about": [text], "notes": [text]}

`supported` counts what has evidence for it and is not met: it is a part of `evidence_missing`, never a verdict.
"""

from __future__ import annotations

from typing import Any

from custody.model import (
    CONTROL_VERDICTS,
    Assessment,
    Attestation,
    ControlResult,
    Evidence,
    format_time,
    predicate_alias,
    pretty_json,
)

__all__ = ["encode_assessment"]

SCHEMA_VERSION = "1.0"


def encode_assessment(assessment: Assessment) -> bytes:
    """Give indented JSON: the same bytes for the same assessment."""
    artifact, period = assessment.artifact, assessment.period
    waiting = [r for r in assessment.results if r.verdict == "evidence_missing" and r.supported]
    return pretty_json(
        {
            "schemaVersion": SCHEMA_VERSION,
            "framework": {"id": assessment.framework, "title": assessment.title, "version": assessment.version},
            "artifact": {
                "kind": artifact.kind,
                "name": artifact.name,
                "version": artifact.version,
                "digest": str(artifact.digest),
                "reference": artifact.reference,
            },
            "assessedAt": format_time(assessment.assessed_at),
            "period": {"from": format_time(period[0]), "to": format_time(period[1])} if period else None,
            "summary": {
                "total": len(assessment.results),
                **{verdict: assessment.count(verdict) for verdict in CONTROL_VERDICTS},
                "supported": len(waiting),
            },
            "controls": [_control(result) for result in assessment.results],
            "evidence": [_evidence(item) for item in assessment.evidence],
            "attestations": [_attestation(item) for item in assessment.attestations],
            "ledgerCheckpoint": assessment.checkpoint or None,
            "about": list(assessment.about),
            "notes": list(assessment.notes),
        }
    )


def _control(result: ControlResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "title": result.title,
        "group": result.group,
        "section": result.section,
        "statement": result.statement,
        "automation": result.automation,
        "verdict": result.verdict,
        "supported": result.supported,
        "reason": result.reason,
        "cited": [
            {
                "text": fact.text,
                "outcome": fact.outcome,
                "digest": str(fact.digest) if fact.digest else None,
                "source": fact.source,
            }
            for fact in result.cited
        ],
        "needs": list(result.needs),
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    signer = item.signer
    return {
        "digest": str(item.digest),
        "predicateType": item.predicate_type,
        "kind": predicate_alias(item.predicate_type),
        "verified": signer is not None,
        "signer": None
        if signer is None
        else {"keyId": signer.key_id, "identity": signer.identity, "issuer": signer.issuer},
        "problem": item.problem,
        "name": item.name,
        "size": item.size,
    }


def _attestation(item: Attestation) -> dict[str, Any]:
    return {
        "control": item.control,
        "verdict": item.verdict,
        "author": item.author,
        "statedAt": format_time(item.stated_at),
        "expires": format_time(item.expires),
        "statement": item.statement,
        "product": item.product,
        "origin": item.origin,
        "files": [{"name": name, "digest": str(digest) if digest else None} for name, digest in item.files],
    }
