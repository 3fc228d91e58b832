"""Paths by what their base names are or end in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from custody.model.globs import glob_key

__all__ = ["PathIndex"]

_Node = TypeVar("_Node")


class PathIndex(Generic[_Node]):
    """Nodes by base name and by extension, so that a hundred catalogers do not each look at every path."""

    def __init__(self, nodes: list[tuple[str, _Node]]) -> None:
        """Take (path, node), sorted by path."""
        self.everything = nodes
        self._by_key: dict[str, list[tuple[str, _Node]]] = {}
        for item in nodes:
            name = item[0].rpartition("/")[2]
            self._by_key.setdefault(name, []).append(item)
            dot = name.rfind(".")
            if dot >= 0:
                self._by_key.setdefault(f"*{name[dot:]}", []).append(item)

    def of(self, globs: Sequence[str]) -> list[tuple[str, _Node]]:
        """Give all nodes that may match, sorted by path, each once."""
        keys = {glob_key(glob) for glob in globs}
        if "" in keys:
            return self.everything
        found = {item[0]: item for key in keys for item in self._by_key.get(key, ())}
        return [found[path] for path in sorted(found)]
