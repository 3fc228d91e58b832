"""Typed reads of untrusted documents; an error knows its path.

    lock = Fields.from_toml(data, "app/Cargo.lock")
    for entry in lock.each("package"):
        entry.text("name")          # InputError: app/Cargo.lock:package[3].name: missing; …

JSON, TOML and YAML come in through the same door. YAML is read without its traps: no duplicate keys, no dates, no octal
numbers, no `yes`/`no` booleans, no aliases.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from custody.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Fields", "parse_time"]

_NAMES = {dict: "a table", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


MAX_KEY_PARTS = 100
"""Of a dotted key. tomllib's time grows with the square of their number: half a megabyte of `a.a.a…` takes minutes."""


def _refuse_long_keys(data: bytes, where: str) -> None:
    """Refuse a line with a key of too many parts; only lines with as many dots are looked at more closely."""
    if data.count(b".") <= MAX_KEY_PARTS:
        return
    for number, line in enumerate(data.splitlines(), start=1):
        if line.count(b".") > MAX_KEY_PARTS and _LONG_KEY.search(line):
            raise InputError(where, f"not valid TOML: line {number}: a key of more than {MAX_KEY_PARTS} parts")


_LONG_KEY = re.compile(
    rb"""(?<![\w-])(?:(?:[\w-]+|"[^"]*"|'[^']*')[ \t]*\.[ \t]*){%d}""" % MAX_KEY_PARTS,
)


def _kind(value: object) -> str:
    return "nothing" if value is None else _NAMES.get(type(value), type(value).__name__)


class Fields:
    """One table (mapping) of a document, and where in the document it stands.

    value: the table itself, for what a caller wants to keep whole.
    where: the document's name; path: dotted path inside it, "" at the root.
    """

    __slots__ = ("path", "value", "where")

    def __init__(self, value: Mapping[str, Any], where: str, path: str = "") -> None:
        """Wrap an already decoded table."""
        self.value = value
        self.where = where
        self.path = path

    @classmethod
    def from_json(cls, data: bytes, where: str, *, unique_keys: bool = False) -> Fields:
        """Decode JSON whose root must be an object.

        With `unique_keys` a repeated key is refused (signed documents, policies).
        """
        import msgspec

        try:
            if unique_keys:
                import json

                value = json.loads(data, object_pairs_hook=_unique)
            else:
                value = msgspec.json.decode(data)
        except (msgspec.DecodeError, ValueError, RecursionError, UnicodeDecodeError) as error:
            raise InputError(where, f"not valid JSON: {str(error) or type(error).__name__}") from None
        return cls._root(value, where)

    @classmethod
    def from_toml(cls, data: bytes, where: str) -> Fields:
        """Decode TOML 1.0."""
        import tomllib

        _refuse_long_keys(data, where)
        try:
            value = tomllib.loads(data.decode("utf-8"))
        except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
            raise InputError(where, f"not valid TOML: {str(error) or type(error).__name__}") from None
        return cls._root(value, where)

    @classmethod
    def from_yaml(cls, data: bytes, where: str) -> Fields:
        """Decode one YAML document, strictly (see the module docstring)."""
        from custody._yaml import load_yaml

        return cls._root(load_yaml(data, where), where)

    @classmethod
    def _root(cls, value: object, where: str) -> Fields:
        if not isinstance(value, dict):
            raise InputError(where, f"expected a table at the top, got {_kind(value)}")
        return cls(value, where)

    @property
    def at(self) -> str:
        """The place for messages and evidence: `file:path`, or the bare file at the root."""
        return f"{self.where}:{self.path}" if self.path else self.where

    def spot(self, key: str) -> str:
        """The place of one field: `file:path.key`."""
        return f"{self.where}:{self.path}.{key}" if self.path else f"{self.where}:{key}"

    def fault(self, key: str, what: str, fix: str = "") -> InputError:
        """Make (not raise) the error for one field."""
        return InputError(self.spot(key), what, fix)

    def __contains__(self, key: str) -> bool:
        """Say whether the field is there and not null."""
        return self.value.get(key) is not None

    def only(self, *known: str) -> None:
        """Refuse any field that is not `known`: for documents in which a typing slip must not pass silently."""
        for key in self.value:
            if key not in known:
                import difflib

                near = difflib.get_close_matches(str(key), known, n=1)
                fix = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
                raise self.fault(str(key), "unknown field", fix)

    def _read(self, key: str, kind: type | tuple[type, ...], name: str) -> Any:  # noqa: ANN401 - narrowed by each caller
        value = self.value.get(key)
        if value is None:
            raise self.fault(key, f"missing, expected {name}")
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.fault(key, f"expected {name}, got {_kind(value)} {_short(value)}")
        return value

    def text(self, key: str) -> str:
        """Give a required, non-empty text."""
        value: str = self._read(key, str, "a text")
        if not value:
            raise self.fault(key, "expected a text, got an empty one")
        return value

    def text_or(self, key: str, default: str = "") -> str:
        """Give a text, or `default` where the field is absent."""
        return default if self.value.get(key) is None else self._read(key, str, "a text")

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        """Give a required text that is one of `allowed`, case and all."""
        value = self.text(key)
        if value not in allowed:
            raise self.fault(key, f"expected one of {', '.join(allowed)}, got {value!r}")
        return value

    def boolean(self, key: str, *, default: bool = False) -> bool:
        """Give a boolean, or `default` where the field is absent."""
        return default if self.value.get(key) is None else self._read(key, bool, "true or false")

    def integer(self, key: str) -> int:
        """Give a required whole number."""
        value: int = self._read(key, int, "a whole number")
        return value

    def table(self, key: str) -> Fields:
        """Give a table; an absent one is empty."""
        value = {} if self.value.get(key) is None else self._read(key, dict, "a table")
        return Fields(value, self.where, self._under(key))

    def tables(self, key: str) -> Iterator[tuple[str, Fields]]:
        """Give the tables inside the table `key`, by name (an absent one has none)."""
        inner = self.table(key)
        for name in inner.value:
            yield str(name), inner.table(name)

    def each(self, key: str) -> Iterator[Fields]:
        """Give the tables of a list; an absent list is empty."""
        for index, item in enumerate(self.items(key)):
            path = f"{self._under(key)}[{index}]"
            if not isinstance(item, dict):
                raise InputError(f"{self.where}:{path}", f"expected a table, got {_kind(item)} {_short(item)}")
            yield Fields(item, self.where, path)

    def texts(self, key: str) -> list[str]:
        """Give a list of texts; an absent list is empty."""
        values = self.items(key)
        for index, item in enumerate(values):
            if not isinstance(item, str):
                raise self.fault(f"{key}[{index}]", f"expected a text, got {_kind(item)} {_short(item)}")
        return values

    def items(self, key: str) -> list[Any]:
        """Give a list of anything; an absent list is empty."""
        return [] if self.value.get(key) is None else self._read(key, list, "a list")

    def time(self, key: str) -> dt.datetime:
        """Give a required RFC 3339 date-time as an aware UTC datetime; a bare date is its first moment in UTC."""
        value = self._read(key, (str, dt.datetime, dt.date), "a date-time")
        return parse_time(value if isinstance(value, str) else value.isoformat(), self.spot(key))

    def _under(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def parse_time(text: str, where: str) -> dt.datetime:
    """Parse an RFC 3339 date-time or an ISO 8601 date as an aware UTC datetime; InputError names `where`."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise InputError(where, f"expected a date like 2026-12-31 or 2026-12-31T12:00:00Z, got {text!r}") from None
    try:
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except OverflowError:
        raise InputError(where, f"date out of range: {text!r}") from None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return table
