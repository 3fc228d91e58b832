"""SBOMs that lie in an artifact → the components that they name.

Reads: SPDX 2 and CycloneDX as JSON: what Bitnami's builds leave in opt/bitnami (.spdx-*.spdx), what Wolfi and
Chainguard keep in var/lib/db/sbom, usr/local/share/sbom, and files that are called an SBOM wherever they lie.
Gives: name, version, licence, edges, checksum, supplier, download location, home page, description; what the document
is about as the root of its components.
Cannot know: whether what a document names is there; SBOMs in other forms, which are noted.

A document describes what its writer had before him. Only those that the builders of images are known to put beside what
they installed count as seen; of any other file the components count as promised, so in an image they are left out, and
that is noted. Packages of the operating system are left to its database wherever there is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from custody.inventory.embedded_sbom import EmbeddedSbom, decode_embedded
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import is_below, nameless_project
from custody.model import Package, Skipped

_TRUSTED = ("var/lib/db/sbom/", "usr/local/share/sbom/", "usr/share/sbom/")
_OTHERS = (
    "node_modules",
    "site-packages",
    "dist-packages",
    "tests",
    "test",
    "testdata",
    "fixtures",
    "examples",
    "docs",
)
_DATABASES = {
    "apk": ("lib/apk/db/installed", "usr/lib/apk/db/installed"),
    "deb": ("var/lib/dpkg/status", "var/lib/dpkg/status.d"),
    "rpm": (
        "var/lib/rpm/rpmdb.sqlite",
        "var/lib/rpm/Packages",
        "var/lib/rpm/Packages.db",
        "usr/lib/sysimage/rpm/rpmdb.sqlite",
        "usr/lib/sysimage/rpm/Packages.db",
    ),
}
_SOURCES = ("github", "gitlab", "bitbucket", "git")
"""Purl types of repositories. In the documents beside system packages they are what a package was built from."""


def parse_bitnami(file: File, tree: Tree) -> Iterator[Found]:
    """Give what Bitnami installed. Raises InputError: it is not SPDX 2 as JSON."""
    yield from _told(decode_embedded(file.data, file.path, file), file, tree, installed=True)


def parse_sbom(file: File, tree: Tree) -> Iterator[Found]:
    """Give what a document names. Raises InputError: it is in no form that is read, or damaged."""
    trusted = file.path.startswith(_TRUSTED)
    if not trusted and (is_below(file.path, *_OTHERS) or file.path.startswith("opt/bitnami/") or _is_other(file.path)):
        return
    if not trusted and not _claims_to_be_one(file.data):
        return
    sbom = decode_embedded(file.data, file.path, file)
    if not trusted and file.layer is not None:
        yield Skipped(
            where=file.path,
            reason=f"an SBOM that names {len(sbom.packages)} components, which nothing says to be in this image",
        )
        return
    yield from _told(sbom, file, tree, installed=trusted)


def _is_other(path: str) -> bool:
    """Say whether another cataloger reads the file: vcpkg's beside its ports, and the ones inside wheels."""
    return path.endswith("/vcpkg.spdx.json") or ".dist-info/sboms/" in path


def _claims_to_be_one(data: bytes) -> bool:
    """Say whether a file with a common name is meant to be an SBOM: `bom.json` may be anything."""
    return b'"bomFormat"' in data or b'"spdxVersion"' in data or b"SPDXVersion:" in data


def _told(sbom: EmbeddedSbom, file: File, tree: Tree, *, installed: bool) -> Iterator[Found]:
    known = {kind for kind, paths in _DATABASES.items() if any(tree.exists(path) for path in paths)}
    beside_system = file.path.startswith(_TRUSTED)
    packages: dict[str, Package] = {}
    for package in sbom.packages:
        if package.purl.type not in known:
            there = installed and not (beside_system and package.purl.type in _SOURCES)
            packages.setdefault(package.id, replace(package, installed=there))
    yield from packages.values()
    yield from sbom.skipped
    tops = [id_ for id_ in sbom.roots if id_ in packages]
    edges = [edge for edge in sbom.dependencies if edge.source in packages and edge.target in packages]
    if len(tops) == 1:
        yield from rooted(tops[0], packages, edges)
    elif packages and not beside_system:
        document = replace(nameless_project(file), purpose="FILE")
        yield document
        yield from rooted(document.id, packages, edges)
    else:
        yield from edges


CATALOGERS = (
    Cataloger(
        name="bitnami",
        globs=("opt/bitnami/.spdx-*.spdx", "opt/bitnami/**/.spdx-*.spdx"),
        gives=("name", "version", "licence", "project", "checksum", "supplier", "download", "home page", "cpe"),
        cannot_know=("which files belong to a component",),
        ecosystems=("Bitnami",),
        parse=parse_bitnami,
    ),
    Cataloger(
        name="sbom",
        globs=(
            "**/*.spdx.json",
            "**/*.cdx.json",
            "**/bom.json",
            "**/sbom.json",
            "**/*.spdx",
            "usr/local/share/sbom/*",
            "usr/share/sbom/*",
            "var/lib/db/sbom/*",
        ),
        gives=(
            "name",
            "version",
            "licence",
            "edges",
            "project",
            "checksum",
            "supplier",
            "download",
            "home page",
            "description",
        ),
        cannot_know=("whether what a document names is there",),
        parse=parse_sbom,
    ),
)
