"""What an SPDX 2 document says that `custody.model` cannot hold: files, snippets, reviews, and whatever else.

It is kept under the names of the JSON serialisation, with a package's purl instead of its SPDXID, which the next
document will not have. In our own documents a part of it stands in the notes, see `kept_write`.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from custody.sbom.carry import DocumentCarry, PackageCarry
from custody.sbom.kept import extra_of
from custody.sbom.reading import Reading, text
from custody.sbom.spdx.terms import EXACT, FAMILY, OWNS

__all__ = ["GENERATED", "is_plain", "keep_document", "keep_package"]

Table = dict[str, Any]

GENERATED = ("comment", "sourceInfo", "licenseComments")
"""Texts of a package that we make; what another tool wrote there stands after ours, and alone in the note."""

_PACKAGE = frozenset(
    {
        "SPDXID",
        "annotations",
        "checksums",
        "copyrightText",
        "description",
        "downloadLocation",
        "externalRefs",
        "hasFiles",
        "homepage",
        "licenseConcluded",
        "licenseDeclared",
        "name",
        "originator",
        "primaryPackagePurpose",
        "releaseDate",
        "supplier",
        "versionInfo",
    }
)
"""Properties that are read otherwise."""
_DOCUMENT = frozenset(
    {
        "SPDXID",
        "annotations",
        "creationInfo",
        "dataLicense",
        "describesPackages",
        "documentDescribes",
        "hasExtractedLicensingInfos",
        "packages",
        "relationships",
        "spdxVersion",
    }
)
_EMPTY: tuple[object, ...] = (None, "", [], {})


def keep_package(
    item: Table, carry: PackageCarry | None, *, ours: bool, refs: list[Table], checksums: list[Table], released: bool
) -> tuple[tuple[str, bytes], ...]:
    """Give the `extra` of a package.

    refs, checksums: those of its references and checksums that are not read otherwise; released: whether releaseDate
    is.
    """
    kept: Table = {key: item[key] for key in item if key not in _PACKAGE and item[key] not in _EMPTY}
    if ours:
        for key in (*GENERATED, "filesAnalyzed"):
            kept.pop(key, None)
    elif kept.get("filesAnalyzed") is False:
        del kept["filesAnalyzed"]
    if refs:
        kept["externalRefs"] = refs
    if checksums:
        kept["checksums"] = checksums
    if not released and item.get("releaseDate"):
        kept["releaseDate"] = item["releaseDate"]
    _more(kept, "annotations", item.get("annotations"), ours=ours)
    if carry is not None and carry.kept is not UNSET:
        _join(kept, carry.kept)
    return extra_of(FAMILY, kept) if kept else ()


def keep_document(
    table: Table, carry: DocumentCarry | None, *, relationships: list[Table], licences: list[Table]
) -> tuple[tuple[str, bytes], ...]:
    """Give the `extra` of a document.

    relationships: those that are no edge between packages, or say more than it; licences: extracted licensing
    information that no package refers to, or that has more than a text.
    """
    ours = carry is not None
    kept: Table = {key: table[key] for key in table if key not in _DOCUMENT and table[key] not in _EMPTY}
    if ours:
        for key in ("name", "documentNamespace", "comment"):
            kept.pop(key, None)
    elif isinstance(table.get("creationInfo"), dict):
        kept["creationInfo"] = table["creationInfo"]
    if relationships:
        kept["relationships"] = relationships
    if licences:
        kept["hasExtractedLicensingInfos"] = licences
    _more(kept, "annotations", table.get("annotations"), ours=ours)
    if carry is not None and carry.kept:
        _join(kept, carry.kept)
    return extra_of(FAMILY, kept)


def _more(kept: Table, key: str, found: object, *, ours: bool) -> None:
    """Keep the annotations that are not our own notes."""
    items = found if isinstance(found, list) else []
    others = [item for item in items if not (ours and isinstance(item, dict) and _is_note(item))]
    if others:
        kept[key] = others


def _is_note(item: Table) -> bool:
    return text(item, "comment").startswith('{"custody":')


def _join(kept: Table, noted: Table) -> None:
    for key, value in noted.items():
        if isinstance(value, list) and isinstance(kept.get(key), list):
            kept[key] += value
        else:
            kept[key] = value


def is_plain(kind: str, comment: str) -> bool:
    """Say whether an edge says all that a relationship says."""
    return kind in EXACT and (not comment or comment == OWNS)


def named(reading: Reading, name: str) -> str:
    """Give the purl for a package's SPDXID, and any other identifier as it is."""
    return name if name == "SPDXRef-DOCUMENT" else reading.ids.get(name, name)
