"""CycloneDX in JSON, `application/vnd.cyclonedx+json`.

Writes: CycloneDX 1.6 (ECMA-424), https://cyclonedx.org/docs/1.6/json/.  Reads: 1.2 to 1.7 in JSON, of any tool. Gives:
everything an inventory holds; in our own documents without loss, in others' as far as they say it. Cannot know: what a
document leaves out. A component without a package URL becomes `pkg:generic/…`, and is noted under `skipped`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.sbom.cyclonedx.read import read_cyclonedx
from custody.sbom.cyclonedx.write import cyclonedx_tables
from custody.sbom.interface import Document, Format
from custody.sbom.json_bytes import joined, looks_like, read_object

if TYPE_CHECKING:
    from custody.model import Inventory

MEDIA_TYPE = "application/vnd.cyclonedx+json"


def encode(document: Document) -> bytes:
    """Write the document. The serial number is made from all other bytes."""
    head, tail = cyclonedx_tables(document)
    return joined(head, tail, lambda body: {"serialNumber": f"urn:uuid:{document.identity(body)}"})


def decode(data: bytes, where: str) -> Inventory:
    """Read a document; InputError names `where`."""
    return read_cyclonedx(read_object(data, where), data, where, MEDIA_TYPE)


def recognises(data: bytes) -> bool:
    """Say whether it is a JSON object with a `bomFormat`."""
    return looks_like(data, b'"bomFormat"')


FORMAT = Format(
    name="cyclonedx-json",
    media_type=MEDIA_TYPE,
    extension=".cdx.json",
    versions=("1.2", "1.3", "1.4", "1.5", "1.6", "1.7"),
    version="1.6",
    encode=encode,
    decode=decode,
    recognises=recognises,
)
