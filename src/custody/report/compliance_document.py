"""An assessment as the content of a printed document: every number counted, every text ready, nothing left to decide.

The template (`templates/compliance.typ`) only sets it. All texts have gone through `shown`; the template reads them as
data, so nothing in them can be a command to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from custody.model import Assessment, Attestation, CitedEvidence, ControlResult, Evidence, predicate_alias
from custody.report.shown import shown

__all__ = ["STATES", "compliance_document", "state_of"]

STATES = ("met", "supported", "evidence_missing", "not_met", "not_applicable", "not_assessed")
"""The verdicts, with "evidence_missing" in two: "supported" is evidence for a part of it, while more is still open."""

_KINDS = {
    "signature": "Signature of the artifact",
    "slsaprovenance": "Build provenance (SLSA)",
    "spdxjson": "SBOM (SPDX)",
    "cyclonedx": "SBOM (CycloneDX)",
    "vuln": "Vulnerability scan report",
    "vsa": "Policy decision (SLSA VSA)",
    "openvex": "Exploitability statement (OpenVEX)",
}
_AUTOMATION = {"auto": "evidence, with inputs", "partial": "evidence and a person", "attest": "a person only"}
_SAYS = {"met": "met", "not_met": "not met", "not_applicable": "not applicable"}


def state_of(result: ControlResult) -> str:
    """Give which of `STATES` a control is in."""
    return "supported" if result.verdict == "evidence_missing" and result.supported else result.verdict


def compliance_document(assessment: Assessment) -> dict[str, Any]:
    """Give the document as JSON values: the same for the same assessment."""
    evidence = list({str(item.digest): item for item in reversed(assessment.evidence)}.values())[::-1]
    references = {str(item.digest): f"E{number}" for number, item in enumerate(evidence, 1)}
    for number, item in enumerate(assessment.attestations, 1):
        references.setdefault(item.origin, f"S{number}")
    artifact, period = assessment.artifact, assessment.period
    verified = sum(item.signer is not None for item in evidence)
    product, version = _cut(artifact.name, 120), _cut(artifact.version, 120)
    document = {
        "product": product or "unnamed artifact",
        "version": version or "no version stated",
        "running": _cut(f"{product} {version}".strip(), 44),
        "kind": artifact.kind,
        "digest": str(artifact.digest),
        "reference": artifact.reference,
        "media_type": artifact.descriptor.media_type,
        "framework": {
            "short": assessment.framework.upper().replace("-", " "),
            "title": assessment.title,
            "version": assessment.version,
        },
        "assessed": _moment(assessment.assessed_at),
        "assessed_day": _moment(assessment.assessed_at)[:10],
        "date": list(assessment.assessed_at.astimezone(dt.UTC).timetuple()[:6]),
        "period": f"{_moment(period[0])} to {_moment(period[1])}" if period else "no verified evidence states a time",
        "verified": verified,
        "unverified": len(evidence) - verified,
        "counts": _counts(assessment.results),
        "groups": [_group(assessment, key, name, references) for key, name in assessment.groups],
        "attention": [
            {"id": result.id, "title": result.title, "reason": result.reason}
            for result in assessment.results
            if result.verdict == "not_met"
        ],
        "evidence": [_evidence(item, references) for item in evidence],
        "statements": [
            _statement(item, f"S{number}", assessment) for number, item in enumerate(assessment.attestations, 1)
        ],
        "checkpoint": assessment.checkpoint.rstrip("\n").split("\n") if assessment.checkpoint else [],
        "about": list(assessment.about),
        "notes": list(assessment.notes),
    }
    printed: dict[str, Any] = _shown(document)
    return printed


def _shown(value: Any) -> Any:  # noqa: ANN401 - JSON values in, JSON values out
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value


def _counts(results: Sequence[ControlResult]) -> dict[str, int]:
    states = [state_of(result) for result in results]
    return {"total": len(results)} | {state: states.count(state) for state in STATES}


def _group(assessment: Assessment, key: str, name: str, references: dict[str, str]) -> dict[str, Any]:
    results = [result for result in assessment.results if result.group == key]
    headings = list(dict.fromkeys(result.section for result in results))
    sections = []
    for heading in headings:
        inside = [result for result in results if result.section == heading]
        controls = [_control(result, references) for result in inside]
        sections.append({"heading": heading, "counts": _counts(inside), "controls": controls})
    return {"id": key, "name": name, "counts": _counts(results), "sections": sections}


def _control(result: ControlResult, references: dict[str, str]) -> dict[str, Any]:
    return {
        "id": result.id,
        "title": result.title,
        "statement": result.statement,
        "state": state_of(result),
        "automation": _AUTOMATION.get(result.automation, result.automation),
        "reason": result.reason,
        "cited": [_cited(fact, references) for fact in result.cited],
        "needs": list(result.needs),
    }


def _cited(fact: CitedEvidence, references: dict[str, str]) -> dict[str, Any]:
    reference = references.get(str(fact.digest) if fact.digest else fact.source, "")
    return {
        "text": fact.text,
        "for": fact.outcome == "supports",
        "reference": reference,
        "digest": fact.digest.short if fact.digest else "",
        "source": fact.source,
    }


def _evidence(item: Evidence, references: dict[str, str]) -> dict[str, Any]:
    signer = item.signer
    kind = predicate_alias(item.predicate_type)
    return {
        "reference": references[str(item.digest)],
        "kind": _KINDS.get(kind, "Other statement"),
        "predicate_type": item.predicate_type,
        "digest": str(item.digest),
        "size": f"{item.size:,} bytes" if item.size else "",
        "verified": signer is not None,
        "signer": "" if signer is None else f"{signer.identity} ({signer.issuer})" if signer.identity else "",
        "key_id": "" if signer is None else signer.key_id,
        "problem": item.problem,
        "name": item.name,
    }


def _statement(item: Attestation, reference: str, assessment: Assessment) -> dict[str, Any]:
    cited = {fact.source for result in assessment.results if result.id == item.control for fact in result.cited}
    counts = item.origin in cited
    if counts:
        state = "counted"
    elif item.product not in ("", assessment.artifact.name):
        state = "not counted: about another product"
    elif item.stated_at > assessment.assessed_at:
        state = "not counted: dated in the future"
    elif item.expires <= assessment.assessed_at:
        state = "not counted: expired"
    else:
        state = "not counted: replaced by a newer one"
    return {
        "reference": reference,
        "control": item.control,
        "says": _SAYS.get(item.verdict, item.verdict),
        "author": item.author,
        "stated": _moment(item.stated_at)[:10],
        "expires": _moment(item.expires)[:10],
        "counts": counts,
        "state": state,
        "statement": item.statement,
        "product": item.product,
        "origin": item.origin,
        "files": [{"name": name, "digest": str(digest) if digest else "not read"} for name, digest in item.files],
    }


def _cut(text: str, limit: int) -> str:
    """Give a name for a title: the digest beside it says what is meant."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _moment(moment: dt.datetime) -> str:
    """Give 2026-11-22 18:04 UTC: nobody reads it as a day and a month the other way round."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
