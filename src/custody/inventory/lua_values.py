"""Lua files that hold data: rockspecs, manifests and lock files of LuaRocks. Nothing is run.

    read_assignments(b'package = "say"; version = "1-1"', where)      # {"package": "say", "version": "1-1"}
    read_return(b'return { a = "1" }', where)                         # {"a": "1"}

A table is a dict here, its list part under the texts "1", "2", …. Texts may be joined (`..`) and named before they are
used.
Spec: Lua 5.4 reference manual, sections 3.1, 3.3.3 and 3.4.9.
"""

from __future__ import annotations

import re
from typing import Any

from custody.errors import InputError

__all__ = ["Value", "read_assignments", "read_return"]

MAX_DEPTH = 60
"""Tables inside each other. Rockspecs have five."""

Value = Any
"""str, float, int, bool, None or a dict of them."""

_SKIP = re.compile(r"(?:\s+|--\[(?P<level>=*)\[.*?\](?P=level)\]|--(?!\[=*\[)[^\n]*)+", re.DOTALL)
_LONG = re.compile(r"\[(?P<level>=*)\[\n?(?P<text>.*?)\](?P=level)\]", re.DOTALL)
_TEXT = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0[xX][0-9A-Fa-f]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CONSTANTS = {"true": True, "false": False, "nil": None}


def read_assignments(data: bytes, where: str) -> dict[str, Value]:
    """Read `name = value` and `local name = value`, to the end; InputError names the line of what else stands there."""
    reader = _Reader(data, where)
    while not reader.at_end():
        reader.assignment()
    return {name: value for name, value in reader.names.items() if name not in reader.local}


def read_return(data: bytes, where: str) -> Value:
    """Read the value that the file returns; InputError names the line of what else stands there."""
    reader = _Reader(data, where)
    while not reader.at_end():
        if reader.word("return"):
            return reader.expression(0)
        reader.assignment()
    raise reader.fault("return")


class _Reader:
    def __init__(self, data: bytes, where: str) -> None:
        self.text = data.decode("utf-8", "replace").removeprefix("\ufeff")
        self.where, self.position = where, 0
        self.names: dict[str, Value] = {}
        self.local: set[str] = set()
        if self.text.startswith("#"):
            self.position = self.text.find("\n") if "\n" in self.text else len(self.text)

    def fault(self, expected: str) -> InputError:
        line = self.text.count("\n", 0, self.position) + 1
        found = self.text[self.position : self.position + 30].split("\n")[0]
        return InputError(f"{self.where}:line {line}", f"expected {expected}, got {found!r}")

    def at_end(self) -> bool:
        self.skip()
        return self.position >= len(self.text)

    def skip(self) -> None:
        self.match(_SKIP)

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def take(self, mark: str) -> bool:
        self.skip()
        if not self.text.startswith(mark, self.position):
            return False
        self.position += len(mark)
        return True

    def word(self, wanted: str) -> bool:
        self.skip()
        found = _NAME.match(self.text, self.position)
        if found is None or found[0] != wanted:
            return False
        self.position = found.end()
        return True

    def assignment(self) -> None:
        """Read `[local] a, b = x, y`, or set a field of a table: `a.b = x`."""
        is_local = self.word("local")
        targets = [self.target()]
        while self.take(","):
            targets.append(self.target())
        values: list[Value] = []
        if self.take("="):
            values.append(self.expression(0))
            while self.take(","):
                values.append(self.expression(0))
        elif not is_local:
            raise self.fault("'='")
        self.take(";")
        for index, path in enumerate(targets):
            value = values[index] if index < len(values) else None
            if len(path) == 1:
                self.names[path[0]] = value
                (self.local.add if is_local else self.local.discard)(path[0])
            elif isinstance(self.names.get(path[0]), dict):
                self.names[path[0]][path[1]] = value

    def target(self) -> list[str]:
        self.skip()
        name = self.match(_NAME)
        if name is None:
            raise self.fault("a name")
        path = [name[0]]
        while self.text.startswith(".", self.position) and not self.text.startswith("..", self.position):
            self.position += 1
            inner = self.match(_NAME)
            if inner is None:
                raise self.fault("a name")
            path.append(inner[0])
        return path

    def expression(self, depth: int) -> Value:
        found = self.primary(depth)
        while self.take(".."):
            more = self.primary(depth)
            if not all(isinstance(part, str | int | float) for part in (found, more)):
                raise self.fault("a text before and after '..'")
            found = f"{found}{more}"
        return found

    def primary(self, depth: int) -> Value:
        self.skip()
        if depth > MAX_DEPTH:
            raise self.fault(f"at most {MAX_DEPTH} tables inside each other")
        if self.take("{"):
            return self.table(depth)
        if self.take("("):
            found = self.expression(depth + 1)
            if not self.take(")"):
                raise self.fault("')'")
            return found
        long = self.match(_LONG)
        if long:
            return long["text"]
        text = self.match(_TEXT)
        if text:
            return _unescape(text[1] if text[1] is not None else text[2])
        number = self.match(_NUMBER)
        if number:
            digits = number[0][:300]
            if "x" in digits.lower():
                return int(digits, 16)
            return float(digits) if re.search(r"[.eE]", digits) else int(digits)
        name = _NAME.match(self.text, self.position)
        if name and (name[0] in _CONSTANTS or name[0] in self.names):
            self.position = name.end()
            return _CONSTANTS[name[0]] if name[0] in _CONSTANTS else self.names[name[0]]
        raise self.fault("a value")

    def table(self, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        count = 0
        while not self.take("}"):
            key = self.key(depth)
            if key is None:
                count += 1
                key = str(count)
            found[key] = self.expression(depth + 1)
            if not self.take(",") and not self.take(";"):
                if not self.take("}"):
                    raise self.fault("'}'")
                break
        return found

    def key(self, depth: int) -> str | None:
        """Read `name =` or `["text"] =` where it stands."""
        self.skip()
        start = self.position
        name = self.match(_NAME)
        if name and self.take("=") and not self.text.startswith("=", self.position):
            return name[0]
        self.position = start
        if self.text.startswith("[", start) and not _LONG.match(self.text, start):
            self.position += 1
            key = self.expression(depth + 1)
            if not self.take("]") or not self.take("="):
                raise self.fault('a key like ["name"] =')
            return str(key)
        return None


def _unescape(text: str) -> str:
    text = re.sub(r"\\z\s*", "", text)
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text, flags=re.DOTALL)
