"""SPDX 2 in YAML.

Writes: SPDX 2.2 and 2.3, https://spdx.github.io/spdx-spec/v2.3/.  Reads: SPDX 2.2 and 2.3 in YAML, of any tool. Gives:
everything an inventory holds; in our own documents without loss, in others' as far as they say it. Cannot know: what a
document leaves out. A package without a package URL becomes `pkg:generic/…`, and is noted under `skipped`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from custody.sbom.interface import Document, Format
from custody.sbom.spdx.losses import spdx_losses
from custody.sbom.spdx.medium import JSON
from custody.sbom.spdx.read import read_spdx
from custody.sbom.spdx.terms import FAMILY
from custody.sbom.spdx.write import whole_table
from custody.sbom.spdx.yaml_text import read_yaml, write_yaml

if TYPE_CHECKING:
    from custody.model import Inventory

MEDIA_TYPE = "application/spdx+yaml"
_HEAD_BYTES = 1 << 16  # the writers sort keys as they like, but long lists come after the short fields of most of them
_START = re.compile(rb"(?:[ \t\r]*(?:#[^\n]*|---[ \t\r]*|%YAML[^\n]*)?\n)*[A-Za-z]+:(?=\s)")
_KEY = re.compile(rb"^(?:  )?spdxVersion:[ \t]*[\"']?SPDX-", re.MULTILINE)


def encode(document: Document, version: str = "2.3") -> bytes:
    """Write the document. The namespace is made from all the rest."""
    return write_yaml(whole_table(document, version, JSON))


def decode(data: bytes, where: str) -> Inventory:
    """Read a document; InputError names `where`."""
    return read_spdx(read_yaml(data, where), data, where, MEDIA_TYPE)


def recognises(data: bytes) -> bool:
    """Say whether it opens with a key, and has a `spdxVersion` at its beginning or its end."""
    head = data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")
    return _START.match(head) is not None and any(_KEY.search(part) for part in (head, data[-_HEAD_BYTES:]))


FORMAT = Format(
    name="spdx-yaml",
    family=FAMILY,
    media_type=MEDIA_TYPE,
    extension=".spdx.yaml",
    versions=("2.2", "2.3"),
    writes=("2.2", "2.3"),
    encode=encode,
    decode=decode,
    recognises=recognises,
    losses=spdx_losses,
)
