"""Programs built by cargo-auditable → the crates that they were built of.

Reads: the section `.dep-v0` of ELF, PE and Mach-O programs and libraries, through the extractor `program`
(https://github.com/rust-secure-code/cargo-auditable, PARSING.md and cargo-auditable.schema.json).
Gives: name, version, edges, relations (what only ran in the build is build), project (the root crate).
Cannot know: checksums, licences, which registry or repository a crate came from; crates of a program that was built
without cargo-auditable.
"""

from __future__ import annotations

from collections.abc import Iterator

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.cargo_manifest import read_crate_name
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import nameless_project, read_each
from custody.inventory.program import PROGRAM, read_program
from custody.model import Dependency, Package, Purl, Skipped

__all__ = ["CATALOGER", "parse"]


def parse(file: File, _: Tree) -> Iterator[Found]:
    """Give the crates of one program."""
    program = read_program(file)
    if program.fault("crates"):
        yield Skipped(where=file.path, reason=program.fault("crates"))
    if not program.crates:
        return
    listed = Fields.from_json(program.crates.encode("utf-8", "surrogatepass"), file.path)
    rows = listed.items("packages")
    entries, skipped = read_each(listed, "packages", lambda entry: (entry.path, _read(entry, file)))
    packages = dict(entries)
    yield from packages.values()
    yield from skipped
    places = [f"packages[{index}]" for index in range(len(rows))]
    edges = set()
    for index, place in enumerate(places):
        for target in _targets(rows[index], file, place) if place in packages else ():
            other = packages.get(f"packages[{target}]")
            if other is not None and other.id != packages[place].id:
                kind = "depends_on" if other.installed or not packages[place].installed else "build"
                edges.add(Dependency(source=packages[place].id, target=other.id, relation=kind))
    project = next((package for package in packages.values() if package.purpose == "APPLICATION"), None)
    if project is None:
        project = nameless_project(file)
        yield project
    yield from rooted(project.id, {package.id for package in packages.values()}, edges)


def _read(entry: Fields, file: File) -> Package:
    name, version = read_crate_name(entry.text("name"), entry.spot("name")), entry.text("version")
    source = entry.text_or("source")
    _targets(entry.value, file, entry.path)
    return Package(
        purl=Purl("cargo", name, version),
        name=name,
        version=version,
        locations=(file.location(f"{entry.path}, source {source}" if source else entry.path),),
        purpose="APPLICATION" if entry.boolean("root") else "LIBRARY",
        # What only ran in the build is not in the program.
        installed=entry.text_or("kind") != "build",
    )


def _targets(row: object, file: File, place: str) -> list[int]:
    """Give the indices of what a crate needs. Raises InputError: they are no list of numbers."""
    targets = row.get("dependencies") if isinstance(row, dict) else None
    if targets is None:
        return []
    if not isinstance(targets, list) or any(not isinstance(t, int) or isinstance(t, bool) for t in targets):
        raise InputError(file.at(f"{place}.dependencies"), "expected a list of indices")
    return targets


CATALOGER = Cataloger(
    name="cargo-auditable",
    extractor=PROGRAM,
    parse=parse,
    ecosystems=("crates.io",),
    gives=("name", "version", "edges", "relations", "project"),
    cannot_know=("checksum", "licence", "which registry a crate came from"),
)
