"""pubspec.lock → Dart packages.

Reads: pubspec.lock (https://dart.dev/tools/pub/glossary#lockfile) and the pubspec.yaml beside it for the project's
name.
Gives: name, version, the project with what it asks for itself and what for development, checksum (SHA-256), the commit
of what comes from a repository.
Cannot know: licences; which package brought which: what the project does not ask for itself is contained. Versions of
the SDK's own packages (0.0.0 is written for them); archives of an index, which may be anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, rooted
from custody.inventory.lockfile import join_path, nameless_project, parent, read_named, skipped_by
from custody.model import Checksum, Dependency, Package, Purl

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RELATIONS = {"direct main": "depends_on", "direct dev": "dev", "direct overridden": "depends_on"}


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages and the project that they are locked for."""
    lock = Fields.from_yaml(file.data, file.path)
    entries, skipped = read_named(lock, "packages", lambda name, row: _read(name, row, file))
    yield from skipped
    project = nameless_project(file)
    manifest = tree.get(join_path(parent(file.path), "pubspec.yaml") or "")
    try:
        project = _project(project, manifest) if manifest else project
    except InputError as error:
        yield skipped_by(error)
    yield project
    yield from (package for package, _ in entries)
    edges = [
        Dependency(source=project.id, target=package.id, relation=relation) for package, relation in entries if relation
    ]
    yield from rooted(project.id, (package.id for package, _ in entries), edges)


def _project(nameless: Package, manifest: File) -> Package:
    table = Fields.from_yaml(manifest.data, manifest.path)
    name, version = _read_name(table.text("name"), table.spot("name")), table.value.get("version")
    stated = version if isinstance(version, str) else ""
    return replace(nameless, purl=Purl("pub", name, stated), name=name, version=stated)


def _read_name(text: str, where: str) -> str:
    if not _NAME.fullmatch(text):
        raise InputError(where, f"expected the name of a package, got {text[:60]!r}")
    return text


def _read(key: str, row: Fields, file: File) -> tuple[Package, str | None]:
    """Read one package; its description is a table, or for the SDK's own a text."""
    _read_name(key, row.at)
    source = row.text("source")
    place = row.table("description") if isinstance(row.value.get("description"), dict) else Fields({}, row.where)
    name = place.text_or("name") or key
    version = "" if source == "sdk" else row.text("version")
    checksum = Checksum.parse("sha256", place.text_or("sha256"))
    package = Package(
        purl=Purl("pub", _read_name(name, row.at), version),
        name=name,
        version=version,
        locations=(file.location(row.path),),
        checksums=(checksum,) if checksum else (),
        download_location=_commit(place) if source == "git" else "",
        purpose="APPLICATION" if source == "path" else "LIBRARY",
        installed=False,
    )
    return package, _RELATIONS.get(row.text_or("dependency"))


def _commit(place: Fields) -> str:
    return git_location(place.text_or("url"), place.text_or("resolved-ref") or place.text_or("ref"))


CATALOGER = Cataloger(
    name="dart-pubspec",
    globs=("**/pubspec.lock",),
    beside=("**/pubspec.yaml",),
    gives=("name", "version", "edges", "relations", "project", "checksum", "download"),
    cannot_know=("licence", "edges between packages", "version of the SDK's own packages", "download from an index"),
    ecosystems=("Pub",),
    parse=parse,
)
