"""SBOMs that lie inside an artifact, as packages and edges: what a build says that it put there.

    sbom = decode_embedded(data, "lib/x.dist-info/sboms/x.cdx.json", file)
    sbom.roots                                  # ids of what the document is about, () where it does not say
    yield from read_embedded(data, where, file) # packages, then edges, then notes

Reads: CycloneDX 1.2 and later in JSON (https://cyclonedx.org/specification/overview/) and SPDX 2.2 and 2.3 in JSON
(SPDX 2.3, clauses 7, 10 and 11). Of each component: name, version, purl, licences, hashes, people, addresses; and how
components depend on each other. All the rest of such a document is of no use for an inventory.

A component without a purl is a generic package. A file, a service and a snippet are no packages. One whose scope is
"excluded" helped to build or to test and is not in what was built (CycloneDX 1.6, components.scope): it is not
installed, and needed for the build. One that is "optional" is needed optionally.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import File, Found
from custody.inventory.lockfile import skipped_by, without_credentials
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.model import Checksum, Dependency, Package, Purl, Skipped
from custody.model.licence import combine, make_reference, parse_expression, references_in

__all__ = ["EmbeddedSbom", "decode_embedded", "read_embedded"]

MAX_COMPONENTS = 200_000
"""Components of one document; the largest that builds write have some ten thousand."""

_SCOPES = {"excluded": "build", "optional": "optional"}
_NOTHING = ("", "NOASSERTION")
_EDGES = {
    "DEPENDS_ON": ("depends_on", False),
    "DEPENDENCY_OF": ("depends_on", True),
    "CONTAINS": ("contains", False),
    "CONTAINED_BY": ("contains", True),
    "DEV_DEPENDENCY_OF": ("dev", True),
    "OPTIONAL_DEPENDENCY_OF": ("optional", True),
    "BUILD_DEPENDENCY_OF": ("build", True),
    "PROVIDED_DEPENDENCY_OF": ("peer", True),
    "STATIC_LINK": ("contains", False),
    "DYNAMIC_LINK": ("depends_on", False),
    "HAS_PREREQUISITE": ("depends_on", False),
    "PREREQUISITE_FOR": ("depends_on", True),
}
"""SPDX 2.3, clause 11.1: relationship → (relation, whether it is told from the other end)."""


@dataclass(slots=True, kw_only=True)
class EmbeddedSbom:
    """What a document says. roots: ids of the packages that it is about; each of them is among `packages`."""

    packages: list[Package] = field(default_factory=list)
    dependencies: list[Dependency] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    roots: tuple[str, ...] = ()


def read_embedded(data: bytes, where: str, file: File) -> Iterator[Found]:
    """Give what a document says: packages, edges, notes. Raises InputError as `decode_embedded`."""
    sbom = decode_embedded(data, where, file)
    yield from sbom.packages
    yield from sorted(set(sbom.dependencies))
    yield from sbom.skipped


def decode_embedded(data: bytes, where: str, file: File) -> EmbeddedSbom:
    """Read a document by what is in it, whatever its name.

    where: names the document in messages (`file.path`, or a place inside of it); file: the evidence for its packages.
    Raises InputError: it is in no format that is read, or damaged as a whole; a bad component is noted in `skipped`.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not data.startswith(b"{"):
        raise InputError(where, "an SBOM that is not JSON, which is not read here", "write it as CycloneDX JSON")
    document = Fields.from_json(data, where)
    if document.value.get("bomFormat") == "CycloneDX":
        return _CycloneDx(document, file).read()
    if "spdxVersion" in document:
        return _Spdx(document, file).read()
    raise InputError(where, "not an SBOM that is read here: neither CycloneDX nor SPDX 2 in JSON")


class _Reader:
    """What both formats share: a bad entry is noted, and identifiers of the document become package ids."""

    def __init__(self, document: Fields, file: File) -> None:
        self.document = document
        self.file = file
        self.sbom = EmbeddedSbom()
        self.ids: dict[str, str] = {}

    def note(self, error: InputError) -> None:
        self.sbom.skipped.append(skipped_by(error))

    def keep(self, package: Package, name: str) -> None:
        if len(self.sbom.packages) >= MAX_COMPONENTS:
            raise InputError(self.document.where, f"more than {MAX_COMPONENTS} components")
        self.sbom.packages.append(package)
        if name:
            self.ids[name] = package.id

    def connect(self, source: str, target: str, relation: str) -> None:
        """Note an edge by the document's identifiers; one that leads out of the packages is left out."""
        here, there = self.ids.get(source), self.ids.get(target)
        if here and there and here != there:
            self.sbom.dependencies.append(Dependency(source=here, target=there, relation=relation))

    def finish(self, roots: list[str]) -> EmbeddedSbom:
        self.sbom.dependencies = sorted(set(self.sbom.dependencies))
        self.sbom.roots = tuple(sorted({self.ids[name] for name in roots if name in self.ids}))
        return self.sbom


# ── CycloneDX ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _CycloneDx(_Reader):
    """Reads `metadata.component`, `components` with those inside of them, and `dependencies`."""

    def __init__(self, document: Fields, file: File) -> None:
        super().__init__(document, file)
        self.weak: dict[str, str] = {}

    def read(self) -> EmbeddedSbom:
        metadata = self.document.table("metadata")
        top = self.component(metadata.table("component"), "root") if "component" in metadata else ""
        waiting = [(self.document, "")]
        if "component" in metadata:
            waiting.append((metadata.table("component"), top))
        while waiting:
            outer, owner = waiting.pop()
            for name, inner in self.inside(outer):
                if owner:
                    self.connect(owner, name, "contains")
                waiting.append((inner, name))
        self.edges()
        return self.finish([top])

    def inside(self, outer: Fields) -> Iterator[tuple[str, Fields]]:
        """Give (identifier, component) of the components that stand in another one, or in the document."""
        try:
            items = outer.items("components")
        except InputError as error:
            self.note(error)
            return
        for index, item in enumerate(items):
            place = f"{outer.path}.components[{index}]" if outer.path else f"components[{index}]"
            if not isinstance(item, dict):
                self.note(InputError(f"{outer.where}:{place}", "expected a table"))
                continue
            inner = Fields(item, outer.where, place)
            yield self.component(inner, place), inner

    def component(self, entry: Fields, fallback: str) -> str:
        """Read one component and give its identifier, "" where it is no package or cannot be read."""
        try:
            kind = entry.text_or("type")
            purl = entry.text_or("purl")
            if kind in ("file", "data", "cryptographic-asset") and not purl:
                return ""
            name = entry.text("name")
            identifier = entry.text_or("bom-ref") or fallback
            self.weak[identifier] = _SCOPES.get(entry.text_or("scope"), "depends_on")
            package = self.package(entry, name, purl, kind)
            self.keep(replace(package, installed=self.weak[identifier] != "build"), identifier)
        except InputError as error:
            self.note(error)
            return ""
        return identifier

    def package(self, entry: Fields, name: str, purl: str, kind: str) -> Package:
        group, version = entry.text_or("group"), entry.text_or("version")
        found = Purl.parse(purl, entry.spot("purl")) if purl else Purl("generic", name, version, namespace=group)
        licence, texts = self.licence(entry)
        links = {link.text_or("type"): link.text_or("url") for link in _tables(entry, "externalReferences")}
        return Package(
            purl=found,
            name=found.full_name if purl else f"{group}/{name}" if group else name,
            version=version or found.version,
            locations=(self.file.location(entry.path),),
            licence_declared=licence,
            licence_texts=texts,
            checksums=_checksums(entry, "hashes", "alg", "content"),
            cpes=tuple(filter(None, [entry.text_or("cpe")])),
            supplier=_organization(_inner(entry, "supplier") or entry.text_or("publisher")),
            originator=f"Person: {one_paragraph(entry.text_or('author'))}" if entry.text_or("author") else "",
            homepage=without_credentials(links.get("website", "")),
            download_location=without_credentials(links.get("distribution", "")),
            description=one_paragraph(entry.text_or("description")),
            copyright=entry.text_or("copyright"),
            purpose="APPLICATION" if kind == "application" else "LIBRARY",
        )

    def licence(self, entry: Fields) -> tuple[str | None, tuple[tuple[str, str], ...]]:
        """Join the licences by AND: the document does not say whether they are a choice, and AND promises least."""
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        for row in _tables(entry, "licenses"):
            inner = row.table("license")
            stated = row.text_or("expression") or inner.text_or("id") or inner.text_or("name")
            expression, texts = declared_licence(stated)
            if expression:
                found[expression] = texts
        if not found:
            return None, ()
        return combine(sorted(found), "AND"), tuple(sorted({pair for texts in found.values() for pair in texts}))

    def edges(self) -> None:
        for row in _tables(self.document, "dependencies", self.note):
            try:
                for target in row.texts("dependsOn"):
                    self.connect(row.text_or("ref"), target, self.weak.get(target, "depends_on"))
            except InputError as error:
                self.note(error)


# ── SPDX 2 ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Spdx(_Reader):
    """Reads `packages`, `relationships` and the texts of licences that are not on SPDX's list."""

    def read(self) -> EmbeddedSbom:
        self.texts = {
            row.text_or("licenseId"): row.text_or("extractedText") or row.text_or("name")
            for row in _tables(self.document, "hasExtractedLicensingInfos", self.note)
        }
        for row in _tables(self.document, "packages", self.note):
            try:
                self.keep(self.package(row), row.text("SPDXID"))
            except InputError as error:
                self.note(error)
        roots: list[str] = []
        try:
            roots += self.document.texts("documentDescribes")
        except InputError as error:
            self.note(error)
        for row in _tables(self.document, "relationships", self.note):
            try:
                kind = row.text_or("relationshipType")
                source, target = row.text_or("spdxElementId"), row.text_or("relatedSpdxElement")
            except InputError as error:
                self.note(error)
                continue
            if kind in ("DESCRIBES", "DESCRIBED_BY"):
                roots.append(target if kind == "DESCRIBES" else source)
            elif kind in _EDGES:
                relation, backwards = _EDGES[kind]
                self.connect(*((target, source) if backwards else (source, target)), relation)
        return self.finish(roots)

    def package(self, row: Fields) -> Package:
        name, version = row.text("name"), row.text_or("versionInfo")
        version = "" if version in _NOTHING else version
        references = [(ref.text_or("referenceType"), ref.text_or("referenceLocator")) for ref in _tables(row, _REFS)]
        purl = next((locator for kind, locator in references if kind == "purl"), "")
        found = Purl.parse(purl, row.spot(_REFS)) if purl else Purl("generic", name, version)
        declared, declared_texts = self.licence(row.text_or("licenseDeclared"))
        concluded, concluded_texts = self.licence(row.text_or("licenseConcluded"))
        return Package(
            purl=found,
            name=found.full_name if purl else name,
            version=version or found.version,
            locations=(self.file.location(row.path),),
            licence_declared=declared,
            licence_concluded=concluded,
            licence_texts=tuple(sorted({**declared_texts, **concluded_texts}.items())),
            checksums=_checksums(row, "checksums", "algorithm", "checksumValue"),
            cpes=tuple(sorted({locator for kind, locator in references if kind == "cpe23Type"})),
            released=_stated(row, "releaseDate"),
            supplier=_stated(row, "supplier"),
            originator=_stated(row, "originator"),
            homepage=without_credentials(_address(row, "homepage")),
            download_location=without_credentials(_address(row, "downloadLocation")),
            description=one_paragraph(_stated(row, "description") or _stated(row, "summary")),
            copyright=_address(row, "copyrightText"),
            purpose="APPLICATION" if row.text_or("primaryPackagePurpose") == "APPLICATION" else "LIBRARY",
        )

    def licence(self, text: str) -> tuple[str | None, dict[str, str]]:
        """Give the expression; a LicenseRef, which means something in its own document only, is named for its text."""
        if text.strip() in _NOTHING:
            return None, {}
        if text.strip() == "NONE":
            return "NONE", {}
        try:
            expression = parse_expression(text)
        except InputError:
            found, texts = declared_licence(text)
            return found, dict(texts)
        named: dict[str, str] = {}
        renamed: dict[str, str] = {}
        for reference in references_in(expression):
            words = reference.rpartition("LicenseRef-")[2]
            new = make_reference(words, self.texts.get(reference, ""))
            renamed[reference] = new
            named[new] = self.texts.get(reference) or words
        pattern = r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+"
        return re.sub(pattern, lambda match: renamed.get(match[0], match[0]), expression), named


_REFS = "externalRefs"


def _stated(row: Fields, key: str) -> str:
    """Give a text, "" where it says that nothing is known."""
    value = row.text_or(key)
    return "" if value.strip() in _NOTHING else value


def _address(row: Fields, key: str) -> str:
    value = _stated(row, key)
    return "" if value == "NONE" else value


# ── both ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _tables(outer: Fields, key: str, note: object = None) -> list[Fields]:
    """Give the tables of a list. note: hears of a list that is none; without it the error is the entry's own."""
    try:
        items = outer.items(key)
    except InputError as error:
        if not callable(note):
            raise
        note(error)
        return []
    path = f"{outer.path}.{key}" if outer.path else key
    return [Fields(item, outer.where, f"{path}[{index}]") for index, item in enumerate(items) if isinstance(item, dict)]


def _checksums(entry: Fields, key: str, algorithm: str, value: str) -> tuple[Checksum, ...]:
    """Give the hashes of an algorithm that is known here; others say nothing that could be compared."""
    stated = (Checksum.parse(row.text_or(algorithm), row.text_or(value)) for row in _tables(entry, key))
    return tuple(sorted({checksum for checksum in stated if checksum}))


def _inner(entry: Fields, key: str) -> str:
    return entry.table(key).text_or("name")


def _organization(name: str) -> str:
    return f"Organization: {one_paragraph(name)}" if name else ""
