"""packages.lock.json → NuGet packages.

Reads: packages.lock.json version 1 and 2
(https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies); the
project file beside it for the project's name.
Gives: name, version, edges, checksum (SHA-512), the project with what it asks for and the projects that it refers to.
Cannot know: licences, download locations.

Each target framework is locked by itself; the packages of all of them are given once, with the edges of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import read_named, skipped_by
from custody.inventory.nuget_packages import PROJECT_FILES, content_hash, named_edges, nuget, project_beside, read_id
from custody.model import Dependency, Package, Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One row of a target framework. kind: "Direct", "Transitive", "CentralTransitive", "Project"."""

    package: Package
    kind: str
    needs: tuple[str, ...]


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, the project they are locked for, and who needs whom."""
    lock = Fields.from_json(file.data, file.path)
    if lock.integer("version") not in (1, 2):
        raise lock.fault("version", f"expected 1 or 2, got {lock.integer('version')}")
    project = project_beside(file, tree)
    packages: dict[str, Package] = {}
    edges: set[Dependency] = set()
    frameworks = lock.table("dependencies")
    read: dict[str, list[_Entry]] = {}
    for framework in frameworks.value:
        read[framework], skipped = _read_framework(frameworks, framework, file)
        yield from skipped
    for framework, entries in read.items():
        packages |= {entry.package.id: entry.package for entry in entries if entry.package.id not in packages}
        # `net8.0/linux-x64` holds only what that runtime adds to net8.0.
        runtime = framework.partition("/")[1]
        edges |= set(_edges(entries, read.get(framework.partition("/")[0], []) if runtime else [], project))
    yield project
    yield from packages.values()
    yield from rooted(project.id, packages, edges)


def _read_framework(frameworks: Fields, name: str, file: File) -> tuple[list[_Entry], list[Skipped]]:
    try:
        return read_named(frameworks, name, lambda id_, row: _read_entry(id_, row, file))
    except InputError as error:
        return [], [skipped_by(error)]


def _read_entry(name: str, row: Fields, file: File) -> _Entry:
    read_id(name, row.at)
    kind = row.text("type")
    is_project = kind == "Project"
    package = Package(
        purl=nuget(name, row.text_or("resolved") if is_project else row.text("resolved")),
        name=name,
        version=row.text_or("resolved"),
        locations=(file.location(row.path),),
        checksums=content_hash(row.text_or("contentHash")),
        purpose="APPLICATION" if is_project else "LIBRARY",
        installed=False,
    )
    return _Entry(package=package, kind=kind, needs=tuple(str(key) for key in row.table("dependencies").value))


def _edges(entries: list[_Entry], base: list[_Entry], project: Package) -> Iterator[Dependency]:
    ids = {entry.package.name.lower(): [entry.package.id] for entry in (*base, *entries)}
    for entry in entries:
        yield from named_edges(entry.package.id, entry.needs, ids)
        if entry.kind == "Direct":
            yield Dependency(source=project.id, target=entry.package.id)
    needed = {need.lower() for entry in entries for need in entry.needs}
    for entry in entries:  # a project that no other refers to is one that this project refers to
        if entry.kind == "Project" and entry.package.name.lower() not in needed:
            yield Dependency(source=project.id, target=entry.package.id)


CATALOGER = Cataloger(
    name="dotnet-packages-lock",
    globs=("**/packages.lock.json",),
    beside=PROJECT_FILES,
    gives=("name", "version", "edges", "project", "checksum"),
    cannot_know=("licence", "download"),
    ecosystems=("NuGet",),
    parse=parse,
)
