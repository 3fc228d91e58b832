"""Which Maven artifact a Java archive is, from what it says of itself.

    identity = identify("shop-1.4.2.jar", contents, group_of)

Group and artifact id are what advisories know a library by, so neither is guessed. The rules, in this order:

1. `META-INF/maven/<group>/<artifact>/pom.properties` and `pom.xml`, which Maven puts there. A jar into which others
   were merged ("shaded") has several. Its own is the one that the file's name starts with, else one that the manifest
   names, else the one that no other of them needs, else a single one that neither the version in the file's name nor
   the names in the manifest deny. All others are libraries inside of it.
2. A manifest that states coordinates outright: Jenkins plugins (Group-Id, Short-Name, Plugin-Version), NiFi archives
   (Nar-Group, Nar-Id, Nar-Version), Nebula (`Implementation-Title: group#artifact;version`).
3. Else the file's name is `<artifact>-<version>[-<classifier>].jar`, as every repository and build tool writes it. The
   version in it counts before Implementation-Version, which is that of a whole product (JDBC drivers), of a compiler
   run ("1.9.21-release-633") or a placeholder in too many jars; Bundle-Version is last, since OSGi's grammar makes
   "1.5.5-5" "1.5.5.5". Specification-Version is that of a specification, and never taken.
4. The group id then comes from the caller (where the file lies in a repository, see `catalogers/java_archive.py`), from
   the table of publishers (`java_groups.py`), from a project file seen in the same artifact that needs an artifact of
   this name and knows one group for it, from Implementation-Vendor-Id (Maven's archiver writes the group id there)
   where the jar's classes or its bundle name lie below it, or from Bundle-SymbolicName or Automatic-Module-Name where
   it is `<group>.<artifact>`, as Maven's bundle plugin makes it. Else it is not known: a bundle or module name alone is
   the name of a Java package, and many a group is called otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from custody.errors import InputError
from custody.inventory.java_archive import Archive
from custody.inventory.java_groups import known_group, tomcat_artifact
from custody.inventory.lockfile import skipped_by
from custody.inventory.maven_pom import Pom, is_exact, is_name, maven, read_pom
from custody.model import Purl, Skipped

__all__ = ["Descriptor", "Identity", "Knowledge", "identify", "read_descriptors", "read_manifest", "read_properties"]

MAX_NAME = 300
"""Characters of a file's name that are looked at; file systems allow 255."""
_DESCRIPTOR = re.compile(r"((?:.*/)?META-INF/maven/([^/]+)/([^/]+)/)pom\.(properties|xml)")
_QUALIFIER = (
    r"(?:alpha|beta|b|rc|cr|m|ga|sp|ea|pre|preview|dev|build|snapshot|final|release|incubating|jre|android|redhat|jbossorg"
    r"|h|p|patch|update|milestone|hotfix|v|r|empty-to-avoid-conflict-with-guava)(?:[.-]?\d+)?(?![A-Za-z])"
)
_VERSION = re.compile(rf"v?\d+(?:[._+]\w+)*(?:[-.+_](?:{_QUALIFIER}|\d[\w.]*))*", re.IGNORECASE)
_STATED = re.compile(r"v?\d[\w.+-]{0,80}")
_NEBULA = re.compile(r"([\w.-]+)#([\w.-]+);([\w.+-]+)")
_KOTLIN = re.compile(r"-release-\d+(?:\(.*\))?$")
_TOMCAT_TITLE = "Apache Tomcat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptor:
    """What Maven put into an archive. folder: `META-INF/maven/g/a/`; place: the file that says most."""

    group: str
    artifact: str
    version: str
    folder: str
    place: str
    pom: Pom | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which artifact an archive is. group, version: "" where not known; own: its descriptor; others: those inside.

    stated: the group follows from the archive's place or its own words, and needs no rule.
    """

    artifact: str
    group: str = ""
    version: str = ""
    type: str = "jar"
    classifier: str = ""
    stated: bool = False
    own: Descriptor | None = None
    others: tuple[Descriptor, ...] = ()
    manifest: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()

    @property
    def purl(self) -> Purl:
        """Give the package URL."""
        return maven(self.group, self.artifact, self.version, type=self.type, classifier=self.classifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the surroundings of an archive tell.

    placed: (group, artifact, version) by where the file lies in a repository, None elsewhere. needed: artifact id →
    the group ids under which project files of the same artifact name it.
    """

    placed: tuple[str, str, str] | None = None
    needed: Callable[[str], Sequence[str]] = lambda _: ()


def identify(name: str, archive: Archive, knowledge: Knowledge, where: str) -> Identity:
    """Give what an archive is. name: of its file, without folders; where: for messages, up to the archive."""
    stem, _, kind = name.rpartition(".")
    stem = stem[:MAX_NAME]
    files = dict(archive.files)
    manifest = read_manifest(next((data for key, data in archive.files if key.upper() == "META-INF/MANIFEST.MF"), b""))
    descriptors, skipped = read_descriptors(files, where)
    kind = kind.lower()
    kind = "hpi" if kind == "jpi" or "Short-Name" in manifest else kind
    own = _own(descriptors, stem, manifest, knowledge)
    others = tuple(item for item in descriptors if item is not own)
    found = Identity(artifact=stem, type=kind, own=own, others=others, manifest=manifest, skipped=skipped)
    told = _stated(stem, manifest)
    if own is not None:
        classifier = _classifier(stem, own.artifact, own.version)
        version = own.version or _from_name(stem, manifest)[1]
        return replace(
            found, group=own.group, artifact=own.artifact, version=version, classifier=classifier, stated=True
        )
    if knowledge.placed:
        group, artifact, version = knowledge.placed
        classifier = _classifier(stem, artifact, version)
        return replace(found, group=group, artifact=artifact, version=version, classifier=classifier, stated=True)
    if told:
        return replace(found, group=told[0], artifact=told[1], version=told[2], stated=True)
    artifact, version, classifier = _from_name(stem, manifest)
    if manifest.get("Implementation-Title") == _TOMCAT_TITLE:
        artifact = tomcat_artifact(artifact)
    version = version or _manifest_version(manifest)
    found = replace(found, artifact=artifact, version=version, classifier=classifier)
    return replace(found, group=_group(found, archive, knowledge))


# ── what Maven put in ────────────────────────────────────────────────────────────────────────────────────────────────


def read_descriptors(files: Mapping[str, bytes], where: str) -> tuple[list[Descriptor], tuple[Skipped, ...]]:
    """Read the descriptors among an archive's files, by path. What is damaged is noted, and the path says the names."""
    folders: dict[str, tuple[str, str]] = {}
    for path in files:
        match = _DESCRIPTOR.fullmatch(path)
        if match:
            folders[match[1]] = (match[2], match[3])
    found: list[Descriptor] = []
    skipped: list[Skipped] = []
    for folder, (group, artifact) in sorted(folders.items()):
        pom = None
        try:
            if f"{folder}pom.xml" in files:
                pom = read_pom(files[f"{folder}pom.xml"], f"{where}{folder}pom.xml")
        except InputError as error:
            skipped.append(skipped_by(error))
        properties = read_properties(files.get(f"{folder}pom.properties", b""))
        if not (is_name(group) and is_name(artifact)):
            group, artifact = properties.get("groupId", ""), properties.get("artifactId", "")
        if not (is_name(group) and is_name(artifact)):
            skipped.append(Skipped(where=f"{where}{folder}", reason="expected a group and an artifact id"))
            continue
        versions = (properties.get("version", ""), pom.own_version if pom else "")
        place = "pom.properties" if f"{folder}pom.properties" in files else "pom.xml"
        found.append(
            Descriptor(
                group=group,
                artifact=artifact,
                version=next((version for version in versions if is_exact(version)), ""),
                folder=folder,
                place=folder + place,
                pom=pom,
            )
        )
    return found, tuple(skipped)


def _own(
    descriptors: Sequence[Descriptor], stem: str, manifest: Mapping[str, str], knowledge: Knowledge
) -> Descriptor | None:
    """Give the descriptor of the archive itself: rule 1."""
    if knowledge.placed:
        group, artifact, _ = knowledge.placed
        return next((item for item in descriptors if (item.group, item.artifact) == (group, artifact)), None)
    named = [item for item in descriptors if _fits_name(item, stem)]
    if named:
        longest = max(len(item.artifact) for item in named)
        named = [item for item in named if len(item.artifact) == longest]
        exact = [item for item in named if item.version and stem.startswith(f"{item.artifact}-{item.version}")]
        return (exact or named)[0]
    words = {manifest.get(key, "").partition(";")[0].strip() for key in _NAMING}
    told = [item for item in descriptors if not words.isdisjoint({item.artifact, f"{item.group}.{item.artifact}"})]
    if len(told) == 1:
        return told[0]
    if len(descriptors) == 1:
        version = _from_name(stem, manifest)[1]
        return (
            descriptors[0] if version in ("", descriptors[0].version) and not _denied(descriptors[0], words) else None
        )
    return _needed_by_none(descriptors)


_NAMING = (
    "Bundle-SymbolicName",
    "Automatic-Module-Name",
    "Implementation-Title",
    "Nar-Id",
    "Short-Name",
    "Extension-Name",
)


def _denied(item: Descriptor, words: Iterable[str]) -> bool:
    """Say whether the manifest speaks of something else: no name in it has the artifact's or begins as the group does.

    guice.jar with one descriptor, that of the cglib which was merged into it, calls itself com.google.inject.
    """
    names = [_plain(word) for word in words if word]
    start = _plain("".join(item.group.split(".")[:2]))
    artifact = _plain(item.artifact)
    return bool(names) and not any(artifact in name or name in artifact or name.startswith(start) for name in names)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def _fits_name(item: Descriptor, stem: str) -> bool:
    """Say whether a file's name is that of the artifact: alone, or with a version or what is no other word after it."""
    if stem.replace("_", "-") == item.artifact.replace("_", "-"):
        return True
    if not stem.startswith(item.artifact):
        return False
    rest = stem[len(item.artifact) :]
    return not rest or re.match(r"[-_]v?\d", rest) is not None or (item.version != "" and rest[1:] == item.version)


def _needed_by_none(descriptors: Sequence[Descriptor]) -> Descriptor | None:
    """Give the one descriptor that no other one needs and that needs some itself: what the others were merged into."""
    if not descriptors:
        return None
    needs = {
        (item.group, item.artifact): {(row.group, row.artifact) for row in item.pom.dependencies if row.scope != "test"}
        for item in descriptors
        if item.pom
    }
    targets = {name for own, names in needs.items() for name in names if name != own}
    present = {(item.group, item.artifact) for item in descriptors}
    tops = [
        item
        for item in descriptors
        if (item.group, item.artifact) not in targets and needs.get((item.group, item.artifact), set()) & present
    ]
    return tops[0] if len(tops) == 1 else None


# ── manifest and file name ───────────────────────────────────────────────────────────────────────────────────────────


def read_manifest(data: bytes) -> dict[str, str]:
    """Read the main section. Spec: JAR file specification, "JAR Manifest": lines of 72 bytes, continued by a space."""
    head = re.split(rb"\r\n\r\n|\n\n|\r\r", data.lstrip(b"\xef\xbb\xbf\r\n"), maxsplit=1)[0]
    text = re.sub(rb"(?:\r\n|\n|\r) ", b"", head).decode("utf-8", "replace")
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon:
            found.setdefault(key.strip(), value.strip())
    return found


def read_properties(data: bytes) -> dict[str, str]:
    r"""Read a properties file: `key=value`, `key: value`, comments, `\:` and `\u0041`. Spec: java.util.Properties."""
    found: dict[str, str] = {}
    for line in re.sub(r"\\(?:\r\n|\n|\r)\s*", "", data.decode("utf-8", "replace")).splitlines():
        bare = line.strip()
        match = None if bare.startswith(("#", "!")) else re.match(r"((?:\\.|[^\\=:\s])+)\s*[=:\s]\s*(.*)", bare)
        if match:
            found[_unescape(match[1])] = _unescape(match[2])
    return found


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        if match[1]:
            char = chr(int(match[1], 16))
            return "\ufffd" if "\ud800" <= char <= "\udfff" else char
        return {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}.get(match[2], match[2])

    return re.sub(r"\\(?:u([0-9A-Fa-f]{4})|(.))", one, text) if "\\" in text else text


def _stated(stem: str, manifest: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Give the coordinates that a manifest states outright: rule 2."""
    for keys in (("Group-Id", "Short-Name", "Plugin-Version"), ("Nar-Group", "Nar-Id", "Nar-Version")):
        group, artifact, version = (manifest.get(key, "") for key in keys)
        if is_name(artifact):
            # Jenkins: "1.2 (private-0123-user)" is a version that was built on somebody's machine.
            version = version.split(" ", 1)[0]
            return (group if is_name(group) else ""), artifact, (version if is_exact(version) else "")
    match = _NEBULA.fullmatch(manifest.get("Implementation-Title", ""))
    if match is None:
        return None
    # The title has the name of the project in its build, which may be published under another one.
    named, version, _ = _from_name(stem, manifest)
    return match[1], (named if version else match[2]), match[3]


def _from_name(stem: str, manifest: Mapping[str, str]) -> tuple[str, str, str]:
    """Give artifact, version and classifier as a file's name has them: rule 3."""
    bundle = manifest.get("Bundle-SymbolicName", "").partition(";")[0].strip()
    if bundle and stem.startswith(f"{bundle}_") and stem[len(bundle) + 1 :][:1].isdigit():  # as Eclipse names plug-ins
        return bundle, stem[len(bundle) + 1 :], ""
    for match in re.finditer(r"-(?=v?\d)", stem):
        if not match.start():
            continue
        version = _VERSION.match(stem, match.end())
        rest = stem[version.end() :] if version else "?"
        if version and (not rest or (rest[0] in "-_" and re.search(r"-v?\d+(?:\.\d+)+", rest) is None)):
            return stem[: match.start()], version[0], rest[1:]
    return stem, "", ""


def _classifier(stem: str, artifact: str, version: str) -> str:
    """Give what a file's name has after the version."""
    prefix = f"{artifact}-{version}-"
    return stem[len(prefix) :] if version and stem.startswith(prefix) and is_name(stem[len(prefix) :]) else ""


def _manifest_version(manifest: Mapping[str, str]) -> str:
    for key in ("Implementation-Version", "Bundle-Version"):
        version = _KOTLIN.sub("", manifest.get(key, "")[:MAX_NAME])
        if _STATED.fullmatch(version):
            return version
    return ""


def _group(found: Identity, archive: Archive, knowledge: Knowledge) -> str:
    """Give the group id by rule 4, "" where none of its parts applies."""
    artifact, version, manifest = found.artifact, found.version, found.manifest
    merged = {item.group for item in found.others}  # a merged library's manifest may stand in for the jar's own
    names = (manifest.get(key, "") for key in ("Implementation-Vendor", "Automatic-Module-Name", "Bundle-SymbolicName"))
    known = known_group(artifact, version, archive.roots, tuple(names))
    if known:
        return known
    needed = knowledge.needed(artifact)
    if len(needed) == 1:
        return needed[0]
    bundle = manifest.get("Bundle-SymbolicName", "").partition(";")[0].strip()
    vendor = manifest.get("Implementation-Vendor-Id", "")
    telling = "." in vendor and is_name(vendor) and vendor not in _ORGANISATIONS and vendor not in merged
    if telling and _below(vendor, (*archive.roots, bundle.replace(".", "/"))):
        return vendor
    for name in (bundle, manifest.get("Automatic-Module-Name", "")):
        group = name.removesuffix(f".{artifact}")
        if group != name and "." in group and is_name(group) and group not in _ORGANISATIONS:
            return group
    return ""


_ORGANISATIONS = frozenset(
    [
        "com.github",
        "com.google",
        "com.ibm",
        "com.oracle",
        "com.sun",
        "io.github",
        "net.sf",
        "org.apache",
        "org.codehaus",
        "org.eclipse",
        "org.glassfish",
        "org.hibernate",
        "org.jboss",
        "org.sonatype",
    ]
)
"""Who publishes under many groups, none of which is the name of the whole."""


def _below(group: str, roots: Iterable[str]) -> bool:
    package = "/".join(group.split(".")[:3]).replace("-", "")
    return any(
        root == package or root.startswith(f"{package}/") or package.startswith(f"{root}/") for root in roots if root
    )
