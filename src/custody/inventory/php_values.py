"""Values as PHP writes them: literals of arrays (`var_export`), and the format of `serialize`.

    read_literal(b"<?php return ['a' => 1];", where)      # {"a": 1}
    unserialize(b'a:1:{s:1:"a";i:1;}', where)              # {"a": 1}

An array is a table here, its numbers as texts: ["x"] gives {"0": "x"}. Nothing is run, no object is made.
Specs: https://www.php.net/manual/en/language.types.array.php, https://www.php.net/manual/en/function.serialize.php (the
format is told in the internals book, "Serialization").
"""

from __future__ import annotations

import re

from custody.errors import InputError

__all__ = ["read_literal", "unserialize"]

MAX_DEPTH = 60
"""Arrays inside each other. Those that Composer and PEAR write stay under ten."""

Value = str | int | float | bool | None | dict[str, "Value"]

_TOKEN = re.compile(
    r"""\s*(?:(?P<skip>//[^\n]*|\#[^\n]*|/\*.*?\*/)
    |'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\$]|\\.)*)"
    |(?P<number>-?\d+(?:\.\d+)?)|(?P<open>array\s*\(|\[)|(?P<arrow>=>)|(?P<mark>[,)\].;])|(?P<word>\\?[A-Za-z_]\w*))""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None, "__dir__": ""}


def read_literal(data: bytes, where: str) -> Value:
    """Read the value after the first `return`; InputError names the byte where anything else stands."""
    text = data.decode("utf-8", "replace")
    start = re.match(r"\s*<\?php\b", text)
    reader = _Literal(text, start.end() if start else 0, where)
    if start is None or (reader.next()["word"] or "").lower() != "return":
        raise InputError(where, "expected PHP that returns an array")
    return reader.value(0)


class _Literal:
    """Reads from `position` on."""

    def __init__(self, text: str, position: int, where: str) -> None:
        self.text, self.position, self.where = text, position, where

    def next(self) -> re.Match[str]:
        while match := _TOKEN.match(self.text, self.position):
            self.position = match.end()
            if match["skip"] is None:
                return match
        raise InputError(f"{self.where}:character {self.position}", "expected a literal value of PHP")

    def value(self, depth: int) -> Value:
        """Read a value, with the texts that a "." joins to it."""
        found = self.one(self.next(), depth)
        while True:
            before = self.position
            if self.next()["mark"] != ".":
                self.position = before
                return found
            more = self.one(self.next(), depth)
            found = f"{found}{more}"

    def one(self, token: re.Match[str], depth: int) -> Value:
        if token["single"] is not None:
            return re.sub(r"\\([\\'])", r"\1", token["single"])
        if token["double"] is not None:
            return re.sub(r"\\(.)", r"\1", token["double"], flags=re.DOTALL)
        if token["number"]:
            return float(token["number"]) if "." in token["number"] else int(token["number"][:300])
        if token["open"]:
            return self.array(depth)
        if token["word"] and token["word"].lower() in _CONSTANTS:
            return _CONSTANTS[token["word"].lower()]
        raise self.fault(token)

    def array(self, depth: int) -> dict[str, Value]:
        if depth > MAX_DEPTH:
            raise InputError(self.where, f"arrays more than {MAX_DEPTH} deep")
        table: dict[str, Value] = {}
        while True:
            before = self.position
            if self.next()["mark"] in (")", "]"):
                return table
            self.position = before
            key: Value = len(table)
            found = self.value(depth + 1)
            token = self.next()
            if token["arrow"]:
                key, found = found, self.value(depth + 1)
                token = self.next()
            table[str(key)] = found
            if token["mark"] in (")", "]"):
                return table
            if token["mark"] != ",":
                raise self.fault(token)

    def fault(self, token: re.Match[str]) -> InputError:
        return InputError(f"{self.where}:character {token.start()}", f"unexpected {token[0].strip()[:40]!r}")


def unserialize(data: bytes, where: str) -> Value:
    """Read what `serialize` wrote; InputError names the byte where it ends to make sense. Objects are refused."""
    value, _ = _unserialize(data, 0, 0, where)
    return value


_SCALAR = re.compile(rb"(?:N|(?P<kind>[bid]):(?P<value>[-+.0-9A-Za-z]{1,40}));")
_LENGTH = re.compile(rb"(?P<kind>[sa]):(?P<length>[0-9]{1,10}):(?=[\"{])")


def _unserialize(data: bytes, position: int, depth: int, where: str) -> tuple[Value, int]:
    scalar = _SCALAR.match(data, position)
    if scalar:
        return _number(scalar, where), scalar.end()
    head = _LENGTH.match(data, position)
    if head is None or depth > MAX_DEPTH:
        raise InputError(f"{where}:byte {position}", "expected a serialized text, number or array")
    length, start = int(head["length"]), head.end() + 1
    if head["kind"] == b"s":
        if data[start + length : start + length + 2] != b'";':
            raise InputError(f"{where}:byte {position}", f"the text does not end after {length} bytes")
        return data[start : start + length].decode("utf-8", "replace"), start + length + 2
    table: dict[str, Value] = {}
    position = start
    for _ in range(length):  # a false length ends at the first byte that is no value
        key, position = _unserialize(data, position, depth + 1, where)
        table[str(key)], position = _unserialize(data, position, depth + 1, where)
    if data[position : position + 1] != b"}":
        raise InputError(f"{where}:byte {position}", f"the array does not end after {length} values")
    return table, position + 1


def _number(match: re.Match[bytes], where: str) -> Value:
    kind, value = match["kind"], match["value"]
    try:
        if kind is None:
            return None
        return bool(int(value)) if kind == b"b" else int(value) if kind == b"i" else float(value)
    except ValueError:
        raise InputError(f"{where}:byte {match.start()}", f"expected a number, got {value[:40]!r}") from None
