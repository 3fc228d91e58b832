"""Debian's skopeo and umoci read what is written here, and find the same digests."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from custody.model import Descriptor, Digest
from custody.registry.copy import copy, verify_copy
from custody.registry.layout import LayoutRepository
from custody.registry.manifest import EMPTY, OCI_MANIFEST, Manifest, encode_manifest
from custody.registry.open import open_repository
from tests.registry.samples import CONFIG_TYPE, LAYER_TYPE, attach, attached, put_bytes, put_index

pytestmark = pytest.mark.interop

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def run(program: str, *arguments: object) -> bytes:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run([program, *map(str, arguments)], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def put_real_image(layout: LayoutRepository, *, tag: str | None = "1.0", child: bool = False) -> Descriptor:
    """Put an image whose one layer is an archive that can be unpacked."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("etc/os-release")
        entry.size = 10
        archive.addfile(entry, io.BytesIO(b"ID=debian\n"))
    layer = put_bytes(layout, gzip.compress(made.getvalue(), mtime=0), f"{LAYER_TYPE}+gzip")
    config = {
        "os": "linux",
        "architecture": "amd64",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(made.getvalue()).hexdigest()}"]},
        "history": [{"created_by": "by hand"}],
    }
    manifest = Manifest(
        media_type=OCI_MANIFEST,
        artifact_type=CONFIG_TYPE,
        config=put_bytes(layout, json.dumps(config).encode(), CONFIG_TYPE),
        layers=(layer,),
    )
    return layout.put_manifest(encode_manifest(manifest), OCI_MANIFEST, tag=tag, child=child)


def put_directory(layout: LayoutRepository) -> Descriptor:
    """Put an artifact that is no image: an empty configuration and an artifact type."""
    layout.put_blob(EMPTY, (b"{}",))
    manifest = Manifest(
        media_type=OCI_MANIFEST,
        artifact_type="application/vnd.custody.directory.v1",
        config=EMPTY,
        layers=(put_bytes(layout, bytes(1024), LAYER_TYPE),),
    )
    return layout.put_manifest(encode_manifest(manifest), OCI_MANIFEST, tag="directory")


@pytest.fixture
def layout(tmp_path: Path) -> LayoutRepository:
    """Give a layout with an image, an index and a directory, each with evidence."""
    layout = LayoutRepository(tmp_path / "layout")
    image = put_real_image(layout)
    for subject in (image, put_index(layout, image), put_directory(layout)):
        attach(layout, subject, b"bundle", artifact_type=BUNDLE)
    return layout


@pytest.mark.parametrize("tag", ["1.0", "all", "directory"])
def test_skopeo_reads_a_layout(layout: LayoutRepository, tag: str) -> None:
    descriptor = layout.resolve(tag)
    raw = run("skopeo", "inspect", "--raw", f"oci:{layout.path}:{tag}")
    assert Digest.of(raw) == descriptor.digest
    assert raw == layout.manifest(descriptor.digest)[1]


@pytest.mark.parametrize("tag", ["1.0", "all"])
def test_skopeo_copies_out_of_a_layout_and_into_one(layout: LayoutRepository, tmp_path: Path, tag: str) -> None:
    run("skopeo", "copy", "--all", f"oci:{layout.path}:{tag}", f"oci:{tmp_path}/other:{tag}")
    other = LayoutRepository(tmp_path / "other")
    assert other.resolve(tag).digest == layout.resolve(tag).digest
    run("skopeo", "copy", f"oci:{layout.path}:1.0", f"oci:{layout.path}:by-skopeo")
    assert layout.resolve("by-skopeo").digest == layout.resolve("1.0").digest
    assert len(attached(layout, layout.resolve("by-skopeo").digest, BUNDLE)) == 1


def test_umoci_unpacks_from_a_layout_and_collects_no_evidence_as_garbage(
    layout: LayoutRepository, tmp_path: Path
) -> None:
    # umoci knows images only: it stops at an index of several and at what has no configuration.
    single = LayoutRepository(tmp_path / "single")
    copy(layout, layout.resolve("1.0"), single, tag="1.0")
    run("umoci", "unpack", "--rootless", "--image", f"{single.path}:1.0", tmp_path / "bundle")
    assert (tmp_path / "bundle/rootfs/etc/os-release").read_bytes() == b"ID=debian\n"
    run("umoci", "gc", "--layout", single.path)
    verify_copy(layout, layout.resolve("1.0"), single, tag="1.0")


@pytest.mark.parametrize("tag", ["1.0", "all", "directory"])
def test_skopeo_reads_what_was_published_in_a_registry(
    layout: LayoutRepository, docker_registry: str, tmp_path: Path, tag: str
) -> None:
    descriptor = layout.resolve(tag)
    remote = open_repository(f"{docker_registry}/foreign/app:{tag}")
    copy(layout, descriptor, remote, tag=tag)
    verify_copy(layout, descriptor, remote, tag=tag)
    address = f"docker://{docker_registry}/foreign/app:{tag}"
    assert Digest.of(run("skopeo", "inspect", "--raw", "--tls-verify=false", address)) == descriptor.digest
    [(referrer, data)] = attached(remote, descriptor.digest, BUNDLE)
    assert data == b"bundle"
    by_digest = f"docker://{docker_registry}/foreign/app@{referrer.digest}"
    assert Digest.of(run("skopeo", "inspect", "--raw", "--tls-verify=false", by_digest)) == referrer.digest
    if tag != "directory":
        run("skopeo", "copy", "--all", "--src-tls-verify=false", address, f"oci:{tmp_path}/back:{tag}")
        assert LayoutRepository(tmp_path / "back").resolve(tag).digest == descriptor.digest


def test_what_skopeo_pushes_is_pulled(layout: LayoutRepository, docker_registry: str, tmp_path: Path) -> None:
    address = f"{docker_registry}/foreign/pushed:1.0"
    run("skopeo", "copy", "--dest-tls-verify=false", f"oci:{layout.path}:1.0", f"docker://{address}")
    remote = open_repository(address)
    assert remote.resolve("1.0") == layout.resolve("1.0")
    copy(remote, remote.resolve("1.0"), LayoutRepository(tmp_path / "pulled"), tag="1.0")
    # The Docker form of the same image, with its own media types and digest.
    run(
        "skopeo",
        "copy",
        "--format=v2s2",
        "--dest-tls-verify=false",
        f"oci:{layout.path}:1.0",
        f"docker://{address}-docker",
    )
    docker = remote.resolve("1.0-docker")
    assert docker.media_type == "application/vnd.docker.distribution.manifest.v2+json"
    copy(remote, docker, LayoutRepository(tmp_path / "pulled"), tag="docker")
    verify_copy(remote, docker, LayoutRepository(tmp_path / "pulled"), tag="docker")
