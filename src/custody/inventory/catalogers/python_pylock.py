"""pylock.toml → PyPI packages.

Reads: pylock.toml and pylock.*.toml, lock-version 1.x,
https://packaging.python.org/en/latest/specifications/pylock-toml/ (PEP 751)
Gives: name, version, where each package comes from, a checksum where one file is meant, edges where the locker wrote
them (the specification makes them optional, and pip and uv leave them out); the project and what it asks for, from
`pyproject.toml` beside it.
Cannot know: licences, edges that are not written.

A lock file lists a hash for each wheel and source distribution; which one is installed is decided on the target. See
`meant_artifact`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, read_each, vcs_location, without_credentials
from custody.inventory.python_packages import Artifact, meant_artifact, pypi, read_name, wheel_at
from custody.inventory.python_project import BESIDE, project_edges, read_project
from custody.model import Checksum, Dependency, Package, Skipped


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, the project they are locked for, and who needs whom where the file says it."""
    if is_below(file.path, "site-packages", "dist-packages", "node_modules"):
        return
    lock = Fields.from_toml(file.data, file.path)
    if not lock.text("lock-version").startswith("1."):
        raise lock.fault("lock-version", f"expected 1.x, got {lock.text('lock-version')!r}")
    project = read_project(file, tree)
    entries, skipped = read_each(lock, "packages", lambda entry: _read_entry(entry, file))
    yield from skipped
    yield from project.skipped
    yield project.package
    packages: dict[str, list[str]] = {}
    for entry in entries:
        if (
            entry.package.name == project.package.name
        ):  # the project itself stands in the list when it is to be installed
            continue
        yield entry.package
        yield from entry.skipped
        packages.setdefault(entry.package.name, []).append(entry.package.id)
    edges = sorted(set(_edges(entries, packages)))
    yield from edges
    yield from project_edges(project, packages, edges)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One package and the (name, version or "") of what it needs."""

    package: Package
    needs: tuple[tuple[str, str], ...]
    skipped: tuple[Skipped, ...]


def _read_entry(entry: Fields, file: File) -> _Entry:
    name = read_name(entry.text("name"), entry.spot("name"))
    wheels, bad_files = read_each(entry, "wheels", lambda row: _read_file(row, is_source=False))
    needs, bad_needs = read_each(entry, "dependencies", _read_need)
    sources = [_read_file(entry.table("sdist"), is_source=True)] if "sdist" in entry else []
    artifact = meant_artifact([*sources, *wheels])
    if "archive" in entry:
        artifact = _read_file(entry.table("archive"), is_source=True)
    version = entry.text_or("version") or (wheel_at(artifact.address) or ("", ""))[1]
    package = Package(
        purl=pypi(name, version),
        name=name,
        version=version,
        locations=(file.location(entry.path),),
        checksums=artifact.checksums,
        download_location=_repository(entry.table("vcs")) or artifact.address,
        installed=False,
    )
    return _Entry(package=package, needs=tuple(needs), skipped=(*bad_files, *bad_needs))


def _read_file(row: Fields, *, is_source: bool) -> Artifact:
    """Read `{url = "…", hashes = {sha256 = "…"}}`; a local file has `path` instead of `url`."""
    hashes = row.table("hashes")
    checksums = (Checksum.parse(algorithm, hashes.text(algorithm)) for algorithm in hashes.value)
    return Artifact(
        address=without_credentials(row.text_or("url")),
        checksums=tuple(sorted(checksum for checksum in checksums if checksum)),
        is_source=is_source,
    )


def _repository(vcs: Fields) -> str:
    address = vcs.text_or("url")
    if not address:
        return ""
    folder = vcs.text_or("subdirectory")
    return vcs_location(vcs.text("type"), address, vcs.text("commit-id")) + (f"#{folder}" if folder else "")


def _read_need(row: Fields) -> tuple[str, str]:
    return read_name(row.text("name"), row.spot("name")), row.text_or("version")


def _edges(entries: Iterable[_Entry], packages: Mapping[str, list[str]]) -> Iterator[Dependency]:
    for entry in entries:
        for name, version in entry.needs:
            wanted = {str(pypi(name, version))} if version else set(packages.get(name, ()))
            for target in packages.get(name, ()):
                if target in wanted:
                    yield Dependency(source=entry.package.id, target=target)


CATALOGER = Cataloger(
    name="python-pylock",
    globs=("**/pylock.toml", "**/pylock.*.toml"),
    beside=BESIDE,
    gives=("name", "version", "licence", "edges", "relations", "project", "download", "checksum"),
    cannot_know=("licence of dependencies", "edges that are not written"),
    ecosystems=("PyPI",),
    parse=parse,
)
