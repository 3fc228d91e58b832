"""*.nuspec and *.nupkg → NuGet packages.

Reads: the manifest of a package (https://learn.microsoft.com/nuget/reference/nuspec), by itself as NuGet's folder of
packages keeps it (`<id>/<version>/<id>.nuspec`, with the hash in `.nupkg.metadata`), and inside a package file (zip).
Gives: name, version, licence where it is named, author, home page, description, copyright, checksum (SHA-512) where
NuGet noted it, edges to the packages of the same folder.
Cannot know: a licence that is only a file or an address, download locations.

A manifest with `$version$` in it is one to pack from, not one of a package.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import join_path, parent
from custody.inventory.metadata import declared_licence, one_paragraph, person
from custody.inventory.nuget_packages import content_hash, elements, exact_version, nuget, read_id
from custody.inventory.xml_reader import Element, read_xml
from custody.inventory.zip_reader import Limits, read_members
from custody.model import Checksum, Content, Dependency, Extractor, Package

MAX_MANIFEST = 1 << 20
"""Bytes of a manifest. NuGet's own gallery refuses more."""


def extract(path: str, content: Content) -> bytes:
    """Give the manifest of a package file, b"" for a zip without one. Raises InputError: it cannot be opened."""
    limits = Limits(member_bytes=MAX_MANIFEST)
    # It stands at the top, named for the package.
    found = read_members(content, lambda name: "/" not in name and name.endswith(".nuspec"), where=path, limits=limits)
    for name, reason in found.problems:
        raise InputError(f"{path}:{name}", reason)
    return next(iter(found.data.values()), b"")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the one package that the manifest describes, and its edges."""
    metadata = read_xml(file.data, file.path, "package").at("metadata")
    name, version = read_id(metadata.text_at("id"), file.at("id")), metadata.text_at("version")
    if "$" in version or not version:
        raise InputError(file.at("version"), f"expected a version, got {version[:60]!r}", "this is one to pack from")
    licence, texts = _licence(metadata)
    package = Package(
        purl=nuget(name, version),
        name=name,
        version=version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        checksums=_checksums(file, tree),
        originator=person(metadata.text_at("authors")),
        homepage=metadata.text_at("projectUrl"),
        description=one_paragraph(metadata.text_at("summary") or metadata.text_at("description")),
        copyright=one_paragraph(metadata.text_at("copyright")),
    )
    yield package
    rows = [element.attributes for element in elements(metadata.at("dependencies"), "dependency")]
    for needed, wanted in sorted({(row.get("id", ""), row.get("version", "")) for row in rows}):
        target = _installed(needed, wanted, file, tree)
        if target:
            yield Dependency(source=package.id, target=target)


def _licence(metadata: Element) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Give the expression; a file or an address says nothing by its name."""
    licence = metadata.at("license")
    return declared_licence(licence.text) if licence.attributes.get("type") == "expression" else (None, ())


def _checksums(file: File, tree: Tree) -> tuple[Checksum, ...]:
    noted = tree.get(join_path(parent(file.path), ".nupkg.metadata") or "")
    with suppress(InputError):
        return content_hash(Fields.from_json(noted.data, noted.path).text_or("contentHash")) if noted else ()
    return ()


def _installed(needed: str, wanted: str, file: File, tree: Tree) -> str | None:
    """Give the id of the package in NuGet's folder that a dependency means: the lowest it allows, or the only one."""
    top = parent(parent(parent(file.path)))
    folder = join_path(top, needed.lower()) if needed else None
    if folder is None or not file.path.endswith(".nuspec"):
        return None
    manifests = [path for path in tree.names_under(folder) if path.endswith(f"/{needed.lower()}.nuspec")]
    lowest = exact_version(wanted.strip("[( ").partition(",")[0])
    exact = [path for path in manifests if path.split("/")[-2] == lowest.lower()]
    for path in exact or (manifests if len(manifests) == 1 else []):
        other = tree.get(path)
        with suppress(InputError):
            if other:
                metadata = read_xml(other.data, path).at("metadata")
                return str(nuget(metadata.text_at("id"), metadata.text_at("version")))
    return None


CATALOGER = Cataloger(
    name="dotnet-nuspec",
    globs=("**/*.nuspec",),
    beside=("**/.nupkg.metadata",),
    extractor=Extractor(name="nupkg", extract=extract, globs=("**/*.nupkg",)),
    gives=("name", "version", "licence", "author", "home page", "description", "copyright", "checksum", "edges"),
    cannot_know=("licence that is only a file or an address", "download"),
    ecosystems=("NuGet",),
    parse=parse,
)
