"""What goes wrong in a release is one clear line and the right exit code, and nothing is lost or left half-done."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.workflows.support import POLICY, custody, make_application, make_image_archive, released

NAMED = ("--name", "app", "--version", "1.0")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a small application and a policy that allows it."""
    make_application(tmp_path / "app")
    (tmp_path / "policy.yaml").write_text(POLICY)
    return tmp_path


def leftovers(folder: Path) -> list[str]:
    """Give what an interrupted write would leave."""
    return [str(path) for path in folder.rglob("*") if path.name.endswith((".part", ".tmp"))]


def says(ended: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Check one line, its exit code, and that it names what it must."""
    line = ended.stderr
    assert ended.returncode == code, line
    assert line.count("\n") == 1, line
    assert line.startswith("custody: error: "), line
    for word in words:
        assert word.lower() in line.lower(), line


def test_a_policy_with_an_unknown_field_stops_before_anything_is_done(place: Path) -> None:
    (place / "policy.yaml").write_text(POLICY.replace("maxSeverity", "maxSeverety"))
    ended = custody("release", "app", *NAMED, "--policy", "policy.yaml", cwd=place)
    says(
        ended,
        3,
        "policy.yaml:spec.containers[0].vulnerabilities.maxSeverety: unknown field; did you mean 'maxSeverity'?",
    )
    assert not (place / ".custody").exists()
    assert not (place / "release").exists()


def test_a_policy_that_is_not_there(place: Path) -> None:
    says(custody("release", "app", *NAMED, "--policy", "nope.yaml", cwd=place), 3, "nope.yaml: no such file")


def test_a_source_that_is_not_there(place: Path) -> None:
    ended = custody("release", "./nowhere", *NAMED, cwd=place)
    assert ended.returncode in (3, 4)
    assert "nowhere" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_one_unreachable_target_leaves_the_others_published(place: Path) -> None:
    targets = ("--to", "oci:./a", "--to", "registry.invalid/team/app:1.0", "--to", "oci:./b")
    ended = custody("release", "app", *NAMED, "--policy", "policy.yaml", *targets, cwd=place)
    assert ended.returncode == 4
    assert "registry.invalid" in ended.stdout
    assert "missing there: artifact sha256:" in ended.stdout
    summary = json.loads((place / "release" / "release.json").read_text())
    good = [target for target in summary["targets"] if not target["problem"]]
    bad = [target for target in summary["targets"] if target["problem"]]
    assert [target["reference"] for target in good] == ["oci:./a", "oci:./b"]
    assert {target["digest"] for target in good} == {summary["artifact"]["digest"]}
    assert len(bad[0]["missing"]) == 1 + len(summary["evidence"])
    for layout in ("a", "b"):
        assert custody("verify", f"oci:./{layout}:1.0", cwd=place).returncode == 0


def test_a_denial_publishes_nothing_and_keeps_the_evidence(place: Path) -> None:
    (place / "policy.yaml").write_text(POLICY.replace("name: app", "name: another"))
    ended = custody("release", "app", *NAMED, "--policy", "policy.yaml", "--to", "oci:./a", cwd=place)
    assert ended.returncode == 1
    assert "DENIED" in ended.stdout
    assert not (place / "a").exists()
    summary = json.loads((place / "release" / "release.json").read_text())
    assert summary["decision"]["allowed"] is False
    assert {item["kind"] for item in summary["evidence"]} >= {"signature", "spdxjson", "vuln", "slsaprovenance", "vsa"}


def test_a_truncated_layer(place: Path) -> None:
    archive = make_image_archive(place / "image.tar", {"etc/hostname": b"x" * 100_000})
    data = archive.read_bytes()
    archive.write_bytes(data[: len(data) // 2])
    ended = custody("release", "docker-archive:image.tar", *NAMED, cwd=place)
    assert ended.returncode == 3
    assert ended.stderr.count("\n") == 1


def test_a_layer_with_a_wrong_digest(place: Path) -> None:
    assert custody("release", "app", *NAMED, "--to", "oci:./a", cwd=place).returncode == 0
    summary = json.loads((place / "release" / "release.json").read_text())
    manifest = json.loads((place / "a/blobs/sha256" / summary["artifact"]["digest"][7:]).read_text())
    layer = place / "a/blobs/sha256" / manifest["layers"][0]["digest"][7:]
    data = bytearray(layer.read_bytes())
    data[-700] ^= 1
    layer.write_bytes(data)
    ended = custody("release", "oci:./a:1.0", *NAMED, "--output", "second", cwd=place)
    says(ended, 3, manifest["layers"][0]["digest"])
    assert not (place / "second").exists()


def test_an_unknown_registry_host(place: Path) -> None:
    ended = custody("release", "registry.invalid/team/app:1.0", *NAMED, cwd=place)
    says(ended, 4, "registry.invalid")
    assert not (place / "release").exists()


def test_an_archive_that_reaches_out_of_its_root_is_read_and_writes_nothing_outside(place: Path) -> None:
    metadata = b"Metadata-Version: 2.1\nName: inside\nVersion: 1\n"
    evil = {
        "../../escaped": b"1",
        "/etc/absolute": b"2",
        "a/../../escaped": b"3",
        "usr/lib/python3/dist-packages/inside-1.dist-info/METADATA": metadata,
    }
    make_image_archive(place / "image.tar", evil)
    before = sorted(path.name for path in place.parent.iterdir())
    ended = custody("release", "docker-archive:image.tar", *NAMED, cwd=place)
    assert ended.returncode == 0, ended.stderr
    report = json.loads((place / "release" / "security-report.json").read_text())
    reasons = {entry["where"]: entry["reason"] for entry in report["skipped"]}
    assert reasons["../../escaped"] == reasons["a/../../escaped"] == "refused: the name leaves the root"
    document = json.loads((place / "release" / "sbom-1.0.spdx.json").read_text())
    assert "inside" in {package["name"] for package in document["packages"]}
    assert sorted(path.name for path in place.parent.iterdir()) == before
    assert not list(place.rglob("escaped"))


def test_a_gzip_bomb(place: Path) -> None:
    archive = make_image_archive(place / "image.tar", {"bomb": b""}, compress=lambda _: bomb())
    assert archive.stat().st_size < 20_000_000
    started = time.monotonic()
    ended = custody("release", "docker-archive:image.tar", *NAMED, cwd=place)
    says(ended, 3, "layer sha256:")
    assert time.monotonic() - started < 60
    assert not (place / "release").exists()


def bomb() -> bytes:
    """Give some 8 MB of gzip that hold some 8 GB of zeros: members of one stream, each the same."""
    member = gzip.compress(bytes(1 << 26), 9)
    return member * 128


def test_a_lock_file_with_broken_syntax_is_said_and_the_rest_is_read(place: Path) -> None:
    (place / "app" / "uv.lock").write_text("version = 1\n[[package]\nname = ")
    ended = custody("release", "app", *NAMED, cwd=place)
    assert ended.returncode == 0
    report = json.loads((place / "release" / "security-report.json").read_text())
    assert any(entry["where"].startswith("uv.lock") for entry in report["skipped"])
    document = json.loads((place / "release" / "sbom-1.0.spdx.json").read_text())
    assert "left-pad" in {package["name"] for package in document["packages"]}


def test_a_lock_file_that_could_not_be_read_is_no_yes_for_a_policy(place: Path) -> None:
    (place / "app" / "uv.lock").write_text("version = 1\n[[package]\nname = ")
    (place / "policy.yaml").write_text(POLICY.replace(", unknown: allow", ""))
    ended = custody("release", "app", *NAMED, "--policy", "policy.yaml", "--to", "oci:./a", cwd=place)
    assert ended.returncode == 1
    assert "could not evaluate" in ended.stdout
    assert "uv.lock: not valid TOML" in ended.stdout
    assert not (place / "a").exists()


def test_a_database_that_is_cut_short(place: Path) -> None:
    records = place / "records"
    records.mkdir()
    record = {
        "id": "X-1",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1"]}],
    }
    (records / "X-1.json").write_text(json.dumps(record))
    assert custody("db", "import", "records", "--db", "full.db", cwd=place).returncode == 0
    data = (place / "full.db").read_bytes()
    (place / "cut.db").write_bytes(data[: len(data) // 2])
    ended = custody("release", "app", *NAMED, "--db", "cut.db", cwd=place)
    says(ended, 3, "cut.db")


def test_a_ledger_that_was_changed_stops_everything_and_nothing_is_written(place: Path) -> None:
    assert custody("release", "app", *NAMED, cwd=place).returncode == 0
    entries = next(path for path in (place / ".custody/ledger/tile/entries").rglob("*") if path.is_file())
    data = bytearray(entries.read_bytes())
    data[40] ^= 1
    entries.write_bytes(data)
    before = sorted(str(path) for path in (place / ".custody/ledger").rglob("*"))
    for command in (("release", "app", *NAMED, "--output", "second"), ("audit", "verify")):
        ended = custody(*command, cwd=place)
        assert ended.returncode in (1, 3), ended.stderr
        assert "entr" in ended.stderr
        assert ended.stderr.count("\n") == 1
    assert not (place / "second").exists()
    assert sorted(str(path) for path in (place / ".custody/ledger").rglob("*")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere: see the test on a full disk")
def test_a_folder_that_may_not_be_written(place: Path) -> None:
    (place / "sealed").mkdir(mode=0o500)
    says(custody("release", "app", *NAMED, "--output", "sealed/release", cwd=place), 4, "sealed/release")


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="mounting a small file system needs root")
@pytest.mark.parametrize("where", ["output", "workspace"])
def test_a_full_disk(place: Path, where: str) -> None:
    small = place / "small"
    small.mkdir()
    (place / "app" / "large.bin").write_bytes(os.urandom(600_000))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(small)], check=False)
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        options = {
            "output": ("--output", "small/release"),
            "workspace": (),
        }[where]
        first = ("--workspace", "small/.custody") if where == "workspace" else ()
        ended = custody(*first, "release", "app", *NAMED, *options, cwd=place)
        assert ended.returncode == 4, ended.stderr
        assert ended.stderr.count("\n") == 1
        assert "no space" in ended.stderr.lower()
        assert leftovers(small) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="mounting a file system needs root")
def test_a_read_only_disk(place: Path) -> None:
    small = place / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=300k", "tmpfs", str(small)], check=False)
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        says(custody("release", "app", *NAMED, "--output", "small/release", cwd=place), 4, "read-only")
        says(custody("--workspace", "small/.custody", "release", "app", *NAMED, cwd=place), 4, "read-only")
        ended = custody("release", "app", *NAMED, "--to", "oci:small/a", cwd=place)
        assert ended.returncode == 4
        assert "read-only" in ended.stdout.lower()
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_in_the_middle_it_leaves_nothing_half_written_and_goes_on_next_time(
    place: Path, number: signal.Signals
) -> None:
    for blob in range(400):
        (place / "app" / f"blob{blob}.bin").write_bytes(os.urandom(120_000))
    command = [sys.executable, "-m", "custody", "release", "app", *NAMED, "--to", "oci:./a"]
    for delay in (0.0, 0.3, 0.7):
        process = subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 30
        while not (place / ".custody").exists() and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(delay)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
        if process.returncode == 0:
            continue
        assert process.returncode == 128 + number, stderr
        assert stderr.strip().count("\n") == 0, stderr
        assert "interrupted" in stderr
        assert not (place / "a" / "index.json").exists() or custody("verify", "oci:./a:1.0", cwd=place).returncode in (
            0,
            1,
            4,
        )
        if (place / ".custody/ledger/checkpoint").exists():
            assert custody("audit", "verify", cwd=place).returncode == 0
    ended = custody("release", "app", *NAMED, "--to", "oci:./a", cwd=place)
    assert ended.returncode == 0, ended.stderr
    assert custody("verify", "oci:./a:1.0", cwd=place).returncode == 0
    assert custody("audit", "verify", cwd=place).returncode == 0


def test_a_second_run_with_the_same_date_gives_the_same_documents(place: Path) -> None:
    assert custody("key", "create", cwd=place).returncode == 0
    shutil.copytree(place / ".custody", place / "as-it-was")
    for folder in ("one", "two"):
        ended = custody("release", "app", *NAMED, cwd=place, env={"SOURCE_DATE_EPOCH": "1790000000"})
        assert ended.returncode == 0, ended.stderr
        (place / "release").rename(place / folder)
        shutil.rmtree(place / ".custody")
        shutil.copytree(place / "as-it-was", place / ".custody")
        time.sleep(1.1)
    one, two = released(place / "one"), released(place / "two")
    assert one.keys() == two.keys()
    # Acts carry the real time, and so does what shows them; everything else is the same, byte for byte.
    acts = {"release.json", "index.html", "security-events.json", "compliance-report.pdf"}
    assert len(one.keys() - acts) >= 12
    assert [name for name in one if name not in acts and one[name] != two[name]] == []


def test_a_date_set_back_revives_no_exception(place: Path) -> None:
    past = {"SOURCE_DATE_EPOCH": "1700000000"}
    grant = ("exception", "add", "CVE-2024-1", "--reason", "r", "--owner", "o", "--expires", "2024-01-01")
    says(custody(*grant, cwd=place, env=past), 2, "--expires: 2024-01-01 is over already")
    assert custody("release", "app", *NAMED, cwd=place, env=past).returncode == 0
    entries = custody("audit", "log", "-o", "json", cwd=place).stdout.splitlines()
    assert all(json.loads(entry)["event"]["at"] > "2026" for entry in entries)


@pytest.mark.parametrize("target", ["oci:", "oci:./l:bad tag", "registry.example/App:1", "oci:./l@sha256:" + "0" * 64])
def test_what_cannot_be_a_target_stops_before_anything_is_done(place: Path, target: str) -> None:
    says(custody("release", "app", *NAMED, "--to", target, cwd=place), 2, "--to ")
    assert not (place / ".custody").exists()


def test_a_folder_whose_name_is_no_text_does_not_harm_the_ledger(place: Path) -> None:
    odd = os.fsdecode(os.fsencode(place) + b"/n\xff")
    shutil.copytree(place / "app", odd)
    ended = custody("release", os.path.basename(odd), *NAMED, cwd=place)  # noqa: PTH119 - a name that is not UTF-8
    assert ended.returncode == 0, ended.stderr
    assert custody("audit", "verify", cwd=place).returncode == 0
    assert "n\\udcff" in custody("audit", "log", cwd=place).stdout
