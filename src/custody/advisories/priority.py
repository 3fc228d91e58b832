"""Where a package stands in an artifact: the way to it, its layer, whose layer that is, and who asked for it.

All of it helps to say what to do first. None means that it is not known, which is neither yes nor no.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from custody.model import Artifact, Digest, Inventory, Package

__all__ = ["Base", "Standing", "base_of", "base_of_history"]

_SHOWN = 20
"""Of a longer way, the packages at either end: real ones are a dozen long, and each finding holds its own."""
_REQUIRING = frozenset({"depends_on", "dev", "optional", "peer", "build"})
_ROOT_FILE_SYSTEM = re.compile(
    r"ADD (?:file:[0-9a-f]{8,}|\S*rootfs\S*) in /(?!\S)|ADD \S*rootfs\S* /(?!\S)", re.IGNORECASE
)
"""How builders write in an image's history that they unpacked a whole root file system: legacy `docker build` and
BuildKit. It is always the first layer, and always somebody's base image."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What is known of the base image.

    layers: diff_ids and blob digests of layers that are its own; whole: no other layer can be. said: by whom, for
    people: "--base registry.example/base:1".
    """

    layers: frozenset[Digest]
    whole: bool
    said: str = ""


def base_of(artifact: Artifact, diff_ids: Sequence[Digest], *, said: str) -> Base:
    """Compare an artifact with the diff_ids of what may be its base image, in order.

    Layers that both begin with are the base's. Only where all of the base's are there, is it the base of this artifact,
    and what stands above is its own; otherwise the base was changed since, and of the rest nothing is known. Where the
    layers of the artifact are not known (another tool's SBOM), the base's are still told by their digests.
    """
    if not artifact.layers:
        return Base(layers=frozenset(diff_ids), whole=False, said=said)
    shared: list[Digest] = []
    for layer, diff_id in zip(artifact.layers, diff_ids, strict=False):
        if layer.diff_id != diff_id:
            break
        shared += [diff_id, layer.descriptor.digest]
    return Base(layers=frozenset(shared), whole=bool(diff_ids) and len(shared) == 2 * len(diff_ids), said=said)


def base_of_history(artifact: Artifact) -> Base | None:
    """Give what the history says clearly: that the first layer is a root file system; None where it does not."""
    if not artifact.layers:
        return None
    first = min(artifact.layers, key=lambda layer: layer.index)
    if first.diff_id is None or not _ROOT_FILE_SYSTEM.search(first.created_by):
        return None
    return Base(layers=frozenset({first.diff_id, first.descriptor.digest}), whole=False, said="the image's history")


class Standing:
    """Where the packages of one inventory stand in it."""

    def __init__(self, inventory: Inventory, base: Base | None = None) -> None:
        """Walk the edges once. base: what is known of the base image; None: what the history says."""
        self._parents = inventory.parents()
        layers = inventory.artifact.layers
        self._places: dict[Digest, int] = {layer.descriptor.digest: layer.index for layer in layers}
        self._places |= {layer.diff_id: layer.index for layer in layers if layer.diff_id is not None}
        self._base = base_of_history(inventory.artifact) if base is None else base
        requiring = [edge for edge in inventory.dependencies if edge.relation in _REQUIRING]
        # An application that others require is a tool of theirs, and no project of the artifact's.
        tools = {edge.target for edge in requiring}
        projects = {p.id for p in inventory.packages if p.purpose in ("APPLICATION", "FILE")} - tools
        projects.add(inventory.root.id)
        self._direct: dict[str, bool] = {}
        for edge in requiring:
            self._direct[edge.target] = self._direct.get(edge.target, False) or edge.source in projects

    def path(self, package_id: str) -> tuple[str, ...]:
        """Give what `Inventory.path_to` gives, shortened in its middle where it is very long."""
        chain = []
        while package_id in self._parents:
            chain.append(package_id)
            package_id = self._parents[package_id]
        chain.reverse()
        if len(chain) <= 2 * _SHOWN:
            return tuple(chain)
        return (*chain[:_SHOWN], f"… {len(chain) - 2 * _SHOWN} more …", *chain[-_SHOWN:])

    def layer(self, package: Package) -> Digest | None:
        """Give the first layer that holds the package: that one has to be rebuilt to be rid of it."""
        found = {location.layer for location in package.locations if location.layer is not None}
        return min(found, key=lambda digest: (self._places.get(digest, len(self._places)), digest), default=None)

    def direct(self, package_id: str) -> bool | None:
        """Say whether the artifact, or a project in it, requires the package itself.

        False: only other packages do. None: nothing says who requires it.
        """
        return self._direct.get(package_id)

    def base(self, layer: Digest | None) -> bool | None:
        """Say whether a layer is the base image's."""
        if layer is None or self._base is None:
            return None
        return True if layer in self._base.layers else False if self._base.whole else None
