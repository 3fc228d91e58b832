"""The words of CycloneDX 1.6 that writing and reading share."""

from __future__ import annotations

__all__ = ["DOCUMENT", "HASHES", "LICENCE_TEXT", "PACKAGE", "TYPES", "TYPE_OF"]

DOCUMENT = "custody:document"
"""Property of the metadata: our note on the document (see `carry.py`)."""
PACKAGE = "custody:package"
"""Property of a component: our note on it."""
LICENCE_TEXT = "custody:licence-text:"
"""Property of the metadata, one for each LicenseRef: 1.6 has no place for the text of a licence in an expression."""

HASHES = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}

TYPE_OF = {
    "APPLICATION": "application",
    "CONTAINER": "container",
    "DEVICE": "device",
    "FILE": "file",
    "FIRMWARE": "firmware",
    "FRAMEWORK": "framework",
    "LIBRARY": "library",
    "OPERATING_SYSTEM": "operating-system",
}
"""Our purpose → component type; the other purposes have none and become `library`."""

TYPES = {kind: purpose for purpose, kind in TYPE_OF.items()}
