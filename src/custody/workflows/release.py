"""The main job: an artifact becomes a release, with everything that proves what it is.

    result = release(ReleaseRequest(source="examples/whisperengine", name="whisperengine", …), listener)

The stations, in order: resolve, inventory, scan, sbom, sign, policy, publish, report. Each is durable before the next
one begins: evidence lies in the vault, acts in the ledger. What a policy denies is not published.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

from custody import __version__, advisories, provenance, sbom
from custody.errors import CustodyError, InputError
from custody.model import (
    Artifact,
    BuildContext,
    Decision,
    Descriptor,
    Inventory,
    ScanReport,
    Statement,
    plain,
    predicate_types,
)
from custody.policy import Policy, Subject, decide
from custody.registry import copy, open_repository, parse_reference
from custody.registry.interface import Repository
from custody.registry.listed import ListedRepository
from custody.signing import KeyPair, PublicKey
from custody.sources.interface import Source
from custody.vault import Release, Workspace
from custody.workflows import release_folder
from custody.workflows.context import build_context
from custody.workflows.evidence import Bundle, attach, seal
from custody.workflows.examine import inventory_of, opened, scan_inventory
from custody.workflows.interface import Listener
from custody.workflows.journal import Journal, open_journal
from custody.workflows.keys import signing_key
from custody.workflows.policy_check import load_policy, policy_keys
from custody.workflows.publish import TargetResult, publish
from custody.workflows.request import ReleaseRequest, check_request
from custody.workflows.told import inventory_line, layers_line, scan_line

__all__ = ["ReleaseRequest", "ReleaseResult", "release"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseResult:
    """What came of it.

    decision: None where no policy was given; files: names in the release folder, in the order written.
    """

    artifact: Artifact
    inventory: Inventory
    report: ScanReport
    decision: Decision | None
    targets: tuple[TargetResult, ...]
    evidence: tuple[Bundle, ...]
    key: PublicKey
    output: Path
    files: tuple[str, ...]
    ledger_size: int

    @property
    def exit_code(self) -> int:
        """0 released · 1 denied · 4 a target could not be reached."""
        if self.decision is not None and not self.decision.allowed:
            return 1
        return 4 if any(target.problem for target in self.targets) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What every station needs: the request, who listens, where acts are written down."""

    request: ReleaseRequest
    listener: Listener
    journal: Journal
    vault: Repository
    key: KeyPair
    started_at: dt.datetime


def release(request: ReleaseRequest, listener: Listener) -> ReleaseResult:
    """Make a release. Raises CustodyError where a station cannot do its work; what was done until then is kept."""
    check_request(request)
    policy = load_policy(request.policy) if request.policy else None
    workspace = Workspace(request.workspace).make()
    journal = open_journal(workspace, actor=request.actor, clock=request.clock)
    key, created = signing_key(workspace, request.key, request.passphrase)
    if created:
        journal.record("key.created", key.public.key_id, path=created)
    for warning in (*key.warnings, *workspace.warnings()):
        listener.warn(warning)
    vault = open_repository(f"oci:{workspace.vault}")
    run = _Run(
        request=request,
        listener=listener,
        journal=journal,
        vault=vault,
        key=key,
        started_at=request.document_time,
    )
    try:
        return _release(run, workspace, policy)
    except (CustodyError, KeyboardInterrupt) as error:
        problem = str(error) or "interrupted"
        journal.record("release.stopped", request.name, outcome="failure", version=request.version, problem=problem)
        raise


def _release(run: _Run, workspace: Workspace, policy: Policy | None) -> ReleaseResult:
    request = run.request
    own = [request.workspace, request.output, *_layout_folders(request.targets)]
    with opened(
        request.source, platform=request.platform, name=request.name, version=request.version, exclude=own
    ) as source:
        run.listener.begin("resolve")
        # Evidence is about what was looked at: of a multi-platform index, that is one platform's manifest.
        artifact = replace(source.artifact, descriptor=source.manifest)
        copy(source.repository, artifact.descriptor, run.vault, referrers=False, progress=run.listener.progress)
        run.journal.record("artifact.resolved", artifact.digest, source=request.source, name=request.name)
        if source.artifact.digest != artifact.digest:
            run.listener.warn(
                f"{source.artifact.digest} has several platforms; this is a release of {artifact.platform}"
            )
        run.listener.end("resolve", f"{artifact.kind} {artifact.digest}, {layers_line(artifact)}")
        run.listener.begin("inventory")
        inventory = _inventory(run, source, artifact)
    run.journal.record("inventory.taken", artifact.digest, packages=len(inventory.packages), files=inventory.files)
    run.listener.end("inventory", inventory_line(inventory), outcome="unknown" if inventory.skipped else "success")

    report = _scan(run, workspace, policy, inventory)
    context = _context(run)
    documents = _sboms(run, inventory, report, context)
    evidence = _sign(run, inventory, report, context, documents)
    decision, summary = _judge(run, policy, artifact, evidence)
    if summary is not None:
        evidence = (*evidence, summary)
    targets = _publish(run, artifact, evidence, decision)
    _record(run, workspace, artifact, evidence, decision, targets)
    run.listener.begin("report")
    material = release_folder.Material(
        artifact=artifact,
        inventory=inventory,
        report=report,
        decision=decision,
        waived=policy.exceptions_for(request.name) if policy else frozenset(),
        evidence=evidence,
        documents=documents,
        key=run.key.public,
        targets=targets,
        context=context,
        journal=run.journal,
    )
    files = release_folder.write(request.output, material)
    run.listener.end("report", f"{len(files)} files in {request.output}")
    return ReleaseResult(
        artifact=artifact,
        inventory=inventory,
        report=report,
        decision=decision,
        targets=targets,
        evidence=evidence,
        key=run.key.public,
        output=request.output,
        files=files,
        ledger_size=run.journal.ledger.size,
    )


def _inventory(run: _Run, source: Source, artifact: Artifact) -> Inventory:
    """List what is in the artifact; one that came over a network is read from the vault, not fetched a second time."""
    progress = run.listener.progress
    if isinstance(source.repository, ListedRepository):
        return replace(inventory_of(source, progress=progress), artifact=artifact)
    here = f"{run.vault.name}@{artifact.digest}"
    with opened(here, platform=None, name=artifact.name, version=artifact.version) as copied:
        return replace(inventory_of(copied, progress=progress), artifact=artifact)


def _scan(run: _Run, workspace: Workspace, policy: Policy | None, inventory: Inventory) -> ScanReport:
    run.listener.begin("scan")
    now = run.request.clock()
    with workspace.records() as records:
        grants = [row.grant for row in records.exceptions(now)]
    if policy is not None:
        grants += policy.grants_for(run.request.name)
    report = scan_inventory(inventory, database=run.request.database, scanned_at=run.started_at, now=now, grants=grants)
    run.journal.record(
        "scan.completed",
        inventory.artifact.digest,
        outcome="unknown" if report.result == "unknown" else "success",
        result=report.result,
        findings=len(report.findings),
        database=report.database.digest if report.database else "none",
    )
    run.listener.end("scan", scan_line(report), outcome="unknown" if report.result == "unknown" else "success")
    return report


def _context(run: _Run) -> BuildContext:
    request = run.request
    folder = Path(request.source.removeprefix("dir:"))
    parameters = {
        "name": request.name,
        "version": request.version,
        "platform": request.platform or "",
        "policy": request.policy.name if request.policy else "",
    }
    context = build_context(
        request.source,
        folder if folder.is_dir() else None,
        started_at=run.started_at,
        parameters=parameters,
        author=request.author,
    )
    return replace(context, finished_at=request.document_time)


def _sboms(run: _Run, inventory: Inventory, report: ScanReport, context: BuildContext) -> dict[str, bytes]:
    """Write the SBOM in both formats, and hold the SPDX one against the specification before anything rests on it."""
    run.listener.begin("sbom")
    document = sbom.Document(inventory=inventory, created=run.started_at, context=context, report=report)
    documents = {name: sbom.encode(document, name) for name in ("spdx-json", "cyclonedx-json")}
    faults = [p for p in sbom.validate_spdx23(documents["spdx-json"], "sbom") if p.severity == "error"]
    if faults:
        raise InputError(faults[0].where, f"our own SBOM breaks rule {faults[0].rule}: {faults[0].message}")
    edges = len(inventory.dependencies)
    run.journal.record("sbom.created", inventory.artifact.digest, packages=len(inventory.packages), edges=edges)
    unlicensed = sum(package.licence_declared is None for package in inventory.packages)
    run.listener.end("sbom", f"SPDX 2.3 and CycloneDX, {edges} edges, {unlicensed} packages state no licence")
    return documents


def _sign(
    run: _Run, inventory: Inventory, report: ScanReport, context: BuildContext, documents: dict[str, bytes]
) -> tuple[Bundle, ...]:
    import json

    run.listener.begin("sign")
    predicates = {
        "signature": {},
        "slsaprovenance": provenance.provenance_predicate(inventory.artifact, inventory, context),
        "spdxjson": json.loads(documents["spdx-json"]),
        "cyclonedx": json.loads(documents["cyclonedx-json"]),
        "vuln": advisories.scan_predicate(
            report,
            scanner_version=context.tool_version,
            started_at=report.scanned_at,
            finished_at=report.scanned_at,
        ),
    }
    bundles = tuple(_seal(run, inventory.artifact, kind, predicate) for kind, predicate in predicates.items())
    run.listener.end("sign", f"{len(bundles)} statements signed by key {run.key.public.key_id[:16]}")
    return bundles


def _seal(run: _Run, artifact: Artifact, kind: str, predicate: dict[str, object]) -> Bundle:
    """Sign one statement, keep it in the vault, and note it in the ledger."""
    statement = Statement.about(run.request.name, artifact.digest, predicate_types(kind)[0], predicate)
    bundle = attach(run.vault, artifact.descriptor, seal(statement, run.key, artifact.descriptor), run.started_at)
    run.journal.record("evidence.signed", artifact.digest, kind=kind, bundle=bundle.evidence.digest)
    return bundle


def _judge(
    run: _Run, policy: Policy | None, artifact: Artifact, evidence: tuple[Bundle, ...]
) -> tuple[Decision | None, Bundle | None]:
    run.listener.begin("policy")
    if policy is None:
        run.listener.end("policy", "no policy was given: nothing was decided", outcome="unknown")
        return None, None
    key_ids = {file: key.key_id for file, key in policy_keys(policy).items()}
    subject = Subject(name=run.request.name, digest=artifact.digest, now=run.request.clock(), key_ids=key_ids)
    items = [bundle.evidence for bundle in evidence]
    decision = decide(policy, subject, items)
    predicate = provenance.vsa_predicate(
        decision,
        resource_uri=f"{run.request.name}@{artifact.digest}",
        policy_uri=run.request.policy.name if run.request.policy else "",
        inputs=items,
        verifier_version=__version__,
    )
    summary = _seal(run, artifact, "vsa", predicate)
    outcome = "success" if decision.allowed else "denied"
    run.journal.record("policy.decided", artifact.digest, outcome=outcome, policy=policy.name, digest=policy.digest)
    word = "allowed" if decision.allowed else "denied"
    reasons = "; ".join(verdict.reason for verdict in decision.verdicts if verdict.outcome != "pass")
    run.listener.end("policy", f"{word} by {policy.name}{': ' + reasons if reasons else ''}", outcome=outcome)
    return decision, summary


def _publish(
    run: _Run, artifact: Artifact, evidence: tuple[Bundle, ...], decision: Decision | None
) -> tuple[TargetResult, ...]:
    run.listener.begin("publish")
    if decision is not None and not decision.allowed:
        run.listener.end("publish", "nothing was published: the policy denies it", outcome="denied")
        return ()
    carried: list[tuple[str, Descriptor]] = [(b.kind, b.manifest) for b in evidence if b.manifest is not None]
    results = []
    for target in run.request.targets:
        result = publish(
            run.vault,
            artifact.descriptor,
            carried,
            target=target,
            version=run.request.version,
            progress=run.listener.progress,
        )
        outcome = "failure" if result.problem else "success"
        run.journal.record(
            "artifact.published", artifact.digest, outcome=outcome, target=target, problem=result.problem
        )
        results.append(result)
    failed = [result for result in results if result.problem]
    line = f"{len(results) - len(failed)} of {len(results)} targets, same digest at each, re-read and verified"
    run.listener.end("publish", line if results else "no target was named", outcome="failure" if failed else "success")
    return tuple(results)


def _record(
    run: _Run,
    workspace: Workspace,
    artifact: Artifact,
    evidence: tuple[Bundle, ...],
    decision: Decision | None,
    targets: tuple[TargetResult, ...],
) -> None:
    """Index the release, so that later questions (which releases hold this package?) need no search."""
    now = run.request.clock()
    with workspace.records() as records:
        outcome = "undecided" if decision is None else "allowed" if decision.allowed else "denied"
        request = run.request
        records.add_release(
            Release(
                name=request.name,
                version=request.version,
                digest=artifact.digest,
                outcome=outcome,
                released_at=now,
                kind=artifact.kind,
                reference=plain(artifact.reference),
                policy=decision.policy_name if decision else "",
                policy_digest=decision.policy_digest if decision else None,
                targets=tuple(plain(target.reference) for target in targets if not target.problem),
                ledger_index=run.journal.ledger.size - 1,
            )
        )
        for bundle in evidence:
            records.add_evidence(artifact.digest, bundle.evidence, recorded_at=now)


def _layout_folders(targets: tuple[str, ...]) -> list[Path]:
    references = [parse_reference(target) for target in targets]
    return [Path(reference.path) for reference in references if reference.scheme == "oci"]
