"""Manifest.toml → Julia packages.

Reads: Manifest.toml of format 1 and 2 (https://pkgdocs.julialang.org/v1/toml-files/), also JuliaManifest.toml and those
for one version of Julia, and the Project.toml beside it for the project and what it asks for itself.
Gives: name with its UUID, version, edges (weak ones as optional), the project with what it needs and what its tests
need as dev, the hash of the package's tree in git (`git-tree-sha1`, as SHA-1), commits of what comes from repositories.
Cannot know: licences, versions of the standard library's packages in manifests of Julia before 1.9.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, rooted
from custody.inventory.lockfile import join_path, nameless_project, parent, read_each, skipped_by
from custody.model import Checksum, Dependency, Package, Purl

_NAME = re.compile(r"[^\W\d]\w*")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEADS = ("manifest_format", "julia_version", "project_hash", "registries")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One package. needs: (name or UUID, relation)."""

    package: Package
    uuid: str
    needs: tuple[tuple[str, str], ...]


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the packages, the project that they are resolved for, and who needs whom."""
    document = Fields.from_toml(file.data, file.path)
    table = document.table("deps") if "manifest_format" in document else document
    if "manifest_format" not in document and not _is_manifest(document):
        return  # other tools have files of this name too
    entries: list[_Entry] = []
    for name in table.value:
        if table is document and name in _HEADS:
            continue
        try:
            found, skipped = read_each(table, name, lambda row, name=name: _read(name, row, file))  # type: ignore[misc]
        except InputError as error:
            yield skipped_by(error)
            continue
        yield from skipped
        entries += found
    folder = parent(file.path)
    manifests = [tree.get(join_path(folder, name) or "") for name in ("JuliaProject.toml", "Project.toml")]
    manifest = next((found for found in manifests if found), None)
    project = nameless_project(file)
    direct: list[tuple[str, str]] = []
    try:
        if manifest:
            project, direct = _project(Fields.from_toml(manifest.data, manifest.path), project)
    except InputError as error:
        yield skipped_by(error)
    yield project
    yield from (entry.package for entry in entries)
    ids = _ids(entries)
    edges = [
        Dependency(source=source, target=target, relation=relation)
        for source, asked in [(project.id, direct), *((entry.package.id, entry.needs) for entry in entries)]
        for name, relation in asked
        for target in ids.get(name, ())
    ]
    yield from rooted(project.id, (entry.package.id for entry in entries), edges)


def _is_manifest(document: Fields) -> bool:
    """Say whether the tables are those of format 1: each a list whose entries have a UUID."""
    rows = [value for key, value in document.value.items() if key not in _HEADS]
    return any(isinstance(row, list) and row and isinstance(row[0], dict) and "uuid" in row[0] for row in rows)


def _read(name: str, row: Fields, file: File) -> _Entry:
    uuid = _uuid(row, "uuid")
    version = row.text_or("version")
    tree_hash = Checksum.parse("sha1", row.text_or("git-tree-sha1"))
    package = Package(
        purl=_julia(name, version, uuid, row.at),
        name=name,
        version=version,
        locations=(file.location(row.path),),
        checksums=(tree_hash,) if tree_hash else (),
        download_location=_commit(row),
        purpose="APPLICATION" if "path" in row else "LIBRARY",
        installed=False,
    )
    needs = [(need, "depends_on") for need in _needs(row, "deps")]
    needs += [(need, "optional") for need in _needs(row, "weakdeps")]
    return _Entry(package=package, uuid=uuid, needs=tuple(needs))


def _commit(row: Fields) -> str:
    address = row.text_or("repo-url")
    return git_location(address, row.text_or("repo-rev")) if "://" in address or "@" in address else ""


def _julia(name: str, version: str, uuid: str, where: str) -> Purl:
    if not _NAME.fullmatch(name):
        raise InputError(where, f"expected the name of a package, got {name[:60]!r}")
    return Purl("julia", name, version, qualifiers=(("uuid", uuid),))


def _uuid(table: Fields, key: str) -> str:
    text = table.text(key)
    if not _UUID.fullmatch(text):
        raise table.fault(key, f"expected a UUID, got {text[:60]!r}")
    return text.lower()


def _needs(row: Fields, key: str) -> list[str]:
    """Give names, or UUIDs where several packages go by one name."""
    value = row.value.get(key)
    if isinstance(value, dict):
        return [item.lower() for item in value.values() if isinstance(item, str)]
    return row.texts(key)


def _ids(entries: list[_Entry]) -> Mapping[str, list[str]]:
    """Give name and UUID → package ids."""
    ids: dict[str, list[str]] = {}
    for entry in entries:
        for key in (entry.package.name, entry.uuid):
            ids.setdefault(key, []).append(entry.package.id)
    return ids


def _project(table: Fields, nameless: Package) -> tuple[Package, list[tuple[str, str]]]:
    """Give the project, and what it asks for by UUID."""
    needs = [(need, "depends_on") for need in _needs(table, "deps")]
    needs += [(need, "optional") for need in _needs(table, "weakdeps")]
    extras, targets = table.table("extras"), table.table("targets")
    tested = {name for target in targets.value for name in targets.texts(target)}
    needs += [(extras.text(name).lower(), "dev") for name in extras.value if name in tested]
    if "name" not in table or "uuid" not in table:
        return nameless, needs
    name, version = table.text("name"), table.text_or("version")
    purl = _julia(name, version, _uuid(table, "uuid"), table.spot("name"))
    return replace(nameless, purl=purl, name=name, version=version), needs


CATALOGER = Cataloger(
    name="julia-manifest",
    globs=("**/Manifest.toml", "**/JuliaManifest.toml", "**/Manifest-v*.toml", "**/JuliaManifest-v*.toml"),
    beside=("**/Project.toml", "**/JuliaProject.toml"),
    gives=("name", "version", "edges", "relations", "project", "checksum", "download"),
    cannot_know=("licence", "version of the standard library before Julia 1.9"),
    ecosystems=("Julia",),
    parse=parse,
)
