"""A release says the same everywhere: in its folder, at its targets, in the ledger, and to those who verify it."""

from __future__ import annotations

import base64
import datetime as dt
import html
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from custody import compliance
from custody.model import Assessment
from custody.sbom import decode, validate_spdx23
from custody.workflows.interface import Silent
from custody.workflows.release import ReleaseRequest, release
from tests.workflows.support import POLICY, custody, make_application, make_image_archive

VERSION = "1.0"
ARGUMENTS = ("release", "app", "--name", "app", "--version", VERSION, "--policy", "policy.yaml")
KINDS = {"signature", "slsaprovenance", "spdxjson", "cyclonedx", "vuln", "vsa"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which a release was made and published to two layouts."""
    folder = tmp_path_factory.mktemp("release")
    make_application(folder / "app")
    (folder / "policy.yaml").write_text(POLICY)
    ended = custody(*ARGUMENTS, "--to", "oci:./a", "--to", "oci:./b:stable", "-o", "json", cwd=folder)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    assert json.loads(ended.stdout) == json.loads((folder / "release" / "release.json").read_text())
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def summary(place: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((place / "release" / "release.json").read_text())
    return value


def statement(place: Path, kind: str) -> dict[str, Any]:
    bundle = json.loads((place / "release" / "evidence" / f"{kind}.sigstore.json").read_text())
    value: dict[str, Any] = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    return value


def test_the_folder_has_every_file_that_the_summary_names(place: Path) -> None:
    names = {path.name for path in (place / "release").iterdir()}
    assert names >= {
        *(f"sbom-{v}.{f}.json" for v in (VERSION, "latest") for f in ("spdx", "cdx")),
        *("security-report.json", "security-report.sarif", "security-events.json", "compliance-report.pdf"),
        *("index.html", "release.json", "custody.pub", "evidence"),
    }
    assert {item["kind"] for item in summary(place)["evidence"]} == KINDS
    assert all((place / "release" / item["file"]).is_file() for item in summary(place)["evidence"])


def test_every_statement_is_about_the_one_digest(place: Path) -> None:
    digest = summary(place)["artifact"]["digest"]
    for kind in KINDS:
        assert [s["digest"] for s in statement(place, kind)["subject"]] == [{"sha256": digest.removeprefix("sha256:")}]


def test_what_is_attested_is_what_lies_in_the_folder(place: Path) -> None:
    release = place / "release"
    assert statement(place, "spdxjson")["predicate"] == json.loads((release / "sbom-latest.spdx.json").read_text())
    assert statement(place, "cyclonedx")["predicate"] == json.loads((release / "sbom-1.0.cdx.json").read_text())
    scanned = statement(place, "vuln")["predicate"]["scanner"]["result"]
    assert scanned == json.loads((release / "security-report.json").read_text())
    assert statement(place, "vsa")["predicate"]["verificationResult"] == "PASSED"


def test_the_sbom_keeps_the_rules_and_has_a_root_with_edges(place: Path) -> None:
    data = (place / "release" / "sbom-latest.spdx.json").read_bytes()
    assert [problem for problem in validate_spdx23(data, "sbom") if problem.severity == "error"] == []
    inventory = decode(data, "sbom")
    assert str(inventory.artifact.digest) == summary(place)["artifact"]["digest"]
    assert inventory.path_to("pkg:npm/left-pad@1.3.0") == (
        inventory.root.id,
        "pkg:npm/front@1.0.0",
        "pkg:npm/left-pad@1.3.0",
    )


@pytest.mark.parametrize("target", ["oci:./a:1.0", "oci:./b:stable"])
def test_each_target_has_the_artifact_and_verifies(place: Path, target: str) -> None:
    ended = custody("verify", target, "--key", "release/custody.pub", "-o", "json", cwd=place)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["digest"] == summary(place)["artifact"]["digest"]
    for kind in ("slsaprovenance", "spdxjson", "vuln"):
        ended = custody("verify-attestation", "--type", kind, target, "--key", "release/custody.pub", cwd=place)
        assert ended.returncode == 0, ended.stderr
        payload = json.loads(base64.b64decode(json.loads(ended.stdout)["payload"]))
        assert payload == statement(place, kind)


def test_another_key_verifies_nothing(place: Path) -> None:
    assert custody("key", "create", "--output", "other", cwd=place).returncode == 0
    for command in (("verify",), ("verify-attestation", "--type", "spdxjson")):
        ended = custody(*command, "oci:./a:1.0", "--key", "other.pub", cwd=place)
        assert ended.returncode == 1
        assert "none verified" in ended.stderr
    named = ("--policy", "policy.yaml", "--name", "app")
    assert custody("policy", "check", "oci:./a:1.0", *named, cwd=place).returncode == 0
    ended = custody("policy", "check", "oci:./a:1.0", *named, "--key", "other.pub", cwd=place)
    assert ended.returncode == 1
    assert "not verified" in ended.stdout


def test_download_gives_everything_without_judging_it(place: Path) -> None:
    ended = custody("download", "attestation", "oci:./a:1.0", cwd=place)
    assert len(ended.stdout.splitlines()) == len(KINDS)
    ended = custody("download", "sbom", "oci:./a:1.0", "--output", "fetched.json", cwd=place)
    assert ended.returncode == 0, ended.stderr
    kept = json.loads((place / "release" / "sbom-latest.spdx.json").read_text())
    assert json.loads((place / "fetched.json").read_text()) == kept


def test_the_scan_of_the_sbom_is_the_scan_of_the_source(place: Path) -> None:
    reports = []
    for source in ("app", "release/sbom-latest.spdx.json", "release/sbom-latest.cdx.json"):
        ended = custody("scan", source, "-o", "json", cwd=place)
        assert ended.returncode == 0, ended.stderr
        report = json.loads(ended.stdout)
        reports.append((report["result"], report["vulnerabilities"], report["notEvaluated"], report["packages"]))
    assert reports[0] == reports[1] == reports[2]


def test_every_act_is_in_the_ledger_and_can_be_proven(place: Path) -> None:
    ended = custody("audit", "log", "-o", "json", cwd=place)
    entries = [json.loads(line) for line in ended.stdout.splitlines()]
    acts = [entry["event"]["action"] for entry in entries]
    assert [entry["index"] for entry in entries] == list(range(len(entries)))
    assert acts[:2] == ["key.created", "artifact.resolved"]
    assert acts.count("evidence.signed") == len(KINDS)
    assert acts.count("artifact.published") == 2
    assert set(summary(place)["ledger"]["entries"]) <= set(range(len(entries)))
    assert custody("audit", "verify", cwd=place).returncode == 0
    assert "c2sp.org/tlog-proof@v1" in custody("audit", "prove", "3", cwd=place).stdout
    beyond = custody("audit", "prove", "9999", cwd=place)
    assert beyond.returncode == 3
    assert "9999" in beyond.stderr


def test_the_page_stands_alone_and_shows_the_release(place: Path) -> None:
    page = html.unescape((place / "release" / "index.html").read_text())
    for word in (summary(place)["artifact"]["digest"], "left-pad", "Allowed", "oci:./b:stable", "slsaprovenance"):
        assert word in page
    assert 'src="' not in page
    assert "default-src 'none'" in page


def test_the_script_of_the_guide_writes_the_same_report(place: Path, root: Path) -> None:
    flags = ("--format", "nist-ssdf", "--sbom", "release/sbom-latest.spdx.json", "--output")
    script = [sys.executable, str(root / "scripts" / "generate-compliance-report.py"), *flags, "one.json"]
    ended = subprocess.run(script, cwd=place, capture_output=True, text=True, check=False, env=None)
    assert ended.returncode == 0, ended.stderr
    assert custody("report", *flags, "two.json", cwd=place).returncode == 0
    one, two = (json.loads((place / name).read_text()) for name in ("one.json", "two.json"))
    assert len(one["controls"]) == len(two["controls"]) == 42
    verdicts = [[result["verdict"] for result in report["controls"]] for report in (one, two)]
    assert verdicts[0] == verdicts[1]


def test_an_image_archive_is_released_as_well(place: Path) -> None:
    metadata = b"Metadata-Version: 2.1\nName: Sample.Thing\nVersion: 2.0\nLicense: MIT\n"
    site = "opt/app/lib/python3.11/site-packages"
    gone = f"{site}/gone-1.0.dist-info/METADATA"
    make_image_archive(
        place / "image.tar",
        {f"{site}/sample_thing-2.0.dist-info/METADATA": metadata, gone: metadata.replace(b"Sample.Thing", b"gone")},
        {f"{site}/.wh.gone-1.0.dist-info": b""},
    )
    ended = custody(
        *("release", "docker-archive:image.tar", "--name", "app", "--version", "2.0"),
        *("--to", "oci:./c", "--output", "image-release"),
        cwd=place,
    )
    assert ended.returncode == 0, ended.stderr
    inventory = decode((place / "image-release" / "sbom-2.0.spdx.json").read_bytes(), "sbom")
    assert [package.id for package in inventory.packages] == ["pkg:pypi/sample-thing@2.0"]
    assert inventory.packages[0].locations[0].layer is not None
    assert custody("verify", "oci:./c:2.0", cwd=place).returncode == 0


def test_a_version_that_no_tag_and_no_file_name_may_hold(place: Path) -> None:
    arguments = ("release", "app", "--name", "app", "--to", "oci:./d")
    ended = custody(*arguments, "--version", "../1+b", "--output", "deep/odd", cwd=place)
    assert ended.returncode == 0, ended.stderr
    assert "oci:./d:_.._1_b" in ended.stdout
    assert (place / "deep" / "odd" / "sbom-.._1+b.spdx.json").is_file()
    assert [path.name for path in (place / "deep").iterdir()] == ["odd"]
    assert custody("verify", "oci:./d:_.._1_b", cwd=place).returncode == 0


@pytest.mark.parametrize("version", ["", " ", "1\n2", "1 ", "\x1b[2J", "x" * 129])
def test_a_version_that_nobody_could_read_is_refused(place: Path, version: str) -> None:
    ended = custody("release", "app", "--name", "app", "--version", version, "--output", "no", cwd=place)
    assert ended.returncode == 2
    assert ended.stderr.startswith("custody: error: --version: ")
    assert ended.stderr.count("\n") == 1
    assert not (place / "no").exists()


def test_a_decision_of_an_earlier_release_does_not_lie_beside_a_later_one(place: Path) -> None:
    arguments = ("release", "app", "--name", "app", "--version", "3", "--output", "again")
    assert custody(*arguments, "--policy", "policy.yaml", cwd=place).returncode == 0
    kept = place / "again" / "evidence" / "vsa.sigstore.json"
    assert kept.is_file()
    assert custody(*arguments, cwd=place).returncode == 0
    assert not kept.exists()
    assert (place / "again" / "evidence" / "vuln.sigstore.json").is_file()


def test_how_old_advisories_are_is_measured_against_the_real_time(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, set_back = dt.datetime(2026, 11, 22, tzinfo=dt.UTC), dt.datetime(2026, 8, 21, tzinfo=dt.UTC)
    asked: list[dt.datetime] = []
    assess = compliance.assess

    def recorded(*names: str, now: dt.datetime, **more: Any) -> Assessment:  # noqa: ANN401
        asked.append(now)
        return assess(*names, now=now, **more)

    monkeypatch.setattr(compliance, "assess", recorded)
    request = ReleaseRequest(
        source=str(place / "app"),
        name="app",
        version="4",
        output=place / "timed",
        workspace=place / "timed-workspace",
        actor="tester",
        clock=lambda: real,
        document_time=set_back,
    )
    result = release(request, Silent())
    assert asked == [real]
    assert result.report.scanned_at == set_back
