"""What a software bill of materials lists, as far as controls count it.

Reads: SPDX 2.2 and 2.3 (predicate type https://spdx.dev/Document), CycloneDX 1.x JSON (https://cyclonedx.org/bom).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from custody.compliance.interface import Material, newest
from custody.fields import Fields
from custody.model import Evidence

__all__ = ["Bill", "newest_bill", "read_bill"]

_UNSTATED = ("", "NOASSERTION")
_PLUMBING = ("DESCRIBES", "DESCRIBED_BY", "OTHER")
"""SPDX relationship types that join a package to the document, not to another package."""
_MAX_DEPTH = 100
"""CycloneDX components may nest; deeper than this is no bill of materials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One document without its root: the artifact itself is no component of itself.

    unversioned: names of packages whose version nobody states, sorted; unlicensed, unhashed: how many packages state no
    licence, carry no checksum; edges: relationships between packages; subject: SHA-256 (hex) it states for its root.
    """

    format: str
    created_at: dt.datetime | None
    tools: tuple[str, ...]
    packages: int
    edges: int
    unversioned: tuple[str, ...]
    unlicensed: int
    unhashed: int
    subject: str


def read_bill(item: Evidence) -> Bill:
    """Read a predicate; InputError: neither SPDX 2 nor CycloneDX."""
    fields = Fields(item.statement.predicate, f"evidence {item.digest.short}")
    if fields.value.get("bomFormat") == "CycloneDX":
        return _cyclonedx(fields)
    if fields.text("spdxVersion") not in ("SPDX-2.2", "SPDX-2.3"):
        raise fields.fault("spdxVersion", f"expected SPDX-2.2 or SPDX-2.3, got {fields.text('spdxVersion')!r}")
    return _spdx(fields)


def newest_bill(material: Material) -> tuple[Bill, Evidence] | str:
    """Give the latest verified SBOM (SPDX before CycloneDX), or what is missing."""
    problem = material.lack("spdxjson", "SBOM")
    for kind in ("spdxjson", "cyclonedx"):
        items = material.of(kind)
        if not items:
            continue
        found = newest(items, read_bill, lambda bill: bill.created_at)
        if not isinstance(found, str):
            return found
        problem = f"the SBOM cannot be read: {found}"
    return problem


def _spdx(fields: Fields) -> Bill:
    creation = fields.table("creationInfo")
    edges, roots = 0, set(fields.texts("documentDescribes"))
    for relation in fields.each("relationships"):
        kind = relation.text_or("relationshipType")
        if kind == "DESCRIBES":
            roots.add(relation.text_or("relatedSpdxElement"))
        edges += kind not in _PLUMBING
    packages = list(fields.each("packages"))
    parts = [p for p in packages if p.text_or("SPDXID") not in roots]
    return Bill(
        format=fields.text("spdxVersion").replace("-", " "),
        created_at=creation.time("created") if "created" in creation else None,
        tools=tuple(sorted(c.removeprefix("Tool: ") for c in creation.texts("creators") if c.startswith("Tool: "))),
        packages=len(parts),
        edges=edges,
        unversioned=tuple(sorted(p.text_or("name") for p in parts if p.text_or("versionInfo") in _UNSTATED)),
        unlicensed=sum(
            p.text_or("licenseConcluded") in _UNSTATED and p.text_or("licenseDeclared") in _UNSTATED for p in parts
        ),
        unhashed=sum(not p.items("checksums") for p in parts),
        subject=next((_spdx_sha256(p) for p in packages if p.text_or("SPDXID") in roots), ""),
    )


def _spdx_sha256(package: Fields) -> str:
    sums = package.each("checksums")
    return next((c.text_or("checksumValue").lower() for c in sums if c.text_or("algorithm") == "SHA256"), "")


def _cyclonedx(fields: Fields) -> Bill:
    metadata = fields.table("metadata")
    parts = list(_components(fields, 0))
    hashes = metadata.table("component").each("hashes")
    return Bill(
        format=f"CycloneDX {fields.text_or('specVersion')}".strip(),
        created_at=metadata.time("timestamp") if "timestamp" in metadata else None,
        tools=_cyclonedx_tools(metadata),
        packages=len(parts),
        edges=sum(len(entry.texts("dependsOn")) for entry in fields.each("dependencies")),
        unversioned=tuple(sorted(p.text_or("name") for p in parts if not p.text_or("version"))),
        unlicensed=sum(not p.items("licenses") for p in parts),
        unhashed=sum(not p.items("hashes") for p in parts),
        subject=next((h.text_or("content").lower() for h in hashes if h.text_or("alg") == "SHA-256"), ""),
    )


def _components(fields: Fields, depth: int) -> Iterator[Fields]:
    if depth > _MAX_DEPTH:
        raise fields.fault("components", f"components are nested more than {_MAX_DEPTH} deep")
    for component in fields.each("components"):
        yield component
        yield from _components(component, depth + 1)


def _cyclonedx_tools(metadata: Fields) -> tuple[str, ...]:
    """Give "name version" of the tools, which are a list up to version 1.4 and a table of components after."""
    tools = metadata.value.get("tools")
    listed = metadata.each("tools") if isinstance(tools, list) else metadata.table("tools").each("components")
    return tuple(sorted(f"{tool.text_or('name')} {tool.text_or('version')}".strip() for tool in listed))
