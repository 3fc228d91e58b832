"""SPDX 3 in JSON-LD, `application/spdx+json`.

Writes: SPDX 3.0.1, https://spdx.github.io/spdx-spec/v3.0.1/.  Reads: SPDX 3.0.0 and 3.0.1 in the compacted form of
their JSON-LD, of any tool. Gives: everything an inventory holds; in our own documents without loss, in others' as far
as they say it. Cannot know: what a document leaves out. A package without a package URL becomes `pkg:generic/…`, and is
noted under `skipped`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from custody.sbom.interface import Document, Format
from custody.sbom.json_bytes import looks_like, read_object
from custody.sbom.spdx.losses import spdx_losses
from custody.sbom.spdx3.read import read_spdx3
from custody.sbom.spdx3.terms import FAMILY
from custody.sbom.spdx3.write import spdx3_bytes

if TYPE_CHECKING:
    from custody.model import Inventory

MEDIA_TYPE = 'application/ld+json; profile="https://spdx.org/rdf/3.0.1/spdx-context.jsonld"'
_CONTEXT = re.compile(rb'"@context"\s*:\s*(?:\[[^\]]*)?"https?://spdx\.org/rdf/(?:v?3|terms/3)')


def encode(document: Document, version: str = "3.0.1") -> bytes:  # noqa: ARG001 - there is one
    """Write the document. The namespace is made from all other bytes."""
    return spdx3_bytes(document)


def decode(data: bytes, where: str) -> Inventory:
    """Read a document; InputError names `where`."""
    return read_spdx3(read_object(data, where), data, where, MEDIA_TYPE)


def recognises(data: bytes) -> bool:
    """Say whether it is a JSON object whose context is the one of SPDX 3."""
    return looks_like(data, b'"@context"') and _CONTEXT.search(data) is not None


FORMAT = Format(
    name="spdx3-json",
    family=FAMILY,
    media_type=MEDIA_TYPE,
    extension=".spdx3.json",
    versions=("3.0.0", "3.0.1"),
    writes=("3.0.1",),
    encode=encode,
    decode=decode,
    recognises=recognises,
    losses=spdx_losses,
)
