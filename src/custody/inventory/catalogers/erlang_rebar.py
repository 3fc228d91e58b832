"""rebar.lock → Hex packages.

Reads: rebar.lock as rebar3 writes it, before and since version 1.1.0
(https://rebar3.org/docs/configuration/dependencies/, "Lock files"), and `src/<name>.app.src` beside it for the project.
All are Erlang terms: read, never run.
Gives: name, version, the project with what it asks for itself (level 0), checksum of the tarball, commits of what comes
from repositories.
Cannot know: which package brought which: the file has only how far down they stand; those are contained. Licences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from custody.errors import InputError
from custody.inventory.erlang_terms import Term, read_erlang
from custody.inventory.hex_packages import hex_checksum, hex_purl, read_name
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, rooted
from custody.inventory.lockfile import is_below, nameless_project, parent, skipped_by
from custody.model import Dependency, Package


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages and the project that they are locked for."""
    if is_below(file.path, "_build", "node_modules"):
        return
    terms = read_erlang(file.data, file.path)
    rows = terms[0] if terms else None
    rows = rows[1] if isinstance(rows, tuple) and len(rows) == 2 else rows  # {"1.2.0", rows}
    if not isinstance(rows, list):
        raise InputError(file.path, "expected a list of dependencies", "run rebar3 lock")
    outer = _hashes(terms[1] if len(terms) > 1 else [])
    project = _project(file, tree)
    yield project
    ids, edges = [], []
    for index, row in enumerate(rows):
        try:
            package, level = _read(row, outer, index, file)
        except InputError as error:
            yield skipped_by(error)
            continue
        yield package
        ids.append(package.id)
        if level == 0:
            edges.append(Dependency(source=project.id, target=package.id))
    yield from rooted(project.id, ids, edges)


def _hashes(table: Term) -> dict[str, str]:
    """Give name → outer checksum, from `[{pkg_hash, …}, {pkg_hash_ext, [{<<"name">>, <<"HEX">>}]}]`."""
    rows = [row for row in table if isinstance(row, tuple) and len(row) == 2] if isinstance(table, list) else []
    pairs = next((row[1] for row in rows if row[0] == "pkg_hash_ext" and isinstance(row[1], list)), [])
    return dict(pair for pair in pairs if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str))


def _read(row: Term, outer: dict[str, str], index: int, file: File) -> tuple[Package, int]:
    """Read `{<<"name">>, {pkg, <<"package">>, <<"version">>, …}, level}`, or one from git."""
    where = file.at(f"[{index}]")
    if not isinstance(row, tuple) or len(row) != 3 or not isinstance(row[1], tuple) or not isinstance(row[2], int):
        raise InputError(where, "expected {Name, Source, Level}", "run rebar3 lock")
    name, source = read_name(row[0], where), row[1]
    version = download = ""
    if source[:1] == ("pkg",) and len(source) >= 3 and isinstance(source[2], str) and source[2]:
        package, version = read_name(source[1], where), source[2]
    elif source[:1] in (("git",), ("git_subdir",)) and len(source) >= 3 and isinstance(source[1], str):
        revision = source[2][1] if isinstance(source[2], tuple) and len(source[2]) == 2 else ""
        package, download = name, git_location(source[1], revision if isinstance(revision, str) else "")
    else:
        raise InputError(where, f"a source that is not known here: {str(source[0] if source else '')[:40]!r}")
    found = Package(
        purl=hex_purl(package, version),
        name=package,
        version=version,
        locations=(file.location(name),),
        checksums=hex_checksum(outer.get(name)),
        download_location=download,
        installed=False,
    )
    return found, row[2]


def _project(file: File, tree: Tree) -> Package:
    """Give the project: the only application of the folder, as its resource file names it."""
    nameless = nameless_project(file)
    folder = parent(file.path)
    beside = tree.matching((f"{folder}/src/*.app.src" if folder else "src/*.app.src",))
    if len(beside) != 1:
        return nameless
    try:
        terms = read_erlang(beside[0].data, beside[0].path)
        _, name, properties = terms[0]
        name = read_name(name, beside[0].path)
        version = dict(pair for pair in properties if isinstance(pair, tuple) and len(pair) == 2).get("vsn")
    except (InputError, IndexError, TypeError, ValueError):
        return nameless  # it may hold code for the build to fill in
    stated = version if type(version) is str and version != "git" else ""
    return replace(nameless, purl=hex_purl(name, stated), name=name, version=stated)


CATALOGER = Cataloger(
    name="erlang-rebar",
    globs=("**/rebar.lock",),
    beside=("**/src/*.app.src",),
    gives=("name", "version", "project", "edges", "checksum", "download"),
    cannot_know=("licence", "edges between packages"),
    ecosystems=("Hex",),
    parse=parse,
)
