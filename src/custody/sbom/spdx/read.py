"""The table of an SPDX 2.x document as an inventory.

Spec: https://spdx.github.io/spdx-spec/v2.3/. Both directions of a relationship are understood (DEPENDS_ON,
DEPENDENCY_OF, …), and `documentDescribes` counts as DESCRIBES, `hasFiles` as CONTAINS. Files and snippets are counted,
and kept as they are (see `kept_read`): they are no packages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from msgspec import UNSET

from custody.errors import InputError
from custody.model import Checksum, Distribution, Inventory, Package, Purl
from custody.sbom.carry import DocumentCarry, PackageCarry, carried_fields, is_carry, read_carry
from custody.sbom.json_bytes import encode_json
from custody.sbom.licences import NO_TEXT, references, renamed
from custody.sbom.reading import Reading, first_purl, foreign_licence, generic, objects, source_package, text
from custody.sbom.spdx.kept_read import is_plain, keep_document, keep_package, named
from custody.sbom.spdx.terms import FORWARD, OWNERSHIP, OWNS, RELATIONSHIPS, REVERSED
from custody.sbom.spdx.write_package import CPE23

__all__ = ["read_spdx"]

Table = dict[str, Any]

_KNOWN = ("SPDX-2.0", "SPDX-2.1", "SPDX-2.2", "SPDX-2.3")
_DESCRIBES = ("DESCRIBES", "DESCRIBE", "DESCRIBED_BY")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_LOCATORS = {"npm": "npm", "nuget": "nuget", "maven-central": "maven"}
"""Reference types of Annex F beside `purl`, and the purl type that they mean."""


def read_spdx(
    table: Table, data: bytes, where: str, media_type: str, notes: Iterable[tuple[str, str]] = ()
) -> Inventory:
    """Read a decoded document, the table of its JSON form, whatever it was written in.

    data: its bytes, by which it is known where it states no digest of its subject; notes: (place, reason) of what its
    serialisation could not read.
    """
    if isinstance(table.get("Document"), dict):  # the JSON schema of SPDX 2.2.0 has the document one level down
        table = table["Document"]
    version = table.get("spdxVersion")
    if version not in _KNOWN:
        raise InputError(f"{where}:spdxVersion", f"expected SPDX-2.2 or SPDX-2.3, got {version!r}")
    packages = table.get("packages", [])
    if not isinstance(packages, list):
        raise InputError(f"{where}:packages", f"expected a list, got {packages!r:.60}")
    reading = Reading(where=where, data=data, media_type=media_type, carry=_document_carry(table, where))
    for place, reason in notes:
        reading.skip(place, reason)
    unknown = (NO_TEXT,) if reading.ours else (NO_TEXT, "NOASSERTION", "")
    extracted = {
        text(item, "licenseId"): text(item, "extractedText")
        for item in objects(table, "hasExtractedLicensingInfos")
        if text(item, "extractedText") not in unknown
    }
    used: set[str] = set()
    for index, item in enumerate(packages):
        _read_package(reading, item, f"packages[{index}]", extracted, used)
    files = {text(item, "SPDXID") for item in objects(table, "files")} | {
        text(item, "SPDXID") for item in objects(table, "snippets")
    }
    reading.files = len(objects(table, "files"))
    roots: list[str] = []
    kept = []
    for relationship in _stated_relationships(table):
        kind = text(relationship, "relationshipType").upper().replace("-", "_")
        understood = _read_relationship(reading, relationship, kind, roots, files)
        comment = text(relationship, "comment")
        made = kind == "OTHER" and reading.ours and not comment.startswith(OWNERSHIP)  # a relation of our own
        if not understood or not (made or is_plain(kind, comment) or kind in _DESCRIBES):
            kept.append(_kept_relationship(reading, relationship, kind))
    if not roots and len(reading.packages) == 1:  # R2: one package need not be described
        roots = list(reading.packages)
    reading.extra = keep_document(
        table,
        reading.carry,
        relationships=_unique(kept),
        licences=_unique(
            item for item in objects(table, "hasExtractedLicensingInfos") if not _is_plain_licence(item, used, unknown)
        ),
    )
    return reading.inventory(roots, text(table, "name"))


def _stated_relationships(table: Table) -> Iterator[Table]:
    """Give all relationships, also those that older documents state as properties."""
    for key in ("documentDescribes", "describesPackages"):
        for name in _texts(table, key):
            right = name.rpartition("#")[2] if key == "describesPackages" else name
            yield {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": right,
            }
    stated = objects(table, "relationships")
    yield from stated
    contained: set[tuple[str, str]] = set()
    for package in objects(table, "packages"):
        for name in _texts(package, "hasFiles"):
            if not contained:
                contained = {
                    (text(item, "spdxElementId"), text(item, "relatedSpdxElement"))
                    for item in stated
                    if text(item, "relationshipType") == "CONTAINS"
                } | {("", "")}
            pair = (text(package, "SPDXID"), name.rpartition("#")[2])
            if pair not in contained:
                contained.add(pair)
                yield {"spdxElementId": pair[0], "relationshipType": "CONTAINS", "relatedSpdxElement": pair[1]}


def _texts(table: Table, key: str) -> list[str]:
    value = table.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _unique(items: Iterable[Table]) -> list[Table]:
    return list({encode_json(item): item for item in items}.values())


def _kept_relationship(reading: Reading, item: Table, kind: str) -> Table:
    ends = {key: named(reading, text(item, key)) for key in ("spdxElementId", "relatedSpdxElement")}
    return {**item, **ends, "relationshipType": kind}


def _is_plain_licence(item: Table, used: set[str], unknown: tuple[str, ...]) -> bool:
    """Say whether the packages' licence texts hold all that an extracted licence says."""
    name = text(item, "licenseId")
    return (
        name in used
        and item.keys() <= {"licenseId", "extractedText", "name"}
        and text(item, "name") in ("", name.removeprefix("LicenseRef-"))
        and (text(item, "extractedText") not in unknown or text(item, "extractedText") == NO_TEXT)
    )


def _document_carry(table: Table, where: str) -> DocumentCarry | None:
    for index, annotation in enumerate(objects(table, "annotations")):
        if is_carry(annotation.get("comment")):
            return read_carry(annotation["comment"], DocumentCarry, f"{where}:annotations[{index}].comment")
    return None


def _read_package(reading: Reading, item: object, place: str, extracted: dict[str, str], used: set[str]) -> None:
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
    refs = objects(item, "externalRefs")
    purl, purl_ref = _purl(refs)
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
        for reference in references(expression) if expression else ():
            used.add(reference)
            if reference in extracted:
                texts[reference] = extracted[reference]
    if carry is not None and carry.references is not UNSET:
        declared = declared and renamed(declared, carry.references)
        concluded = concluded and renamed(concluded, carry.references)
        texts = {carry.references.get(key, key): value for key, value in texts.items()}
    source_name, source_version = ("", "") if reading.ours else source_package(purl, text(item, "sourceInfo"))
    checksums, odd = _checksums(item)
    cpes = tuple(text(ref, "referenceLocator") for ref in refs if _is_cpe(ref))
    released = text(item, "releaseDate")
    released = released if _MOMENT.fullmatch(released) else ""
    package = Package(
        purl=purl or generic(name, version),
        name=name,
        version=version or ("" if reading.ours or purl is None else purl.version),
        licence_declared=declared,
        licence_concluded=concluded,
        licence_texts=tuple(sorted(texts.items())) if texts else (),
        checksums=checksums,
        cpes=cpes if reading.ours else tuple(dict.fromkeys(cpes)),
        released=released,
        source_name=source_name,
        source_version=source_version,
        supplier=_stated(item, "supplier"),
        originator=_stated(item, "originator"),
        homepage=_stated(item, "homepage"),
        download_location=_stated(item, "downloadLocation"),
        description=text(item, "description") or text(item, "summary"),
        copyright=_stated(item, "copyrightText"),
        purpose=purpose or ("OPERATING_SYSTEM" if system else "LIBRARY"),
        extra=keep_package(
            item,
            carry,
            ours=reading.ours,
            refs=[
                _spelled(ref)
                for ref in refs
                if ref is not purl_ref and not _is_cpe(ref) and not (reading.ours and _is_finding(ref))
            ],
            checksums=odd,
            released=bool(released),
        ),
    )
    if carry is not None:
        package = replace(package, **carried_fields(carry, at))
    reading.add(identifier, package, place, purl=generic(name, version) if system else purl)


def _is_cpe(ref: Table) -> bool:
    return (
        text(ref, "referenceType").endswith("cpe23Type") and CPE23.fullmatch(text(ref, "referenceLocator")) is not None
    )


def _is_finding(ref: Table) -> bool:
    """Say whether we wrote the reference about a finding of the scan: it is no fact of the package."""
    kind, comment = ref.get("referenceType"), text(ref, "comment")
    return (kind == "advisory" and comment.startswith("severity ")) or (
        kind in ("advisory", "fix", "url") and comment.startswith("finding ")
    )


def _spelled(ref: Table) -> Table:
    """Give a reference with its category as SPDX 2.3 writes it."""
    category = text(ref, "referenceCategory")
    spelled = category.upper().replace("_", "-")
    return ref if spelled == category else {**ref, "referenceCategory": spelled}


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


def _purl(refs: list[Table]) -> tuple[Purl | None, Table | None]:
    """Give the purl that the references state, and the reference that states it, where it says no more than that."""
    stated = [(text(ref, "referenceType").rpartition("/")[2], text(ref, "referenceLocator"), ref) for ref in refs]
    for kind, locator, ref in stated:
        if kind == "purl" and (found := first_purl((locator,))):
            return found, ref
    for _, locator, ref in stated:
        if locator.startswith("pkg:") and (found := first_purl((locator,))):
            return found, ref
    for kind, locator, _ in stated:
        if kind in _LOCATORS and locator and (found := _from_locator(_LOCATORS[kind], locator)):
            return found, None
    return None, None


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


def _checksums(item: Table) -> tuple[tuple[Checksum, ...], list[Table]]:
    """Give the checksums of a package, and those whose algorithm has no place among them."""
    if "checksums" not in item:
        return (), []
    found, odd = [], []
    for table in objects(item, "checksums"):
        checksum = Checksum.parse(text(table, "algorithm"), text(table, "checksumValue"))
        if checksum is None:
            odd.append(table)
        else:
            found.append(checksum)
    return tuple(found), odd


def _read_relationship(reading: Reading, table: Table, kind: str, roots: list[str], files: set[str]) -> bool:
    """Read a relationship as an edge, or as what the document describes; say whether it is one of these."""
    left, right = text(table, "spdxElementId"), text(table, "relatedSpdxElement")
    comment = text(table, "comment")
    if left == "SPDXRef-DOCUMENT" or right == "SPDXRef-DOCUMENT":
        if kind in ("DESCRIBES", "DESCRIBE"):  # older Trivy
            roots.append(right)
            return right in reading.packages
        if kind == "DESCRIBED_BY":
            roots.append(left)
            return left in reading.packages
        return False
    if left in files or right in files or right in ("NONE", "NOASSERTION"):
        return False
    if kind == "CONTAINS":
        reading.edge(left, right, "owns" if comment == OWNS else "contains")
    elif kind in FORWARD:
        reading.edge(left, right, FORWARD[kind])
    elif kind in REVERSED:
        reading.edge(right, left, REVERSED[kind])
    elif kind == "OTHER" and comment.startswith(OWNERSHIP):
        reading.edge(left, right, "owns")
    elif kind == "OTHER" and reading.ours and comment and comment not in RELATIONSHIPS and reading.knows(left, right):
        reading.edge(left, right, comment)
    else:
        return False
    return reading.knows(left, right)
