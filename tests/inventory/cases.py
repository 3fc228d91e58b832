"""Runs a cataloger over a case folder and writes down what it saw, in lines that a person can check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from custody.errors import InputError
from custody.inventory import Cataloger, SquashedTree, tree_of
from custody.inventory.globs import compile_globs
from custody.model import Dependency, Package
from tests.inventory.archive import read_archive


def load_tree(folder: Path, cataloger: Cataloger) -> SquashedTree:
    """Give the tree below `folder`, or in the archive beside it; only what the cataloger asked for has content."""
    wanted = compile_globs([*cataloger.globs, *cataloger.beside])
    archive = folder.with_suffix(".txtar")
    if archive.is_file():
        tree = SquashedTree()
        tree.add([entry if wanted(entry.path) else replace(entry, data=None) for entry in read_archive(archive)], None)
        return tree
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return tree_of({name: path.read_bytes() for name, path in names.items() if wanted(name)})


def tell(cataloger: Cataloger, tree: SquashedTree) -> str:
    """Give the packages, edges and skipped places, one a line, sorted."""
    lines = []
    for file in tree.matching(cataloger.globs):
        try:
            for found in cataloger.parse(file, tree):
                if isinstance(found, Package):
                    lines.append(_package(found))
                elif isinstance(found, Dependency):
                    lines.append(f"edge     {found.source} {found.relation} {found.target}")
                else:
                    lines.append(f"skipped  {found.where}: {found.reason}")
        except InputError as error:
            lines.append(f"skipped  {error}")
    return "".join(f"{line}\n" for line in sorted(set(lines)))


def _package(package: Package) -> str:
    facts = {
        "at": " ".join(f"{place.path}:{place.where}" if place.where else place.path for place in package.locations),
        "licence": package.licence_declared,
        "source": f"{package.source_name} {package.source_version}".strip(),
        "supplier": package.supplier,
        "originator": package.originator,
        "homepage": package.homepage,
        "download": package.download_location,
        "checksums": " ".join(f"{item.algorithm}:{item.hex}" for item in package.checksums),
        "purpose": "" if package.purpose == "LIBRARY" else package.purpose,
        "installed": "" if package.installed else "no",
    }
    return f"package  {package.id}" + "".join(f"\n           {key}: {value}" for key, value in facts.items() if value)
