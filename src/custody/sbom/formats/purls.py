r"""A plain list of package URLs, one a line: for scripts, and for whatever takes purls and nothing else.

Writes: sorted, unique, `\\n` after each.  Reads: the same; empty lines and lines that begin with "#" are passed over.
Spec: https://github.com/package-url/purl-spec.  Gives: type, namespace, name, version, qualifiers.  Cannot know:
everything else, and what the packages are part of; the artifact itself is not in the list.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from custody.errors import InputError
from custody.model import Package, Purl
from custody.sbom.interface import Document, Format
from custody.sbom.reading import Reading
from custody.sbom.unsaid import unsaid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custody.model import Inventory

MEDIA_TYPE = "text/plain"
_FIRST = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*pkg:[A-Za-z]")


def encode(document: Document, version: str) -> bytes:  # noqa: ARG001 - there is one version
    """Write the list."""
    purls = sorted({package.id for package in document.inventory.packages})
    return "".join(f"{purl}\n" for purl in purls).encode()


def losses(document: Document, version: str) -> Iterable[str]:  # noqa: ARG001
    """Give what the list does not say."""
    return unsaid(document, ("name",))


def decode(data: bytes, where: str) -> Inventory:
    """Read a list. A line that is no package URL is left out, and said so; InputError: it is no text, or has none."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(where, f"not UTF-8: byte {error.start}") from None
    reading = Reading(where=where, data=data, media_type=MEDIA_TYPE)
    for number, words in enumerate(text.split("\n"), 1):
        words = words.strip()
        if not words or words.startswith("#"):
            continue
        place = f"line {number}"
        try:
            purl = Purl.parse(words, place)
        except InputError as error:
            reading.skip(place, error.what)
            continue
        reading.add(place, Package(purl=purl, name=purl.full_name, version=purl.version), place, purl=purl)
    if not reading.packages:
        raise InputError(where, "no package URL in it", "write one a line, as in pkg:pypi/jinja2@3.1.4")
    return reading.inventory([], "")


def recognises(data: bytes) -> bool:
    """Say whether the first line that says anything begins like a package URL."""
    return _FIRST.match(data[: 1 << 16]) is not None


FORMAT = Format(
    name="purls",
    media_type=MEDIA_TYPE,
    extension=".purls.txt",
    versions=("1",),
    writes=("1",),
    encode=encode,
    decode=decode,
    recognises=recognises,
    losses=losses,
)
