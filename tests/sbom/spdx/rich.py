"""An SPDX 2.3 document that uses nearly every field of the specification, made by hand, and the same in other forms."""

from __future__ import annotations

import hashlib
from typing import Any

NAMESPACE = "https://sbom.example/rich"
SHA1 = {"SPDXRef-File-main": "11" * 20, "SPDXRef-File-readme": "22" * 20}
CODE = hashlib.sha1("".join(sorted(SHA1.values())).encode(), usedforsecurity=False).hexdigest()


def annotation(comment: str) -> dict[str, Any]:
    return {
        "annotationDate": "2026-02-01T10:00:00Z",
        "annotationType": "REVIEW",
        "annotator": "Person: Anna Example ()",
        "comment": comment,
    }


def file(identifier: str, name: str) -> dict[str, Any]:
    return {
        "fileName": name,
        "SPDXID": identifier,
        "fileTypes": ["SOURCE", "TEXT"],
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": SHA1[identifier]},
            {"algorithm": "MD5", "checksumValue": "33" * 16},
        ],
        "licenseConcluded": "LicenseRef-odd AND MIT",
        "licenseInfoInFiles": ["MIT", "NOASSERTION"],
        "licenseComments": "as the header says",
        "copyrightText": "Copyright 2026 Anna\n  and Ben",
        "comment": "a file",
        "noticeText": "NOTICE\n\nof two paragraphs",
        "fileContributors": ["Anna", "Ben"],
        "attributionTexts": ["thanks to all"],
        "annotations": [annotation("looked at")],
    }


def rich() -> dict[str, Any]:
    """Give the table. What only one tool knows is not in it: see the tests for that."""
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "rich document",
        "documentNamespace": NAMESPACE,
        "creationInfo": {
            "created": "2026-01-31T12:00:00Z",
            "creators": ["Tool: other-1.0", "Organization: Example"],
            "licenseListVersion": "3.20",
            "comment": "made\nby hand",
        },
        "comment": "about\nthe document",
        "externalDocumentRefs": [
            {
                "externalDocumentId": "DocumentRef-base",
                "spdxDocument": "https://sbom.example/base",
                "checksum": {"algorithm": "SHA1", "checksumValue": "ab" * 20},
            }
        ],
        "packages": [
            {
                "name": "app",
                "SPDXID": "SPDXRef-app",
                "versionInfo": "1.10",
                "packageFileName": "app-1.10.tar.gz",
                "supplier": "Organization: Example (team@example.example)",
                "originator": "Person: Anna Example",
                "downloadLocation": "https://dl.example/app-1.10.tar.gz",
                "filesAnalyzed": True,
                "packageVerificationCode": {
                    "packageVerificationCodeValue": CODE,
                    "packageVerificationCodeExcludedFiles": ["./app.spdx", "./other.spdx"],
                },
                "checksums": [
                    {"algorithm": "SHA256", "checksumValue": "cd" * 32},
                    {"algorithm": "BLAKE3", "checksumValue": "ef" * 32},
                ],
                "homepage": "https://app.example/",
                "sourceInfo": "built by hand",
                "licenseConcluded": "MIT OR Apache-2.0 AND LicenseRef-odd",
                "licenseInfoFromFiles": ["MIT", "LicenseRef-odd"],
                "licenseDeclared": "MIT",
                "licenseComments": "two licences",
                "copyrightText": "Copyright 2026 Anna",
                "summary": "an app",
                "description": "An app\nthat does things: # many",
                "comment": "of interest",
                "externalRefs": [
                    {
                        "referenceCategory": "PACKAGE-MANAGER",
                        "referenceType": "purl",
                        "referenceLocator": "pkg:npm/app@1.10",
                    },
                    {
                        "referenceCategory": "SECURITY",
                        "referenceType": "cpe23Type",
                        "referenceLocator": "cpe:2.3:a:example:app:1.10:*:*:*:*:*:*:*",
                    },
                    {
                        "referenceCategory": "PERSISTENT-ID",
                        "referenceType": "swh",
                        "referenceLocator": f"swh:1:rev:{'12' * 20}",
                        "comment": "the commit",
                    },
                    {"referenceCategory": "OTHER", "referenceType": "LocationRef-x", "referenceLocator": "acme/x:1"},
                ],
                "attributionTexts": ["with thanks", "to two\nlines"],
                "primaryPackagePurpose": "OPERATING_SYSTEM",
                "releaseDate": "2026-01-01T00:00:00Z",
                "builtDate": "2025-12-31T00:00:00Z",
                "validUntilDate": "2030-01-01T00:00:00Z",
                "annotations": [annotation("good")],
            },
            {
                "name": "lib",
                "SPDXID": "SPDXRef-lib",
                "downloadLocation": "NOASSERTION",
                "filesAnalyzed": False,
                "externalRefs": [
                    {
                        "referenceCategory": "PACKAGE-MANAGER",
                        "referenceType": "purl",
                        "referenceLocator": "pkg:npm/lib@2",
                    }
                ],
            },
        ],
        "files": [file("SPDXRef-File-main", "./src/main.c"), file("SPDXRef-File-readme", "./README")],
        "snippets": [
            {
                "SPDXID": "SPDXRef-Snippet-1",
                "snippetFromFile": "SPDXRef-File-main",
                "ranges": [
                    {
                        "startPointer": {"offset": 310, "reference": "SPDXRef-File-main"},
                        "endPointer": {"offset": 420, "reference": "SPDXRef-File-main"},
                    },
                    {
                        "startPointer": {"lineNumber": 5, "reference": "SPDXRef-File-main"},
                        "endPointer": {"lineNumber": 23, "reference": "SPDXRef-File-main"},
                    },
                ],
                "licenseConcluded": "GPL-2.0-only WITH Classpath-exception-2.0",
                "licenseInfoInSnippets": ["GPL-2.0-only"],
                "licenseComments": "seen",
                "copyrightText": "Copyright 2008",
                "comment": "copied from elsewhere",
                "name": "a snippet",
                "attributionTexts": ["thanks"],
            }
        ],
        "hasExtractedLicensingInfos": [
            {
                "licenseId": "LicenseRef-odd",
                "extractedText": "Do as you like,\n\n  but tell us.",
                "name": "The odd one",
                "seeAlsos": ["https://odd.example/licence", "https://odd.example/other"],
                "comment": "found in one file",
            }
        ],
        "relationships": [
            _relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-app"),
            _relation("SPDXRef-app", "CONTAINS", "SPDXRef-File-main"),
            _relation("SPDXRef-app", "CONTAINS", "SPDXRef-File-readme"),
            _relation("SPDXRef-app", "DYNAMIC_LINK", "SPDXRef-lib", "at run time"),
            _relation("SPDXRef-File-main", "GENERATED_FROM", "DocumentRef-base:SPDXRef-origin"),
            _relation("DocumentRef-base:SPDXRef-origin", "DESCENDANT_OF", "SPDXRef-app"),
            _relation("SPDXRef-lib", "CONTAINS", "NONE"),
        ],
        "annotations": [annotation("the whole\ndocument")],
        "revieweds": [
            {"reviewer": "Person: Ben Example", "reviewDate": "2026-02-02T10:00:00Z", "comment": "all\ngood"},
            {"reviewer": "Organization: Example", "reviewDate": "2026-02-03T10:00:00Z"},
        ],
    }


def _relation(left: str, kind: str, right: str, comment: str = "") -> dict[str, Any]:
    table = {"spdxElementId": left, "relationshipType": kind, "relatedSpdxElement": right}
    return {**table, "comment": comment} if comment else table
