"""Conan → C and C++ packages: lock files, conanfiles, and what is installed.

Reads: conan.lock of Conan 1 (a graph) and 2 (lists), https://docs.conan.io/2/tutorial/versioning/lockfiles.html;
conanfile.txt and conanfile.py (never run, https://docs.conan.io/2/reference/conanfile.html); conaninfo.txt in Conan 1's
cache and in deployed folders.
Gives: name, version, recipe revision (in the purl), edges where the format has them, the project, its licence, author,
home page and description.
Cannot know: edges between packages in a lock file of Conan 2, licences of dependencies, what a recipe works out when it
runs, which package a folder of Conan 2's cache is (its database says it).

A conanfile whose lock file stands beside it is read for the project only: which requirements are direct.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.conan_recipes import Recipe, Reference, read_recipe, read_reference, read_requirements
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import (
    contain_tops,
    is_below,
    nameless_project,
    parent,
    read_named,
    skipped_by,
    without_credentials,
)
from custody.inventory.metadata import declared_licence, one_paragraph, person
from custody.model import Dependency, Package, Purl, Skipped

_OTHERS = ("node_modules", "site-packages", "dist-packages", "testdata", "test_package", "test_v1_package")
_RECIPE = re.compile(r"(?:.*/)?(?:data/[^/]+/[^/]+/[^/]+/[^/]+/export(?:_source)?|p/[^/]+/e[s]?)/conanfile\.py")
"""A recipe in Conan's cache: of a package, not of a project."""
_MANIFESTS = ("conanfile.py", "conanfile.txt")
_LISTS = (("requires", "depends_on"), ("build_requires", "build"), ("python_requires", "build"))
_CACHE_1 = re.compile(r"(?:.*/)?\.conan/data/([^/]+)/([^/]+)/([^/]+)/([^/]+)/package/[^/]+/conaninfo\.txt")
_DEPLOYED = re.compile(r"((?:.*/)?(?:full_deploy/)?(?:host|build))/([^/]+)/([^/]+)(?:/[^/]+){0,3}/conaninfo\.txt")
_CACHE_2 = re.compile(r"(?:.*/)?p/(?:b/)?[^/]+/p/conaninfo\.txt")


# ── lock files ───────────────────────────────────────────────────────────────────────────────────────────────────────


def parse_lock(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages and the project. Raises InputError: no JSON, or no lock file of Conan."""
    lock = Fields.from_json(file.data, file.path)
    if "graph_lock" in lock:
        yield from _read_graph(lock.table("graph_lock"), file, tree)
    elif any(key in lock for key, _ in _LISTS):
        yield from _read_lists(lock, file, tree)
    else:
        raise InputError(file.path, "expected `graph_lock` (Conan 1) or `requires` (Conan 2)")


def _read_lists(lock: Fields, file: File, tree: Tree) -> Iterator[Found]:
    project, recipe, skipped = _project(file, tree)
    yield project
    yield from skipped
    direct = {asked.reference.name: asked.relation for asked in recipe.asked}
    locked: dict[str, str] = {}
    for key, relation in _LISTS:
        for index, text in enumerate(lock.items(key)):
            place = f"{key}[{index}]"
            if not isinstance(text, str):
                yield Skipped(where=file.at(place), reason=f"expected a reference, got {str(text)[:60]!r}")
                continue
            try:
                reference = read_reference(text, file.at(place))
            except InputError as error:
                yield skipped_by(error)
                continue
            package = _package(reference, file, place)
            yield package
            # a package may be needed and also needed for the build: the first list says more
            locked.setdefault(package.id, direct.get(reference.name, "" if relation == "depends_on" else relation))
    edges = [Dependency(source=project.id, target=name, relation=kind) for name, kind in locked.items() if kind]
    yield from edges
    yield from contain_tops(project.id, locked, edges)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    package: Package
    requires: tuple[str, ...]
    builds: tuple[str, ...]
    is_project: bool


def _read_graph(graph: Fields, file: File, tree: Tree) -> Iterator[Found]:
    project, _, skipped = _project(file, tree)
    yield from skipped
    found, bad = read_named(graph, "nodes", lambda key, table: (key, _read_node(key, table, file)))
    yield from bad
    nodes: dict[str, _Node] = {}
    for key, node in found:
        # a consumer that is no package of its own has no reference, only a path
        nodes[key] = replace(node, package=project.merged(node.package)) if node.is_project else node
        if node.is_project and node.package.name:
            nodes[key] = replace(node, package=_named_like(project, node.package))
    if not any(node.is_project for node in nodes.values()):
        yield project
    for node in nodes.values():
        yield node.package
    edges = sorted(set(_graph_edges(nodes)))
    yield from edges
    if not any(node.is_project for node in nodes.values()):
        yield from contain_tops(project.id, (node.package.id for node in nodes.values()), edges)


def _read_node(key: str, table: Fields, file: File) -> _Node:
    reference = table.text_or("ref")
    is_project = key == "0" and "package_id" not in table
    place = f"graph_lock.nodes.{key}"
    if reference:
        parsed = read_reference(reference, table.spot("ref"))
        package = _package(replace(parsed, prev=table.text_or("prev") if not is_project else ""), file, place)
    elif is_project:
        package = Package(purl=Purl("generic", "project"), name="", locations=(file.location(place),), installed=False)
    else:
        raise InputError(table.spot("ref"), "missing, expected a reference")
    requires, builds = tuple(table.texts("requires")), tuple(table.texts("build_requires"))
    return _Node(package=package, requires=requires, builds=builds, is_project=is_project)


def _named_like(project: Package, node: Package) -> Package:
    """Give the project under the reference that the lock file has for it, with what its conanfile adds."""
    named = replace(node, purpose="APPLICATION")
    return named.merged(project) if project.purl.type == "conan" else named


def _graph_edges(nodes: Mapping[str, _Node]) -> Iterator[Dependency]:
    for node in nodes.values():
        for keys, relation in ((node.requires, "depends_on"), (node.builds, "build")):
            for key in keys:
                if key in nodes:
                    yield Dependency(source=node.package.id, target=nodes[key].package.id, relation=relation)


def _package(reference: Reference, file: File, place: str, *, installed: bool = False) -> Package:
    note = f"{place} {reference.range}" if reference.range else place
    return Package(
        purl=reference.purl,
        name=reference.name,
        version=reference.version,
        locations=(file.location(note),),
        installed=installed,
    )


def _project(file: File, tree: Tree) -> tuple[Package, Recipe, list[Skipped]]:
    """Give the project that the conanfile beside a lock file names, and what it asks for."""
    folder = parent(file.path)
    for name in _MANIFESTS:
        found = tree.get(f"{folder}/{name}" if folder else name)
        if found is not None:
            try:
                recipe = _read_manifest(found)
            except InputError as error:
                return nameless_project(file), Recipe(), [skipped_by(error)]
            return _named_project(file, recipe), recipe, []
    return nameless_project(file), Recipe(), []


# ── conanfiles ───────────────────────────────────────────────────────────────────────────────────────────────────────


def parse_manifest(file: File, tree: Tree) -> Iterator[Found]:
    """Give what a conanfile asks for, unless a lock file beside it says more. Raises InputError: it is not valid."""
    folder = parent(file.path)
    if is_below(file.path, *_OTHERS) or _RECIPE.fullmatch(file.path):
        return
    if tree.exists(f"{folder}/conan.lock" if folder else "conan.lock"):
        return
    recipe = _read_manifest(file)
    project = _named_project(file, recipe)
    yield project
    yield from recipe.skipped
    for asked in recipe.asked:
        package = _package(asked.reference, file, asked.place)
        yield package
        yield Dependency(source=project.id, target=package.id, relation=asked.relation)


def _read_manifest(file: File) -> Recipe:
    read = read_recipe if file.path.endswith(".py") else read_requirements
    return read(file.data, file.path)


def _named_project(file: File, recipe: Recipe) -> Package:
    """Give the project; one without a name is known by its file."""
    name, version = recipe.about.get("name", ""), recipe.about.get("version", "")
    base = nameless_project(file)
    if name:
        base = replace(base, purl=Purl("conan", name, version), name=name, version=version)
    return _described(base, recipe)


def _described(package: Package, recipe: Recipe) -> Package:
    about = recipe.about
    licence, texts = declared_licence(about.get("license", ""))
    return replace(
        package,
        licence_declared=licence,
        licence_texts=texts,
        homepage=without_credentials(about.get("homepage", "")),
        description=one_paragraph(about.get("description", "")),
        originator=_author(about.get("author", "")),
    )


def _author(text: str) -> str:
    match = re.fullmatch(r"\s*([^<>]*?)\s*(?:<([^<>]*)>)?\s*", text[:300])
    return person(match[1], match[2] or "") if match else ""


# ── what is installed ────────────────────────────────────────────────────────────────────────────────────────────────


def parse_installed(file: File, tree: Tree) -> Iterator[Found]:
    """Give the package that a folder is, and what it was built with. Raises InputError: not UTF-8."""
    path = file.path
    cached, deployed = _CACHE_1.fullmatch(path), _DEPLOYED.fullmatch(path)
    if cached:
        name, version, user, channel = cached.groups()
        text = f"{name}/{version}@{user}/{channel}"
        find = _exact
    elif deployed:
        text = f"{deployed[2]}/{deployed[3]}"
        find = partial(_deployed, folder=deployed[1], tree=tree)
    else:
        if _CACHE_2.fullmatch(path):
            yield Skipped(where=path, reason="a package of Conan 2's cache: only the cache's database says which one")
        return
    package = _package(read_reference(text, path), file, "", installed=True)
    recipe = tree.get(path.rpartition("/package/")[0] + "/export/conanfile.py") if cached else None
    if recipe is not None:
        try:
            package = _described(package, read_recipe(recipe.data, recipe.path))
        except InputError as error:
            yield skipped_by(error)
    yield package
    for needed in _needed(file):
        target = find(needed)
        if target:
            yield Dependency(source=package.id, target=target, relation="depends_on")


def _needed(file: File) -> Iterator[Reference]:
    """Give the packages that it was built with: `full_requires` has them all, `requires` of Conan 2 the exact ones."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in file.data.decode("utf-8", "replace").split("\n"):
        words = line.strip()
        if words.startswith("[") and words.endswith("]"):
            current = sections.setdefault(words[1:-1], [])
        elif words:
            current.append(words)
    for words in sections.get("full_requires") or sections.get("requires", []):
        try:
            yield read_reference(words, file.path)
        except InputError:
            continue  # an option of the requirement, or a pattern that is no reference


def _exact(reference: Reference) -> str:
    return str(replace(reference, rrev="", prev="").purl)


def _deployed(reference: Reference, *, folder: str, tree: Tree) -> str:
    """Give the id of a package deployed beside; `zlib/1.3.Z` names no patch level, so the one there is meant."""
    base = f"{folder}/{reference.name}"
    versions = {path.removeprefix(f"{base}/").partition("/")[0] for path in tree.names_under(base)}
    version = reference.version if reference.version in versions else ""
    if not version and len(versions) == 1:
        version = versions.pop()
    return str(Purl("conan", reference.name, version)) if version else ""


CATALOGERS = (
    Cataloger(
        name="conan-lock",
        globs=("**/conan.lock",),
        beside=("**/conanfile.py", "**/conanfile.txt"),
        gives=("name", "version", "edges", "relations", "project", "licence", "author", "home page", "description"),
        cannot_know=("licence of dependencies", "edges between packages in lock files of Conan 2"),
        ecosystems=("ConanCenter",),
        parse=parse_lock,
    ),
    Cataloger(
        name="conan-manifest",
        globs=("**/conanfile.py", "**/conanfile.txt"),
        beside=("**/conan.lock",),
        gives=("name", "version", "edges", "relations", "project", "licence", "author", "home page", "description"),
        cannot_know=("what is needed indirectly", "requirements that a recipe works out when it runs"),
        ecosystems=("ConanCenter",),
        parse=parse_manifest,
    ),
    Cataloger(
        name="conan-installed",
        globs=("**/conaninfo.txt",),
        beside=("**/export/conanfile.py",),
        gives=("name", "version", "edges", "licence", "author", "home page", "description"),
        cannot_know=("packages in Conan 2's cache", "licence of what was deployed"),
        ecosystems=("ConanCenter",),
        parse=parse_installed,
    ),
)
