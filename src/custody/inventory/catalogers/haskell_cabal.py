"""cabal.project.freeze and plan.json → Hackage packages.

Reads: cabal.project.freeze (https://cabal.readthedocs.io/en/stable/cabal-commands.html#cabal-freeze) with the only
.cabal file beside it for the project; `dist-newstyle/cache/plan.json` of cabal-install 2 and later.
Gives: name, version, the project with what it asks for (tests as dev); from plan.json also edges and the checksum of
the source archive (SHA-256).
Cannot know: licences; from the freeze file which package needs which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.haskell_packages import hackage, read_cabal, read_name
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import nameless_project, parent, read_each
from custody.inventory.metadata import declared_licence
from custody.model import Checksum, Dependency, Package, Skipped

_PIN = re.compile(r"(?:any\.)?(?P<name>[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)\s*==\s*(?P<version>\d+(?:\.\d+)*)")
_FLAGS = re.compile(r"(?:any\.)?[A-Za-z0-9-]+(?:\s+[+-][\w-]+|\s+(?:installed|source|test|bench))+")


def parse_freeze(file: File, tree: Tree) -> Iterator[Found]:
    """Give the pinned packages and the project that they are pinned for."""
    project, needs = _project(file, tree)
    yield project
    ids: dict[str, str] = {}
    for line, text in _constraints(file.data):
        pin = _PIN.fullmatch(text)
        if pin is None:
            if not _FLAGS.fullmatch(text):
                yield Skipped(where=file.at(f"line {line}"), reason=f"expected `any.name ==1.0`, got {text[:80]!r}")
            continue
        package = Package(
            purl=hackage(pin["name"], pin["version"]),
            name=pin["name"],
            version=pin["version"],
            locations=(file.location(f"line {line}"),),
            installed=False,
        )
        yield package
        ids[pin["name"]] = package.id
    edges = [Dependency(source=project.id, target=ids[name], relation=kind) for name, kind in needs if name in ids]
    yield from rooted(project.id, ids.values(), edges)


def _constraints(data: bytes) -> Iterator[tuple[int, str]]:
    """Give (line, constraint) of the field `constraints`, which goes on over the lines that are indented."""
    inside = False
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        code = line.partition("--")[0]
        if code[:1] not in (" ", "\t", ""):
            key, colon, code = code.partition(":")
            inside = bool(colon) and key.strip().lower() == "constraints"
        if inside:
            yield from ((number, part.strip()) for part in code.split(",") if part.strip())


def _project(file: File, tree: Tree) -> tuple[Package, tuple[tuple[str, str], ...]]:
    nameless, folder = nameless_project(file), parent(file.path)
    beside = tree.matching((f"{folder}/*.cabal" if folder else "*.cabal",))
    if len(beside) != 1:
        return nameless, ()
    cabal = read_cabal(beside[0].data)
    try:
        purl = hackage(read_name(cabal.name, beside[0].at("name")), cabal.version)
    except InputError:
        return nameless, cabal.needs
    licence, texts = declared_licence(cabal.licence)
    project = replace(
        nameless, purl=purl, name=cabal.name, version=cabal.version, licence_declared=licence, licence_texts=texts
    )
    return project, cabal.needs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """One of `install-plan`; needs: (unit's id, relation)."""

    id: str
    package: Package
    is_local: bool
    needs: tuple[tuple[str, str], ...]


def parse_plan(file: File, _tree: Tree) -> Iterator[Found]:
    """Give the packages of a build plan, the projects that it is for, and who needs whom."""
    plan = Fields.from_json(file.data, file.path)
    if "install-plan" not in plan:
        return  # other tools have files of this name too
    units, skipped = read_each(plan, "install-plan", lambda row: _read_unit(row, file))
    yield from skipped
    packages: dict[str, Package] = {}
    for unit in units:
        packages.setdefault(unit.package.id, unit.package)
    yield from packages.values()
    ids = {unit.id: unit.package.id for unit in units}
    edges = {
        Dependency(source=unit.package.id, target=ids[need], relation=relation)
        for unit in units
        for need, relation in unit.needs
        if need in ids
    }
    projects = sorted({unit.package.id for unit in units if unit.is_local})
    if len(projects) == 1:
        yield from rooted(projects[0], packages, edges)
        return
    root = nameless_project(file)  # a workspace of several packages
    yield root
    edges |= {Dependency(source=root.id, target=project, relation="contains") for project in projects}
    yield from rooted(root.id, packages, edges)


def _read_unit(row: Fields, file: File) -> _Unit:
    name, version = read_name(row.text("pkg-name"), row.spot("pkg-name")), row.text("pkg-version")
    is_local = row.text_or("style") in ("local", "inplace")
    checksum = Checksum.parse("sha256", row.text_or("pkg-src-sha256"))
    package = Package(
        purl=hackage(name, version),
        name=name,
        version=version,
        locations=(file.location(row.path),),
        checksums=(checksum,) if checksum else (),
        purpose="APPLICATION" if is_local else "LIBRARY",
        installed=False,
    )
    # A plan by components has these fields for each of them, one by packages once.
    components = row.table("components")
    needs: set[tuple[str, str]] = set()
    for part in [row, *(components.table(key) for key in components.value)]:
        kind = part.path.rpartition(".")[2] if part is not row else row.text_or("component-name")
        is_dev = kind.startswith(("test:", "bench:"))
        needs |= {(need, "dev" if is_dev else "depends_on") for need in part.texts("depends")}
        needs |= {(need, "build") for need in part.texts("exe-depends")}
    return _Unit(id=row.text("id"), package=package, is_local=is_local, needs=tuple(sorted(needs)))


CATALOGERS = (
    Cataloger(
        name="haskell-cabal-freeze",
        globs=("**/cabal.project.freeze",),
        beside=("**/*.cabal",),
        gives=("name", "version", "licence", "edges", "relations", "project"),
        cannot_know=("licence of dependencies", "checksum", "edges between packages"),
        ecosystems=("Hackage",),
        parse=parse_freeze,
    ),
    Cataloger(
        name="haskell-cabal-plan",
        globs=("**/cache/plan.json",),
        gives=("name", "version", "edges", "relations", "project", "checksum"),
        cannot_know=("licence", "download"),
        ecosystems=("Hackage",),
        parse=parse_plan,
    ),
)
