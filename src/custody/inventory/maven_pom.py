"""Maven's project files: what one states, and what follows with its parents and properties.

    pom = read_pom(data, "app/pom.xml")
    project = Projects(tree).complete(pom)      # inherited, managed and interpolated, as far as the tree goes
    project.dependencies[0].version             # "" where it cannot be told offline

Spec: https://maven.apache.org/pom.html, and the model builder's order of steps,
https://maven.apache.org/ref/3-LATEST/maven-model-builder/: profiles, parents (nearest wins), interpolation, imported
dependency management (what is stated wins over what is imported, the first import over later ones), management.

Not done, since it takes the machine of the build: profiles that are not active by default, system properties, plugins
that set properties. What then stays open is said to be open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from custody.errors import InputError
from custody.inventory.interface import Tree
from custody.inventory.lockfile import join_path, parent
from custody.inventory.xml_reader import Element, read_xml
from custody.model import Purl

__all__ = [
    "POM_FILES",
    "Licence",
    "Parent",
    "Pom",
    "PomDependency",
    "Projects",
    "is_exact",
    "is_name",
    "maven",
    "read_pom",
]

POM_FILES = ("**/pom.xml", "**/*.pom", "**/.mvn/maven.config")
"""What `Projects` reads: projects, what stands in a local repository, and properties set for every build."""

MAX_PARENTS = 50
"""Parents above each other: far more than people can keep in order."""
MAX_EXPANSION = 4096
"""Characters of a value after its properties are put in, and how many steps that takes: they can name each other."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,300}")
_PROPERTY = re.compile(r"\$\{([^${}]*)\}")
_JAR_TYPES = {"", "jar", "bundle", "ejb", "maven-plugin", "eclipse-plugin", "jenkins-module", "maven-archetype"}
"""Packagings and dependency types whose file is a .jar: the purl type's default, so it is not written."""
_CLASSIFIED = {"test-jar": "tests", "ejb-client": "client", "java-source": "sources", "javadoc": "javadoc"}
"""Types that mean a jar with a classifier: https://maven.apache.org/ref/3-LATEST/maven-core/artifact-handlers.html."""


def maven(group: str, artifact: str, version: str, *, type: str = "jar", classifier: str = "") -> Purl:
    """Give the purl of a Maven artifact. Spec: purl-spec, type `maven`. group: "" where it is not known."""
    classifier = classifier or _CLASSIFIED.get(type, "")
    kind = "" if type in _JAR_TYPES or type in _CLASSIFIED else type
    return Purl("maven", artifact, version, group, (("classifier", classifier), ("type", kind)))


def is_name(text: str) -> bool:
    """Say whether this can be a group or artifact id."""
    return _NAME.fullmatch(text) is not None


def is_exact(version: str) -> bool:
    """Say whether this names one version: no range, no property left in it, none of Maven's two moving words."""
    return bool(version) and version not in ("LATEST", "RELEASE") and re.search(r"[\s\[\](),${}]", version) is None


# ── one file ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """path: `relativePath` as written, "../pom.xml" where it is left out, "" for none."""

    group: str
    artifact: str
    version: str
    path: str = "../pom.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class PomDependency:
    """One dependency. line: where it stands in its file; file: which; stated: the version as written, before anything.

    version: "" where it is not stated, and after `Projects.complete` where it cannot be told. scope: "" likewise.
    """

    group: str
    artifact: str
    version: str = ""
    type: str = "jar"
    classifier: str = ""
    scope: str = ""
    optional: bool = False
    stated: str = ""
    file: str = ""
    line: int = 0

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Give what two declarations of one dependency have in common."""
        return (self.group, self.artifact, self.type, self.classifier)


@dataclass(frozen=True, slots=True)
class Licence:
    """One `<license>`."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pom:
    """What a file states, or (from `Projects.complete`) what holds for its project. Texts are as written, "" absent."""

    path: str
    group: str = ""
    artifact: str = ""
    version: str = ""
    packaging: str = "jar"
    name: str = ""
    description: str = ""
    url: str = ""
    organization: str = ""
    parent: Parent | None = None
    licences: tuple[Licence, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    dependencies: tuple[PomDependency, ...] = ()
    managed: tuple[PomDependency, ...] = ()
    plugins: tuple[PomDependency, ...] = ()
    managed_plugins: tuple[PomDependency, ...] = ()
    modules: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def own_group(self) -> str:
        """Give the group id, which a project shares with its parent where it states none."""
        return self.group or (self.parent.group if self.parent else "")

    @property
    def own_version(self) -> str:
        """Give the version; see `own_group`."""
        return self.version or (self.parent.version if self.parent else "")


def read_pom(data: bytes, where: str) -> Pom:
    """Read a project file. Raises InputError: no XML, or no `<project>`."""
    root = read_xml(data, where, "project")
    above = root.at("parent")
    relative = next(above.all("relativePath"), None)
    parts = [root, *_active_profiles(root)]
    return Pom(
        path=where,
        group=root.text_at("groupId"),
        artifact=root.text_at("artifactId"),
        version=root.text_at("version"),
        packaging=root.text_at("packaging") or "jar",
        name=root.text_at("name"),
        description=root.text_at("description"),
        url=root.text_at("url"),
        organization=root.text_at("organization", "name"),
        parent=Parent(
            group=above.text_at("groupId"),
            artifact=above.text_at("artifactId"),
            version=above.text_at("version"),
            path="../pom.xml" if relative is None else relative.text,
        )
        if above.children
        else None,
        licences=tuple(Licence(x.text_at("name"), x.text_at("url")) for x in root.at("licenses").all("license")),
        properties={x.tag: x.text for part in parts for x in part.at("properties").children},
        dependencies=tuple(_dependencies(parts, where, "dependencies")),
        managed=tuple(_dependencies(parts, where, "dependencyManagement", "dependencies")),
        plugins=tuple(_plugins(parts, where, "build")),
        managed_plugins=tuple(_plugins(parts, where, "build", "pluginManagement")),
        modules=tuple(x.text for part in parts for x in part.at("modules").all("module") if x.text),
    )


def _active_profiles(root: Element) -> list[Element]:
    return [
        profile
        for profile in root.at("profiles").all("profile")
        if profile.text_at("activation", "activeByDefault") == "true"
    ]


def _dependencies(parts: Iterable[Element], where: str, *path: str) -> Iterator[PomDependency]:
    for part in parts:
        for row in part.at(*path).all("dependency"):
            yield PomDependency(
                group=row.text_at("groupId"),
                artifact=row.text_at("artifactId"),
                version=row.text_at("version"),
                type=row.text_at("type") or "jar",
                classifier=row.text_at("classifier"),
                scope=row.text_at("scope"),
                optional=row.text_at("optional") == "true",
                file=where,
                line=row.line,
            )


def _plugins(parts: Iterable[Element], where: str, *path: str) -> Iterator[PomDependency]:
    """Give the plugins and extensions that the build runs, or their management."""
    for part in parts:
        build = part.at(*path)
        for row in (*build.at("extensions").all("extension"), *build.at("plugins").all("plugin")):
            yield PomDependency(
                group=row.text_at("groupId") or "org.apache.maven.plugins",
                artifact=row.text_at("artifactId"),
                version=row.text_at("version"),
                file=where,
                line=row.line,
            )


# ── the whole ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Projects:
    """The project files of a tree, and those of local repositories in it."""

    def __init__(self, tree: Tree) -> None:
        """Read them all. A file that cannot be read is as if it were not there: whoever starts at it says so."""
        self._by_path: dict[str, Pom] = {}
        self._by_name: dict[tuple[str, str], list[Pom]] = {}
        self._config: dict[str, dict[str, str]] = {}
        self._done: dict[str, Pom] = {}
        for file in tree.matching(POM_FILES):
            if file.path.endswith("/maven.config") or file.path == ".mvn/maven.config":
                self._config[parent(parent(file.path))] = _read_config(file.data)
                continue
            try:
                pom = read_pom(file.data, file.path)
            except InputError:
                continue
            self._by_path[file.path] = pom
            self._by_name.setdefault((pom.own_group, pom.artifact), []).append(pom)

    def at(self, path: str) -> Pom | None:
        """Give the project whose file stands at a path, or (`pom.xml`) in that folder."""
        return self._by_path.get(path) or self._by_path.get(f"{path}/pom.xml" if path else "pom.xml")

    def find(self, group: str, artifact: str, version: str) -> Pom | None:
        """Give a project by its coordinates. One whose version is put together by properties fits any."""
        same = self._by_name.get((group, artifact), ())
        exact = [pom for pom in same if pom.own_version == version]
        return next(iter(exact or [pom for pom in same if "${" in pom.own_version]), None)

    def complete(self, pom: Pom) -> Pom:
        """Give what holds for a project: with what it inherits, versions put in, and `missing` parents and BOMs named.

        Raises InputError: it has no artifact id, or one that properties leave open.
        """
        if self._by_path.get(pom.path) is not pom:  # one out of an archive
            return self._complete(pom, {})
        if pom.path not in self._done:
            self._done[pom.path] = self._complete(pom, {})
        return self._done[pom.path]

    def _complete(self, pom: Pom, imports: Mapping[tuple[str, str], bool]) -> Pom:
        chain, missing = self._chain(pom)
        values = _Values(chain, self._config_for(pom.path))
        group, artifact, version = (values(x) for x in (pom.own_group, pom.artifact, pom.own_version))
        for key, value in (("groupId", group), ("artifactId", artifact)):
            if not is_name(value):
                raise InputError(f"{pom.path}:{key}", f"expected a name, got {value[:200]!r}")
        managed: dict[tuple[str, str, str, str], PomDependency] = {}
        boms: list[PomDependency] = []
        for level in chain:
            for row in level.managed:
                full = values.fill(row)
                if full.scope == "import" and full.type == "pom":
                    boms.append(full)
                else:
                    managed.setdefault(full.key, full)
        for bom in boms:
            found, lost = self._imported(bom, imports)
            missing += lost
            for full in found:
                managed.setdefault(full.key, full)
        dependencies: dict[tuple[str, str, str, str], PomDependency] = {}
        for level in chain:
            for row in level.dependencies:
                full = values.fill(row)
                dependencies.setdefault(full.key, _managed(full, managed))
        inherited = [level.licences for level in chain if level.licences]
        return replace(
            pom,
            group=group,
            artifact=artifact,
            version=version,
            packaging=values(pom.packaging),
            name=values(pom.name),
            description=values(pom.description),
            url=values(pom.url),
            organization=values(next((level.organization for level in chain if level.organization), "")),
            licences=tuple(Licence(values(x.name), values(x.url)) for x in (inherited[0] if inherited else ())),
            dependencies=tuple(dependencies.values()),
            managed=tuple(managed.values()),
            plugins=tuple(_plugins_of(pom, chain, values)),
            missing=tuple(dict.fromkeys(missing)),
        )

    def _chain(self, pom: Pom) -> tuple[list[Pom], list[str]]:
        """Give the project and its parents, and the name of the first parent that is not here."""
        chain = [pom]
        while chain[-1].parent is not None and len(chain) < MAX_PARENTS:
            wanted = chain[-1].parent
            above = self._parent_of(chain[-1], wanted)
            if above is None or above in chain:
                return chain, [f"{wanted.group}:{wanted.artifact}:{wanted.version}"]
            chain.append(above)
        return chain, []

    def _parent_of(self, pom: Pom, wanted: Parent) -> Pom | None:
        """Give the parent at `relativePath` if it is the one that is named (Maven does so), else by its name."""
        path = join_path(parent(pom.path), wanted.path) if wanted.path else None
        near = self.at(path) if path is not None else None
        if near and near.artifact == wanted.artifact and near.own_group in (wanted.group, ""):
            return near
        return self.find(wanted.group, wanted.artifact, wanted.version)

    def _imported(
        self, bom: PomDependency, imports: Mapping[tuple[str, str], bool]
    ) -> tuple[tuple[PomDependency, ...], list[str]]:
        name = (bom.group, bom.artifact)
        pom = self.find(*name, bom.version)
        if pom is None:
            return (), [f"{bom.group}:{bom.artifact}:{bom.version or bom.stated}"]
        if name in imports or len(imports) > MAX_PARENTS:
            return (), []
        try:
            full = self._complete(pom, {**imports, name: True})
        except InputError:
            return (), [f"{bom.group}:{bom.artifact}:{bom.version or bom.stated}"]
        return full.managed, list(full.missing)

    def _config_for(self, path: str) -> Mapping[str, str]:
        folder = parent(path)
        while True:
            if folder in self._config:
                return self._config[folder]
            if not folder:
                return {}
            folder = parent(folder)


class _Values:
    """The properties of a project and its parents."""

    def __init__(self, chain: list[Pom], config: Mapping[str, str]) -> None:
        pom = chain[0]
        values: dict[str, str] = {}
        for level in reversed(chain):
            values.update(level.properties)
        values.update(config)
        own = {"groupId": pom.own_group, "artifactId": pom.artifact, "version": pom.own_version, "name": pom.name}
        own |= {"packaging": pom.packaging, "url": pom.url}
        if pom.parent:
            own |= {"parent.groupId": pom.parent.group, "parent.version": pom.parent.version}
            own["parent.artifactId"] = pom.parent.artifact
        for key, value in own.items():
            for prefix in ("project.", "pom.", ""):
                if prefix or key in ("groupId", "artifactId", "version"):
                    values.setdefault(prefix + key, value)
        self._values = values

    def __call__(self, text: str) -> str:
        """Give a text with its properties put in; what cannot be told stays as it is written."""
        steps = 0
        at = 0
        while True:
            match = _PROPERTY.search(text, at)
            if match is None:
                return text
            value = self._values.get(match[1].strip())
            steps += 1
            if value is None or steps > 100 or len(text) + len(value) > MAX_EXPANSION:
                at = match.end()
            else:
                text = text[: match.start()] + value + text[match.end() :]
                at = 0

    def fill(self, row: PomDependency) -> PomDependency:
        stated = self(row.version)
        return replace(
            row,
            group=self(row.group),
            artifact=self(row.artifact),
            version=stated,
            type=self(row.type),
            classifier=self(row.classifier),
            scope=self(row.scope),
            stated=row.version,
        )


def _managed(row: PomDependency, managed: Mapping[tuple[str, str, str, str], PomDependency]) -> PomDependency:
    """Give a dependency with what the management adds where it states nothing itself."""
    found = managed.get(row.key)
    if found is None:
        return row
    return replace(
        row,
        version=row.version or found.version,
        stated=row.stated or found.stated,
        scope=row.scope or found.scope,
        optional=row.optional or found.optional,
    )


def _plugins_of(pom: Pom, chain: Iterable[Pom], values: _Values) -> list[PomDependency]:
    managed: dict[tuple[str, str, str, str], PomDependency] = {}
    for level in chain:
        for row in level.managed_plugins:
            full = values.fill(row)
            managed.setdefault(full.key, full)
    plugins = {full.key: _managed(full, managed) for full in map(values.fill, pom.plugins)}
    return list(plugins.values())


def _read_config(data: bytes) -> dict[str, str]:
    """Read `-Drevision=1.2 -Dother=x` of `.mvn/maven.config`."""
    words = data.decode("utf-8", "replace").split()
    pairs = (word[2:].partition("=") for word in words if word.startswith("-D"))
    return {key: value for key, equals, value in pairs if equals}
