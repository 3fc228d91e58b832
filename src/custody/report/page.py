"""The release page: one static HTML file that shows a release, readable without a server and without a script.

Everything a reader sees comes out of values; every one of them is escaped by the template engine. Nothing is fetched:
style and the few lines of script (which only filter tables) stand in the page, and a content security policy forbids
the rest.
"""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from custody.errors import one_line
from custody.model import (
    SEVERITIES,
    Artifact,
    Assessment,
    BuildContext,
    Decision,
    Digest,
    Event,
    Evidence,
    Finding,
    Inventory,
    Package,
    ScanReport,
    format_time,
    predicate_alias,
)
from custody.report.compliance_document import state_of

__all__ = ["ReleasePage", "release_page"]

_STATES = (
    ("met", "met"),
    ("supported", "part found"),
    ("evidence_missing", "evidence missing"),
    ("not_met", "not met"),
    ("not_applicable", "not applicable"),
    ("not_assessed", "not assessed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePage:
    """What the page shows.

    events: (ledger index, event) of the run; targets: (reference, digest or "", problem); files: (name, bytes) in the
    folder.
    """

    artifact: Artifact
    inventory: Inventory
    report: ScanReport
    decision: Decision | None
    evidence: tuple[Evidence, ...]
    context: BuildContext
    assessment: Assessment | None
    events: tuple[tuple[int, Event], ...]
    checkpoint: str
    targets: tuple[tuple[str, str, str], ...]
    files: tuple[tuple[str, int], ...]
    key_id: str
    sbom_name: str
    """The SBOM's files without their endings: "sbom-1.2.3"."""
    waived: tuple[str, ...] = ()
    """Ids of findings that the policy file itself excepts, without owner or end."""
    folder: str = "release"
    """Where the release was written, as its maker named it: the commands are for whoever stands where it was made."""


def release_page(page: ReleasePage) -> bytes:
    """Give the page as UTF-8 bytes: the same for the same release."""
    import minijinja

    folder = files("custody.report") / "templates"
    style = (folder / "page.css").read_text(encoding="utf-8")
    script = (folder / "page.js").read_text(encoding="utf-8")
    environment = minijinja.Environment(
        templates={"page.html": (folder / "page.html.j2").read_text(encoding="utf-8")},
        trim_blocks=True,
        lstrip_blocks=True,
        undefined_behavior="strict",
    )
    text = environment.render_template(
        "page.html", style=style, script=script, script_hash=_source_hash(script), **_values(page)
    )
    return text.encode("utf-8", "backslashreplace")


def _source_hash(text: str) -> str:
    """Give the hash by which a content security policy allows one inline script (CSP level 3, section 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _values(page: ReleasePage) -> dict[str, Any]:
    artifact = page.artifact
    reasons = {} if page.decision is None else {d: v.rule for v in page.decision.verdicts for d in v.evidence}
    return {
        "name": one_line(artifact.name),
        "version": one_line(artifact.version),
        "kind": artifact.kind,
        "digest": str(artifact.digest),
        "released_at": format_time(page.context.finished_at or page.context.started_at),
        "stamp": _stamp(page.decision),
        "context": _context(page.context),
        "policy": one_line(page.decision.policy_name) if page.decision else "",
        "verdicts": _verdicts(page.decision),
        "scan": _scan(page),
        "findings": [_finding(finding, page) for finding in page.report.findings],
        "blind": _blind(page),
        "packages": [_package(package) for package in page.inventory.packages],
        "package_kinds": sorted(Counter(p.purl.type for p in page.inventory.packages).items()),
        "edges": len(page.inventory.dependencies),
        "licences": _licences(page.inventory),
        "evidence": [_evidence(item, reasons) for item in page.evidence],
        "targets": [{"reference": one_line(r), "digest": d, "problem": one_line(p)} for r, d, p in page.targets],
        "layers": [
            _layer(layer.index, str(layer.diff_id or layer.descriptor.digest), layer.created_by, page)
            for layer in artifact.layers
        ],
        "events": [_event(index, event) for index, event in page.events],
        "checkpoint": "\n".join(map(one_line, page.checkpoint.split("\n"))),
        "assessment": _assessment(page.assessment),
        "files": [{"name": one_line(name), "size": _size(size)} for name, size in page.files],
        "key_id": page.key_id,
        "sbom_name": one_line(page.sbom_name),
        "place": shlex.quote(one_line(_place(page))),
        "key_file": shlex.quote(one_line(f"{page.folder}/custody.pub")),
        "report_file": shlex.quote(one_line(f"{page.folder}/security-report.json")),
    }


def _place(page: ReleasePage) -> str:
    """Give the first place to which the release was published, or the vault, where it is in any case."""
    published = (reference for reference, _, problem in page.targets if not problem)
    return next(published, f"oci:.custody/vault@{page.artifact.digest}")


def _stamp(decision: Decision | None) -> dict[str, str]:
    if decision is None:
        return {"word": "Undecided", "tone": "unknown", "line": "No policy was given, so nothing was decided."}
    if decision.allowed:
        return {"word": "Allowed", "tone": "yes", "line": "Every rule of the policy is satisfied by verified evidence."}
    return {"word": "Denied", "tone": "no", "line": "The policy is not satisfied; nothing was published."}


def _context(context: BuildContext) -> list[tuple[str, str]]:
    rows = [("source", context.source), ("tool", f"{context.tool} {context.tool_version}")]
    if context.git is not None:
        state = {True: " with uncommitted changes", False: "", None: " (state of the files not known)"}[
            context.git.dirty
        ]
        rows.append(("git commit", context.git.commit + state))
        rows.append(("git remote", context.git.remote or "none"))
    rows += [(key, value) for key, value in context.environment if key != context.tool]
    return [(key, one_line(value)) for key, value in rows]


def _verdicts(decision: Decision | None) -> list[dict[str, Any]]:
    words = {"pass": ("yes", "passes"), "fail": ("no", "fails"), "unknown": ("unknown", "unknown")}
    return [
        {
            "rule": verdict.rule,
            "tone": words[verdict.outcome][0],
            "word": words[verdict.outcome][1],
            "reason": one_line(verdict.reason),
            "details": [one_line(detail) for detail in verdict.details],
            "evidence": [digest.short for digest in verdict.evidence],
        }
        for verdict in (decision.verdicts if decision else ())
    ]


def _is_excepted(finding: Finding, page: ReleasePage) -> bool:
    return finding.suppression is not None or finding.id in page.waived


def _scan(page: ReleasePage) -> dict[str, Any]:
    report = page.report
    counts = Counter(finding.severity for finding in report.findings if not _is_excepted(finding, page))
    database = report.database
    return {
        "result": report.result,
        "counts": [(word.lower(), counts[word]) for word in reversed(SEVERITIES) if word != "NONE"],
        "excepted": sum(_is_excepted(finding, page) for finding in report.findings),
        "counted": sum(counts.values()),
        "database": None
        if database is None
        else {
            "newest": format_time(database.newest) if database.newest else "unknown",
            "advisories": sum(count for _, count in database.ecosystems),
            "origin": one_line(database.origin),
            "digest": database.digest.short,
        },
    }


def _finding(finding: Finding, page: ReleasePage) -> dict[str, Any]:
    names = {package.id: f"{package.name} {package.version}".strip() for package in page.inventory.packages}
    how = finding.found[0] if finding.found else None
    grant = finding.suppression
    return {
        "id": one_line(finding.id),
        "aliases": [one_line(alias) for alias in finding.aliases],
        "severity": finding.severity.lower(),
        "score": "" if finding.score is None else f"{finding.score:.1f}",
        "vector": one_line(finding.vector),
        "package": one_line(finding.package),
        "version": one_line(finding.version),
        "fixed": one_line(", ".join(finding.fixed_versions[:3])),
        "layer": finding.layer.short if finding.layer else "",
        "path": [one_line(names.get(step, step)) for step in finding.path[1:]],
        "where": [one_line(location) for location in finding.locations],
        "how": "" if how is None else one_line(f"{how.searched}: {how.record}, {how.matched} ({how.ordering})"),
        "source": "" if how is None else one_line(how.source.rpartition(", ")[2]),  # where from stands above the table
        "excepted": _is_excepted(finding, page),
        "grant": None
        if grant is None
        else {
            "reason": one_line(grant.reason),
            "owner": one_line(grant.owner),
            "expires": format_time(grant.expires)[:10] if grant.expires else "never",
        },
    }


def _blind(page: ReleasePage) -> list[tuple[str, str]]:
    """Give all that could not be read or judged: (what, why)."""
    rows = [(entry.where, entry.reason) for entry in page.inventory.skipped]
    rows += [(" ".join(filter(None, (e.package_id, e.advisory))), e.reason) for e in page.report.not_evaluated]
    return sorted({(one_line(where), one_line(reason)) for where, reason in rows})


def _package(package: Package) -> dict[str, str]:
    layer: Digest | None = next((loc.layer for loc in package.locations if loc.layer), None)
    return {
        "name": one_line(package.name),
        "version": one_line(package.version or "unknown"),
        "kind": package.purl.type,
        "licence": one_line(package.licence_concluded or package.licence_declared or "unknown"),
        "where": one_line(package.locations[0].path if package.locations else ""),
        "layer": layer.short if layer else "",
        "purl": one_line(package.id),
    }


def _licences(inventory: Inventory) -> list[tuple[str, int]]:
    counts = Counter(p.licence_concluded or p.licence_declared or "unknown" for p in inventory.packages)
    return [(one_line(name), count) for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]


def _evidence(item: Evidence, reasons: dict[Digest, str]) -> dict[str, str]:
    kind = predicate_alias(item.predicate_type)
    return {
        "kind": kind,
        "type": item.predicate_type,
        "digest": str(item.digest),
        "short": item.digest.short,
        "signer": one_line(str(item.signer)) if item.signer else "",
        "problem": one_line(item.problem),
        "file": f"evidence/{kind}.sigstore.json",
        "used_by": reasons.get(item.digest, ""),
    }


def _layer(index: int, digest: str, created_by: str, page: ReleasePage) -> dict[str, Any]:
    count = sum(any(str(loc.layer) == digest for loc in p.locations) for p in page.inventory.packages)
    return {"index": index, "digest": digest, "created_by": one_line(created_by), "packages": count}


def _event(index: int, event: Event) -> dict[str, str]:
    details = " · ".join(f"{key} {value}" for key, value in event.details.items())
    return {
        "index": str(index),
        "at": format_time(event.at),
        "action": one_line(event.action),
        "outcome": one_line(event.outcome),
        "details": one_line(details),
    }


def _assessment(assessment: Assessment | None) -> dict[str, Any] | None:
    if assessment is None:
        return None
    states = Counter(state_of(result) for result in assessment.results)
    return {
        "title": assessment.title,
        "total": len(assessment.results),
        "states": [(words, states[state]) for state, words in _STATES if states[state] or state != "not_assessed"],
    }


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1_000_000 else f"{size / 1000:.1f} kB" if size >= 1000 else f"{size} B"
