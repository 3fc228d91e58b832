"""The words of SPDX 2.3 that writing and reading share."""

from __future__ import annotations

__all__ = ["FORWARD", "OWNS", "PURPOSES", "RELATIONSHIPS", "RELATIONSHIP_TYPES", "REVERSED"]

OWNS = "owns: the package manager installed the files of this package"
"""Comment that tells `owns` from `contains`: both are CONTAINS to SPDX."""

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
