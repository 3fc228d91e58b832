"""Files in opam's syntax, as far as packages need it.

    fields = read_opam(data, where)
    texts(fields["license"])            # ["MIT"]
    needs(fields["depends"])            # [Need("dune", "build"), …]

A field's value is kept as its tokens: texts and words, with the filter behind each text. Sections (`url { … }`) give
their fields under `url.src`.
Spec: the opam manual, sections Common file format and Package Formulas.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from custody.errors import InputError

__all__ = ["Item", "Need", "needs", "read_opam", "texts"]

MAX_DEPTH = 60
"""Lists and groups inside each other."""

_TOKEN = re.compile(
    r"""(?P<skip>\s+|\#[^\n]*|\(\*.*?\*\))
    |\"\"\"(?P<long>.*?)\"\"\"|\"(?P<text>(?:[^"\\]|\\.)*)\"
    |(?P<word>[A-Za-z0-9_+-][A-Za-z0-9_+-]*(?::[A-Za-z0-9_+-]+)*)
    |(?P<mark>[\[\]{}():]|[<>=!~]+|[&|?%])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(\s*\n\s*|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b"}


class Item(NamedTuple):
    """A text or word of a value, with what its filter says, in words joined by blanks."""

    value: str
    is_text: bool
    filter: str


class Need(NamedTuple):
    """A package that is needed. wanted: its filter as written; relation as `Dependency` has it."""

    name: str
    relation: str
    wanted: str


def read_opam(data: bytes, where: str) -> dict[str, list[Item]]:
    """Read a file's fields; of one that stands twice the first counts. InputError names a line that cannot be read."""
    reader = _Reader(data, where)
    found: dict[str, list[Item]] = {}
    reader.fields(found, "", 0)
    return found


def texts(value: list[Item]) -> list[str]:
    """Give the texts of a value."""
    return [item.value for item in value if item.is_text]


def needs(value: list[Item], relation: str = "depends_on") -> list[Need]:
    """Give the packages of a formula. What is only for tests, documentation or development is "dev"."""
    found = []
    for item in value:
        if item.is_text:
            words = set(re.findall(r"[\w-]+", re.sub(r'"[^"]*"', "", item.filter)))
            kind = "dev" if words & {"with-test", "with-doc", "with-dev-setup", "dev"} else relation
            found.append(Need(item.value, "build" if kind == relation and "build" in words else kind, item.filter))
    return found


class _Reader:
    def __init__(self, data: bytes, where: str) -> None:
        self.text = data.decode("utf-8", "replace").removeprefix("\ufeff")
        self.where, self.position = where, 0

    def fault(self, expected: str) -> InputError:
        line = self.text.count("\n", 0, self.position) + 1
        found = self.text[self.position : self.position + 30].split("\n")[0]
        return InputError(f"{self.where}:line {line}", f"expected {expected}, got {found!r}")

    def peek(self) -> re.Match[str] | None:
        """Give the next token without taking it, None at the end."""
        while self.position < len(self.text):
            match = _TOKEN.match(self.text, self.position)
            if match is None:
                raise self.fault("opam's syntax")
            if match["skip"] is None:
                return match
            self.position = match.end()
        return None

    def next(self) -> re.Match[str]:
        match = self.peek()
        if match is None:
            raise self.fault("more")
        self.position = match.end()
        return match

    def fields(self, found: dict[str, list[Item]], prefix: str, depth: int) -> None:
        while (token := self.peek()) and token["mark"] != "}":
            key = token["word"]
            self.position = token.end()
            if key is None or depth > MAX_DEPTH:
                raise self.fault("the name of a field")
            if key.endswith(":") or self.is_next(":"):
                found.setdefault(prefix + key.rstrip(":"), self.value(0))
                continue
            opening = self.next()
            while opening["text"] is not None:  # a section may have a name
                opening = self.next()
            if opening["mark"] != "{":
                raise self.fault("':' or a section")
            self.fields(found, f"{prefix}{key}.", depth + 1)
            if self.next()["mark"] != "}":
                raise self.fault("'}'")

    def is_next(self, mark: str) -> bool:
        token = self.peek()
        if token is None or token["mark"] != mark:
            return False
        self.position = token.end()
        return True

    def value(self, depth: int) -> list[Item]:
        """Read a text, a word, a list, or a group, and what operators join to it."""
        items = self.operand(depth)
        while (token := self.peek()) and token["mark"] and token["mark"] not in "[]{}():":
            self.position = token.end()
            items += self.operand(depth)
        return items

    def operand(self, depth: int) -> list[Item]:
        token = self.next()
        if depth > MAX_DEPTH:
            raise self.fault(f"at most {MAX_DEPTH} lists inside each other")
        if token["mark"] in ("[", "("):
            closing = "]" if token["mark"] == "[" else ")"
            items: list[Item] = []
            while not self.is_next(closing):
                items += self.value(depth + 1)
            return self.filtered(items)
        if token["mark"] in ("!", "?") or (token["mark"] and set(token["mark"]) <= set("<>=!~")):
            return self.operand(depth + 1)
        if token["mark"]:
            raise self.fault("a value")
        text = token["long"] if token["long"] is not None else token["text"]
        if text is None:
            return self.filtered([Item(token["word"], is_text=False, filter="")])
        return self.filtered([Item(text if token["long"] is not None else _unescape(text), is_text=True, filter="")])

    def filtered(self, items: list[Item]) -> list[Item]:
        """Put the filter that stands behind a value on its items: `"dune" {>= "3.0" & build}`."""
        if not self.is_next("{"):
            return items
        words: list[str] = []
        depth = 1
        while depth:
            token = self.next()
            depth += {"{": 1, "}": -1}.get(token["mark"] or "", 0)
            if depth:
                words.append(token[0])
        said = " ".join(words)
        return [item._replace(filter=f"{item.filter} {said}".strip()) for item in items]


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: "" if match[1][0].isspace() else _ESCAPES.get(match[1], match[1]), text)
