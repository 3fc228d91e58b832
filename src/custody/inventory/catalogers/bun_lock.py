"""bun.lock → npm packages.

Reads: bun.lock of lockfileVersion 0, 1 and 2 (https://bun.sh/docs/install/lockfile; JSON with trailing commas).
Gives: name, version, edges by kind (depends_on, dev, optional, peer) found as Node finds modules, project and
workspaces, checksum, download location of what is from no registry.
Cannot know: licences of dependencies, authors.

The keys of `packages` are places: `debug` at the top, `tool/debug` a second copy for what `tool` needs. The old binary
form, bun.lockb, is not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.jsonc import plain_json
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import is_below, join_path, parent, read_named, skipped_by
from custody.inventory.npm_packages import Want, address, integrity, npm, package_json, read_name, split_name, wants
from custody.inventory.npm_projects import NpmProject, read_project
from custody.model import Checksum, Dependency, Package, Skipped

NEWEST_VERSION = 2
MAX_DEPTH = 200
"""Packages inside each other; each level costs a look-up for each dependency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One package. place: the names on the way to it; folder: of a workspace or link, else None."""

    place: tuple[str, ...]
    package: Package
    wants: tuple[Want, ...]
    folder: str | None = None
    bundled: bool = False
    skipped: tuple[Skipped, ...] = ()


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, the projects they are locked for, and who needs whom."""
    if is_below(file.path, "node_modules"):
        return
    lock = Fields.from_json(plain_json(file.data), file.path)
    version = lock.integer("lockfileVersion")
    if not 0 <= version <= NEWEST_VERSION:
        raise lock.fault("lockfileVersion", f"expected 0 to {NEWEST_VERSION}, got {version}")
    projects, skipped = read_named(lock, "workspaces", lambda folder, entry: _project(folder, entry, file, tree))
    yield from skipped
    if not any(not folder for folder, _ in projects):
        projects.insert(0, ("", read_project(parent(file.path), file, tree)))
    members = dict(projects)
    entries, skipped = _read_packages(lock, members, file, tree)
    yield from skipped
    root = members[""]
    found: dict[str, Package] = {}
    for project in members.values():
        yield from project.notes
        yield project.package
        found[project.package.id] = project.package
    for entry in entries.values():
        yield from entry.skipped
        if entry.folder is None or entry.package.id not in found:
            yield entry.package
        found.setdefault(entry.package.id, entry.package)
    yield from rooted(root.package.id, found, _edges(entries, members))


def _project(folder: str, entry: Fields, file: File, tree: Tree) -> tuple[str, NpmProject]:
    """Give a workspace: what the lock file says of it, with what only its package.json tells (licence, people)."""
    path = join_path(parent(file.path), folder)
    if path is None:
        raise InputError(entry.at, "the folder of this workspace leaves the artifact")
    name = read_name(entry.text("name"), entry.spot("name")) if "name" in entry else ""
    project = read_project(path, file, tree, name=name, version=entry.text_or("version"))
    return folder, replace(project, wants=tuple(wants(entry)))


def _read_packages(
    lock: Fields, members: Mapping[str, NpmProject], file: File, tree: Tree
) -> tuple[dict[tuple[str, ...], _Entry], list[Skipped]]:
    entries: dict[tuple[str, ...], _Entry] = {}
    skipped: list[Skipped] = []
    outer = lock.table("packages")
    for key in outer.value:
        try:
            entry = _read_entry(key, outer.items(key), outer.spot(key), members, file, tree)
        except InputError as error:
            skipped.append(skipped_by(error))
            continue
        if entry:
            entries[entry.place] = entry
    return entries, skipped


def _read_entry(
    key: str, row: list[object], where: str, members: Mapping[str, NpmProject], file: File, tree: Tree
) -> _Entry | None:
    """Read `["debug@4.4.3", "", {"dependencies": {…}}, "sha512-…"]`; only npm's packages have all four."""
    if not row or not isinstance(row[0], str):
        raise InputError(where, "expected a list that starts with name@version")
    place = _place(key)
    if len(place) > MAX_DEPTH:
        raise InputError(where, f"stands more than {MAX_DEPTH} packages deep")
    name, reference = split_name(row[0])
    name = read_name(name, where)
    info = Fields(next((item for item in row if isinstance(item, dict)), {}), file.path, where.partition(":")[2])
    protocol, colon, rest = reference.partition(":")
    if protocol == "root":
        return None
    if protocol in ("workspace", "link", "file") and not rest.endswith((".tgz", ".tar.gz")):
        return _folder_entry(place, name, rest, tuple(wants(info)), members, file, tree)
    is_registry = not colon and "/" not in reference
    version = reference if is_registry else _installed_version(place, name, file, tree)
    checksums, skipped = _checksums(row, where)
    package = Package(
        purl=npm(name, version),
        name=name,
        version=version,
        locations=(file.location(key),),
        checksums=checksums,
        download_location="" if protocol == "file" else address(reference if not is_registry else _registry(row)),
        installed=False,
    )
    return _Entry(
        place=place, package=package, wants=_wants(info), bundled=info.value.get("bundled") is True, skipped=skipped
    )


def _installed_version(place: tuple[str, ...], name: str, file: File, tree: Tree) -> str:
    """Give the version of what is from no registry, which only its package.json tells, where it is installed here."""
    inner = "/".join(f"node_modules/{step}" for step in place)
    found = tree.get(join_path(parent(file.path), f"{inner}/package.json") or "")
    try:
        table = package_json(found) if found else None
        return table.text_or("version") if table and table.value.get("name") == name else ""
    except InputError:
        return ""  # told by `npm-installed`


def _folder_entry(
    place: tuple[str, ...],
    name: str,
    path: str,
    asked: tuple[Want, ...],
    members: Mapping[str, NpmProject],
    file: File,
    tree: Tree,
) -> _Entry:
    member = members.get(path)
    folder = join_path(parent(file.path), path)
    if member is not None:
        return _Entry(place=place, package=member.package, wants=member.wants, folder=member.folder)
    if folder is None:
        package = Package(purl=npm(name), name=name, locations=(file.location("/".join(place)),), installed=False)
        return _Entry(place=place, package=package, wants=asked, folder="")
    project = read_project(folder, file, tree, name=name)
    return _Entry(place=place, package=project.package, wants=asked, folder=folder, skipped=project.notes)


def _place(key: str) -> tuple[str, ...]:
    """Split `@chat/tool/debug/ms` into the names on the way: `@chat/tool`, `debug`, `ms`."""
    names: list[str] = []
    scope = ""
    for part in key.split("/"):
        if part.startswith("@") and not scope:
            scope = f"{part}/"
        else:
            names.append(scope + part)
            scope = ""
    return tuple([*names, scope.rstrip("/")] if scope else names)


def _wants(info: Fields) -> tuple[Want, ...]:
    """Give what a package asks for; a peer that it can do without asks for nothing."""
    optional = info.value.get("optionalPeers")
    without = {name for name in optional if isinstance(name, str)} if isinstance(optional, list) else set()
    return tuple(want for want in wants(info) if want.kind != "dev" and want.name not in without)


def _registry(row: list[object]) -> str:
    """Give the address of a package's archive where it is not in the default registry."""
    stated = row[1] if len(row) > 1 and isinstance(row[1], str) else ""
    return stated if stated.endswith(".tgz") else ""


def _checksums(row: list[object], where: str) -> tuple[tuple[Checksum, ...], tuple[Skipped, ...]]:
    stated = row[-1] if isinstance(row[-1], str) and len(row) > 1 else ""
    if "-" not in stated or not stated.startswith("sha"):  # of a repository it is the commit, without an algorithm
        return (), ()
    try:
        return integrity(stated, where), ()
    except InputError as error:
        return (), (skipped_by(error),)


def _edges(entries: Mapping[tuple[str, ...], _Entry], members: Mapping[str, NpmProject]) -> Iterator[Dependency]:
    root = members[""]
    own = {project.package.id for project in members.values()}
    for folder, project in members.items():
        # A workspace looks below its own name first: `@chat/tool/debug` is its copy.
        at = (project.package.name,) if folder else ()
        yield from _needs(project.package, project.wants, at, entries)
        if folder:
            yield Dependency(source=root.package.id, target=project.package.id, relation="contains")
    for entry in entries.values():
        if entry.package.id in own:
            continue
        yield from _needs(entry.package, entry.wants, entry.place, entries)
        owner = entries.get(entry.place[:-1]) if entry.bundled else None
        if owner:
            yield Dependency(source=owner.package.id, target=entry.package.id, relation="contains")


def _needs(
    package: Package, asked: tuple[Want, ...], at: tuple[str, ...], entries: Mapping[tuple[str, ...], _Entry]
) -> Iterator[Dependency]:
    for want in asked:
        for length in range(len(at), -1, -1):
            target = entries.get((*at[:length], want.name))
            if target:
                yield Dependency(source=package.id, target=target.package.id, relation=want.kind)
                break


CATALOGER = Cataloger(
    name="bun-lock",
    globs=("**/bun.lock",),
    beside=("**/package.json",),
    gives=("name", "version", "licence", "edges", "relations", "project", "checksum", "download"),
    cannot_know=("licence of dependencies",),
    ecosystems=("npm",),
    parse=parse,
)
