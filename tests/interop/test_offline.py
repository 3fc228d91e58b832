"""What was published is verified with the network off, and a change of it is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interop.command import VERSION, Released, custody
from tests.interop.docker_registry import Registry

pytestmark = pytest.mark.interop

NO_NETWORK = ("unshare", "--net")  # a network namespace with nothing in it: even the loopback is down
KINDS = ("slsaprovenance", "spdxjson", "vuln")


@pytest.fixture(scope="module", autouse=True)
def _namespaces() -> None:
    probe = subprocess.run([*NO_NETWORK, "true"], capture_output=True, check=False, text=True)
    if probe.returncode:
        pytest.skip(f"no right to make a network namespace: {probe.stderr.strip()}")


@pytest.fixture
def made(released: Callable[[str], Released]) -> Released:
    """Give the release of the OCI layout."""
    return released("oci")


@pytest.fixture
def copied(made: Released, tmp_path: Path) -> Path:
    """Give a copy of the published layout that may be changed."""
    return shutil.copytree(made.layout, tmp_path / "copied")


def offline(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return custody(*words, cwd=cwd, prefix=NO_NETWORK)


def test_the_network_is_really_off(registry: Registry) -> None:
    host, port = registry.address.split(":")
    connect = f"import socket; socket.create_connection(({host!r}, {port}), timeout=5).close()"
    assert subprocess.run([sys.executable, "-c", connect], check=False).returncode == 0
    cut_off = subprocess.run([*NO_NETWORK, sys.executable, "-c", connect], capture_output=True, check=False)
    assert cut_off.returncode != 0


def test_verify(made: Released, tmp_path: Path) -> None:
    """In a folder without a workspace: layout and public key are all there is."""
    done = offline("verify", f"oci:{made.layout}:{VERSION}", "--key", made.output / "custody.pub", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert made.digest in done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_verify_attestation(made: Released, tmp_path: Path, kind: str) -> None:
    key = made.output / "custody.pub"
    done = offline("verify-attestation", "--type", kind, f"oci:{made.layout}:{VERSION}", "--key", key, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0])["payloadType"] == "application/vnd.in-toto+json"


def test_a_reference_that_needs_the_network_is_unavailable(made: Released, tmp_path: Path) -> None:
    done = offline("verify", made.reference, "--key", made.output / "custody.pub", cwd=tmp_path)
    assert done.returncode == 4
    assert_one_line(done)


def test_another_key_is_refused(made: Released, tmp_path: Path) -> None:
    created = custody("key", "create", "--output", "other", cwd=tmp_path)
    assert created.returncode == 0, created.stderr
    for words in (["verify"], ["verify-attestation", "--type", "spdxjson"]):
        done = offline(*words, f"oci:{made.layout}:{VERSION}", "--key", "other.pub", cwd=tmp_path)
        assert done.returncode == 1, done.stderr
        assert_one_line(done)
        assert not done.stdout.strip()


def blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def change_one_byte(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("part", ["manifest", "bundle", "bundle's manifest"])
def test_one_changed_byte_is_refused(made: Released, copied: Path, tmp_path: Path, part: str) -> None:
    row = next(row for row in made.document("release.json")["evidence"] if row["kind"] == "signature")
    digest = {"manifest": made.digest, "bundle": row["bundle"], "bundle's manifest": row["manifest"]}[part]
    path = blob(copied, digest)
    change_one_byte(path, path.stat().st_size // 2)
    done = offline("verify", f"oci:{copied}:{VERSION}", "--key", made.output / "custody.pub", cwd=tmp_path)
    assert done.returncode in {1, 3}, done.stdout
    assert_one_line(done)


def test_the_bundle_of_another_artifact_is_refused(
    made: Released, released: Callable[[str], Released], tmp_path: Path
) -> None:
    """Signed by the right key, in the right place, about something else."""
    other = released("zstd")
    done = offline("verify", f"oci:{other.layout}:{VERSION}", "--key", made.output / "custody.pub", cwd=tmp_path)
    assert done.returncode == 1  # each release has a workspace, and so a key, of its own
    layout = shutil.copytree(other.layout, tmp_path / "mixed")
    index = json.loads((layout / "index.json").read_bytes())
    [entry] = [row for row in index["manifests"] if VERSION in (row.get("annotations") or {}).values()]
    # The tag now names the first artifact, whose evidence is not here; that of the other one must not count for it.
    for name in (made.digest, json.loads(blob(made.layout, made.digest).read_bytes())["config"]["digest"]):
        shutil.copyfile(blob(made.layout, name), blob(layout, name))
    entry |= {"digest": made.digest, "size": blob(layout, made.digest).stat().st_size}
    (layout / "index.json").write_text(json.dumps(index))
    done = offline("verify", f"oci:{layout}:{VERSION}", "--key", other.output / "custody.pub", cwd=tmp_path)
    assert done.returncode == 1
    assert_one_line(done)


@pytest.mark.parametrize("damage", ["changed", "truncated", "missing"])
def test_a_damaged_layer_stops_the_inventory(made: Released, copied: Path, tmp_path: Path, damage: str) -> None:
    layer = json.loads(blob(copied, made.digest).read_bytes())["layers"][1]
    path = blob(copied, layer["digest"])
    if damage == "changed":
        change_one_byte(path, path.stat().st_size // 2)
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.unlink()
    done = offline("sbom", f"oci:{copied}:{VERSION}", "-o", "spdx-json=out.json", cwd=tmp_path)
    # What is there and wrong is bad input; what is not there may be somewhere else.
    assert done.returncode == (4 if damage == "missing" else 3), done.stdout
    assert_one_line(done)
    assert layer["digest"].removeprefix("sha256:")[:12] in done.stderr
    assert not (tmp_path / "out.json").exists()


def assert_one_line(done: subprocess.CompletedProcess[str]) -> None:
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("custody: error: ")
