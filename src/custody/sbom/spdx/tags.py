"""The tags of SPDX 2 tag-value, and the properties of the JSON form that they stand for.

Spec: https://spdx.github.io/spdx-spec/v2.3/, the "tag" of each section; file format: chapter 4.4. A row is (tag, key,
kind). Kinds: "line"; "text", which may run over several lines in <text>…</text>; the same with "s", for one of a list;
"" for what has a shape of its own, and is read and written by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["ALIASES", "CREATION", "ROWS", "TAGS"]

Row = tuple[str, str, str]

CREATION: Sequence[Row] = (
    ("LicenseListVersion", "licenseListVersion", "line"),
    ("Creator", "creators", "lines"),
    ("Created", "created", "line"),
    ("CreatorComment", "comment", "text"),
)

ROWS: Mapping[str, Sequence[Row]] = {
    "document": (
        ("SPDXVersion", "spdxVersion", "line"),
        ("DataLicense", "dataLicense", "line"),
        ("SPDXID", "SPDXID", "line"),
        ("DocumentName", "name", "line"),
        ("DocumentNamespace", "documentNamespace", "line"),
        ("ExternalDocumentRef", "externalDocumentRefs", ""),
        ("DocumentComment", "comment", "text"),
    ),
    "packages": (
        ("PackageName", "name", "line"),
        ("SPDXID", "SPDXID", "line"),
        ("PackageVersion", "versionInfo", "line"),
        ("PackageFileName", "packageFileName", "line"),
        ("PackageSupplier", "supplier", "line"),
        ("PackageOriginator", "originator", "line"),
        ("PackageDownloadLocation", "downloadLocation", "line"),
        ("FilesAnalyzed", "filesAnalyzed", ""),
        ("PackageVerificationCode", "packageVerificationCode", ""),
        ("PackageChecksum", "checksums", ""),
        ("PackageHomePage", "homepage", "line"),
        ("PackageSourceInfo", "sourceInfo", "text"),
        ("PackageLicenseConcluded", "licenseConcluded", "line"),
        ("PackageLicenseInfoFromFiles", "licenseInfoFromFiles", "lines"),
        ("PackageLicenseDeclared", "licenseDeclared", "line"),
        ("PackageLicenseComments", "licenseComments", "text"),
        ("PackageCopyrightText", "copyrightText", "text"),
        ("PackageSummary", "summary", "text"),
        ("PackageDescription", "description", "text"),
        ("PackageComment", "comment", "text"),
        ("ExternalRef", "externalRefs", ""),
        ("ExternalRefComment", "", ""),
        ("PackageAttributionText", "attributionTexts", "texts"),
        ("PrimaryPackagePurpose", "primaryPackagePurpose", ""),
        ("ReleaseDate", "releaseDate", "line"),
        ("BuiltDate", "builtDate", "line"),
        ("ValidUntilDate", "validUntilDate", "line"),
    ),
    "files": (
        ("FileName", "fileName", "line"),
        ("SPDXID", "SPDXID", "line"),
        ("FileType", "fileTypes", "lines"),
        ("FileChecksum", "checksums", ""),
        ("LicenseConcluded", "licenseConcluded", "line"),
        ("LicenseInfoInFile", "licenseInfoInFiles", "lines"),
        ("LicenseComments", "licenseComments", "text"),
        ("FileCopyrightText", "copyrightText", "text"),
        ("ArtifactOfProjectName", "", ""),
        ("ArtifactOfProjectHomePage", "", ""),
        ("ArtifactOfProjectURI", "", ""),
        ("FileComment", "comment", "text"),
        ("FileNotice", "noticeText", "text"),
        ("FileContributor", "fileContributors", "lines"),
        ("FileAttributionText", "attributionTexts", "texts"),
        ("FileDependency", "fileDependencies", "lines"),
    ),
    "snippets": (
        ("SnippetSPDXID", "SPDXID", "line"),
        ("SnippetFromFileSPDXID", "snippetFromFile", "line"),
        ("SnippetByteRange", "", ""),
        ("SnippetLineRange", "", ""),
        ("SnippetLicenseConcluded", "licenseConcluded", "line"),
        ("LicenseInfoInSnippet", "licenseInfoInSnippets", "lines"),
        ("SnippetLicenseComments", "licenseComments", "text"),
        ("SnippetCopyrightText", "copyrightText", "text"),
        ("SnippetComment", "comment", "text"),
        ("SnippetName", "name", "line"),
        ("SnippetAttributionText", "attributionTexts", "texts"),
    ),
    "hasExtractedLicensingInfos": (
        ("LicenseID", "licenseId", "line"),
        ("ExtractedText", "extractedText", "text"),
        ("LicenseName", "name", "line"),
        ("LicenseCrossReference", "seeAlsos", "lines"),
        ("LicenseComment", "comment", "text"),
    ),
    "relationships": (("Relationship", "", ""), ("RelationshipComment", "comment", "text")),
    "annotations": (
        ("Annotator", "annotator", "line"),
        ("AnnotationDate", "annotationDate", "line"),
        ("AnnotationType", "annotationType", "line"),
        ("SPDXREF", "SPDXREF", "line"),
        ("AnnotationComment", "comment", "text"),
    ),
    "revieweds": (
        ("Reviewer", "reviewer", "line"),
        ("ReviewDate", "reviewDate", "line"),
        ("ReviewComment", "comment", "text"),
    ),
}
"""Section → its rows; the first tag opens a new one."""

ALIASES = {
    "SnippetSPDXIdentifier": "SnippetSPDXID",
    "SPDXIdentifier": "SPDXID",
    "PackagePurpose": "PrimaryPackagePurpose",
}
"""Tags that other tools write, and what they mean."""

TAGS: Mapping[str, tuple[str, str, str]] = {
    tag: (section, key, kind) for section, rows in ROWS.items() for tag, key, kind in rows if tag != "SPDXID"
} | {tag: ("creationInfo", key, kind) for tag, key, kind in CREATION}
"""Tag → (section, key, kind)."""
