"""Packages and how they depend on each other: the inventory of an artifact."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from custody.model.purl import Purl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custody.model.artifact import Artifact
    from custody.model.digest import Checksum, Digest

__all__ = ["Dependency", "Distribution", "Inventory", "Location", "Package", "Skipped"]

RELATIONS = ("contains", "depends_on", "dev", "optional", "peer", "build", "owns")
"""How two packages can relate. `dev`, `optional`, `peer` and `build` are ways of depending; `owns` is an operating
system
package that installed the files of another one.
"""
_REQUIRED = frozenset({"contains", "depends_on", "owns"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """One piece of evidence that a package is there.

    path: file in the artifact, without a leading "/"; where: place inside that file ("package[3]"), "" for the file as
    a whole; layer: digest of the layer that *introduced* the package there (diff_id, or the blob's digest where that is
    not known), None in a directory; cataloger: name of the one that saw it.
    """

    path: str
    cataloger: str
    where: str = ""
    layer: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package, known by its purl: seen in several places it is one package with several locations.

    version: "" where it is not known (an open requirement): never guessed.
    licence_declared: SPDX expression; None means nobody said (NOASSERTION); "NONE" that it is known to have none.
    licence_concluded: SPDX expression found in the files themselves, None likewise.
    licence_texts: (LicenseRef-… → the original words) for every LicenseRef used in the two expressions.
    source_name, source_version: of the source package it was built from (distributions), "" where it is its own.
    licence_files: paths of the files whose text or tags the concluded licence rests on.
    cpes: CPE 2.3 names; released: when it was released or built, "YYYY-MM-DD" or RFC 3339 in UTC, "" where not stated.
    supplier, originator: "Person: …" or "Organization: …" as SPDX writes them, "" where not stated.
    installed: False for a lock file's entry, which says what will be installed, not what is.
    enriched: (field, address) for each field that a registry's answer filled, not the artifact itself.
    extra: what an SBOM says of it that nothing here can hold: (family of formats, a JSON object), opaque to everybody
    but that family; two packages are equal without it.
    """

    purl: Purl
    name: str
    version: str = ""
    locations: tuple[Location, ...] = ()
    licence_declared: str | None = None
    licence_concluded: str | None = None
    licence_texts: tuple[tuple[str, str], ...] = ()
    licence_files: tuple[str, ...] = ()
    checksums: tuple[Checksum, ...] = ()
    cpes: tuple[str, ...] = ()
    released: str = ""
    source_name: str = ""
    source_version: str = ""
    supplier: str = ""
    originator: str = ""
    homepage: str = ""
    download_location: str = ""
    description: str = ""
    copyright: str = ""
    purpose: str = "LIBRARY"
    installed: bool = True
    enriched: tuple[tuple[str, str], ...] = ()
    extra: tuple[tuple[str, bytes], ...] = field(default=(), compare=False)

    @property
    def id(self) -> str:
        """Give the identity inside an inventory: the canonical purl."""
        return str(self.purl)

    def merged(self, *others: Package) -> Package:
        """Give this package with what other sightings of it add. What several state, the earliest one keeps."""
        every = (self, *others)
        texts = {name: text for package in reversed(every) for name, text in package.licence_texts}
        enriched = set(self.enriched)
        changes: dict[str, object] = {
            "locations": tuple(
                sorted({place for package in every for place in package.locations}, key=_location_order)
            ),
            "licence_texts": tuple(sorted(texts.items())),
            "installed": any(package.installed for package in every),
            "extra": tuple(dict.fromkeys(item for package in every for item in package.extra)),
        }
        for name in ("checksums", "licence_files", "cpes"):
            changes[name] = tuple(sorted({item for package in every for item in getattr(package, name)}))
        for name in ("licence_declared", "licence_concluded"):
            stated = (getattr(package, name) for package in every)
            changes[name] = next((value for value in stated if value is not None), None)
        for name in _TEXTS:
            changes[name] = next((value for package in every if (value := getattr(package, name))), "")
        for package in others:
            enriched |= {at for at in package.enriched if not getattr(self, at[0], "")}
        changes["enriched"] = tuple(sorted(enriched))
        return replace(self, **changes)  # type: ignore[arg-type]


_TEXTS = (
    "source_name",
    "source_version",
    "supplier",
    "originator",
    "homepage",
    "download_location",
    "description",
    "copyright",
    "released",
)
"""Fields of which the first sighting that states one is believed."""


def _location_order(location: Location) -> tuple[str, str, str, str]:
    return (location.path, location.where, location.cataloger, str(location.layer or ""))


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Dependency:
    """An edge: `source` needs (contains, owns) `target`; both are package ids. relation: one of `RELATIONS`."""

    source: str
    target: str
    relation: str = "depends_on"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Skipped:
    """Something that was there and could not be read, so that nothing is silently left out. where: `path[:place]`."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """The operating system that `etc/os-release` names.

    id: "debian"; version: VERSION_ID ("12"), "" for a rolling one.
    """

    id: str
    version: str = ""
    name: str = ""
    codename: str = ""
    like: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """Give the value of a purl's `distro` qualifier: `debian-12`."""
        return f"{self.id}-{self.version}" if self.version else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What is in an artifact.

    Packages and edges are sorted and unique; `root` is the id of the package that is the artifact itself.

    Every package can be reached from the root; every edge ends at packages of this inventory.
    catalogers: (name, how many packages it saw), every cataloger that ran, also those that saw none.
    extra: what an SBOM says that nothing here can hold, as `Package.extra`.
    """

    artifact: Artifact
    root: Package
    packages: tuple[Package, ...]
    dependencies: tuple[Dependency, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    distribution: Distribution | None = None
    catalogers: tuple[tuple[str, int], ...] = ()
    files: int = 0
    extra: tuple[tuple[str, bytes], ...] = field(default=(), compare=False)

    @classmethod
    def assemble(
        cls,
        *,
        artifact: Artifact,
        root: Package,
        packages: Iterable[Package],
        dependencies: Iterable[Dependency],
        skipped: Iterable[Skipped] = (),
        distribution: Distribution | None = None,
        catalogers: Iterable[tuple[str, int]] = (),
        files: int = 0,
        extra: Iterable[tuple[str, bytes]] = (),
    ) -> Inventory:
        """Merge sightings by purl, drop edges that end nowhere, and hang what nothing reaches below the root."""
        sightings: dict[str, list[Package]] = {}
        for package in packages:
            sightings.setdefault(package.id, []).append(package)
        # All at once: a package that was seen a thousand times would be put together a thousand times.
        merged = {key: seen[0].merged(*seen[1:]) if len(seen) > 1 else seen[0] for key, seen in sightings.items()}
        top = root.id
        merged.pop(top, None)
        known = {top, *merged}
        edges = {d for d in dependencies if d.source in known and d.target in known and d.source != d.target}
        edges |= {
            Dependency(source=top, target=name, relation="contains") for name in _tops(top, sorted(merged), edges)
        }
        return cls(
            artifact=artifact,
            root=root,
            packages=tuple(merged[key] for key in sorted(merged)),
            dependencies=tuple(sorted(edges, key=_edge_order)),
            skipped=tuple(sorted(set(skipped))),
            distribution=distribution,
            catalogers=tuple(sorted(catalogers)),
            files=files,
            extra=tuple(extra),
        )

    def path_to(self, package_id: str) -> tuple[str, ...]:
        """Give the chain of package ids from the root to a package, both ends included, as `parents` has it.

        It is empty where there is none.
        """
        parents = self.parents()
        if package_id not in parents:
            return ()
        chain = [package_id]
        while parents[chain[-1]]:
            chain.append(parents[chain[-1]])
        return tuple(reversed(chain))

    def parents(self) -> dict[str, str]:
        """Give for each package that the root reaches the one before it on the way there, "" for the root itself.

        The way takes as few `dev`, `optional`, `peer` and `build` edges as it can: what is needed in any case says more
        of why a package is there. Where it takes none of them it is a shortest one.
        """
        needed: dict[str, list[str]] = {}
        others: dict[str, list[str]] = {}
        for edge in self.dependencies:
            (needed if edge.relation in _REQUIRED else others).setdefault(edge.source, []).append(edge.target)
        parents: dict[str, str] = {self.root.id: ""}
        queue = [self.root.id]
        while queue:
            for current in queue:
                queue += _unmet(current, needed, parents)
            queue = [target for current in queue for target in _unmet(current, others, parents)]
        return parents


def _unmet(source: str, targets: dict[str, list[str]], parents: dict[str, str]) -> list[str]:
    """Give the targets that had no parent, which now have this one."""
    new = [target for target in dict.fromkeys(targets.get(source, ())) if target not in parents]
    parents.update(dict.fromkeys(new, source))
    return new


def _edge_order(edge: Dependency) -> tuple[str, str, str]:
    return (edge.source, edge.target, edge.relation)  # the order of `Dependency` itself, at a fifth of its cost


def _tops(root: str, names: list[str], edges: set[Dependency]) -> list[str]:
    """Give what the root must contain so that it reaches all.

    First what nothing points at, then one of each remaining cycle.
    """
    targets: dict[str, list[str]] = {}
    for edge in sorted(edges, key=_edge_order):
        targets.setdefault(edge.source, []).append(edge.target)
    pointed = {edge.target for edge in edges}
    reached = {root}

    def spread(start: str) -> None:
        stack = [start]
        while stack:
            current = stack.pop()
            for target in targets.get(current, ()):
                if target not in reached:
                    reached.add(target)
                    stack.append(target)

    spread(root)
    tops = []
    for name in [n for n in names if n not in pointed] + names:
        if name not in reached:
            tops.append(name)
            reached.add(name)
            spread(name)
    return tops
