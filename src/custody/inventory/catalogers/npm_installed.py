"""`node_modules` → npm packages.

Reads: package.json of each package in a `node_modules` folder and of the project that such a folder belongs to (npm's
manual page package-json(5)), and `node_modules/.package-lock.json`, npm's own note
of what it put there.
Gives: name, version, licence, author, home page, description, edges found as Node finds modules, project; checksum
and download location where npm noted them.
Cannot know: checksums where no note is left, packages that Debian keeps in `usr/share/nodejs` (its own database lists
them).

Only a folder `node_modules/NAME` or `node_modules/@SCOPE/NAME` is a package; a package.json deeper inside it (of a
test, of an ES module folder) is not. What a package needs for its own development is never installed with it, so it
makes no edge. The note is believed only for packages that still stand where it says, in the version it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, join_path, nameless_project, parent, read_named
from custody.inventory.npm_packages import (
    address,
    candidates,
    described,
    identity,
    integrity,
    needs,
)
from custody.model import Dependency, Package, Purl

_NOTE = "node_modules/.package-lock.json"
_ROOT = re.compile(r"(?:.*/)?node_modules/(?:@[^/]+/)?[^@./][^/]*")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give one package and its edges, or the checksums that npm noted for all of them."""
    folder = parent(file.path)
    if file.path.endswith(_NOTE):
        yield from _read_note(file, tree)
    elif _ROOT.fullmatch(folder):
        table = Fields.from_json(file.data, file.path)
        package = replace(described(table, identity(table)), locations=(file.location(),))
        yield package
        yield from _edges(package.id, table, folder, tree, of_project=False)
    elif not is_below(file.path, "node_modules"):
        yield from _read_project(file, folder, tree)


def _read_project(file: File, folder: str, tree: Tree) -> Iterator[Found]:
    """Give a project that has its own `node_modules`, or is linked into one of a folder above (a workspace)."""
    above = _linked_from(file, folder, tree)
    if above is None and not tree.exists(f"{folder}/node_modules" if folder else "node_modules"):
        return
    table = Fields.from_json(file.data, file.path)
    project = _project(table, file)
    yield project
    yield from _edges(project.id, table, folder, tree, of_project=True)
    if above is not None:
        root = _project(Fields.from_json(above.data, above.path), above)
        yield Dependency(source=root.id, target=project.id, relation="contains")


def _project(table: Fields, file: File) -> Package:
    if "name" not in table:
        return replace(nameless_project(file), installed=True)
    return replace(described(table, identity(table, project=True)), locations=(file.location(),), purpose="APPLICATION")


def _linked_from(file: File, folder: str, tree: Tree) -> File | None:
    """Give package.json of the nearest folder above whose `node_modules` links to this one."""
    try:
        name = identity(Fields.from_json(file.data, file.path), project=True)
    except InputError:
        return None
    full_name = name.full_name
    parts = folder.split("/") if folder else []
    for length in range(len(parts) - 1, -1, -1):
        base = "/".join(parts[:length])
        if tree.resolve("/".join([*parts[:length], "node_modules", full_name])) == folder:
            return tree.get(f"{base}/package.json" if base else "package.json")
    return None


def _edges(source: str, table: Fields, folder: str, tree: Tree, *, of_project: bool) -> Iterator[Dependency]:
    for name, relation in needs(table):
        if relation == "dev" and not of_project:
            continue
        found = next(filter(None, (tree.get(f"{place}/package.json") for place in candidates(folder, name))), None)
        if found is None:
            continue
        try:
            target = identity(Fields.from_json(found.data, found.path), project=True)
        except InputError:  # said when that file itself is parsed
            continue
        yield Dependency(source=source, target=str(target), relation=relation)


def _read_note(file: File, tree: Tree) -> Iterator[Found]:
    project = parent(parent(file.path))
    lock = Fields.from_json(file.data, file.path)
    found, skipped = read_named(lock, "packages", lambda key, entry: _noted(key, entry, project, file, tree))
    yield from (package for package in found if package)
    yield from skipped


def _noted(key: str, entry: Fields, project: str, file: File, tree: Tree) -> Package | None:
    """Give checksum and origin of a package that stands as noted.

    None for one that was removed or changed since, and for links.
    """
    path = join_path(project, key)
    there = tree.get(f"{path}/package.json") if path and _ROOT.fullmatch(path) else None
    if there is None or entry.boolean("link"):
        return None
    try:
        purl: Purl = identity(Fields.from_json(there.data, there.path))
    except InputError:
        return None
    if purl.version != entry.text_or("version"):
        return None
    return Package(
        purl=purl,
        name=purl.full_name,
        version=purl.version,
        locations=(file.location(key),),
        checksums=integrity(entry.text_or("integrity"), entry.spot("integrity")),
        download_location=address(entry.value.get("resolved")),
    )


CATALOGER = Cataloger(
    name="npm-installed",
    globs=("**/package.json", "**/node_modules/.package-lock.json"),
    gives=("name", "version", "licence", "author", "home page", "edges", "project", "checksum where npm noted it"),
    cannot_know=("checksums where no note is left", "packages of the distribution in usr/share/nodejs"),
    ecosystems=("npm",),
    parse=parse,
)
