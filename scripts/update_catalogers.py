"""Write docs/catalogers.md: what custody finds, and what it cannot know, from the catalogers' own declarations.

    python scripts/update_catalogers.py

A test holds the page equal to what this gives, and what is declared equal to what the cases show.
"""

from __future__ import annotations

from pathlib import Path

from custody.inventory.capabilities import markdown_table
from custody.inventory.catalogers import load_catalogers
from custody.inventory.interface import CAPABILITIES

TARGET = Path(__file__).resolve().parent.parent / "docs" / "catalogers.md"

HEAD = """# Catalogers

What is found in an artifact, and what cannot be known. This page is made by `scripts/update_catalogers.py` from what
each cataloger declares; `custody catalogers` prints the same. What is declared is shown by a case under
`tests/cases/inventory`, or a test fails.

**✓** it gives it, where the files say it · **(✓)** it gives it in part: "cannot know" tells what it leaves out, in a
phrase that begins with the same word · empty: it does not.

"""


def page() -> str:
    """Give the whole page."""
    ours = [cataloger for cataloger in load_catalogers() if cataloger.parse.__module__.startswith("custody.")]
    text = HEAD + "".join(f"- **{name}**: {meaning}\n" for name, meaning in CAPABILITIES.items())
    return f"{text}\n{len(ours)} catalogers.\n\n{markdown_table(ours)}"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
