from __future__ import annotations

from pathlib import Path

import pytest

from custody.inventory import fingerprint as module
from custody.inventory.fingerprint import fingerprint


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a package of which `fingerprint` thinks that it is ours."""
    for name in ("inventory/fingerprint.py", "inventory/catalogers/one.py", "inventory/declared.json", "sources/a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    monkeypatch.setattr(module, "__file__", str(tmp_path / "inventory/fingerprint.py"))
    return tmp_path


@pytest.mark.parametrize("name", ["inventory/catalogers/one.py", "inventory/declared.json", "sources/a.py"])
def test_whatever_decides_what_is_found_counts(package: Path, name: str) -> None:
    before = fingerprint()
    assert fingerprint() == before
    (package / name).write_text("changed")
    assert fingerprint() != before


def test_options_and_places_of_other_packages_count(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del package
    before = fingerprint()
    assert fingerprint("exclude") != before
    monkeypatch.syspath_prepend(str(tmp_path))
    assert fingerprint() != before
