"""SBOMs in forms that are not read: recognised, so that a scan of one does not call it a file without packages.

Forms: CycloneDX 1.x XML (https://cyclonedx.org/docs/); SPDX 2.3 tag-value, RDF and YAML (chapter 4, "Conformance");
SPDX 3 JSON-LD.
"""

from __future__ import annotations

import re

__all__ = ["HEAD_BYTES", "unread_form"]

HEAD_BYTES = 1 << 16
"""All that is looked at: each form says what it is before it lists anything."""

_XML_ROOT = re.compile(rb"(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<(?:[\w.-]+:)?([\w.-]+)([^>]*)>", re.DOTALL)
_COMMENTS = re.compile(rb"(?:[ \t\r]*(?:#[^\n]*|---[ \t\r]*)?\n)*[ \t]*")
_KEY = re.compile(rb"[A-Za-z]+:[ \t]")
_YAML_KEY = re.compile(rb"^(?:(spdxVersion):[ \t]*[\"']?SPDX-|(bomFormat):[ \t]*[\"']?CycloneDX)", re.MULTILINE)
_SPDX3 = re.compile(rb"\"@context\"\s*:\s*[\[\s]*\"https?://spdx\.org/rdf/3")


def unread_form(data: bytes) -> str:
    """Give the name of the SBOM form that the bytes begin in, "" where they are no SBOM or in a form that is read."""
    head = data[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")
    start = head.lstrip()
    if start.startswith(b"<"):
        return _xml_form(start)
    if start.startswith(b"{"):
        return "SPDX 3 JSON" if _SPDX3.search(start) else ""
    comments = _COMMENTS.match(head)
    text = head[comments.end() :] if comments else head
    if re.match(rb"SPDXVersion:[ \t]*SPDX-", text):
        return "SPDX tag-value"
    found = _YAML_KEY.search(text) if _KEY.match(text) else None
    if found is None:
        return ""
    return "SPDX YAML" if found[1] else "CycloneDX YAML"


def _xml_form(start: bytes) -> str:
    root = _XML_ROOT.match(start)
    if root is None:
        return ""
    if root[1] == b"bom" and b"cyclonedx.org/schema/bom" in root[2]:
        return "CycloneDX XML"
    return "SPDX RDF" if root[1] == b"RDF" and b"spdx.org/rdf" in root[2] else ""
