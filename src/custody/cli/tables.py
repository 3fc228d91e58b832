"""Plain tables for the terminal: two spaces between columns, nothing that a pipe could not read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

from custody.errors import one_line
from custody.model import Inventory

__all__ = ["catalogers_table", "packages_table", "table"]

LICENCE_WIDTH = 40
"""Characters of a licence expression on the screen; the SBOM has it whole."""
SCREEN_WIDTH = 100
"""Characters of a line of running text."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give aligned columns under a head line; control characters in cells are made visible."""
    cells = [list(head), *([one_line(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join(lines) + "\n"


def packages_table(inventory: Inventory) -> str:
    """Give the packages of an inventory, and below them what could not be read."""
    rows = [
        (
            package.name,
            package.version or "unknown",
            package.purl.type,
            _cut(package.licence_concluded or package.licence_declared or "unknown"),
            next((location.layer.short for location in package.locations if location.layer), ""),
        )
        for package in inventory.packages
    ]
    text = table(("NAME", "VERSION", "TYPE", "LICENCE", "LAYER"), rows)
    text += f"{len(rows)} packages, {len(inventory.dependencies)} dependencies\n"
    for skipped in inventory.skipped:
        text += f"not read: {one_line(skipped.where)}: {one_line(skipped.reason)}\n"
    return text


def catalogers_table(rows: Sequence[Mapping[str, object]]) -> str:
    """Give the capability table as the screen has room for it: a line of facts for each cataloger, and its limits."""
    blocks = []
    for row in rows:
        ecosystems = _joined(row["ecosystems"])
        lines = [f"{row['name']}  ({ecosystems})" if ecosystems else f"{row['name']}"]
        for label, key, mark in _PARTS:
            lines += _wrapped(f"  {label:<13}", one_line(_joined(row[key], mark)))
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks) + f"\n{len(rows)} catalogers\n"


_PARTS = (("reads", "reads", ", "), ("gives", "gives", ", "), ("cannot know", "cannot_know", "; "))


def _wrapped(label: str, text: str) -> list[str]:
    """Break a list of phrases between words."""
    if not text:
        return []
    return wrap(
        text,
        width=SCREEN_WIDTH,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _joined(value: object, mark: str = ", ") -> str:
    return mark.join(str(item) for item in value) if isinstance(value, list) else ""


def _cut(text: str) -> str:
    return text if len(text) <= LICENCE_WIDTH else text[: LICENCE_WIDTH - 1] + "…"
