"""build.sbt.lock → Maven packages.

Reads: `*.sbt.lock` of the plug-in sbt-dependency-lock, lockVersion 1, https://stringbean.github.io/sbt-dependency-lock/
Gives: name (with the suffix of the Scala version, as it is published), version, checksum of a package with one file,
edges from the project by configuration (test → dev, provided and optional → optional).
Cannot know: which package needs which, which ones the project asks for itself, licences.
"""

from __future__ import annotations

from collections.abc import Iterator

from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import named_checksum, rooted
from custody.inventory.lockfile import nameless_project, read_each
from custody.inventory.maven_pom import is_exact, is_name, maven
from custody.model import Dependency, Package

_RELATIONS = {"test": "dev", "it": "dev", "integration-test": "dev", "provided": "optional", "optional": "optional"}
_NEEDED = ("compile", "runtime", "default")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, and the project they are locked for."""
    del tree
    lock = Fields.from_json(file.data, file.path)
    version = lock.integer("lockVersion")
    if version != 1:
        raise lock.fault("lockVersion", f"expected 1, got {version}")
    entries, skipped = read_each(lock, "dependencies", lambda entry: _read(entry, file))
    yield from skipped
    project = nameless_project(file)
    yield project
    edges: list[Dependency] = []
    for package, configurations in entries:
        yield package
        if not configurations & set(_NEEDED):  # what runs is contained: whether it is direct is not said
            kinds = {_RELATIONS.get(name, "depends_on") for name in configurations} - {"depends_on"}
            edges += [Dependency(source=project.id, target=package.id, relation=kind) for kind in kinds]
    yield from rooted(project.id, [package.id for package, _ in entries], edges)


def _read(entry: Fields, file: File) -> tuple[Package, set[str]]:
    group, name, version = entry.text("org"), entry.text("name"), entry.text("version")
    for key, value, good in (("org", group, is_name), ("name", name, is_name), ("version", version, is_exact)):
        if not good(value):
            raise entry.fault(key, f"expected a Maven coordinate, got {value[:200]!r}")
    hashes = [artifact.text_or("hash") for artifact in entry.each("artifacts")]
    checksum = named_checksum(hashes[0]) if len(hashes) == 1 else None
    purl = maven(group, name, version)
    package = Package(
        purl=purl,
        name=purl.full_name,
        version=version,
        locations=(file.location(entry.path),),
        checksums=(checksum,) if checksum else (),
        installed=False,
    )
    return package, set(entry.texts("configurations"))


CATALOGER = Cataloger(
    name="sbt-lock",
    globs=("**/*.sbt.lock",),
    gives=("name", "version", "edges", "relations", "project", "checksum"),
    cannot_know=("edges between packages", "licence"),
    ecosystems=("Maven",),
    parse=parse,
)
