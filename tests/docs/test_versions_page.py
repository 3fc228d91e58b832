"""The page of version orderings says what the code and the vectors say."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from custody.advisories.versions import orderings


@pytest.fixture
def script(root: Path) -> dict[str, object]:
    return runpy.run_path(str(root / "scripts" / "update_versions_page.py"))


def test_the_table_is_what_the_orderings_declare(root: Path, script: dict[str, object]) -> None:
    text = (root / "docs" / "versions.md").read_text(encoding="utf-8")
    assert script["page"](text) == text, "run scripts/update_versions_page.py"  # type: ignore[operator]


def test_every_ordering_has_a_line_with_its_specification(root: Path) -> None:
    text = (root / "docs" / "versions.md").read_text(encoding="utf-8")
    lines = {line.split(" | ")[0].strip("| `"): line for line in text.splitlines() if line.startswith("| `")}
    assert lines.keys() == {ordering.name for ordering in orderings()}
    assert all(ordering.spec in lines[ordering.name] for ordering in orderings())


def test_a_page_without_the_markers_is_refused(script: dict[str, object]) -> None:
    with pytest.raises(SystemExit, match="markers"):
        script["page"]("# Version orderings\n")  # type: ignore[operator]
