"""SPDX 2.3: a document that uses every field has no problem, and each rule has an example that breaks it."""

from __future__ import annotations

import copy
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from custody.errors import InputError
from custody.sbom import encode, validate_spdx23
from custody.sbom.validate.fields import OTHERWISE, SECTIONS
from tests.sbom.samples import document as sample
from tests.sbom.schemas import faults

Table = dict[str, Any]

SHA1 = "85ed0817af83a24ad8da68c2b5094de69833983c"
CODE = hashlib.sha1(SHA1.encode(), usedforsecurity=False).hexdigest()


def full() -> Table:
    """Give a document that uses every field but the deprecated ones, and breaks no rule."""
    note = {
        "annotator": "Person: Anna (a@b.example)",
        "annotationDate": "2026-01-31T23:59:59Z",
        "annotationType": "REVIEW",
        "comment": "looked at",
    }
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "a document",
        "documentNamespace": "https://sbom.example/a-document",
        "comment": "free\nform",
        "creationInfo": {
            "created": "2026-01-31T23:59:59Z",
            "creators": ["Tool: other-1.0", "Person: Anna (a@b.example)", "Organization: Example"],
            "licenseListVersion": "3.28",
            "comment": "free\nform",
        },
        "externalDocumentRefs": [
            {
                "externalDocumentId": "DocumentRef-spdx.tool+1",
                "spdxDocument": "https://sbom.example/other",
                "checksum": {"algorithm": "SHA1", "checksumValue": SHA1},
            }
        ],
        "packages": [
            {
                "name": "glibc",
                "SPDXID": "SPDXRef-Package",
                "versionInfo": "2.11.1",
                "packageFileName": "glibc-2.11.1.tar.gz",
                "supplier": "Person: Jane Doe (jane.doe@b.example)",
                "originator": "Organization: ExampleCodeInspect (contact@b.example)",
                "downloadLocation": "git+https://git.example/glibc@v2.11.1#src",
                "filesAnalyzed": True,
                "packageVerificationCode": {
                    "packageVerificationCodeValue": CODE,
                    "packageVerificationCodeExcludedFiles": ["./package.spdx"],
                },
                "checksums": [
                    {"algorithm": "SHA1", "checksumValue": SHA1},
                    {"algorithm": "MD6", "checksumValue": "abc"},
                    {"algorithm": "BLAKE2b-256", "checksumValue": "ab" * 32},
                ],
                "homepage": "http://ftp.example/gnu/glibc",
                "sourceInfo": "from the archive",
                "licenseConcluded": "(LGPL-2.0-only OR LicenseRef-3)",
                "licenseInfoFromFiles": ["GPL-2.0-only", "LicenseRef-3", "DocumentRef-spdx.tool+1:LicenseRef-x"],
                "licenseDeclared": "LGPL-2.0-only AND LicenseRef-3",
                "licenseComments": "free form",
                "copyrightText": "Copyright 2008-2010 Jane Smith",
                "summary": "GNU C library.",
                "description": "free\nform",
                "comment": "free\nform",
                "externalRefs": [
                    {
                        "referenceCategory": "SECURITY",
                        "referenceType": "cpe23Type",
                        "referenceLocator": "cpe:2.3:a:gnu:glibc:2.11.1:*:*:*:*:*:*:*",
                        "comment": "free form",
                    },
                    {
                        "referenceCategory": "PACKAGE-MANAGER",
                        "referenceType": "purl",
                        "referenceLocator": "pkg:deb/debian/glibc@2.11.1",
                    },
                    {
                        "referenceCategory": "PERSISTENT-ID",
                        "referenceType": "swh",
                        "referenceLocator": f"swh:1:cnt:{SHA1}",
                    },
                    {
                        "referenceCategory": "OTHER",
                        "referenceType": "LocationRef",
                        "referenceLocator": "acme/forge/2.0",
                    },
                ],
                "attributionTexts": ["free form"],
                "primaryPackagePurpose": "LIBRARY",
                "releaseDate": "2026-01-31T00:00:00Z",
                "builtDate": "2026-01-31T00:00:00Z",
                "validUntilDate": "2027-01-31T00:00:00Z",
                "hasFiles": ["SPDXRef-File", "SPDXRef-Excluded"],
                "annotations": [note],
            },
            {
                "name": "saxon",
                "SPDXID": "SPDXRef-Saxon",
                "downloadLocation": "NOASSERTION",
                "filesAnalyzed": False,
                "licenseConcluded": "NONE",
                "licenseDeclared": "NOASSERTION",
                "copyrightText": "NONE",
                "supplier": "NOASSERTION",
                "homepage": "NONE",
            },
        ],
        "files": [
            {
                "fileName": "./src/a.c",
                "SPDXID": "SPDXRef-File",
                "fileTypes": ["SOURCE", "TEXT"],
                "checksums": [
                    {"algorithm": "SHA1", "checksumValue": SHA1},
                    {"algorithm": "MD5", "checksumValue": "ab" * 16},
                ],
                "licenseConcluded": "LicenseRef-3",
                "licenseInfoInFiles": ["GPL-2.0-only", "NONE"],
                "licenseComments": "free form",
                "copyrightText": "NOASSERTION",
                "comment": "free form",
                "noticeText": "free form",
                "fileContributors": ["Anna"],
                "attributionTexts": ["free form"],
                "annotations": [note],
            },
            {
                "fileName": "./package.spdx",
                "SPDXID": "SPDXRef-Excluded",
                "checksums": [{"algorithm": "SHA1", "checksumValue": "0" * 40}],
            },
        ],
        "snippets": [
            {
                "SPDXID": "SPDXRef-Snippet",
                "name": "from linux kernel",
                "snippetFromFile": "SPDXRef-File",
                "ranges": [
                    {
                        "startPointer": {"offset": 310, "reference": "SPDXRef-File"},
                        "endPointer": {"offset": 420, "reference": "SPDXRef-File"},
                    },
                    {
                        "startPointer": {"lineNumber": 5, "reference": "SPDXRef-File"},
                        "endPointer": {"lineNumber": 23, "reference": "SPDXRef-File"},
                    },
                ],
                "licenseConcluded": "GPL-2.0-only",
                "licenseInfoInSnippets": ["GPL-2.0-only"],
                "licenseComments": "free form",
                "copyrightText": "Copyright 2008-2010 John Smith",
                "comment": "free form",
                "attributionTexts": ["free form"],
                "annotations": [note],
            }
        ],
        "hasExtractedLicensingInfos": [
            {
                "licenseId": "LicenseRef-3",
                "extractedText": "The CyberNeko Software License, Version 1.0",
                "name": "CyberNeko License",
                "seeAlsos": ["http://people.example/~andyc/neko/LICENSE"],
                "comment": "free form",
            }
        ],
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": "SPDXRef-Package",
                "comment": "free form",
            },
            {
                "spdxElementId": "SPDXRef-Package",
                "relationshipType": "DYNAMIC_LINK",
                "relatedSpdxElement": "SPDXRef-Saxon",
            },
            {"spdxElementId": "SPDXRef-Saxon", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "NONE"},
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "COPY_OF",
                "relatedSpdxElement": "DocumentRef-spdx.tool+1:SPDXRef-ToolsElement",
            },
        ],
        "annotations": [note],
    }


def put(*path: str | int, value: object) -> Callable[[Table], None]:
    """Make the change that sets the value at a path."""

    def change(table: Table) -> None:
        target: Any = table
        for step in path[:-1]:
            target = target[step]
        if isinstance(target, list) and path[-1] == len(target):
            target.append(value)
        else:
            target[path[-1]] = value

    return change


def drop(*path: str | int) -> Callable[[Table], None]:
    """Make the change that removes what stands at a path."""

    def change(table: Table) -> None:
        target: Any = table
        for step in path[:-1]:
            target = target[step]
        del target[path[-1]]

    return change


def ref(category: str, kind: str, locator: str) -> Table:
    return {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}


P, S, F, N, L = ("packages", 0), ("packages", 1), ("files", 0), ("snippets", 0), ("hasExtractedLicensingInfos", 0)
C, E, R, A = ("creationInfo",), ("externalDocumentRefs", 0), ("relationships", 1), ("annotations", 0)
POINTER = {"offset": 500, "reference": "SPDXRef-File"}

BROKEN: list[tuple[str, str, Callable[[Table], None]]] = [
    # rule, severity, the change that breaks it
    ("6.1", "error", put("spdxVersion", value="SPDX-2.2")),
    ("6.1", "error", drop("spdxVersion")),
    ("6.2", "error", put("dataLicense", value="MIT")),
    ("6.3", "error", put("SPDXID", value="SPDXRef-Doc")),
    ("6.4", "error", put("name", value="")),
    ("6.4", "error", put("name", value="two\nlines")),
    ("6.5", "error", drop("documentNamespace")),
    ("6.5", "error", put("documentNamespace", value="no scheme")),
    ("6.5", "error", put("documentNamespace", value="https://sbom.example/#part")),
    ("6.6", "error", put(*E, "externalDocumentId", value="Doc-x")),
    ("6.6", "error", put(*E, "spdxDocument", value="other")),
    ("6.6", "error", put(*E, "checksum", "checksumValue", value="0")),
    ("6.7", "error", put(*C, "licenseListVersion", value="latest")),
    ("6.8", "error", put(*C, "creators", value=[])),
    ("6.8", "error", put(*C, "creators", 0, value="custody")),
    ("6.8", "error", drop("creationInfo")),
    ("6.9", "error", put(*C, "created", value="2026-01-31T12:00:00.5Z")),
    ("6.9", "error", put(*C, "created", value="2026-01-31T12:00:00+01:00")),
    ("6.9", "error", put(*C, "created", value="2026-02-30T12:00:00Z")),
    ("6.9", "error", drop(*C, "created")),
    ("6.10", "error", put(*C, "comment", value=1)),
    ("6.11", "error", put("comment", value=["a"])),
    ("7", "error", put("packages", value="none")),
    ("7.1", "error", put(*P, "name", value=" ")),
    ("7.1", "error", drop(*P, "name")),
    ("7.2", "error", put(*S, "SPDXID", value="Saxon")),
    ("7.2", "error", put(*S, "SPDXID", value="SPDXRef-a_b")),
    ("7.3", "error", put(*P, "versionInfo", value=2)),
    ("7.4", "error", put(*P, "packageFileName", value="a\nb")),
    ("7.5", "error", put(*P, "supplier", value="NONE")),
    ("7.5", "error", put(*P, "supplier", value="Tool: x")),
    ("7.6", "error", put(*P, "originator", value="Jane Doe")),
    ("7.7", "error", drop(*P, "downloadLocation")),
    ("7.7", "error", put(*P, "downloadLocation", value="on a tape")),
    ("7.8", "error", put(*P, "filesAnalyzed", value="true")),
    ("7.9", "warning", drop(*P, "packageVerificationCode")),
    ("7.9", "error", put(*P, "packageVerificationCode", "packageVerificationCodeValue", value="abc")),
    ("7.10", "error", put(*P, "checksums", 0, "algorithm", value="sha1")),
    ("7.10", "error", put(*P, "checksums", 0, "checksumValue", value=SHA1.upper())),
    ("7.10", "error", put(*P, "checksums", 2, "checksumValue", value="ab")),
    ("7.11", "error", put(*P, "homepage", value="www.example")),
    ("7.12", "error", put(*P, "sourceInfo", value=None)),
    ("7.13", "error", put(*P, "licenseConcluded", value=["MIT"])),
    ("7.14", "error", put(*P, "licenseInfoFromFiles", value="MIT")),
    ("7.15", "error", put(*P, "licenseDeclared", value=7)),
    ("7.16", "error", put(*P, "licenseComments", value=7)),
    ("7.17", "error", put(*P, "copyrightText", value=7)),
    ("7.18", "error", put(*P, "summary", value=7)),
    ("7.19", "error", put(*P, "description", value=7)),
    ("7.20", "error", put(*P, "comment", value=7)),
    ("7.21", "error", put(*P, "externalRefs", 4, value=ref("PURL", "purl", "pkg:npm/a"))),
    ("7.21", "error", put(*P, "externalRefs", 4, value=ref("SECURITY", "purl", "pkg:npm/a"))),
    ("7.21", "error", put(*P, "externalRefs", 4, value=ref("OTHER", "two words", "x"))),
    ("7.21", "error", put(*P, "externalRefs", 4, value=ref("OTHER", "x", "two words"))),
    ("7.21", "error", put(*P, "externalRefs", 4, value=ref("PACKAGE-MANAGER", "purl", "npm/a"))),
    ("7.21", "error", put(*P, "externalRefs", 4, value=ref("PACKAGE-MANAGER", "npm", "left-pad"))),
    ("7.21", "error", put(*P, "externalRefs", 4, value=ref("SECURITY", "cpe23Type", "cpe:2.3:a:b"))),
    ("7.21", "error", put(*P, "externalRefs", 4, value=ref("SECURITY", "advisory", "CVE-2024-1"))),
    ("7.21", "warning", put(*P, "externalRefs", 4, value=ref("PACKAGE_MANAGER", "purl", "pkg:npm/a"))),
    ("7.21", "error", drop(*P, "externalRefs", 0, "referenceType")),
    ("7.22", "error", put(*P, "externalRefs", 0, "comment", value=7)),
    ("7.23", "error", put(*P, "attributionTexts", value=[7])),
    ("7.24", "error", put(*P, "primaryPackagePurpose", value="library")),
    ("7.24", "warning", put(*P, "primaryPackagePurpose", value="OPERATING-SYSTEM")),
    ("7.25", "error", put(*P, "releaseDate", value="2026-01-31")),
    ("7.26", "error", put(*P, "builtDate", value="yesterday")),
    ("7.27", "error", put(*P, "validUntilDate", value="2026-13-01T00:00:00Z")),
    ("8", "error", put("files", 2, value="a")),
    ("8.1", "error", drop(*F, "fileName")),
    ("8.1", "warning", put(*F, "fileName", value="/src/a.c")),
    ("8.2", "error", put(*F, "SPDXID", value="File")),
    ("8.3", "error", put(*F, "fileTypes", value=["CODE"])),
    ("8.4", "error", drop(*F, "checksums")),
    ("8.4", "error", put(*F, "checksums", value=[{"algorithm": "MD5", "checksumValue": "ab" * 16}])),
    ("8.4", "error", put(*F, "checksums", 2, value={"algorithm": "SHA1", "checksumValue": SHA1})),
    ("8.5", "error", put(*F, "licenseConcluded", value=7)),
    ("8.6", "error", put(*F, "licenseInfoInFiles", value="MIT")),
    ("8.7", "error", put(*F, "licenseComments", value=7)),
    ("8.8", "error", put(*F, "copyrightText", value=7)),
    ("8.9", "warning", put(*F, "artifactOfs", value=[{"name": "Jena"}])),
    ("8.9", "error", put(*F, "artifactOfs", value=[{"name": "a\nb"}])),
    ("8.10", "error", put(*F, "artifactOfs", value=[{"homePage": "NOASSERTION"}])),
    ("8.11", "error", put(*F, "artifactOfs", value=[{"projectUri": "UNKNOWN"}])),
    ("8.12", "error", put(*F, "comment", value=7)),
    ("8.13", "error", put(*F, "noticeText", value=7)),
    ("8.14", "error", put(*F, "fileContributors", value=["a\nb"])),
    ("8.15", "error", put(*F, "attributionTexts", value="x")),
    ("8.16", "error", put(*F, "fileDependencies", value=["a.c"])),
    ("8.16", "warning", put(*F, "fileDependencies", value=["SPDXRef-Excluded"])),
    ("9", "error", put("snippets", value={})),
    ("9.1", "error", put(*N, "SPDXID", value="Snippet")),
    ("9.2", "error", put(*N, "snippetFromFile", value="a.c")),
    ("9.3", "error", put(*N, "ranges", 0, "startPointer", "offset", value=0)),
    ("9.3", "error", put(*N, "ranges", 0, "startPointer", value=POINTER)),
    ("9.3", "error", drop(*N, "ranges", 0)),
    ("9.4", "error", put(*N, "ranges", 1, "endPointer", "lineNumber", value=4)),
    ("9.5", "error", put(*N, "licenseConcluded", value=7)),
    ("9.6", "error", put(*N, "licenseInfoInSnippets", value="MIT")),
    ("9.7", "error", put(*N, "licenseComments", value=7)),
    ("9.8", "error", put(*N, "copyrightText", value=7)),
    ("9.9", "error", put(*N, "comment", value=7)),
    ("9.10", "error", drop(*N, "name")),
    ("9.11", "error", put(*N, "attributionTexts", value="x")),
    ("10", "error", put("hasExtractedLicensingInfos", value="x")),
    ("10.1", "error", put(*L, "licenseId", value="LicenseRef_3")),
    ("10.1", "error", put("hasExtractedLicensingInfos", 1, value={"licenseId": "LicenseRef-3", "extractedText": "x"})),
    ("10.2", "error", drop(*L, "extractedText")),
    ("10.3", "error", put(*L, "name", value="a\nb")),
    ("10.4", "error", put(*L, "seeAlsos", value=["people.example"])),
    ("10.5", "error", put(*L, "comment", value=7)),
    ("11", "error", put("relationships", 4, value="x")),
    ("11.1", "error", put(*R, "relationshipType", value="depends_on")),
    ("11.1", "error", drop(*R, "relatedSpdxElement")),
    ("11.2", "error", put(*R, "comment", value=7)),
    ("12", "error", put("annotations", 1, value=7)),
    ("12.1", "error", put(*A, "annotator", value="Anna")),
    ("12.2", "error", put(*A, "annotationDate", value="2026")),
    ("12.3", "error", put(*A, "annotationType", value="NOTE")),
    ("12.5", "error", drop(*A, "comment")),
    ("12.1", "error", put(*P, "annotations", 0, "annotator", value="Anna")),
    ("12.1", "error", put(*F, "annotations", 0, "annotator", value="Anna")),
    ("12.1", "error", put(*N, "annotations", 0, "annotator", value="Anna")),
    ("13", "warning", put("revieweds", value=[])),
    ("13.1", "error", put("revieweds", value=[{"reviewer": "Anna", "reviewDate": "2026-01-31T00:00:00Z"}])),
    ("13.2", "error", put("revieweds", value=[{"reviewer": "Person: Anna"}])),
    ("13.3", "error", put("revieweds", value=[{"reviewDate": "2026-01-31T00:00:00Z", "comment": 7}])),
    ("R1", "error", put(*S, "SPDXID", value="SPDXRef-File")),
    ("R1", "error", put(*R, "relatedSpdxElement", value="SPDXRef-Gone")),
    ("R1", "error", put(*R, "spdxElementId", value="NOASSERTION")),
    ("R1", "error", put(*R, "relatedSpdxElement", value="DocumentRef-other:SPDXRef-Package")),
    ("R1", "error", put(*P, "hasFiles", 2, value="SPDXRef-Gone")),
    ("R1", "error", put(*N, "snippetFromFile", value="SPDXRef-Gone")),
    ("R1", "error", put("documentDescribes", value=["SPDXRef-Gone"])),
    ("R2", "error", drop("relationships", 0)),
    ("R3", "error", put(*P, "filesAnalyzed", value=False)),
    (
        "R3",
        "error",
        put(
            *("relationships", 4),
            value={
                "spdxElementId": "SPDXRef-Saxon",
                "relationshipType": "CONTAINS",
                "relatedSpdxElement": "SPDXRef-File",
            },
        ),
    ),
    (
        "R3",
        "error",
        put(
            *("relationships", 4),
            value={
                "spdxElementId": "SPDXRef-File",
                "relationshipType": "CONTAINED_BY",
                "relatedSpdxElement": "SPDXRef-Saxon",
            },
        ),
    ),
    ("R4", "error", put(*P, "licenseDeclared", value="MIT OR LicenseRef-4")),
    ("R4", "error", put(*F, "licenseInfoInFiles", value=["LicenseRef-4"])),
    ("R4", "error", put(*P, "licenseDeclared", value="DocumentRef-gone:LicenseRef-3")),
    ("R5", "error", put(*P, "licenseConcluded", value="MIT or Apache-2.0")),
    ("R5", "error", put(*P, "licenseConcluded", value="BSD")),
    ("R5", "error", put(*N, "licenseInfoInSnippets", value=["GPL-2.0-only", "MIT/X11"])),
    ("R6", "error", put("DocumentNamespace", value="https://sbom.example/")),
    ("R6", "error", put(*P, "extension", value=1)),
    ("R7", "error", put(*P, "packageVerificationCode", "packageVerificationCodeValue", value="0" * 40)),
    ("R7", "error", put(*P, "packageVerificationCode", "packageVerificationCodeExcludedFiles", value=[])),
    ("R8", "error", put(*P, "copyrightText", value="none")),
    ("R8", "error", put(*P, "licenseConcluded", value="NoAssertion")),
    ("R8", "error", put(*P, "licenseConcluded", value="")),
    ("R8", "warning", put(*P, "copyrightText", value="")),
]


def problems(table: Table, where: str = "a.spdx.json") -> list[tuple[str, str]]:
    found = validate_spdx23(json.dumps(table).encode(), where)
    assert all(problem.where.startswith(where) and problem.message for problem in found)
    return [(problem.rule, problem.severity) for problem in found]


def test_a_document_that_uses_every_field_conforms() -> None:
    assert problems(full()) == []


def test_the_same_document_is_valid_against_the_schema(shared: Path) -> None:
    """So that no example below is broken by something else."""
    assert faults(shared, "spdx-json", json.dumps(full()).encode()) == []


@pytest.mark.parametrize(("rule", "severity", "change"), BROKEN, ids=[f"{n}-{row[0]}" for n, row in enumerate(BROKEN)])
def test_each_rule_notices_what_breaks_it(rule: str, severity: str, change: Callable[[Table], None]) -> None:
    table = copy.deepcopy(full())
    change(table)
    assert (rule, severity) in problems(table)


def test_each_field_of_the_specification_has_a_check_and_each_rule_an_example(shared: Path) -> None:
    import yaml

    catalogue = yaml.safe_load((shared / "frameworks" / "spdx23.yaml").read_text())
    fields = {row["id"]: row["json"] for row in catalogue["fields"]}
    rules = {row["id"] for row in catalogue["semantic_rules"]}
    assert len(fields) == catalogue["counts"]["fields"] == 80
    ours = {field.id: field for section in SECTIONS for field in section.fields.values()}
    assert fields.keys() - ours.keys() == OTHERWISE.keys()
    broken = {rule for rule, _, _ in BROKEN}
    assert (fields.keys() | rules) - broken == {"12.4", "R9"}  # 12.4 cannot be wrong in JSON; R9 has its test below
    deprecated = {row["id"] for row in catalogue["fields"] if row.get("deprecated")}
    assert {field.id for field in ours.values() if field.deprecated} - {"13"} <= deprecated


def test_the_words_of_the_specification_are_ours(shared: Path) -> None:
    import yaml

    from custody.sbom.spdx.terms import PURPOSES, RELATIONSHIP_TYPES
    from custody.sbom.validate.checks import CHECKSUM_DIGITS
    from custody.sbom.validate.refs import CATEGORIES

    enums = yaml.safe_load((shared / "frameworks" / "spdx23.yaml").read_text())["enums"]
    assert set(enums["relationship_types"]) == RELATIONSHIP_TYPES
    assert set(enums["checksum_algorithms"]) == CHECKSUM_DIGITS.keys()
    assert set(enums["primary_package_purpose"]) == PURPOSES
    types = {category: tuple(kinds) for category, kinds in enums["external_ref_types"].items() if category != "OTHER"}
    assert {**types, "OTHER": ()} == CATEGORIES


@pytest.mark.parametrize(
    ("where", "fine"),
    [
        ("sbom-latest.spdx.json", True),
        ("release/sbom.SPDX", True),
        ("sbom", True),  # no file name: a part of something else
        ("release/sbom.json", False),
    ],
)
def test_r9_looks_at_the_files_name(where: str, fine: bool) -> None:
    assert problems(full(), where) == ([] if fine else [("R9", "warning")])


def test_r6_wants_utf8() -> None:
    data = json.dumps(full()).encode().replace(b"a document", b"a d\xf6cument")
    assert [(p.rule, p.message) for p in validate_spdx23(data, "a.spdx.json")] == [
        ("R6", "expected UTF-8, and byte 96 is not")
    ]


def test_r2_asks_nothing_of_one_package_or_of_described_ones() -> None:
    alone = {**full(), "packages": full()["packages"][:1], "relationships": []}
    assert problems(alone) == []
    listed = {**full(), "documentDescribes": ["SPDXRef-Package"]}
    del listed["relationships"][0]
    assert problems(listed) == []
    outside = copy.deepcopy(alone)
    del outside["packages"][0]["hasFiles"]
    assert ("R2", "error") in problems(outside)


def test_what_is_no_json_object_is_refused() -> None:
    for data in (b"", b"[]", b'{"spdxVersion": '):
        with pytest.raises(InputError, match=r"^a\.spdx\.json: "):
            validate_spdx23(data, "a.spdx.json")


def test_a_problem_says_where_and_what() -> None:
    table = full()
    table["packages"][1]["supplier"] = "Jane"
    (problem,) = validate_spdx23(json.dumps(table).encode(), "a.spdx.json")
    assert str(problem) == (
        "a.spdx.json:packages[1].supplier: expected NOASSERTION, 'Person: name' or 'Organization: name', "
        "got 'Jane' (rule 7.5)"
    )


def test_the_specifications_own_example_conforms(shared: Path) -> None:
    name = "spdx-examples__spdx2.3_examplemaven-0.0.1-enriched.spdx.json"
    assert validate_spdx23((shared / "data" / "sboms" / "spdx-json" / name).read_bytes(), name) == []


def test_a_large_document_is_checked_before_anybody_waits() -> None:
    """Used on our own document before it is signed: 5,000 packages in 0.3 s; this allows a slow machine a second."""
    table = json.loads(encode(sample(), "spdx-json"))
    package = table["packages"][1]
    table["packages"] += [{**package, "SPDXID": f"{package['SPDXID']}-{n}"} for n in range(5000)]
    data = json.dumps(table).encode()
    start = time.process_time()
    assert validate_spdx23(data, "a.spdx.json") == []
    assert time.process_time() - start < 1
