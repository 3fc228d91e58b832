"""SPDX 2 as RDF/XML, `application/rdf+xml`.

Writes: SPDX 2.2 and 2.3, https://spdx.github.io/spdx-spec/v2.3/ and the ontology at https://spdx.org/rdf/terms/. Reads:
SPDX 2.0 to 2.3 as RDF/XML, of any tool.  Gives: everything an inventory holds; in our own documents without loss, in
others' as far as they say it. Cannot know: what a document leaves out. A package without a package URL becomes
`pkg:generic/…`, and is noted under `skipped`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from custody.sbom.interface import Document, Format
from custody.sbom.spdx.losses import spdx_losses
from custody.sbom.spdx.medium import XML
from custody.sbom.spdx.rdf_read import read_rdf
from custody.sbom.spdx.rdf_write import write_rdf
from custody.sbom.spdx.read import read_spdx
from custody.sbom.spdx.terms import FAMILY
from custody.sbom.spdx.write import whole_table

if TYPE_CHECKING:
    from custody.model import Inventory

MEDIA_TYPE = "application/rdf+xml"
_HEAD_BYTES = 1 << 16
_ROOT = re.compile(rb"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<(?:[\w.-]+:)?RDF\s([^>]*)>", re.DOTALL)


def encode(document: Document, version: str = "2.3") -> bytes:
    """Write the document. The namespace is made from all the rest."""
    return write_rdf(whole_table(document, version, XML))


def decode(data: bytes, where: str) -> Inventory:
    """Read a document; InputError names `where`."""
    return read_spdx(read_rdf(data, where), data, where, MEDIA_TYPE)


def recognises(data: bytes) -> bool:
    """Say whether it is XML whose root is an RDF with the terms of SPDX."""
    root = _ROOT.match(data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf"))
    return root is not None and b"spdx.org/rdf/terms" in root[1]


FORMAT = Format(
    name="spdx-rdf",
    family=FAMILY,
    media_type=MEDIA_TYPE,
    extension=".spdx.rdf",
    versions=("2.0", "2.1", "2.2", "2.3"),
    writes=("2.2", "2.3"),
    encode=encode,
    decode=decode,
    recognises=recognises,
    losses=spdx_losses,
)
