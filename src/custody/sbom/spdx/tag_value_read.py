"""Tag-value as the table of the JSON form: SPDX 2.3 chapter 4.4, and the tags of `tags`.

A line is `Tag: value`; a value may run over several lines inside <text>…</text>; lines that start with "#" are
comments. A tag belongs to the last package, file, … that was opened, whatever stands between. A file after a package
is a file of that package, as the specification has it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from custody.errors import InputError
from custody.sbom.spdx.tags import ALIASES, TAGS

__all__ = ["read_tag_value"]

Table = dict[str, Any]
Notes = list[tuple[str, str]]

_LINE = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*:[ \t]*")
_OPENING = {
    "PackageName": "packages",
    "FileName": "files",
    "SnippetSPDXID": "snippets",
    "LicenseID": "hasExtractedLicensingInfos",
    "Relationship": "relationships",
    "Annotator": "annotations",
    "Reviewer": "revieweds",
}
_CODE = re.compile(r"([^()\s]+)\s*(?:\(\s*excludes:?\s*(.*?)\s*\))?")
_DOCUMENT_REF = re.compile(r"(\S+)\s+(\S+)\s+([\w-]+):\s*(\S+)")
_RANGE = re.compile(r"\s*(\d{1,18})\s*:\s*(\d{1,18})\s*")
_PROJECT = {
    "ArtifactOfProjectName": "name",
    "ArtifactOfProjectHomePage": "homePage",
    "ArtifactOfProjectURI": "projectUri",
}
_SHOWN = 5  # notes of one kind; the document of a tool that misuses a tag misuses it everywhere


def read_tag_value(data: bytes, where: str) -> tuple[Table, Notes]:
    """Give the table, and (place, reason) for each line that could not be understood.

    Raises InputError: not UTF-8, or a <text> that does not end.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(where, f"not UTF-8: byte {error.start}") from None
    if "\r" in text:  # CR alone ends a line, too: some tools write so
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.removeprefix("b'")  # meta-spdxscanner writes a Python literal
    reader = _Reader(where)
    at, number = 0, 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        number += 1
        found = _LINE.match(text, at, end)
        if found is None:
            line = text[at:end].strip()
            if line and not line.startswith("#"):
                reader.note(number, "not a line `Tag: value`", f"{line:.60}")
            at = end + 1
            continue
        value, here = text[found.end() : end].rstrip(), number
        if value.startswith("<text>"):
            start = found.end() + len("<text>")
            close = text.find("</text>", start)
            if close < 0:
                raise InputError(f"{where}:{number}", "a <text> that does not end; add </text>")
            value = text[start:close].strip()
            end = text.find("\n", close)
            end = len(text) if end < 0 else end
            number += text.count("\n", start, close)
        reader.take(found[1], value, here)
        at = end + 1
    return reader.table(), reader.notes()


class _Reader:
    """One document, tag by tag."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.document: Table = {}
        self.lists: dict[str, list[Table]] = {}
        self.element = self.document  # which SPDXID names
        self.contained: list[tuple[Table, Table]] = []
        self.faults: dict[str, list[str]] = {}
        self.counts: Counter[str] = Counter()

    def note(self, line: int, reason: str, what: str = "") -> None:
        """Note a line that is not understood; of many of a kind the first ones are named."""
        self.counts[reason] += 1
        shown = self.faults.setdefault(reason, [])
        if len(shown) < _SHOWN:
            shown.append(f"line {line}{f' ({what!r})' if what else ''}")

    def notes(self) -> Notes:
        """Give the notes, one for each kind."""
        found = []
        for reason, lines in self.faults.items():
            more = self.counts[reason] - len(lines)
            found.append(("lines", f"{reason}: {', '.join(lines)}{f' and {more} more' if more else ''}"))
        return found

    def take(self, tag: str, value: str, line: int) -> None:
        """Take one tag."""
        tag = ALIASES.get(tag, tag)
        if tag == "SPDXID":
            self.element["SPDXID"] = value
            return
        if tag in _OPENING:
            self._open(tag, _OPENING[tag])
        row = TAGS.get(tag)
        if row is None:
            self.note(line, f"no tag of SPDX: {tag}")
            return
        section, key, kind = row
        target = self._target(section)
        if target is None:
            self.note(line, f"{tag} before what it belongs to")
        elif kind in ("line", "text"):
            target.setdefault(key, value)
        elif kind:
            target.setdefault(key, []).append(value)
        elif not self._special(tag, target, value):
            self.note(line, f"not understood: {tag}", f"{value:.60}")

    def _open(self, tag: str, section: str) -> None:
        table: Table = {}
        self.lists.setdefault(section, []).append(table)
        if tag in ("PackageName", "FileName", "SnippetSPDXID"):
            self.element = table
        if tag == "FileName" and self.lists.get("packages"):
            self.contained.append((self.lists["packages"][-1], table))

    def _target(self, section: str) -> Table | None:
        if section == "document":
            return self.document
        if section == "creationInfo":
            table: Table = self.document.setdefault("creationInfo", {})
            return table
        found = self.lists.get(section)
        return found[-1] if found else None

    def _special(self, tag: str, table: Table, value: str) -> bool:
        """Take a tag whose value has a shape of its own; say whether it has."""
        match tag:
            case "ExternalDocumentRef":
                return self._document_ref(value)
            case "FilesAnalyzed":
                table["filesAnalyzed"] = value.lower() == "true"
                return value.lower() in ("true", "false")
            case "PackageVerificationCode":
                return self._code(table, value)
            case "PackageChecksum" | "FileChecksum":
                algorithm, _, digits = value.partition(":")
                table.setdefault("checksums", []).append(
                    {"algorithm": algorithm.strip(), "checksumValue": digits.strip()}
                )
                return bool(digits)
            case "ExternalRef" | "ExternalRefComment":
                return self._reference(tag, table, value)
            case "PrimaryPackagePurpose":
                table["primaryPackagePurpose"] = value.upper().replace("-", "_")
            case "SnippetByteRange" | "SnippetLineRange":
                return self._range(tag, table, value)
            case "Relationship":
                return self._relationship(table, value)
            case _:
                return self._project(tag, table, value)
        return True

    def _document_ref(self, value: str) -> bool:
        found = _DOCUMENT_REF.fullmatch(value)
        if found is None:
            return False
        self.document.setdefault("externalDocumentRefs", []).append(
            {
                "externalDocumentId": found[1],
                "spdxDocument": found[2],
                "checksum": {"algorithm": found[3], "checksumValue": found[4]},
            }
        )
        return True

    @staticmethod
    def _code(table: Table, value: str) -> bool:
        found = _CODE.fullmatch(value)
        if found is None:
            return False
        code: Table = {"packageVerificationCodeValue": found[1]}
        if found[2]:
            names = [name.strip() for name in found[2].split(",")]
            code["packageVerificationCodeExcludedFiles"] = [name for name in names if name]
        table["packageVerificationCode"] = code
        return True

    @staticmethod
    def _reference(tag: str, table: Table, value: str) -> bool:
        refs: list[Table] = table.setdefault("externalRefs", [])
        if tag == "ExternalRefComment":
            if refs:
                refs[-1]["comment"] = value
            return bool(refs)
        category, _, rest = value.strip().partition(" ")
        kind, _, locator = rest.strip().partition(" ")
        refs.append({"referenceCategory": category, "referenceType": kind, "referenceLocator": locator.strip()})
        return bool(locator)

    @staticmethod
    def _range(tag: str, table: Table, value: str) -> bool:
        found = _RANGE.fullmatch(value)
        if found is None:
            return False
        key = "offset" if tag == "SnippetByteRange" else "lineNumber"
        table.setdefault("ranges", []).append(
            {"startPointer": {key: int(found[1])}, "endPointer": {key: int(found[2])}}
        )
        return True

    @staticmethod
    def _relationship(table: Table, value: str) -> bool:
        parts = value.split()
        if len(parts) == 3:
            table["spdxElementId"], table["relationshipType"], table["relatedSpdxElement"] = parts
        return len(parts) == 3

    @staticmethod
    def _project(tag: str, table: Table, value: str) -> bool:
        projects: list[Table] = table.setdefault("artifactOfs", [])
        key = _PROJECT[tag]
        if not projects or key in projects[-1]:
            projects.append({})
        projects[-1][key] = value
        return True

    def table(self) -> Table:
        """Give the whole: lists into the document, annotations to what they are about."""
        document = self.document
        for snippet in self.lists.get("snippets", ()):
            for item in snippet.get("ranges", ()):
                for pointer in item.values():
                    pointer["reference"] = snippet.get("snippetFromFile", "")
        for package, file in self.contained:
            if package.get("filesAnalyzed") is not False and file.get("SPDXID"):
                package.setdefault("hasFiles", []).append(file["SPDXID"])
        elements = {
            item["SPDXID"]: item
            for section in ("packages", "files", "snippets")
            for item in self.lists.get(section, ())
            if "SPDXID" in item
        }
        for annotation in self.lists.pop("annotations", ()):
            about = annotation.pop("SPDXREF", "")
            elements.get(about, document).setdefault("annotations", []).append(annotation)
        document.update({section: items for section, items in self.lists.items() if items})
        document["relationships"] = [item for item in document.get("relationships", ()) if "spdxElementId" in item]
        return document
