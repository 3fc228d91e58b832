"""All Java archives of an artifact, and which Maven artifact each one is.

    archives = java_archives(tree)
    for node in archives.nodes(file):
        node.identity.purl, node.place          # "" for the file itself, "BOOT-INF/lib/x.jar" for one inside it
    archives.targets("org.slf4j", "slf4j-api", node)    # ids of the packages that can be meant

What one archive leaves open another one may tell: project files name the groups of what they need, and repositories
name them by their folders. So all archives are looked at before the first package is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

from custody.errors import InputError
from custody.inventory.embedded_sbom import EmbeddedSbom, decode_embedded
from custody.inventory.interface import File, Tree
from custody.inventory.java_archive import EXTRACTOR, Archive, read_extract
from custody.inventory.java_identity import Descriptor, Identity, Knowledge, identify
from custody.inventory.licence_notices import read_notice
from custody.inventory.lockfile import parent, skipped_by
from custody.inventory.maven_pom import Pom, Projects, is_exact, is_name
from custody.model import Purl, Skipped

__all__ = ["Archives", "Node", "java_archives", "without_default_type"]

_GRADLE_CACHE = re.compile(r"(?:^|/)files-[^/]+/([^/]+)/([^/]+)/([^/]+)/[0-9a-f]{30,40}/[^/]+$")
"""`modules-2/files-2.1/<group>/<artifact>/<version>/<sha1>/<file>`, Gradle's cache of what it fetched."""
_REPOSITORY = re.compile(r"(?:^|/)(?:\.m2/repository|maven2|repository)/(.+)/([^/]+)/([^/]+)/[^/]+$")
"""Maven's layout below a folder that only repositories have: a user's own, a mirror, that inside a Karaf archive."""
_LAYOUT = re.compile(r"(.+)/([^/]+)/([^/]+)/([^/]+)\.[a-z]+")
_DEBIAN_REPOSITORY = "usr/share/maven-repo"
"""Debian's Maven repository: links from Maven's layout to the jars in `usr/share/java`. Java Policy, 2.6."""
_ROLLING = re.compile(r"debian|\d+(?:\.\d+)*\.x")
"""Folders of that repository which name no version but whatever Debian has."""
_SBOM = re.compile(r"META-INF/sbom/[^/]+\.json")
_LICENCE = re.compile(r"(?:META-INF/)?(?:LICEN[CS]E|COPYING)(?:\.(?:txt|md))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One archive. place: inside its file; outer: index of the one that holds it; sboms: what builds put in.

    notices: name of a licence file → what its text is. Empty where libraries were merged in: it may be that of any.
    """

    file: str
    place: str
    outer: int | None
    archive: Archive
    identity: Identity
    sboms: tuple[EmbeddedSbom, ...] = ()
    notices: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()

    @property
    def id(self) -> str:
        """Give the package id."""
        return str(self.identity.purl)

    def inner(self, name: str) -> str:
        """Give the place of a member, as Java writes addresses inside of jars: `lib/x.jar!/META-INF/…`."""
        return f"{self.place}!/{name}" if self.place else name


class Archives:
    """The archives of one tree."""

    def __init__(self, tree: Tree) -> None:
        """Look at all of them. What cannot be read is left to whoever asks for its file."""
        self.projects = Projects(tree)
        self._needed: dict[str, set[str]] = {}
        self._by_file: dict[str, tuple[bytes, list[Node]]] = {}
        self._by_name: dict[tuple[str, str], dict[str, set[str]]] = {}
        self._by_short_name: dict[str, set[str]] = {}
        self._by_sha1: dict[str, tuple[str, str, str]] = {}
        self._linked = _linked(tree)
        for file in tree.extracted(EXTRACTOR.name):
            try:
                self._by_file[file.path] = (file.data, self._read(file))
            except InputError:
                continue
        for _, nodes in self._by_file.values():
            for node in nodes:
                if node.identity.stated and node.identity.group and node.identity.version:
                    own = node.identity
                    self._by_sha1.setdefault(node.archive.sha1, (own.group, own.artifact, own.version))
        for path, (data, nodes) in self._by_file.items():
            nodes = self._told_by_others(nodes)
            self._by_file[path] = (data, nodes)
            for node in nodes:
                self._note(node)

    def nodes(self, file: File) -> list[Node]:
        """Give the archives of a file, outer ones first. Raises InputError: what was taken out of it is damaged."""
        known = self._by_file.get(file.path)
        if known is not None and known[0] == file.data:
            return known[1]
        return self._told_by_others(self._read(file))  # an older layer's version of the file

    def targets(self, group: str, artifact: str, version: str, node: Node) -> Sequence[str]:
        """Give the ids of packages that a need of `node` can mean: in its file, else in its folder, else anywhere.

        Of several in one place those of the very version count, where there are some.
        """
        found = self._by_name.get((group, artifact), {})
        for place in (node.file, parent(node.file) + "/", ""):
            ids = sorted(found.get(place, ()))
            if ids:
                same = [id_ for id_ in ids if Purl.parse(id_).version == version]
                return same or ids
        return ()

    def plugins(self, short_name: str) -> Sequence[str]:
        """Give the ids of the Jenkins plug-ins that go by a short name."""
        return sorted(self._by_short_name.get(short_name, ()))

    def pom_of(self, descriptor: Descriptor | None, identity: Identity) -> Pom | None:
        """Give a project, whole as far as the tree goes: from the archive, else from a repository in the tree."""
        if descriptor is None:
            found = self.projects.find(identity.group, identity.artifact, identity.version) if identity.group else None
        else:
            found = descriptor.pom or self.projects.find(descriptor.group, descriptor.artifact, descriptor.version)
        try:
            return self.projects.complete(found) if found else None
        except InputError:
            return found

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, file: File) -> list[Node]:
        extract = read_extract(file.data, file.path)
        nodes: list[Node] = []
        licences = {key: read_notice(text) for key, text in extract.texts.items()}
        self._add(nodes, file, extract.archive, "", None, {}, licences)
        for node in nodes:
            for descriptor in (node.identity.own, *node.identity.others):
                for row in descriptor.pom.dependencies if descriptor and descriptor.pom else ():
                    if is_name(row.group) and is_name(row.artifact):
                        self._needed.setdefault(row.artifact, set()).add(row.group)
        return nodes

    def _add(
        self,
        nodes: list[Node],
        file: File,
        archive: Archive,
        place: str,
        outer: int | None,
        known: dict[str, tuple[str, str, str]],
        licences: Mapping[str, str | None],
    ) -> None:
        name = (place or file.path).rpartition("/")[2]
        where = f"{file.path}:{place}!/" if place else f"{file.path}:"
        sboms, skipped = _read_sboms(archive, file, where)
        known = {**known, **_coordinates(sboms)}
        placed = known.get(archive.sha1) or self._placed(place.rpartition("!/")[2] or file.path, inside=bool(place))
        identity = identify(name, archive, Knowledge(placed=placed), where)
        problems = [Skipped(where=where + member, reason=why) for member, why in archive.problems]
        told = {member: licences.get(key) for member, key in archive.texts if _LICENCE.fullmatch(member)}
        node = Node(
            file=file.path,
            notices={} if identity.others else {member: words for member, words in told.items() if words},
            place=place,
            outer=outer,
            archive=archive,
            identity=identity,
            sboms=tuple(sboms),
            skipped=(*skipped, *problems),
        )
        index = len(nodes)
        nodes.append(node)
        for member, inner in archive.inside:
            self._add(nodes, file, inner, node.inner(member), index, known, licences)

    def _placed(self, path: str, *, inside: bool) -> tuple[str, str, str] | None:
        """Give the coordinates by which a file lies in a repository, None where it lies in none."""
        if not inside and path in self._linked:
            return self._linked[path]
        name = path.rpartition("/")[2]
        match = _GRADLE_CACHE.search(path)
        if match and is_name(match[1]):
            return match[1], match[2], match[3]
        match = _REPOSITORY.search(path)
        if match and name.startswith(f"{match[2]}-{match[3]}") and is_name(match[1].replace("/", ".")):
            return match[1].replace("/", "."), match[2], match[3]
        match = None if inside else _LAYOUT.fullmatch(path)
        if match is None or not match[4].startswith(f"{match[2]}-{match[3]}"):
            return None
        # Any folder can be a repository; that the project file beside the jar names the folder it lies in proves it.
        pom = self.projects.at(f"{match[1]}/{match[2]}/{match[3]}/{match[2]}-{match[3]}.pom")
        group = pom.own_group if pom else ""
        if group and f"/{match[1]}".endswith(f"/{group.replace('.', '/')}"):
            return group, match[2], match[3]
        return None

    def _told_by_others(self, nodes: list[Node]) -> list[Node]:
        """Name anew what does not state its own group: as a copy of it elsewhere, or as all project files need it."""
        return [node if node.identity.stated else self._again(node) for node in nodes]

    def _again(self, node: Node) -> Node:
        name = (node.place or node.file).rpartition("/")[2]
        knowledge = Knowledge(
            placed=self._by_sha1.get(node.archive.sha1),
            needed=lambda artifact: sorted(self._needed.get(artifact, ())),
        )
        where = f"{node.file}:{node.place}!/" if node.place else f"{node.file}:"
        return replace(node, identity=identify(name, node.archive, knowledge, where))

    def _note(self, node: Node) -> None:
        own = node.identity
        found = [(own.group, own.artifact, node.id)]
        found += [(item.group, item.artifact, str(_purl(item))) for item in own.others]
        for group, artifact, id_ in found:
            if group:
                places = self._by_name.setdefault((group, artifact), {})
                for place in (node.file, parent(node.file) + "/", ""):
                    places.setdefault(place, set()).add(id_)
        if own.type == "hpi":
            self._by_short_name.setdefault(own.artifact, set()).add(node.id)


_known: WeakKeyDictionary[Tree, Archives] = WeakKeyDictionary()


def java_archives(tree: Tree) -> Archives:
    """Give the archives of a tree; they are looked at once."""
    found = _known.get(tree)
    if found is None:
        found = _known[tree] = Archives(tree)
    return found


def _linked(tree: Tree) -> dict[str, tuple[str, str, str]]:
    """Give path of a jar → the one group, artifact and version under which Debian's Maven repository links to it."""
    found: dict[str, set[tuple[str, str, str]]] = {}
    for path in tree.names_under(_DEBIAN_REPOSITORY):
        match = _LAYOUT.fullmatch(path[len(_DEBIAN_REPOSITORY) + 1 :])
        if match is None or not path.endswith(".jar") or _ROLLING.fullmatch(match[3]):
            continue
        group, target = match[1].replace("/", "."), tree.resolve(path)
        if target and target != path and is_name(group) and match[4].startswith(f"{match[2]}-{match[3]}"):
            found.setdefault(target, set()).add((group, match[2], match[3]))
    return {path: next(iter(all_)) for path, all_ in found.items() if len(all_) == 1}


def without_default_type(purl: Purl) -> Purl:
    """Give a purl as `maven` writes it: some tools write out that a jar is a jar."""
    if purl.type != "maven" or purl.qualifier("type") != "jar":
        return purl
    return replace(purl, qualifiers=tuple(pair for pair in purl.qualifiers if pair[0] != "type"))


def _purl(item: Descriptor) -> Purl:
    return Identity(artifact=item.artifact, group=item.group, version=item.version).purl


def _read_sboms(archive: Archive, file: File, where: str) -> tuple[list[EmbeddedSbom], list[Skipped]]:
    found: list[EmbeddedSbom] = []
    skipped: list[Skipped] = []
    for name, data in archive.files:
        if _SBOM.fullmatch(name):
            try:
                found.append(decode_embedded(data, where + name, file))
            except InputError as error:
                skipped.append(skipped_by(error))
    return found, skipped


def _coordinates(sboms: Sequence[EmbeddedSbom]) -> dict[str, tuple[str, str, str]]:
    """Give SHA-1 → group, artifact and version of the jars that SBOMs name."""
    return dict(_by_checksum(sboms))


def _by_checksum(sboms: Sequence[EmbeddedSbom]) -> Iterator[tuple[str, tuple[str, str, str]]]:
    for sbom in sboms:
        for package in sbom.packages:
            purl = package.purl
            for checksum in package.checksums:
                if purl.type == "maven" and checksum.algorithm == "sha1" and purl.namespace and is_exact(purl.version):
                    yield checksum.hex, (purl.namespace, purl.name, purl.version)
