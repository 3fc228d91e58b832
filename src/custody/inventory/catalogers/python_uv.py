"""uv.lock → PyPI packages.

Reads: uv.lock version 1, https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
Gives: name, version, edges with markers set aside (all platforms), the project and the members of its workspace with
what they ask for (extras as optional, groups as dev), where each package comes from, a checksum where one file is
meant.
Cannot know: licences.

A lock file lists a hash for each wheel and source distribution; which one is installed is decided on the target. See
`meant_artifact`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, join_path, parent, read_each, vcs_location, without_credentials
from custody.inventory.python_packages import (
    Artifact,
    meant_artifact,
    normalise,
    pypi,
    read_hash,
    read_name,
)
from custody.inventory.python_project import BESIDE, read_project
from custody.model import Dependency, Package, Skipped

_OWN = ("virtual", "editable")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, the projects they are locked for, and who needs whom."""
    if is_below(file.path, "site-packages", "dist-packages", "node_modules"):
        return
    lock = Fields.from_toml(file.data, file.path)
    members = {normalise(name) for name in lock.table("manifest").texts("members")}
    entries, skipped = read_each(lock, "package", lambda entry: _read_entry(entry, members, file, tree))
    yield from skipped
    packages: dict[str, list[_Entry]] = {}
    for entry in entries:
        yield entry.package
        yield from entry.skipped
        packages.setdefault(entry.package.purl.name, []).append(entry)
    yield from sorted(set(_edges(entries, packages)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    """One dependency.

    version: "" unless the lock file holds several; relation: as the table it stands in says; within: the extra that
    brings it, "" for none.
    """

    name: str
    version: str
    extras: tuple[str, ...]
    relation: str
    within: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    package: Package
    needs: tuple[_Need, ...]
    skipped: tuple[Skipped, ...]


def _read_entry(entry: Fields, members: set[str], file: File, tree: Tree) -> _Entry:
    name = read_name(entry.text("name"), entry.spot("name"))
    version = entry.text_or("version")  # a project with a dynamic version has none
    source = entry.table("source")
    artifact, bad_files = _artifact(entry)
    needs, bad_needs = _read_needs(entry)
    folder = next((source.text(key) for key in _OWN if key in source), "")
    is_project = folder == "." or name in members
    package = Package(
        purl=pypi(name, version),
        name=name,
        version=version,
        locations=(file.location(entry.path),),
        checksums=artifact.checksums,
        download_location=_origin(source) or artifact.address,
        purpose="APPLICATION" if is_project else "LIBRARY",
        installed=False,
    )
    manifest = tree.get(join_path(parent(file.path), f"{folder}/pyproject.toml") or "") if is_project else None
    project = read_project(manifest, tree) if manifest else None
    if project and project.package.id == package.id:
        package = package.merged(project.package)
    return _Entry(
        package=package, needs=tuple(needs), skipped=(*bad_files, *bad_needs, *(project.skipped if project else ()))
    )


def _artifact(entry: Fields) -> tuple[Artifact, list[Skipped]]:
    wheels, skipped = read_each(entry, "wheels", lambda row: _read_file(row, is_source=False))
    sources = [_read_file(entry.table("sdist"), is_source=True)] if "sdist" in entry else []
    return meant_artifact([*sources, *wheels]), skipped


def _read_file(row: Fields, *, is_source: bool) -> Artifact:
    """Read `{url = "…", hash = "sha256:…"}`; a local file has `path` or `filename` instead of `url`."""
    checksum = read_hash(row.text_or("hash"))
    address = without_credentials(row.text_or("url"))
    return Artifact(address=address, checksums=(checksum,) if checksum else (), is_source=is_source)


def _origin(source: Fields) -> str:
    """Give where a package that is from no index comes from.

    A repository stands as `address?tag=…&subdirectory=…#commit`.
    """
    if "git" not in source:
        return without_credentials(source.text_or("url"))
    address, _, commit = source.text("git").partition("#")
    address, _, query = address.partition("?")
    folder = next((pair.partition("=")[2] for pair in query.split("&") if pair.startswith("subdirectory=")), "")
    return vcs_location("git", address, commit) + (f"#{folder}" if folder else "")


def _read_needs(entry: Fields) -> tuple[list[_Need], list[Skipped]]:
    needs, skipped = read_each(entry, "dependencies", partial(_read_need, relation="depends_on", within=""))
    for key, relation in (("optional-dependencies", "optional"), ("dev-dependencies", "dev")):
        groups = entry.table(key)
        for group in groups.value:
            read = partial(_read_need, relation=relation, within=normalise(group) if relation == "optional" else "")
            more, bad = read_each(groups, group, read)
            needs += more
            skipped += bad
    return needs, skipped


def _read_need(row: Fields, *, relation: str, within: str) -> _Need:
    """Read `{name = "requests", version = "2.25.1", extra = ["socks"], marker = "…"}`."""
    return _Need(
        name=read_name(row.text("name"), row.spot("name")),
        version=row.text_or("version"),
        extras=tuple(normalise(extra) for extra in row.texts("extra")),
        relation=relation,
        within=within,
    )


def _edges(entries: Iterable[_Entry], packages: Mapping[str, Sequence[_Entry]]) -> Iterator[Dependency]:
    asked: dict[str, set[str]] = {}
    for entry in entries:
        for need in entry.needs:
            asked.setdefault(need.name, set()).update(need.extras)
    for entry in entries:
        for need in entry.needs:
            same = packages.get(need.name, ())
            targets = [other for other in same if other.package.version == need.version] if need.version else same
            # What an extra brings is needed as soon as one package in the lock file asks for that extra.
            active = bool(need.within) and need.within in asked.get(entry.package.name, ())
            for target in targets:
                yield Dependency(
                    source=entry.package.id,
                    target=target.package.id,
                    relation="depends_on" if active else need.relation,
                )


CATALOGER = Cataloger(
    name="python-uv-lock",
    globs=("**/uv.lock",),
    beside=BESIDE,
    gives=("name", "version", "licence", "edges", "relations", "project", "download", "checksum"),
    cannot_know=("licence of dependencies",),
    ecosystems=("PyPI",),
    parse=parse,
)
