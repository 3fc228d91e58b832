"""What Gradle's build files say of a project: its name, and what it asks for itself.

    project = read_project(file, folder, tree)
    project.package, project.declared[("org.slf4j", "slf4j-api")]       # {"implementation"}
    project.asked[0].version, project.projects                          # "2.0.9", (("implementation", "app/api"),)

Build files are programs. What is read here are the forms in which nearly all of them write names down: strings, the
`group:`/`name:` notation, and aliases of the version catalog `gradle/libs.versions.toml`. What a program works out is
not known, and then an edge is missing, not a package: these come from the lock file.

Reads: build.gradle(.kts), settings.gradle(.kts), gradle.properties, libs.versions.toml,
https://docs.gradle.org/current/userguide/declaring_dependencies_basics.html
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import File, Tree
from custody.inventory.java_identity import read_properties
from custody.inventory.lockfile import nameless_project, parent, skipped_by
from custody.inventory.maven_pom import is_exact, is_name, maven
from custody.model import Package, Purl, Skipped

__all__ = ["BESIDE", "Asked", "Project", "read_project", "relation_of"]

BESIDE = (
    "**/build.gradle",
    "**/build.gradle.kts",
    "**/settings.gradle",
    "**/settings.gradle.kts",
    "**/gradle.properties",
    "**/gradle/*.versions.toml",
    "**/gradle/verification-metadata.xml",
)
_COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)|(?<![:\"'\w])//[^\n]*")
MAX_BUILD_BYTES = 1 << 20
"""Of a build file; a program that long is not one that people write."""
_ID = r"[\w.-]{1,300}"
_S = r"\s{0,40}"
_QUOTE = r"[\"']"
_OPEN = rf"\b(\w+){_S}\(?{_S}"
_PLATFORM = rf"(?:(?:enforcedP|p)latform{_S}\({_S})?"
_NAMED = re.compile(
    rf"{_OPEN}{_PLATFORM}{_QUOTE}({_ID}):({_ID})"
    r"(?::([^\"'\n:@]{0,200}))?(?:[:@][^\"'\n]{0,200})?[\"']"
)
_MAPPED = re.compile(
    rf"{_OPEN}group{_S}[:=]{_S}{_QUOTE}({_ID}){_QUOTE}{_S},{_S}name{_S}[:=]{_S}{_QUOTE}({_ID}){_QUOTE}"
    rf"(?:{_S},{_S}version{_S}[:=]{_S}{_QUOTE}([^\"'\n]{{0,200}}){_QUOTE})?"
)
_PROJECT = re.compile(rf"{_OPEN}project{_S}\({_S}(?:path{_S}[:=]{_S})?{_QUOTE}:?([\w.:-]{{1,300}}){_QUOTE}")
_VARIABLE = re.compile(r"\b(?:def|val|var|String|ext\.)\s*(\w+)\s*=\s*[\"']([^\"'$\n]{1,100})[\"']")
_USED = re.compile(r"\$(?:\{([\w.]+)\}|(\w+))")
_ALIAS = re.compile(rf"{_OPEN}{_PLATFORM}libs\.([\w.]{{1,300}})")
_ROOT_NAME = re.compile(r"^[ \t]*rootProject\.name\s*=\s*[\"']([^\"'$]{1,200})[\"']", re.MULTILINE)
_ASSIGNED = r"^(?:project\.)?{}\s*=?\s*[\"']([^\"'$]{{1,200}})[\"']"
_BUILD_WORDS = re.compile(
    r"^(?:annotationprocessor|kapt|ksp|classpath|checkstyle|pmd|spotbugs|jacoco|codenarc|detekt|ktlint|errorprone"
    r"|spotless|asciidoctor|kotlincompiler|kotlinbuildtools|kotlinklib|kotlinnative|zinc|scalacompiler|lint|lombok"
    r"|protoc|javaagent|groovydoc|dokka|japicmp)|annotationprocessor|compilerplugin"
)


_Module: TypeAlias = tuple[str, str, str]
"""Group, name, and version or ""."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One dependency in a build file. version: as it is stated, with its variables put in; "" where none is."""

    group: str
    name: str
    version: str
    configuration: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A Gradle project. asked: what for, by line of its build file; projects: (configuration, folder) of others."""

    package: Package
    asked: tuple[Asked, ...] = ()
    projects: tuple[tuple[str, str], ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def declared(self) -> dict[tuple[str, str], frozenset[str]]:
        """Give (group, name) → the configurations in which the build file asks for it."""
        found: dict[tuple[str, str], set[str]] = {}
        for row in self.asked:
            found.setdefault((row.group, row.name), set()).add(row.configuration)
        return {name: frozenset(configurations) for name, configurations in found.items()}


def relation_of(configuration: str) -> str:
    """Give what a configuration's dependencies are for: "depends_on", "optional", "dev" or "build".

    Gradle's plug-ins name them by what they are for: `testRuntimeClasspath`, `debugUnitTestCompileClasspath`, `kapt`.
    One whose name says nothing counts as needed, since that is never wrong to look at.
    """
    word = configuration.lower()
    if re.search(r"(?<!la)test", word):
        return "dev"
    if _BUILD_WORDS.search(word):
        return "build"
    return (
        "optional"
        if word.endswith(("compileonly", "compileonlyapi", "providedcompile", "developmentonly"))
        else "depends_on"
    )


def read_project(file: File, folder: str, tree: Tree) -> Project:
    """Give the project in a folder. file: what it is named for where nothing else names it."""
    root, root_name = _root(folder, tree)
    build = _text(tree, folder, ("build.gradle", "build.gradle.kts"))
    properties = (
        {**_properties(tree, root), **_properties(tree, folder)} if root is not None else _properties(tree, folder)
    )
    name = root_name if folder == root else folder.rpartition("/")[2] if root is not None else ""
    group, version = (_assigned(build, key) or properties.get(key, "") for key in ("group", "version"))
    package = nameless_project(file)
    if name and is_name(name):
        version = version if is_exact(version) and version != "unspecified" else ""
        known = is_name(group)
        purl = maven(group, name, version) if known else Purl("generic", name, version, namespace=parent(folder))
        package = replace(package, purl=purl, name=purl.full_name if known else name, version=version)
    top = root if root is not None else folder
    catalog, skipped = _catalog(tree, top)
    variables = {**properties, **{match[1]: match[2] for match in _VARIABLE.finditer(build or "")}}
    return Project(
        package=package,
        asked=tuple(sorted(_asked(build or "", variables, catalog), key=lambda row: row.line)),
        projects=tuple(
            (match[1], "/".join(filter(None, [top, *match[2].split(":")]))) for match in _PROJECT.finditer(build or "")
        ),
        skipped=skipped,
    )


def _root(folder: str, tree: Tree) -> tuple[str | None, str]:
    """Give the folder of the build's settings, at or above, and the name that they give to the root project."""
    here = folder
    while True:
        text = _text(tree, here, ("settings.gradle", "settings.gradle.kts"))
        if text is not None:
            match = _ROOT_NAME.search(text)
            return here, match[1] if match else ""
        if not here:
            return None, ""
        here = parent(here)


def _text(tree: Tree, folder: str, names: tuple[str, ...]) -> str | None:
    for name in names:
        file = tree.get(f"{folder}/{name}" if folder else name)
        if file is not None:
            text = file.data[:MAX_BUILD_BYTES].decode("utf-8", "replace")
            return _COMMENT.sub(lambda comment: " " + "\n" * comment[0].count("\n"), text)  # lines keep their numbers
    return None


def _properties(tree: Tree, folder: str) -> dict[str, str]:
    file = tree.get(f"{folder}/gradle.properties" if folder else "gradle.properties")
    return read_properties(file.data) if file is not None else {}


def _assigned(build: str | None, key: str) -> str:
    match = re.search(_ASSIGNED.format(key), build or "", re.MULTILINE)
    return match[1] if match else ""


def _asked(build: str, variables: Mapping[str, str], catalog: Mapping[str, tuple[_Module, ...]]) -> Iterator[Asked]:
    ends = [match.start() for match in re.finditer("\n", build)]

    def put_in(text: str) -> str:
        return _USED.sub(lambda used: variables.get(used[1] or used[2], used[0]), text)

    def asked(match: re.Match[str], module: _Module) -> Asked:
        group, name, version = module
        line = bisect_left(ends, match.start()) + 1
        return Asked(group=group, name=name, version=version, configuration=match[1], line=line)

    for pattern in (_NAMED, _MAPPED):
        for match in pattern.finditer(build):
            yield asked(match, (match[2], match[3], put_in(match[4] or "")))
    for match in _ALIAS.finditer(build):
        for module in catalog.get(match[2].removesuffix(".get"), ()):
            yield asked(match, module)


def _catalog(tree: Tree, root: str) -> tuple[dict[str, tuple[_Module, ...]], tuple[Skipped, ...]]:
    """Give alias → the modules that it stands for, as build files write it: `spring-core` is `libs.spring.core`."""
    file = tree.get(f"{root}/gradle/libs.versions.toml" if root else "gradle/libs.versions.toml")
    if file is None:
        return {}, ()
    try:
        document = Fields.from_toml(file.data, file.path)
        tables = [document.table(key).value for key in ("libraries", "bundles", "versions")]
    except InputError as error:
        return {}, (skipped_by(error),)
    libraries, bundles, versions = tables
    found: dict[str, tuple[_Module, ...]] = {}
    found.update((_accessor(alias), (module,)) for alias, module in _modules(libraries, versions))
    for alias, members in bundles.items():
        names = members if isinstance(members, list) else []
        found[f"bundles.{_accessor(alias)}"] = tuple(
            module for item in names for module in found.get(_accessor(str(item)), ())
        )
    return found, ()


def _modules(libraries: Mapping[str, object], versions: Mapping[str, object]) -> Iterator[tuple[str, _Module]]:
    for alias, value in libraries.items():
        version: object = ""
        if isinstance(value, str):
            module = value
        elif isinstance(value, dict):
            module = str(value.get("module") or f"{value.get('group', '')}:{value.get('name', '')}")
            version = value.get("version", "")
        else:
            continue
        group, _, rest = module.partition(":")
        name, _, stated = rest.partition(":")
        if isinstance(version, dict) and isinstance(version.get("ref"), str):
            version = versions.get(version["ref"], "")
        if is_name(group) and is_name(name):
            yield alias, (group, name, stated or _simple(version))


def _simple(version: object) -> str:
    """Give a version, or of a rich one what it must be: `{ strictly = "[1,2[", prefer = "1.5" }` is a range."""
    if isinstance(version, dict):
        version = version.get("strictly") or version.get("require") or version.get("prefer")
    return version if isinstance(version, str) else ""


def _accessor(alias: str) -> str:
    return re.sub(r"[-_.]", ".", alias)
