"""The words of SPDX 2.2 and 2.3 that writing and reading share."""

from __future__ import annotations

__all__ = [
    "EXACT",
    "FAMILY",
    "FORWARD",
    "NEW_IN_23",
    "OWNERSHIP",
    "OWNS",
    "PURPOSES",
    "RELATIONSHIPS",
    "RELATIONSHIP_TYPES",
    "REVERSED",
    "is_in",
]

FAMILY = "spdx2"
"""What `Package.extra` and `Inventory.extra` call the four ways to write SPDX 2: they share one table."""

OWNS = "owns: the package manager installed the files of this package"
"""Comment that tells `owns` from `contains`: both are CONTAINS to SPDX."""

OWNERSHIP = "ownership-by-file-overlap"
"""How the comment of Syft's OTHER begins that means the same."""

PURPOSES = frozenset(
    {
        "APPLICATION",
        "ARCHIVE",
        "CONTAINER",
        "DEVICE",
        "FILE",
        "FIRMWARE",
        "FRAMEWORK",
        "INSTALL",
        "LIBRARY",
        "OPERATING_SYSTEM",
        "OTHER",
        "SOURCE",
    }
)
"""Section 7.24, in the spelling of the JSON schema."""

RELATIONSHIPS = {
    "contains": ("CONTAINS", False),
    "owns": ("CONTAINS", False),
    "depends_on": ("DEPENDS_ON", False),
    "dev": ("DEV_DEPENDENCY_OF", True),
    "optional": ("OPTIONAL_DEPENDENCY_OF", True),
    "peer": ("PROVIDED_DEPENDENCY_OF", True),
    "build": ("BUILD_DEPENDENCY_OF", True),
}
"""Our relation → SPDX's type, and whether it is said from the target's side: A DEV_DEPENDENCY_OF B where B needs A."""

FORWARD = {
    "CONTAINS": "contains",
    "DEPENDS_ON": "depends_on",
    "HAS_PREREQUISITE": "depends_on",
    "STATIC_LINK": "depends_on",
    "DYNAMIC_LINK": "depends_on",
}
"""SPDX's type → our relation, where the left side needs or holds the right one."""

REVERSED = {
    "CONTAINED_BY": "contains",
    "PACKAGE_OF": "contains",
    "DEPENDENCY_OF": "depends_on",
    "RUNTIME_DEPENDENCY_OF": "depends_on",
    "PREREQUISITE_FOR": "depends_on",
    "DEV_DEPENDENCY_OF": "dev",
    "TEST_DEPENDENCY_OF": "dev",
    "DEV_TOOL_OF": "dev",
    "TEST_TOOL_OF": "dev",
    "OPTIONAL_DEPENDENCY_OF": "optional",
    "OPTIONAL_COMPONENT_OF": "optional",
    "PROVIDED_DEPENDENCY_OF": "peer",
    "BUILD_DEPENDENCY_OF": "build",
    "BUILD_TOOL_OF": "build",
}
"""SPDX's type → our relation, where the right side needs or holds the left one."""

RELATIONSHIP_TYPES = frozenset(
    {
        "AMENDS",
        "ANCESTOR_OF",
        "BUILD_DEPENDENCY_OF",
        "BUILD_TOOL_OF",
        "CONTAINED_BY",
        "CONTAINS",
        "COPY_OF",
        "DATA_FILE_OF",
        "DEPENDENCY_MANIFEST_OF",
        "DEPENDENCY_OF",
        "DEPENDS_ON",
        "DESCENDANT_OF",
        "DESCRIBED_BY",
        "DESCRIBES",
        "DEV_DEPENDENCY_OF",
        "DEV_TOOL_OF",
        "DISTRIBUTION_ARTIFACT",
        "DOCUMENTATION_OF",
        "DYNAMIC_LINK",
        "EXAMPLE_OF",
        "EXPANDED_FROM_ARCHIVE",
        "FILE_ADDED",
        "FILE_DELETED",
        "FILE_MODIFIED",
        "GENERATED_FROM",
        "GENERATES",
        "HAS_PREREQUISITE",
        "METAFILE_OF",
        "OPTIONAL_COMPONENT_OF",
        "OPTIONAL_DEPENDENCY_OF",
        "OTHER",
        "PACKAGE_OF",
        "PATCH_APPLIED",
        "PATCH_FOR",
        "PREREQUISITE_FOR",
        "PROVIDED_DEPENDENCY_OF",
        "REQUIREMENT_DESCRIPTION_FOR",
        "RUNTIME_DEPENDENCY_OF",
        "SPECIFICATION_FOR",
        "STATIC_LINK",
        "TEST_CASE_OF",
        "TEST_DEPENDENCY_OF",
        "TEST_OF",
        "TEST_TOOL_OF",
        "VARIANT_OF",
    }
)
"""Table 68: all that there are."""

EXACT = frozenset(
    {
        "BUILD_DEPENDENCY_OF",
        "CONTAINED_BY",
        "CONTAINS",
        "DEPENDENCY_OF",
        "DEPENDS_ON",
        "DEV_DEPENDENCY_OF",
        "OPTIONAL_DEPENDENCY_OF",
        "PROVIDED_DEPENDENCY_OF",
    }
)
"""Types that say no more than our relation does; of the others the word itself is kept too."""

NEW_IN_23 = {
    "package": frozenset({"primaryPackagePurpose", "releaseDate", "builtDate", "validUntilDate"}),
    "licence": frozenset({"crossRefs"}),
    "checksum": frozenset(
        {"ADLER32", "BLAKE2b-256", "BLAKE2b-384", "BLAKE2b-512", "BLAKE3", "SHA3-256", "SHA3-384", "SHA3-512"}
    ),
    "relationship": frozenset({"AMENDS", "REQUIREMENT_DESCRIPTION_FOR", "SPECIFICATION_FOR"}),
    "reference": frozenset({"advisory", "fix", "url", "swid", "gitoid"}),
}
"""What SPDX 2.2 does not have: properties of a package and of a licence, algorithms, types."""


def is_in(version: str, kind: str, word: str) -> bool:
    """Say whether a word of one of the kinds of `NEW_IN_23` is in this version, "2.2" or "2.3"."""
    return version != "2.2" or word not in NEW_IN_23[kind]
