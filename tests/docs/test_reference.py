"""The reference says what the program says."""

from __future__ import annotations

import runpy
from pathlib import Path


def test_the_reference_is_what_the_commands_say_of_themselves(root: Path) -> None:
    page = runpy.run_path(str(root / "scripts" / "update_reference.py"))["page"]()
    assert (root / "docs" / "reference.md").read_text(encoding="utf-8") == page, "run scripts/update_reference.py"
