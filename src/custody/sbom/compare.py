"""What changed from one inventory to another.

A package is the same one when type, namespace, name and subpath of its purl are; qualifiers (architecture,
distribution) help to tell several apart. The subject of the two documents is not compared by its own version, which is
another one in nearly every release: what it contains counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from custody.model import Dependency

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custody.model import Checksum, Inventory, Package

__all__ = ["Changed", "Comparison", "compare"]

_DOTTED = re.compile(r"[vV]?(\d{1,18}(?:\.\d{1,18}){0,9})")
_ROOT = "(subject)"
"""Stands for both roots in edges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One package before and after.

    direction: "upgraded" or "downgraded" where both versions are numbers with dots, "changed" where which is the newer
    one is not known here, "" where the version is the same. checksums: algorithms whose value is another one though the
    version is the same.
    """

    before: Package
    after: Package
    direction: str = ""
    checksums: tuple[str, ...] = ()

    @property
    def licence(self) -> bool:
        """Say whether a licence is another one, or known where it was not, or the other way round."""
        return _licences(self.before) != _licences(self.after)

    @property
    def same(self) -> bool:
        """Say whether nothing that counts is different."""
        return not (self.direction or self.checksums or self.licence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All differences, each list sorted by purl.

    packages that changed stand in `changed` once, with everything that did; edges: between packages that are on both
    sides, by the purls of the second document (added) and of the first one (removed).
    """

    before: Inventory
    after: Inventory
    added: tuple[Package, ...] = ()
    removed: tuple[Package, ...] = ()
    changed: tuple[Changed, ...] = ()
    edges_added: tuple[Dependency, ...] = ()
    edges_removed: tuple[Dependency, ...] = ()

    @property
    def same(self) -> bool:
        """Say whether nothing changed."""
        return not (self.added or self.removed or self.changed or self.edges_added or self.edges_removed)


def compare(before: Inventory, after: Inventory) -> Comparison:
    """Give the differences between two inventories, from any formats."""
    pairs: list[tuple[Package, Package]] = []
    added: list[Package] = []
    removed: list[Package] = []
    left, right = _grouped(before), _grouped(after)
    for key in sorted({*left, *right}):
        matched, gone, new = _paired(left.get(key, {}), right.get(key, {}))
        pairs += matched
        removed += gone
        added += new
    changed = [Changed(before=a, after=b, direction=_direction(a, b), checksums=_checksums(a, b)) for a, b in pairs]
    edges_added, edges_removed = _edges(before, after, pairs)
    return Comparison(
        before=before,
        after=after,
        added=tuple(sorted(added, key=_id)),
        removed=tuple(sorted(removed, key=_id)),
        changed=tuple(
            sorted(
                (c for c in changed if c.direction or c.checksums or c.licence), key=lambda c: (c.after.id, c.before.id)
            )
        ),
        edges_added=edges_added,
        edges_removed=edges_removed,
    )


def _id(package: Package) -> str:
    return package.id


def _licences(package: Package) -> tuple[str | None, str | None]:
    """Give what counts: a concluded licence that only repeats the declared one says nothing new."""
    return package.licence_declared, package.licence_concluded or package.licence_declared


# ── which is which ───────────────────────────────────────────────────────────────────────────────────────────────────


def _grouped(inventory: Inventory) -> dict[tuple[str, ...], dict[str, Package]]:
    groups: dict[tuple[str, ...], dict[str, Package]] = {}
    for package in inventory.packages:
        purl = package.purl
        groups.setdefault((purl.type, purl.namespace, purl.name, purl.subpath), {})[package.id] = package
    return groups


def _paired(
    left: dict[str, Package], right: dict[str, Package]
) -> tuple[list[tuple[Package, Package]], list[Package], list[Package]]:
    """Pair the packages of one name: by purl, by version, by architecture; then the newest with the newest."""
    pairs = [(left[key], right[key]) for key in left if key in right]
    gone = [package for key, package in left.items() if key not in right]
    new = [package for key, package in right.items() if key not in left]
    for alike in (_same_version, _same_architecture, _any):
        gone.sort(key=_newest_first)
        new.sort(key=_newest_first)
        for package in list(gone):
            other = next((candidate for candidate in new if alike(package, candidate)), None)
            if other is not None:
                pairs.append((package, other))
                gone.remove(package)
                new.remove(other)
    return pairs, gone, new


def _same_version(a: Package, b: Package) -> bool:
    return bool(a.version) and a.version == b.version and a.purl.qualifier("arch") == b.purl.qualifier("arch")


def _same_architecture(a: Package, b: Package) -> bool:
    return a.purl.qualifier("arch") == b.purl.qualifier("arch")


def _any(a: Package, b: Package) -> bool:
    """Pair what is left; but what one side has for two architectures does not become the other side's third."""
    return not (a.purl.qualifier("arch") and b.purl.qualifier("arch"))


def _newest_first(package: Package) -> tuple[tuple[int, ...], str]:
    numbers = _numbers(package.version) or ()
    return tuple(-number for number in numbers), package.id


# ── what is different ────────────────────────────────────────────────────────────────────────────────────────────────


def _numbers(version: str) -> tuple[int, ...] | None:
    match = _DOTTED.fullmatch(version)
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _direction(a: Package, b: Package) -> str:
    if a.version == b.version:
        return ""
    left, right = _numbers(a.version), _numbers(b.version)
    if left is None or right is None or left == right:
        return "changed"
    return "upgraded" if left < right else "downgraded"


def _checksums(a: Package, b: Package) -> tuple[str, ...]:
    """Give the algorithms that both state, without one value in common."""
    if a.version != b.version:
        return ()
    left, right = _by_algorithm(a.checksums), _by_algorithm(b.checksums)
    return tuple(name for name in sorted(left.keys() & right.keys()) if not left[name] & right[name])


def _by_algorithm(checksums: Iterable[Checksum]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for item in checksums:
        found.setdefault(item.algorithm, set()).add(item.hex)
    return found


def _edges(
    before: Inventory, after: Inventory, pairs: list[tuple[Package, Package]]
) -> tuple[tuple[Dependency, ...], tuple[Dependency, ...]]:
    """Give the new and the lost edges between packages that both sides have."""
    names = {a.id: f"{index}" for index, (a, _) in enumerate(pairs)} | {before.root.id: _ROOT}
    others = {b.id: f"{index}" for index, (_, b) in enumerate(pairs)} | {after.root.id: _ROOT}
    left, right = _named(before.dependencies, names), _named(after.dependencies, others)
    added = sorted(edge for key, edge in right.items() if key not in left)
    removed = sorted(edge for key, edge in left.items() if key not in right)
    return tuple(added), tuple(removed)


def _named(edges: Iterable[Dependency], names: dict[str, str]) -> dict[tuple[str, str, str], Dependency]:
    return {
        (names[edge.source], names[edge.target], edge.relation): edge
        for edge in edges
        if edge.source in names and edge.target in names
    }
