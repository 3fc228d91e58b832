"""What an SPDX 3 document says that `custody.model` cannot hold: files, builds, vulnerabilities and more.

Elements are kept as they are, with a package's purl where they name the package; so are properties of packages that
are not read otherwise. Agents, tools and licences are kept where something kept names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import UNSET

from custody.sbom.carry import PackageCarry
from custody.sbom.kept import extra_of
from custody.sbom.spdx3.terms import FAMILY
from custody.sbom.spdx3.vocabulary import is_a

__all__ = ["GENERATED", "keep_package", "kept_elements", "name_of", "renamed_in"]

Table = dict[str, Any]

GENERATED = ("comment", "software_sourceInfo")
"""Texts of a package that we make; what another tool wrote there stands after ours, and alone in the note."""

_PACKAGE = frozenset(
    {
        "@id",
        "creationInfo",
        "description",
        "externalIdentifier",
        "externalRef",
        "name",
        "originatedBy",
        "releaseTime",
        "software_copyrightText",
        "software_downloadLocation",
        "software_homePage",
        "software_packageUrl",
        "software_packageVersion",
        "software_primaryPurpose",
        "spdxId",
        "suppliedBy",
        "type",
        "verifiedUsing",
    }
)
"""Properties that are read otherwise."""
_SUPPORT = ("Agent", "Tool", "simplelicensing_AnyLicenseInfo", "simplelicensing_SimpleLicensingText", "CreationInfo")
_MAX_DEPTH = 50


def name_of(element: Mapping[str, Any]) -> str:
    """Give an element's identifier, "" where it has none."""
    for key in ("spdxId", "@id"):
        name = element.get(key)
        if isinstance(name, str):
            return name
    return ""


def keep_package(
    element: Table, carry: PackageCarry | None, ids: Mapping[str, str], *, ours: bool, left: Table
) -> tuple[tuple[str, bytes], ...]:
    """Give the `extra` of a package. ids: identifier → purl; left: of properties read otherwise, what is not read."""
    kept: Table = {key: element[key] for key in element if key not in _PACKAGE and element[key] not in (None, "", [])}
    if ours:
        for key in GENERATED:
            kept.pop(key, None)
    if element.get("type") != "software_Package":
        kept["type"] = element.get("type")
    kept |= {key: value for key, value in left.items() if value}
    kept = renamed_in(kept, ids) if kept else kept
    if carry is not None and carry.kept is not UNSET:
        kept |= carry.kept
    return extra_of(FAMILY, kept) if kept else ()


def kept_elements(
    elements: Iterable[Table], dropped: set[str], wanted: Iterable[str], ids: Mapping[str, str]
) -> list[Table]:
    """Give the elements that are kept. dropped: identifiers of those that are read; wanted: support that is named."""
    support: dict[str, Table] = {}
    kept: list[Table] = []
    for element in elements:
        name = name_of(element)
        if name in dropped:
            continue
        if any(is_a(element.get("type"), kind) for kind in _SUPPORT):
            support[name] = element
        else:
            kept.append(element)
    pending = [*wanted, *(text for element in kept for text in _texts(element))]
    while pending:
        found = support.pop(pending.pop(), None)
        if found is not None:
            kept.append(found)
            pending += _texts(found)
    made: list[Table] = [renamed_in(element, ids) for element in kept]
    return sorted(made, key=name_of)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list):
            pending += item


def renamed_in(value: Any, names: Mapping[str, str], depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    """Give a JSON value with texts replaced that are identifiers: `names` has old → new."""
    if isinstance(value, str):
        return names.get(value, value)
    if depth > _MAX_DEPTH:
        return value
    if isinstance(value, dict):
        return {key: renamed_in(item, names, depth + 1) for key, item in value.items()}
    return [renamed_in(item, names, depth + 1) for item in value] if isinstance(value, list) else value
