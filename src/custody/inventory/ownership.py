"""Which package of a system package manager installed the files of another package.

A file list names each path as the package was built: `/lib/x` also where `/lib` is a link to `usr/lib`. Both are one
file. Only the paths that are evidence of some package are looked for, so lists are searched, never kept.

A package of which one copy came with the system and another one did not (commons-io in `usr/share/java` and in an
application's own `lib`) is not the system's own: the system's advisories and updates say nothing of the second copy.
The system's package contains it, and does not own it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeAlias

import msgspec

from custody.errors import InputError
from custody.inventory.apk_database import installed_files
from custody.inventory.squash import SquashedTree
from custody.model import Dependency, Package

__all__ = ["OWNERSHIP_FILES", "OWNING_TYPES", "owned_by"]

OWNERSHIP_FILES = (
    "var/lib/dpkg/info/*.list",
    "var/lib/dpkg/status.d/*.md5sums",
    "usr/lib/opkg/info/*.list",
    "var/lib/opkg/info/*.list",
    "var/lib/pacman/local/*/files",
)
"""Lists of files that no cataloger reads: dpkg's (dpkg(1); deb-md5sums(5), which is how distroless images keep them),
opkg's and pacman's (alpm-db-files(5)). The others stand in what catalogers read: apk's and rpm's databases, Portage's
CONTENTS, the records of conda."""

SYSTEMS = frozenset(("alpm", "apk", "deb", "ebuild", "opkg", "rpm"))
"""Purl types of packages that no other package installs."""

Wanted: TypeAlias = "dict[bytes, set[str]]"
"""Path → ids of the packages that it is evidence of."""

Owned: TypeAlias = "Iterator[tuple[str, AbstractSet[bytes]]]"
"""Id of a package, those of the wanted paths that it installed."""


def owned_by(packages: Sequence[Package], tree: SquashedTree) -> list[Dependency]:
    """Give an edge `owns` from each package to the packages whose files it installed, all of them, else `contains`.

    packages: each sighting for itself, so that what a lock file asks for is no copy of what is installed.
    """
    files = _files_of(packages, tree)
    wanted: Wanted = {}
    for id_, spellings in files.items():
        for path in (path for paths in spellings for path in paths):
            wanted.setdefault(path, set()).add(id_)
    if not wanted:
        return []
    by_type: dict[str, list[Package]] = {}
    for package in packages:
        if package.purl.type in _LISTS and package.installed:
            by_type.setdefault(package.purl.type, []).append(package)
    owned: set[tuple[str, str]] = set()
    covered: set[bytes] = set()
    for type_ in sorted(by_type):
        for owner, paths in _LISTS[type_](by_type[type_], tree, wanted):
            owned |= {(owner, target) for path in paths for target in wanted[path] if target != owner}
            covered |= paths
    apart = {id_ for id_, spellings in files.items() if any(covered.isdisjoint(paths) for paths in spellings)}
    return sorted(
        Dependency(source=owner, target=target, relation="contains" if target in apart else "owns")
        for owner, target in owned
    )


def _files_of(packages: Iterable[Package], tree: SquashedTree) -> dict[str, set[tuple[bytes, ...]]]:
    """Give id → the files that show a package, each in all its spellings."""
    links: dict[str, list[str]] | None = None
    found: dict[str, set[tuple[bytes, ...]]] = {}
    for package in packages:
        if package.purl.type in SYSTEMS or package.purpose == "OPERATING_SYSTEM" or not package.installed:
            continue
        if links is None:
            links = tree.linked_folders()
        for location in package.locations:
            spellings = _spellings(location.path, links)
            encoded = tuple(path.encode("utf-8", "surrogateescape") for path in spellings)
            found.setdefault(package.id, set()).add(encoded)
    return found


def _spellings(path: str, links: dict[str, list[str]]) -> list[str]:
    found = [path]
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if folder:
            found += [link + path[len(folder) :] for link in links.get(folder, ())]
    return found


# ── lists of files, one function for each package manager ───────────────────────────────────────────────────────────


def _dpkg(packages: list[Package], tree: SquashedTree, wanted: Wanted) -> Owned:
    """`/usr/bin/x` a line; in a distroless image `<md5>  usr/bin/x`. opkg adds tab and more behind the path."""
    for package in packages:
        paths: set[bytes] = set()
        for location in package.locations:
            if "/status.d/" in location.path:
                sums = tree.get(location.path + ".md5sums")
                if sums is not None:
                    paths |= {line[32:].strip() for line in sums.data.split(b"\n")}
                continue
            folder = location.path.rpartition("/")[0]
            for name in (package.name, f"{package.name}:{package.purl.qualifier('arch')}"):
                listing = tree.get(f"{folder}/info/{name}.list")
                if listing is not None:
                    paths |= {line[1:].partition(b"\t")[0] for line in listing.data.split(b"\n")}
        yield package.id, paths & wanted.keys()


def _apk(packages: list[Package], tree: SquashedTree, wanted: Wanted) -> Owned:
    for path, ids in _by_place(packages).items():
        database = tree.get(path)
        for name, paths in installed_files(database.data) if database is not None else ():
            if name in ids:
                yield ids[name], wanted.keys() & paths


def _rpm(packages: list[Package], tree: SquashedTree, wanted: Wanted) -> Owned:
    from custody.inventory.rpm_database import RPM_DATABASE, read_database  # most images have none

    by_place = _by_place(packages)
    folders = {b"/" + path.rpartition(b"/")[0] + b"/" for path in wanted}
    names = {folder.decode("utf-8", "surrogateescape"): folder for folder in folders}
    for database in tree.extracted(RPM_DATABASE.name):
        ids = by_place.get(database.path, {})
        try:
            records = read_database(database.data, database.path).packages if ids else []
        except InputError:  # told by the cataloger
            continue
        for record in records:
            if record.place in ids:
                paths = {
                    names[folder][1:] + name.encode("utf-8", "surrogateescape")
                    for folder in record.folders
                    if folder in names
                    for name in record.folders[folder]
                }
                yield ids[record.place], paths & wanted.keys()


def _pacman(packages: list[Package], tree: SquashedTree, wanted: Wanted) -> Owned:
    for package in packages:
        for location in package.locations:
            listing = tree.get(location.path.rpartition("/")[0] + "/files")
            if listing is not None:
                yield package.id, wanted.keys() & listing.data.split(b"\n")


def _portage(packages: list[Package], tree: SquashedTree, wanted: Wanted) -> Owned:
    """`obj /usr/bin/x <md5> <time>` a line; paths may hold spaces."""
    for package in packages:
        for location in package.locations:
            contents = tree.get(location.path)
            if contents is not None:
                lines = (line[5:].rsplit(b" ", 2)[0] for line in contents.data.split(b"\n") if line[:5] == b"obj /")
                yield package.id, wanted.keys() & set(lines)


class _CondaFiles(msgspec.Struct):
    files: list[str] = []


def _conda(packages: list[Package], tree: SquashedTree, wanted: Wanted) -> Owned:
    """`files` holds paths below the environment, which is the folder that conda-meta stands in."""
    for package in packages:
        for location in package.locations:
            record = tree.get(location.path)
            if record is None:
                continue
            try:
                names = msgspec.json.decode(record.data, type=_CondaFiles).files
            except msgspec.MsgspecError:  # told by the cataloger
                continue
            prefix = location.path.rpartition("conda-meta/")[0].encode("utf-8", "surrogateescape")
            yield package.id, wanted.keys() & {prefix + name.encode("utf-8", "surrogateescape") for name in names}


def _brew(packages: list[Package], tree: SquashedTree, wanted: Wanted) -> Owned:
    """All that lies below `Cellar/NAME/VERSION/` belongs to it."""
    del tree
    folders = {
        location.path.rpartition("/")[0].encode("utf-8", "surrogateescape"): package.id
        for package in packages
        for location in package.locations
        if location.path.endswith("/INSTALL_RECEIPT.json")
    }
    yield from _below(re.compile(rb"(?:.*?/)?Cellar/[^/]+/[^/]+(?=/)"), folders, wanted)


def _nix(packages: list[Package], tree: SquashedTree, wanted: Wanted) -> Owned:
    """All that lies below a path of the store belongs to it."""
    del tree
    folders = {
        f"nix/store/{location.where}".encode(): package.id for package in packages for location in package.locations
    }
    yield from _below(re.compile(rb"nix/store/[^/]+(?=/)"), folders, wanted)


def _below(root: re.Pattern[bytes], folders: dict[bytes, str], wanted: Wanted) -> Owned:
    for path in wanted:
        match = root.match(path)
        if match and match[0] in folders:
            yield folders[match[0]], {path}


def _by_place(packages: list[Package]) -> dict[str, dict[str, str]]:
    """Give database → place in it → package id."""
    found: dict[str, dict[str, str]] = {}
    for package in packages:
        for location in package.locations:
            found.setdefault(location.path, {})[location.where] = package.id
    return found


_LISTS: dict[str, Callable[[list[Package], SquashedTree, Wanted], Owned]] = {
    "alpm": _pacman,
    "apk": _apk,
    "brew": _brew,
    "conda": _conda,
    "deb": _dpkg,
    "ebuild": _portage,
    "nix": _nix,
    "opkg": _dpkg,
    "rpm": _rpm,
}

OWNING_TYPES = frozenset(_LISTS)
"""Purl types of packages whose files are known, so that what they brought is shown as their own."""
