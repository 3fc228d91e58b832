"""package-lock.json → npm packages.

Reads: package-lock.json and npm-shrinkwrap.json, lockfileVersion 1, 2 and 3 (npm's manual page
package-lock-json(5)); for version 1 also package.json beside it, which
alone says what the project asks for itself.
Gives: name, version, edges by kind (depends_on, dev, optional, peer) found as Node finds modules, project and
workspaces, checksum, download location as written but for credentials, licence (versions 2 and 3).
Cannot know: authors; in version 1 licences, peers, and versions of what comes from a repository or a folder.

Version 2 holds the same tree twice, and `packages` is read, as npm does. What is bundled is also contained by its
bundler: only a new release of that one can mend it. Lock files inside `node_modules` are not read: what they led to
stands there itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import (
    contain_tops,
    is_below,
    join_path,
    nameless_project,
    parent,
    read_named,
    skipped_by,
)
from custody.inventory.npm_packages import (
    address,
    alias_target,
    candidates,
    integrity,
    licence,
    needs,
    npm,
    package_json,
    read_name,
)
from custody.model import Checksum, Dependency, Package, Skipped

MAX_DEPTH = 200
"""Folders inside each other. Real trees stay under thirty; each level costs a look-up for each dependency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A package in its folder, relative to the project ("" for the project itself). needs: (name, relation)."""

    folder: str
    package: Package
    needs: tuple[tuple[str, str], ...]
    bundled: bool = False
    skipped: tuple[Skipped, ...] = ()


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, the project they are locked for, and who needs whom."""
    if is_below(file.path, "node_modules"):
        return
    lock = Fields.from_json(file.data, file.path)
    version = lock.integer("lockfileVersion") if "lockfileVersion" in lock else 1
    if version not in (1, 2, 3):
        raise lock.fault("lockfileVersion", f"expected 1, 2 or 3, got {version}")
    yield from _read_tree(lock, file) if version > 1 or "packages" in lock else _read_nested(lock, file, tree)


# ── versions 2 and 3: folder → package ───────────────────────────────────────────────────────────────────────────────


def _read_tree(lock: Fields, file: File) -> Iterator[Found]:
    found, skipped = read_named(lock, "packages", lambda key, entry: _read_entry(key, entry, lock, file))
    links = {key: target for key, target in found if isinstance(target, str)}
    places = {key: place for key, place in found if isinstance(place, _Place)}
    yield from skipped
    for place in places.values():
        yield place.package
        yield from place.skipped
    yield from sorted(set(_edges(places, links)))


def _read_entry(key: str, entry: Fields, lock: Fields, file: File) -> tuple[str, _Place | str]:
    """Give the folder with what stands there: a package, or the folder that a link leads to."""
    if key.count("/") > MAX_DEPTH:
        raise InputError(entry.at, f"stands more than {MAX_DEPTH} folders deep")
    if entry.boolean("link"):
        return key, entry.text("resolved")
    in_modules = "node_modules/" in key
    if not key:
        package = _project(entry, lock, file)
    else:
        # The name is left out where it is the folder's, as it is for nearly all.
        name = read_name(entry.text_or("name") or _folder_name(key), entry.spot("name"))
        version = entry.text("version") if in_modules else entry.text_or("version")
        expression, texts = licence(entry)
        package = Package(
            purl=npm(name, version),
            name=name,
            version=version,
            locations=(file.location(key),),
            licence_declared=expression,
            licence_texts=texts,
            download_location=address(entry.value.get("resolved")),
            purpose="LIBRARY" if in_modules else "APPLICATION",
            installed=False,
        )
    checksums, skipped = _checksums(entry)
    asked = tuple((name, kind) for name, kind in needs(entry) if kind != "dev" or not in_modules)
    package = replace(package, checksums=checksums)
    return key, _Place(folder=key, package=package, needs=asked, bundled=entry.boolean("inBundle"), skipped=skipped)


def _folder_name(key: str) -> str:
    """Give the name that a folder stands for: its last part, with the scope before it."""
    scope, name = ["", *key.split("/")][-2:]
    return f"{scope}/{name}" if scope.startswith("@") else name


def _project(entry: Fields, lock: Fields, file: File) -> Package:
    """Give the project: what `packages[""]` says of it, else what stands at the top of the file or in package.json."""
    table = entry if "name" in entry else lock
    folder = parent(file.path)
    if "name" not in table:
        named = File(path=f"{folder}/package.json" if folder else "package.json", data=b"", layer=file.layer)
        return replace(nameless_project(named), locations=(file.location(),))
    name = read_name(table.text("name"), table.spot("name"))
    version = entry.text_or("version") or lock.text_or("version")
    expression, texts = licence(entry)
    return Package(
        purl=npm(name, version),
        name=name,
        version=version,
        locations=(file.location(),),
        licence_declared=expression,
        licence_texts=texts,
        purpose="APPLICATION",
        installed=False,
    )


def _checksums(entry: Fields) -> tuple[tuple[Checksum, ...], tuple[Skipped, ...]]:
    """Give the checksums; a bad one is noted and leaves the package there."""
    try:
        return integrity(entry.text_or("integrity"), entry.spot("integrity")), ()
    except InputError as error:
        return (), (skipped_by(error),)


def _edges(places: Mapping[str, _Place], links: Mapping[str, str]) -> Iterator[Dependency]:
    for folder, place in places.items():
        for name, relation in place.needs:
            target = _find(folder, name, places, links)
            if target:
                yield Dependency(source=place.package.id, target=target.package.id, relation=relation)
        if place.bundled:
            owner = _bundler(folder, places)
            if owner:
                yield Dependency(source=owner.package.id, target=place.package.id, relation="contains")
    root = places.get("")
    for target_folder in links.values():
        if root and target_folder in places:
            yield Dependency(source=root.package.id, target=places[target_folder].package.id, relation="contains")


def _find(folder: str, name: str, places: Mapping[str, _Place], links: Mapping[str, str]) -> _Place | None:
    for place in candidates(folder, name):
        found = places.get(links.get(place, place))
        if found:
            return found
    return None


def _bundler(folder: str, places: Mapping[str, _Place]) -> _Place | None:
    """Give the package whose archive brought a bundled one: the nearest above that is not itself bundled."""
    while folder:
        folder = folder.rpartition("node_modules/")[0].rstrip("/")
        owner = places.get(folder)
        if owner and not owner.bundled:
            return owner
    return None


# ── version 1: packages inside of packages ───────────────────────────────────────────────────────────────────────────


def _read_nested(lock: Fields, file: File, tree: Tree) -> Iterator[Found]:
    folder = parent(file.path)
    manifest = _manifest(tree, folder)
    if isinstance(manifest, Skipped):
        yield manifest
        manifest = None
    project = _project(manifest or Fields({}, file.path), lock, file)
    places = {"": _Place(folder="", package=project, needs=tuple(needs(manifest)) if manifest else ())}
    waiting = [("", lock)]
    while waiting:
        base, table = waiting.pop()
        found, skipped = read_named(table, "dependencies", partial(_read_dependency, base=base, file=file, tree=tree))
        yield from skipped
        for place, entry in found:
            places[place.folder] = place
            if "dependencies" in entry:
                waiting.append((place.folder, entry))
    for place in places.values():
        yield place.package
        yield from place.skipped
    linked = {folder: folder for folder, place in places.items() if folder and place.package.purpose == "APPLICATION"}
    edges = sorted(set(_edges(places, linked)))
    yield from edges
    if not any(edge.source == project.id for edge in edges):
        yield from contain_tops(project.id, (place.package.id for place in places.values()), edges)


def _read_dependency(name: str, entry: Fields, *, base: str, file: File, tree: Tree) -> tuple[_Place, Fields]:
    """Read `{"version": …, "resolved": …, "requires": {…}}`. The version of what is from no registry is an address."""
    read_name(name, entry.at)
    if base.count("/") > MAX_DEPTH:
        raise InputError(entry.at, f"stands more than {MAX_DEPTH} folders deep")
    entry.table("dependencies")  # those inside are read next; here it shows that they are a table
    folder = f"{base}/node_modules/{name}" if base else f"node_modules/{name}"
    written = entry.text("version")
    place = address(entry.value.get("resolved"))
    actual, purpose = alias_target(written) or (name, written), "LIBRARY"
    if ":" in actual[1] or "/" in actual[1]:
        place, version = address(actual[1]), ""
        linked = (
            join_path(parent(file.path), actual[1].removeprefix("file:")) if actual[1].startswith("file:") else None
        )
        manifest = _manifest(tree, linked) if linked else None
        if isinstance(manifest, Fields):
            version = manifest.text_or("version")
            purpose = "APPLICATION"
        actual = (name, version)
    checksums, skipped = _checksums(entry)
    requires = entry.value.get("requires")
    found = _Place(
        folder=folder,
        package=Package(
            purl=npm(*actual),
            name=actual[0],
            version=actual[1],
            locations=(file.location(entry.path),),
            checksums=checksums,
            download_location=place,
            purpose=purpose,
            installed=False,
        ),
        needs=tuple((needed, "depends_on") for needed in requires) if isinstance(requires, dict) else (),
        bundled=entry.boolean("bundled"),
        skipped=skipped,
    )
    return found, entry


def _manifest(tree: Tree, folder: str) -> Fields | Skipped | None:
    found = tree.get(f"{folder}/package.json" if folder else "package.json")
    if found is None:
        return None
    try:
        return package_json(found)
    except InputError as error:
        return skipped_by(error)


CATALOGER = Cataloger(
    name="npm-lock",
    globs=("**/package-lock.json", "**/npm-shrinkwrap.json"),
    beside=("**/package.json",),
    gives=("name", "version", "licence", "edges", "relations", "project", "checksum", "download"),
    cannot_know=(
        "author",
        "licence and peers in lockfileVersion 1",
        "version from a repository in lockfileVersion 1",
    ),
    ecosystems=("npm",),
    parse=parse,
)
