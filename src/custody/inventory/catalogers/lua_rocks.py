"""Rockspecs and luarocks.lock → LuaRocks packages.

Reads: `<name>-<version>.rockspec` (https://github.com/luarocks/luarocks/wiki/Rockspec-format), those of installed rocks
(`lib/luarocks/rocks-5.x/<name>/<version>/`) and those of a project, and luarocks.lock. They are Lua: read, never run.
Gives: name, version, licence, home page, author, description, download location, edges to the installed rocks, the
project with what it asks for (what builds and tests it as build and dev), pinned by luarocks.lock where that is there.
Cannot know: checksums; what a rockspec works out by code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, rooted
from custody.inventory.lockfile import join_path, nameless_project, parent, skipped_by, without_credentials
from custody.inventory.lua_values import Value, read_assignments, read_return
from custody.inventory.metadata import declared_licence, one_paragraph, person
from custody.inventory.ruby_gems import best_fitting
from custody.model import Dependency, Package, Purl

_ROCKS = re.compile(r"(?P<rocks>(?:.*/)?rocks(?:-[0-9.]+)?)/(?P<name>[^/]+)/(?P<version>[^/]+)/[^/]+\.rockspec")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NEED = re.compile(r"\s*(?:(?P<user>[a-z0-9._-]+)/)?(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<wanted>.*)")
_TABLES = (("dependencies", "depends_on"), ("build_dependencies", "build"), ("test_dependencies", "dev"))


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the rock that a rockspec describes, or those that a lock file pins, and who needs whom."""
    if file.path.endswith("luarocks.lock"):
        yield from _parse_lock(file, tree)
        return
    spec = Fields(read_assignments(file.data, file.path), file.path)
    place = _ROCKS.fullmatch(file.path)
    package = _package(spec, file, is_installed=place is not None)
    folder = parent(file.path)
    if place is None and tree.exists(join_path(folder, "luarocks.lock") or ""):
        return  # there the versions are known
    yield package
    edges: set[Dependency] = set()
    for name, wanted, relation in _needs(spec):
        if place:
            if relation == "depends_on":
                edges |= {
                    Dependency(source=package.id, target=target) for target in _installed(place, name, wanted, tree)
                }
            continue
        need = Package(
            purl=_rock(name), name=name, locations=(file.location(f"{name} {wanted}".strip()),), installed=False
        )
        yield need
        edges.add(Dependency(source=package.id, target=need.id, relation=relation))
    yield from sorted(edges)


def _package(spec: Fields, file: File, *, is_installed: bool) -> Package:
    name, version = spec.text("package"), spec.text("version")
    if not _NAME.fullmatch(name):
        raise spec.fault("package", f"expected the name of a rock, got {name[:60]!r}")
    described, source = spec.table("description"), spec.table("source")
    licence, texts = declared_licence(described.text_or("license"))
    return Package(
        purl=_rock(name, version),
        name=name,
        version=version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        originator=person(re.sub(r"\s*<[^>]*>", "", described.text_or("maintainer"))),
        homepage=described.text_or("homepage"),
        description=one_paragraph(described.text_or("summary")),
        download_location=_download(source),
        purpose="LIBRARY" if is_installed else "APPLICATION",
        installed=is_installed,
    )


def _download(source: Fields) -> str:
    address = source.text_or("url")
    if re.match(r"git(?:\+\w+)?:", address):
        return git_location(address.removeprefix("git+"), source.text_or("tag") or source.text_or("branch"))
    return without_credentials(address) if "://" in address and not address.startswith("file:") else ""


def _rock(name: str, version: str = "", user: str = "") -> Purl:
    return Purl("luarocks", name, version, namespace=user)


def _needs(spec: Fields) -> Iterator[tuple[str, str, str]]:
    """Give (name, range, relation); Lua itself is no rock. A table may hold more for one platform."""
    for key, relation in _TABLES:
        table = spec.value.get(key)
        for text in _texts(table):
            match = _NEED.fullmatch(text[:500])
            if match and match["name"].lower() not in ("lua", "luajit"):
                yield match["name"], match["wanted"].strip(), relation


def _texts(value: Value, depth: int = 0) -> Iterator[str]:
    for item in value.values() if isinstance(value, dict) else ():
        if isinstance(item, str):
            yield item
        elif depth < 3:
            yield from _texts(item, depth + 1)


def _installed(place: re.Match[str], name: str, wanted: str, tree: Tree) -> list[str]:
    """Give the id of the installed rock that a need means: the highest version that fits, revisions set aside."""
    folder = f"{place['rocks']}/{name.lower()}"
    versions = {
        path[len(folder) + 1 :].partition("/")[0] for path in tree.names_under(folder) if path.endswith(".rockspec")
    }
    bare = {version.rpartition("-")[0]: version for version in sorted(versions)}
    ranges = [re.sub(r"^==", "=", re.sub(r"-\d+$", "", part.strip())) for part in wanted.split(",") if part.strip()]
    best = best_fitting(ranges, sorted(bare))
    return [str(_rock(name, bare[best]))] if best is not None else []


def _parse_lock(file: File, tree: Tree) -> Iterator[Found]:
    """Read `return { dependencies = { say = "1.4.1-3" } }`; the only rockspec beside it is the project's."""
    lock = Fields(_table(read_return(file.data, file.path), file), file.path)
    project, relations = nameless_project(file), {}
    folder = parent(file.path)
    beside = tree.matching((f"{folder}/*.rockspec" if folder else "*.rockspec",))
    try:
        if len(beside) == 1:
            spec = Fields(read_assignments(beside[0].data, beside[0].path), beside[0].path)
            project = replace(
                _package(spec, beside[0], is_installed=False), locations=(beside[0].location(), file.location())
            )
            relations = {name.lower(): relation for name, _, relation in _needs(spec)}
    except InputError as error:
        yield skipped_by(error)
    yield project
    ids, edges = [], []
    for key, _ in _TABLES:
        table = lock.table(key)
        for name in table.value:
            try:
                package = _pinned(name, table, file)
            except InputError as error:
                yield skipped_by(error)
                continue
            if package:
                yield package
                ids.append(package.id)
                if name.lower() in relations:
                    edges.append(Dependency(source=project.id, target=package.id, relation=relations[name.lower()]))
    yield from rooted(project.id, ids, edges)


def _table(value: Value, file: File) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise InputError(file.path, "expected a table")
    return value


def _pinned(name: str, table: Fields, file: File) -> Package | None:
    if name.lower() in ("lua", "luajit"):
        return None
    if not _NAME.fullmatch(name):
        raise InputError(table.at, f"expected the name of a rock, got {name[:60]!r}")
    version = table.text(name)
    place = file.location(f"{table.path}.{name}")
    return Package(purl=_rock(name, version), name=name, version=version, locations=(place,), installed=False)


CATALOGER = Cataloger(
    name="lua-rocks",
    globs=("**/*.rockspec", "**/luarocks.lock"),
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "project",
        "download",
        "author",
        "home page",
        "description",
    ),
    cannot_know=("checksum", "what a rockspec works out by code"),
    parse=parse,
)
