"""`custody scan import`: from files of several tools to one report, with the workspace's decisions on top."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from custody.cli.commands.scan_import import COMMAND
from custody.errors import InputError, UsageError
from custody.model import Digest, ExceptionGrant
from custody.report import FORMATS, encode_security_report, parse_security_report
from custody.workflows.exceptions import grant_exception
from custody.workflows.interface import Silent
from custody.workflows.scan_import import ImportedScan, ImportRequest, import_outputs, import_reports
from tests.report.foreign.cases import CASES, report_file
from tests.report.scans import ARTIFACT, FULL, JINJA, report

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
FILES = {case.name: report_file(case) for case in CASES}
GRYPE, PIP = FILES["grype-directory_ok"], FILES["pip-audit_severities-are-not-stated"]
IMAGE = FILES["grype-image_names-the-artifact"]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ImportedScan]:
    monkeypatch.chdir(tmp_path)

    def run(*files: Path, **more: object) -> ImportedScan:
        request = replace(ImportRequest(files=files, workspace=tmp_path / ".custody"), **more)  # type: ignore[arg-type]
        return import_reports(request, Silent(), scanned_at=NOW, now=NOW)

    return run


def test_one_problem_of_two_tools_is_one_finding(read: Callable[..., ImportedScan]) -> None:
    made = read(GRYPE, PIP)
    jinja = [f for f in made.report.findings if f.id == "CVE-2019-10906"]
    assert len(jinja) == 1
    assert [how.source for how in jinja[0].found] == ["grype, database of 2026-11-23T00:31:00Z", "pip-audit"]
    assert (jinja[0].severity, jinja[0].score) == ("HIGH", 8.6)
    assert jinja[0].risk is not None
    assert [source.tool for source in made.sources] == ["grype", "pip-audit"]
    assert {p.id for p in made.inventory.packages} == {f.package_id for f in made.report.findings}


def test_the_artifact_is_the_one_that_a_report_names(read: Callable[..., ImportedScan]) -> None:
    digest = json.loads(IMAGE.read_bytes())["source"]["target"]["manifestDigest"]
    assert str(read(IMAGE, PIP).report.artifact) == digest
    assert str(read(IMAGE, artifact=digest).report.artifact) == digest
    named = "sha256:" + "ab" * 32
    assert str(read(PIP, GRYPE, artifact=named).report.artifact) == named


def test_where_no_report_names_it_that_is_said(
    read: Callable[..., ImportedScan], capsys: pytest.CaptureFixture[str]
) -> None:
    made = read(PIP)
    assert made.report.artifact == Digest.of(PIP.read_bytes())
    assert "no report states the digest of what was scanned" in capsys.readouterr().err
    assert read(GRYPE, PIP).report.artifact == read(PIP, GRYPE).report.artifact


def test_reports_of_different_artifacts_are_refused(read: Callable[..., ImportedScan], tmp_path: Path) -> None:
    ours = tmp_path / "security-report.json"
    ours.write_bytes(encode_security_report(FULL))
    with pytest.raises(UsageError, match="about different artifacts"):
        read(IMAGE, ours)
    with pytest.raises(UsageError, match="about different artifacts"):
        read(IMAGE, artifact="sha256:" + "ab" * 32)
    with pytest.raises(UsageError, match="expected a digest"):
        read(PIP, artifact="latest")


def test_our_report_has_the_word(read: Callable[..., ImportedScan], tmp_path: Path) -> None:
    ours = tmp_path / "security-report.json"
    ours.write_bytes(encode_security_report(report(replace(JINJA, severity="LOW", score=1.0, risk=3.0))))
    made = read(GRYPE, ours)
    found = next(f for f in made.report.findings if f.id == JINJA.id)
    assert (found.severity, found.risk) == ("LOW", 3.0)
    assert found.found[0].source.startswith("data/osv")
    assert made.report.artifact == ARTIFACT.digest


def test_exceptions_and_the_ignore_file_apply(read: Callable[..., ImportedScan], tmp_path: Path) -> None:
    grant = ExceptionGrant(
        id="CVE-2019-10906",
        package="jinja2",
        reason="no templates of others",
        owner="maya",
        approver="ben",
        granted_at=NOW,
        expires=NOW + dt.timedelta(days=30),
    )
    grant_exception(tmp_path / ".custody", grant, actor="maya", clock=lambda: NOW)
    rules = tmp_path / "ignore.yaml"
    rules.write_text("ignore:\n  - id: CVE-2023-4911\n    reason: set-uid programs are gone\n    expires: 2027-01-01\n")
    made = read(GRYPE, PIP, ignore_file=rules)
    kinds = {f.id: f.suppression.kind for f in made.report.findings if f.suppression}
    assert kinds == {"CVE-2019-10906": "exception", "CVE-2023-4911": "ignore", "CVE-2010-4756": "ignore"}


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_it_is_written_in_every_format(read: Callable[..., ImportedScan], form: str) -> None:
    made = read(GRYPE, PIP, FILES["sarif-of-bandit_findings-in-files"])
    data = import_outputs(made, form, screen=False)
    assert b"CVE-2019-10906" in data
    assert b"B602" in data


def test_a_file_that_is_no_report_is_named(read: Callable[..., ImportedScan], tmp_path: Path) -> None:
    bad = tmp_path / "x.json"
    bad.write_text("{}")
    with pytest.raises(InputError, match=r"x\.json: not a scan report of a known tool"):
        read(bad)
    with pytest.raises(InputError, match=r"none\.json: no such file"):
        read(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("file", "options", "code"),
    [
        (GRYPE, [], 0),
        (GRYPE, ["--fail-on", "high"], 1),
        (GRYPE, ["--fail-on", "critical"], 0),
        (GRYPE, ["--fail-on", "kev"], 1),
        (PIP, ["--fail-on", "critical"], 1),  # it states no severity: nobody knows
        (FILES["pip-audit_clean"], ["--fail-on", "low"], 0),
        (FILES["trivy-nothing-listed_unknown"], ["--fail-on", "low"], 1),
        (FILES["trivy-filesystem_clean"], ["--fail-on", "low"], 0),
    ],
)
def test_the_exit_code(
    file: Path, options: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "out.json"
    done = CliRunner().invoke(
        COMMAND,
        [str(file), "-o", f"json={out}", *options],
        obj={"workspace": str(tmp_path / "none")},
        standalone_mode=False,
    )
    assert done.exception is None
    assert done.return_value == code
    assert parse_security_report(out.read_bytes(), "x").result in ("findings", "clean", "unknown")
