"""Installed Composer packages: `vendor/composer/installed.json` and `installed.php`.

Reads: installed.json as Composer 1 (a list) and Composer 2 (a table) write it, installed.php of Composer 2 for the
project and, where installed.json is missing, for the packages; composer.json of the project for what it asks for itself
(https://getcomposer.org/doc/07-runtime.md#installed-versions).
Gives: name, version as written, licence, author, home page, description, release date, checksum, download location,
edges, the project with what it needs and what for development.
Cannot know: what the machine must have (php, ext-json); from installed.php alone only names and versions.

Without composer.json the project needs what nothing else needs; Composer 2 says which of it is there for development.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.composer_packages import (
    Entry,
    Project,
    composer,
    edges_among,
    edges_from,
    read_package,
    read_project,
)
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import join_path, parent, read_each, read_named, skipped_by
from custody.inventory.php_values import read_literal
from custody.model import Dependency, Package


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the installed packages, the project that they are installed for, and who needs whom."""
    folder = parent(file.path)
    if file.path.endswith(".php"):
        if not tree.exists(f"{folder}/installed.json"):
            yield from _from_php(file, tree)
        return
    # Composer 1 wrote a bare list.
    data = file.data if file.data.lstrip()[:1] != b"[" else b'{"packages":' + file.data + b"}"
    installed = Fields.from_json(data, file.path)
    entries, skipped = read_each(installed, "packages", lambda entry: read_package(entry, file, installed=True))
    yield from skipped
    names = frozenset(name for name in installed.items("dev-package-names") if isinstance(name, str))
    beside = tree.get(f"{folder}/installed.php")
    yield from _tell(_project(beside, file, tree), entries, names)


def _from_php(file: File, tree: Tree) -> Iterator[Found]:
    table = _table(file)
    found, skipped = read_named(table, "versions", lambda name, row: _read_row(name, row, file))
    yield from skipped
    root = table.table("root").text_or("name")
    entries = [entry for entry, _ in found if entry and entry.package.name != root]
    names = frozenset(entry.package.name for entry, is_dev in found if entry and is_dev)
    yield from _tell(_project(file, file, tree), entries, names)


def _table(file: File) -> Fields:
    value = read_literal(file.data, file.path)
    if not isinstance(value, dict):
        raise InputError(file.path, "expected PHP that returns an array")
    return Fields(value, file.path)


def _read_row(name: str, row: Fields, file: File) -> tuple[Entry | None, bool]:
    """Read one of `versions`; what is only provided or replaced by another package has no version."""
    if "pretty_version" not in row:
        return None, False
    version = row.text("pretty_version")
    package = Package(
        purl=composer(name, version, row.at), name=name, version=version, locations=(file.location(row.path),)
    )
    return Entry(package=package), row.boolean("dev_requirement")


def _project(installed: File | None, file: File, tree: Tree) -> Project:
    """Give the project: as composer.json says, with the name and version that were worked out when it was installed."""
    project = read_project(join_path(parent(file.path), "../..") or "", file, tree)
    try:
        root = _table(installed).table("root") if installed else Fields({}, file.path)
        name, version = root.text_or("name"), root.text_or("pretty_version")
        if installed is None or name in ("", "__root__"):
            return project
        # 1.0.0+no-version-set is what Composer puts where it found none.
        version = "" if "no-version-set" in version else version
        package = replace(
            project.package,
            purl=composer(name, version, root.spot("name")),
            name=name,
            version=version,
            locations=tuple(dict.fromkeys((*project.package.locations, installed.location("root")))),
        )
    except InputError as error:
        return replace(project, skipped=(*project.skipped, skipped_by(error)))
    return replace(project, package=package)


def _tell(project: Project, entries: list[Entry], for_development: frozenset[str]) -> Iterator[Found]:
    yield from project.skipped
    package = replace(project.package, installed=True)
    yield package
    for entry in entries:
        yield entry.package
    edges = list(edges_among(entries))
    edges += edges_from(package.id, project.needs or (), entries)
    needed = {edge.target for edge in edges}
    for entry in entries:
        if entry.package.id not in needed and entry.package.name in for_development:
            edges.append(Dependency(source=package.id, target=entry.package.id, relation="dev"))
    yield from rooted(package.id, (entry.package.id for entry in entries), edges)


CATALOGER = Cataloger(
    name="php-composer-installed",
    globs=("**/composer/installed.json", "**/composer/installed.php"),
    beside=("**/composer.json",),
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "project",
        "checksum",
        "download",
        "author",
        "home page",
        "description",
        "release date",
    ),
    cannot_know=("what the machine must have (php, ext-…)",),
    ecosystems=("Packagist",),
    parse=parse,
)
