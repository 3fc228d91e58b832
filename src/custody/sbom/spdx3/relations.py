"""Relationships of SPDX 3 as edges between packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from custody.sbom.spdx.terms import OWNERSHIP, OWNS
from custody.sbom.spdx3.terms import EXACT, RELATIONS

__all__ = ["edges_of", "is_plain", "targets"]

_LOOSE = {
    "hasDynamicLink": "depends_on",
    "hasOptionalComponent": "optional",
    "hasPrerequisite": "depends_on",
    "hasStaticLink": "depends_on",
}
"""Types that say more than our relation does, so that the word itself is kept too."""
_SCOPES = {"development": "dev", "test": "dev", "build": "build"}


def targets(element: Mapping[str, Any]) -> list[str]:
    """Give what a relationship leads to: identifiers; an element inside it has its own."""
    stated = element.get("to")
    found = []
    for item in stated if isinstance(stated, list) else [stated]:
        name = item.get("spdxId") if isinstance(item, dict) else item
        if isinstance(name, str):
            found.append(name)
    return found


def source(element: Mapping[str, Any]) -> str:
    """Give what a relationship leads from."""
    stated = element.get("from")
    name = stated.get("spdxId") if isinstance(stated, dict) else stated
    return name if isinstance(name, str) else ""


def _scope(element: Mapping[str, Any]) -> str:
    scope = element.get("scope")
    return scope if isinstance(scope, str) else ""


def relation_of(element: Mapping[str, Any], *, ours: bool) -> str:
    """Give our relation for a relationship, "" where it is none between packages. ours: whether we wrote it."""
    kind, comment = element.get("relationshipType"), element.get("comment")
    comment = comment if isinstance(comment, str) else ""
    if kind == "contains":
        return "owns" if comment == OWNS else "contains"
    if kind == "dependsOn":
        return _SCOPES.get(_scope(element), "depends_on")
    if kind == "other":
        if comment.startswith(OWNERSHIP):
            return "owns"
        return comment if ours and comment not in RELATIONS else ""
    if not isinstance(kind, str):
        return ""
    return EXACT.get((kind, ""), "") or _LOOSE.get(kind, "")


def edges_of(element: Mapping[str, Any], *, ours: bool) -> Iterator[tuple[str, str, str]]:
    """Give (source, target, relation) for each edge that a relationship means."""
    relation = relation_of(element, ours=ours)
    if relation:
        yield from ((source(element), target, relation) for target in targets(element))


def is_plain(element: Mapping[str, Any], *, ours: bool) -> bool:
    """Say whether edges say all that a relationship says."""
    kind, comment = element.get("relationshipType"), element.get("comment")
    if ours and kind == "other":
        return True
    known = {"type", "spdxId", "creationInfo", "from", "to", "relationshipType", "scope", "comment"}
    more = element.keys() - known - ({"completeness"} if element.get("completeness") == "noAssertion" else set())
    return not more and comment in (None, "", OWNS) and isinstance(kind, str) and (kind, _scope(element)) in EXACT
