"""Which operating system package installed the files of a language package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from custody.inventory.squash import SquashedTree
from custody.model import Dependency, Package

__all__ = ["OWNERSHIP_FILES", "owned_by"]

OWNERSHIP_FILES = ("var/lib/dpkg/info/*.list", "var/lib/dpkg/status.d/*.md5sums")
"""dpkg's lists of files (dpkg(1), deb-md5sums(5)); the second is how distroless images keep them."""


def owned_by(packages: Sequence[Package], tree: SquashedTree) -> list[Dependency]:
    """Give an edge `owns` from each Debian package to the packages whose files it installed.

    A file list names paths as the package was built, `/lib/x` also where `/lib` is a link to `usr/lib`; both are one
    file.
    """
    wanted = _wanted_paths(packages, tree)
    if not wanted:
        return []
    edges = set()
    for package in packages:
        if package.purl.type == "deb":
            for path in _listed(package, tree) & wanted.keys():
                edges |= {Dependency(source=package.id, target=owned, relation="owns") for owned in wanted[path]}
    return sorted(edges)


def _wanted_paths(packages: Iterable[Package], tree: SquashedTree) -> dict[bytes, set[str]]:
    """Give every spelling of the files that show language packages → the packages' ids."""
    links = tree.linked_folders()
    wanted: dict[bytes, set[str]] = {}
    for package in packages:
        if package.purl.type == "deb" or package.purpose == "OPERATING_SYSTEM" or not package.installed:
            continue
        for location in package.locations:
            for path in _spellings(location.path, links):
                wanted.setdefault(path.encode("utf-8", "surrogateescape"), set()).add(package.id)
    return wanted


def _spellings(path: str, links: dict[str, list[str]]) -> list[str]:
    found = [path]
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if folder:
            found += [link + path[len(folder) :] for link in links.get(folder, ())]
    return found


def _listed(package: Package, tree: SquashedTree) -> set[bytes]:
    """Give the paths (without the leading "/") that dpkg lists for a package."""
    found: set[bytes] = set()
    for location in package.locations:
        if "/status.d/" in location.path:
            sums = tree.get(location.path + ".md5sums")
            if sums is not None:  # "<md5>  usr/bin/x"
                found |= {line[32:].strip() for line in sums.data.split(b"\n")}
            continue
        folder = location.path.rpartition("/")[0]
        for name in (package.name, f"{package.name}:{package.purl.qualifier('arch')}"):
            listing = tree.get(f"{folder}/info/{name}.list")
            if listing is not None:
                found |= {line[1:] for line in listing.data.split(b"\n")}
    return found
