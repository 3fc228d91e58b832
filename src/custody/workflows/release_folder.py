"""The release folder: what a release leaves behind for people, for `jq`, and for the next tool.

sbom-1.2.3.spdx.json  sbom-1.2.3.cdx.json      the SBOM; sbom-latest.* are the same bytes
security-report.json  security-report.sarif    the scan
evidence/*.sigstore.json  custody.pub          every statement in its bundle, and the key that verifies them
compliance-report.pdf                          NIST SSDF, from that evidence
security-events.json                           the run's events for a SIEM
release.json  index.html                       all of it, for machines and for people
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from custody import __version__, compliance, report, siem
from custody.model import (
    Artifact,
    BuildContext,
    Decision,
    Inventory,
    ScanReport,
    format_time,
    plain,
    pretty_json,
    scan_report_to_json,
)
from custody.signing import PublicKey
from custody.workflows.disk import write_file
from custody.workflows.evidence import Bundle
from custody.workflows.journal import Journal
from custody.workflows.publish import TargetResult

__all__ = ["Material", "file_name", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that a finished run has to tell."""

    artifact: Artifact
    inventory: Inventory
    report: ScanReport
    decision: Decision | None
    waived: frozenset[str]
    evidence: tuple[Bundle, ...]
    documents: dict[str, bytes]
    key: PublicKey
    targets: tuple[TargetResult, ...]
    context: BuildContext
    journal: Journal


def write(folder: Path, material: Material) -> tuple[str, ...]:
    """Write the folder; give the names in the order written. Each file appears whole or not at all, index.html last.

    Bundles of an earlier release that this one does not have go: a decision that is not of this release must not lie
    beside it. The vault keeps them.
    """
    version = file_name(material.artifact.version)
    scan = scan_report_to_json(material.report)
    files: dict[str, bytes] = {
        f"sbom-{version}.spdx.json": material.documents["spdx-json"],
        "sbom-latest.spdx.json": material.documents["spdx-json"],
        f"sbom-{version}.cdx.json": material.documents["cyclonedx-json"],
        "sbom-latest.cdx.json": material.documents["cyclonedx-json"],
        "security-report.json": pretty_json(scan),
        "security-report.sarif": report.sarif(material.report, material.artifact, tool_version=__version__),
        "custody.pub": material.key.pem,
    }
    files |= {f"evidence/{bundle.kind}.sigstore.json": bundle.data for bundle in material.evidence}
    events = material.journal.events
    files["security-events.json"] = siem.encode_events(
        [event for _, event in events], report=material.report, artifact=material.artifact, product_version=__version__
    )
    checkpoint = material.journal.ledger.checkpoint().text
    assessment = compliance.assess(
        "nist-ssdf",
        artifact=material.artifact,
        evidence=[bundle.evidence for bundle in material.evidence],
        now=material.journal.clock(),  # the real time: a date set back would make old advisories look fresh
        checkpoint=checkpoint,
    )
    files["compliance-report.pdf"] = report.compliance_pdf(assessment)
    summary = summarise(material)
    files["release.json"] = pretty_json(summary)
    page = report.ReleasePage(
        artifact=material.artifact,
        inventory=material.inventory,
        report=material.report,
        decision=material.decision,
        evidence=tuple(bundle.evidence for bundle in material.evidence),
        context=material.context,
        assessment=assessment,
        events=tuple(events),
        checkpoint=checkpoint,
        targets=tuple((t.place, str(t.digest or ""), t.problem) for t in material.targets),
        files=tuple((name, len(data)) for name, data in files.items()),
        sbom_name=f"sbom-{version}",
        waived=tuple(
            finding.id
            for finding in material.report.findings
            if not material.waived.isdisjoint({finding.id, *finding.aliases})
        ),
        folder=plain(str(folder)),
        key_id=material.key.key_id,
    )
    files["index.html"] = report.release_page(page)
    for name, data in files.items():
        write_file(folder / name, data)
    for path in (folder / "evidence").glob("*.sigstore.json"):
        if f"evidence/{path.name}" not in files:
            path.unlink()
    return tuple(files)


def file_name(version: str) -> str:
    """Give a version as part of a file name: whatever could be a path or confuse a shell becomes "_"."""
    return re.sub(r"[^A-Za-z0-9._+~-]", "_", version)


def summarise(material: Material) -> dict[str, object]:
    """Give the content of release.json."""
    decision = material.decision
    ledger = material.journal.ledger
    return {
        "name": material.artifact.name,
        "version": material.artifact.version,
        "releasedAt": format_time(material.context.finished_at or material.context.started_at),
        "source": material.context.source,
        "artifact": {
            "kind": material.artifact.kind,
            "digest": str(material.artifact.digest),
            "mediaType": material.artifact.descriptor.media_type,
            "size": material.artifact.descriptor.size,
        },
        "packages": len(material.inventory.packages),
        "scan": {"result": material.report.result, "findings": len(material.report.findings)},
        "decision": None
        if decision is None
        else {
            "allowed": decision.allowed,
            "policy": decision.policy_name,
            "policyDigest": str(decision.policy_digest),
            "verdicts": [
                {"rule": v.rule, "outcome": v.outcome, "reason": v.reason, "evidence": [str(d) for d in v.evidence]}
                for v in decision.verdicts
            ],
        },
        "evidence": [
            {
                "kind": bundle.kind,
                "predicateType": bundle.evidence.predicate_type,
                "bundle": str(bundle.evidence.digest),
                "manifest": str(bundle.manifest.digest) if bundle.manifest else None,
                "file": f"evidence/{bundle.kind}.sigstore.json",
            }
            for bundle in material.evidence
        ],
        "targets": [
            {
                "reference": target.reference,
                "tag": target.tag,
                "digest": str(target.digest) if target.digest else None,
                "evidence": target.evidence,
                "problem": target.problem,
                "missing": list(target.missing),
            }
            for target in material.targets
        ],
        "key": {"id": material.key.key_id, "file": "custody.pub"},
        "ledger": {
            "origin": ledger.origin,
            "verifierKey": str(ledger.verifier_key),
            "size": ledger.size,
            "entries": [index for index, _ in material.journal.events],
            "checkpoint": ledger.checkpoint().text,
        },
    }
