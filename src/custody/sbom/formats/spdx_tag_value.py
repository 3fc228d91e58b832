"""SPDX 2 as tag-value, `text/spdx`.

Writes: SPDX 2.2 and 2.3, https://spdx.github.io/spdx-spec/v2.3/.  Reads: SPDX 2.0 to 2.3 as tag-value, of any tool.
Gives: everything an inventory holds; in our own documents without loss, in others' as far as they say it. Cannot know:
what a document leaves out. A package without a package URL becomes `pkg:generic/…`, and is noted under `skipped`, as
are lines that no tag explains.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from custody.sbom.interface import Document, Format
from custody.sbom.spdx.losses import spdx_losses
from custody.sbom.spdx.medium import TAG_VALUE
from custody.sbom.spdx.read import read_spdx
from custody.sbom.spdx.tag_value_read import read_tag_value
from custody.sbom.spdx.tag_value_write import write_tag_value
from custody.sbom.spdx.terms import FAMILY
from custody.sbom.spdx.write import whole_table

if TYPE_CHECKING:
    from custody.model import Inventory

MEDIA_TYPE = "text/spdx"
_START = re.compile(rb"(?:\xef\xbb\xbf|b')?(?:[ \t]*(?:#[^\r\n]*)?[\r\n])*[ \t]*SPDXVersion[ \t]*:[ \t]*SPDX-")


def encode(document: Document, version: str = "2.3") -> bytes:
    """Write the document. The namespace is made from all the rest."""
    return write_tag_value(whole_table(document, version, TAG_VALUE))


def decode(data: bytes, where: str) -> Inventory:
    """Read a document; InputError names `where`."""
    table, notes = read_tag_value(data, where)
    return read_spdx(table, data, where, MEDIA_TYPE, notes)


def recognises(data: bytes) -> bool:
    """Say whether the first line that is no comment is an SPDXVersion."""
    return _START.match(data) is not None


FORMAT = Format(
    name="spdx-tag-value",
    family=FAMILY,
    media_type=MEDIA_TYPE,
    extension=".spdx",
    versions=("2.0", "2.1", "2.2", "2.3"),
    writes=("2.2", "2.3"),
    encode=encode,
    decode=decode,
    recognises=recognises,
    losses=spdx_losses,
)
