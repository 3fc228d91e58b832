"""What `verify` says about a layout whose artifact is whole, and about one that is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.workflows.support import POLICY, custody, make_application


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a release of a small application, published to the layout `lay`."""
    folder = tmp_path_factory.mktemp("verify")
    make_application(folder / "app")
    (folder / "policy.yaml").write_text(POLICY)
    ended = custody(
        *("release", "app", "--name", "app", "--version", "1.0", "--policy", "policy.yaml", "--to", "oci:./lay"),
        cwd=folder,
    )
    assert ended.returncode == 0, ended.stderr
    return folder


@pytest.fixture
def place(released: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    shutil.copytree(released, tmp_path / "here")
    return tmp_path / "here"


def layer(place: Path) -> Path:
    """The blob of the artifact's last layer."""
    digest = json.loads((place / "release" / "release.json").read_text())["artifact"]["digest"]
    blobs = place / "lay" / "blobs" / "sha256"
    manifest = json.loads((blobs / digest.removeprefix("sha256:")).read_text())
    return blobs / str(manifest["layers"][-1]["digest"]).removeprefix("sha256:")


@pytest.mark.parametrize(
    "command",
    [
        ("verify",),
        ("verify-attestation",),
        ("download", "attestation"),
        ("download", "sbom"),
        ("policy", "check", "--policy", "policy.yaml"),
    ],
)
@pytest.mark.parametrize("artifact", ["lay", "./lay", "lay/"])
def test_a_plain_path_to_a_layout_is_the_layout(released: Path, command: tuple[str, ...], artifact: str) -> None:
    plain, named = (custody(*command, text, cwd=released) for text in (artifact, "oci:lay:1.0"))
    assert plain.returncode == named.returncode == 0, plain.stderr
    assert plain.stdout.splitlines()[1:] == named.stdout.splitlines()[1:]


@pytest.mark.parametrize("command", ["verify", "verify-attestation"])
def test_a_layer_that_is_gone_or_changed_is_named(place: Path, command: str) -> None:
    blob = layer(place)
    data = blob.read_bytes()
    for damaged in (data[:-1] + bytes([data[-1] ^ 1]), data + b"x", None):
        blob.unlink()
        if damaged is not None:
            blob.write_bytes(damaged)
        ended = custody(command, "oci:lay:1.0", cwd=place)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert blob.name in ended.stderr
        assert "copy the artifact here again" in ended.stderr
        blob.write_bytes(data)
    assert custody(command, "oci:lay:1.0", cwd=place).returncode == 0


def test_of_several_names_in_the_evidence_a_person_says_which(place: Path) -> None:
    arguments = ("--name", "other", "--version", "1.0", "--to", "oci:./lay:more")
    assert custody("release", "app", *arguments, cwd=place).returncode == 0
    check = ("policy", "check", "oci:lay:more", "--policy", "policy.yaml")
    unclear = custody(*check, cwd=place)
    assert (unclear.returncode, unclear.stdout) == (2, "")
    assert "its evidence has several names for it: app, other; say which one" in unclear.stderr
    assert custody(*check, "--name", "app", cwd=place).returncode == 0


@pytest.mark.parametrize("artifact", ["https://user:s3cret@registry.example/x:1", "user:s3cret@registry.example/x:1"])
def test_no_command_repeats_a_password(released: Path, artifact: str) -> None:
    for command in (
        ("verify", artifact),
        ("download", "sbom", artifact),
        ("scan", artifact),
        ("policy", "check", artifact, "--policy", "policy.yaml"),
    ):
        ended = custody(*command, cwd=released)
        assert ended.returncode == 2, ended.stderr
        assert "s3cret" not in ended.stdout + ended.stderr
