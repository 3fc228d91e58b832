"""What is locked, what is packed, and what an installation would get."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINNED = {
    canonicalize_name(name): (version, hashes.count("--hash=sha256:"))
    for name, version, hashes in re.findall(r"^([\w.-]+)==([^\s;]+)(.*(?:\n    .*)*)", LOCK, re.MULTILINE)
}
WANTED = [Requirement(line) for line in [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]]


@pytest.mark.parametrize("requirement", WANTED, ids=lambda requirement: requirement.name)
def test_a_dependency_is_locked_with_hashes_in_a_version_that_is_asked_for(requirement: Requirement) -> None:
    version, hashes = PINNED[canonicalize_name(requirement.name)]
    assert version in requirement.specifier
    assert hashes >= 1


def test_every_pin_has_a_hash_and_the_lock_holds_no_address() -> None:
    assert len(PINNED) >= len(WANTED)
    assert [name for name, (_, hashes) in PINNED.items() if not hashes] == []
    assert "://" not in LOCK


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("custody-*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("custody/")}
    source = ROOT / "src"
    present = {
        str(path.relative_to(source))
        for path in (source / "custody").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == present
    assert "custody/py.typed" in packed
