"""YAML files of other tools: workflows, Compose files, charts.

    for document in read_yaml(file.data, file.path):
        line_of(document["jobs"]["build"]["steps"][0]["uses"])      # where a text stands

Unlike our own documents (`Fields.from_yaml`) these may use anchors, aliases, merge keys and several documents in one
file. All scalars are texts as they are written, but for a plain null, which is None: what a tool makes of `3.10` or
`on` is its own affair. Of a key that stands twice the last one counts, as it does for those tools.

Spec: https://yaml.org/spec/1.2.2/; merge keys: https://yaml.org/type/merge.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from custody.errors import InputError

__all__ = ["Spot", "Value", "as_list", "as_table", "as_text", "line_of", "read_yaml"]

Value = Any
"""None, `Spot`, or a list or dict of them; the keys of a dict are `Spot`s too."""

MAX_DEPTH = 60
"""Tables and lists inside each other: the deepest chart value files have a dozen."""
MAX_VALUES = 500_000
"""Values of one file with its aliases written out: an alias bomb has billions, the largest real files some ten
thousand."""


class Spot(str):
    """A text, and the line on which it begins. It is for reading only: what is handed on is a plain text."""

    __slots__ = ("line",)
    line: int

    def __new__(cls, text: str, line: int) -> Self:
        """Make the text."""
        made = super().__new__(cls, text)
        made.line = line
        return made


def read_yaml(data: bytes, where: str) -> list[Value]:
    """Give the documents of a file. Raises InputError: not UTF-8, not YAML, too deep, or an alias bomb."""
    import yaml

    try:
        text = data.decode("utf-8-sig")
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return list(_documents(yaml.parse(text, Loader=loader), where))
    except UnicodeDecodeError as error:
        raise InputError(where, f"not UTF-8: byte {error.start}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        raise InputError(place, f"not valid YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(where, f"not valid YAML: {str(error) or type(error).__name__}") from None


class _Open:
    """A list or table that is being read. size: values in it so far, those of its aliases included."""

    __slots__ = ("anchor", "key", "merged", "size", "value")

    def __init__(self, value: Value, anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.key: Spot | None = None
        self.merged: list[Value] = []
        self.size = 1

    def put(self, value: Value) -> None:
        """Take the next item, key or value."""
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is None:
            self.key = value if isinstance(value, Spot) else Spot("", 0)  # a key that is no text names nothing
        else:
            if self.key == "<<":
                self.merged += value if isinstance(value, list) else [value]
            else:
                self.value[self.key] = value
            self.key = None

    def done(self) -> Value:
        """Fill in what merge keys bring: the table's own keys win, then the earlier ones."""
        for table in self.merged:
            if isinstance(table, dict):
                for key, value in table.items():
                    self.value.setdefault(key, value)
        return self.value


class _Builder:
    """Makes values out of the parser's events, without recursion."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Value, int]] = {}
        self.left = MAX_VALUES
        self.root: Value = None

    def put(self, value: Value, size: int, anchor: str | None, line: int) -> None:
        """Hand a finished value to what it stands in. size: how many values it is, with its aliases written out."""
        self.left -= size
        if self.left < 0:
            raise InputError(f"{self.where}:{line}", f"more than {MAX_VALUES} values with its aliases written out")
        if anchor:
            self.anchors[anchor] = (value, size)
        if self.stack:
            self.stack[-1].put(value)
            self.stack[-1].size += size
        else:
            self.root = value

    def scalar(self, text: str, anchor: str | None, line: int, *, plain: bool) -> None:
        """Take a text; a plain null is None, but as a key it is a text like another."""
        is_key = bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None
        null = plain and not is_key and text in ("", "~", "null", "Null", "NULL")
        self.put(None if null else Spot(text, line), 1, anchor, line)

    def alias(self, anchor: str, line: int) -> None:
        """Take what an alias stands for; one inside of its own anchor has nothing to stand for yet."""
        if anchor not in self.anchors:
            raise InputError(f"{self.where}:{line}", f"not valid YAML: no anchor {anchor[:40]!r} before this")
        value, size = self.anchors[anchor]
        self.put(value, size, None, line)

    def open(self, value: Value, anchor: str | None, line: int) -> None:
        """Begin a list or table."""
        if len(self.stack) >= MAX_DEPTH:
            raise InputError(f"{self.where}:{line}", f"more than {MAX_DEPTH} values inside each other")
        self.stack.append(_Open(value, anchor))

    def close(self, line: int) -> None:
        """End the innermost list or table. What is in it was counted when it was put there."""
        done = self.stack.pop()
        self.left += done.size - 1
        self.put(done.done(), done.size, done.anchor, line)


def _documents(events: Iterator[Any], where: str) -> Iterator[Value]:
    import yaml

    builder = _Builder(where)
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.ScalarEvent):
            builder.scalar(event.value, event.anchor, line, plain=event.implicit[0])
        elif isinstance(event, yaml.AliasEvent):
            builder.alias(event.anchor or "", line)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            builder.open([] if isinstance(event, yaml.SequenceStartEvent) else {}, event.anchor, line)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            builder.close(line)
        elif isinstance(event, yaml.DocumentStartEvent):
            builder.anchors, builder.root = {}, None
        elif isinstance(event, yaml.DocumentEndEvent):
            yield builder.root


def as_table(value: Value) -> dict[str, Value]:
    """Give a table, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Value) -> list[Value]:
    """Give a list, an empty one for anything else."""
    return value if isinstance(value, list) else []


def as_text(value: Value) -> str:
    """Give a text, without its place; "" for anything else."""
    return str(value) if isinstance(value, Spot) else ""


def line_of(value: Value) -> int:
    """Give the line on which a text begins, counted from 1; 0 for anything else."""
    return value.line if isinstance(value, Spot) else 0
