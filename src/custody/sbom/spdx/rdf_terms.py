"""The ontology of SPDX 2 and the JSON form: which predicate of which class is which property.

Spec: https://spdx.org/rdf/terms/ (SPDX 2.3), DOAP for homepages, and the W3C's pointers for ranges. A row is
(predicate, property, kind). Kinds: "text" and, for several, "texts"; "word" for a text that may be the resource
`noassertion` or `none`; "licence", "licences"; "flag" for true and false; "enum:<prefix>", "enums:<prefix>" for an
individual of the ontology; "node:<class>", "nodes:<class>" for a table of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

__all__ = [
    "ALGORITHMS",
    "CLASSES",
    "DOAP",
    "LICENSES",
    "POINTERS",
    "RDF",
    "RDFS",
    "REFERENCES",
    "SPDX",
    "individual",
    "word",
]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SPDX = "http://spdx.org/rdf/terms#"
DOAP = "http://usefulinc.com/ns/doap#"
POINTERS = "http://www.w3.org/2009/pointers#"
LICENSES = "http://spdx.org/licenses/"
REFERENCES = "http://spdx.org/rdf/references/"

_COMMENT = (RDFS + "comment", "comment", "text")
_ANNOTATIONS = (SPDX + "annotation", "annotations", "nodes:Annotation")
_CHECKSUMS = (SPDX + "checksum", "checksums", "nodes:Checksum")

CLASSES: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "SpdxDocument": (
        (SPDX + "specVersion", "spdxVersion", "text"),
        (SPDX + "dataLicense", "dataLicense", "licence"),
        (SPDX + "name", "name", "text"),
        (SPDX + "creationInfo", "creationInfo", "node:CreationInfo"),
        _COMMENT,
        (SPDX + "externalDocumentRef", "externalDocumentRefs", "nodes:ExternalDocumentRef"),
        (SPDX + "hasExtractedLicensingInfo", "hasExtractedLicensingInfos", "nodes:ExtractedLicensingInfo"),
        _ANNOTATIONS,
        (SPDX + "reviewed", "revieweds", "nodes:Review"),
    ),
    "CreationInfo": (
        (SPDX + "created", "created", "text"),
        (SPDX + "creator", "creators", "texts"),
        (SPDX + "licenseListVersion", "licenseListVersion", "text"),
        _COMMENT,
    ),
    "ExternalDocumentRef": (
        (SPDX + "externalDocumentId", "externalDocumentId", "text"),
        (SPDX + "spdxDocument", "spdxDocument", "uri"),
        (SPDX + "checksum", "checksum", "node:Checksum"),
    ),
    "ExtractedLicensingInfo": (
        (SPDX + "licenseId", "licenseId", "text"),
        (SPDX + "extractedText", "extractedText", "text"),
        (SPDX + "name", "name", "text"),
        (RDFS + "seeAlso", "seeAlsos", "texts"),
        _COMMENT,
    ),
    "Annotation": (
        (SPDX + "annotationDate", "annotationDate", "text"),
        (SPDX + "annotationType", "annotationType", "enum:annotationType_"),
        (SPDX + "annotator", "annotator", "text"),
        _COMMENT,
    ),
    "Review": (
        (SPDX + "reviewer", "reviewer", "text"),
        (SPDX + "reviewDate", "reviewDate", "text"),
        _COMMENT,
    ),
    "Checksum": (
        (SPDX + "algorithm", "algorithm", "enum:checksumAlgorithm_"),
        (SPDX + "checksumValue", "checksumValue", "text"),
    ),
    "Package": (
        (SPDX + "name", "name", "text"),
        (SPDX + "versionInfo", "versionInfo", "text"),
        (SPDX + "packageFileName", "packageFileName", "text"),
        (SPDX + "supplier", "supplier", "word"),
        (SPDX + "originator", "originator", "word"),
        (SPDX + "downloadLocation", "downloadLocation", "word"),
        (SPDX + "filesAnalyzed", "filesAnalyzed", "flag"),
        (SPDX + "packageVerificationCode", "packageVerificationCode", "node:PackageVerificationCode"),
        _CHECKSUMS,
        (DOAP + "homepage", "homepage", "word"),
        (SPDX + "sourceInfo", "sourceInfo", "text"),
        (SPDX + "licenseConcluded", "licenseConcluded", "licence"),
        (SPDX + "licenseInfoFromFiles", "licenseInfoFromFiles", "licences"),
        (SPDX + "licenseDeclared", "licenseDeclared", "licence"),
        (SPDX + "licenseComments", "licenseComments", "text"),
        (SPDX + "copyrightText", "copyrightText", "word"),
        (SPDX + "summary", "summary", "text"),
        (SPDX + "description", "description", "text"),
        _COMMENT,
        (SPDX + "externalRef", "externalRefs", "nodes:ExternalRef"),
        (SPDX + "attributionText", "attributionTexts", "texts"),
        (SPDX + "primaryPackagePurpose", "primaryPackagePurpose", "enum:purpose_"),
        (SPDX + "releaseDate", "releaseDate", "text"),
        (SPDX + "builtDate", "builtDate", "text"),
        (SPDX + "validUntilDate", "validUntilDate", "text"),
        _ANNOTATIONS,
    ),
    "PackageVerificationCode": (
        (SPDX + "packageVerificationCodeValue", "packageVerificationCodeValue", "text"),
        (SPDX + "packageVerificationCodeExcludedFile", "packageVerificationCodeExcludedFiles", "texts"),
    ),
    "ExternalRef": (
        (SPDX + "referenceCategory", "referenceCategory", "enum:referenceCategory_"),
        (SPDX + "referenceType", "referenceType", "reference"),
        (SPDX + "referenceLocator", "referenceLocator", "text"),
        _COMMENT,
    ),
    "File": (
        (SPDX + "fileName", "fileName", "text"),
        (SPDX + "fileType", "fileTypes", "enums:fileType_"),
        _CHECKSUMS,
        (SPDX + "licenseConcluded", "licenseConcluded", "licence"),
        (SPDX + "licenseInfoInFile", "licenseInfoInFiles", "licences"),
        (SPDX + "licenseComments", "licenseComments", "text"),
        (SPDX + "copyrightText", "copyrightText", "word"),
        (SPDX + "artifactOf", "artifactOfs", "nodes:Project"),
        _COMMENT,
        (SPDX + "noticeText", "noticeText", "text"),
        (SPDX + "fileContributor", "fileContributors", "texts"),
        (SPDX + "attributionText", "attributionTexts", "texts"),
        _ANNOTATIONS,
    ),
    "Project": (
        (DOAP + "name", "name", "text"),
        (DOAP + "homepage", "homePage", "uri"),
    ),
    "Snippet": (
        (SPDX + "snippetFromFile", "snippetFromFile", "element"),
        (SPDX + "range", "ranges", "nodes:StartEndPointer"),
        (SPDX + "licenseConcluded", "licenseConcluded", "licence"),
        (SPDX + "licenseInfoInSnippet", "licenseInfoInSnippets", "licences"),
        (SPDX + "licenseComments", "licenseComments", "text"),
        (SPDX + "copyrightText", "copyrightText", "word"),
        _COMMENT,
        (SPDX + "name", "name", "text"),
        (SPDX + "attributionText", "attributionTexts", "texts"),
        _ANNOTATIONS,
    ),
    "StartEndPointer": (
        (POINTERS + "startPointer", "startPointer", "pointer"),
        (POINTERS + "endPointer", "endPointer", "pointer"),
    ),
    "Relationship": (
        (SPDX + "relationshipType", "relationshipType", "enum:relationshipType_"),
        (SPDX + "relatedSpdxElement", "relatedSpdxElement", "element"),
        _COMMENT,
    ),
}
"""Class → its rows, in the order in which they are written."""

ALGORITHMS: Mapping[str, str] = {
    "ADLER32": "adler32",
    "BLAKE2b-256": "blake2b256",
    "BLAKE2b-384": "blake2b384",
    "BLAKE2b-512": "blake2b512",
    "BLAKE3": "blake3",
    "SHA3-256": "sha3_256",
    "SHA3-384": "sha3_384",
    "SHA3-512": "sha3_512",
}
"""Algorithms whose individual is not just the name in small letters."""
_ALGORITHM_OF = {name: algorithm for algorithm, name in ALGORITHMS.items()}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def individual(prefix: str, text: str) -> str:
    """Give the local name of an individual for a word of the JSON form: DEPENDS_ON → relationshipType_dependsOn."""
    if prefix == "checksumAlgorithm_":
        return prefix + ALGORITHMS.get(text, text.lower())
    first, *rest = text.replace("-", "_").lower().split("_")
    return prefix + first + "".join(part.capitalize() for part in rest)


def word(prefix: str, name: str) -> str:
    """Give the word of the JSON form for the local name of an individual."""
    name = name.removeprefix(prefix)
    if prefix == "checksumAlgorithm_":
        return _ALGORITHM_OF.get(name, name.upper())
    text = _HUMP.sub("_", name).upper()
    return text.replace("_", "-") if prefix == "referenceCategory_" else text
