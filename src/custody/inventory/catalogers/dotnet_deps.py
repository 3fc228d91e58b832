"""*.deps.json → the NuGet packages that a built .NET application was made of.

Reads: `<application>.deps.json`
(https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md, "appname.deps.json").
Gives: name, version, edges, the project as their root, checksum (SHA-512), the projects and references that it was
built with.
Cannot know: licences, download locations; packages that only the build needed are not in the file.

`targets` says what a library needs, for each runtime; `libraries` what it is. The one that `runtimeTarget` names is the
one that the application was built for; without it all count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import read_named, skipped_by
from custody.inventory.nuget_packages import content_hash, nuget, read_id
from custody.model import Dependency, Package, Purl, Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class _Library:
    """One of `libraries`, under its key `name/version`. kind: "project", "package", "reference" or "runtimepack"."""

    key: str
    kind: str
    package: Package


def parse(file: File, _tree: Tree) -> Iterator[Found]:
    """Give the application, what it was made of, and who needs whom."""
    document = Fields.from_json(file.data, file.path)
    if "libraries" not in document and "targets" not in document:
        raise document.fault("libraries", "missing, expected a table")
    libraries, skipped = read_named(document, "libraries", lambda key, row: _read_library(key, row, file))
    needs, more = _read_needs(document)
    yield from (*skipped, *more)
    by_key = {library.key.lower(): library for library in libraries}
    project = _project(libraries, needs, file)
    edges = []
    for source, names in needs.items():
        for target in names:
            if source.lower() in by_key and target.lower() in by_key:
                start, end = by_key[source.lower()].package.id, by_key[target.lower()].package.id
                edges.append(Dependency(source=start, target=end))
    yield from (library.package for library in libraries)
    if project:
        yield from rooted(project.id, (library.package.id for library in libraries), edges)
    else:
        yield from sorted(set(edges))


def _read_library(key: str, row: Fields, file: File) -> _Library:
    name, _, version = key.partition("/")
    kind = row.text("type")
    if kind == "runtimepack":  # the SDK puts this before the name of the package
        name = name.removeprefix("runtimepack.")
    read_id(name, row.at)
    package = Package(
        # A bare reference is to an assembly from anywhere: it is no package of NuGet.
        purl=Purl("generic", name, version) if kind == "reference" else nuget(name, version),
        name=name,
        version=version,
        locations=(file.location(row.path),),
        checksums=content_hash(row.text_or("sha512")),
        purpose="APPLICATION" if kind == "project" else "LIBRARY",
    )
    return _Library(key=key, kind=kind, package=package)


def _read_needs(document: Fields) -> tuple[dict[str, set[str]], list[Skipped]]:
    """Give key → keys, of the runtime target that the application was built for."""
    needs: dict[str, set[str]] = {}
    skipped: list[Skipped] = []
    targets = document.table("targets")
    stated = document.value.get("runtimeTarget")
    name = stated.get("name") if isinstance(stated, dict) else stated
    for target in [name] if isinstance(name, str) and name in targets.value else list(targets.value):
        try:
            rows, refused = read_named(targets, target, _read_row)
        except InputError as error:
            rows, refused = [], [skipped_by(error)]
        skipped += refused
        for key, names in rows:
            needs.setdefault(key, set()).update(names)
    return needs, skipped


def _read_row(key: str, row: Fields) -> tuple[str, list[str]]:
    table = row.table("dependencies")
    return key, [f"{name}/{table.text(name)}" for name in table.value]


def _project(libraries: list[_Library], needs: dict[str, set[str]], file: File) -> Package | None:
    """Give the application: the project that the file is named for, else the first that no other needs.

    A shared framework has such a file too, and no project in it.
    """
    name = file.path.rpartition("/")[2].removesuffix(".deps.json").lower()
    needed = {target.lower() for names in needs.values() for target in names}
    projects = [library for library in libraries if library.kind == "project"]
    named = [library.package for library in projects if library.package.name.lower() == name]
    tops = [library.package for library in projects if library.key.lower() not in needed]
    return next(iter([*named, *tops]), None)


CATALOGER = Cataloger(
    name="dotnet-deps",
    globs=("**/*.deps.json",),
    gives=("name", "version", "edges", "project", "checksum"),
    cannot_know=("licence", "download", "packages that only the build needed"),
    ecosystems=("NuGet",),
    parse=parse,
)
