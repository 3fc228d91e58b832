"""composer.lock → Composer packages.

Reads: composer.lock (https://getcomposer.org/doc/01-basic-usage.md#commit-your-composer-lock-file-to-version-control)
and the composer.json beside it for what the project asks for itself.
Gives: name, version as written, licence, author, home page, description, release date, checksum, download location,
edges (also to what provides or replaces the name that is required), the project with what it needs and what for
development.
Cannot know: what the machine must have (php, ext-json): these requirements are left out, they are no packages.
"""

from __future__ import annotations

from collections.abc import Iterator

from custody.fields import Fields
from custody.inventory.composer_packages import edges_among, edges_from, read_package, read_project
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import is_below, parent, read_each
from custody.model import Dependency


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, the project they are locked for, and who needs whom."""
    if is_below(file.path, "vendor", "node_modules"):
        return
    lock = Fields.from_json(file.data, file.path)
    entries, skipped = read_each(lock, "packages", lambda entry: read_package(entry, file, installed=False))
    for_development, more = read_each(lock, "packages-dev", lambda entry: read_package(entry, file, installed=False))
    yield from (*skipped, *more)
    project = read_project(parent(file.path), file, tree)
    yield from project.skipped
    yield project.package
    everything = [*entries, *for_development]
    for entry in everything:
        yield entry.package
    edges = list(edges_among(everything))
    edges += edges_from(project.package.id, project.needs or (), everything)
    if project.needs is None:  # nobody says what is asked for; the lock file does say which part is for development
        needed = {edge.target for edge in edges}
        tops = [entry.package.id for entry in for_development if entry.package.id not in needed]
        edges += [Dependency(source=project.package.id, target=top, relation="dev") for top in tops]
    yield from rooted(project.package.id, (entry.package.id for entry in everything), edges)


CATALOGER = Cataloger(
    name="php-composer-lock",
    globs=("**/composer.lock",),
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
