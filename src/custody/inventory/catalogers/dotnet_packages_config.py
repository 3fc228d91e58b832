"""packages.config → NuGet packages.

Reads: packages.config of projects from before PackageReference
(https://learn.microsoft.com/nuget/reference/packages-config).
Gives: name, version, the project (named for the only project file beside it), what it needs for development only.
Cannot know: licences, checksums, which package needs which: the file lists them all alike.
"""

from __future__ import annotations

from collections.abc import Iterator

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import skipped_by
from custody.inventory.nuget_packages import PROJECT_FILES, nuget, project_beside, read_id
from custody.inventory.xml_reader import Element, read_xml
from custody.model import Dependency, Package


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the packages of a project."""
    document = read_xml(file.data, file.path, "packages")
    project = project_beside(file, tree)
    yield project
    edges = []
    for row in document.children:
        try:
            package = _read(row, file)
        except InputError as error:
            yield skipped_by(error)
            continue
        yield package
        relation = "dev" if row.attributes.get("developmentDependency", "").lower() == "true" else "contains"
        edges.append(Dependency(source=project.id, target=package.id, relation=relation))
    yield from rooted(project.id, (edge.target for edge in edges), edges)


def _read(row: Element, file: File) -> Package:
    where = file.at(f"line {row.line}")
    name, version = read_id(row.attributes.get("id", ""), where), row.attributes.get("version", "")
    if not version:
        raise InputError(where, f"no version for the package {name!r}")
    return Package(
        purl=nuget(name, version),
        name=name,
        version=version,
        locations=(file.location(f"line {row.line}"),),
        installed=False,
    )


CATALOGER = Cataloger(
    name="dotnet-packages-config",
    globs=("**/packages.config", "**/packages.*.config"),
    beside=PROJECT_FILES,
    gives=("name", "version", "edges", "relations", "project"),
    cannot_know=("licence", "checksum", "edges between packages"),
    ecosystems=("NuGet",),
    parse=parse,
)
