"""The plain language: `license contains MIT and not (type is deb or name matches "lib*")`.

    expression  = all { "or" all }
    all         = part { "and" part }
    part        = "not" part | "(" expression ")" | test
    test        = "installed"
                | FIELD ["is"] "unknown" | FIELD ["is"] "known"
                | FIELD ["not"] VERB VALUE | FIELD VERB ["not"] VALUE
                | ("depends-on" | "needed-by") (VALUE | "(" expression ")")

FIELDS and VERBS are below. A value that is one of the language's own words, or has spaces or brackets in it, stands in
quotes. Upper and lower case are the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

from custody.sbom.query.tokens import MAX_DEPTH, Token, cut, fault

__all__ = ["FIELDS", "VERBS", "All", "Any", "Installed", "Known", "Node", "Not", "Reach", "Test", "parse_plain"]

FIELDS = {
    "name": "the package's name, bare or with its namespace",
    "version": "its version",
    "purl": "its package URL",
    "type": "the type in its package URL: npm, deb, pypi …",
    "license": "its licences, declared or concluded",
    "declared": "the declared licence only",
    "concluded": "the concluded licence only",
    "supplier": "who supplies it",
    "originator": "who made it",
    "path": "a file it was found in",
    "layer": "digest of a layer that brought it",
    "cataloger": "what found it",
    "cpe": "a CPE name",
    "checksum": "a checksum, as hex digits or as algorithm:digits",
    "source": "the source package it was built from",
    "purpose": "LIBRARY, APPLICATION, CONTAINER …",
    "homepage": "its home page",
    "download": "where it is downloaded from",
    "copyright": "its copyright notice",
    "description": "what it says of itself",
}
"""Field → what it is."""
VERBS = {
    "is": "the same, upper and lower case aside",
    "contains": "holds it; for a licence: uses this licence id, or has this in its text where it is no id",
    "matches": "a pattern: `*` any characters, `?` one",
    "starts-with": "begins with it",
    "ends-with": "ends in it",
}
"""Verb → when it holds."""
_OTHER_WORDS = {"licence": "license", "licenses": "license", "licences": "license"}
_SAME_VERB = {"=": "is", "==": "is", "like": "matches", "has": "contains", "equals": "is"}
_REACH = ("depends-on", "needed-by")


@dataclass(frozen=True, slots=True)
class Test:
    """A field against a value; verb: a key of `VERBS`."""

    field: str
    verb: str
    value: str


@dataclass(frozen=True, slots=True)
class Known:
    """Whether anybody said it."""

    field: str


@dataclass(frozen=True, slots=True)
class Installed:
    """Whether it is installed, not only listed to be."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What needs the others (`depends-on`), or what they need (`needed-by`).

    name: of the others, a name or a purl, "" where `of` says which they are.
    """

    way: str
    name: str
    of: Node | None = None


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One of the parts holds."""

    parts: tuple[Node, ...]


Node: TypeAlias = "Test | Known | Installed | Reach | Not | All | Any"


def parse_plain(expression: str) -> Node:
    """Read an expression; UsageError names the column, and what was expected there."""
    return _Parser(expression).whole()


class _Parser:
    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens = cut(expression)
        self.at = 0

    def whole(self) -> Node:
        node = self.any_of(0)
        if self.now.kind != "end":
            raise self.wrong("expected `and`, `or` or the end")
        return node

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def wrong(self, what: str, fix: str = "") -> Exception:
        got = "the end" if self.now.kind == "end" else repr(self.now.text)
        return fault(self.expression, self.now.column, f"{what}, got {got}", fix)

    def took(self, *words: str) -> str:
        """Step over a bare word that is one of these; give it in lower case."""
        token = self.now
        if token.kind != "text" and token.text.lower() in words:
            self.at += 1
            return token.text.lower()
        return ""

    def any_of(self, depth: int) -> Node:
        parts = [self.all_of(depth)]
        while self.took("or", "||"):
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def all_of(self, depth: int) -> Node:
        parts = [self.part(depth)]
        while self.took("and", "&&"):
            parts.append(self.part(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def part(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.wrong(f"more than {MAX_DEPTH} brackets and `not`s inside each other")
        if self.took("not"):
            return Not(self.part(depth + 1))
        if self.now.kind == "(":
            return self.bracket(depth)
        return self.test(depth)

    def bracket(self, depth: int) -> Node:
        self.at += 1
        node = self.any_of(depth + 1)
        if self.now.kind != ")":
            raise self.wrong("expected `and`, `or` or `)`")
        self.at += 1
        return node

    def test(self, depth: int) -> Node:
        if way := self.took(*_REACH):
            if self.now.kind == "(":
                return Reach(way, "", self.bracket(depth))
            return Reach(way, self.value("a name or a package URL"))
        if self.took("installed"):
            return Installed()
        field = self.field()
        negative = bool(self.took("not"))
        if found := self.took("unknown", "known"):
            return _unless(Known(field), negative != (found == "unknown"))
        verb = self.verb()
        negative ^= bool(self.took("not"))
        if verb == "is" and (found := self.took("unknown", "known")):
            return _unless(Known(field), negative != (found == "unknown"))
        return _unless(Test(field, verb, self.value("a value")), negative)

    def field(self) -> str:
        token = self.now
        word = token.text.lower() if token.kind == "word" else ""
        word = _OTHER_WORDS.get(word, word)
        if word in FIELDS:
            self.at += 1
            return word
        near = get_close_matches(word, [*FIELDS, *_REACH, "installed", "licence"], n=1) if word else []
        fix = f"did you mean {near[0]!r}?" if near else f"fields are {', '.join(FIELDS)}"
        raise self.wrong("expected a field, `installed`, `depends-on` or `needed-by`", fix)

    def verb(self) -> str:
        token = self.now
        word = token.text.lower() if token.kind == "word" else ""
        word = _SAME_VERB.get(word, word)
        if word in VERBS:
            self.at += 1
            return word
        raise self.wrong(f"expected {', '.join(VERBS)}, `known` or `unknown`")

    def value(self, what: str) -> str:
        token = self.now
        if token.kind == "text":
            self.at += 1
            return token.text
        if token.kind != "word" or token.text.lower() in ("and", "or", "not"):
            raise self.wrong(f"expected {what}", "a value with spaces, brackets or a word of the language needs quotes")
        self.at += 1
        return token.text


def _unless(node: Node, negative: bool) -> Node:  # noqa: FBT001 - it reads as a sentence
    return Not(node) if negative else node
