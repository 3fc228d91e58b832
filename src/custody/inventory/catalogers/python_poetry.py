"""poetry.lock → PyPI packages.

Reads: poetry.lock of lock-version 1.x and 2.x, https://python-poetry.org/docs/basic-usage/#installing-dependencies,
and the `pyproject.toml` beside it for what the project asks for itself.
Gives: name, version, edges (optional ones of extras that nobody asks for marked so), where a package from a
repository or an address came from, a checksum where the lock file offers just one file.
Cannot know: licences.  Download locations of packages from an index are not in the file.

A lock file lists a hash for each wheel and source distribution; which one is installed is decided on the target. See
`meant_artifact`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, read_each, skipped_by, vcs_location, without_credentials
from custody.inventory.metadata import one_paragraph
from custody.inventory.python_packages import (
    Artifact,
    extras_named,
    meant_artifact,
    normalise,
    pypi,
    read_hash,
    read_name,
)
from custody.inventory.python_project import BESIDE, Project, project_edges, read_project
from custody.model import Dependency, Package, Skipped

_LEADING_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, the project they are locked for, and who needs whom."""
    if is_below(file.path, "site-packages", "dist-packages", "node_modules"):
        return
    lock = Fields.from_toml(file.data, file.path)
    old_files = lock.table("metadata").table("files")
    entries, skipped = read_each(lock, "package", lambda entry: _read_entry(entry, old_files, file))
    project = read_project(file, tree)
    yield from skipped
    yield from project.skipped
    yield project.package
    packages: dict[str, list[_Entry]] = {}
    for entry in entries:
        yield entry.package
        yield from entry.skipped
        packages.setdefault(entry.package.purl.name, []).append(entry)
    edges = sorted(set(_edges(entries, packages, project)))
    yield from edges
    yield from project_edges(project, {name: [e.package.id for e in same] for name, same in packages.items()}, edges)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    """One row of a package's dependencies.

    constraint: as written; extras: that it asks for; within: extras of the package that bring it, empty for a plain
    dependency.
    """

    name: str
    constraint: str
    extras: frozenset[str]
    within: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    package: Package
    needs: tuple[_Need, ...]
    skipped: tuple[Skipped, ...]


def _read_entry(entry: Fields, old_files: Fields, file: File) -> _Entry:
    name = read_name(entry.text("name"), entry.spot("name"))
    version = entry.text("version")
    # Before lock-version 2.0 one table at the end lists the files of all packages, by the name as written there.
    key = next((key for key in old_files.value if normalise(key) == name), "")
    files, bad_files = (
        read_each(entry, "files", _read_file) if "files" in entry or not key else read_each(old_files, key, _read_file)
    )
    needs, bad_needs = _read_needs(entry)
    package = Package(
        purl=pypi(name, version),
        name=name,
        version=version,
        locations=(file.location(entry.path),),
        description=one_paragraph(entry.text_or("description")),
        checksums=meant_artifact(files).checksums,
        download_location=_origin(entry.table("source")),
        installed=False,
    )
    return _Entry(package=package, needs=tuple(needs), skipped=(*bad_files, *bad_needs))


def _read_file(row: Fields) -> Artifact:
    """Read `{file = "x-1.0.tar.gz", hash = "sha256:…"}`."""
    checksum = read_hash(row.text("hash"))
    return Artifact(checksums=(checksum,) if checksum else (), is_source=not row.text("file").endswith(".whl"))


def _origin(source: Fields) -> str:
    """Give where a package that is from no index comes from (SPDX 2.3, section 7.7)."""
    kind, url = source.text_or("type"), without_credentials(source.text_or("url"))
    if kind == "git" and url:
        return vcs_location("git", url, source.text_or("resolved_reference") or source.text_or("reference"))
    return url if kind == "url" else ""


def _read_needs(entry: Fields) -> tuple[list[_Need], list[Skipped]]:
    """Read the table of name → constraint, table with `version`, or list of such tables (one for each marker)."""
    needs: list[_Need] = []
    skipped: list[Skipped] = []
    brought = _brought_by_extras(entry)
    table = entry.table("dependencies")
    for name, value in table.value.items():
        for row in value if isinstance(value, list) else [value]:
            try:
                fields = Fields(
                    row if isinstance(row, dict) else {"version": row}, entry.where, table.spot(name).partition(":")[2]
                )
                extras = frozenset(normalise(extra) for extra in fields.texts("extras"))
                within = brought.get(normalise(name), frozenset()) | {*extras_named(fields.text_or("markers"))}
                needs.append(
                    _Need(
                        name=normalise(name),
                        constraint=fields.text_or("version", "*"),
                        extras=extras,
                        within=frozenset(within) if fields.boolean("optional") else frozenset(),
                    )
                )
            except InputError as error:
                skipped.append(skipped_by(error))
    return needs, skipped


def _brought_by_extras(entry: Fields) -> dict[str, frozenset[str]]:
    """Give name → extras of this package that bring it, from rows such as `socks = ["PySocks (>=1.5.6)"]`."""
    brought: dict[str, set[str]] = {}
    extras = entry.table("extras")
    for extra in extras.value:
        for text in extras.texts(extra):
            match = _LEADING_NAME.match(text)
            if match:
                brought.setdefault(normalise(match.group()), set()).add(normalise(extra))
    return {name: frozenset(names) for name, names in brought.items()}


def _edges(
    entries: Iterable[_Entry], packages: Mapping[str, Sequence[_Entry]], project: Project
) -> Iterator[Dependency]:
    asked: dict[str, set[str]] = {}
    for wanted in project.needs or ():
        asked.setdefault(wanted.name, set()).update(wanted.extras)
    for entry in entries:
        for need in entry.needs:
            asked.setdefault(need.name, set()).update(need.extras)
    for entry in entries:
        for need in entry.needs:
            active = not need.within or not need.within.isdisjoint(asked.get(entry.package.name, ()))
            for target in _fitting(need.constraint, packages.get(need.name, ())):
                yield Dependency(
                    source=entry.package.id, target=target.package.id, relation="depends_on" if active else "optional"
                )


def _fitting(constraint: str, candidates: Sequence[_Entry]) -> Sequence[_Entry]:
    """Give the candidates that a constraint allows.

    Several versions of one package are locked for several markers; constraints that only Poetry can read (`^1.2`,
    `~1.2`, `||`) allow all of them here.
    """
    if len(candidates) < 2:
        return candidates
    try:
        allowed = SpecifierSet(constraint, prereleases=True)
        return [entry for entry in candidates if allowed.contains(entry.package.version)] or candidates
    except (InvalidSpecifier, InvalidVersion):
        return candidates


CATALOGER = Cataloger(
    name="python-poetry-lock",
    globs=("**/poetry.lock",),
    beside=BESIDE,
    gives=("name", "version", "licence", "edges", "relations", "project", "download", "checksum", "description"),
    cannot_know=("licence of dependencies", "download from an index"),
    ecosystems=("PyPI",),
    parse=parse,
)
