"""SBOMs in forms that are not read: recognised, so that a scan of one does not call it a file without packages.

The one left is CycloneDX in YAML, which some tools make of its JSON.
"""

from __future__ import annotations

import re

__all__ = ["HEAD_BYTES", "unread_form"]

HEAD_BYTES = 1 << 16
"""All that is looked at: each form says what it is before it lists anything."""

_COMMENTS = re.compile(rb"(?:[ \t\r]*(?:#[^\n]*|---[ \t\r]*)?\n)*[ \t]*")
_KEY = re.compile(rb"[A-Za-z]+:[ \t]")
_YAML_KEY = re.compile(rb"^bomFormat:[ \t]*[\"']?CycloneDX", re.MULTILINE)


def unread_form(data: bytes) -> str:
    """Give the name of the SBOM form that the bytes begin in, "" where they are no SBOM or in a form that is read."""
    head = data[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")
    comments = _COMMENTS.match(head)
    text = head[comments.end() :] if comments else head
    return "CycloneDX YAML" if _KEY.match(text) and _YAML_KEY.search(text) else ""
