"""What another tool's CycloneDX document says that `custody.model` cannot hold: kept, so that it can be written again.

Whatever of a component and of the document is not read into the model is kept as it stands, under its JSON key; a
`bom-ref` that means a package becomes the package's purl, which the next document calls it by. `place.py` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from custody.model import Checksum
from custody.sbom.carry import DocumentCarry, PackageCarry
from custody.sbom.cyclonedx.component import party
from custody.sbom.cyclonedx.terms import TYPES
from custody.sbom.kept import extra_of
from custody.sbom.reading import objects, text

if TYPE_CHECKING:
    from custody.model import Package

__all__ = ["EMPTY", "FAMILY", "LICENCES", "MAKERS", "MODEL", "OURS", "keep_component", "keep_document"]

FAMILY = "cyclonedx"
"""What `Package.extra` and `Inventory.extra` call JSON and XML alike: they share one table."""

Table = dict[str, Any]

_READ = frozenset({"bom-ref", "components", "copyright", "cpe", "description", "name", "purl", "version"})
"""Keys of a component that the model holds whole, or that are kept otherwise."""
LICENCES = ("licence_declared", "licence_concluded", "licence_texts")
"""Fields that a licence list is read into."""
MAKERS = ("manufacturer", "authors", "author", "publisher")
"""Keys that say who made a component, the strongest first."""
MODEL = {"supplier": ("supplier",), **dict.fromkeys(MAKERS, ("originator",)), "licenses": LICENCES}
"""Key of a component → the fields of `Package` that are read from it."""
EMPTY: tuple[object, ...] = (None, "", [], {})
"""What says nothing."""
_REFS = frozenset(
    {"assemblies", "assessor", "claims", "counterClaims", "counterEvidence", "dependencies", "dependsOn", "evidence"}
    | {"parent", "patentRefs", "process", "provides", "ref", "requirement", "requirements", "subjects", "target"}
    | {"attributedTo", "signatureAlgorithmRef", "subjectPublicKeyRef", "algorithmRef", "cryptoRefArray", "algorithms"}
    | {"tools", "mitigationStrategies", "vulnerabilities"}
)
"""Keys whose text, or list of texts, is a `bom-ref`."""


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def keep_component(
    item: Table, package: Package, carry: PackageCarry | None, *, ours: bool, root: bool
) -> tuple[tuple[str, bytes], ...]:
    """Give the `extra` of a component that was read as a package, but for the `extra`.

    Beside licences stands what the model said then: once it says something else, they are out of date.
    """
    read = {"website": package.homepage, "distribution": package.download_location, "vcs": package.download_location}
    noted: Table = carry.kept if carry is not None and carry.kept is not UNSET else {}
    verbatim = noted.get("verbatim")
    again = {key for key in verbatim if isinstance(key, str)} if isinstance(verbatim, list) else set()
    kept: Table = {}
    for key, value in item.items():
        if key in _READ or value in EMPTY or (key == "type" and str(value) in TYPES and not root):
            continue
        if key in _PARTLY:
            left = _PARTLY[key](value, read, ours=ours, again=again)
            if left not in EMPTY:
                kept[key] = left
        elif key == "group":
            kept[key] = [value, item.get("name")]
        elif not ours or (key not in OURS and key not in MODEL) or key in again:
            kept[key] = value
    _join(kept, noted)
    if not ours:
        _forget_plain(kept, package)
    said = [package.licence_declared, package.licence_concluded]
    if isinstance(kept.get("licenses"), list):
        kept["licenses"] = {"said": said, "as": kept["licenses"]}
    if isinstance(kept.get("evidence"), dict) and "licenses" in kept["evidence"]:
        kept["evidence"] = {"said": said, **kept["evidence"]}
    return extra_of(FAMILY, kept) if kept else ()


OURS = frozenset({"scope", "evidence", "type"})
"""Keys of which we have words of our own, whatever the model says."""


def _forget_plain(kept: Table, package: Package) -> None:
    """Leave out what our own words say as well."""
    if _one_expression(kept.get("licenses")) == package.licence_declared is not None:
        del kept["licenses"]
    if "supplier" in kept and party(package.supplier)[1] == kept["supplier"]:
        del kept["supplier"]
    kind, table = party(package.originator)
    for key, mine in (("manufacturer", table), ("authors", [table])):
        if set(MAKERS) & kept.keys() == {key} and kept[key] == mine and (kind == "Organization") == (key != "authors"):
            del kept[key]


def _one_expression(choices: object) -> str | None:
    """Give the expression of a licence list that says nothing more, None for any other one."""
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        return None
    plain = set(choices[0]) <= {"expression", "acknowledgement"} and choices[0].get("acknowledgement") != "concluded"
    return choices[0].get("expression") if plain else None


def _hashes_left(value: object, read: Mapping[str, str], *, ours: bool, again: set[str]) -> object:  # noqa: ARG001
    if not isinstance(value, list):
        return value
    return [
        item
        for item in value
        if not isinstance(item, dict) or Checksum.parse(text(item, "alg"), text(item, "content")) is None
    ]


def _references_left(value: object, read: Mapping[str, str], *, ours: bool, again: set[str]) -> object:  # noqa: ARG001
    if not isinstance(value, list):
        return value
    return [
        item
        for item in value
        if not (isinstance(item, dict) and set(item) == {"type", "url"} and read.get(text(item, "type")) == item["url"])
    ]


def _properties_left(value: object, read: Mapping[str, str], *, ours: bool, again: set[str]) -> object:  # noqa: ARG001
    # Ours are made anew; in the document of a tool that copied them they would contradict what it says.
    return [item for item in value if not _is_ours(item)] if isinstance(value, list) else value


def _is_ours(item: object) -> bool:
    return isinstance(item, dict) and text(item, "name").startswith("custody:")


def _evidence_left(value: object, read: Mapping[str, str], *, ours: bool, again: set[str]) -> object:  # noqa: ARG001
    if not isinstance(value, dict):
        return value
    left = dict(value)
    occurrences = objects(value, "occurrences")
    if (ours and "occurrences" not in again) or all(set(item) == {"location"} for item in occurrences):
        left.pop("occurrences", None)
    if (ours and "evidence.licenses" not in again) or _one_expression(
        [{**choice, "acknowledgement": ""} for choice in objects(value, "licenses")]
    ):
        left.pop("licenses", None)
    return left


_PARTLY = {
    "evidence": _evidence_left,
    "externalReferences": _references_left,
    "hashes": _hashes_left,
    "properties": _properties_left,
}
"""Keys of which the model holds a part."""


def keep_document(
    table: Table, carry: DocumentCarry | None, ids: Mapping[str, str], more: Table
) -> tuple[tuple[str, bytes], ...]:
    """Give the `extra` of a document. ids: `bom-ref` → purl; more: components and edges that are none of the model."""
    ours = carry is not None
    noted: Table = dict(carry.kept) if carry is not None else {}
    again = noted.pop("verbatim", [])
    again = again if isinstance(again, list) else []
    kept: Table = {}
    for key, value in table.items():
        if key in ("$schema", "bomFormat", "specVersion", "components", "dependencies", "metadata") or value in EMPTY:
            continue
        if ours and (
            key in ("serialNumber", "version") or (key in ("compositions", "vulnerabilities") and key not in again)
        ):
            continue
        kept[key] = value
    metadata = table.get("metadata")
    left = _metadata_left(metadata, ours=ours, again=again) if isinstance(metadata, dict) else {}
    if left:
        kept["metadata"] = left
    kept |= {key: value for key, value in more.items() if value not in EMPTY}
    kept = renamed_refs(kept, ids)
    inner = noted.pop("metadata", None)
    if isinstance(inner, dict):
        _join(kept.setdefault("metadata", {}), inner)
    _join(kept, noted)
    return extra_of(FAMILY, kept)


def _join(kept: Table, noted: Table) -> None:
    """Add what our note holds: items of lists, and under "whole" what stands there instead of what is in its place."""
    for key, value in noted.items():
        if key == "whole" and isinstance(value, dict):
            kept |= value
        elif key != "verbatim":
            kept[key] = kept[key] + value if isinstance(value, list) and isinstance(kept.get(key), list) else value


def _metadata_left(metadata: Table, *, ours: bool, again: list[object]) -> Table:
    left = {key: value for key, value in metadata.items() if key != "component" and value not in EMPTY}
    if isinstance(left.get("properties"), list):
        left["properties"] = [item for item in left["properties"] if not _is_ours(item)]
    if ours:
        for key in ("timestamp", "lifecycles", "authors", "manufacturer", "manufacture"):
            if f"metadata.{key}" not in again:
                left.pop(key, None)
        tools = metadata.get("tools")
        if isinstance(tools, dict):
            components = objects(tools, "components")[1:]  # the first one is ours
            left["tools"] = {**tools, "components": components} if components or len(tools) > 1 else {}
        elif isinstance(tools, list):
            left["tools"] = tools[1:]
    return {key: value for key, value in left.items() if value not in EMPTY}


def renamed_refs(value: Any, ids: Mapping[str, str], key: str = "") -> Any:  # noqa: ANN401 - any JSON value
    """Give a JSON value in which each `bom-ref` of a package is its purl."""
    if isinstance(value, str):
        return ids.get(value, value) if key in _REFS else value
    if isinstance(value, dict):
        return {name: renamed_refs(item, ids, name) for name, item in value.items()}
    if not isinstance(value, list):
        return value
    made = [renamed_refs(item, ids, key) for item in value]
    if key == "affects" or (key in _REFS and all(isinstance(item, str) for item in made)):
        # Several components may be one package, and the schema wants each once.
        return list({json.dumps(item, sort_keys=True): item for item in made}.values())
    return made
