"""Cargo.lock → crates.

Reads: Cargo.lock versions 1 to 4 (https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html, and cargo's own
reader of it, cargo/core/resolver/encode.rs); Cargo.toml beside it, of the members of its workspace, and of crates
whose sources stand in the tree (vendored, or in cargo's registry folder). A Cargo.toml that no lock file stands for is
read for what it asks for.
Gives: name, version, edges by kind (depends_on, dev, build, optional), projects, checksum, where it comes from
(repositories and registries other than the public one), licence, author, home page and description where a Cargo.toml
says so.
Cannot know: licences without the sources; which features and platforms are chosen in the end: all are listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.cargo_manifest import crate_purl, describe, is_public, needs, read_crate_name, workspace_of
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, rooted
from custody.inventory.lockfile import is_below, nameless_project, parent, read_each, skipped_by
from custody.model import Checksum, Dependency, Package, Skipped

__all__ = ["CATALOGER", "parse"]

MAX_FORMAT = 4
_OTHERS = ("node_modules", "site-packages", "dist-packages", ".git", "vendor", "testdata", "target")
_NEED = re.compile(r"(\S+)(?: (\S+))?(?: \(([^)]*)\))?")
_STRENGTH = ("depends_on", "build", "optional", "dev")
"""Of several ways to ask for the same crate the first of these counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One package of the lock file. needs: (name, version, source), version and source "" where the name suffices."""

    package: Package
    source: str
    needs: tuple[tuple[str, str, str], ...]


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the crates of one lock file, or what a manifest without one asks for."""
    if _is_others(file.path):
        return
    if file.path.endswith("Cargo.toml"):
        if not _is_locked(file.path, tree):
            yield from _read_requirements(file, tree)
        return
    lock = Fields.from_toml(file.data, file.path)
    version = lock.integer("version") if "version" in lock else 1
    if not 1 <= version <= MAX_FORMAT:
        raise lock.fault("version", f"expected a version up to {MAX_FORMAT}, got {version}")
    yield from _Lock(lock, file, tree).found()


def _is_others(path: str) -> bool:
    """Say whether a file came with what was fetched or installed: it stands for no project of this artifact."""
    return is_below(path, *_OTHERS) or any(part in f"/{path}" for part in ("/registry/src/", "/usr/share/"))


class _Lock:
    """One lock file, with the manifests that stand in its folder and below."""

    def __init__(self, lock: Fields, file: File, tree: Tree) -> None:
        self._lock, self._file, self._tree = lock, file, tree
        self._skipped: list[Skipped] = []
        self._sums = self._old_sums()

    def found(self) -> Iterator[Found]:
        """Give packages, edges and what was skipped."""
        entries, skipped = read_each(self._lock, "package", self._read)
        if "root" in self._lock:  # before 2018 the project stood apart
            entries.insert(0, self._read(self._lock.table("root")))
        manifests = self._manifests({entry.package.name for entry in entries if not entry.source})
        described = [self._described(entry, manifests) for entry in entries]
        yield from described
        yield from skipped
        members = sorted({entry.package.id for entry in entries if not entry.source})
        edges = set(self._edges(entries, manifests))
        root = members[0] if len(members) == 1 else ""
        if not root:  # a workspace, or what is left of one
            project = nameless_project(self._file)
            yield project
            root = project.id
            edges |= {Dependency(source=root, target=member, relation="contains") for member in members}
        yield from rooted(root, {package.id for package in described}, edges)
        yield from self._skipped

    def _read(self, entry: Fields) -> _Entry:
        name = read_crate_name(entry.text("name"), entry.spot("name"))
        version, source = entry.text("version"), entry.text_or("source")
        found = [_NEED.fullmatch(text) for text in entry.texts("dependencies")]
        if None in found:
            raise entry.fault(f"dependencies[{found.index(None)}]", "expected `name version (source)`")
        stated = entry.text_or("checksum") or self._sums.get((name, version, source), "")
        checksum = Checksum.parse("sha256", stated)
        if checksum is None and stated not in ("", "<none>"):
            wrong = entry.fault("checksum", f"expected a SHA-256 of 64 hex digits, got {stated[:80]!r}")
            self._skipped.append(skipped_by(wrong))
        package = Package(
            purl=crate_purl(name, version, source),
            name=name,
            version=version,
            locations=(self._file.location(entry.path),),
            checksums=(checksum,) if checksum else (),
            download_location=_origin(source),
            purpose="LIBRARY" if source else "APPLICATION",
            installed=False,
        )
        asked = tuple((m[1], m[2] or "", m[3] or "") for m in found if m is not None)
        return _Entry(package=package, source=source, needs=asked)

    def _old_sums(self) -> dict[tuple[str, str, str], str]:
        """Give the checksums of version 1, which stand together at the end: "checksum log 0.4.1 (registry+…)"."""
        sums = {}
        metadata = self._lock.table("metadata")
        for key, value in metadata.value.items():
            match = re.fullmatch(r"checksum (\S+) (\S+) \(([^)]*)\)", key)
            if match and isinstance(value, str):
                sums[match[1], match[2], match[3]] = value
        return sums

    def _manifests(self, members: set[str]) -> dict[str, Fields]:
        """Give the manifests of the workspace's own crates, by name."""
        folder = parent(self._file.path)
        found: dict[str, Fields] = {}
        for file in self._tree.matching(("**/Cargo.toml",)):
            if (not folder or file.path.startswith(f"{folder}/")) and not _is_others(file.path):
                try:
                    manifest = Fields.from_toml(file.data, file.path)
                    name = manifest.table("package").text_or("name")
                except InputError as error:
                    self._skipped.append(skipped_by(error))
                    continue
                if name in members:
                    found.setdefault(name, manifest)
        return found

    def _described(self, entry: _Entry, manifests: dict[str, Fields]) -> Package:
        package = entry.package
        manifest = manifests.get(package.name) if not entry.source else self._source_of(package, entry.source)
        try:
            return describe(package, manifest, self._tree) if manifest is not None else package
        except InputError as error:
            self._skipped.append(skipped_by(error))
            return package

    def _source_of(self, package: Package, source: str) -> Fields | None:
        """Give the manifest of a crate whose sources stand in the tree."""
        folder = parent(self._file.path)
        vendor = f"{folder}/vendor" if folder else "vendor"
        label = f"{package.name}-{package.version}"
        paths = [f"{vendor}/{package.name}/Cargo.toml", f"{vendor}/{label}/Cargo.toml"]
        paths += [f"{place}/{label}/Cargo.toml" for place in _registries(self._tree, source)]
        for path in paths:
            file = self._tree.get(path)
            if file is not None:
                try:
                    manifest = Fields.from_toml(file.data, file.path)
                    if manifest.table("package").value.get("version") == package.version:
                        return manifest
                except InputError as error:
                    self._skipped.append(skipped_by(error))
        return None

    def _edges(self, entries: list[_Entry], manifests: dict[str, Fields]) -> Iterator[Dependency]:
        by_name: dict[str, list[_Entry]] = {}
        for entry in entries:
            by_name.setdefault(entry.package.name, []).append(entry)
        for entry in entries:
            manifest = manifests.get(entry.package.name) if not entry.source else None
            kinds = self._kinds(manifest) if manifest is not None else {}
            for name, version, source in entry.needs:
                for other in by_name.get(name, ()):
                    fits = (not version or other.package.version == version) and (not source or other.source == source)
                    if fits:
                        kind = kinds.get(name, "depends_on")
                        yield Dependency(source=entry.package.id, target=other.package.id, relation=kind)

    def _kinds(self, manifest: Fields) -> dict[str, str]:
        kinds: dict[str, str] = {}
        try:
            for need in needs(manifest, workspace_of(manifest, self._tree)):
                stronger = min(need.relation, kinds.get(need.name, need.relation), key=_STRENGTH.index)
                kinds[need.name] = stronger
        except InputError as error:
            self._skipped.append(skipped_by(error))
        return kinds


def _origin(source: str) -> str:
    """Give where a crate comes from, "" for the public registry and for the project's own folders."""
    kind, _, address = source.partition("+")
    if kind != "git":
        return ""
    place, _, commit = address.partition("#")
    return git_location(place.partition("?")[0], commit)


def _registries(tree: Tree, source: str) -> list[str]:
    """Give the folders in which cargo keeps what it fetched from a registry: `…/registry/src/<host>-<number>`."""
    host = re.sub(r"^[a-z]+\+[a-z]+://(?:[^/@]*@)?", "", source).partition("/")[0].partition(":")[0]
    found = {parent(parent(file.path)) for file in tree.matching(("**/registry/src/*/*/Cargo.toml",))}
    names = ((folder, folder.rpartition("/")[2]) for folder in found)
    return sorted(
        folder for folder, name in names if name.startswith(f"{host}-") or (is_public(source) and ".io-" in name)
    )


def _is_locked(path: str, tree: Tree) -> bool:
    folder = parent(path)
    while folder:
        if tree.exists(f"{folder}/Cargo.lock"):
            return True
        folder = parent(folder)
    return tree.exists("Cargo.lock")


def _read_requirements(file: File, tree: Tree) -> Iterator[Found]:
    """Give a crate and what it asks for, without versions: the ranges leave them open."""
    manifest = Fields.from_toml(file.data, file.path)
    table = manifest.table("package")
    workspace = workspace_of(manifest, tree)
    if "name" in table:
        name = read_crate_name(table.text("name"), table.spot("name"))
        version = _stated_version(manifest, tree)
        package = Package(
            purl=crate_purl(name, version),
            name=name,
            version=version,
            locations=(file.location(),),
            purpose="APPLICATION",
            installed=False,
        )
        project = describe(package, manifest, tree)
    elif "workspace" in manifest:
        return  # its members are read in their own folders
    else:
        project = nameless_project(file)
    yield project
    for need in needs(manifest, workspace):
        where = f"{need.place.partition(':')[2]} {need.wanted}".rstrip()
        wanted = Package(
            purl=crate_purl(need.name, _version_in(need.folder, tree)),
            name=need.name,
            locations=(file.location(where),),
            installed=False,
        )
        wanted = replace(wanted, version=wanted.purl.version)
        yield wanted
        if wanted.id != project.id:
            yield Dependency(source=project.id, target=wanted.id, relation=need.relation)


def _version_in(folder: str, tree: Tree) -> str:
    """Give the version of a crate in another folder of the tree; "" where that is not known."""
    file = tree.get(f"{folder}/Cargo.toml") if folder else None
    try:
        return _stated_version(Fields.from_toml(file.data, file.path), tree) if file is not None else ""
    except InputError:
        return ""  # told where that file itself is read


def _stated_version(manifest: Fields, tree: Tree) -> str:
    version = manifest.table("package").value.get("version")
    if isinstance(version, dict):
        workspace = workspace_of(manifest, tree)
        version = workspace.table("workspace").table("package").value.get("version") if workspace else ""
    return version if isinstance(version, str) else ""


CATALOGER = Cataloger(
    name="cargo-lock",
    globs=("**/Cargo.lock", "**/Cargo.toml"),
    parse=parse,
    ecosystems=("crates.io",),
    gives=(
        "name",
        "version",
        "edges",
        "relations",
        "project",
        "checksum",
        "download",
        "licence",
        "author",
        "home page",
        "description",
    ),
    cannot_know=("licence without the sources", "which features and platforms are chosen"),
)
