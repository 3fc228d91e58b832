"""pnpm-lock.yaml → npm packages.

Reads: pnpm-lock.yaml of lockfileVersion 5.x, 6.x, 7.x and 9.x (https://github.com/pnpm/spec/tree/master/lockfile), with
the document about pnpm's own environment that newer versions put before it, and package.json of the projects.
Gives: name, version, edges by kind (depends_on, dev, optional, peer; build for configuration dependencies), projects,
checksum, download location of what is from no registry.
Cannot know: licences of dependencies.

`importers` are the projects of a workspace; the one at "." contains the others. What `packages` and `snapshots` list
once for each set of peers (`a@1.0.0(react@18.2.0)`) is one package with the edges of all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.foreign_yaml import read_yaml
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, rooted
from custody.inventory.lockfile import is_below, join_path, parent, skipped_by
from custody.inventory.npm_packages import address, integrity, npm, read_name, split_name
from custody.inventory.npm_projects import NpmProject, read_project, relations
from custody.model import Checksum, Dependency, Package, Skipped

_OLDEST, _NEWEST = 5, 9
_VERSION = re.compile(r"(\d{1,3})(?:\.\d{1,4})?(?:-inlineSpecifiers)?")
_KINDS = (
    ("dependencies", "depends_on"),
    ("devDependencies", "dev"),
    ("optionalDependencies", "optional"),
    ("configDependencies", "build"),
    ("packageManagerDependencies", "build"),
)


@dataclass(slots=True, kw_only=True)
class _Lock:
    """What was read of one document. packages: key as written → package, without what tells peers apart."""

    document: Fields
    file: File
    major: int
    packages: dict[str, Package]
    skipped: list[Skipped]


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, the projects they are locked for, and who needs whom."""
    if is_below(file.path, "node_modules"):
        return
    projects: dict[str, NpmProject] = {}
    importers: set[str] = set()
    ids: set[str] = set()
    edges: set[Dependency] = set()
    for number, value in enumerate(read_yaml(file.data, file.path)):
        if value is None:
            continue
        path = f"document[{number}]" if number else ""
        if not isinstance(value, dict):
            raise InputError(file.at(path), "expected a table at the top")
        lock = _open(Fields(_plain(value), file.path), file)
        yield from _packages(lock)
        ids |= {package.id for package in lock.packages.values()}
        edges |= set(_edges_of_packages(lock))
        edges |= set(_edges_of_projects(lock, projects, importers, tree))
        yield from lock.skipped
    base = parent(file.path)
    if not projects:
        projects[base] = read_project(base, file, tree)
    root = projects.get(base)
    for folder in sorted(projects):
        project = projects[folder]
        yield from project.notes
        yield project.package
        if root and project is not root and project.folder in importers:
            edges.add(Dependency(source=root.package.id, target=project.package.id, relation="contains"))
    ids |= {project.package.id for project in projects.values()}
    top = root or projects[min(projects)]
    yield from rooted(top.package.id, ids, edges) if root else sorted(edges)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    """Give texts without their places in the file; its depth is bounded by the reader."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value


def _open(document: Fields, file: File) -> _Lock:
    version = document.text("lockfileVersion")
    match = _VERSION.fullmatch(version)
    if not match or not _OLDEST <= int(match[1]) <= _NEWEST:
        raise document.fault("lockfileVersion", f"expected {_OLDEST}.x to {_NEWEST}.x, got {version!r}")
    return _Lock(document=document, file=file, major=int(match[1]), packages={}, skipped=[])


# ── packages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _packages(lock: _Lock) -> Iterator[Package]:
    """Read `packages`, and `snapshots` that a damaged file has without an entry there."""
    for key, entry in _tables(lock, "packages"):
        try:
            package, notes = _package(key, entry, lock)
        except InputError as error:
            lock.skipped.append(skipped_by(error))
            continue
        lock.packages[key] = package
        lock.skipped += notes
        yield package
    for key, entry in _tables(lock, "snapshots"):
        known = lock.packages.get(_without_peers(key, lock.major))
        if known is None:
            lock.skipped.append(Skipped(where=entry.at, reason="it has no entry in `packages`"))
        else:
            lock.packages[key] = known


def _tables(lock: _Lock, key: str) -> Iterator[tuple[str, Fields]]:
    outer = lock.document.table(key)
    for name in outer.value:
        try:
            yield name, outer.table(name)
        except InputError as error:
            lock.skipped.append(skipped_by(error))


def _package(key: str, entry: Fields, lock: _Lock) -> tuple[Package, list[Skipped]]:
    resolution = entry.table("resolution")
    name, version = _identity(key, entry, lock.major)
    name = read_name(name, entry.at)
    stated = resolution.text_or("tarball")
    notes: list[Skipped] = []
    try:
        checksums: tuple[Checksum, ...] = integrity(resolution.text_or("integrity"), resolution.spot("integrity"))
    except InputError as error:
        checksums = ()
        notes = [skipped_by(error)]
    repository = git_location(resolution.text_or("repo"), resolution.text_or("commit"))
    return Package(
        purl=npm(name, version),
        name=name,
        version=version,
        locations=(lock.file.location(f"packages.{key}"),),
        checksums=checksums,
        download_location=repository or ("" if stated.startswith("file:") else address(stated)),
        installed=False,
    ), notes


def _identity(key: str, entry: Fields, major: int) -> tuple[str, str]:
    """Give name and version: those that the entry states, as it does for what is from no registry, else the key's.

    `/@scope/name/1.0.0_peer@2.0.0` in version 5, `/@scope/name@1.0.0(peer@2.0.0)` in 6, without the "/" from 9 on.
    """
    base = _without_peers(key, major).removeprefix("/")
    if major < 6 and not base.startswith("file:"):
        parts = base.split("/")
        size = 2 if base.startswith("@") else 1
        name, version = "/".join(parts[:size]), "/".join(parts[size:])
    else:
        name, version = split_name(base)
    if ":" in version or "/" in version:  # an address, a folder: the entry tells the version where it is known
        version = ""
    return entry.text_or("name") or name, entry.text_or("version") or version


def _without_peers(key: str, major: int) -> str:
    """Give a key without what tells apart the copies of a package for several sets of peers and patches."""
    if major >= 6:
        return key.partition("(")[0]
    head, slash, version = key.rpartition("/")
    return head + slash + version.partition("_")[0]


# ── edges ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _edges_of_packages(lock: _Lock) -> Iterator[Dependency]:
    peers = {lock.packages[key].id: _names(entry, "peerDependencies") for key, entry in _known(lock, "packages")}
    for section in ("packages", "snapshots"):
        for key, entry in _known(lock, section):
            source = lock.packages[key].id
            for table, kind in _KINDS[:3]:
                for name, reference in _references(entry, table, lock):
                    target = _target(name, reference, lock)
                    if target:
                        relation = "peer" if kind == "depends_on" and name in peers.get(source, ()) else kind
                        yield Dependency(source=source, target=target.id, relation=relation)


def _known(lock: _Lock, section: str) -> Iterator[tuple[str, Fields]]:
    outer = lock.document.table(section)
    return ((key, outer.table(key)) for key in outer.value if key in lock.packages)


def _names(entry: Fields, key: str) -> frozenset[str]:
    value = entry.value.get(key)
    return frozenset(value) if isinstance(value, dict) else frozenset()


def _references(entry: Fields, key: str, lock: _Lock) -> Iterator[tuple[str, str]]:
    """Give (name, what it was resolved to), written as a text or, for projects, as `{specifier: …, version: …}`."""
    try:
        table = entry.table(key)
    except InputError as error:
        lock.skipped.append(skipped_by(error))
        return
    for name, value in table.value.items():
        reference = value.get("version") if isinstance(value, dict) else value
        if isinstance(reference, str):
            yield name, reference
        else:
            lock.skipped.append(Skipped(where=table.spot(name), reason="expected a version"))


def _target(name: str, reference: str, lock: _Lock) -> Package | None:
    for key in (reference, f"{name}@{reference}", f"/{name}@{reference}", f"/{name}/{reference}"):
        found = lock.packages.get(key) or lock.packages.get(_without_peers(key, lock.major))
        if found:
            return found
    return None


def _edges_of_projects(lock: _Lock, projects: dict[str, NpmProject], own: set[str], tree: Tree) -> Iterator[Dependency]:
    importers = lock.document.table("importers")
    single = Fields({".": lock.document.value}, lock.file.path, "")
    outer = importers if importers.value else single
    for folder in outer.value:
        try:
            entry = outer.table(folder)
        except InputError as error:
            lock.skipped.append(skipped_by(error))
            continue
        project = _project(folder, lock, projects, tree)
        if project is None:
            lock.skipped.append(Skipped(where=entry.at, reason="the folder of this project leaves the artifact"))
            continue
        own.add(project.folder)
        kinds = relations(project)
        for table, kind in _KINDS:
            for name, reference in _references(entry, table, lock):
                target = _target(name, reference, lock)
                if reference.startswith("link:"):
                    linked = _project(f"{folder}/{reference[5:]}", lock, projects, tree, name=name)
                    target = linked.package if linked else None
                if target:
                    # Peers of a project that pnpm installs by itself stand among its dependencies.
                    relation = "peer" if kind == "depends_on" and kinds.get(name) == "peer" else kind
                    yield Dependency(source=project.package.id, target=target.id, relation=relation)


def _project(
    folder: str, lock: _Lock, projects: dict[str, NpmProject], tree: Tree, *, name: str = ""
) -> NpmProject | None:
    """Give the project in a folder, relative to the lock file's; None where it leaves the root of the artifact."""
    path = join_path(parent(lock.file.path), folder)
    if path is None:
        return None
    known = projects.get(path)
    if known is None or (name and known.manifest is None and known.package.purl.type == "generic"):
        # Without a package.json only those that link to it know how it is called.
        projects[path] = read_project(path, lock.file, tree, name=name)
    return projects[path]


CATALOGER = Cataloger(
    name="pnpm-lock",
    globs=("**/pnpm-lock.yaml",),
    beside=("**/package.json",),
    gives=("name", "version", "licence", "edges", "relations", "project", "checksum", "download"),
    cannot_know=("licence of dependencies",),
    ecosystems=("npm",),
    parse=parse,
)
