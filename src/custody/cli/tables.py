"""Plain tables for the terminal: two spaces between columns, nothing that a pipe could not read."""

from __future__ import annotations

from collections.abc import Sequence

from custody.errors import one_line
from custody.model import Inventory

__all__ = ["packages_table", "table"]

LICENCE_WIDTH = 40
"""Characters of a licence expression on the screen; the SBOM has it whole."""


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


def _cut(text: str) -> str:
    return text if len(text) <= LICENCE_WIDTH else text[: LICENCE_WIDTH - 1] + "…"
