"""Software bills of materials: an inventory as a document, and a document as an inventory.

    document = Document(inventory=inventory, created=now, context=context, report=report)
    data = encode(document, "spdx-json")            # bytes, the same on every run
    inventory = decode(data, "sbom.spdx.json")      # recognised by its content, whoever wrote it
    problems = validate_spdx23(data, "sbom.spdx.json")

`formats/` holds one file for each format; `validate/` has the field rules of the specifications, which their schemas do
not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.errors import InputError, UsageError
from custody.sbom.formats import FORMATS
from custody.sbom.interface import Document, Format
from custody.sbom.unread import HEAD_BYTES, unread_form
from custody.sbom.validate import Problem, validate_spdx23

if TYPE_CHECKING:
    from custody.model import Inventory

__all__ = [
    "FORMATS",
    "HEAD_BYTES",
    "Document",
    "Format",
    "Problem",
    "decode",
    "encode",
    "recognise",
    "unread_form",
    "validate_spdx23",
]


def encode(document: Document, name: str) -> bytes:
    """Write the document in the format called `name`, a key of `FORMATS`; UsageError for a name that is not there."""
    if name not in FORMATS:
        raise UsageError("-o", f"unknown SBOM format {name!r}", f"expected one of {', '.join(FORMATS)}")
    return FORMATS[name].encode(document)


def recognise(data: bytes) -> Format | None:
    """Give the format that the bytes are in, None where no format knows them."""
    return next((form for form in FORMATS.values() if form.recognises(data)), None)


def decode(data: bytes, where: str) -> Inventory:
    """Read an SBOM of any known format; the content decides, not the file's name. InputError names `where`."""
    form = recognise(data)
    if form is None and (unread := unread_form(data)):
        raise InputError(where, f"{unread} is not read yet", "convert it to JSON")
    if form is None:
        raise InputError(where, "not an SBOM of a known format", f"expected one of {', '.join(FORMATS)}")
    return form.decode(data, where)
