"""Packages as comma-separated values, `text/csv`: for spreadsheets.

Writes: RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180) in UTF-8 with a head line, lines end in CRLF; one line a
package, sorted by purl. A cell that a spreadsheet would take for a formula (it begins with =, +, -, @, a tab or a line
end) gets an apostrophe in front, as OWASP advises against CSV injection: the purl has the name as it is.  Reads:
nothing, it is only written: anybody's columns could mean anything.  Gives: a line of each package's facts, several
values joined by a space.  Cannot know: edges, notes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.sbom.interface import Document, Format
from custody.sbom.texts import shown
from custody.sbom.unsaid import unsaid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custody.model import Package

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters of a formula, the full-width ones of East Asian keyboards included."""

COLUMNS = (
    "name",
    "version",
    "type",
    "purl",
    "licence declared",
    "licence concluded",
    "supplier",
    "originator",
    "homepage",
    "download location",
    "source package",
    "installed",
    "released",
    "checksums",
    "cpes",
    "found in",
    "copyright",
    "description",
)


def encode(document: Document, version: str) -> bytes:  # noqa: ARG001 - there is one version
    """Write the lines."""
    import csv
    import io

    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for package in sorted(document.inventory.packages, key=lambda package: package.id):
        writer.writerow([guarded(cell) for cell in _cells(package)])
    return out.getvalue().encode()


def _cells(package: Package) -> tuple[str, ...]:
    return (
        package.name,
        package.version,
        package.purl.type,
        package.id,
        package.licence_declared or "",
        package.licence_concluded or "",
        package.supplier,
        package.originator,
        package.homepage,
        package.download_location,
        f"{package.source_name} {package.source_version}".strip(),
        "yes" if package.installed else "no",
        package.released,
        " ".join(f"{checksum.algorithm}:{checksum.hex}" for checksum in package.checksums),
        " ".join(package.cpes),
        " ".join(dict.fromkeys(location.path for location in package.locations)),
        package.copyright,
        package.description,
    )


def guarded(text: str) -> str:
    """Give a cell that no spreadsheet takes for a formula."""
    text = shown(text).replace("\x00", "\\x00")  # a NUL ends the text for some readers
    return f"'{text}" if text.startswith(_FORMULA) else text


def losses(document: Document, version: str) -> Iterable[str]:  # noqa: ARG001
    """Give what the lines do not say."""
    said = ("checksums", "copyright", "cpes", "description", "download_location", "homepage", "installed")
    more = ("licence_concluded", "licence_declared", "locations", "name", "originator", "released", "supplier")
    return unsaid(document, (*said, *more, "source_name"))


def recognises(data: bytes) -> bool:  # noqa: ARG001 - it is only written
    """Say no: nobody can tell what the columns of just any file mean."""
    return False


FORMAT = Format(
    name="csv",
    media_type="text/csv; charset=utf-8; header=present",
    extension=".csv",
    versions=(),
    writes=("1",),
    encode=encode,
    decode=None,
    recognises=recognises,
    losses=losses,
)
