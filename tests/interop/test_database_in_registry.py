"""An advisory database in a registry that others wrote: pushed, looked at, taken, and changed on the way."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.advisories.samples import dump, record
from tests.interop.docker_registry import Registry
from tests.workflows.support import custody

pytestmark = pytest.mark.interop


def db(folder: Path, *arguments: str, rc: int = 0) -> str:
    ended = custody("db", *arguments, cwd=folder)
    assert ended.returncode == rc, ended.stderr
    return ended.stdout + ended.stderr


@pytest.fixture
def place(tmp_path: Path) -> Path:
    dump(tmp_path / "one", "npm", [record("CVE-2026-0001", "npm/left", modified="2026-03-01T00:00:00Z")])
    db(tmp_path, "import", "one", "--db", "a.db")
    return tmp_path


def test_a_database_is_pushed_taken_and_not_fetched_twice(place: Path, registry: Registry) -> None:
    target = f"{registry.address}/custody/advisories:v2"
    assert "signed by the key" in db(place, "push", target, "--db", "a.db")
    db(place, "update", "--from", target, "--db", "b.db")
    assert (place / "b.db").read_bytes() == (place / "a.db").read_bytes()
    db(place, "status", "--db", "b.db")
    fetched = len([path for path in registry.requests("GET") if "/blobs/" in path])
    assert "the same already" in db(place, "update", "--from", target, "--db", "b.db")
    again = [path for path in registry.requests("GET") if "/blobs/" in path][fetched:]
    assert len(again) == 1, "the signature alone is fetched"
    dump(place / "two", "npm", [record("CVE-2026-0002", "npm/left", modified="2026-04-01T00:00:00Z")])
    db(place, "import", "two", "--db", "a.db")
    db(place, "push", target, "--db", "a.db")
    assert "holds 1 records now" in db(place, "update", "--from", target, "--db", "b.db")


def test_the_registry_keeps_an_artifact_of_our_type(
    place: Path, registry: Registry, skopeo: Callable[..., str]
) -> None:
    target = f"{registry.address}/custody/typed:v2"
    db(place, "push", target, "--db", "a.db")
    with urllib.request.urlopen(f"http://{registry.address}/v2/custody/typed/tags/list") as answer:
        assert json.load(answer)["tags"] == ["v2"]
    manifest = json.loads(skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{target}"))
    assert manifest["artifactType"] == "application/vnd.custody.advisories.v2"
    skopeo("copy", "--src-tls-verify=false", f"docker://{target}", f"oci:{place / 'copy'}:v2")
    db(place, "update", "--from", "oci:copy:v2", "--db", "c.db")
    assert (place / "c.db").read_bytes() == (place / "a.db").read_bytes()


def test_what_the_registry_changed_does_not_arrive(place: Path, registry: Registry) -> None:
    target = f"{registry.address}/custody/changed:v2"
    db(place, "push", target, "--db", "a.db")
    blobs = registry.log.parent / "data" / "docker" / "registry" / "v2" / "blobs"
    link = registry.log.parent / "data/docker/registry/v2/repositories/custody/changed/_layers/sha256"
    digests = [path.name for path in link.iterdir()]
    largest = max((blobs / "sha256" / d[:2] / d / "data" for d in digests), key=lambda path: path.stat().st_size)
    data = bytearray(largest.read_bytes())
    data[len(data) // 2] ^= 1
    largest.write_bytes(bytes(data))
    said = db(place, "update", "--from", target, "--db", "d.db", rc=3)
    assert "custody: error: " in said
    assert not (place / "d.db").exists()
