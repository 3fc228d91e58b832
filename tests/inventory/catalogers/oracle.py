"""What a cataloger saw of a case, in the shape in which package managers tell it."""

from __future__ import annotations

from pathlib import Path

from custody.errors import InputError
from custody.inventory import Cataloger, SquashedTree, load_catalogers
from custody.inventory.interface import Found
from custody.model import Dependency, Package, Skipped
from tests.inventory.cases import load_tree

CASES = Path(__file__).resolve().parent.parent.parent / "cases" / "inventory"
CATALOGERS = {cataloger.name: cataloger for cataloger in load_catalogers()}
OURS = ("bun-", "deno-", "npm-", "pnpm-", "python-", "yarn-")


def look(cataloger: Cataloger, tree: SquashedTree) -> list[Found]:
    """Give all that a cataloger yields; an InputError counts as the Skipped that the core makes of it."""
    found: list[Found] = []
    for file in tree.matching(cataloger.globs):
        try:
            found += cataloger.parse(file, tree)
        except InputError as error:
            found.append(Skipped(where=error.where, reason=error.what))
    return found


def look_at(case: str) -> list[Found]:
    """Give what the cataloger that a case is for sees: `npm-lock/version-3_ok`."""
    cataloger = CATALOGERS[case.partition("/")[0]]
    return look(cataloger, load_tree(CASES / case / "tree", cataloger))


def packages(found: list[Found]) -> dict[str, Package]:
    """Give the packages by id; of several sightings the first."""
    seen: dict[str, Package] = {}
    for item in found:
        if isinstance(item, Package):
            seen.setdefault(item.id, item)
    return seen


def edges(found: list[Found], *relations: str) -> set[tuple[str, str]]:
    """Give the (`name@version`, `name@version`) of the edges between packages, of these relations or of all."""
    names = {id_: f"{package.purl.full_name}@{package.version}" for id_, package in packages(found).items()}
    return {
        (names[item.source], names[item.target])
        for item in found
        if isinstance(item, Dependency) and (not relations or item.relation in relations)
        if item.source in names and item.target in names
    }
