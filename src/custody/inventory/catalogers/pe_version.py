"""Programs and libraries of Windows → products, by the version that they state of themselves.

Reads: the version resource (VS_VERSIONINFO) of PE files that are no .NET assemblies, through the extractor `program`.
Gives: name (ProductName), version (ProductVersion, else FileVersion), supplier (CompanyName), copyright, description.
Cannot know: edges, licence; whether the product is one that others know by this name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.metadata import one_paragraph
from custody.inventory.program import PROGRAM, read_program
from custody.model import Package, Purl

__all__ = ["CATALOGER", "parse"]

_VERSION = re.compile(r"v?(\d+(?:\s{0,2}[.,]\s{0,2}\d+){0,5}(?:[-+.][0-9A-Za-z.-]+)?)")


def parse(file: File, _: Tree) -> Iterator[Found]:
    """Give the product that one file says to be of; nothing where it names none, or no version."""
    program = read_program(file)
    texts = program.version_info
    if program.managed or not texts:
        return
    name = one_paragraph(texts.get("ProductName", ""))
    key, version = next(
        ((key, found) for key in ("ProductVersion", "FileVersion") if (found := _version(texts.get(key, "")))), ("", "")
    )
    if not name or not version:
        return
    company = one_paragraph(texts.get("CompanyName", ""))
    yield Package(
        purl=Purl("generic", name, version),
        name=name,
        version=version,
        locations=(file.location(f"ProductName, {key}"),),
        supplier=f"Organization: {company}" if company else "",
        copyright=one_paragraph(texts.get("LegalCopyright", "")),
        description=one_paragraph(texts.get("FileDescription", "")),
        purpose="APPLICATION" if file.path.lower().endswith(".exe") else "LIBRARY",
    )


def _version(text: str) -> str:
    """Give a version without the spaces and commas ("8, 0, 0, 1") and the remarks behind it that resources have."""
    match = _VERSION.match(text.strip())
    return re.sub(r"\s*[.,]\s*", ".", match[1]) if match else ""


CATALOGER = Cataloger(
    name="pe-version",
    extractor=PROGRAM,
    parse=parse,
    gives=("name", "version", "supplier", "copyright", "description"),
    cannot_know=("edges", "licence", "whether others know the product by this name"),
)
