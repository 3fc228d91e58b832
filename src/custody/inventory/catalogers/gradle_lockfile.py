"""gradle.lockfile → Maven packages.

Reads: gradle.lockfile, buildscript-gradle.lockfile and settings-gradle.lockfile, and the older
`gradle/dependency-locks/<configuration>.lockfile`, https://docs.gradle.org/current/userguide/dependency_locking.html;
beside them the build files for what the project asks for itself (see `gradle_project.py`), and
`gradle/verification-metadata.xml`, https://docs.gradle.org/current/userguide/dependency_verification.html
Gives: name, version, edges from the project by configuration (test → dev, compile only → optional, annotation
processors, tools and the build script's classpath → build), the project, checksum where the build verifies it.
Cannot know: which package needs which, since no lock file of Gradle says it; licences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from custody.errors import InputError
from custody.inventory.gradle_project import BESIDE, read_project, relation_of
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import parent, skipped_by
from custody.inventory.maven_pom import is_exact, is_name, maven
from custody.inventory.xml_reader import read_xml
from custody.model import Checksum, Dependency, Package, Skipped

_OLD = re.compile(r"(?:(.*)/)?gradle/dependency-locks/([^/]+)\.lockfile")
_CHECKSUMS = ("sha512", "sha256", "sha1", "md5")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Locked:
    """One line. configurations: those it is locked for."""

    group: str
    name: str
    version: str
    configurations: tuple[str, ...]
    line: int


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked packages, and the project they are locked for."""
    old = _OLD.fullmatch(file.path)
    folder = (old[1] or "") if old else parent(file.path)
    # All lock files of one project stand for the same one, also where nothing names it.
    name = "gradle/dependency-locks" if old else "gradle.lockfile"
    project = read_project(File(path=f"{folder}/{name}" if folder else name, data=b"", layer=file.layer), folder, tree)
    locked, skipped = _read(file, old[2] if old else "")
    yield from skipped
    try:
        checksums = _checksums(folder, tree)
    except InputError as error:
        yield skipped_by(error)
        checksums = {}
    package = project.package
    yield Package(
        purl=package.purl,
        name=package.name,
        version=package.version,
        locations=(file.location(),),
        purpose="APPLICATION",
        installed=False,
    )
    ids: list[str] = []
    edges: list[Dependency] = []
    runs = any(_is_runtime(configuration) for row in locked for configuration in row.configurations)
    declared = project.declared
    for row in locked:
        purl = maven(row.group, row.name, row.version)
        yield Package(
            purl=purl,
            name=purl.full_name,
            version=row.version,
            locations=(file.location(f"line {row.line}"),),
            checksums=checksums.get((row.group, row.name, row.version), ()),
            installed=False,
        )
        ids.append(str(purl))
        edges += [
            Dependency(source=package.id, target=str(purl), relation=relation)
            for relation in _relations(row, declared, file, runs=runs)
        ]
    yield from rooted(package.id, ids, edges)


def _read(file: File, configuration: str) -> tuple[list[_Locked], list[Skipped]]:
    """Read `group:name:version=configuration,…`, in the old form without the configurations, which its name says."""
    try:
        text = file.data.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(file.path, "not UTF-8 text") from None
    locked: list[_Locked] = []
    skipped: list[Skipped] = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith(("#", "empty=")):
            continue
        module, _, configurations = bare.partition("=")
        parts = module.split(":")
        if len(parts) != 3 or not is_name(parts[0]) or not is_name(parts[1]) or not is_exact(parts[2]):
            reason = f"expected group:name:version=configurations, got {bare[:200]!r}"
            skipped.append(Skipped(where=file.at(f"line {number}"), reason=reason))
            continue
        names = tuple(name.strip() for name in configurations.split(",") if name.strip()) or (configuration,)
        locked.append(_Locked(group=parts[0], name=parts[1], version=parts[2], configurations=names, line=number))
    return locked, skipped


def _relations(
    row: _Locked, asked_for: Mapping[tuple[str, str], frozenset[str]], file: File, *, runs: bool
) -> set[str]:
    """Give how the project relates to a package; nothing where it has it through others in a way nobody says.

    What its build file asks for is direct. Of the rest only what is not for running is told apart. runs: some
    configuration is a run-time classpath, so that what is on none of them is not there at run time.
    """
    if file.path.rpartition("/")[2] in ("buildscript-gradle.lockfile", "settings-gradle.lockfile"):
        return {"build"}
    kinds = {relation_of(name) for name in row.configurations}
    if "depends_on" in kinds and runs and not any(_is_runtime(name) for name in row.configurations):
        kinds = {"optional" if kind == "depends_on" else kind for kind in kinds}
    declared = asked_for.get((row.group, row.name))
    if declared:
        asked = {relation_of(name) for name in declared}
        return {"depends_on"} if "depends_on" in asked else asked
    return set() if "depends_on" in kinds else kinds


def _is_runtime(configuration: str) -> bool:
    word = configuration.lower()
    return relation_of(word) == "depends_on" and (word.endswith("runtimeclasspath") or not word.endswith("classpath"))


def _checksums(folder: str, tree: Tree) -> Mapping[tuple[str, str, str], tuple[Checksum, ...]]:
    """Give the checksums of the jars that a build verifies, by group, name and version."""
    while True:
        path = "gradle/verification-metadata.xml"
        file = tree.get(f"{folder}/{path}" if folder else path)
        if file is not None:
            break
        if not folder:
            return {}
        folder = parent(folder)
    root = read_xml(file.data, file.path, "verification-metadata")
    found: dict[tuple[str, str, str], tuple[Checksum, ...]] = {}
    for component in root.at("components").all("component"):
        key = tuple(component.attributes.get(name, "") for name in ("group", "name", "version"))
        for artifact in component.all("artifact"):
            if artifact.attributes.get("name") == f"{key[1]}-{key[2]}.jar":
                stated = (
                    Checksum.parse(kind, item.attributes.get("value", ""))
                    for kind in _CHECKSUMS
                    for item in artifact.all(kind)
                )
                found[(key[0], key[1], key[2])] = tuple(sorted(checksum for checksum in stated if checksum))
    return found


CATALOGER = Cataloger(
    name="gradle-lockfile",
    globs=(
        "**/gradle.lockfile",
        "**/buildscript-gradle.lockfile",
        "**/settings-gradle.lockfile",
        "**/gradle/dependency-locks/*.lockfile",
    ),
    beside=BESIDE,
    gives=("name", "version", "edges", "relations", "project", "checksum"),
    cannot_know=("edges between packages", "licence"),
    ecosystems=("Maven",),
    parse=parse,
)
