"""Java archives (jar, war, ear, Jenkins plug-ins, NiFi and Karaf archives) → Maven packages.

Reads: the archive's directory, its manifest, Maven's descriptors and licence files in it, SBOMs that the build put into
`META-INF/sbom/`, and the same of all archives inside it; unpacked web and Spring Boot applications by their
`META-INF/maven`; project files (.pom) of Maven repositories in the artifact.
Specs: https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html,
https://maven.apache.org/shared/maven-archiver/, OSGi Core 8, 3.2.1 (Bundle-License),
https://www.jenkins.io/doc/developer/plugin-development/ (manifest of a plug-in).
Gives: name (which rules find group and artifact id stands in `java_identity.py`), version, checksum (SHA-1, by which
repositories know a jar), licence, supplier, home page, description; edges: an archive contains those inside it and the
libraries merged into it, and needs what its project file asks for and is there too.
Cannot know: the group id of jars that neither state it nor are known by it, and needs of jars without project file.

A library that was merged into another jar ("shaded") has no file of its own: its place is its descriptor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.java_archive import EXTRACTOR, Archive
from custody.inventory.java_identity import Descriptor, Identity, read_properties
from custody.inventory.java_tree import Archives, Node, java_archives, without_default_type
from custody.inventory.lockfile import parent, without_credentials
from custody.inventory.maven_licence import licence_of
from custody.inventory.maven_pom import POM_FILES, Licence, Pom, PomDependency, is_exact, is_name, maven
from custody.inventory.metadata import one_paragraph
from custody.model import Checksum, Dependency, Package, Skipped
from custody.model.licence import combine

MAX_HEADER = 64 << 10
"""Characters of one line of a manifest; a plug-in that needs a hundred others has some thousand."""
_UNPACKED = "**/META-INF/maven/*/*/pom.properties"
_LIBRARIES = ("WEB-INF/lib", "BOOT-INF/lib")
_APPLICATIONS = ("war", "ear", "kar", "lpkg")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the archive, those inside it, and how they depend on each other and on other archives of the tree."""
    archives = java_archives(tree)
    if file.path.endswith("/pom.properties"):
        yield from _unpacked(file, tree, archives)
        return
    nodes = archives.nodes(file)
    for node in nodes:
        yield from node.skipped
        yield from node.identity.skipped
        own = archives.pom_of(node.identity.own, node.identity)
        yield _package(node, own, file)
        if node.outer is not None:
            yield Dependency(source=nodes[node.outer].id, target=node.id, relation="contains")
        yield from _needs(node, node.id, own, archives)
        yield from _stated_needs(node, archives)
        for descriptor in node.identity.others:
            yield from _merged(descriptor, node, archives, file)
        yield from _sboms(node, file)


# ── one archive ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _package(node: Node, pom: Pom | None, file: File) -> Package:
    identity, manifest = node.identity, node.identity.manifest
    licence, texts = _licence(identity, pom)
    vendor = one_paragraph(
        (pom.organization if pom else "")
        or manifest.get("Implementation-Vendor")
        or manifest.get("Bundle-Vendor")
        or ""
    )
    purl = identity.purl
    sha1 = Checksum.parse("sha1", node.archive.sha1)
    return Package(
        purl=purl,
        name=purl.full_name,
        version=identity.version,
        locations=(file.location(node.place),),
        licence_declared=licence,
        licence_texts=texts,
        licence_concluded=combine(sorted(set(node.notices.values()))) if node.notices else None,
        licence_files=tuple(sorted(f"{file.path}!/{node.inner(name)}" for name in node.notices)),
        checksums=(sha1,) if sha1 else (),
        supplier=f"Organization: {vendor}" if vendor and "://" not in vendor else "",
        homepage=_address((pom.url if pom else "") or manifest.get("Bundle-DocURL") or manifest.get("Url") or ""),
        description=one_paragraph(
            (pom.description if pom else "") or manifest.get("Bundle-Description") or manifest.get("Long-Name") or ""
        ),
        purpose="APPLICATION" if identity.type in _APPLICATIONS or node.archive.inside else "LIBRARY",
    )


def _licence(identity: Identity, pom: Pom | None) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Give the licence that the project file states, else the manifest."""
    if pom and pom.licences:
        return licence_of(pom.licences)
    manifest = identity.manifest
    if manifest.get("Plugin-License-Name"):
        return licence_of([Licence(manifest["Plugin-License-Name"], manifest.get("Plugin-License-Url", ""))])
    return licence_of(_bundle_licences(manifest.get("Bundle-License", "")))


def _bundle_licences(header: str) -> list[Licence]:
    """Read `Apache-2.0;link="https://…";description=…,MIT`. OSGi Core 8, 3.2.1.10: `<<EXTERNAL>>` says nothing.

    Builds join the licences of a project file with commas, so that one of several is chosen here as there.
    """
    if ";" not in header and "://" not in header:  # "Apache License, Version 2.0": no list, though it has a comma
        return [Licence(header.strip('" '), "")] if header and header != "<<EXTERNAL>>" else []
    found = []
    for clause in _split(header[:MAX_HEADER], ","):
        name, *attributes = _split(clause, ";") or [""]
        table = {key.strip(): value.strip('": =') for key, _, value in (item.partition("=") for item in attributes)}
        name = name.strip('" ')
        link = table.get("link", "") or (name if "://" in name else "")
        if name and name != "<<EXTERNAL>>":
            found.append(Licence(table.get("description", "") if "://" in name else name, link))
    return found


def _split(text: str, at: str) -> list[str]:
    """Split outside of quotes."""
    parts, quoted = [""], False
    for char in text:
        quoted ^= char == '"'
        if char == at and not quoted:
            parts.append("")
        else:
            parts[-1] += char
    return [part for part in parts if part.strip()]


def _address(text: str) -> str:
    return without_credentials(one_paragraph(text)) if text.startswith(("http://", "https://")) else ""


# ── what lies inside ─────────────────────────────────────────────────────────────────────────────────────────────────


def _merged(descriptor: Descriptor, node: Node, archives: Archives, file: File) -> Iterator[Found]:
    """Give a library whose classes were put among the archive's own."""
    pom = archives.pom_of(descriptor, node.identity)
    package = _described(descriptor, pom, file, node.inner(descriptor.place))
    yield package
    if package.id != node.id:
        yield Dependency(source=node.id, target=package.id, relation="contains")
    yield from _needs(node, package.id, pom, archives)


def _described(descriptor: Descriptor, pom: Pom | None, file: File, place: str) -> Package:
    purl = maven(descriptor.group, descriptor.artifact, descriptor.version)
    licence, texts = licence_of(pom.licences if pom else ())
    organization = one_paragraph(pom.organization) if pom else ""
    return Package(
        purl=purl,
        name=purl.full_name,
        version=descriptor.version,
        locations=(file.location(place),),
        licence_declared=licence,
        licence_texts=texts,
        supplier=f"Organization: {organization}" if organization else "",
        homepage=_address(pom.url if pom else ""),
        description=one_paragraph(pom.description if pom else ""),
    )


def _sboms(node: Node, file: File) -> Iterator[Found]:
    """Give what an SBOM in the archive names; what it is about is the archive itself."""
    for sbom in node.sboms:
        ids = {package.id: str(without_default_type(package.purl)) for package in sbom.packages}
        ids.update(dict.fromkeys(sbom.roots, node.id))
        for package in sbom.packages:
            if package.id not in sbom.roots:
                place = node.inner(f"META-INF/sbom:{package.locations[0].where}")
                yield replace(package, purl=without_default_type(package.purl), locations=(file.location(place),))
                relation = "contains" if package.installed else "build"
                yield Dependency(source=node.id, target=ids[package.id], relation=relation)
        for edge in sbom.dependencies:
            if ids[edge.source] != ids[edge.target]:
                yield Dependency(source=ids[edge.source], target=ids[edge.target], relation=edge.relation)
        yield from sbom.skipped


# ── who needs whom ───────────────────────────────────────────────────────────────────────────────────────────────────


def _needs(node: Node, source: str, pom: Pom | None, archives: Archives) -> Iterator[Dependency]:
    """Give edges to what a project file asks for and is there. What only its tests need is not in a built archive."""
    for row in pom.dependencies if pom else ():
        if row.scope in ("test", "import"):
            continue
        for target in _fitting(row, archives.targets(row.group, row.artifact, row.version, node)):
            if target != source:
                weak = row.optional or row.scope == "provided"
                yield Dependency(source=source, target=target, relation="optional" if weak else "depends_on")


def _fitting(row: PomDependency, targets: Iterable[str]) -> Iterator[str]:
    """Give the targets of the classifier that is asked for; all where none has it."""
    ids = list(targets)
    same = [id_ for id_ in ids if f"classifier={row.classifier}" in id_] if row.classifier else []
    yield from same or ids


def _stated_needs(node: Node, archives: Archives) -> Iterator[Dependency]:
    """Give the edges that a manifest states: of Jenkins plug-ins, and the parent of a NiFi archive."""
    manifest = node.identity.manifest
    for item in _split(manifest.get("Plugin-Dependencies", "")[:MAX_HEADER], ","):
        name = item.partition(":")[0].strip()
        relation = "optional" if "resolution:=optional" in item else "depends_on"
        for target in archives.plugins(name):
            if target != node.id:
                yield Dependency(source=node.id, target=target, relation=relation)
    group, artifact, version = (manifest.get(f"Nar-Dependency-{key}", "") for key in ("Group", "Id", "Version"))
    for target in archives.targets(group, artifact, version, node) if artifact else ():
        if target != node.id:
            yield Dependency(source=node.id, target=target)


# ── unpacked applications ────────────────────────────────────────────────────────────────────────────────────────────


def _unpacked(file: File, tree: Tree, archives: Archives) -> Iterator[Found]:
    """Give the application that was unpacked into a folder, as containers of Spring Boot and Tomcat have it."""
    properties = read_properties(file.data)
    group, artifact, version = (properties.get(key, "") for key in ("groupId", "artifactId", "version"))
    if not (is_name(group) and is_name(artifact)):
        yield Skipped(where=file.path, reason="expected groupId and artifactId")
        return
    folder = parent(file.path)
    beside = archives.projects.at(f"{folder}/pom.xml")
    descriptor = Descriptor(
        group=group,
        artifact=artifact,
        version=version if is_exact(version) else "",
        folder=f"{folder}/",
        place="",
        pom=beside,
    )
    pom = archives.pom_of(descriptor, Identity(artifact=artifact))
    root = folder.rpartition("META-INF/maven/")[0]
    for classes in ("WEB-INF/classes/", "BOOT-INF/classes/"):
        root = root.removesuffix(classes)
    is_web = tree.exists(f"{root}WEB-INF")
    package = _described(descriptor, pom, file, "")
    purl = maven(group, artifact, descriptor.version, type="war" if is_web else "jar")
    package = replace(package, purl=purl, purpose="APPLICATION")
    yield package
    node = Node(file=f"{root}-", place="", outer=None, archive=Archive(), identity=Identity(artifact=artifact))
    yield from _needs(node, package.id, pom, archives)
    for library in tree.extracted(EXTRACTOR.name):
        if any(library.path.startswith(f"{root}{inner}/") for inner in _LIBRARIES):
            yield Dependency(source=package.id, target=archives.nodes(library)[0].id, relation="contains")


CATALOGER = Cataloger(
    name="java-archive",
    extractor=EXTRACTOR,
    globs=(_UNPACKED,),
    beside=POM_FILES,
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "project",
        "checksum",
        "supplier",
        "home page",
        "description",
    ),
    cannot_know=("group ids that no jar, repository or publisher states", "edges of jars without a project file"),
    ecosystems=("Maven",),
    parse=parse,
)
