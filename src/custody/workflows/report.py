"""Report on a release: find its evidence, verify it, assess a framework, write it down.

    lines = write_report("nist-ssdf", sbom_file=…, places=[…], attestations=None, output=…, workspace=…, keys=…, now=…)

The SBOM says which artifact is meant, and no more: a file proves nothing. Only what a trusted key has signed counts,
and never a key that came along with the evidence.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from custody import compliance, report, sbom
from custody.errors import CustodyError, InputError, UnavailableError, one_line
from custody.ledger import Ledger
from custody.model import (
    Artifact,
    Assessment,
    Attestation,
    Digest,
    Event,
    Evidence,
    canonical_json,
    predicate_alias,
)
from custody.registry import open_repository, parse_reference
from custody.signing import PublicKey, read_evidence
from custody.vault import Workspace
from custody.workflows.disk import write_file
from custody.workflows.evidence import find_evidence
from custody.workflows.input_file import read_file

__all__ = ["assess_release", "write_report"]

_WORDS = (
    ("met", "met"),
    ("not_met", "not met"),
    ("evidence_missing", "evidence missing"),
    ("not_applicable", "not applicable"),
    ("not_assessed", "not assessed"),
)


def write_report(
    framework: str,
    *,
    sbom_file: Path,
    places: Sequence[str],
    attestations: Path | None,
    output: Path,
    workspace: Path,
    keys: Sequence[PublicKey],
    now: dt.datetime,
) -> list[str]:
    """Assess the artifact of an SBOM and write the report: JSON where `output` ends in `.json`, else PDF.

    Gives lines for people. Errors as in `assess_release`; UnavailableError too where `output` cannot be written.
    """
    assessment = assess_release(
        framework,
        sbom_file=sbom_file,
        places=places,
        attestations=attestations,
        workspace=workspace,
        keys=keys,
        now=now,
    )
    machine = output.suffix.lower() == ".json"
    data = report.encode_assessment(assessment) if machine else report.compliance_pdf(assessment)
    write_file(output, data)
    return [*_lines(assessment), f"Report: {output} ({len(data) / 1000:,.0f} kB)"]


def assess_release(
    framework: str,
    *,
    sbom_file: Path,
    places: Sequence[str],
    attestations: Path | None,
    workspace: Path,
    keys: Sequence[PublicKey],
    now: dt.datetime,
) -> Assessment:
    """Gather all evidence about the artifact of an SBOM, and assess a framework on it.

    Evidence comes from `evidence` beside the SBOM, from each of `places` (a folder of bundles, `oci:DIR[:tag]`,
    `host/repo:tag`) and from the workspace's vault. What cannot be read is noted, and the rest counts all the same.

    Raises UsageError: unknown framework; InputError: not an SBOM, one that does not say what it is about, a bad
    attestation file, a file that is not there; UnavailableError: a place that was named is not there;
    VerificationError: the workspace's ledger does not fit together.
    """
    data = read_file(sbom_file)
    artifact = _artifact(data, sbom_file)
    stated = _attestations(attestations) if attestations else ()
    search = _Search(artifact=artifact, keys=tuple(keys))
    beside = sbom_file.parent / "evidence"
    if beside.is_dir():
        search.folder(beside)
    for place in places:
        search.place(place)
    folder = Workspace(workspace)
    if (folder.vault / "oci-layout").is_file():
        search.repository(f"oci:{folder.vault}", "workspace vault")
    evidence = list(search.found.values())
    if not keys:
        search.notes.append(
            "No key was trusted, so nothing could be verified; name the signer's public key with --key FILE."
        )
    artifact, note = _attested(artifact, data, sbom_file.name, evidence)
    checkpoint = _checkpoint(folder, artifact.digest, search.notes)
    assessment = compliance.assess(
        framework, artifact=artifact, evidence=evidence, now=now, attestations=stated, checkpoint=checkpoint
    )
    return replace(assessment, notes=(*assessment.notes, note, *search.notes))


def _artifact(data: bytes, path: Path) -> Artifact:
    artifact = sbom.decode(data, str(path)).artifact
    if artifact.digest == Digest.of(data):
        raise InputError(
            str(path),
            "does not state the digest of what it describes",
            "expected an SBOM whose root package has a SHA-256 checksum, as `custody release` writes it",
        )
    return artifact


def _attestations(path: Path) -> tuple[Attestation, ...]:
    """Read a file of attestations, and take the digest of each file that one of them names."""
    stated = compliance.parse_attestations(read_file(path), str(path))
    return tuple(
        replace(item, files=tuple((name, _digest_of(path.parent / name, item.origin)) for name, _ in item.files))
        for item in stated
    )


def _digest_of(path: Path, origin: str) -> Digest:
    try:
        return Digest.of(path.read_bytes())
    except OSError as error:
        what = f"{str(path)!r} cannot be read: {(error.strerror or str(error)).lower()}"
        raise InputError(f"{origin}.files", what, "expected a file beside the attestations") from None


@dataclass(slots=True, kw_only=True)
class _Search:
    """What was found so far. found: by the digest of the bundle, so that a copy counts once; notes: for the report."""

    artifact: Artifact
    keys: tuple[PublicKey, ...]
    found: dict[Digest, Evidence] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def place(self, text: str) -> None:
        """Look at a place that the user named."""
        path = Path(text)
        if (path / "oci-layout").is_file():
            self.repository(f"oci:{text}", text)
        elif path.is_dir():
            self.folder(path)
        elif text.startswith("oci:") or _names_a_host(text):
            self.repository(text, text)
        else:
            raise UnavailableError(text, "no such folder", "name a folder of bundles, oci:DIR or host/repo:tag")

    def folder(self, folder: Path) -> None:
        """Read every bundle in a folder; those about other artifacts are counted, not kept."""
        others = count = 0
        for path in sorted(folder.glob("*.sigstore.json")):
            count += 1
            try:
                evidence = read_evidence(
                    read_file(path), str(path), keys=self.keys, subject=self.artifact.digest, name=str(path)
                )
            except CustodyError as error:
                self.notes.append(f"Not read: {error}")
                continue
            if evidence.statement.is_about(self.artifact.digest):
                self.found.setdefault(evidence.digest, evidence)
            else:
                others += 1
        if others:
            self.notes.append(f"{folder}: {others} of {count} bundles are about other artifacts and were left out.")
        if not count:
            self.notes.append(f"{folder}: no bundles (*.sigstore.json) are there.")

    def repository(self, text: str, name: str) -> None:
        """Read every bundle that refers to the artifact's digest, whatever the tag points to by now."""
        reference = parse_reference(text)
        repository = open_repository(reference)
        if reference.pointer:
            now_at = repository.resolve(reference.pointer).digest
            if now_at != self.artifact.digest:
                self.notes.append(f"{text} now points to {now_at}, not to the artifact of this report.")
        skipped: list[str] = []
        bundles = find_evidence(repository, self.artifact.descriptor, keys=self.keys, skipped=skipped)
        for bundle in bundles:
            self.found.setdefault(bundle.evidence.digest, replace(bundle.evidence, name=name))
        self.notes += [f"Not read: {problem}" for problem in skipped]
        if not bundles:
            self.notes.append(f"{name}: no evidence refers to the artifact there.")


def _names_a_host(text: str) -> bool:
    """Say whether `host/repo` is meant: a mistyped folder must not become a question to a registry somewhere."""
    host, slash, _ = text.partition("/")
    return bool(slash and host.strip(".")) and ("." in host or ":" in host or host == "localhost")


def _attested(artifact: Artifact, data: bytes, name: str, evidence: Sequence[Evidence]) -> tuple[Artifact, str]:
    """Compare the SBOM file with what was signed; give the artifact as the signed SBOM calls it, and a note."""
    document = json.loads(data)
    kind = "cyclonedx" if "bomFormat" in document else "spdxjson"
    signed = [e for e in evidence if e.signer is not None and predicate_alias(e.predicate_type) == kind]
    for item in signed:
        if item.statement.predicate == document:
            return artifact, f"The SBOM file {name} is the one that evidence {item.digest.short} attests."
    if not signed:
        return artifact, (
            f"No verified SBOM was found to compare the file {name} with: product and version are as the file says, and"
            " no verdict rests on it."
        )
    try:
        known = sbom.decode(
            canonical_json(signed[0].statement.predicate), f"evidence {signed[0].digest.short}"
        ).artifact
    except InputError:
        known = artifact
    if known.digest == artifact.digest:
        artifact = known
    return artifact, f"The SBOM file {name} differs from the attested one; this report rests on the attested one."


def _checkpoint(folder: Workspace, digest: Digest, notes: list[str]) -> str:
    """Give the checkpoint of the workspace's ledger if it is whole and has entries about the artifact."""
    if not (folder.ledger / "checkpoint").exists():
        return ""
    ledger = Ledger.open(folder.ledger, key_path=folder.ledger_key, create=False)
    state = ledger.verify_all()
    subject = str(digest)
    events = (Event.parse(entry, "ledger entry") for entry in ledger.entries(stop=state.size))
    entries = sum(event.subject == subject for event in events)
    if not entries:
        notes.append("The workspace's ledger has no entry about this artifact.")
        return ""
    notes.append(
        f"The workspace's ledger was recomputed and is whole; {entries} of its entries are about this artifact."
    )
    return state.checkpoint.text


def _lines(assessment: Assessment) -> list[str]:
    artifact = assessment.artifact
    verified = sum(item.signer is not None for item in assessment.evidence)
    lines = [
        f"{assessment.title}, version {assessment.version}",
        f"{one_line(f'{artifact.name} {artifact.version}'.strip())}  {artifact.digest}",
        f"{verified} of {len(assessment.evidence)} bundles verified",
        "",
    ]
    for verdict, words in _WORDS:
        results = [result for result in assessment.results if result.verdict == verdict]
        tail = ""
        if verdict == "evidence_missing":
            partly = sum(result.supported for result in results)
            tail = f"  for {partly} of them a part was found" if partly else ""
        elif verdict == "not_met":
            tail = "  " + ", ".join(result.id for result in results)
        if results:
            lines.append(f"  {len(results):4}  {words}{tail}".rstrip())
    contradicted = [result for result in assessment.results if result.verdict == "not_met"]
    lines += ["", *(one_line(f"  {result.id}  {result.reason}") for result in contradicted)] if contradicted else []
    lines += ["", *(f"  {one_line(note)}" for note in assessment.notes)] if assessment.notes else []
    return [*lines, ""]
