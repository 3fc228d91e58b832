"""Licence expressions as trees, for RDF, where each operator is a node: SPDX 2.3 Annex D and the ontology's classes.

    tree = parse("Apache-2.0 OR (MIT AND GPL-2.0-only WITH Classpath-exception-2.0)")
    write(tree)     # the same text, with brackets only where they are needed

A tree is a licence (text), or a node: AND and OR of some trees, WITH of a licence and an exception. `x+` stays one
licence: the list has ids with a plus, and nothing is gained by taking it apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

__all__ = ["MAX_PARTS", "Node", "Tree", "canonical", "parse", "write"]


@dataclass(frozen=True, slots=True)
class Node:
    """An operator, "AND", "OR" or "WITH", and what it joins."""

    operator: str
    parts: tuple[Tree, ...]


Tree: TypeAlias = str | Node

_TOKEN = re.compile(r"[()]|[^\s()]+")
_MAX_DEPTH = 50  # brackets in brackets; a licence that people wrote has two

MAX_PARTS = 2_000
"""Resources that one expression may be made of, where sets share members: 50 sets of two stand for 2 ** 50 licences.

The longest that was seen, of a whole distribution's source package, has some 300."""


def parse(text: str) -> Tree | None:
    """Give the tree of an expression; None where it is none, or nests too deeply."""
    words = _TOKEN.findall(text)
    tree, rest = _or(words, 0, 0)
    return tree if tree is not None and rest == len(words) else None


def _or(words: list[str], at: int, depth: int) -> tuple[Tree | None, int]:
    return _joined(words, at, depth, "OR")


def _joined(words: list[str], at: int, depth: int, operator: str) -> tuple[Tree | None, int]:
    parts: list[Tree] = []
    while True:
        part, at = _joined(words, at, depth, "AND") if operator == "OR" else _with(words, at, depth)
        if part is None:
            return None, at
        if isinstance(part, Node) and part.operator == operator:
            parts += part.parts  # a OR (b OR c) is one set of three to RDF
        else:
            parts.append(part)
        if at >= len(words) or words[at] != operator:
            return (parts[0] if len(parts) == 1 else Node(operator, tuple(parts))), at
        at += 1


def _with(words: list[str], at: int, depth: int) -> tuple[Tree | None, int]:
    if at >= len(words) or depth > _MAX_DEPTH:
        return None, at
    if words[at] == "(":
        tree, at = _or(words, at + 1, depth + 1)
        return (tree, at + 1) if tree is not None and at < len(words) and words[at] == ")" else (None, at)
    if words[at] in ("AND", "OR", "WITH", ")"):
        return None, at
    if at + 2 < len(words) and words[at + 1] == "WITH":
        return Node("WITH", (words[at], words[at + 2])), at + 3
    return words[at], at + 1


def write(tree: Tree) -> str:
    """Give the expression of a tree; members of a set stand in the order of their texts, for a set has none."""
    if isinstance(tree, str):
        return tree
    if tree.operator == "WITH":
        return " WITH ".join(write(part) for part in tree.parts)
    inner = {
        f"({write(part)})"
        if isinstance(part, Node) and (part.operator, tree.operator) == ("OR", "AND")
        else write(part)
        for part in tree.parts
    }
    return f" {tree.operator} ".join(sorted(inner))


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """Give an expression as it comes back from a tree; one that is none comes back as it is."""
    tree = parse(text)
    return text if tree is None else write(tree)
