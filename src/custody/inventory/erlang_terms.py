"""Terms of Erlang and Elixir: the data that their lock files are written in. Nothing is run.

    read_erlang(b'{"1.2.0", [{<<"a">>, 0}]}.', where)      # [("1.2.0", [("a", 0)])], a list of terms
    read_elixir(b'%{"a": {:hex, :a, "1.0"}}', where)       # {"a": (Atom("hex"), Atom("a"), "1.0")}

A tuple is a tuple here, a list a list, a text or binary a str, an atom an `Atom`; `key: value` in a list is (Atom,
value).
Specs: https://www.erlang.org/doc/system/data_types.html, https://hexdocs.pm/elixir/syntax-reference.html.
"""

from __future__ import annotations

import re
from typing import Any

from custody.errors import InputError

__all__ = ["Atom", "read_elixir", "read_erlang"]

MAX_DEPTH = 60
"""Lists and tuples inside each other. Lock files have four."""

_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"[-+]?\d[\d_]*(?:\.\d+(?:[eE][-+]?\d+)?)?")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_@]*[?!]?(?:\.[A-Z][A-Za-z0-9_]*)*")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "e": "\x1b", "0": "\0"}
_CONSTANTS = {"true": True, "false": False, "nil": None}

Term = Any
"""str, Atom, int, float, bool, None, or a list, tuple or dict of them."""


class Atom(str):
    """A name that stands for itself: `ok`, `:ok`."""

    __slots__ = ()


def read_erlang(data: bytes, where: str) -> list[Term]:
    """Read all terms of a file, each ended by a "."; InputError names the line where something else stands."""
    reader = _Reader(data, where, is_elixir=False)
    terms = []
    while not reader.at_end():
        terms.append(reader.term(0))
        reader.expect(".")
    return terms


def read_elixir(data: bytes, where: str) -> Term:
    """Read the one term of a file; InputError names the line where something else stands."""
    reader = _Reader(data, where, is_elixir=True)
    term = reader.term(0)
    if not reader.at_end():
        raise reader.fault("the end")
    return term


class _Reader:
    def __init__(self, data: bytes, where: str, *, is_elixir: bool) -> None:
        self.text = data.decode("utf-8", "replace").removeprefix("\ufeff")
        self.where, self.position, self.is_elixir = where, 0, is_elixir
        self.comment = "#" if is_elixir else "%"

    def fault(self, expected: str) -> InputError:
        line = self.text.count("\n", 0, self.position) + 1
        found = self.text[self.position : self.position + 30].split("\n")[0]
        return InputError(f"{self.where}:line {line}", f"expected {expected}, got {found!r}")

    def skip(self) -> None:
        """Go over white space and comments."""
        text = self.text
        while self.position < len(text):
            char = text[self.position]
            if char == self.comment:
                end = text.find("\n", self.position)
                self.position = len(text) if end < 0 else end
            elif char.isspace():
                self.position += 1
            else:
                return

    def at_end(self) -> bool:
        self.skip()
        return self.position >= len(self.text)

    def take(self, mark: str) -> bool:
        self.skip()
        if not self.text.startswith(mark, self.position):
            return False
        self.position += len(mark)
        return True

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise self.fault(repr(mark))

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def term(self, depth: int) -> Term:
        self.skip()
        if depth > MAX_DEPTH:
            raise self.fault(f"at most {MAX_DEPTH} terms inside each other")
        if self.take("%{" if self.is_elixir else "#{"):
            return self.table(depth)
        if self.take("{"):
            return tuple(self.sequence("}", depth))
        if self.take("["):
            return self.sequence("]", depth)
        if not self.is_elixir and self.take("<<"):
            return self.binary()
        return self.scalar()

    def binary(self) -> str:
        self.skip()
        text = self.match(_TEXT)
        if text is None and self.take(">>"):
            return ""
        if text is None:
            raise self.fault("a text")
        self.take("/utf8")
        self.expect(">>")
        return _unescape(text[1])

    def scalar(self) -> Term:
        text = self.match(_TEXT)
        if text:
            return _unescape(text[1])
        number = self.match(_NUMBER)
        if number:
            digits = number[0].replace("_", "")[:300]
            return float(digits) if re.search(r"[.eE]", digits) else int(digits)
        if self.is_elixir and self.take(":"):
            quoted = self.match(_TEXT)
            if quoted:
                return Atom(_unescape(quoted[1]))
        quoted = None if self.is_elixir else self.match(_QUOTED)
        if quoted:
            return Atom(_unescape(quoted[1]))
        word = self.match(_WORD)
        if word is None:
            raise self.fault("a term")
        return _CONSTANTS.get(word[0], Atom(word[0]))

    def sequence(self, closing: str, depth: int) -> list[Term]:
        found: list[Term] = []
        while not self.take(closing):
            key = self.key()
            value = self.term(depth + 1)
            found.append(value if key is None else (key, value))
            if not self.take(","):
                self.expect(closing)
                break
        return found

    def key(self) -> Atom | None:
        """Read `key: ` of Elixir where it stands."""
        if not self.is_elixir:
            return None
        self.skip()
        start = self.position
        word = self.match(_WORD) or self.match(_TEXT)
        if word and re.match(r":\s", self.text[self.position : self.position + 2]):
            self.position += 1
            return Atom(_unescape(word[1]) if word.re is _TEXT else word[0])
        self.position = start
        return None

    def table(self, depth: int) -> dict[str, Term]:
        found: dict[str, Term] = {}
        while not self.take("}"):
            key: Term = self.key()
            if key is None:
                key = self.term(depth + 1)
                self.expect("=>")
            found[str(key)] = self.term(depth + 1)
            if not self.take(","):
                self.expect("}")
                break
        return found


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text, flags=re.DOTALL)
