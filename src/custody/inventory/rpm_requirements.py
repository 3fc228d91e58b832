"""What a package of rpm requires: plain names, and boolean dependencies.

    needed("(vim-plugin if vim)", {"vim", "vim-plugin"}.__contains__)      # ["vim-plugin"]

Spec: https://rpm-software-management.github.io/rpm/manual/boolean_dependencies.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["needed"]

MAX_LENGTH = 10_000
MAX_DEPTH = 50
"""Of one boolean dependency; the longest real ones have a hundred names, two or three levels deep."""

_OPERATORS = frozenset(("and", "or", "if", "unless", "else", "with", "without"))
_COMPARISON = re.compile(r"[<>=]+")


@dataclass(frozen=True, slots=True)
class _Node:
    """A name (operator ""), or an operator with its operands; `if` and `unless` have a condition and maybe an else."""

    operator: str
    name: str = ""
    operands: tuple[_Node, ...] = ()


class _OddError(Exception):
    """Not a boolean dependency as the manual has them."""


def needed(requirement: str, is_there: Callable[[str], bool]) -> list[str]:
    """Give the names that a requirement leads to on this system; [] for a boolean one that cannot be read.

    is_there: says whether a name is installed or provided. Of alternatives all that are there count, of a conditional
    one the branch that holds.
    """
    if not requirement.startswith("("):
        return [requirement]
    if len(requirement) > MAX_LENGTH:
        return []
    words = list(_words(requirement))
    try:
        node, rest = _operand(words, 0, 0)
    except _OddError:
        return []
    return sorted(set(_needs(node, is_there))) if rest == len(words) else []


def _words(text: str) -> Iterator[str]:
    """Give "(", ")" and the words between; parentheses inside a word (`libc.so.6()(64bit)`) belong to it."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text[at] in "()":
            yield text[at]
            at += 1
        else:
            start, depth = at, 0
            while at < len(text) and not (text[at].isspace() and depth == 0):
                if text[at] == ")" and depth == 0:
                    break
                depth += (text[at] == "(") - (text[at] == ")")
                at += 1
            yield text[start:at]


def _operand(words: list[str], at: int, depth: int) -> tuple[_Node, int]:
    if at >= len(words) or depth > MAX_DEPTH:
        raise _OddError
    if words[at] == "(":
        return _group(words, at + 1, depth + 1)
    name = words[at]
    if name == ")" or name in _OPERATORS:
        raise _OddError
    at += 1
    if at < len(words) and _COMPARISON.fullmatch(words[at]):  # a version, which is not looked at
        at += 2
    return _Node("", name), at


def _group(words: list[str], at: int, depth: int) -> tuple[_Node, int]:
    first, at = _operand(words, at, depth)
    operands, operator = [first], ""
    while at < len(words) and words[at] in _OPERATORS:
        if words[at] != operator and operator and words[at] != "else":
            raise _OddError
        operator = operator or words[at]
        operand, at = _operand(words, at + 1, depth)
        operands.append(operand)
    if at >= len(words) or words[at] != ")":
        raise _OddError
    return (_Node(operator, "", tuple(operands)) if operator else first), at + 1


def _holds(node: _Node, is_there: Callable[[str], bool]) -> bool:
    first, *others = node.operands or (node,)
    if not node.operator:
        return is_there(node.name)
    if node.operator == "or":
        return any(_holds(operand, is_there) for operand in node.operands)
    if node.operator == "without":
        return _holds(first, is_there)
    if node.operator in ("and", "with"):
        return all(_holds(operand, is_there) for operand in node.operands)
    return all(_holds(branch, is_there) for branch in _branch(node.operator, first, others, is_there))


def _needs(node: _Node, is_there: Callable[[str], bool]) -> Iterator[str]:
    first, *others = node.operands or (node,)
    if not node.operator:
        yield node.name
    elif node.operator in ("and", "or", "with"):
        for operand in node.operands:
            yield from _needs(operand, is_there)
    elif node.operator == "without":
        yield from _needs(first, is_there)
    else:
        for branch in _branch(node.operator, first, others, is_there):
            yield from _needs(branch, is_there)


def _branch(operator: str, first: _Node, others: list[_Node], is_there: Callable[[str], bool]) -> list[_Node]:
    """Give what `first if condition else other` asks for here: one of both, or nothing."""
    condition, otherwise = others[0], others[1:2]
    return [first] if _holds(condition, is_there) is (operator == "if") else otherwise
