"""The example application is what its pages and its policy say it is."""

import json
import re
import tomllib
from typing import Any

import pytest

from custody.policy import parse_policy
from tests.conftest import ROOT

HOME = ROOT / "examples" / "whisperengine"


def uv_lock() -> dict[str, Any]:
    """Give the Python lock file."""
    return tomllib.loads((HOME / "uv.lock").read_text(encoding="utf-8"))


def npm_lock() -> dict[str, Any]:
    """Give the packages of the npm lock file."""
    packages: dict[str, Any] = json.loads((HOME / "web" / "package-lock.json").read_bytes())["packages"]
    return packages


def locked() -> set[tuple[str, str]]:
    """Give every (name, version) that the two lock files pin."""
    python = {(entry["name"], entry["version"]) for entry in uv_lock()["package"]}
    npm = {(place.rpartition("node_modules/")[2], entry["version"]) for place, entry in npm_lock().items() if place}
    return python | npm


def test_the_locks_pin_what_the_manifests_ask_for() -> None:
    project = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {tuple(line.split("==")) for line in project["dependencies"]}
    asked |= set(json.loads((HOME / "web" / "package.json").read_bytes())["dependencies"].items())
    assert asked <= locked()
    assert ("whisperengine", project["version"]) in locked()


@pytest.mark.parametrize("name", ["uv.lock", "web/package-lock.json"])
def test_the_locks_name_no_real_registry(name: str) -> None:
    hosts = set(re.findall(r"https?://([^/\"]+)", (HOME / name).read_text(encoding="utf-8")))
    assert hosts
    assert {host for host in hosts if not host.endswith(".example")} <= {"github.com"}


def test_every_locked_file_has_a_hash() -> None:
    files = [file for entry in uv_lock()["package"] for file in [entry.get("sdist"), *entry.get("wheels", [])] if file]
    assert len(files) > 100
    assert all(file["hash"].startswith("sha256:") for file in files)
    assert all(entry["integrity"].startswith("sha512-") for place, entry in npm_lock().items() if place)


def test_the_policy_is_valid_and_about_this_application() -> None:
    policy = parse_policy((HOME / "policy.yaml").read_bytes(), "policy.yaml")
    assert [container.name for container in policy.containers] == ["whisperengine"]


def test_the_table_of_known_vulnerabilities_names_locked_versions() -> None:
    rows = re.findall(r"^\| ([\w.-]+) (\d\S*) \| CVE-", (HOME / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == 4
    assert set(rows) <= locked()
