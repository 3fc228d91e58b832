"""Runs a cataloger over a case folder and writes down what it saw, in lines that a person can check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from custody.errors import InputError
from custody.inventory import Cataloger, SquashedTree
from custody.inventory.squash import laid_out
from custody.inventory.walk import started_by
from custody.model import Dependency, Entry, Extractor, HeldContent, Package
from custody.model.globs import compile_globs
from tests.inventory.archive import read_archive


class Case(SquashedTree):
    """The tree of a case, with what its cataloger's extractor refused."""

    refused: tuple[InputError, ...] = ()


def load_tree(folder: Path, cataloger: Cataloger) -> Case:
    """Give the tree below `folder`, or in the archive beside it; only what the cataloger asked for has content."""
    return tree_of_entries(read_entries(folder), cataloger)


def read_entries(folder: Path) -> list[Entry]:
    """Give what stands below `folder`, or in the archive beside it, whole."""
    archive = folder.with_suffix(".txtar")
    if archive.is_file():
        return read_archive(archive)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [_entry(path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths]


def tree_of_entries(entries: Iterable[Entry], cataloger: Cataloger) -> Case:
    """Give the tree as a source gives it: content where the cataloger asked for it, and what its extractor takes."""
    wanted = compile_globs([*cataloger.globs, *cataloger.beside])
    tree = Case()
    extracted = [_extracted(entry, cataloger, tree) for entry in entries]
    tree.add(laid_out(e if wanted(e.path) else replace(e, data=None) for e in extracted), None)
    return tree


def _entry(path: str, data: bytes) -> Entry:
    return Entry(path=path, kind="file", size=len(data), data=data)


def _extracted(entry: Entry, cataloger: Cataloger, tree: Case) -> Entry:
    """Give the entry with what the cataloger's extractor takes out of it, as a source does."""
    extractor = cataloger.extractor
    if extractor is None or entry.kind != "file" or not entry.data or not is_extracted(extractor, entry):
        return entry
    try:
        taken = extractor.extract(entry.path, HeldContent(entry.data))
    except InputError as error:
        tree.refused += (error,)
        return entry
    return replace(entry, extracts=((extractor.name, taken),) if taken else ())


def is_extracted(extractor: Extractor, entry: Entry) -> bool:
    """Say whether an extractor looks into a file, as a source asks it."""
    magics = extractor.magics
    return bool(magics and (entry.data or b"").startswith(magics)) or compile_globs(extractor.globs)(entry.path)


def tell(cataloger: Cataloger, tree: Case) -> str:
    """Give the packages, edges and skipped places, one a line, sorted."""
    lines = [f"skipped  {error}" for error in tree.refused]
    for file in started_by(cataloger, tree):
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
        "concluded": package.licence_concluded,
        "licence files": " ".join(package.licence_files),
        "source": f"{package.source_name} {package.source_version}".strip(),
        "supplier": package.supplier,
        "originator": package.originator,
        "homepage": package.homepage,
        "download": package.download_location,
        "checksums": " ".join(f"{item.algorithm}:{item.hex}" for item in package.checksums),
        "cpes": " ".join(package.cpes),
        "released": package.released,
        "copyright": package.copyright,
        "description": package.description,
        "purpose": "" if package.purpose == "LIBRARY" else package.purpose,
        "installed": "" if package.installed else "no",
    }
    return f"package  {package.id}" + "".join(f"\n           {key}: {value}" for key, value in facts.items() if value)
