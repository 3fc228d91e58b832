"""Ask an SBOM, or any artifact, what is in it; and what changed from one to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from custody.model import Inventory, Package
from custody.sbom.compare import Comparison, compare
from custody.sbom.query import check_expression, find, inventory_view, is_filter, package_view, run_filter
from custody.workflows.examine import examine
from custody.workflows.input_file import refuse_twice
from custody.workflows.interface import Listener

__all__ = ["Answer", "Looking", "ask", "ask_filter", "compare_sources", "is_filter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """How a source is looked at, where it is no SBOM: as for `examine`."""

    platform: str | None = None
    exclude: Sequence[str] = ()
    scope: str = "squashed"
    cached: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found.

    paths: purl → the way from the root, both ends included; empty where nobody asked for it. unmatched: names in the
    expression that no package has.
    """

    expression: str
    inventory: Inventory
    packages: tuple[Package, ...]
    paths: dict[str, tuple[str, ...]]
    unmatched: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Give it as JSON values: schemaVersion, expression, root, count, packages (views, with their path)."""
        packages = []
        for package in self.packages:
            view = package_view(package)
            if self.paths:
                view["path"] = list(self.paths.get(package.id, ()))
            packages.append(view)
        return {
            "schemaVersion": "1.0",
            "expression": self.expression,
            "root": self.inventory.root.id,
            "count": len(packages),
            "packages": packages,
        }


def ask(
    source: str, expression: str, listener: Listener, *, looking: Looking, direct: bool = False, paths: bool = False
) -> Answer:
    """Find the packages for which a plain expression holds. direct: one step only; paths: show the way to each."""
    check_expression(expression)
    inventory = _examined(source, listener, looking)
    found = find(inventory, expression, direct=direct)
    ways: dict[str, tuple[str, ...]] = {}
    if paths:
        parents = inventory.parents()
        ways = {package.id: _way(package.id, parents) for package in found.packages}
    return Answer(
        expression=expression,
        inventory=inventory,
        packages=found.packages,
        paths=ways,
        unmatched=found.unmatched,
    )


def ask_filter(source: str, expression: str, listener: Listener, *, looking: Looking) -> Iterator[Any]:
    """Give what a filter makes of the view of a source."""
    check_expression(expression)
    return run_filter(inventory_view(_examined(source, listener, looking)), expression)


def compare_sources(before: str, after: str, listener: Listener, *, looking: Looking) -> Comparison:
    """Give what changed from one source to another. UsageError: both are standard input."""
    refuse_twice((before, after))
    return compare(_examined(before, listener, looking), _examined(after, listener, looking))


def _examined(source: str, listener: Listener, looking: Looking) -> Inventory:
    return examine(
        source,
        listener,
        platform=looking.platform,
        exclude=looking.exclude,
        scope=looking.scope,
        cached=looking.cached,
    )


def _way(package_id: str, parents: dict[str, str]) -> tuple[str, ...]:
    if package_id not in parents:
        return ()
    way = [package_id]
    while parents[way[-1]]:
        way.append(parents[way[-1]])
    return tuple(reversed(way))
