"""The table of an SPDX 2 document as tag-value: SPDX 2.3 chapter 4.4, and the tags of `tags`.

Files stand before the packages, so that their place says nothing of what contains them: relationships do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from custody.sbom.spdx.medium import TAG_VALUE
from custody.sbom.spdx.tags import CREATION, ROWS

__all__ = ["write_tag_value"]

Table = dict[str, Any]

_TITLES = {
    "files": "File",
    "packages": "Package",
    "snippets": "Snippet",
    "hasExtractedLicensingInfos": "Licence that is not on the SPDX list",
}


def write_tag_value(table: Table) -> bytes:
    """Give the bytes of a document; texts that tag-value cannot hold are changed as `medium.TAG_VALUE` does."""
    return "\n".join(_document(table)).encode() + b"\n"


def _document(table: Table) -> Iterator[str]:
    yield from _rows(table, "document")
    yield from _plain(table.get("creationInfo", {}), CREATION)
    yield from _annotations(table)
    for review in table.get("revieweds", ()):
        yield ""
        yield from _rows(review, "revieweds")
    for section, title in _TITLES.items():
        for item in table.get(section, ()):
            yield ""
            yield f"##### {title}: {_line(item.get('name') or item.get('fileName') or item.get('licenseId') or '')}"
            yield ""
            yield from _rows(item, section)
            yield from _annotations(item)
    yield ""
    yield "##### Relationships"
    yield ""
    for item in table.get("relationships", ()):
        yield f"Relationship: {item['spdxElementId']} {item['relationshipType']} {item['relatedSpdxElement']}"
        if item.get("comment"):
            yield f"RelationshipComment: {_value(item['comment'])}"


def _annotations(table: Table) -> Iterator[str]:
    for item in table.get("annotations", ()):
        yield ""
        yield from _rows({**item, "SPDXREF": table["SPDXID"]}, "annotations")


def _plain(table: Table, rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    for tag, key, kind in rows:
        value = table.get(key)
        if value in (None, "", []):
            continue
        write = _line if kind.startswith("line") else _value
        for item in value if isinstance(value, list) else [value]:
            yield f"{tag}: {write(item)}"


def _rows(table: Table, section: str) -> Iterator[str]:
    """Give the lines of one table, in the order of the specification."""
    for row in ROWS[section]:
        if row[2]:
            yield from _plain(table, (row,))
        else:
            yield from _special(table, *row[:2])


def _special(table: Table, tag: str, key: str) -> Iterator[str]:
    """Give the lines of a property that has a shape of its own."""
    if tag in _WRITERS:
        yield from _WRITERS[tag](table)
    elif key == "checksums":
        yield from (f"{tag}: {_checksum(item)}" for item in table.get(key, ()))
    elif tag in ("SnippetByteRange", "SnippetLineRange"):
        unit = "offset" if tag == "SnippetByteRange" else "lineNumber"
        for item in table.get("ranges", ()):
            if unit in item["startPointer"]:
                yield f"{tag}: {item['startPointer'][unit]}:{item['endPointer'][unit]}"


def _document_refs(table: Table) -> Iterator[str]:
    for ref in table.get("externalDocumentRefs", ()):
        yield f"ExternalDocumentRef: {ref['externalDocumentId']} {ref['spdxDocument']} {_checksum(ref['checksum'])}"


def _files_analyzed(table: Table) -> Iterator[str]:
    if "filesAnalyzed" in table:
        yield f"FilesAnalyzed: {'true' if table['filesAnalyzed'] else 'false'}"


def _code(table: Table) -> Iterator[str]:
    if code := table.get("packageVerificationCode"):
        names = code.get("packageVerificationCodeExcludedFiles")
        excluded = f" (excludes: {_line(', '.join(names))})" if names else ""
        yield f"PackageVerificationCode: {code['packageVerificationCodeValue']}{excluded}"


def _references(table: Table) -> Iterator[str]:
    for ref in table.get("externalRefs", ()):
        category = ref["referenceCategory"].replace("_", "-")
        yield f"ExternalRef: {category} {ref['referenceType']} {ref['referenceLocator']}"
        if ref.get("comment"):
            yield f"ExternalRefComment: {_value(ref['comment'])}"


def _purpose(table: Table) -> Iterator[str]:
    if purpose := table.get("primaryPackagePurpose"):
        yield f"PrimaryPackagePurpose: {purpose.replace('_', '-')}"


def _projects(table: Table) -> Iterator[str]:
    for item in table.get("artifactOfs", ()):
        for name, words in (("Name", "name"), ("HomePage", "homePage"), ("URI", "projectUri")):
            if isinstance(item.get(words), str):
                yield f"ArtifactOfProject{name}: {_line(item[words])}"


_WRITERS: dict[str, Callable[[Table], Iterator[str]]] = {
    "ExternalDocumentRef": _document_refs,
    "FilesAnalyzed": _files_analyzed,
    "PackageVerificationCode": _code,
    "ExternalRef": _references,
    "PrimaryPackagePurpose": _purpose,
    "ArtifactOfProjectName": _projects,
}


def _checksum(item: Table) -> str:
    return f"{item['algorithm']}: {item['checksumValue']}"


def _line(text: str) -> str:
    return TAG_VALUE.line(text)


def _value(text: str) -> str:
    r"""Give a text, inside <text> where it has several lines.

    A note of ours is JSON, in which `<\/text>` means the same as `</text>`.
    """
    if text.startswith('{"custody":'):
        text = text.replace("</text>", "<\\/text>")
    text = TAG_VALUE.text(text)
    return f"<text>{text}</text>" if "\n" in text or "<" in text or not text else text
