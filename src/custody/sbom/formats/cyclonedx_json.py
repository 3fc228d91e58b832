"""CycloneDX in JSON, `application/vnd.cyclonedx+json`.

Writes: CycloneDX 1.2 to 1.7 (ECMA-424), https://cyclonedx.org/docs/1.6/json/; 1.6 where nobody asks for another, since
many readers do not know 1.7 yet.  Reads: 1.2 to 1.7, of any tool. Gives: everything an inventory holds; in our own
documents from 1.3 on without loss, in others' as far as they say it. Cannot know: what a document leaves out. A
component without a package URL becomes `pkg:generic/…`, and is noted under `skipped`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.sbom.cyclonedx.kept import FAMILY
from custody.sbom.cyclonedx.read import read_cyclonedx
from custody.sbom.cyclonedx.shape import later
from custody.sbom.cyclonedx.write import CycloneDxWriter
from custody.sbom.interface import Document, Format
from custody.sbom.json_bytes import encoded_list, joined, looks_like, read_object

if TYPE_CHECKING:
    from custody.model import Inventory

MEDIA_TYPE = "application/vnd.cyclonedx+json"


def _written(document: Document, version: str) -> tuple[bytes, CycloneDxWriter]:
    writer = CycloneDxWriter(document, version)
    head = {"bomFormat": "CycloneDX", "specVersion": version}
    if later(version, "1.4"):  # before, the schema does not allow it
        head = {"$schema": f"http://cyclonedx.org/schema/bom-{version}.schema.json", **head}
    tail = {
        "version": 1,
        "metadata": writer.metadata(),
        "components": encoded_list(writer.components()),
        "dependencies": encoded_list(writer.dependencies()),
        **writer.rest(),
    }
    return joined(head, tail, lambda body: {"serialNumber": f"urn:uuid:{document.identity(body)}"}), writer


def encode(document: Document, version: str) -> bytes:
    """Write the document. The serial number is made from all other bytes."""
    return _written(document, version)[0]


def losses(document: Document, version: str) -> tuple[str, ...]:
    """Give what the document will not say, one line for each field."""
    return _written(document, version)[1].losses()


def decode(data: bytes, where: str) -> Inventory:
    """Read a document; InputError names `where`."""
    return read_cyclonedx(read_object(data, where), data, where, MEDIA_TYPE)


def recognises(data: bytes) -> bool:
    """Say whether it is a JSON object with a `bomFormat`."""
    return looks_like(data, b'"bomFormat"')


FORMAT = Format(
    name="cyclonedx-json",
    family=FAMILY,
    media_type=MEDIA_TYPE,
    extension=".cdx.json",
    versions=("1.2", "1.3", "1.4", "1.5", "1.6", "1.7"),
    writes=("1.2", "1.3", "1.4", "1.5", "1.7", "1.6"),
    encode=encode,
    decode=decode,
    recognises=recognises,
    losses=losses,
)
