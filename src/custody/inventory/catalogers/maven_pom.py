"""pom.xml → Maven packages.

Reads: project files of source trees, with their parents, properties, dependency management and imported BOMs as far as
they lie in the tree (also as .pom in a local repository), and `.mvn/maven.config`, https://maven.apache.org/pom.html
Gives: name, version where it can be told offline, edges by scope (test → dev, provided and optional → optional,
plug-ins and extensions → build), the projects with their modules as the roots, licence, supplier, home page and
description of the projects.
Cannot know: versions that a parent or BOM elsewhere, a range or a profile decides (the location says which), what the
dependencies need themselves, their licences.

What Maven adds by itself (its default plug-ins, what profiles other than the default ones bring) is not listed. A
project file inside an archive or an unpacked one tells of what was built: see `java_archive.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, join_path, parent, skipped_by, without_credentials
from custody.inventory.maven_licence import licence_of
from custody.inventory.maven_pom import POM_FILES, Pom, PomDependency, Projects, is_exact, is_name, maven, read_pom
from custody.inventory.metadata import one_paragraph
from custody.model import Dependency, Package, Skipped

_OTHERS = ("node_modules", "site-packages", "dist-packages", "archetype-resources", "testdata")
_RELATIONS = {"": "depends_on", "compile": "depends_on", "runtime": "depends_on", "system": "depends_on"}
_RELATIONS |= {"test": "dev", "provided": "optional"}


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the project, what it asks for, and the modules that it is made of."""
    if is_below(file.path, *_OTHERS) or "/META-INF/maven/" in f"/{file.path}":
        return
    workspace = _workspace(tree)
    pom = workspace.at(file.path, file)
    project = _package(pom, file)
    yield project
    for name in pom.modules:
        module = workspace.module(pom, name)
        if module is None:
            yield Skipped(where=file.at("modules"), reason=f"no project file of the module {name[:200]!r} is here")
        elif module.path != pom.path:
            yield Dependency(source=project.id, target=_id(module), relation="contains")
    rows = [(row, _RELATIONS.get(row.scope, "depends_on")) for row in pom.dependencies]
    rows = [(row, "optional" if row.optional and relation == "depends_on" else relation) for row, relation in rows]
    for row, relation in [*rows, *((row, "build") for row in pom.plugins)]:
        try:
            package = _dependency(row, pom, workspace, file)
        except InputError as error:
            yield skipped_by(error)
            continue
        if isinstance(package, Package):
            yield package
        target = package.id if isinstance(package, Package) else package
        if target != project.id:
            yield Dependency(source=project.id, target=target, relation=relation)


class _Workspace:
    """The projects of a tree, and which of them build what others ask for."""

    def __init__(self, tree: Tree) -> None:
        self.projects = Projects(tree)
        self._ids: dict[tuple[str, str, str], set[str]] = {}
        for found in tree.matching(("**/pom.xml",)):
            pom = self.projects.at(found.path)
            if pom is not None and not is_below(found.path, *_OTHERS):
                try:
                    full = self.projects.complete(pom)
                except InputError:
                    continue
                self._ids.setdefault((full.group, full.artifact, full.version), set()).add(_id(full))

    def at(self, path: str, file: File) -> Pom:
        """Give the whole of a project. Raises InputError: the file cannot be read."""
        known = self.projects.at(path)
        pom = known if known is not None and known.path == path else read_pom(file.data, path)
        return self.projects.complete(pom)

    def module(self, pom: Pom, name: str) -> Pom | None:
        """Give the project of a module: named by its folder, or by its file."""
        path = join_path(parent(pom.path), name)
        found = self.projects.at(path) if path is not None else None
        try:
            return self.projects.complete(found) if found else None
        except InputError:
            return None

    def built(self, row: PomDependency) -> str | None:
        """Give the id of the project here that builds what is asked for."""
        ids = self._ids.get((row.group, row.artifact, row.version), set())
        return next(iter(ids)) if len(ids) == 1 and not row.classifier and row.type in ("jar", "war", "pom") else None


_workspaces: WeakKeyDictionary[Tree, _Workspace] = WeakKeyDictionary()


def _workspace(tree: Tree) -> _Workspace:
    found = _workspaces.get(tree)
    if found is None:
        found = _workspaces[tree] = _Workspace(tree)
    return found


def _version(pom: Pom) -> str:
    return pom.version if is_exact(pom.version) else ""


def _id(pom: Pom) -> str:
    return str(maven(_group(pom), pom.artifact, _version(pom), type=pom.packaging))


def _group(pom: Pom) -> str:
    return pom.group if is_name(pom.group) else ""


def _package(pom: Pom, file: File) -> Package:
    purl = maven(_group(pom), pom.artifact, _version(pom), type=pom.packaging)
    licence, texts = licence_of(pom.licences)
    organization = one_paragraph(pom.organization)
    return Package(
        purl=purl,
        name=purl.full_name,
        version=purl.version,
        locations=(file.location("" if purl.version else f"version {pom.version[:200]}".strip()),),
        licence_declared=licence,
        licence_texts=texts,
        supplier=f"Organization: {organization}" if organization else "",
        homepage=without_credentials(pom.url) if pom.url.startswith(("http://", "https://")) else "",
        description=one_paragraph(pom.description),
        purpose="APPLICATION",
        installed=False,
    )


def _dependency(row: PomDependency, pom: Pom, workspace: _Workspace, file: File) -> Package | str:
    """Give what is asked for: the id of a project here, or a package. Raises InputError: it has no name."""
    place = f"line {row.line}" if row.file == file.path else f"{row.file}:line {row.line}"
    for key, value in (("groupId", row.group), ("artifactId", row.artifact)):
        if not is_name(value):
            raise InputError(file.at(place), f"expected a name as {key}, got {value[:200]!r}")
    built = workspace.built(row)
    if built is not None:
        return built
    version = row.version
    if version.startswith("[") and version.endswith("]") and "," not in version:  # "[1.0]" allows just one
        version = version[1:-1].strip()
    if not is_exact(version):
        place += f"; {_open(row, version, pom)}"
        version = ""
    purl = maven(row.group, row.artifact, version, type=row.type, classifier=row.classifier)
    return Package(purl=purl, name=purl.full_name, version=version, locations=(file.location(place),), installed=False)


def _open(row: PomDependency, version: str, pom: Pom) -> str:
    """Say why a version is not known."""
    if version:
        stated = f" (written {row.stated})" if row.stated not in ("", version) else ""
        return f"version {version[:200]}{stated[:200]}"
    if pom.missing:
        return f"version left to {', '.join(pom.missing)[:400]}"
    return "no version"


CATALOGER = Cataloger(
    name="maven-pom",
    globs=("**/pom.xml",),
    beside=POM_FILES,
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "project",
        "supplier",
        "home page",
        "description",
    ),
    cannot_know=("version decided by parents, BOMs, ranges or profiles elsewhere", "edges between dependencies"),
    ecosystems=("Maven",),
    parse=parse,
)
