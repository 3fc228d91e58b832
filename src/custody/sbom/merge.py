"""Several inventories as one product: a root that contains the root of each, and below it each one's own graph.

What several of them list under one purl is one package with the evidence of all. Where they contradict each other it is
said (`Conflict`), and as far as the model can hold both, both are kept: checksums are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from custody.model import Artifact, Dependency, Descriptor, Digest, Inventory, Package, Purl, Skipped
from custody.model.canonical import canonical_json

__all__ = ["PRODUCT_TYPE", "Conflict", "Merged", "merge"]

PRODUCT_TYPE = "application/vnd.custody.product.v1+json"
"""Media type of the list of digests by which a product is known: its parts, sorted."""

_ONE = ("licence_declared", "licence_concluded", "supplier", "originator", "download_location", "copyright")
"""Facts of which a package has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two inputs say different things of one package.

    what: the field, or "checksum sha256"; kept: both, or the one of the earlier input; where: the two inputs' names.
    """

    package_id: str
    what: str
    values: tuple[str, str]
    kept: str
    where: tuple[str, str]

    def __str__(self) -> str:
        """Give one line for people."""
        first, second = self.values
        return (
            f"{self.package_id}: {self.what} is {first!r:.90} in {self.where[0]} and {second!r:.90} in {self.where[1]};"
            f" {'both are' if self.kept == 'both' else 'the first is'} kept"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The product; conflicts: sorted by package and field."""

    inventory: Inventory
    conflicts: tuple[Conflict, ...]


def merge(inputs: Sequence[tuple[str, Inventory]], *, name: str, version: str = "") -> Merged:
    """Give one inventory for several, each with the name by which it is spoken of.

    The product is `pkg:generic/NAME@VERSION`, and its digest is that of its parts' digests, in any order.
    """
    root = Package(purl=Purl("generic", name, version), name=name, version=version, purpose="APPLICATION")
    packages: list[Package] = []
    edges: list[Dependency] = []
    skipped: list[Skipped] = []
    catalogers: dict[str, int] = {}
    conflicts: list[Conflict] = []
    first: dict[str, tuple[str, Package]] = {}
    for where, inventory in inputs:
        edges.append(Dependency(source=root.id, target=inventory.root.id, relation="contains"))
        edges += inventory.dependencies
        skipped += inventory.skipped
        for cataloger, count in inventory.catalogers:
            catalogers[cataloger] = catalogers.get(cataloger, 0) + count
        for package in (inventory.root, *inventory.packages):
            packages.append(package)
            known = first.get(package.id)
            if known is None:
                first[package.id] = (where, package)
                continue
            conflicts += _conflicts(known, (where, package))
            first[package.id] = (known[0], known[1].merged(package))
    distributions = {inventory.distribution for _, inventory in inputs if inventory.distribution is not None}
    return Merged(
        inventory=Inventory.assemble(
            artifact=_artifact(name, version, [inventory.artifact for _, inventory in inputs]),
            root=_with_parts(root, packages),
            packages=packages,
            dependencies=edges,
            skipped=skipped,
            distribution=distributions.pop() if len(distributions) == 1 else None,
            catalogers=catalogers.items(),
            files=sum(inventory.files for _, inventory in inputs),
        ),
        conflicts=tuple(sorted(conflicts, key=lambda c: (c.package_id, c.what, c.where))),
    )


def _with_parts(root: Package, packages: list[Package]) -> Package:
    """Give the root, with what an input said of it where the product is one of the inputs' packages itself."""
    for package in packages:
        if package.id == root.id:
            root = root.merged(package)
    return root


def _artifact(name: str, version: str, parts: list[Artifact]) -> Artifact:
    data = canonical_json(sorted({str(part.digest) for part in parts}))
    descriptor = Descriptor(media_type=PRODUCT_TYPE, digest=Digest.of(data), size=len(data))
    layers = [layer for part in parts for layer in part.layers]
    return Artifact(
        kind="file",
        name=name,
        version=version,
        descriptor=descriptor,
        reference=", ".join(sorted({part.reference for part in parts})),
        layers=tuple(replace(layer, index=index) for index, layer in enumerate(dict.fromkeys(layers))),
    )


def _conflicts(left: tuple[str, Package], right: tuple[str, Package]) -> list[Conflict]:
    (where, a), (other, b) = left, right
    found = []
    for field in _ONE:
        said, says = getattr(a, field), getattr(b, field)
        if said and says and said != says:
            found.append((field.replace("_", " "), said, says, "first"))
    for algorithm in sorted({c.algorithm for c in a.checksums} & {c.algorithm for c in b.checksums}):
        mine = {c.hex for c in a.checksums if c.algorithm == algorithm}
        theirs = {c.hex for c in b.checksums if c.algorithm == algorithm}
        if not mine & theirs:
            found.append((f"checksum {algorithm}", min(mine), min(theirs), "both"))
    return [
        Conflict(package_id=a.id, what=what, values=(said, says), kept=kept, where=(where, other))
        for what, said, says, kept in found
    ]
