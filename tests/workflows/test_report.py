from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from custody.errors import InputError, UnavailableError, UsageError, VerificationError
from custody.ledger import Ledger
from custody.model import Assessment, Digest, Event, Statement, predicate_types
from custody.registry import open_repository
from custody.signing import KeyPair, create_key, sign_statement
from custody.vault import Workspace
from custody.workflows.evidence import attach, seal
from custody.workflows.report import assess_release, write_report
from tests.compliance.material import ARTIFACT, DIGEST, NOW, provenance, scan, spdx, summary

PREDICATES: dict[str, dict[str, Any]] = {
    "signature": {},
    "slsaprovenance": provenance(),
    "spdxjson": spdx(),
    "vuln": scan(),
    "vsa": summary(),
}


@dataclass(frozen=True)
class Folder:
    """A release folder with an SBOM and signed evidence beside it, and a workspace that has nothing in it."""

    path: Path
    key: KeyPair

    @property
    def sbom(self) -> Path:
        return self.path / "release" / "sbom.spdx.json"

    @property
    def evidence(self) -> Path:
        return self.path / "release" / "evidence"

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.path / ".custody")

    def assess(self, **changes: Any) -> Assessment:  # noqa: ANN401 - keyword arguments of assess_release
        arguments: dict[str, Any] = {
            "sbom_file": self.sbom,
            "places": (),
            "attestations": None,
            "workspace": self.workspace.folder,
            "keys": [self.key.public],
            "now": NOW,
        }
        return assess_release("nist-ssdf", **arguments | changes)

    def sign(self, kind: str, predicate: dict[str, Any], about: Digest = DIGEST) -> bytes:
        return sign_statement(Statement.about("whisperengine", about, predicate_types(kind)[0], predicate), self.key)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(path=tmp_path, key=create_key(tmp_path / "keys" / "signing"))
    made.evidence.mkdir(parents=True)
    made.sbom.write_text(json.dumps(spdx()))
    for kind, predicate in PREDICATES.items():
        (made.evidence / f"{kind}.sigstore.json").write_bytes(made.sign(kind, predicate))
    return made


def verified(assessment: Assessment) -> int:
    return sum(item.signer is not None for item in assessment.evidence)


def test_the_evidence_beside_the_sbom_is_found_and_verified(folder: Folder) -> None:
    assessment = folder.assess()
    assert assessment.artifact.digest == DIGEST
    assert (assessment.artifact.name, assessment.artifact.version) == ("whisperengine", "1.2.3")
    assert verified(assessment) == len(assessment.evidence) == 5
    assert sum(result.supported for result in assessment.results) > 10
    assert assessment.notes[0].startswith("The SBOM file sbom.spdx.json is the one that evidence ")
    assert assessment.notes[1:] == ()


def test_without_a_key_everything_is_missing_and_the_reason_names_the_flag(folder: Folder) -> None:
    (folder.sbom.parent / "custody.pub").write_bytes(folder.key.public.pem)
    assessment = folder.assess(keys=())
    assert verified(assessment) == 0
    assert assessment.count("evidence_missing") == 42
    assert not any(result.supported for result in assessment.results)
    reasons = {result.id: result.reason for result in assessment.results}
    assert "--key FILE" in reasons["PS.2.1"]
    assert any("No key was trusted" in note for note in assessment.notes)


def test_another_key_verifies_nothing(folder: Folder) -> None:
    other = create_key(folder.path / "other")
    assert verified(folder.assess(keys=[other.public])) == 0


def test_an_sbom_file_that_is_not_the_attested_one_is_said_so(folder: Folder) -> None:
    changed = spdx()
    changed["packages"][0]["name"] = "somethingelse"
    folder.sbom.write_text(json.dumps(changed))
    assessment = folder.assess()
    assert assessment.notes[0].endswith("differs from the attested one; this report rests on the attested one.")
    assert assessment.artifact.name == "whisperengine"


def test_an_sbom_file_that_nobody_attested_is_said_so(folder: Folder) -> None:
    (folder.evidence / "spdxjson.sigstore.json").unlink()
    assert folder.assess().notes[0].startswith("No verified SBOM was found to compare the file sbom.spdx.json with")


def test_an_sbom_that_names_no_artifact_is_refused(folder: Folder) -> None:
    document = spdx()
    del document["packages"][0]["checksums"]
    folder.sbom.write_text(json.dumps(document))
    with pytest.raises(InputError, match="does not state the digest of what it describes"):
        folder.assess()


def test_what_is_no_sbom_is_refused(folder: Folder) -> None:
    folder.sbom.write_text("{}")
    with pytest.raises(InputError, match="not an SBOM"):
        folder.assess()


def test_an_sbom_that_is_not_there_is_bad_input(folder: Folder) -> None:
    folder.sbom.unlink()
    with pytest.raises(InputError, match=r"sbom.spdx.json: no such file"):
        folder.assess()


def test_a_bundle_that_cannot_be_read_is_noted_and_the_others_count(folder: Folder) -> None:
    (folder.evidence / "vuln.sigstore.json").write_text("{")
    assessment = folder.assess()
    assert verified(assessment) == 4
    (note,) = assessment.notes[1:]
    assert note.startswith("Not read: ")
    assert "vuln.sigstore.json" in note


def test_a_bundle_with_one_byte_changed_counts_for_nothing(folder: Folder) -> None:
    path = folder.evidence / "vsa.sigstore.json"
    bundle = json.loads(path.read_bytes())
    sig = bundle["dsseEnvelope"]["signatures"][0]["sig"]
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = sig[:10] + ("A" if sig[10] != "A" else "B") + sig[11:]
    path.write_text(json.dumps(bundle))
    assessment = folder.assess()
    assert verified(assessment) == 4
    results = {result.id: result for result in assessment.results}
    assert results["PO.4.1"].cited == ()
    assert "found but not verified" in results["PO.4.1"].reason


def test_bundles_about_other_artifacts_are_left_out_and_counted(folder: Folder) -> None:
    other = folder.sign("vsa", summary(passed=False), Digest.of(b"other"))
    (folder.evidence / "other.sigstore.json").write_bytes(other)
    assessment = folder.assess()
    assert len(assessment.evidence) == 5
    assert assessment.count("not_met") == 0
    assert "1 of 6 bundles are about other artifacts" in assessment.notes[1]


def test_evidence_is_found_in_a_folder_that_is_named(folder: Folder) -> None:
    elsewhere = folder.path / "elsewhere"
    folder.evidence.rename(elsewhere)
    assert verified(folder.assess()) == 0
    assert verified(folder.assess(places=[str(elsewhere)])) == 5


def test_a_bundle_found_twice_counts_once(folder: Folder) -> None:
    assert len(folder.assess(places=[str(folder.evidence), f"{folder.evidence}/"]).evidence) == 5


def published(folder: Folder, layout: Path, kind: str = "vuln") -> str:
    """Attach one more statement to the artifact in a layout; give the layout's reference."""
    repository = open_repository(f"oci:{layout}")
    statement = Statement.about("whisperengine", DIGEST, predicate_types(kind)[0], PREDICATES[kind] | {"n": kind})
    attach(repository, ARTIFACT.descriptor, seal(statement, folder.key, ARTIFACT.descriptor), NOW)
    return f"oci:{layout}"


def test_evidence_is_found_in_a_layout_by_the_artifacts_digest(folder: Folder) -> None:
    layout = folder.path / "registry"
    for place in (published(folder, layout), str(layout)):
        assessment = folder.assess(places=[place])
        assert verified(assessment) == 6
        assert place in {item.name for item in assessment.evidence}


def test_evidence_is_found_in_the_workspace(folder: Folder) -> None:
    published(folder, folder.workspace.vault, "signature")
    assessment = folder.assess()
    assert verified(assessment) == 6
    assert "workspace vault" in {item.name for item in assessment.evidence}


def test_a_layout_without_evidence_is_said_so(folder: Folder) -> None:
    layout = folder.path / "registry"
    repository = open_repository(f"oci:{layout}")
    other = replace(ARTIFACT.descriptor, digest=Digest.of(b"other"))
    statement = Statement.about("x", other.digest, predicate_types("signature")[0], {})
    attach(repository, other, seal(statement, folder.key, other), NOW)
    assert f"oci:{layout}: no evidence refers to the artifact there." in folder.assess(places=[f"oci:{layout}"]).notes


def test_a_tag_that_points_elsewhere_is_said_so(folder: Folder) -> None:
    layout = folder.path / "registry"
    published(folder, layout)
    repository = open_repository(f"oci:{layout}")
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": f"sha256:{Digest.of(b'{}').hex}",
            "size": 2,
        },
        "layers": [],
    }
    moved = repository.put_manifest(json.dumps(manifest).encode(), str(manifest["mediaType"]), tag="1.2.3")
    assessment = folder.assess(places=[f"oci:{layout}:1.2.3"])
    assert verified(assessment) == 6
    assert any(f"now points to {moved.digest}" in note for note in assessment.notes)


@pytest.mark.parametrize("place", ["evidenc", "release/evidenc", "./evidenc", "../evidenc/", "/nowhere/evidenc"])
def test_a_mistyped_folder_is_no_question_to_a_registry(folder: Folder, place: str) -> None:
    with pytest.raises(UnavailableError, match="no such folder; name a folder of bundles, oci:DIR or host/repo:tag"):
        folder.assess(places=[place])


def stated(folder: Folder, extra: str = "") -> Path:
    path = folder.path / "stated" / "attestations.yaml"
    path.parent.mkdir()
    path.write_text(
        "apiVersion: v1\nkind: Attestations\nattestations:\n"
        f"  - {{control: PS.2.1, verdict: met, author: Jane Doe, date: 2026-11-01, statement: It is so.{extra}}}\n"
    )
    return path


def test_a_person_and_evidence_meet_a_task(folder: Folder) -> None:
    assessment = folder.assess(attestations=stated(folder))
    assert [result.id for result in assessment.results if result.verdict == "met"] == ["PS.2.1"]


def test_what_is_attached_to_a_statement_gets_its_digest(folder: Folder) -> None:
    path = stated(folder, ", files: [minutes.txt]")
    (path.parent / "minutes.txt").write_text("We agreed.")
    (item,) = folder.assess(attestations=path).attestations
    assert item.files == (("minutes.txt", Digest.of(b"We agreed.")),)


def test_what_is_attached_and_not_there_is_refused(folder: Folder) -> None:
    with pytest.raises(InputError, match=r"attestations\[0\].files: '.*minutes.txt' cannot be read: no such file"):
        folder.assess(attestations=stated(folder, ", files: [minutes.txt]"))


def logged(folder: Folder, subject: str) -> Ledger:
    workspace = folder.workspace.make()
    ledger = Ledger.open(workspace.ledger, key_path=workspace.ledger_key, create=True)
    ledger.append([Event(action="evidence.signed", at=NOW, subject=subject, actor="ada").encode()])
    return ledger


def test_the_checkpoint_of_a_ledger_that_knows_the_artifact_is_cited(folder: Folder) -> None:
    ledger = logged(folder, str(DIGEST))
    assessment = folder.assess()
    assert assessment.checkpoint == ledger.checkpoint().text
    assert "1 of its entries are about this artifact" in assessment.notes[-1]
    cited = {result.id: [fact.source for fact in result.cited] for result in assessment.results}
    assert "ledger checkpoint" in cited["PS.3.1"]


def test_a_ledger_that_does_not_know_the_artifact_proves_nothing(folder: Folder) -> None:
    logged(folder, str(Digest.of(b"other")))
    assessment = folder.assess()
    assert assessment.checkpoint == ""
    assert assessment.notes[-1] == "The workspace's ledger has no entry about this artifact."


def test_a_corrupted_ledger_stops_the_report(folder: Folder) -> None:
    logged(folder, str(DIGEST))
    for path in sorted((folder.workspace.ledger / "tile").rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    with pytest.raises((VerificationError, InputError)):
        folder.assess()


def test_a_ledger_whose_entries_were_rewritten_stops_the_report(folder: Folder) -> None:
    """Entry and leaf hash fit each other, but not the signed root: only recomputing the whole log shows it."""
    logged(folder, str(Digest.of(b"other")))
    entry = Event(action="evidence.signed", at=NOW, subject=str(DIGEST), actor="ada").encode()
    tile = folder.workspace.ledger / "tile"
    (bundle,), (hashes,) = tile.glob("entries/**/1"), tile.glob("0/**/1")
    bundle.write_bytes(len(entry).to_bytes(2, "big") + entry)
    hashes.write_bytes(hashlib.sha256(b"\x00" + entry).digest())
    with pytest.raises(VerificationError):
        folder.assess()


def write(folder: Folder, output: Path, **changes: Any) -> list[str]:  # noqa: ANN401 - arguments of write_report
    arguments: dict[str, Any] = {
        "sbom_file": folder.sbom,
        "places": (),
        "attestations": None,
        "output": output,
        "workspace": folder.workspace.folder,
        "keys": [folder.key.public],
        "now": NOW,
    }
    return write_report("nist-ssdf", **arguments | changes)


def test_the_report_is_written_as_pdf_and_the_lines_sum_it_up(folder: Folder) -> None:
    output = folder.path / "out" / "compliance-report.pdf"
    lines = write(folder, output, attestations=stated(folder))
    assert output.read_bytes().startswith(b"%PDF")
    text = "\n".join(lines)
    assert lines[0] == "NIST SP 800-218, Secure Software Development Framework (SSDF), version 1.1"
    assert lines[1] == f"whisperengine 1.2.3  {DIGEST}"
    assert "5 of 5 bundles verified" in text
    assert "     1  met\n" in text
    assert "    41  evidence missing  for " in text
    assert f"Report: {output}" in lines[-1]
    assert [path.name for path in output.parent.iterdir()] == ["compliance-report.pdf"]


def test_the_report_is_json_where_the_name_says_so(folder: Folder) -> None:
    output = folder.path / "report.json"
    denial = folder.sign("vsa", summary(passed=False, at="2026-11-22T17:59:00Z"))
    (folder.evidence / "denial.sigstore.json").write_bytes(denial)
    lines = write(folder, output)
    value = json.loads(output.read_bytes())
    assert value["summary"]["not_met"] == 2
    assert "     2  not met  PW.4.1, PW.4.4" in lines
    assert any(line.startswith("  PW.4.1  Contradicted by evidence: policy policy.yaml") for line in lines)


def test_nothing_written_can_forge_a_line(folder: Folder) -> None:
    document = spdx()
    document["packages"][0]["name"] = "evil\n  42  met\x1b[2J"
    folder.sbom.write_text(json.dumps(document))
    (folder.evidence / "spdxjson.sigstore.json").unlink()
    denial = summary(passed=False) | {"policy": {"uri": "evil\n  42  met\x1b[2J"}}
    (folder.evidence / "vsa.sigstore.json").write_bytes(folder.sign("vsa", denial))
    lines = write(folder, folder.path / "report.json")
    assert [line for line in lines if line.startswith("  PW.4.1  ")]
    assert not [line for line in lines if "\n" in line or "\x1b" in line]


def test_a_report_that_cannot_be_written_leaves_nothing_behind(folder: Folder) -> None:
    (folder.path / "out").write_text("a file, not a folder")
    with pytest.raises(UnavailableError):
        write(folder, folder.path / "out" / "report.json")
    assert sorted(path.name for path in folder.path.iterdir()) == ["keys", "out", "release"]


def test_an_unknown_framework_is_refused(folder: Folder) -> None:
    with pytest.raises(UsageError, match="unknown framework 'nist-csf'; expected one of nist-ssdf"):
        assess_release(
            "nist-csf",
            sbom_file=folder.sbom,
            places=(),
            attestations=None,
            workspace=folder.workspace.folder,
            keys=(),
            now=NOW,
        )


@pytest.mark.parametrize("program", [["-m", "custody", "report"], ["scripts/generate-compliance-report.py"]])
def test_the_command_and_the_script_take_the_same_flags(folder: Folder, root: Path, program: list[str]) -> None:
    output = folder.path / "compliance-report.json"
    flags = ["--sbom", folder.sbom, "--format", "nist-ssdf", "--output", output, "--key", folder.key.public_path]
    if program[0] != "-m":
        program = [str(root / program[0])]
    done = subprocess.run(
        [sys.executable, *program, *map(str, flags)], cwd=folder.path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "5 of 5 bundles verified" in done.stdout
    assert json.loads(output.read_bytes())["framework"]["id"] == "nist-ssdf"
