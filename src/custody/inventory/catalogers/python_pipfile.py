"""Pipfile.lock → PyPI packages.

Reads: Pipfile.lock (pipfile-spec 6), https://pipenv.pypa.io/en/latest/pipfile.html, and the `Pipfile` beside it for
what the project asks for itself.
Gives: name, version, where a package from a repository or an address comes from, a checksum where just one file is
listed.
Cannot know: edges between packages (the file has none), licences, versions of packages from repositories.
"""

from __future__ import annotations

from collections.abc import Iterator

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import (
    is_below,
    join_path,
    parent,
    read_named,
    skipped_by,
    vcs_location,
    without_credentials,
)
from custody.inventory.python_packages import (
    Artifact,
    meant_artifact,
    normalise,
    pypi,
    read_hash,
    read_name,
    wheel_at,
)
from custody.inventory.python_project import BESIDE, Need, project_edges, read_project
from custody.model import Package, Skipped

_REPOSITORIES = ("git", "hg", "svn", "bzr")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages of all categories, the project they are locked for, and what it asks for itself."""
    if is_below(file.path, "site-packages", "dist-packages", "node_modules"):
        return
    lock = Fields.from_json(file.data, file.path)
    if "_meta" not in lock:
        raise lock.fault("_meta", "missing, expected a table", "run `pipenv lock` and scan again")
    project = read_project(file, tree)
    needs, skipped = _read_pipfile(file, tree)
    yield from project.skipped
    yield from skipped
    yield project.package
    packages: dict[str, list[str]] = {}
    for category in lock.value:
        if category == "_meta":
            continue
        found, skipped = read_named(lock, category, lambda name, entry: _read_entry(name, entry, file))
        yield from found
        yield from skipped
        for package in found:
            packages.setdefault(package.name, []).append(package.id)
    yield from project_edges(project, packages, (), also=needs)


def _read_entry(name: str, entry: Fields, file: File) -> Package:
    name = read_name(name, entry.at)
    address = entry.text_or("file")
    version = entry.text_or("version").removeprefix("==") or (wheel_at(address) or ("", ""))[1]
    offered = [Artifact(checksums=(checksum,)) for checksum in map(read_hash, entry.texts("hashes")) if checksum]
    kind = next((kind for kind in _REPOSITORIES if kind in entry), "")
    return Package(
        purl=pypi(name, version),
        name=name,
        version=version,
        locations=(file.location(entry.path),),
        checksums=meant_artifact(offered).checksums,
        download_location=vcs_location(kind, entry.text(kind), entry.text_or("ref"))
        if kind
        else without_credentials(address),
        installed=False,
    )


def _read_pipfile(file: File, tree: Tree) -> tuple[list[Need], list[Skipped]]:
    """Give what the Pipfile beside the lock file asks for.

    What stands outside of `packages` is for those who work on the project.
    """
    beside = tree.get(join_path(parent(file.path), "Pipfile") or "")
    if beside is None:
        return [], []
    try:
        pipfile = Fields.from_toml(beside.data, beside.path)
        tables = [key for key, value in pipfile.value.items() if isinstance(value, dict) and key not in _NO_CATEGORIES]
    except InputError as error:
        return [], [skipped_by(error)]
    return [
        Need(name=normalise(name), relation="depends_on" if key == "packages" else "dev")
        for key in tables
        for name in pipfile.value[key]
    ], []


_NO_CATEGORIES = ("requires", "scripts", "pipenv", "source")

CATALOGER = Cataloger(
    name="python-pipfile-lock",
    globs=("**/Pipfile.lock",),
    beside=("**/Pipfile", *BESIDE),
    gives=("name", "version", "edges", "relations", "project", "download", "checksum"),
    cannot_know=("edges between packages", "licence", "version from a repository"),
    ecosystems=("PyPI",),
    parse=parse,
)
