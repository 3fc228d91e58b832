"""`node_modules` → npm packages.

Reads: package.json of each package in a `node_modules` folder and of the project that such a folder belongs to (npm's
manual page package-json(5)), and `node_modules/.package-lock.json`, npm's own note
of what it put there.
Gives: name, version, licence, author, home page, description, edges found as Node finds modules, project; checksum
and download location where npm noted them.
Cannot know: checksums where no note is left.

Only a folder `node_modules/NAME` or `node_modules/@SCOPE/NAME` is a package, and one in the folders that Debian's Node
searches (`usr/share/nodejs`, `usr/lib/nodejs`; what dpkg put there shows its owner); a package.json deeper inside it
(of a test, of an ES module folder) is not. Nor is one elsewhere, except a built extension of JupyterLab
(`share/jupyter/labextensions/NAME`, https://jupyterlab.readthedocs.io/en/stable/extension/extension_dev.html): this one
was published as an npm package, and installed without npm. What a package bundles and brought along in its own archive,
it contains. What a package needs for its own development is never installed with it, so it makes no edge. The note is
believed only for packages that still stand where it says, in the version it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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
    package_json,
)
from custody.model import Dependency, Package, Purl

_NOTE = "node_modules/.package-lock.json"
_DEBIAN = "usr/(?:share|lib|lib/[a-z0-9_]+-linux-[a-z0-9]+)/nodejs"
_ROOT = re.compile(rf"(?:(?:.*/)?node_modules|{_DEBIAN})/(?:@[^/]+/)?[^@./][^/]*")
_BUILT = b'"_build"'
_DEBIAN_ARCHITECTURES = (
    "aarch64-linux-gnu",
    "arm-linux-gnueabihf",
    "i386-linux-gnu",
    "powerpc64le-linux-gnu",
    "riscv64-linux-gnu",
    "s390x-linux-gnu",
    "x86_64-linux-gnu",
)
_DEBIAN_FOLDERS = (*(f"usr/lib/{name}/nodejs" for name in _DEBIAN_ARCHITECTURES), "usr/share/nodejs", "usr/lib/nodejs")
"""Where Debian's Node looks last, https://www.debian.org/doc/packaging-manuals/javascript-policy/"""


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give one package and its edges, or the checksums that npm noted for all of them."""
    folder = parent(file.path)
    if file.path.endswith(_NOTE):
        yield from _read_note(file, tree)
    elif _ROOT.fullmatch(folder):
        table = package_json(file)
        package = replace(described(table, identity(table)), locations=(file.location(),))
        yield package
        yield from _edges(package.id, table, folder, tree, of_project=False)
        yield from _bundled(package.id, table, folder, tree)
    elif not is_below(file.path, "node_modules"):
        if _BUILT in file.data and _is_built_extension(file):
            table = package_json(file)
            yield replace(described(table, identity(table)), locations=(file.location(),))
            return
        yield from _read_project(file, folder, tree)


def _is_built_extension(file: File) -> bool:
    """Say whether this is an extension of JupyterLab as it is installed: `jupyterlab._build` says what to load."""
    build = package_json(file).value.get("jupyterlab")
    return isinstance(build, dict) and isinstance(build.get("_build"), dict)


def _read_project(file: File, folder: str, tree: Tree) -> Iterator[Found]:
    """Give a project that has its own `node_modules`, or is linked into one of a folder above (a workspace)."""
    above = _linked_from(file, folder, tree)
    if above is None and not tree.exists(f"{folder}/node_modules" if folder else "node_modules"):
        return
    table = package_json(file)
    project = _project(table, file)
    yield project
    yield from _edges(project.id, table, folder, tree, of_project=True)
    if above is not None:
        root = _project(package_json(above), above)
        yield Dependency(source=root.id, target=project.id, relation="contains")


def _project(table: Fields, file: File) -> Package:
    if "name" not in table:
        return replace(nameless_project(file), installed=True)
    return replace(described(table, identity(table, project=True)), locations=(file.location(),), purpose="APPLICATION")


def _linked_from(file: File, folder: str, tree: Tree) -> File | None:
    """Give package.json of the nearest folder above whose `node_modules` links to this one."""
    try:
        name = identity(package_json(file), project=True)
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
        target = _found_at((*candidates(folder, name), *(f"{base}/{name}" for base in _last_resort(folder))), tree)
        if target:
            yield Dependency(source=source, target=target, relation=relation)


def _last_resort(folder: str) -> tuple[str, ...]:
    return _DEBIAN_FOLDERS if folder.startswith("usr/") else ()


def _bundled(source: str, table: Fields, folder: str, tree: Tree) -> Iterator[Dependency]:
    """Give the edges to what came in the package's own archive: `bundleDependencies` names it, true means all."""
    stated = table.value.get("bundleDependencies", table.value.get("bundledDependencies"))
    if stated is True:
        stated = [name for name, relation in needs(table) if relation in ("depends_on", "optional")]
    for name in stated if isinstance(stated, list) else ():
        target = _found_at((f"{folder}/node_modules/{name}",), tree) if isinstance(name, str) else None
        if target and ".." not in name:
            yield Dependency(source=source, target=target, relation="contains")


def _found_at(folders: Iterable[str], tree: Tree) -> str | None:
    """Give the package in the first of the folders that holds one."""
    found = next(filter(None, (tree.get(f"{folder}/package.json") for folder in folders)), None)
    if found is None:
        return None
    try:
        return str(identity(package_json(found), project=True))
    except InputError:  # said when that file itself is parsed
        return None


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
        purl: Purl = identity(package_json(there))
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
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "project",
        "checksum",
        "download",
        "author",
        "home page",
        "description",
    ),
    cannot_know=("checksum where no note is left",),
    ecosystems=("npm",),
    parse=parse,
)
