"""The table of an SPDX 2 document as YAML, in the shape of its JSON form: SPDX 2.3 chapter 4.4.

Every scalar but true, false and numbers is written as a string of JSON, which is one of YAML too. Read is what libyaml
parses, with all scalars as texts: a version 1.10 is no number. Aliases, tags and keys that stand twice are refused:
they make two readers see two documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from custody.errors import InputError
from custody.sbom.json_bytes import encode_json

__all__ = ["read_yaml", "write_yaml"]

Table = dict[str, Any]

_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WORD = re.compile(r"[A-Za-z]\w*")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,17}")
_WORDS: dict[str, object] = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: value for value in (True, False) for word in (str(value), str(value).lower(), str(value).upper())
}
_NUMBERS = ("lineNumber", "offset", "order")
_MAX_DEPTH = 100  # an annotation of a package is at 5


def write_yaml(table: Table) -> bytes:
    """Give the bytes of a document, in block style."""
    return "".join(_mapping(table, "")).encode()


def _scalar(value: object) -> str:
    text = encode_json(value).decode()
    return text if text.isascii() and "\x7f" not in text else _NOT_YAML.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def _mapping(table: Table, indent: str, first: str | None = None) -> Iterator[str]:
    """Give the lines of a mapping. first: what stands before its first key, where that is not `indent`."""
    start = indent if first is None else first
    for key, value in table.items():
        name = key if _WORD.fullmatch(key) else _scalar(key)
        if isinstance(value, dict) and value:
            yield f"{start}{name}:\n"
            yield from _mapping(value, f"{indent}  ")
        elif isinstance(value, list) and value:
            yield f"{start}{name}:\n"
            yield from _sequence(value, indent)
        else:
            yield f"{start}{name}: {_scalar(value)}\n"
        start = indent


def _sequence(items: list[Any], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, dict) and item:
            yield from _mapping(item, f"{indent}  ", f"{indent}- ")
        else:
            yield f"{indent}- {_scalar(item)}\n"


def read_yaml(data: bytes, where: str) -> Table:
    """Give the table; InputError says the line and column."""
    import yaml

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        value = _Tree(where).build(yaml.parse(data.decode("utf-8-sig"), Loader=loader))
    except UnicodeDecodeError as error:
        raise InputError(where, f"not UTF-8: byte {error.start}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        raise InputError(place, f"not valid YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise InputError(where, f"not valid YAML: {str(error) or type(error).__name__}") from None
    if not isinstance(value, dict):
        raise InputError(where, "expected a table at the top")
    return value


class _Tree:
    """Builds plain values out of parser events, without recursion."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.stack: list[tuple[dict[str, Any] | list[Any], str | None]] = []
        self.root: object = None
        self.documents = 0

    def build(self, events: Iterator[Any]) -> object:
        """Give the value of the one document."""
        import yaml

        key: str | None = None
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                if self.stack and isinstance(self.stack[-1][0], dict) and key is None:
                    key = self._key(event)
                else:
                    self._put(_value(event, key), key)
                    key = None
            elif kind in (yaml.MappingStartEvent, yaml.SequenceStartEvent):
                if self.stack and isinstance(self.stack[-1][0], dict) and key is None:
                    raise self._fault(event, "a key must be a text")
                if len(self.stack) >= _MAX_DEPTH:
                    raise self._fault(event, f"more than {_MAX_DEPTH} levels")
                made: dict[str, Any] | list[Any] = {} if kind is yaml.MappingStartEvent else []
                self._put(made, key)
                self.stack.append((made, key))
                key = None
            elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
                self.stack.pop()
            elif kind is yaml.AliasEvent:
                raise self._fault(event, "aliases are not allowed here")
            elif kind is yaml.DocumentStartEvent:
                self.documents += 1
                if self.documents > 1:
                    raise self._fault(event, "expected one document")
        return self.root

    def _key(self, event: Any) -> str:  # noqa: ANN401 - PyYAML's
        key = str(event.value)
        if key in self.stack[-1][0]:
            raise self._fault(event, f"the key {key!r} stands twice")
        return key

    def _put(self, value: object, key: str | None) -> None:
        if not self.stack:
            self.root = value
            return
        holder = self.stack[-1][0]
        if isinstance(holder, list):
            holder.append(value)
        elif key is not None:
            holder[key] = value

    def _fault(self, event: Any, what: str) -> InputError:  # noqa: ANN401 - PyYAML's
        mark = event.start_mark
        return InputError(f"{self.where}:{mark.line + 1}:{mark.column + 1}", what)


def _value(event: Any, key: str | None) -> object:  # noqa: ANN401 - PyYAML's
    """Give a scalar: a text, or what a plain word means."""
    text = str(event.value)
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if key in _NUMBERS and _WHOLE.fullmatch(text) else text
