"""`custody vex`: what it writes of decisions keeps the schemas, is read back, and decides the same in the next scan."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custody.advisories.vex import read_vex, recognise
from custody.model import Purl, scan_report_to_json
from tests.advisories.vex.samples import finding, report
from tests.advisories.vex.test_writers import faults
from tests.workflows.test_scan import advisories, custody, image

REACH = "vulnerable_code_not_in_execute_path"
WHO = ("--reason", "The template is ours.", "--owner", "ana@team.example", "--expires", "2099-01-01")
BY = ("--author", "Team", "--namespace", "https://team.example", "--db", "db/x.db")
FORMATS = ("openvex", "csaf", "cyclonedx")
ALL = ("-o", "openvex=a.openvex", "-o", "csaf=a.csaf", "-o", "cyclonedx=a.cyclonedx")
STATUSES = {
    "CVE-2026-1": "not_affected",  # an exception with a justification
    "CVE-2026-2": "affected",  # a risk that is accepted
    "GHSA-3": "affected",
    "CVE-2026-4": "affected",
    "CVE-2026-5": "not_affected",  # the vendor's word
}
each_format = pytest.mark.parametrize("form", FORMATS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an image, the decisions on it, what `custody vex` writes, and `report.json` of a scan."""
    folder = tmp_path_factory.mktemp("vex")
    image(folder / "app.tar")
    advisories(folder / "db")
    jinja = ("CVE-2026-1", "--package", "pkg:pypi/jinja2", "--justification", REACH)
    for arguments in (jinja, ("CVE-2026-2", "--approver", "ben@team.example")):
        ended = custody("exception", "add", *arguments, *WHO, cwd=folder)
        assert ended.returncode == 0, ended.stderr
    ended = custody("vex", "app.tar", *BY, *ALL, cwd=folder)
    assert ended.returncode == 0, ended.stderr
    assert custody("scan", "app.tar", "--db", "db/x.db", "-o", "json=report.json", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "place"))


def suppressed(place: Path, *arguments: str) -> dict[str, str]:
    """Give what a scan in a workspace without decisions sets aside: id → kind."""
    ended = custody("--workspace", "empty", "scan", "app.tar", "--db", "db/x.db", "-o", "json", *arguments, cwd=place)
    assert ended.returncode == 0, ended.stderr
    assert "covers nothing" not in ended.stderr
    return {item["id"]: item["suppression"]["kind"] for item in json.loads(ended.stdout)["suppressed"]}


@each_format
def test_it_is_read_back_with_the_same_words(made: Path, form: str) -> None:
    data = (made / f"a.{form}").read_bytes()
    assert recognise(data) == form
    said = {statement.vulnerability: statement for statement in read_vex(data, form)}
    assert {name: statement.status for name, statement in said.items()} == STATUSES
    assert said["CVE-2026-1"].justification == REACH
    assert "The template is ours." in said["CVE-2026-1"].impact
    assert "Risk accepted until 2099-01-01T00:00:00Z (owner ana@team.example, approved by ben@team.example)" in (
        said["CVE-2026-2"].action
    )
    assert all(statement.author == "Team" for statement in said.values())


@each_format
def test_it_keeps_the_schema(made: Path, shared: Path, form: str) -> None:
    assert faults(shared, form, (made / f"a.{form}").read_bytes()) == []


@each_format
def test_applied_to_a_scan_it_sets_the_same_findings_aside(place: Path, form: str) -> None:
    assert suppressed(place) == {"CVE-2026-5": "vendor"}
    aside = suppressed(place, "--vex", f"a.{form}")
    assert aside == {"CVE-2026-1": "vex", "CVE-2026-5": "vendor"}
    assert set(aside) == {name for name, status in STATUSES.items() if status == "not_affected"}


def test_a_report_says_the_same_as_the_source(place: Path) -> None:
    from_source = custody(
        "vex",
        "app.tar",
        *BY,
        cwd=place,
    )
    for workspace in (".custody", "empty"):  # where the decisions are recorded, and where only the report has them
        ended = custody("--workspace", workspace, "vex", "report.json", *BY, cwd=place)
        assert ended.returncode == 0, ended.stderr
        one, two = json.loads(from_source.stdout), json.loads(ended.stdout)
        assert one["statements"] == two["statements"]


def test_what_has_ended_since_the_report_counts_again_and_what_is_decided_since_counts(place: Path) -> None:
    value = json.loads((place / "report.json").read_bytes())
    for item in value["suppressed"]:
        if item["id"] == "CVE-2026-1":
            item["suppression"]["expires"] = "2026-01-01T00:00:00Z"
    (place / "old.json").write_text(json.dumps(value))

    def statuses() -> dict[str, str]:
        ended = custody("--workspace", "other", "vex", "old.json", *BY, cwd=place)
        assert ended.returncode == 0, ended.stderr
        return {s["vulnerability"]["name"]: s["status"] for s in json.loads(ended.stdout)["statements"]}

    assert statuses() == STATUSES | {"CVE-2026-1": "affected"}
    grant = ("exception", "add", "GHSA-3", *WHO, "--justification", "component_not_present")
    assert custody("--workspace", "other", *grant, cwd=place).returncode == 0
    assert statuses() == STATUSES | {"CVE-2026-1": "affected", "GHSA-3": "not_affected"}


def test_the_product_may_be_named(place: Path) -> None:
    ended = custody("vex", "report.json", *BY, "--product", "pkg:oci/shop@sha256:00", cwd=place)
    named = {product["@id"] for s in json.loads(ended.stdout)["statements"] for product in s["products"]}
    assert named == {str(Purl.parse("pkg:oci/shop@sha256:00"))}


def stored(place: Path, **changes: Any) -> None:  # noqa: ANN401
    held = replace(report(finding("CVE-1")), **changes)
    (place / "r.json").write_text(json.dumps(scan_report_to_json(held)))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("r.json",), 2, "--author: nobody is named who states it"),
        (("r.json", "--author", " "), 2, "--author: ' ' cannot be a name"),
        (("r.json", "--author", "T", "-o", "csaf"), 2, "--namespace: CSAF asks for an address"),
        (("r.json", "--author", "T", "-o", "csaf", "--namespace", "x"), 2, "--namespace: expected a name, and an add"),
        (("r.json", "--author", "T", "-o", "vexed"), 2, "-o vexed: unknown VEX format; expected one of csaf, cyclo"),
        (("r.json", "--author", "T", "--product", "x"), 2, "--product: "),
        (("r.json", "--author", "T", "--vex", "a.csaf"), 2, "--vex: statements go with a SOURCE"),
        (("-", "--author", "T"), 3, "standard input: "),
        (("nope", "--author", "T"), 3, "nope: no such file or folder"),
        (("bad.json", "--author", "T"), 3, "bad.json:artifact"),
    ],
)
def test_what_makes_no_sense_is_one_line(place: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    stored(place)
    (place / "bad.json").write_text('{"schemaVersion": "1.1", "scannedAt": "2026-01-01T00:00:00Z"}')
    ended = custody("vex", *arguments, cwd=place)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.startswith(f"custody: error: {message}")
    assert ended.stderr.count("\n") == 1


def test_without_knowledge_nothing_is_stated(place: Path) -> None:
    stored(place, findings=(), result="unknown")
    ended = custody("vex", "r.json", "--author", "T", cwd=place)
    assert ended.returncode == 4
    assert "r.json: no advisory database was asked, so nothing is known of it" in ended.stderr
    state = json.loads((place / "report.json").read_bytes())
    clean = state | {"result": "clean", "vulnerabilities": [], "suppressed": [], "notEvaluated": [], "skipped": []}
    (place / "r.json").write_text(json.dumps(clean))
    ended = custody("vex", "r.json", "--author", "T", "--product", "pkg:oci/a", cwd=place)
    assert ended.returncode == 3
    assert "holds no finding, so there is nothing to state" in ended.stderr


def test_two_runs_give_the_same_bytes(place: Path) -> None:
    moment = str(int(dt.datetime(2026, 10, 1, tzinfo=dt.UTC).timestamp()))
    from tests.workflows import support

    runs = [
        support.custody("vex", "report.json", *BY[:4], "-o", form, cwd=place, env={"SOURCE_DATE_EPOCH": moment}).stdout
        for form in (*FORMATS, *FORMATS)
    ]
    assert runs[:3] == runs[3:]
    assert all("2026-10-01T00:00:00Z" in text for text in runs)


def test_exceptions_of_a_policy_are_in_the_report_of_a_release_and_passed_on(place: Path) -> None:
    policy = """\
apiVersion: v1
kind: Policy
metadata: {name: p}
spec:
  containers:
    - name: app
      vulnerabilities:
        maxSeverity: CRITICAL
        unknown: allow
        exceptions:
          - {id: GHSA-3, package: deep, reason: not called, owner: o, expires: 2099-01-01, justification: %s}
          - CVE-2026-4
"""
    (place / "policy.yaml").write_text(policy % REACH)
    command = ("release", "docker-archive:app.tar", "--name", "app", "--version", "1", "--policy", "policy.yaml")
    ended = custody(*command, "--db", "db/x.db", cwd=place)
    assert ended.returncode == 0, ended.stderr
    ended = custody("--workspace", "empty", "vex", "release/security-report.json", *BY, cwd=place)
    said = {s["vulnerability"]["name"]: s for s in json.loads(ended.stdout)["statements"]}
    assert {name: s["status"] for name, s in said.items()} == STATUSES | {"GHSA-3": "not_affected"}
    assert said["GHSA-3"]["justification"] == REACH
