"""CycloneDX in XML, `application/vnd.cyclonedx+xml`.

Writes: CycloneDX 1.2 to 1.7 (ECMA-424), https://cyclonedx.org/docs/1.6/xml/; 1.6 where nobody asks for another.  Reads:
1.0 to 1.7, of any tool; a document type declaration is refused. Gives: what the JSON form gives: it is read as the
table that its JSON would be. Cannot know: what a document leaves out. A component without a package URL becomes
`pkg:generic/…`, and is noted under `skipped`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from custody.sbom.cyclonedx.kept import FAMILY
from custody.sbom.cyclonedx.read import read_cyclonedx
from custody.sbom.cyclonedx.write import CycloneDxWriter
from custody.sbom.cyclonedx.xml_read import read_xml
from custody.sbom.cyclonedx.xml_write import namespace, write_element, xml_document
from custody.sbom.interface import Document, Format

if TYPE_CHECKING:
    from custody.model import Inventory

MEDIA_TYPE = "application/vnd.cyclonedx+xml"
_HEAD_BYTES = 1 << 16
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<(?:[\w.-]+:)?bom\s([^>]*)>", re.DOTALL
)


def _written(document: Document, version: str) -> tuple[bytes, CycloneDxWriter]:
    writer = CycloneDxWriter(document, version, xml=True)
    lost = writer.lost
    parts: list[str] = []
    write_element(parts, "metadata", writer.metadata(), "metadata", 1, lost)
    parts.append(" <components>\n")
    for component in writer.components():
        write_element(parts, "component", component, "component", 2, lost)
    parts.append(" </components>\n")
    rest: list[str] = []
    write_element(rest, "bom", {"dependencies": list(writer.dependencies()), **writer.rest()}, "bom", 0, lost)
    parts += rest[1:-1]
    body = "".join(parts)
    identity = document.identity(f"{version}\n{body}".encode())
    head = (("xmlns", namespace(version)), ("serialNumber", f"urn:uuid:{identity}"), ("version", "1"))
    return xml_document(head, (body,)), writer


def encode(document: Document, version: str) -> bytes:
    """Write the document. The serial number is made from all other bytes."""
    return _written(document, version)[0]


def losses(document: Document, version: str) -> tuple[str, ...]:
    """Give what the document will not say, one line for each field."""
    return _written(document, version)[1].losses()


def decode(data: bytes, where: str) -> Inventory:
    """Read a document; InputError names `where`."""
    return read_cyclonedx(read_xml(data, where), data, where, MEDIA_TYPE)


def recognises(data: bytes) -> bool:
    """Say whether its root element is a CycloneDX `bom`."""
    root = _ROOT.match(data[:_HEAD_BYTES])
    return root is not None and b"cyclonedx.org/schema/bom" in root[1]


FORMAT = Format(
    name="cyclonedx-xml",
    family=FAMILY,
    media_type=MEDIA_TYPE,
    extension=".cdx.xml",
    versions=("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"),
    writes=("1.2", "1.3", "1.4", "1.5", "1.7", "1.6"),
    encode=encode,
    decode=decode,
    recognises=recognises,
    losses=losses,
)
