"""pdm.lock → PyPI packages.

Reads: pdm.lock of lock_version 3 and 4.x, https://pdm-project.org/latest/usage/lockfile/, and the `pyproject.toml`
beside it for what the project asks for itself.
Gives: name, version, edges (those under a marker too), project, where a package from a repository or an address comes
from, a checksum where one file is meant, a summary.
Cannot know: licences.  Download locations of packages from an index stand in the file only with `static_urls`.

A package that is asked for with extras has an entry for each set of them; all are one package. An edge is there for
what an extra brings, because such an entry is written only where somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.version import InvalidVersion

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, read_each, skipped_by, vcs_location, without_credentials
from custody.inventory.metadata import one_paragraph
from custody.inventory.python_packages import (
    Artifact,
    meant_artifact,
    normalise,
    pypi,
    read_hash,
    read_name,
    read_requirement,
)
from custody.inventory.python_project import BESIDE, project_edges, read_project
from custody.model import Dependency, Package, Skipped

_REPOSITORIES = ("git", "hg", "svn", "bzr")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    package: Package
    needs: tuple[Requirement, ...]
    skipped: tuple[Skipped, ...]


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, the project they are locked for, and who needs whom."""
    if is_below(file.path, "site-packages", "dist-packages", "node_modules"):
        return
    lock = Fields.from_toml(file.data, file.path)
    metadata = lock.table("metadata")
    version = metadata.text_or("lock_version", "3")
    if version.partition(".")[0] not in ("2", "3", "4"):
        raise metadata.fault("lock_version", f"expected 3 or 4.x, got {version!r}", "lock the project with this pdm")
    files = metadata.table("files")
    keys = {key.replace(" ", ""): key for key in files.value}
    entries, skipped = read_each(lock, "package", lambda entry: _read_entry(entry, files, keys, file))
    project = read_project(file, tree)
    yield from skipped
    yield from project.skipped
    yield project.package
    packages: dict[str, dict[str, _Entry]] = {}
    for entry in entries:
        yield entry.package
        yield from entry.skipped
        packages.setdefault(entry.package.name, {}).setdefault(entry.package.id, entry)
    edges = sorted(set(_edges(entries, packages)))
    yield from edges
    yield from project_edges(project, {name: list(same) for name, same in packages.items()}, edges)


def _read_entry(entry: Fields, old_files: Fields, keys: Mapping[str, str], file: File) -> _Entry:
    name = read_name(entry.text("name"), entry.spot("name"))
    version = entry.text("version")
    # Before lock_version 4.1 one table at the end lists the files of all packages, by name and version.
    key = keys.get(f"{entry.text('name')}{version}", "")
    rows, bad_files = read_each(old_files, key, _read_file) if key else read_each(entry, "files", _read_file)
    needs, bad_needs = _read_needs(entry)
    artifact = meant_artifact(rows)
    package = Package(
        purl=pypi(name, version),
        name=name,
        version=version,
        locations=(file.location(entry.path),),
        checksums=artifact.checksums,
        download_location=_origin(entry) or artifact.address,
        description=one_paragraph(entry.text_or("summary")),
        installed=False,
    )
    return _Entry(package=package, needs=tuple(needs), skipped=(*bad_files, *bad_needs))


def _read_file(row: Fields) -> Artifact:
    """Read `{file = "x-1.0.tar.gz", hash = "sha256:…"}`; with `static_urls` it is `url` instead of `file`."""
    checksum = read_hash(row.text("hash"))
    address = row.text_or("url")
    name = row.text_or("file") or address.partition("#")[0]
    return Artifact(
        address=without_credentials(address),
        checksums=(checksum,) if checksum else (),
        is_source=not name.endswith(".whl"),
    )


def _origin(entry: Fields) -> str:
    """Give where a package that is from no index comes from; a folder of the machine that locked says nothing."""
    kind = next((kind for kind in _REPOSITORIES if kind in entry), "")
    if kind:
        folder = entry.text_or("subdirectory")
        place = vcs_location(kind, entry.text(kind), entry.text_or("revision") or entry.text_or("ref"))
        return f"{place}#{folder}" if folder else place
    return without_credentials(entry.text_or("url"))


def _read_needs(entry: Fields) -> tuple[list[Requirement], list[Skipped]]:
    needs: list[Requirement] = []
    skipped: list[Skipped] = []
    for index, text in enumerate(entry.items("dependencies")):
        where = entry.spot(f"dependencies[{index}]")
        if not isinstance(text, str):
            skipped.append(Skipped(where=where, reason=f"expected a requirement, got {str(text)[:60]!r}"))
            continue
        try:
            needs.append(read_requirement(text, where))
        except InputError as error:
            skipped.append(skipped_by(error))
    return needs, skipped


def _edges(entries: Iterable[_Entry], packages: Mapping[str, Mapping[str, _Entry]]) -> Iterator[Dependency]:
    for entry in entries:
        for need in entry.needs:
            for target in _fitting(need, list(packages.get(normalise(need.name), {}).values())):
                if target.package.id != entry.package.id:
                    yield Dependency(source=entry.package.id, target=target.package.id)


def _fitting(need: Requirement, candidates: Sequence[_Entry]) -> Sequence[_Entry]:
    """Give the candidates that a requirement allows: several versions may be locked for several markers."""
    if len(candidates) < 2:
        return candidates
    try:
        fitting = [entry for entry in candidates if need.specifier.contains(entry.package.version, prereleases=True)]
    except InvalidVersion:
        return candidates
    return fitting or candidates


CATALOGER = Cataloger(
    name="python-pdm-lock",
    globs=("**/pdm.lock",),
    beside=BESIDE,
    gives=("name", "version", "licence", "edges", "relations", "project", "download", "checksum", "description"),
    cannot_know=("licence of dependencies", "download without static_urls"),
    ecosystems=("PyPI",),
    parse=parse,
)
