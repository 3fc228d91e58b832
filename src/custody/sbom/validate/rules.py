"""Rules that need more of the document than one field: R1 to R3, R7, R9, and ranges."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

__all__ = [
    "Found",
    "described",
    "elements",
    "file_name",
    "package_files",
    "range_faults",
    "references",
    "verification_codes",
]

Table = dict[str, Any]
Found = tuple[str, str]
"""Where, in the document, and what."""

_SUGGESTED = re.compile(r".*\.spdx(\.json|\.yaml|\.yml|\.rdf|\.xml)?", re.IGNORECASE)


def tables(document: Table, key: str) -> Iterator[tuple[str, Table]]:
    """Give the tables of a list with their places; what is no table is another rule's business."""
    value = document.get(key)
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield f"{key}[{index}]", item


def texts(table: Table, key: str) -> list[str]:
    """Give the texts of a list."""
    value = table.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def elements(document: Table) -> tuple[set[str], list[Found]]:
    """R1, first half: give all identifiers of the document, and where one stands twice."""
    known = {"SPDXRef-DOCUMENT"}
    faults = []
    for key in ("packages", "files", "snippets"):
        for place, table in tables(document, key):
            name = table.get("SPDXID")
            if not isinstance(name, str):
                continue
            if name in known:
                faults.append((f"{place}.SPDXID", f"{name!r} stands twice in the document"))
            known.add(name)
    return known, faults


def references(document: Table, known: set[str]) -> Iterator[Found]:
    """R1, second half: give the references that lead nowhere."""
    documents = {table.get("externalDocumentId") for _, table in tables(document, "externalDocumentRefs")}

    def leads(name: str) -> bool:
        return name in known or (":" in name and name.partition(":")[0] in documents)

    for place, table in tables(document, "relationships"):
        for key in ("spdxElementId", "relatedSpdxElement"):
            name = table.get(key)
            if isinstance(name, str) and name not in known and not leads(name):
                if key == "relatedSpdxElement" and name in ("NONE", "NOASSERTION"):
                    continue
                yield f"{place}.{key}", f"{name!r} is not an element of the document"
    for section, key in (("packages", "hasFiles"), ("files", "fileDependencies")):
        for place, table in tables(document, section):
            yield from (
                (f"{place}.{key}", f"{name!r} is not an element of the document")
                for name in texts(table, key)
                if not leads(name)
            )
    for name in texts(document, "documentDescribes"):
        if not leads(name):
            yield "documentDescribes", f"{name!r} is not an element of the document"
    for place, table in tables(document, "snippets"):
        name = table.get("snippetFromFile")
        if isinstance(name, str) and not leads(name):
            yield f"{place}.snippetFromFile", f"{name!r} is not an element of the document"


def package_files(document: Table) -> dict[str, set[str]]:
    """Give the files of each package, by SPDXID: `hasFiles`, CONTAINS and CONTAINED_BY."""
    files = {table.get("SPDXID") for _, table in tables(document, "files")}
    found: dict[str, set[str]] = {}
    if not files:
        return found
    for _, table in tables(document, "packages"):
        if isinstance(table.get("SPDXID"), str) and "hasFiles" in table:
            found[table["SPDXID"]] = set(texts(table, "hasFiles"))
    for _, table in tables(document, "relationships"):
        left, kind, right = table.get("spdxElementId"), table.get("relationshipType"), table.get("relatedSpdxElement")
        if kind == "CONTAINED_BY":
            left, right = right, left
        if kind in ("CONTAINS", "CONTAINED_BY") and isinstance(left, str) and isinstance(right, str) and right in files:
            found.setdefault(left, set()).add(right)
    return found


def described(document: Table, owned: dict[str, set[str]]) -> str:
    """R2: say why a DESCRIBES relationship is missing, "" when it is not. owned: from `package_files`."""
    if texts(document, "documentDescribes"):
        return ""
    for _, table in tables(document, "relationships"):
        kind = table.get("relationshipType")
        if kind == "DESCRIBES" and table.get("spdxElementId") == "SPDXRef-DOCUMENT":
            return ""
        if kind == "DESCRIBED_BY" and table.get("relatedSpdxElement") == "SPDXRef-DOCUMENT":
            return ""
    count = sum(1 for _ in tables(document, "packages"))
    if count > 1:
        return f"{count} packages, and no DESCRIBES relationship from SPDXRef-DOCUMENT says which one it is about"
    inside = {name for names in owned.values() for name in names}
    outside = sum(table.get("SPDXID") not in inside for _, table in tables(document, "files"))
    if outside:
        return f"{outside} files outside of packages, and no DESCRIBES relationship from SPDXRef-DOCUMENT"
    return ""


def unanalyzed(document: Table, owned: dict[str, set[str]]) -> Iterator[Found]:
    """R3: give what a package has that was not analysed (`filesAnalyzed` false)."""
    for place, table in tables(document, "packages"):
        if table.get("filesAnalyzed") is not False:
            continue
        for key in ("packageVerificationCode", "licenseInfoFromFiles", "hasFiles"):
            if table.get(key):
                yield f"{place}.{key}", "must be left out, since filesAnalyzed is false"
        if not table.get("hasFiles") and owned.get(str(table.get("SPDXID"))):
            yield place, "contains files, though filesAnalyzed is false"


def verification_codes(document: Table, owned: dict[str, set[str]]) -> Iterator[Found]:
    """R7: give the verification codes that are not the SHA1 of the sorted SHA1s of the package's files (7.9)."""
    sums, names = {}, {}
    for _, table in tables(document, "files"):
        sha1 = [c.get("checksumValue") for _, c in tables(table, "checksums") if c.get("algorithm") == "SHA1"]
        if len(sha1) == 1 and isinstance(sha1[0], str):
            sums[table.get("SPDXID")] = sha1[0]
            names[table.get("SPDXID")] = table.get("fileName")
    for place, table in tables(document, "packages"):
        code, files = table.get("packageVerificationCode"), owned.get(str(table.get("SPDXID")), set())
        if not isinstance(code, dict) or not files or not all(name in sums for name in files):
            continue  # without all files in the document it cannot be computed
        excluded = {name.removeprefix("./") for name in texts(code, "packageVerificationCodeExcludedFiles")}
        parts = sorted(sums[name] for name in files if str(names[name]).removeprefix("./") not in excluded)
        expected = hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()
        stated = code.get("packageVerificationCodeValue")
        if stated != expected:
            yield f"{place}.packageVerificationCode", f"expected {expected} for its {len(parts)} files, got {stated!r}"


def range_faults(value: object) -> Iterator[tuple[str, str]]:
    """Give (field id, fault) for the ranges of a snippet: bytes (9.3), which must be there, and lines (9.4)."""
    ranges = value if isinstance(value, list) else []
    if not any("offset" in _pointer(item, "startPointer") for item in ranges):
        yield "9.3", "expected a range of bytes: a start and an end with an offset"
    for item in ranges:
        start, end = _pointer(item, "startPointer"), _pointer(item, "endPointer")
        for key, rule in (("offset", "9.3"), ("lineNumber", "9.4")):
            if (key in start or key in end) and not _is_range(start.get(key), end.get(key)):
                yield rule, f"expected 1 <= start <= end, got {start.get(key)!r} to {end.get(key)!r}"


def _pointer(item: object, key: str) -> Table:
    found = item.get(key) if isinstance(item, dict) else None
    return found if isinstance(found, dict) else {}


def _is_range(start: object, end: object) -> bool:
    return type(start) is int and type(end) is int and 1 <= start <= end


def file_name(where: str) -> str:
    """R9: say that a name is not one that the specification suggests, "" when it is or no file is meant."""
    name = where.rpartition("/")[2]
    if "." not in name or _SUGGESTED.fullmatch(name):
        return ""
    return f"{name!r} is not named *.spdx or *.spdx.json, as the specification suggests"


DOCUMENT_RULES: tuple[tuple[str, Callable[[Table, dict[str, set[str]]], Iterator[Found]]], ...] = (
    ("R3", unanalyzed),
    ("R7", verification_codes),
)
