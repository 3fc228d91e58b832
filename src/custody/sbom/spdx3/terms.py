"""The words of SPDX 3 that writing and reading share."""

from __future__ import annotations

import re

__all__ = [
    "CONTEXT",
    "CONTEXTS",
    "DOCUMENT",
    "EXACT",
    "FAMILY",
    "NONE_LICENCE",
    "PURPOSE_OF",
    "RELATIONS",
    "camel",
    "upper",
]

FAMILY = "spdx3"
CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
CONTEXTS = (CONTEXT, "https://spdx.org/rdf/3.0.0/spdx-context.jsonld")
NONE_LICENCE = "expandedlicensing_NoneLicense"

DOCUMENT = "_:document"
"""Stands, in what is kept, for the document itself, which the next one will be."""

RELATIONS = {
    "contains": ("contains", ""),
    "owns": ("contains", ""),
    "depends_on": ("dependsOn", ""),
    "dev": ("dependsOn", "development"),
    "build": ("dependsOn", "build"),
    "optional": ("hasOptionalDependency", ""),
    "peer": ("hasProvidedDependency", ""),
}
"""Our relation → SPDX's type, and the scope of a LifecycleScopedRelationship."""

EXACT = {
    ("contains", ""): "contains",
    ("dependsOn", ""): "depends_on",
    ("dependsOn", "development"): "dev",
    ("dependsOn", "build"): "build",
    ("hasOptionalDependency", ""): "optional",
    ("hasProvidedDependency", ""): "peer",
}
"""SPDX's type and scope → our relation, where that says as much."""

PURPOSE_OF = {
    "OPERATING_SYSTEM": "operatingSystem",
    **{
        name: name.lower()
        for name in (
            "APPLICATION",
            "ARCHIVE",
            "CONTAINER",
            "DEVICE",
            "FILE",
            "FIRMWARE",
            "FRAMEWORK",
            "INSTALL",
            "LIBRARY",
            "OTHER",
            "SOURCE",
        )
    },
}
"""Our purposes, which are those of SPDX 2.3 → SPDX 3's."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def camel(word: str) -> str:
    """Give a word of ours as SPDX 3 writes it: DISK_IMAGE → diskImage."""
    first, *rest = word.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


def upper(word: str) -> str:
    """Give a word of SPDX 3 as we write it: diskImage → DISK_IMAGE."""
    return _HUMP.sub("_", word).upper()
