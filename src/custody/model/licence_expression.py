"""SPDX licence expressions.

    parse_expression("gpl-2.0+ or (MIT)")       # "GPL-2.0-or-later OR MIT"

Spec: SPDX 2.3, Annex D (https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/). Ids are matched without
regard to case and written as the list writes them; ids that SPDX renamed get their new name; the order of the operands
is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from custody.errors import InputError
from custody.model.licence_list import licence_list

__all__ = ["combine", "is_expression", "parse_expression", "references_in", "terms_in"]

MAX_DEPTH = 100
"""Parentheses inside each other; nobody's licence needs more, and a bomb must not exhaust the stack."""
MAX_LENGTH = 100_000
"""Characters of one expression: the longest real ones, of whole distributions, stay under a tenth of it."""

_TOKEN = re.compile(r"[()]|[A-Za-z0-9.:+-]+")
_REFERENCE = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_OPERATORS = {"AND", "OR", "WITH", "and", "or", "with"}
_RENAMED = {"standardml-nj": "SMLNJ"}
_Node: TypeAlias = "str | tuple[str, tuple[_Node, ...]]"
"""A term ("MIT", "GPL-2.0-only WITH …"), or an operator with its operands: flat, without repetition."""


def parse_expression(text: str, where: str = "licence") -> str:
    """Give the normal form of an expression; it parses to itself.

    Raises InputError: `where`, and the expression with a "▸" before the place that is wrong.
    """
    return _render(_Parser(text, where).whole())


def is_expression(text: str) -> bool:
    """Say whether `text` is an expression, without the cost of saying what is wrong with it."""
    try:
        _Parser(text, "", hints=False).whole()
    except InputError:
        return False
    return True


def combine(expressions: Iterable[str], operator: str = "AND") -> str:
    """Join normal forms, at least one, by "AND" or "OR"; one that stands there already is not said again."""
    return _render(_join(operator, [_Parser(text, "licence").whole() for text in expressions]))


def terms_in(expression: str) -> tuple[str, ...]:
    """Give the terms of an expression ("MIT", "GPL-2.0-only WITH GCC-exception-2.0"), sorted, each once."""
    found: set[str] = set()
    stack = [_Parser(expression, "licence").whole()]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            found.add(node)
        else:
            stack += node[1]
    return tuple(sorted(found))


def references_in(expression: str) -> tuple[str, ...]:
    """Give the `LicenseRef-…` names of this document that an expression uses, sorted."""
    return tuple(term for term in terms_in(expression) if term.startswith("LicenseRef-"))


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int


class _Parser:
    """Recursive descent; WITH binds tighter than AND, AND tighter than OR (Annex D.4.5)."""

    def __init__(self, text: str, where: str, *, hints: bool = True) -> None:
        self.text = text
        self.hints = hints  # ids that look alike are searched for only where a person will read them
        self.where = where
        self.at = 0
        if len(text) > MAX_LENGTH:
            raise InputError(where, f"licence expression of {len(text)} characters, expected at most {MAX_LENGTH}")
        self.tokens = [_Token(match[0], match.start()) for match in _TOKEN.finditer(text)]
        rest = _TOKEN.sub(lambda match: " " * len(match[0]), text)
        stray = re.search(r"\S", rest)
        if stray:
            raise self.fault(f"unexpected {stray[0]!r}", stray.start())

    def fault(self, what: str, start: int, fix: str = "") -> InputError:
        """Make the error that points at a character; long texts are cut around it."""
        before, after = self.text[max(0, start - 40) : start], self.text[start : start + 40]
        return InputError(self.where, f"bad licence expression '{before}▸{after}': {what}", fix)

    def whole(self) -> _Node:
        """Read the expression to its end."""
        node = self.any_of(0)
        if self.at < len(self.tokens):
            token = self.tokens[self.at]
            raise self.fault(f"expected AND, OR or the end, got {token.text!r}", token.start)
        return node

    def any_of(self, depth: int) -> _Node:
        """Read operands joined by OR."""
        nodes = [self.all_of(depth)]
        while self.took("OR"):
            nodes.append(self.all_of(depth))
        return _join("OR", nodes)

    def all_of(self, depth: int) -> _Node:
        """Read operands joined by AND."""
        nodes = [self.operand(depth)]
        while self.took("AND"):
            nodes.append(self.operand(depth))
        return _join("AND", nodes)

    def operand(self, depth: int) -> _Node:
        """Read one term, or an expression in parentheses."""
        if self.at >= len(self.tokens):
            raise self.fault("expected a licence id", len(self.text))
        token = self.tokens[self.at]
        self.at += 1
        if token.text == "(":
            if depth >= MAX_DEPTH:
                raise self.fault(f"more than {MAX_DEPTH} parentheses inside each other", token.start)
            node = self.any_of(depth + 1)
            if not self.took(")"):
                place = self.tokens[self.at].start if self.at < len(self.tokens) else len(self.text)
                raise self.fault("expected AND, OR or ')'", place)
            return node
        if token.text == ")" or token.text in _OPERATORS:
            raise self.fault(f"expected a licence id, got {token.text!r}", token.start)
        return self.term(token)

    def term(self, token: _Token) -> str:
        """Give a licence id with its exception, if one follows."""
        name = self.licence(token)
        if not self.took("WITH"):
            return name
        if self.at >= len(self.tokens):
            raise self.fault("expected an exception id", len(self.text))
        token = self.tokens[self.at]
        self.at += 1
        entry = licence_list().exceptions.get(token.text.lower())
        if entry is None:
            raise self.fault(
                f"unknown exception id {token.text!r}", token.start, self.near(token.text, exceptions=True)
            )
        return f"{name} WITH {entry.id}"

    def licence(self, token: _Token) -> str:
        """Give a simple expression: an id, an id with "+", or a reference."""
        if _REFERENCE.fullmatch(token.text):
            return token.text
        found = licence_id(token.text)
        if found is None:
            raise self.fault(f"unknown licence id {token.text!r}", token.start, self.near(token.text))
        return found

    def near(self, text: str, *, exceptions: bool = False) -> str:
        """Give the remedy for an id that is not in the list."""
        from difflib import get_close_matches

        known = licence_list().exceptions if exceptions else licence_list().licences
        near = get_close_matches(text[:60].lower(), known, n=1) if self.hints else ()
        return f"did you mean {known[near[0]].id!r}?" if near else "ids are listed at https://spdx.org/licenses/"

    def took(self, text: str) -> bool:
        """Step over a token if it is the next one; operators also in lower case, as SPDX 3 allows."""
        if self.at < len(self.tokens) and self.tokens[self.at].text in (text, text.lower()):
            self.at += 1
            return True
        return False


def licence_id(text: str) -> str | None:
    """Give an id as the list writes it today, with "+" where it has no id of its own for that; None if it is unknown.

    "GPL-2.0" is "GPL-2.0-only" and "GPL-2.0+" is "GPL-2.0-or-later": SPDX renamed both without a change of meaning.
    """
    licences = licence_list().licences
    name, later = (text[:-1], True) if text.endswith("+") else (text, False)
    key = name.lower()
    stem = key.removesuffix("-or-later").removesuffix("-only")
    for suffix in ("-or-later",) if later or key.endswith("-or-later") else ("-only",):
        if stem + suffix in licences:
            return licences[stem + suffix].id
    if key in _RENAMED:
        key = _RENAMED[key].lower()
    if key not in licences:
        return None
    return licences[key].id + ("+" if later else "")


def _join(operator: str, nodes: Iterable[_Node]) -> _Node:
    flat: dict[_Node, None] = {}
    for node in nodes:
        if isinstance(node, tuple) and node[0] == operator:
            flat.update(dict.fromkeys(node[1]))
        else:
            flat[node] = None
    return next(iter(flat)) if len(flat) == 1 else (operator, tuple(flat))


def _render(node: _Node) -> str:
    if isinstance(node, str):
        return node
    operator, parts = node
    texts = [f"({_render(p)})" if operator == "AND" and isinstance(p, tuple) else _render(p) for p in parts]
    return f" {operator} ".join(texts)
