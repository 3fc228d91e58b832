"""The words of CycloneDX that writing and reading share."""

from __future__ import annotations

__all__ = ["DOCUMENT", "HASHES", "LICENCE_TEXT", "PACKAGE", "RELEASED", "TYPES", "TYPE_OF"]

DOCUMENT = "custody:document"
"""Property of the metadata: our note on the document (see `carry.py`)."""
PACKAGE = "custody:package"
"""Property of a component: our note on it."""
LICENCE_TEXT = "custody:licence-text:"
"""Property of the metadata, one for each LicenseRef: before 1.7 the text of a licence in an expression has no place."""
RELEASED = "custody:released"
"""Property of a component: when it was released. Release notes have a time, but it is their own."""

HASHES = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}

TYPE_OF = {
    "APPLICATION": "application",
    "CONTAINER": "container",
    "CRYPTOGRAPHIC_ASSET": "cryptographic-asset",
    "DATA": "data",
    "DEVICE": "device",
    "DEVICE_DRIVER": "device-driver",
    "FILE": "file",
    "FIRMWARE": "firmware",
    "FRAMEWORK": "framework",
    "LIBRARY": "library",
    "MODEL": "machine-learning-model",
    "OPERATING_SYSTEM": "operating-system",
    "PLATFORM": "platform",
}
"""Our purpose → component type; the other purposes have none and become `library`."""

TYPES = {kind: purpose for purpose, kind in TYPE_OF.items()}
