"""build.gradle → Maven packages, where no lock file says more.

Reads: build.gradle and build.gradle.kts, with gradle.properties, settings.gradle(.kts) and the version catalog
`gradle/libs.versions.toml`, in the forms that `gradle_project.py` describes,
https://docs.gradle.org/current/userguide/declaring_dependencies_basics.html
Gives: name, the version where one is stated (else what is stated stands in the location), edges by configuration
(test → dev, compile only → optional, annotation processors, tools and the build script's classpath → build), the
projects of the build and which of them need each other.
Cannot know: what the program works out, versions that a platform or a plug-in brings, what the dependencies need.

Beside a lock file only the projects and their edges are given: what it locks is given by `gradle_lockfile.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.inventory.gradle_project import BESIDE, Asked, read_project, relation_of
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import in_folder, is_below, parent
from custody.inventory.maven_pom import is_exact, is_name, maven
from custody.model import Dependency, Package

_BUILDS = ("build.gradle", "build.gradle.kts")
_CONFIGURATION = re.compile(
    r"(?:api|implementation|compile|runtime|compileonly|compileonlyapi|runtimeonly|annotationprocessor|kapt|ksp|classpath"
    r"|developmentonly|testfixtures|providedcompile|providedruntime|corelibrarydesugaring|lintchecks|detektplugins"
    r"|errorprone|checkstyle|pmd|spotbugs|spotbugsplugins)$",
    re.IGNORECASE,
)
"""How the names of configurations end. `dependsOn("api:build")` looks like a dependency and names a task."""


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the project, and what it asks for."""
    if is_below(file.path, "node_modules", "site-packages", "dist-packages", "testdata"):
        return
    folder = parent(file.path)
    locked = _is_locked(folder, tree)
    home = File(path=in_folder(folder, "gradle.lockfile") if locked else file.path, data=b"", layer=file.layer)
    project = read_project(home, folder, tree)
    package = project.package
    yield Package(
        purl=package.purl,
        name=package.name,
        version=package.version,
        locations=(file.location(),),
        purpose="APPLICATION",
        installed=False,
    )
    yield from project.skipped
    edges: set[Dependency] = set()
    for configuration, other in project.projects:
        target = _project_id(other, tree)
        if target is not None and target != package.id:
            edges.add(Dependency(source=package.id, target=target, relation=relation_of(configuration)))
    for row in () if locked else project.asked:
        if _CONFIGURATION.search(row.configuration) and is_name(row.group) and is_name(row.name):
            asked = _package(row, file)
            yield asked
            edges.add(Dependency(source=package.id, target=asked.id, relation=relation_of(row.configuration)))
    yield from sorted(edge for edge in edges if edge.source != edge.target)


def _package(row: Asked, file: File) -> Package:
    exact = is_exact(row.version) and not row.version.endswith("+") and not row.version.startswith("latest.")
    version = row.version.removesuffix("!!") if exact else ""  # "1.5!!" is Gradle's short form for "strictly"
    stated = f"version {row.version[:200]}" if row.version else "no version"
    place = f"line {row.line}" if exact else f"line {row.line}; {stated}"
    purl = maven(row.group, row.name, version)
    return Package(purl=purl, name=purl.full_name, version=version, locations=(file.location(place),), installed=False)


def _project_id(folder: str, tree: Tree) -> str | None:
    """Give the id of the project in another folder, None where there is none."""
    build = next((name for name in _BUILDS if tree.exists(in_folder(folder, name))), None)
    if build is None:
        return None
    name = "gradle.lockfile" if _is_locked(folder, tree) else build
    return read_project(File(path=in_folder(folder, name), data=b""), folder, tree).package.id


def _is_locked(folder: str, tree: Tree) -> bool:
    return tree.exists(in_folder(folder, "gradle.lockfile")) or tree.exists(
        in_folder(folder, "gradle/dependency-locks")
    )


CATALOGER = Cataloger(
    name="gradle-build",
    globs=tuple(f"**/{name}" for name in _BUILDS),
    beside=(*BESIDE, "**/gradle.lockfile"),
    gives=("name", "version", "edges", "relations", "project"),
    cannot_know=("what the build works out", "version that a platform or plug-in brings", "edges between dependencies"),
    ecosystems=("Maven",),
    parse=parse,
)
