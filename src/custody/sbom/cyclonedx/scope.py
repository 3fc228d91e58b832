"""Which components an artifact needs to run: CycloneDX's `scope`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["scopes"]

_ORDER = ("required", "optional", "excluded")
_OF = {"optional": "optional", "dev": "excluded", "build": "excluded"}
"""What an edge makes of its target; every other relation passes on what its source is."""


def scopes(root: str, edges: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, str]:
    """Give the scope of each package that can be reached: the strongest that any way from the root gives it.

    edges: source → relation → targets.
    """
    found: dict[str, str] = {}
    waiting: dict[str, list[str]] = {"required": [root], "optional": [], "excluded": []}
    for index, scope in enumerate(_ORDER):  # all that is required first, so that what is found once is final
        queue = waiting[scope]
        for current in queue:
            if current in found:
                continue
            found[current] = scope
            for relation, targets in edges.get(current, {}).items():
                weaker = _OF.get(relation, scope)
                waiting[scope if _ORDER.index(weaker) <= index else weaker] += targets
    return found
