"""mix.lock → Hex packages.

Reads: mix.lock of all Hex generations (https://hexdocs.pm/mix/Mix.Tasks.Deps.html), and the mix.exs beside it for the
project and what it asks for itself. Both are Elixir: read as terms, never run.
Gives: name, version, edges (optional ones marked so), the project, what it needs only for dev and test as dev, checksum
of the tarball, commits of what comes from repositories.
Cannot know: licences; versions of what comes from a repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from custody.errors import InputError
from custody.inventory.erlang_terms import Term, read_elixir
from custody.inventory.hex_packages import hex_checksum, hex_purl, read_name
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, rooted
from custody.inventory.lockfile import is_below, join_path, nameless_project, parent, skipped_by
from custody.model import Dependency, Package

_APP = re.compile(r"\bapp:\s*:([a-z_][a-z0-9_]*)")
_VERSION = re.compile(r"\bversion:\s*\"([^\"\\#]+)\"")
_NEED = re.compile(r"\{\s*:([a-z_][a-z0-9_]*)\s*,([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
_ONLY = re.compile(r"\bonly:\s*(\[[^\]]*\]|:\w+)")
_DEV = frozenset({"dev", "test", "docs"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One dependency. key: the application's name; needs: (application, relation)."""

    key: str
    package: Package
    needs: tuple[tuple[str, str], ...] = ()


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, the project they are locked for, and who needs whom."""
    if is_below(file.path, "deps", "node_modules"):  # what a dependency was once developed with
        return
    lock = read_elixir(file.data, file.path)
    if not isinstance(lock, dict):
        raise InputError(file.path, "expected a map of Elixir")
    entries = []
    for key, value in lock.items():
        try:
            entries.append(_read(key, value, file))
        except InputError as error:
            yield skipped_by(error)
    manifest = tree.get(join_path(parent(file.path), "mix.exs") or "")
    code = _code(manifest) if manifest else ""
    project = _project(code, file)
    yield project
    yield from (entry.package for entry in entries)
    ids = {entry.key: entry.package.id for entry in entries}
    edges = [
        Dependency(source=entry.package.id, target=ids[need], relation=relation)
        for entry in entries
        for need, relation in entry.needs
        if need in ids
    ]
    for name, relation in _direct(code):
        if name in ids:
            edges.append(Dependency(source=project.id, target=ids[name], relation=relation))
    yield from rooted(project.id, ids.values(), edges)


def _read(key: str, value: Term, file: File) -> _Entry:
    """Read `{:hex, :name, "version", "inner", managers, needs, "repository", "outer"}` or `{:git, url, ref, …}`."""
    where = file.at(key)
    row = list(value) if isinstance(value, tuple) else []
    if row[:1] == ["git"] and len(row) >= 3 and all(isinstance(part, str) for part in row[1:3]):
        name, version, repository, outer = read_name(key, where), "", "", ""
        download = git_location(row[1], row[2])
    elif row[:1] == ["hex"] and len(row) >= 3 and isinstance(row[2], str) and row[2]:
        row += [""] * (8 - len(row))
        name, version, download = read_name(row[1], where), row[2], ""
        repository, outer = (part if isinstance(part, str) else "" for part in row[6:8])
    else:
        raise InputError(where, "expected a dependency from Hex or git", "run mix deps.get")
    package = Package(
        purl=hex_purl(name, version, repository),
        name=name,
        version=version,
        locations=(file.location(key),),
        checksums=hex_checksum(outer),
        download_location=download,
        installed=False,
    )
    return _Entry(key=key, package=package, needs=tuple(_needs(row[5] if row[0] == "hex" else [])))


def _needs(rows: Term) -> Iterator[tuple[str, str]]:
    """Read `[{:castore, ">= 0.0.0", [hex: :castore, repo: "hexpm", optional: false]}]`."""
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, tuple) and row and isinstance(row[0], str):
            options = row[2] if len(row) > 2 and isinstance(row[2], list) else []
            yield str(row[0]), "optional" if ("optional", True) in options else "depends_on"


def _code(manifest: File) -> str:
    return re.sub(r"(?m)^\s*#.*$", "", manifest.data[:1_000_000].decode("utf-8", "replace"))


def _project(code: str, file: File) -> Package:
    nameless = nameless_project(file)
    app, version = _APP.search(code), _VERSION.search(code)
    if app is None:
        return nameless
    stated = version[1] if version else ""
    return replace(nameless, purl=hex_purl(app[1], stated), name=app[1], version=stated)


def _direct(code: str) -> Iterator[tuple[str, str]]:
    """Give (name, relation) of each `{:name, …}` in mix.exs; those that are no dependency are in no lock file."""
    for match in _NEED.finditer(code):
        only = _ONLY.search(match[2])
        if re.search(r"\boptional:\s*true", match[2]):
            yield match[1], "optional"
        else:
            environments = set(re.findall(r":(\w+)", only[1])) if only else set()
            yield match[1], "dev" if environments and environments <= _DEV else "depends_on"


CATALOGER = Cataloger(
    name="elixir-mix",
    globs=("**/mix.lock",),
    beside=("**/mix.exs",),
    gives=("name", "version", "edges", "relations", "project", "checksum", "download"),
    cannot_know=("licence", "version of what comes from a repository"),
    ecosystems=("Hex",),
    parse=parse,
)
