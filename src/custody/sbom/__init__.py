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
from custody.sbom.kept import lost_extras
from custody.sbom.unread import HEAD_BYTES, unread_form

if TYPE_CHECKING:
    from custody.model import Inventory
    from custody.sbom.validate import Problem, validate_spdx3, validate_spdx23

__all__ = [
    "FORMATS",
    "HEAD_BYTES",
    "Document",
    "Format",
    "Problem",
    "decode",
    "encode",
    "losses",
    "recognise",
    "unread_form",
    "validate_spdx3",
    "validate_spdx23",
    "written",
]


def encode(document: Document, name: str, version: str = "") -> bytes:
    """Write the document in the format called `name`, a key of `FORMATS`; UsageError for a name that is not there.

    version: of the format's specification, one of its `writes`; "" for the newest that it writes.
    """
    form = _format(name, version)
    if form.encode is None:
        raise UsageError("-o", f"{name} is only read, never written", f"expected one of {', '.join(written())}")
    return form.encode(document, version or form.version)


def written() -> list[str]:
    """Give the names of the formats that are written, sorted."""
    return sorted(name for name, form in FORMATS.items() if form.encode is not None)


def _format(name: str, version: str) -> Format:
    if name not in FORMATS:
        raise UsageError("-o", f"unknown SBOM format {name!r}", f"expected one of {', '.join(written())}")
    form = FORMATS[name]
    if version and version not in form.writes:
        known = ", ".join(sorted(form.writes)) or "none"
        raise UsageError(
            "--format-version", f"{name} is not written in version {version!r}", f"expected one of {known}"
        )
    return form


def losses(document: Document, name: str, version: str = "") -> list[str]:
    """Tell what is known, and a document in the format called `name` does not say: sorted lines for people.

    What the document that an inventory was read from said beyond our model is kept for its own family of formats only.
    version: as for `encode`; some have fewer fields than others.
    """
    form = _format(name, version)
    unsaid = form.losses(document, version or form.version) if form.losses else ()
    return [*lost_extras(document.inventory, form.family or form.name), *unsaid]


def recognise(data: bytes) -> Format | None:
    """Give the format that the bytes are in, None where no format knows them."""
    # Each format that is asked is imported: the likely one comes first.
    likely = [name for sign, name in _SIGNS if data.find(sign, 0, HEAD_BYTES) >= 0]
    return next((FORMATS[name] for name in dict.fromkeys((*likely, *FORMATS)) if FORMATS[name].recognises(data)), None)


_SIGNS = ((b'"spdxVersion"', "spdx-json"), (b'"bomFormat"', "cyclonedx-json"))


def decode(data: bytes, where: str) -> Inventory:
    """Read an SBOM of any known format; the content decides, not the file's name. InputError names `where`."""
    form = recognise(data)
    if form is None and (unread := unread_form(data)):
        raise InputError(where, f"{unread} is not read yet", "convert it to JSON")
    if form is None:
        known = ", ".join(sorted(name for name, form in FORMATS.items() if form.decode is not None))
        raise InputError(where, "not an SBOM of a known format", f"expected one of {known}")
    if form.decode is None:
        raise InputError(where, f"{form.name} is only written, never read", "name the SBOM that it was made from")
    return form.decode(data, where)


def __getattr__(name: str) -> object:
    """Import the rules when they are first asked for: whoever only writes a document does without their tables."""
    if name in {"Problem", "validate_spdx3", "validate_spdx23"}:
        from custody.sbom import validate

        return getattr(validate, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
