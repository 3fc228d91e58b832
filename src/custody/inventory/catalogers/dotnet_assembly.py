"""Assemblies of .NET (*.dll, *.exe) → generic packages, where nothing better tells what they are.

Reads: the version resource of managed PE files, by the extractor of programs (VS_VERSIONINFO; ECMA-335 II.25 tells an
assembly by its CLI header).
Gives: name (of the assembly), version, supplier, copyright, description.
Cannot know: which NuGet package an assembly came in: most are named alike, and some are not. Licences, what it needs.

An assembly that a *.deps.json beside it lists is known from there, by its package, and is not given again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import parent
from custody.inventory.metadata import one_paragraph
from custody.inventory.program import PROGRAM, read_program
from custody.model import Package, Purl

_VERSION = re.compile(r"v?(\d+(?:[.,]\s?\d+)*(?:-[0-9A-Za-z.-]+)?)")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the assembly, unless it is known from elsewhere."""
    program = read_program(file)
    texts = program.version_info
    if not program.managed or not texts:
        return
    base = file.path.rpartition("/")[2]
    if base.lower() in _listed(parent(file.path), tree):
        return
    name = re.sub(r"\.(?:dll|exe)$", "", texts.get("OriginalFilename") or base, flags=re.IGNORECASE).strip()
    # The product's version is what its maker calls it (AssemblyInformationalVersion), with the commit behind a "+".
    version = _version(texts.get("ProductVersion", "")) or _version(texts.get("FileVersion", ""))
    company = one_paragraph(texts.get("CompanyName", ""))
    if name and version:
        yield Package(
            purl=Purl("generic", name, version),
            name=name,
            version=version,
            locations=(file.location(),),
            supplier=f"Organization: {company}" if company else "",
            copyright=one_paragraph(texts.get("LegalCopyright", "")),
            description=one_paragraph(texts.get("Comments") or texts.get("FileDescription", "")),
        )


def _version(text: str) -> str:
    """Give the version at the start of a text, "" where there is none or all of it is zero."""
    match = _VERSION.match(text.strip())
    version = re.sub(r"[,.]\s?", ".", match[1]) if match else ""
    return version if re.search(r"[1-9]", version) else ""


_seen: WeakKeyDictionary[Tree, dict[str, frozenset[str]]] = WeakKeyDictionary()


def _listed(folder: str, tree: Tree) -> frozenset[str]:
    """Give the file names, in lower case, that the *.deps.json of a folder list; each folder is read once."""
    known = _seen.setdefault(tree, {})
    if folder not in known:
        found: set[str] = set()
        for file in tree.matching((f"{folder}/*.deps.json" if folder else "*.deps.json",)):
            try:
                document = Fields.from_json(file.data, file.path)
                targets = document.table("targets")
                rows = [row for name in targets.value for _, row in targets.tables(name)]
                for row in rows:
                    for key in ("runtime", "resources", "native", "runtimeTargets"):
                        found |= {str(path).rpartition("/")[2].lower() for path in row.table(key).value}
            except InputError:
                continue  # told where it is read itself
        known[folder] = frozenset(found)
    return known[folder]


CATALOGER = Cataloger(
    name="dotnet-assembly",
    extractor=PROGRAM,
    beside=("**/*.deps.json",),
    gives=("name", "version", "supplier", "copyright", "description"),
    cannot_know=("which NuGet package an assembly came in", "licence", "edges"),
    parse=parse,
)
