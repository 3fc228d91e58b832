"""The fields of an SPDX 2.3 document, section by section: the table that `spdx23` walks.

Spec: https://spdx.github.io/spdx-spec/v2.3/, sections 6 to 13; a row's `id` is the section of the field.
Where the text and the JSON schema of the specification disagree, the row says what is done:

- 6.5 is required by the text only: required here. 9.10 is required by the schema only: required here (the JSON would
  not be valid).
- 6.6 "1..*" is read as 0..*, for it is optional. 10.3 and 10.4 are optional in meaning.
- 7.24 is one text (schema), and OPERATING-SYSTEM (text) passes with a warning for OPERATING_SYSTEM (schema).
- 7.21 in the older spelling PACKAGE_MANAGER, PERSISTENT_ID passes with a warning.
- 8.4 needs one SHA1 (text); the schema does not ask for it.
- Sections 13 and 8.9 to 8.11, 8.16 are deprecated: a warning where they are used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custody.sbom.spdx.terms import PURPOSES, RELATIONSHIP_TYPES
from custody.sbom.validate.checks import (
    Check,
    actor,
    boolean,
    checksums,
    date,
    each,
    equals,
    free,
    line,
    matches,
    name,
    one_of,
    url,
)

__all__ = [
    "ANNOTATION",
    "CREATION",
    "DOCUMENT",
    "EXTRACTED",
    "FILE",
    "OTHERWISE",
    "PACKAGE",
    "PROJECT",
    "REF",
    "RELATIONSHIP",
    "REVIEW",
    "SECTIONS",
    "SNIPPET",
    "Field",
    "Section",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One property of a table.

    id: the section of the specification (of all its fields, for a property that only holds others); key: its name in
    JSON; check: of its value; required: whether it must be there; licence: whether it is a licence expression, NONE or
    NOASSERTION (R4, R5, R8); unstated: whether NONE or NOASSERTION may stand in it (R8); deprecated: whether its use is
    a warning.
    """

    id: str
    key: str
    check: Check
    required: bool = False
    licence: bool = False
    unstated: bool = False
    deprecated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The fields of one kind of table. fields: by their JSON names; required: those that must be there."""

    fields: Mapping[str, Field]
    required: tuple[Field, ...]


def _table(value: object) -> str:
    return "" if isinstance(value, dict) else f"expected a table, got {value!r:.60}"


def _some_makers(value: object) -> str:
    return each(_MAKER)(value) or ("" if value else "expected at least one creator")


_ID = matches(r"SPDXRef-[A-Za-z0-9.-]+", "SPDXRef- and letters, digits, '.' or '-'")
_MAKER = matches(r"(Person|Organization|Tool): \S.*", "'Person: …', 'Organization: …' or 'Tool: …'")
_TEXTS = each(free)
_TABLES = each(_table)
_FILE_TYPES = (
    "APPLICATION",
    "ARCHIVE",
    "AUDIO",
    "BINARY",
    "DOCUMENTATION",
    "IMAGE",
    "OTHER",
    "SOURCE",
    "SPDX",
    "TEXT",
    "VIDEO",
)
_LICENCE_LIST = matches(r"\d+\.\d+(\.\d+)?", "a version like 3.28")
_SHA1 = matches(r"[0-9a-f]{40}", "40 lower-case hexadecimal digits")


def _verification_code(value: object) -> str:
    if not isinstance(value, dict):
        return _table(value)
    if fault := _SHA1(value.get("packageVerificationCodeValue")):
        return fault
    return _TEXTS(value.get("packageVerificationCodeExcludedFiles", []))


def _document_ref(value: object) -> str:
    if not isinstance(value, dict):
        return _table(value)
    return (
        matches(r"DocumentRef-[A-Za-z0-9.+-]+", "DocumentRef- and letters, digits, '.', '+' or '-'")(
            value.get("externalDocumentId")
        )
        or url()(value.get("spdxDocument"))
        or checksums([value.get("checksum")])
    )


def _namespace(value: object) -> str:
    if isinstance(value, str) and "#" in value:
        return f"expected a URI without '#', got {value!r:.60}"
    return url()(value)


def _purpose(value: object) -> str:
    return "" if value == "OPERATING-SYSTEM" else one_of(PURPOSES)(value)


def _section(*fields: Field) -> Section:
    return Section(
        fields={field.key: field for field in fields},
        required=tuple(field for field in fields if field.required),
    )


DOCUMENT = _section(
    Field(id="6.1", key="spdxVersion", check=equals("SPDX-2.3"), required=True),
    Field(id="6.2", key="dataLicense", check=equals("CC0-1.0"), required=True),
    Field(id="6.3", key="SPDXID", check=equals("SPDXRef-DOCUMENT"), required=True),
    Field(id="6.4", key="name", check=name, required=True),
    Field(id="6.5", key="documentNamespace", check=_namespace, required=True),
    Field(id="6.6", key="externalDocumentRefs", check=each(_document_ref)),
    Field(id="6.11", key="comment", check=free),
    Field(id="6.8", key="creationInfo", check=_table, required=True),
    Field(id="7", key="packages", check=_TABLES),
    Field(id="8", key="files", check=_TABLES),
    Field(id="9", key="snippets", check=_TABLES),
    Field(id="10", key="hasExtractedLicensingInfos", check=_TABLES),
    Field(id="11.1", key="documentDescribes", check=_TEXTS),
    Field(id="11", key="relationships", check=_TABLES),
    Field(id="12", key="annotations", check=_TABLES),
    Field(id="13", key="revieweds", check=_TABLES, deprecated=True),
)

CREATION = _section(
    Field(id="6.7", key="licenseListVersion", check=_LICENCE_LIST),
    Field(id="6.8", key="creators", check=_some_makers, required=True),
    Field(id="6.9", key="created", check=date, required=True),
    Field(id="6.10", key="comment", check=free),
)

PACKAGE = _section(
    Field(id="7.1", key="name", check=name, required=True),
    Field(id="7.2", key="SPDXID", check=_ID, required=True),
    Field(id="7.3", key="versionInfo", check=line),
    Field(id="7.4", key="packageFileName", check=line),
    Field(id="7.5", key="supplier", check=actor),
    Field(id="7.6", key="originator", check=actor),
    Field(id="7.7", key="downloadLocation", check=url("NONE", "NOASSERTION"), required=True),
    Field(id="7.8", key="filesAnalyzed", check=boolean),
    Field(id="7.9", key="packageVerificationCode", check=_verification_code),
    Field(id="7.10", key="checksums", check=checksums),
    Field(id="7.11", key="homepage", check=url("NONE", "NOASSERTION")),
    Field(id="7.12", key="sourceInfo", check=free),
    Field(id="7.13", key="licenseConcluded", check=free, licence=True),
    Field(id="7.14", key="licenseInfoFromFiles", check=_TEXTS, licence=True),
    Field(id="7.15", key="licenseDeclared", check=free, licence=True),
    Field(id="7.16", key="licenseComments", check=free),
    Field(id="7.17", key="copyrightText", check=free, unstated=True),
    Field(id="7.18", key="summary", check=free),
    Field(id="7.19", key="description", check=free),
    Field(id="7.20", key="comment", check=free),
    Field(id="7.21", key="externalRefs", check=_TABLES),
    Field(id="7.23", key="attributionTexts", check=_TEXTS),
    Field(id="7.24", key="primaryPackagePurpose", check=_purpose),
    Field(id="7.25", key="releaseDate", check=date),
    Field(id="7.26", key="builtDate", check=date),
    Field(id="7.27", key="validUntilDate", check=date),
    Field(id="11.1", key="hasFiles", check=_TEXTS),
    Field(id="12", key="annotations", check=_TABLES),
)

REF = _section(
    Field(id="7.21", key="referenceCategory", check=free, required=True),
    Field(id="7.21", key="referenceType", check=free, required=True),
    Field(id="7.21", key="referenceLocator", check=free, required=True),
    Field(id="7.22", key="comment", check=free),
)

FILE = _section(
    Field(id="8.1", key="fileName", check=name, required=True),
    Field(id="8.2", key="SPDXID", check=_ID, required=True),
    Field(id="8.3", key="fileTypes", check=each(one_of(_FILE_TYPES))),
    Field(id="8.4", key="checksums", check=checksums, required=True),
    Field(id="8.5", key="licenseConcluded", check=free, licence=True),
    Field(id="8.6", key="licenseInfoInFiles", check=_TEXTS, licence=True),
    Field(id="8.7", key="licenseComments", check=free),
    Field(id="8.8", key="copyrightText", check=free, unstated=True),
    Field(id="8.9", key="artifactOfs", check=_TABLES, deprecated=True),
    Field(id="8.12", key="comment", check=free),
    Field(id="8.13", key="noticeText", check=free),
    Field(id="8.14", key="fileContributors", check=each(line)),
    Field(id="8.15", key="attributionTexts", check=_TEXTS),
    Field(id="8.16", key="fileDependencies", check=each(_ID), deprecated=True),
    Field(id="12", key="annotations", check=_TABLES),
)

PROJECT = _section(
    Field(id="8.9", key="name", check=line),
    Field(id="8.10", key="homePage", check=url("UNKNOWN")),
    Field(id="8.11", key="projectUri", check=url()),
)
"""What `artifactOfs` holds; the schema leaves its properties open, so only these are looked at."""

SNIPPET = _section(
    Field(id="9.1", key="SPDXID", check=_ID, required=True),
    Field(
        id="9.2",
        key="snippetFromFile",
        check=matches(r"(DocumentRef-[A-Za-z0-9.+-]+:)?SPDXRef-[A-Za-z0-9.-]+", "a file's SPDXID"),
        required=True,
    ),
    Field(id="9.3", key="ranges", check=_TABLES, required=True),
    Field(id="9.5", key="licenseConcluded", check=free, licence=True),
    Field(id="9.6", key="licenseInfoInSnippets", check=_TEXTS, licence=True),
    Field(id="9.7", key="licenseComments", check=free),
    Field(id="9.8", key="copyrightText", check=free, unstated=True),
    Field(id="9.9", key="comment", check=free),
    Field(id="9.10", key="name", check=name, required=True),
    Field(id="9.11", key="attributionTexts", check=_TEXTS),
    Field(id="12", key="annotations", check=_TABLES),
)

EXTRACTED = _section(
    Field(
        id="10.1",
        key="licenseId",
        check=matches(r"LicenseRef-[A-Za-z0-9.-]+", "LicenseRef- and letters, digits, '.' or '-'"),
        required=True,
    ),
    Field(id="10.2", key="extractedText", check=free, required=True),
    Field(id="10.3", key="name", check=line),
    Field(id="10.4", key="seeAlsos", check=each(url())),
    Field(id="10.5", key="comment", check=free),
    Field(id="10.4", key="crossRefs", check=_TABLES),
)

RELATIONSHIP = _section(
    Field(id="11.1", key="spdxElementId", check=name, required=True),
    Field(id="11.1", key="relationshipType", check=one_of(RELATIONSHIP_TYPES), required=True),
    Field(id="11.1", key="relatedSpdxElement", check=name, required=True),
    Field(id="11.2", key="comment", check=free),
)

ANNOTATION = _section(
    Field(id="12.1", key="annotator", check=_MAKER, required=True),
    Field(id="12.2", key="annotationDate", check=date, required=True),
    Field(id="12.3", key="annotationType", check=one_of(("REVIEW", "OTHER")), required=True),
    Field(id="12.5", key="comment", check=free, required=True),
)

REVIEW = _section(
    Field(id="13.1", key="reviewer", check=_MAKER),
    Field(id="13.2", key="reviewDate", check=date, required=True),
    Field(id="13.3", key="comment", check=free),
)

SECTIONS: Sequence[Section] = (
    DOCUMENT,
    CREATION,
    PACKAGE,
    REF,
    FILE,
    PROJECT,
    SNIPPET,
    EXTRACTED,
    RELATIONSHIP,
    ANNOTATION,
    REVIEW,
)
OTHERWISE = {
    "9.4": "the pointers of `ranges` with a lineNumber: checked with 9.3",
    "12.4": "in JSON the annotation stands inside the element that it is about, so it cannot be wrong",
}
"""Fields that are no property of their own in JSON, and where they are checked."""
