"""*.csproj, *.fsproj and *.vbproj → the NuGet packages that a project asks for.

Reads: PackageReference, DotNetCliToolReference and ProjectReference of SDK-style projects, with the properties and
central versions of Directory.Packages.props and Directory.Build.props above them
(https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files, …/central-package-management).
Gives: name, version where one is named, the project, the projects that it refers to, what only its build needs as dev.
Cannot know: licences, checksums, what the packages need in turn: `dotnet restore` with a lock file says that.

NuGet takes the lowest version that a reference allows: `Version="1.2.0"` gives 1.2.0 wherever that exists. A range or
`1.*` stays open. Conditions are set aside: what any target framework asks for is asked for. Where packages.lock.json or
obj/project.assets.json says what was resolved, this file is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, join_path, nameless_project, parent, skipped_by
from custody.inventory.nuget_packages import PROJECT_FILES, elements, exact_version, nuget, read_id, stated
from custody.inventory.xml_reader import Element, read_xml
from custody.model import Dependency, Package, Skipped

PROPS = ("Directory.Build.props", "Directory.Packages.props")

_VARIABLE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
MAX_ROUNDS = 5
"""Properties made of properties made of properties: what is not known by then never is."""


@dataclass(slots=True, kw_only=True)
class _Settings:
    """What the files above a project say. properties, versions: by name in lower case."""

    properties: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    everywhere: list[tuple[File, Element]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def take(self, file: File) -> Element:
        """Add what one file says, and give it; of two files the later counts. Raises InputError: it is no XML."""
        document = read_xml(file.data, file.path)
        for group in elements(document, "PropertyGroup"):
            self.properties.update((item.tag.lower(), item.text) for item in group.children)
        for item in elements(document, "PackageVersion"):
            self.versions[(stated(item, "Include") or stated(item, "Update")).lower()] = stated(item, "Version")
        self.everywhere += ((file, item) for item in elements(document, "GlobalPackageReference"))
        return document

    def expand(self, text: str) -> str:
        """Put in the values of `$(properties)`; "" for a text with one that is not known."""
        for _ in range(MAX_ROUNDS):
            if "$(" not in text or len(text) > 1000:
                break
            text = _VARIABLE.sub(lambda match: self.properties.get(match[1].lower(), match[0]), text)
        return "" if "$(" in text else text.strip()


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the project and what it asks for."""
    folder = parent(file.path)
    if any(tree.exists(join_path(folder, name) or "") for name in ("packages.lock.json", "obj/project.assets.json")):
        return
    if is_below(file.path, "node_modules"):
        return
    settings = _settings(folder, tree)
    document = settings.take(file)
    yield from settings.skipped
    project = _project(file, settings)
    yield project
    references = [(file, element) for element in elements(document, "PackageReference", "DotNetCliToolReference")]
    for origin, element in (*references, *settings.everywhere):
        try:
            package = _package(origin, element, settings)
        except InputError as error:
            yield skipped_by(error)
            continue
        if package:
            yield package
            private = stated(element, "PrivateAssets").lower() == "all" or element.tag != "PackageReference"
            yield Dependency(source=project.id, target=package.id, relation="dev" if private else "depends_on")
    yield from sorted({Dependency(source=project.id, target=target) for target in _projects(document, file, tree)})


def _settings(folder: str, tree: Tree) -> _Settings:
    """Read the nearest file of each kind, as MSBuild does."""
    settings = _Settings()
    for name in PROPS:
        above = folder
        while True:
            found = tree.get(f"{above}/{name}" if above else name)
            if found or not above:
                break
            above = parent(above)
        try:
            if found:
                settings.take(found)
        except InputError as error:
            settings.skipped.append(skipped_by(error))
    return settings


def _project(file: File, settings: _Settings) -> Package:
    """Give the project: by the id that it would be packed under, else by its file's name."""
    name = file.path.rpartition("/")[2].rpartition(".")[0]
    for key in ("packageid", "assemblyname"):
        chosen = settings.expand(settings.properties.get(key, "").replace("$(MSBuildProjectName)", name))
        if chosen:
            name = chosen
            break
    version = settings.expand(settings.properties.get("version") or settings.properties.get("versionprefix", ""))
    return replace(nameless_project(file), purl=nuget(read_id(name, file.path), version), name=name, version=version)


def _package(file: File, element: Element, settings: _Settings) -> Package | None:
    """Read one reference. None for `Update` and `Remove`, which change what others ask for."""
    written = stated(element, "Include")
    if not written:
        return None
    name = read_id(settings.expand(written), file.at(f"line {element.line}"))
    central = settings.versions.get(name.lower(), "")
    asked = stated(element, "VersionOverride") or stated(element, "Version") or central
    wanted = settings.expand(asked)
    version = exact_version(wanted)
    detail = f": {asked}" if asked and not version else ""
    return Package(
        purl=nuget(name, version),
        name=name,
        version=version,
        locations=(file.location(f"line {element.line}{detail}"),),
        installed=False,
    )


def _projects(document: Element, file: File, tree: Tree) -> Iterator[str]:
    """Give the ids of the projects that this one refers to."""
    for element in elements(document, "ProjectReference"):
        path = join_path(parent(file.path), stated(element, "Include").replace("\\", "/"))
        other = tree.get(path) if path else None
        if other:
            try:
                settings = _settings(parent(other.path), tree)
                settings.take(other)
                yield _project(other, settings).id
            except InputError:
                continue  # what is wrong with it is told where it is read itself


CATALOGER = Cataloger(
    name="dotnet-project",
    globs=PROJECT_FILES,
    beside=(*(f"**/{name}" for name in PROPS), "**/packages.lock.json", "**/project.assets.json"),
    gives=("name", "version", "edges", "relations", "project"),
    cannot_know=("licence", "checksum", "edges between dependencies"),
    ecosystems=("NuGet",),
    parse=parse,
)
