"""yarn.lock → npm packages.

Reads: yarn.lock of yarn 1 (https://classic.yarnpkg.com/lang/en/docs/yarn-lock/) and of yarn 2 and later (`__metadata`
version 4 to 10, https://yarnpkg.com/advanced/lexicon#lockfile), and package.json of the project and its workspaces,
which say what is asked for itself and why.
Gives: name, version, edges by kind (depends_on, dev, optional, peer where only one version can be meant), project and
workspaces, download location; checksums in yarn 1.
Cannot know: licences; checksums in yarn 2 and later, whose file has those of yarn's own archives.

A patched package (`patch:`) is the package that it patches; that it is patched stands in its location. An alias is the
package behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import is_below, join_path, parent, skipped_by
from custody.inventory.npm_packages import Want, address, alias_target, integrity, npm, read_name, split_name, wants
from custody.inventory.npm_projects import NpmProject, read_project, relations, workspace_folders
from custody.inventory.yarn_syntax import YarnEntry, read_entries
from custody.model import Checksum, Dependency, Package, Skipped

MAX_VERSION = 10
"""The newest `__metadata` version that is known to be written as described."""

_LOCAL = "0.0.0-use.local"
_LINKS = ("workspace", "portal", "link")


@dataclass(slots=True, kw_only=True)
class _Locked:
    """One entry. locator: how yarn 2 names it; project: where it is a folder of this tree."""

    package: Package
    wants: tuple[Want, ...]
    locator: str = ""
    project: NpmProject | None = None


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, the projects they are locked for, and who needs whom."""
    if is_below(file.path, "node_modules"):
        return
    entries = list(read_entries(file.data, file.path))
    bad = [entry for entry in entries if entry.problem]
    yield from (Skipped(where=file.at(f"line {entry.line}"), reason=entry.problem) for entry in bad)
    good = [entry for entry in entries if not entry.problem]
    metadata = next((entry for entry in good if entry.keys == ("__metadata",)), None)
    lock = (
        _Classic(file, tree)
        if metadata is None
        else _Berry(file, tree, Fields(metadata.table, file.path, "__metadata"))
    )
    for entry in good:
        if entry is not metadata:
            lock.read(entry)
    yield from lock.found()


class _Lock:
    """What both forms share: an index from what is asked for to what it was resolved to."""

    def __init__(self, file: File, tree: Tree) -> None:
        self.file = file
        self.tree = tree
        self.folder = parent(file.path)
        self.index: dict[str, _Locked] = {}
        self.locked: list[_Locked] = []
        self.unbound: dict[str, dict[str, Package]] = {}  # without the locator that a descriptor is bound to
        self.names: dict[str, dict[str, Package]] = {}
        self.skipped: list[Skipped] = []
        self.root = read_project(self.folder, file, tree)

    def read(self, entry: YarnEntry) -> None:
        table = Fields(entry.table, self.file.path, entry.keys[0])
        try:
            found = self.entry(table, entry)
        except InputError as error:
            self.skipped.append(skipped_by(error))
            return
        self.locked.append(found)
        self.names.setdefault(found.package.name, {})[found.package.id] = found.package
        for key in entry.keys:
            for name in key.split(", "):
                self.index[name] = found
                self.unbound.setdefault(name.partition("::")[0], {})[found.package.id] = found.package

    def entry(self, table: Fields, entry: YarnEntry) -> _Locked:
        raise NotImplementedError

    def projects(self) -> Iterator[NpmProject]:
        """Give the projects, the root first."""
        raise NotImplementedError

    def resolve(self, want: Want, asker: _Locked | None) -> Package | None:
        raise NotImplementedError

    def only(self, name: str) -> Package | None:
        """Give the package of a name of which just one is locked."""
        same = self.names.get(name, {})
        return next(iter(same.values())) if len(same) == 1 else None

    def found(self) -> Iterator[Found]:
        projects = list(self.projects())
        yield from self.skipped
        edges: set[Dependency] = set()
        entries = {found.package.id for found in self.locked}
        for project in projects:
            yield from project.notes
            if project.package.id not in entries:
                yield project.package
            if project is not self.root:
                edges.add(Dependency(source=self.root.package.id, target=project.package.id, relation="contains"))
        for found in self.locked:
            yield found.package
            for want in found.wants:
                target = self.resolve(want, found)
                if target is not None:
                    edges.add(Dependency(source=found.package.id, target=target.id, relation=want.kind))
        edges |= set(self.project_edges(projects))
        yield from rooted(self.root.package.id, entries | {project.package.id for project in projects}, edges)

    def project_edges(self, projects: list[NpmProject]) -> Iterator[Dependency]:
        del projects
        yield from ()


# ── yarn 1 ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Classic(_Lock):
    """A key is `name@range`; the projects stand in package.json alone."""

    def entry(self, table: Fields, entry: YarnEntry) -> _Locked:
        name, wanted = split_name(entry.keys[0])
        alias = alias_target(wanted)
        name = read_name(alias[0] if alias else name, f"{self.file.path}:line {entry.line}")
        version = table.text("version")
        place = table.text_or("resolved")
        checksums, notes = _checksums(table, place)
        self.skipped += notes
        package = Package(
            purl=npm(name, version),
            name=name,
            version=version,
            locations=(self.file.location(entry.keys[0]),),
            checksums=checksums,
            download_location=address(place),
            installed=False,
        )
        return _Locked(package=package, wants=tuple(wants(table)))

    def projects(self) -> Iterator[NpmProject]:
        self.members = {}
        yield self.root
        for folder in workspace_folders(self.root, self.tree):
            member = read_project(folder, self.file, self.tree)
            self.members.setdefault(member.package.name, member)
            yield member

    def resolve(self, want: Want, asker: _Locked | None) -> Package | None:
        del asker
        found = self.index.get(f"{want.name}@{want.range}") or self.index.get(want.name if not want.range else "")
        if found:
            return found.package
        member = self.members.get(want.name)
        return member.package if member else self.only(want.name)  # `resolutions` may have changed the range

    def project_edges(self, projects: list[NpmProject]) -> Iterator[Dependency]:
        for project in projects:
            for want in project.wants:
                target = self.resolve(want, None)
                if target:
                    yield Dependency(source=project.package.id, target=target.id, relation=want.kind)

    members: dict[str, NpmProject]


def _checksums(table: Fields, place: str) -> tuple[tuple[Checksum, ...], list[Skipped]]:
    """Give those of `integrity`, and the SHA-1 of the archive that stands behind "#" of its address."""
    fragment = place.partition("#")[2]
    sha1 = Checksum.parse("sha1", fragment) if not address(place).startswith("git+") else None
    try:
        stated = integrity(table.text_or("integrity"), table.spot("integrity"))
    except InputError as error:
        return (sha1,) if sha1 else (), [skipped_by(error)]
    return tuple(sorted({*stated, *([sha1] if sha1 else [])})), []


# ── yarn 2 and later ─────────────────────────────────────────────────────────────────────────────────────────────────


class _Berry(_Lock):
    """A key is a list of descriptors, `resolution` the locator; workspaces are entries too."""

    def __init__(self, file: File, tree: Tree, metadata: Fields) -> None:
        version = metadata.text("version")
        if not version.isdecimal() or not 1 <= int(version[:6]) <= MAX_VERSION:
            raise metadata.fault("version", f"expected 1 to {MAX_VERSION}, got {version!r}")
        super().__init__(file, tree)

    def entry(self, table: Fields, _: YarnEntry) -> _Locked:
        locator = table.text("resolution")
        name, reference = split_name(locator)
        name = read_name(name, table.spot("resolution"))
        protocol, _colon, rest = reference.partition(":")
        stated = table.text("version")
        version = "" if stated == _LOCAL else stated
        asked = _berry_wants(table)
        if protocol in _LINKS:
            return self.folder_entry(locator, name, protocol, rest, asked)
        package = Package(
            purl=npm(name, version),
            name=name,
            version=version,
            locations=(self.file.location(locator),),
            download_location=_origin(protocol, reference),
            installed=False,
        )
        return _Locked(package=package, wants=asked, locator=locator)

    def folder_entry(self, locator: str, name: str, protocol: str, rest: str, asked: tuple[Want, ...]) -> _Locked:
        """Read a folder of this tree: a workspace, or what `portal:` and `link:` lead to from a workspace."""
        path, _, parameters = rest.partition("::")
        base = self.folder
        if protocol != "workspace":
            above = unquote(dict(pair.partition("=")[::2] for pair in parameters.split("&")).get("locator", ""))
            base = join_path(base, above.partition("@workspace:")[2].partition("::")[0]) or base
        folder = join_path(base, path)
        if folder is None:
            package = Package(purl=npm(name), name=name, locations=(self.file.location(locator),), installed=False)
            return _Locked(package=package, wants=asked, locator=locator)
        project = self.root if folder == self.folder else read_project(folder, self.file, self.tree, name=name)
        if project.manifest is None:
            project = read_project(folder, self.file, self.tree, name=name)
        if folder == self.folder:
            self.root = project
        kinds = relations(project)
        asked = tuple(want._replace(kind=kinds.get(want.name, want.kind)) for want in asked)
        package = replace(project.package, locations=(*project.package.locations, self.file.location(locator)))
        return _Locked(
            package=package, wants=asked, locator=locator, project=project if protocol == "workspace" else None
        )

    def projects(self) -> Iterator[NpmProject]:
        members = [found.project for found in self.locked if found.project]
        if self.root not in members:
            yield self.root
        yield from members

    def resolve(self, want: Want, asker: _Locked | None) -> Package | None:
        if want.kind == "peer" and asker and (asker.project is None or f"{want.name}@{want.range}" not in self.index):
            return self.only(want.name)
        for text in (f"{want.name}@{want.range}", f"{want.name}@npm:{want.range}"):
            bound = f"{text}::locator={quote(asker.locator, safe='')}" if asker else ""
            found = self.index.get(text) or self.index.get(bound)
            if found:
                return found.package
        same = self.unbound.get(f"{want.name}@{want.range}", {})
        return next(iter(same.values())) if len(same) == 1 else self.only(want.name)


def _berry_wants(table: Fields) -> tuple[Want, ...]:
    """Give what an entry asks for; what `dependenciesMeta` calls optional is, and an optional peer asks for nothing."""
    optional = _optional(table, "dependenciesMeta")
    open_peers = _optional(table, "peerDependenciesMeta")
    found = []
    for want in wants(table):
        if want.kind == "depends_on" and want.name in optional:
            want = want._replace(kind="optional")
        if want.kind != "peer" or want.name not in open_peers:
            found.append(want)
    return tuple(found)


def _optional(table: Fields, key: str) -> set[str]:
    inner = table.value.get(key)
    rows = inner.items() if isinstance(inner, dict) else ()
    return {name for name, row in rows if isinstance(row, dict) and row.get("optional") == "true"}


def _origin(protocol: str, reference: str) -> str:
    """Give where a package comes from, where its locator says more than the registry's name for it."""
    if protocol == "npm":
        parameters = reference.partition("::")[2]
        stated = dict(pair.partition("=")[::2] for pair in parameters.split("&"))
        return address(unquote(stated.get("__archiveUrl", "")))
    return "" if protocol in ("patch", "file", "exec") else address(reference.partition("::")[0])


CATALOGER = Cataloger(
    name="yarn-lock",
    globs=("**/yarn.lock",),
    beside=("**/package.json",),
    gives=("name", "version", "licence", "edges", "relations", "project", "checksum", "download"),
    cannot_know=("licence of dependencies", "checksum in yarn 2 and later"),
    ecosystems=("npm",),
    parse=parse,
)
