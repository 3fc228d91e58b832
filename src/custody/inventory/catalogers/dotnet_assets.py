"""project.assets.json → NuGet packages.

Reads: `obj/project.assets.json` version 2 and 3, which `dotnet restore` writes
(https://learn.microsoft.com/nuget/concepts/package-installation-process; the file's shape as NuGet writes it).
Gives: name, version, edges, checksum (SHA-512), the project with its version, what it needs, and what only its build
(PrivateAssets="all") as dev.
Cannot know: licences, download locations.

Where packages.lock.json stands beside the project it says the same and is read instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import join_path, nameless_project, parent, read_named, skipped_by
from custody.inventory.nuget_packages import content_hash, named_edges, nuget, read_id
from custody.model import Dependency, Package, Skipped


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the restored packages, the project they are restored for, and who needs whom."""
    if tree.exists(join_path(parent(file.path), "../packages.lock.json") or ""):
        return
    document = Fields.from_json(file.data, file.path)
    libraries, skipped = read_named(document, "libraries", lambda key, row: (key, _read_library(key, row, file)))
    yield from skipped
    packages = dict(libraries)
    project = _project(document, file)
    yield project
    yield from packages.values()
    edges: set[Dependency] = set()
    targets = document.table("targets")
    for target in targets.value:
        found, refused = _read_target(targets, target, packages)
        yield from refused
        edges |= found
    direct = _direct(document)
    ids: dict[str, list[str]] = {}
    for package in packages.values():
        ids.setdefault(package.name.lower(), []).append(package.id)
    for name, relation in sorted(direct.items()):
        edges |= set(named_edges(project.id, (name,), ids, relation))
    yield from rooted(project.id, (package.id for package in packages.values()), edges)


def _read_library(key: str, row: Fields, file: File) -> Package:
    name, _, version = key.partition("/")
    return Package(
        purl=nuget(read_id(name, row.at), version),
        name=name,
        version=version,
        locations=(file.location(row.path),),
        checksums=content_hash(row.text_or("sha512")),
        purpose="APPLICATION" if row.text("type") == "project" else "LIBRARY",
        installed=False,
    )


def _project(document: Fields, file: File) -> Package:
    nameless = nameless_project(file)
    project = document.table("project")
    name = project.table("restore").text_or("projectName")
    if not name:
        return nameless
    version = project.text_or("version")
    purl = nuget(read_id(name, project.spot("restore.projectName")), version)
    return replace(nameless, purl=purl, name=name, version=version)


def _read_target(targets: Fields, target: str, packages: dict[str, Package]) -> tuple[set[Dependency], list[Skipped]]:
    """Give the edges within one framework: a need is a name and a range, and one version of it is in the target."""
    try:
        rows, skipped = read_named(targets, target, lambda key, row: (key, list(row.table("dependencies").value)))
    except InputError as error:
        return set(), [skipped_by(error)]
    ids = {key.partition("/")[0].lower(): [packages[key].id] for key, _ in rows if key in packages}
    edges: set[Dependency] = set()
    for key, names in rows:
        if key in packages:
            edges |= set(named_edges(packages[key].id, (str(name) for name in names), ids))
    return edges, skipped


def _direct(document: Fields) -> dict[str, str]:
    """Give name in lower case → relation, for what the project asks for itself in any framework."""
    direct: dict[str, str] = {}
    groups = document.table("projectFileDependencyGroups")
    for name in groups.value:
        for text in groups.texts(name):  # "Newtonsoft.Json >= 13.0.3"
            direct[text.partition(" ")[0].lower()] = "depends_on"
    frameworks = document.table("project").table("frameworks")
    for _, framework in _tables(frameworks):
        for name, row in _tables(framework.table("dependencies")):
            private = row.text_or("suppressParent").lower() == "all"
            if private or name.lower() not in direct:
                direct[name.lower()] = "dev" if private else "depends_on"
    return direct


def _tables(table: Fields) -> Iterator[tuple[str, Fields]]:
    for name in table.value:
        yield str(name), table.table(name)


CATALOGER = Cataloger(
    name="dotnet-assets",
    globs=("**/project.assets.json",),
    beside=("**/packages.lock.json",),
    gives=("name", "version", "edges", "relations", "project", "checksum"),
    cannot_know=("licence", "download"),
    ecosystems=("NuGet",),
    parse=parse,
)
