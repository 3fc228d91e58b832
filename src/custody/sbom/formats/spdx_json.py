"""SPDX 2 in JSON, `application/spdx+json`.

Writes: SPDX 2.2 and 2.3, https://spdx.github.io/spdx-spec/v2.3/.  Reads: SPDX 2.2 and 2.3 in JSON, of any tool. Gives:
everything an inventory holds; in our own documents without loss, in others' as far as they say it. Cannot know: what a
document leaves out. A package without a package URL becomes `pkg:generic/…`, and is noted under `skipped`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.sbom.interface import Document, Format
from custody.sbom.json_bytes import joined, looks_like, read_object
from custody.sbom.spdx.losses import spdx_losses
from custody.sbom.spdx.read import read_spdx
from custody.sbom.spdx.terms import FAMILY
from custody.sbom.spdx.write import spdx_tables

if TYPE_CHECKING:
    from custody.model import Inventory

MEDIA_TYPE = "application/spdx+json"


def encode(document: Document, version: str = "2.3") -> bytes:
    """Write the document. The namespace is made from all other bytes."""
    head, tail = spdx_tables(document, version)
    return joined(head, tail, lambda body: {"documentNamespace": document.namespace(body)})


def decode(data: bytes, where: str) -> Inventory:
    """Read a document; InputError names `where`."""
    return read_spdx(read_object(data, where), data, where, MEDIA_TYPE)


def recognises(data: bytes) -> bool:
    """Say whether it is a JSON object with a `spdxVersion`."""
    return looks_like(data, b'"spdxVersion"')


FORMAT = Format(
    name="spdx-json",
    family=FAMILY,
    media_type=MEDIA_TYPE,
    extension=".spdx.json",
    versions=("2.2", "2.3"),
    writes=("2.2", "2.3"),
    encode=encode,
    decode=decode,
    recognises=recognises,
    losses=spdx_losses,
)
