"""A table for people: name, version, type and licence in aligned columns.

Writes: one line a package, sorted by purl, under a head line; control characters are made visible.  Reads: nothing, it
is only written.  Gives: what a person asks first.  Cannot know: how wide the reader's screen is; nothing is cut off.
Spec: plain text in UTF-8, https://www.rfc-editor.org/rfc/rfc3629.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.errors import one_line
from custody.sbom.interface import Document, Format
from custody.sbom.unsaid import unsaid

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD = ("NAME", "VERSION", "TYPE", "LICENCE")


def encode(document: Document, version: str) -> bytes:  # noqa: ARG001 - there is one version
    """Write the table."""
    rows: list[tuple[str, ...]] = [HEAD]
    for package in sorted(document.inventory.packages, key=lambda package: package.id):
        licence = package.licence_concluded or package.licence_declared or "unknown"
        cells = (package.name, package.version or "unknown", package.purl.type, licence)
        rows.append(tuple(one_line(cell) for cell in cells))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return ("\n".join(lines) + "\n").encode()


def losses(document: Document, version: str) -> Iterable[str]:  # noqa: ARG001
    """Give what the table does not say."""
    return unsaid(document, ("name", "licence_declared", "licence_concluded"))


def recognises(data: bytes) -> bool:  # noqa: ARG001 - it is only written
    """Say no: whatever looks like a table, nobody can read it back."""
    return False


FORMAT = Format(
    name="table",
    media_type="text/plain; charset=utf-8",
    extension=".txt",
    versions=(),
    writes=("1",),
    encode=encode,
    decode=None,
    recognises=recognises,
    losses=losses,
)
