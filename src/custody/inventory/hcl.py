"""The part of HCL that names things: blocks with labels, and attributes whose values are plain.

    for block in read_hcl(data, ".terraform.lock.hcl"):
        block.type, block.labels, block.attributes["version"]

Texts, numbers, booleans, lists and objects of them are read; any other expression (a reference, a template with `${`,
a call) is `UNKNOWN`: its value is only known where it runs.

Spec: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from custody.errors import InputError

__all__ = ["UNKNOWN", "Block", "read_hcl"]

MAX_DEPTH = 60
"""Blocks, lists and objects inside each other; a real configuration has less than ten."""


class _Unknown:
    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
    |(?P<line>\n)
    |(?P<here><<-?[A-Za-z_][\w-]*[ \t]*\r?\n)
    |(?P<text>")
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<name>[^\W\d][\w-]*)
    |(?P<mark>[^\s\w])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_CLOSING = {"{": "}", "[": "]", "(": ")"}


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


@dataclass(slots=True, kw_only=True)
class Block:
    """One block. line: where it begins, counted from 1.

    attributes: by name; a text, number (as a text), bool, list, dict, None or `UNKNOWN`.
    """

    type: str
    labels: tuple[str, ...] = ()
    line: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def text(self, name: str) -> str:
        """Give an attribute that is a plain text, "" otherwise."""
        value = self.attributes.get(name)
        return value if isinstance(value, str) else ""

    def each(self, type: str) -> Iterator[Block]:
        """Give the blocks of one type directly inside this one."""
        return (block for block in self.blocks if block.type == type)


def read_hcl(data: bytes, where: str) -> Block:
    """Give the file as one block without a type. Raises InputError: not UTF-8, or not HCL."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(where, f"not UTF-8: byte {error.start}") from None
    parser = _Parser(list(_tokens(text, where)), where)
    root = Block(type="")
    parser.body(root, "", 0)
    return root


def _tokens(text: str, where: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise InputError(f"{where}:{line}", f"not valid HCL: unexpected {text[at]!r}")
        kind, found = str(match.lastgroup), match[0]
        if kind == "text":
            value, end = _quoted(text, match.end(), f"{where}:{line}")
            yield _Token("unknown" if value is None else "text", value or "", line)
            line += text.count("\n", at, end)
            at = end
            continue
        if kind == "here":
            label = found.strip().lstrip("<-")
            close = re.compile(rf"^[ \t]*{re.escape(label)}[ \t]*\r?$", re.MULTILINE).search(text, match.end())
            if close is None:
                raise InputError(f"{where}:{line}", f"not valid HCL: the text until {label[:40]!r} does not end")
            yield _Token("unknown", "", line)
            line += text.count("\n", at, close.end())
            at = close.end()
            continue
        if kind != "space":
            yield _Token(kind, found, line)
        line += found.count("\n")
        at = match.end()
    yield _Token("end", "", line)


def _quoted(text: str, at: int, where: str, level: int = 0) -> tuple[str | None, int]:
    """Read a quoted text from behind its first quote: the value (None for a template), and where it ends."""
    if level > MAX_DEPTH:
        raise InputError(where, f"more than {MAX_DEPTH} templates inside each other")
    parts: list[str] = []
    depth, plain = 0, True
    while at < len(text):
        char = text[at]
        if depth:  # inside of ${…}: quotes there are its own
            if char == '"':
                _, at = _quoted(text, at + 1, where, level + 1)
                continue
            depth += (char == "{") - (char == "}")
        elif char == '"':
            return ("".join(parts) if plain else None), at + 1
        elif char == "\n":
            break
        elif char == "\\" and at + 1 < len(text):
            at += 1
            parts.append(_ESCAPES.get(text[at], "\\" + text[at]))
        elif text.startswith(("$${", "%%{"), at):
            parts.append(text[at : at + 2])
            at += 2
        elif text.startswith(("${", "%{"), at):
            plain, depth = False, 1
            at += 1
        else:
            parts.append(char)
        at += 1
    raise InputError(where, "not valid HCL: a text without its closing quote")


class _Parser:
    """Blocks and attributes by recursive descent; expressions that are not plain are stepped over."""

    def __init__(self, tokens: list[_Token], where: str) -> None:
        self.tokens = tokens
        self.where = where
        self.at = 0

    @property
    def next(self) -> _Token:
        """Give the token that stands next."""
        return self.tokens[self.at]

    def took(self, text: str) -> bool:
        """Step over a mark if it is the next token."""
        if self.next.kind in ("mark", "line") and self.next.text == text:
            self.at += 1
            return True
        return False

    def fault(self, what: str) -> InputError:
        """Make the error for the token that stands next."""
        return InputError(f"{self.where}:{self.next.line}", f"not valid HCL: {what}")

    def body(self, block: Block, end: str, depth: int) -> None:
        """Read attributes and blocks up to the mark `end`, or the end of the file."""
        if depth > MAX_DEPTH:
            raise self.fault(f"more than {MAX_DEPTH} blocks inside each other")
        while True:
            if self.took("\n"):
                continue
            if end and self.took(end):
                return
            token = self.next
            if token.kind == "end" and not end:
                return
            if token.kind != "name":
                raise self.fault(f"expected a name, got {token.text[:40]!r}")
            self.at += 1
            if self.took("="):
                block.attributes[token.text] = self.value(depth)
            else:
                block.blocks.append(self.block(token, depth))

    def block(self, first: _Token, depth: int) -> Block:
        """Read labels and body of a block whose type was just read."""
        labels = []
        while self.next.kind in ("text", "name", "unknown"):
            labels.append(self.next.text)
            self.at += 1
        if not self.took("{"):
            raise self.fault(f"expected '=' or '{{' behind {first.text[:40]!r}, got {self.next.text[:40]!r}")
        made = Block(type=first.text, labels=tuple(labels), line=first.line)
        self.body(made, "}", depth + 1)
        return made

    def value(self, depth: int, inside: str = "") -> Any:  # noqa: ANN401 - see Block.attributes
        """Read one expression. inside: the mark that ends the list or object that it stands in."""
        if depth > MAX_DEPTH:
            raise self.fault(f"more than {MAX_DEPTH} values inside each other")
        start = self.at
        value: Any = self.plain(depth)
        ends = ("\n", ",", inside) if inside else ("\n",)
        token = self.next
        if value is not UNKNOWN and (token.kind == "end" or (token.kind in ("mark", "line") and token.text in ends)):
            return value
        if not inside and token.text == "}" and value is not UNKNOWN:  # a block on one line: `a { b = 1 }`
            return value
        self.at = start
        self.step_over(ends)
        if self.at == start:  # a bracket that nothing opened: whoever reads a list would wait for its end for ever
            raise self.fault(f"expected a value, got {self.next.text[:40]!r}")
        return UNKNOWN

    def plain(self, depth: int) -> Any:  # noqa: ANN401 - see Block.attributes
        """Read a value that says itself what it is; UNKNOWN for the rest, which is then stepped over."""
        token = self.next
        self.at += token.kind != "end"
        if token.kind in ("text", "number"):
            return token.text
        if token.kind == "name":
            return {"true": True, "false": False, "null": None}.get(token.text, UNKNOWN)
        if token.text == "[" and token.kind == "mark":
            return self.sequence(depth)
        if token.text == "{" and token.kind == "mark":
            return self.object(depth)
        return UNKNOWN

    def sequence(self, depth: int) -> Any:  # noqa: ANN401 - see Block.attributes
        """Read a list from behind its bracket; UNKNOWN where it is a `for` expression."""
        values: list[Any] = []
        while True:
            if self.took("\n") or self.took(","):
                continue
            if self.took("]"):
                return values
            if self.next.kind == "end" or (self.next.kind == "name" and self.next.text == "for"):
                return UNKNOWN
            values.append(self.value(depth + 1, "]"))

    def object(self, depth: int) -> Any:  # noqa: ANN401 - see Block.attributes
        """Read an object from behind its brace; UNKNOWN where a key is worked out."""
        values: dict[str, Any] = {}
        while True:
            if self.took("\n") or self.took(","):
                continue
            if self.took("}"):
                return values
            key = self.next
            if key.kind not in ("name", "text") or key.text == "for":
                return UNKNOWN
            self.at += 1
            if not (self.took("=") or self.took(":")):
                return UNKNOWN
            values[key.text] = self.value(depth + 1, "}")

    def step_over(self, ends: tuple[str, ...]) -> None:
        """Step over an expression up to one of `ends` outside of its own brackets."""
        open_: list[str] = []
        while self.next.kind != "end":
            token = self.next
            if token.kind in ("mark", "line"):
                if not open_ and (token.text in ends or token.text in ("}", "]", ")")):
                    return
                if token.text in _CLOSING:
                    open_.append(_CLOSING[token.text])
                elif open_ and token.text == open_[-1]:
                    open_.pop()
            self.at += 1
        if open_:
            raise self.fault(f"expected {open_[-1]!r}, got the end of the file")
