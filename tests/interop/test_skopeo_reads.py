"""skopeo and umoci read what was published, and everyone names the same digests."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.interop.command import NAME, VERSION, Released, custody, release
from tests.interop.docker_registry import PASSWORD, USER, Registry
from tests.interop.foreign import require, run
from tests.interop.image import Image

pytestmark = pytest.mark.interop

PLAIN = "--tls-verify=false"
SIGSTORE_BUNDLE = "application/vnd.dev.sigstore.bundle"


def sha256(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def read_blob(layout: Path, digest: str) -> bytes:
    return (layout / "blobs" / digest.replace(":", "/")).read_bytes()


@pytest.fixture
def from_oci(released: Callable[[str], Released]) -> Released:
    """Give the release of the OCI layout."""
    return released("oci")


@pytest.mark.parametrize("kind", ["oci", "zstd", "registry"])
def test_the_digest_is_the_sources_own(released: Callable[[str], Released], debian_image: Image, kind: str) -> None:
    source = debian_image.zstd if kind == "zstd" else debian_image.oci
    assert released(kind).digest == debian_image.manifest_digest(source)


def test_an_index_is_released_as_the_manifest_of_this_platform(
    released: Callable[[str], Released], debian_image: Image
) -> None:
    assert released("index").digest == debian_image.manifest_digest()


@pytest.mark.parametrize("kind", ["oci", "zstd", "docker-archive", "registry"])
def test_skopeo_finds_the_same_digest_in_layout_and_registry(
    released: Callable[[str], Released], skopeo: Callable[..., str], kind: str
) -> None:
    made = released(kind)
    in_layout = skopeo("inspect", "--raw", f"oci:{made.layout}:{VERSION}")
    in_registry = skopeo("inspect", "--raw", PLAIN, f"docker://{made.reference}")
    assert in_layout == in_registry
    assert sha256(in_layout) == made.digest
    assert skopeo("inspect", PLAIN, "--format", "{{.Digest}}", f"docker://{made.reference}").strip() == made.digest


def test_the_release_names_both_targets_with_one_digest(from_oci: Released) -> None:
    targets = from_oci.document("release.json")["targets"]
    assert [target["reference"] for target in targets] == [f"oci:{from_oci.layout}", from_oci.reference]
    assert {target["digest"] for target in targets} == {from_oci.digest}


@pytest.mark.parametrize("place", ["layout", "registry"])
def test_skopeo_copies_it_unchanged(
    from_oci: Released, skopeo: Callable[..., str], tmp_path: Path, place: str, debian_image: Image
) -> None:
    """A copy reads every blob and checks its digest."""
    source = f"oci:{from_oci.layout}:{VERSION}" if place == "layout" else f"docker://{from_oci.reference}"
    skopeo("copy", "--quiet", "--src-tls-verify=false", source, f"oci:{tmp_path / 'copy'}:{VERSION}")
    [entry] = json.loads((tmp_path / "copy/index.json").read_bytes())["manifests"]
    assert entry["digest"] == from_oci.digest
    manifest = json.loads(read_blob(tmp_path / "copy", entry["digest"]))
    layers = [layer["digest"] for layer in manifest["layers"]]
    assert layers == [layer["digest"] for layer in debian_image.told("layers")]


def test_umoci_reads_the_layout(from_oci: Released) -> None:
    require("umoci")
    told = json.loads(run(["umoci", "stat", "--json", "--image", f"{from_oci.layout}:{VERSION}"]))
    assert len([row for row in told["history"] if not row.get("empty_layer")]) >= 5
    assert VERSION in run(["umoci", "list", "--layout", from_oci.layout]).split()


def evidence_in_layout(layout: Path, subject: str) -> dict[str, dict[str, Any]]:
    """Give digest → manifest for every manifest in the layout's index whose subject is this one."""
    entries = json.loads((layout / "index.json").read_bytes())["manifests"]
    manifests = {entry["digest"]: json.loads(read_blob(layout, entry["digest"])) for entry in entries}
    return {digest: body for digest, body in manifests.items() if body.get("subject", {}).get("digest") == subject}


def test_evidence_is_the_same_in_both_places_and_skopeo_reads_it(
    from_oci: Released, registry: Registry, skopeo: Callable[..., str]
) -> None:
    """docker-registry knows no referrers, so they are listed under the tag that the distribution spec names for it."""
    in_layout = evidence_in_layout(from_oci.layout, from_oci.digest)
    kinds = {row["manifest"] for row in from_oci.document("release.json")["evidence"]}
    assert set(in_layout) == kinds
    repository = from_oci.reference.rsplit(":", 1)[0]
    fallback = from_oci.digest.replace(":", "-")
    assert fallback in json.loads(skopeo("list-tags", PLAIN, f"docker://{repository}"))["Tags"]
    index = json.loads(skopeo("inspect", "--raw", PLAIN, f"docker://{repository}:{fallback}"))
    assert {entry["digest"] for entry in index["manifests"]} == kinds
    for entry in index["manifests"]:
        assert entry["artifactType"].startswith(SIGSTORE_BUNDLE)
        manifest = skopeo("inspect", "--raw", PLAIN, f"docker://{repository}@{entry['digest']}")
        assert sha256(manifest) == entry["digest"]
        assert len(manifest.encode()) == entry["size"]
        assert json.loads(manifest) == in_layout[entry["digest"]]


def test_each_bundle_is_about_the_artifact(from_oci: Released) -> None:
    kinds = set()
    for manifest in evidence_in_layout(from_oci.layout, from_oci.digest).values():
        [layer] = manifest["layers"]
        bundle = json.loads(read_blob(from_oci.layout, layer["digest"]))
        statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
        assert [f"sha256:{subject['digest']['sha256']}" for subject in statement["subject"]] == [from_oci.digest]
        kinds.add(statement["predicateType"])
    assert {"https://slsa.dev/provenance/v1", "https://spdx.dev/Document/v2.3"} <= kinds or {
        "https://slsa.dev/provenance/v1",
        "https://spdx.dev/Document",
    } <= kinds


def test_what_is_at_the_target_already_is_not_sent_again(
    from_oci: Released, registry: Registry, tmp_path: Path, debian_image: Image
) -> None:
    def uploads() -> int:
        return sum("/team/oci/blobs/uploads/" in path for path in registry.requests("POST"))

    layers = len(debian_image.told("layers"))
    before = uploads()
    assert before >= layers
    again = release(f"oci:{debian_image.oci}", tmp_path, registry=registry.address, repository="team/oci")
    assert again.result.returncode == 0, again.result.stderr
    # New evidence (another key, another time) goes up; the image's own blobs are there.
    assert uploads() - before < layers + len(again.document("release.json")["evidence"])


# ── a registry with a login ──────────────────────────────────────────────────────────────────────────────────────────


def docker_config(folder: Path, registry: Registry, password: str) -> dict[str, str]:
    """Write the login where docker keeps it, and give the environment that says so."""
    token = base64.b64encode(f"{USER}:{password}".encode()).decode()
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"auths": {registry.address: {"auth": token}}}))
    return {"DOCKER_CONFIG": str(folder)}


def test_a_login_is_taken_from_dockers_configuration(
    registry_with_login: Registry, debian_image: Image, skopeo: Callable[..., str], tmp_path: Path
) -> None:
    login = docker_config(tmp_path / "docker", registry_with_login, PASSWORD)
    source = f"oci:{debian_image.oci}"
    made = release(source, tmp_path, registry=registry_with_login.address, repository="closed/demo", env=login)
    assert made.result.returncode == 0, made.result.stderr
    words = ("inspect", "--raw", PLAIN, "--creds", f"{USER}:{PASSWORD}", f"docker://{made.reference}")
    assert sha256(skopeo(*words)) == made.digest
    checked = custody("verify", made.reference, "--key", made.output / "custody.pub", cwd=tmp_path, env=login)
    assert checked.returncode == 0, checked.stderr


def test_a_refused_login_fails_that_target_alone(
    registry_with_login: Registry, debian_image: Image, skopeo: Callable[..., str], tmp_path: Path
) -> None:
    wrong = docker_config(tmp_path / "docker", registry_with_login, "wrong " + PASSWORD)
    source = f"oci:{debian_image.oci}"
    made = release(source, tmp_path, registry=registry_with_login.address, repository="closed/refused", env=wrong)
    assert made.result.returncode == 4, made.result.stderr
    layout, refused = made.document("release.json")["targets"]
    assert layout["digest"] == made.digest
    assert refused["digest"] is None
    assert registry_with_login.address in refused["problem"]
    assert PASSWORD not in made.result.stderr + made.result.stdout + json.dumps(refused)
    assert sha256(skopeo("inspect", "--raw", f"oci:{made.layout}:{VERSION}")) == made.digest
    assert NAME in made.result.stdout
