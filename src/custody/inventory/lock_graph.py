"""The graph of a lock file: everything in it hangs on the project that it stands for.

    yield from rooted(project.id, ids, edges)     # the edges, and what else it takes so that the project reaches all

Also the checksums that lock files write in base64 or behind the algorithm's name, and the places in repositories.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator

from custody.inventory.lockfile import vcs_location
from custody.model import Checksum, Dependency

__all__ = ["base64_checksum", "git_location", "named_checksum", "rooted"]


def rooted(project: str, packages: Iterable[str], edges: Iterable[Dependency]) -> Iterator[Dependency]:
    """Give the edges among known packages, sorted, and let the project contain what they do not reach from it.

    First what nobody needs, then one of each circle that is left: nothing is known of why these are there.
    """
    known = {project, *packages}
    kept = sorted({edge for edge in edges if edge.source != edge.target and {edge.source, edge.target} <= known})
    yield from kept
    targets: dict[str, list[str]] = {}
    for edge in kept:
        targets.setdefault(edge.source, []).append(edge.target)
    needed = {edge.target for edge in kept}
    reached: set[str] = set()
    _spread(project, targets, reached)
    for package in [*sorted(known - needed), *sorted(known)]:
        if package not in reached:
            yield Dependency(source=project, target=package, relation="contains")
            _spread(package, targets, reached)


def _spread(start: str, targets: dict[str, list[str]], reached: set[str]) -> None:
    stack = [start]
    while stack:
        current = stack.pop()
        if current not in reached:
            reached.add(current)
            stack += targets.get(current, ())


def base64_checksum(algorithm: str, text: str) -> Checksum | None:
    """Give the checksum that is written in base64; None where it is none."""
    try:
        return Checksum.parse(algorithm, base64.b64decode(text, validate=True).hex())
    except (binascii.Error, ValueError):
        return None


def named_checksum(text: str) -> Checksum | None:
    """Read `sha256=<hex>` or `sha256:<hex>`; None where it is neither."""
    algorithm, _, value = text.replace("=", ":", 1).partition(":")
    return Checksum.parse(algorithm, value.strip())


def git_location(address: str, revision: str = "") -> str:
    """Give the place of a revision, `git+https://host/path@commit`; "" without an address. Credentials are left out."""
    return vcs_location("git", address, revision) if address else ""
