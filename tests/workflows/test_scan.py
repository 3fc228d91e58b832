"""`custody scan` as a user calls it, and as other workflows do."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from custody import sbom
from custody.advisories import match, open_database
from custody.advisories.placing import put_bundle
from custody.advisories.signature import sign_file
from custody.model import DatabaseState, Digest, Inventory, ScanReport, Statement, scan_report_from_json
from custody.registry.layout import LayoutRepository
from custody.signing import create_key
from custody.workflows.context import build_context
from custody.workflows.evidence import attach, seal
from custody.workflows.examine import examine
from custody.workflows.interface import Silent
from custody.workflows.scan import FailOn, fails
from tests.advisories.matching import epss, exploited, opened, says
from tests.advisories.samples import CVSS_CRITICAL, CVSS_HIGH, NOW, inventory, package
from tests.workflows import support
from tests.workflows.support import _tar as layer_bytes
from tests.workflows.support import make_image_archive

OS_RELEASE = b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
STATUS = b"""\
Package: libssl3
Status: install ok installed
Architecture: amd64
Source: openssl
Version: 3.0.14-1~deb12u1

Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2.15-2+b2

"""
LEFT_PAD = {"name": "left-pad", "version": "1.3.0", "dependencies": {"deep": "1.0.0"}}
WHEEL = b"Metadata-Version: 2.1\nName: jinja2\nVersion: 2.10\n"
LOCK = {
    "name": "front",
    "version": "1.0.0",
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "front", "version": "1.0.0", "dependencies": {"left-pad": "1.3.0"}},
        "node_modules/left-pad": {key: LEFT_PAD[key] for key in ("version", "dependencies")},
        "node_modules/deep": {"version": "1.0.0"},
    },
}


def image(path: Path) -> Path:
    """Make an image of two layers: a small Debian, and an application on it."""

    def wheel(name: str, version: str) -> dict[str, bytes]:
        folder = f"usr/lib/python3/site-packages/{name}-{version}.dist-info"
        return {f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()}

    base = {"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": STATUS}
    own = {
        "app/package.json": json.dumps(LOCK["packages"][""]).encode(),  # type: ignore[index]
        "app/package-lock.json": json.dumps(LOCK).encode(),
        "app/node_modules/left-pad/package.json": json.dumps(LEFT_PAD).encode(),
        "app/node_modules/deep/package.json": b'{"name": "deep", "version": "1.0.0"}',
        **wheel("jinja2", "2.10"),
        **wheel("flask", "3.0.0"),
    }
    return make_image_archive(path, base, own)


def sign(database: Path) -> Path:
    """Sign a database with a key of its own, `own.pub` beside it."""
    digest, bundle = sign_file(database, create_key(database.parent / "own"), name="x.db", now=NOW)
    put_bundle(database, digest, bundle)
    return database


def custody(*arguments: str, cwd: Path) -> CompletedProcess[str]:
    """Run the command; the key beside the database that is named is trusted."""
    databases = [cwd / arguments[n + 1] for n, text in enumerate(arguments) if text == "--db"]
    env = {"CUSTODY_DB_KEY": str(databases[0].parent / "own.pub")} if databases else {}
    return support.custody(*arguments, cwd=cwd, env=env)


def advisories(folder: Path) -> Path:
    records = [
        says("PYSEC-1", "PyPI/jinja2", "introduced 0, fixed 2.10.1", aliases=("CVE-2026-1",), cvss=CVSS_CRITICAL),
        says("GHSA-2", "npm/left-pad", "introduced 0", aliases=("CVE-2026-2",), cvss=CVSS_HIGH),
        says("GHSA-3", "npm/deep", "introduced 0, fixed 1.0.1"),
        says("DSA-4-1", "Debian:12/openssl", "introduced 0, fixed 3.0.15-1~deb12u1", upstream=("CVE-2026-4",)),
    ]
    opened(
        folder,
        osv=[*records],
        epss=[epss("CVE-2026-1", 0.5), epss("CVE-2026-2", 0.001)],
        kev=[exploited("CVE-2026-2")],
        csaf_debian=[says("CVE-2026-5", "Debian:12/bash", "", status="not_affected")],
    ).close()
    return sign(folder / "x.db")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scan")
    image(folder / "app.tar")
    advisories(folder / "db")
    return folder


def scanned(folder: Path, *arguments: str, rc: int = 0, warned: str = "") -> dict[str, Any]:
    result = custody("scan", "app.tar", "--db", "db/x.db", "--no-cache", "-o", "json", *arguments, cwd=folder)
    assert result.returncode == rc, result.stderr
    assert warned in result.stderr
    value: dict[str, Any] = json.loads(result.stdout)
    return value


def told(value: dict[str, Any], where: str = "vulnerabilities") -> list[str]:
    return [finding["id"] for finding in value[where]]


def test_a_scan_tells_what_is_found_where_and_how_much_it_matters(place: Path) -> None:
    value = scanned(place)
    assert told(value) == ["CVE-2026-1", "CVE-2026-2", "GHSA-3", "CVE-2026-4"]
    assert told(value, "suppressed") == ["CVE-2026-5"]
    by_id = {finding["id"]: finding for finding in value["vulnerabilities"]}
    assert by_id["CVE-2026-1"]["epss"]["score"] == 0.5
    assert by_id["CVE-2026-2"]["exploited"]["id"] == "CVE-2026-2"
    assert [by_id[name]["direct"] for name in ("CVE-2026-1", "CVE-2026-2", "GHSA-3", "CVE-2026-4")] == [
        None,
        True,
        False,
        None,
    ]
    assert [by_id[name]["risk"] for name in ("CVE-2026-1", "CVE-2026-2", "GHSA-3")] == [77.9, 90.0, None]
    scan_report_from_json(value, "security-report.json")


def test_findings_stand_in_the_order_that_was_asked_for(place: Path) -> None:
    assert told(scanned(place, "--sort", "risk"))[:2] == ["CVE-2026-2", "CVE-2026-1"]
    assert told(scanned(place, "--sort", "package")) == ["GHSA-3", "CVE-2026-1", "CVE-2026-2", "CVE-2026-4"]


@pytest.mark.parametrize(
    ("fail_on", "rc"),
    [
        (("critical",), 1),
        (("kev",), 1),
        (("risk",), 1),
        (("risk=95",), 1),  # what nobody scored could be that
    ],
)
def test_conditions_that_are_met_end_with_1(place: Path, fail_on: tuple[str, ...], rc: int) -> None:
    scanned(place, *(f"--fail-on={text}" for text in fail_on), rc=rc)


@pytest.mark.parametrize("text", ["severe", "risk=", "risk=101", "risk=x", "kev=1", "high=2", ""])
def test_conditions_that_mean_nothing_are_refused(place: Path, text: str) -> None:
    result = custody("scan", "app.tar", "--db", "db/x.db", f"--fail-on={text}", cwd=place)
    assert result.returncode == 2
    assert result.stderr.startswith("custody: error: --fail-on: ")


def test_only_what_is_fixed_counts(place: Path) -> None:
    value = scanned(place, "--only-fixed")
    assert told(value) == ["CVE-2026-1", "GHSA-3", "CVE-2026-4"]
    assert told(value, "suppressed") == ["CVE-2026-2", "CVE-2026-5"]


def test_an_ignore_file_sets_findings_aside_and_expired_lines_are_said(place: Path, tmp_path: Path) -> None:
    lines = """\
ignore:
  - {id: CVE-2026-1, package: jinja2, reason: templates are ours, expires: 2999-01-01}
  - {id: GHSA-3, reason: soon gone, expires: 2020-01-01}
"""
    file = tmp_path / "ignore.yaml"
    file.write_text(lines)
    said = f"{file}:ignore[1]: GHSA-3 expired on 2020-01-01 and counts again"
    value = scanned(place, "--ignore-file", str(file), warned=said)
    assert told(value) == ["CVE-2026-2", "GHSA-3", "CVE-2026-4"]
    assert told(value, "suppressed") == ["CVE-2026-1", "CVE-2026-5"]
    assert value["suppressed"][0]["suppression"]["kind"] == "ignore"
    file.write_text(lines.replace("expires: 2999-01-01", "expire: 2999-01-01"))
    result = custody("scan", "app.tar", "--db", "db/x.db", "--ignore-file", str(file), cwd=place)
    assert (result.returncode, result.stderr.strip()) == (
        3,
        f"custody: error: {file}:ignore[0].expire: unknown field; did you mean 'expires'?",
    )


def test_a_recorded_exception_counts(place: Path, tmp_path: Path) -> None:
    made = custody(
        *("exception", "add", "CVE-2026-1", "--reason", "not reachable", "--owner", "maya@team.example"),
        *("--approver", "lea@team.example", "--expires", "2999-01-01"),
        cwd=tmp_path,
    )
    assert made.returncode == 0, made.stderr
    arguments = ("scan", str(place / "app.tar"), "--db", str(place / "db" / "x.db"), "-o", "json")
    value = json.loads(custody(*arguments, cwd=tmp_path).stdout)
    assert [f["suppression"]["kind"] for f in value["suppressed"]] == ["exception", "vendor"]


def test_other_scanners_reports_are_read_by_a_command_of_its_own(place: Path, tmp_path: Path) -> None:
    made = custody("scan", "app.tar", "--db", "db/x.db", "-o", f"grype-json={tmp_path / 'grype.json'}", cwd=place)
    assert made.returncode == 0, made.stderr
    result = custody("scan", "import", "grype.json", "-o", "json", "--fail-on", "critical", cwd=tmp_path)
    assert result.returncode == 1, result.stderr
    assert "CVE-2026-1" in told(json.loads(result.stdout))


def test_the_ignore_file_of_the_folder_one_works_in_counts_and_none_of_what_is_scanned(tmp_path: Path) -> None:
    advisories(tmp_path / "db")
    work, tree = tmp_path / "work", tmp_path / "tree"
    work.mkdir()
    tree.mkdir()
    (tree / "package-lock.json").write_text(json.dumps(LOCK))
    line = "ignore: [{id: CVE-2026-2, reason: r, expires: 2999-01-01}]\n"

    def suppressed() -> list[str]:
        result = custody("scan", f"dir:{tree}", "--db", "../db/x.db", "-o", "json", cwd=work)
        return told(json.loads(result.stdout), "suppressed")

    (tree / ".custody-ignore.yaml").write_text(line)
    assert suppressed() == []
    (work / ".custody-ignore.yaml").write_text(line)
    assert suppressed() == ["CVE-2026-2"]


def test_the_layers_of_the_base_image_are_told_apart(place: Path, tmp_path: Path) -> None:
    base = make_image_archive(tmp_path / "base.tar", {"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": STATUS})
    value = scanned(place, "--base", f"docker-archive:{base}")
    assert {f["id"]: f["base"] for f in value["vulnerabilities"]} == {
        "CVE-2026-1": False,
        "CVE-2026-2": False,
        "GHSA-3": False,
        "CVE-2026-4": True,
    }
    assert {f["base"] for f in scanned(place)["vulnerabilities"]} == {None}
    other = make_image_archive(tmp_path / "other.tar", {"etc/os-release": b"ID=other\n"})
    value = scanned(place, "--base", f"docker-archive:{other}", warned="none of its layers is in the artifact")
    assert {f["base"] for f in value["vulnerabilities"]} == {None}


def test_one_finding_is_explained(place: Path) -> None:
    result = custody("scan", "app.tar", "--db", "db/x.db", "--explain", "pysec-1", cwd=place)
    assert result.returncode == 0
    assert result.stdout.startswith("CVE-2026-1\nalso known as PYSEC-1\n")
    assert "update jinja2 to 2.10.1 or later" in result.stdout
    value = scanned(place, "--explain", "CVE-2026-4", "--package", "libssl3")
    assert [finding["package"]["name"] for finding in value["findings"]] == ["libssl3"]
    absent = scanned(place, "--explain", "CVE-2026-1", "--package", "libssl3")
    assert absent["findings"] == []
    missing = custody("scan", "app.tar", "--db", "db/x.db", "--explain", "CVE-2026-1", "--package", "other", cwd=place)
    assert (missing.returncode, missing.stdout) == (3, "")
    assert "--package other: no package of the artifact, and none that the records of CVE-2026-1 name" in missing.stderr
    empty = custody("scan", "app.tar", "--db", "db/x.db", "--explain", " ", cwd=place)
    assert (empty.returncode, empty.stdout) == (2, "")
    assert "--explain: it is empty; name a vulnerability, as in CVE-2024-1234" in empty.stderr
    unknown = custody("scan", "app.tar", "--db", "db/x.db", "--explain", "CVE-2000-1", cwd=place)
    assert unknown.returncode == 3
    assert "no advisory of the database has this id or alias" in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--package", "x"), "--package: it goes with --explain; add --explain ID"),
        (("--explain", "CVE-1", "-o", "sarif"), "-o: an explanation is a text or JSON; expected table or json"),
        (("-o", "nothing"), "-o nothing: unknown format; expected one of "),
    ],
)
def test_options_that_do_not_go_together_are_refused(place: Path, arguments: tuple[str, ...], message: str) -> None:
    result = custody("scan", "app.tar", *arguments, cwd=place)
    assert result.returncode == 2
    assert message in result.stderr


def test_vex_documents_count_where_they_are_named_or_clearly_belong_to_the_sbom(place: Path, tmp_path: Path) -> None:
    statement = {
        "vulnerability": {"name": "CVE-2026-1"},
        "products": [{"@id": "pkg:pypi/jinja2@2.10"}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
    }
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://team.example/vex/1",
        "author": "Team",
        "timestamp": "2026-01-01T00:00:00Z",
        "version": 1,
        "statements": [statement, statement | {"vulnerability": {"name": "CVE-2026-99"}}],
    }
    vex = tmp_path / "any.json"
    vex.write_text(json.dumps(document))
    value = scanned(place, "--vex", str(vex), warned="CVE-2026-99: the statement covers nothing")
    (suppressed, _) = value["suppressed"]
    assert suppressed["id"] == "CVE-2026-1"
    assert suppressed["suppression"]["kind"] == "vex"
    assert suppressed["suppression"]["owner"] == "Team"
    made = custody("sbom", "app.tar", "-o", f"spdx-json={tmp_path / 'app.spdx.json'}", cwd=place)
    assert made.returncode == 0

    def of_sbom() -> list[str]:
        result = custody("scan", "app.spdx.json", "--db", str(place / "db" / "x.db"), "-o", "json", cwd=tmp_path)
        said = "app.openvex.json: VEX statements beside the SBOM are applied" in result.stderr
        assert said == (tmp_path / "app.openvex.json").exists()
        return told(json.loads(result.stdout), "suppressed")

    assert of_sbom() == ["CVE-2026-5"]
    vex.rename(tmp_path / "app.openvex.json")
    assert of_sbom() == ["CVE-2026-1", "CVE-2026-5"]


def layout_of(folder: Path, *images: tuple[str, list[dict[str, bytes]], dict[str, str]]) -> LayoutRepository:
    """Make an OCI layout; each image is (tag, its layers, annotations)."""
    repository = LayoutRepository(folder)
    for tag, layers, said in images:
        blobs = [layer_bytes(files) for files in layers]
        descriptors = [repository.add_blob([data], "application/vnd.oci.image.layer.v1.tar") for data in blobs]
        config = {
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(data)) for data in blobs]},
        }
        held = repository.add_blob([json.dumps(config).encode()], "application/vnd.oci.image.config.v1+json")
        values = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": held.media_type, "digest": str(held.digest), "size": held.size},
            "layers": [{"mediaType": d.media_type, "digest": str(d.digest), "size": d.size} for d in descriptors],
            "annotations": said,
        }
        repository.put_manifest(json.dumps(values).encode(), str(values["mediaType"]), tag=tag)
    return repository


BASE_FILES = {"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": STATUS}
OWN_FILES = {"usr/lib/python3/site-packages/jinja2-2.10.dist-info/METADATA": WHEEL}


def test_annotations_name_a_base_that_the_layout_holds(place: Path, tmp_path: Path) -> None:
    base = layout_of(tmp_path / "layout", ("base", [BASE_FILES], {})).resolve("base").digest
    said = {"org.opencontainers.image.base.digest": str(base), "org.opencontainers.image.base.name": "base.example/x"}
    gone = said | {"org.opencontainers.image.base.digest": str(Digest.of(b"elsewhere"))}
    layout_of(tmp_path / "layout", ("app", [BASE_FILES, OWN_FILES], said), ("lost", [BASE_FILES, OWN_FILES], gone))
    arguments = ("--db", str(place / "db" / "x.db"), "--no-cache", "-o", "json")

    def whose(tag: str) -> dict[str, bool | None]:
        result = custody("scan", f"oci:layout:{tag}", *arguments, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        return {f["id"]: f["base"] for f in json.loads(result.stdout)["vulnerabilities"]}

    assert whose("app") == {"CVE-2026-1": False, "CVE-2026-4": True}
    assert whose("lost") == {"CVE-2026-1": None, "CVE-2026-4": None}


def test_attached_vex_counts_only_where_a_named_key_verifies_it(place: Path, tmp_path: Path) -> None:
    repository = layout_of(tmp_path / "layout", ("app", [BASE_FILES, OWN_FILES], {}))
    subject = repository.resolve("app")
    predicate = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://team.example/vex/2",
        "author": "Team",
        "timestamp": "2026-01-01T00:00:00Z",
        "version": 1,
        "statements": [
            {
                "vulnerability": {"name": "CVE-2026-1"},
                "products": [{"@id": "pkg:pypi/jinja2@2.10"}],
                "status": "not_affected",
                "justification": "component_not_present",
            }
        ],
    }
    own, other = create_key(tmp_path / "own"), create_key(tmp_path / "other")
    statement = Statement.about("app", subject.digest, "https://openvex.dev/ns", predicate)
    attach(repository, subject, seal(statement, own, subject), NOW)

    def suppressed(*arguments: str) -> tuple[list[str], str]:
        database = ("--db", str(place / "db" / "x.db"), "--no-cache", "-o", "json")
        result = custody("scan", "oci:layout:app", *database, *arguments, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        return told(json.loads(result.stdout), "suppressed"), result.stderr

    assert suppressed() == (["CVE-2026-5"], "")
    assert suppressed("--key", str(own.public_path)) == (["CVE-2026-1", "CVE-2026-5"], "")
    found, said = suppressed("--key", str(other.public_path))
    assert found == ["CVE-2026-5"]
    assert "attached VEX documents that no --key verifies, and that do not count: 1" in said


def test_what_is_found_by_cpe_counts_where_it_was_asked_for(place: Path, tmp_path: Path) -> None:
    opened(tmp_path, cve=[says("CVE-2026-7", "CPE/a:gnu:bash", "introduced 0, fixed 6.0", cvss=CVSS_CRITICAL)]).close()
    sign(tmp_path / "x.db")
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [
            {"type": "application", "name": "bash", "version": "5.2", "cpe": "cpe:2.3:a:gnu:bash:5.2:*:*:*:*:*:*:*"}
        ],
    }
    (tmp_path / "bom.json").write_text(json.dumps(document))

    def run(*arguments: str) -> tuple[int, list[str]]:
        result = custody("scan", "bom.json", "--db", "x.db", "-o", "json", *arguments, cwd=tmp_path)
        assert result.stdout, result.stderr
        return result.returncode, told(json.loads(result.stdout))

    assert run() == (0, [])
    assert run("--by-cpe") == run("--by-cpe-for-all") == (0, ["CVE-2026-7"])
    assert run("--by-cpe", "--fail-on", "critical") == (1, ["CVE-2026-7"])


# ── when a scan fails ────────────────────────────────────────────────────────────────────────────────────────────────


def report(place: Path, **changes: Any) -> ScanReport:  # noqa: ANN401
    from custody.advisories import open_database

    with open_database(place / "db" / "x.db") as db:
        whole = match(listed(place), db, now=NOW)
    first = replace(whole.findings[0], **changes)
    return replace(whole, findings=(first,), not_evaluated=())


@pytest.mark.parametrize(
    ("changes", "condition", "expected"),
    [
        ({"severity": "HIGH"}, FailOn(severity="HIGH"), True),
        ({"severity": "MEDIUM"}, FailOn(severity="HIGH"), False),
        ({"severity": "UNKNOWN"}, FailOn(severity="HIGH"), True),
        ({"risk": 70.0}, FailOn(risk=70.0), True),
        ({"risk": 69.9}, FailOn(risk=70.0), False),
        ({"risk": None}, FailOn(risk=70.0), True),
        ({"exploited": None}, FailOn(kev=True), False),
        ({"exploited": exploited("CVE-2026-1")}, FailOn(kev=True), True),
    ],
)
def test_what_counts_and_is_not_known_is_no_pass(
    place: Path, changes: dict[str, Any], condition: FailOn, expected: bool
) -> None:
    from custody.model import Suppression

    def judged(held: ScanReport, *conditions: FailOn, sources: tuple[str, ...] = ("kev", "epss")) -> bool:
        return fails(held, conditions, sources=frozenset(sources), listener=Silent())

    held = report(place, **changes)
    assert judged(held, condition) == expected
    assert judged(held) is False
    aside = Suppression(kind="ignore", reason="r", owner="", expires=None)
    assert judged(replace(held, findings=(replace(held.findings[0], suppression=aside),)), condition) is False
    assert judged(replace(held, findings=(), result="unknown"), condition) is True
    clean = replace(held, findings=(), result="clean")
    assert judged(clean, condition) is False
    assert judged(clean, condition, sources=()) is condition.kev, "without the catalogue nobody can say"


def test_what_nobody_publishes_advisories_about_is_told_and_no_reason_to_fail(place: Path) -> None:
    heard: list[str] = []

    class Hears(Silent):
        def warn(self, text: str) -> None:
            heard.append(text)

    program = package("pkg:generic/busybox@1.36.1")
    with open_database(place / "db" / "x.db") as db:
        held = match(inventory(program, package("pkg:pypi/never@1")), db, now=NOW)
    assert [n.package_id for n in held.not_evaluated if n.reason.startswith("no advisories are published")] == [
        program.id
    ]
    only = replace(held, not_evaluated=tuple(n for n in held.not_evaluated if n.package_id == program.id))
    assert only.result == "unknown"
    assert fails(only, [FailOn(severity="HIGH")], sources=frozenset({"kev", "epss"}), listener=Hears()) is False
    assert heard == ["--fail-on: nothing meets it; about 1 package nobody publishes advisories"]


@pytest.mark.parametrize("condition", [FailOn(severity="CRITICAL"), FailOn(risk=100.0), FailOn(kev=True)])
@pytest.mark.parametrize("unseen", ["not_evaluated", "skipped"])
def test_a_small_finding_does_not_hide_what_could_not_be_evaluated(place: Path, condition: FailOn, unseen: str) -> None:
    from custody.model import NotEvaluated, Skipped

    heard: list[str] = []

    class Hears(Silent):
        def warn(self, text: str) -> None:
            heard.append(text)

    blind: dict[str, Any] = {
        "not_evaluated": (NotEvaluated(package_id="pkg:npm/a@1", reason="no advisories"),),
        "skipped": (Skipped(where="a.lock", reason="not a lock file"),),
    }
    held = report(place, severity="LOW", risk=1.0, exploited=None)
    known = frozenset({"kev", "epss"})
    assert fails(held, [condition], sources=known, listener=Hears()) is False
    assert heard == []
    dim = replace(held, **{unseen: blind[unseen]})
    assert fails(dim, [condition], sources=known, listener=Hears()) is True
    assert heard == ["--fail-on: nothing meets it, but 1 thing could not be evaluated, and may; the report names them"]
    assert fails(replace(dim, findings=(), result="unknown"), [condition], sources=known, listener=Hears()) is True
    assert fails(dim, [], sources=known, listener=Hears()) is False


# ── scan(image) == scan(sbom(image)) ─────────────────────────────────────────────────────────────────────────────────


def listed(place: Path) -> Inventory:
    return examine(f"docker-archive:{place / 'app.tar'}", Silent(), platform=None, cached=False)


def of(inventory: Inventory, place: Path) -> ScanReport:
    from custody.advisories import open_database

    with open_database(place / "db" / "x.db") as db:
        assert isinstance(db.state, DatabaseState)
        return match(inventory, db, now=NOW)


@pytest.mark.parametrize("form", ["spdx-json", "spdx3-json", "cyclonedx-json", "cyclonedx-xml", "spdx-tag-value"])
def test_a_scan_of_our_sbom_is_the_scan_of_the_image(place: Path, form: str) -> None:
    whole = listed(place)
    context = build_context("app.tar", None, started_at=NOW, parameters={}, author="")
    document = sbom.Document(inventory=whole, created=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), context=context)
    again = sbom.decode(sbom.encode(document, form), f"app.{form}")
    expected = of(whole, place)
    assert len(expected.findings) == 5
    assert of(again, place) == expected


@pytest.mark.parametrize("name", ["syft.json", "syft.spdx.json", "syft.cdx.json"])
def test_a_scan_of_another_tools_sbom_finds_the_same(place: Path, root: Path, name: str) -> None:
    file = root / "tests" / "cases" / "scan" / "syft-small-image_same-findings" / name

    def findings(inventory: Inventory) -> list[tuple[object, ...]]:
        return sorted(
            (f.id, f.aliases, f.package, f.version, f.severity, f.fixed_versions, f.status, f.risk is None)
            for f in of(inventory, place).findings
        )

    expected = findings(listed(place))
    assert len(expected) == 5
    assert findings(sbom.decode(file.read_bytes(), name)) == expected
