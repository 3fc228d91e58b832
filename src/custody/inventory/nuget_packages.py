"""What the catalogers of .NET share: purls, hashes, edges between names that differ only in case.

    nuget("Newtonsoft.Json", "13.0.3")              # pkg:nuget/Newtonsoft.Json@13.0.3
    content_hash("base64…")                         # (Checksum("sha512", "…hex…"),)

Specs: https://learn.microsoft.com/nuget/reference/nuspec (ids), NuGet package versioning; purl-spec type `nuget`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from custody.errors import InputError
from custody.inventory.interface import File, Tree
from custody.inventory.lock_graph import base64_checksum
from custody.inventory.lockfile import nameless_project, parent
from custody.inventory.xml_reader import Element
from custody.model import Checksum, Dependency, Package, Purl

__all__ = [
    "PROJECT_FILES",
    "Ids",
    "content_hash",
    "elements",
    "exact_version",
    "named_edges",
    "nuget",
    "project_beside",
    "read_id",
    "stated",
]

_ID = re.compile(r"\w+(?:[._-]\w+)*", re.ASCII)
_EXACT = re.compile(r"\[?\s*([0-9][0-9A-Za-z.+-]*)\s*\]?")

PROJECT_FILES = ("**/*.csproj", "**/*.fsproj", "**/*.vbproj")

Ids = Mapping[str, Iterable[str]]
"""Name in lower case → package ids."""


def nuget(name: str, version: str = "") -> Purl:
    """Give the purl of a package; NuGet keeps the case of names and does not tell them apart by it."""
    return Purl("nuget", name, version)


def read_id(text: str, where: str) -> str:
    """Give a package's id; InputError names `where`."""
    if not _ID.fullmatch(text) or len(text) > 128:
        raise InputError(where, f"expected the id of a package, got {text[:60]!r}")
    return text


def exact_version(text: str) -> str:
    """Give the version that a range names: `1.2.0` (at least), `[1.2.0]` (exactly). "" for other ranges and `1.*`."""
    match = _EXACT.fullmatch(text.strip())
    return match[1] if match else ""


def content_hash(text: str) -> tuple[Checksum, ...]:
    """Read a `contentHash` or `sha512`: SHA-512 of the package in base64, with or without the name before it."""
    checksum = base64_checksum("sha512", text.removeprefix("sha512-"))
    return (checksum,) if checksum else ()


def named_edges(source: str, names: Iterable[str], ids: Ids, relation: str = "depends_on") -> Iterator[Dependency]:
    """Give the edges from one package to those that go by these names."""
    for name in names:
        for target in ids.get(name.lower(), ()):
            yield Dependency(source=source, target=target, relation=relation)


def project_beside(file: File, tree: Tree) -> Package:
    """Give the project of a lock file: named for the only project file in its folder."""
    folder = parent(file.path)
    prefix = f"{folder}/" if folder else ""
    beside = [other.path for other in tree.matching([glob.replace("**/", prefix) for glob in PROJECT_FILES])]
    if len(beside) != 1:
        return nameless_project(file)
    name = beside[0].rpartition("/")[2].rpartition(".")[0]
    return replace(nameless_project(file), purl=nuget(name), name=name)


def elements(top: Element, *tags: str) -> Iterator[Element]:
    """Give all elements below `top` that have one of these names, in the document's order."""
    stack = list(reversed(top.children))
    while stack:
        element = stack.pop()
        if element.tag in tags:
            yield element
        stack += reversed(element.children)


def stated(element: Element, name: str) -> str:
    """Give an item's metadata: an attribute, or the text of a child (MSBuild takes both); "" for none."""
    return element.attributes.get(name, "").strip() or element.text_at(name)
