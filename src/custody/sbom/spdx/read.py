"""The table of an SPDX 2.x document as an inventory.

Spec: https://spdx.github.io/spdx-spec/v2.3/. Both directions of a relationship are understood (DEPENDS_ON,
DEPENDENCY_OF, …), and `documentDescribes` counts as DESCRIBES. Files and snippets are counted, not kept: they are no
packages.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from msgspec import UNSET

from custody.errors import InputError
from custody.model import Checksum, Distribution, Inventory, Package, Purl
from custody.sbom.carry import DocumentCarry, PackageCarry, carried_fields, is_carry, read_carry
from custody.sbom.licences import NO_TEXT, references, renamed
from custody.sbom.reading import Reading, first_purl, foreign_licence, generic, objects, source_package, text
from custody.sbom.spdx.terms import FORWARD, OWNS, RELATIONSHIPS, REVERSED

__all__ = ["read_spdx"]

Table = dict[str, Any]

_KNOWN = ("SPDX-2.0", "SPDX-2.1", "SPDX-2.2", "SPDX-2.3")
_LOCATORS = {"npm": "npm", "nuget": "nuget", "maven-central": "maven"}
"""Reference types of Annex F beside `purl`, and the purl type that they mean."""


def read_spdx(table: Table, data: bytes, where: str, media_type: str) -> Inventory:
    """Read a decoded document; data: its bytes, by which it is known where it states no digest of its subject."""
    version = table.get("spdxVersion")
    if version not in _KNOWN:
        raise InputError(f"{where}:spdxVersion", f"expected SPDX-2.2 or SPDX-2.3, got {version!r}")
    packages = table.get("packages", [])
    if not isinstance(packages, list):
        raise InputError(f"{where}:packages", f"expected a list, got {packages!r:.60}")
    reading = Reading(where=where, data=data, media_type=media_type, carry=_document_carry(table, where))
    unknown = (NO_TEXT,) if reading.ours else (NO_TEXT, "NOASSERTION", "")
    extracted = {
        text(item, "licenseId"): text(item, "extractedText")
        for item in objects(table, "hasExtractedLicensingInfos")
        if text(item, "extractedText") not in unknown
    }
    for index, item in enumerate(packages):
        _read_package(reading, item, f"packages[{index}]", extracted)
    files = {text(item, "SPDXID") for item in objects(table, "files")} | {
        text(item, "SPDXID") for item in objects(table, "snippets")
    }
    reading.files = len(objects(table, "files"))
    described = table.get("documentDescribes")
    roots = [name for name in described if isinstance(name, str)] if isinstance(described, list) else []
    for relationship in objects(table, "relationships"):
        _read_relationship(reading, relationship, roots, files)
    if not roots and len(reading.packages) == 1:  # R2: one package need not be described
        roots = list(reading.packages)
    return reading.inventory(roots, text(table, "name"))


def _document_carry(table: Table, where: str) -> DocumentCarry | None:
    for index, annotation in enumerate(objects(table, "annotations")):
        if is_carry(annotation.get("comment")):
            return read_carry(annotation["comment"], DocumentCarry, f"{where}:annotations[{index}].comment")
    return None


def _read_package(reading: Reading, item: object, place: str, extracted: dict[str, str]) -> None:
    if not isinstance(item, dict):
        reading.skip(place, f"expected a package, got {item!r:.60}")
        return
    name, identifier = text(item, "name"), text(item, "SPDXID")
    if not name or not identifier:
        reading.skip(place, f"a package without {'a name' if not name else 'an SPDXID'}")
        return
    version = text(item, "versionInfo")
    if not reading.ours:
        version = "" if version == "NOASSERTION" else version
    purl = _purl(item)
    purpose = text(item, "primaryPackagePurpose").replace("-", "_")
    system = purpose == "OPERATING_SYSTEM" or identifier.startswith("SPDXRef-OperatingSystem")  # so Trivy calls it
    if system and reading.distribution is None:
        reading.distribution = Distribution(id=name.lower(), version=version)
    carry, at = None, f"{reading.where}:{place}"
    if reading.ours:
        for index, annotation in enumerate(objects(item, "annotations")):
            if is_carry(annotation.get("comment")):
                at = f"{at}.annotations[{index}].comment"
                carry = read_carry(annotation["comment"], PackageCarry, at)
                break
    declared, concluded, texts = _licences(reading, item)
    for expression in (declared, concluded):
        for reference in references(expression or ""):
            if reference in extracted:
                texts[reference] = extracted[reference]
    if carry is not None and carry.references is not UNSET:
        declared = declared and renamed(declared, carry.references)
        concluded = concluded and renamed(concluded, carry.references)
        texts = {carry.references.get(key, key): value for key, value in texts.items()}
    source_name, source_version = ("", "") if reading.ours else source_package(purl, text(item, "sourceInfo"))
    package = Package(
        purl=purl or generic(name, version),
        name=name,
        version=version or ("" if reading.ours or purl is None else purl.version),
        licence_declared=declared,
        licence_concluded=concluded,
        licence_texts=tuple(sorted(texts.items())),
        checksums=_checksums(item),
        source_name=source_name,
        source_version=source_version,
        supplier=_stated(item, "supplier"),
        originator=_stated(item, "originator"),
        homepage=_stated(item, "homepage"),
        download_location=_stated(item, "downloadLocation"),
        description=text(item, "description") or text(item, "summary"),
        copyright=_stated(item, "copyrightText"),
        purpose=purpose or ("OPERATING_SYSTEM" if system else "LIBRARY"),
    )
    if carry is not None:
        package = replace(package, **carried_fields(carry, at))
    reading.add(identifier, package, place, purl=generic(name, version) if system else purl)


def _licences(reading: Reading, item: Table) -> tuple[str | None, str | None, dict[str, str]]:
    """Give the declared and the concluded expression, and texts for names that were made of what is no expression."""
    if reading.ours:
        return _stated(item, "licenseDeclared") or None, _stated(item, "licenseConcluded") or None, {}
    declared, texts = foreign_licence(text(item, "licenseDeclared"))
    concluded, more = foreign_licence(text(item, "licenseConcluded"))
    return declared, concluded, dict((*texts, *more))


def _stated(item: Table, key: str) -> str:
    value = text(item, key)
    return "" if value == "NOASSERTION" else value


def _purl(item: Table) -> Purl | None:
    refs = [
        (text(ref, "referenceType").rpartition("/")[2], text(ref, "referenceLocator"))
        for ref in objects(item, "externalRefs")
    ]
    found = first_purl(locator for kind, locator in refs if kind == "purl")
    if found is None:
        found = first_purl(locator for kind, locator in refs if locator.startswith("pkg:"))
    for kind, locator in refs:
        if found is None and kind in _LOCATORS and locator:
            found = _from_locator(_LOCATORS[kind], locator)
    return found


def _from_locator(kind: str, locator: str) -> Purl | None:
    """Read a locator of Annex F: `name@version` (npm), `name/version` (NuGet), `group:artifact[:version]` (Maven)."""
    if kind == "maven":
        group, _, rest = locator.partition(":")
        name, _, version = rest.partition(":")
        return Purl(kind, name, version, group) if name else None
    name, _, version = locator.rpartition("@" if kind == "npm" else "/")
    if not name:
        return Purl(kind, locator)
    namespace, _, last = name.rpartition("/")
    return Purl(kind, last, version, namespace) if last else None


def _checksums(item: Table) -> tuple[Checksum, ...]:
    found = (Checksum.parse(text(c, "algorithm"), text(c, "checksumValue")) for c in objects(item, "checksums"))
    return tuple(checksum for checksum in found if checksum is not None)


def _read_relationship(reading: Reading, table: Table, roots: list[str], files: set[str]) -> None:
    left, right, kind = text(table, "spdxElementId"), text(table, "relatedSpdxElement"), text(table, "relationshipType")
    kind = kind.upper().replace("-", "_")
    comment = text(table, "comment")
    if left == "SPDXRef-DOCUMENT" or right == "SPDXRef-DOCUMENT":
        if kind in ("DESCRIBES", "DESCRIBE"):  # older Trivy
            roots.append(right)
        elif kind == "DESCRIBED_BY":
            roots.append(left)
        return
    if left in files or right in files or right in ("NONE", "NOASSERTION"):
        return
    if kind == "CONTAINS":
        reading.edge(left, right, "owns" if comment == OWNS else "contains")
    elif kind in FORWARD:
        reading.edge(left, right, FORWARD[kind])
    elif kind in REVERSED:
        reading.edge(right, left, REVERSED[kind])
    elif kind == "OTHER" and comment.startswith("ownership-by-file-overlap"):
        reading.edge(left, right, "owns")
    elif kind == "OTHER" and reading.ours and comment and comment not in RELATIONSHIPS:
        reading.edge(left, right, comment)
