"""The syntax of yarn.lock: tables by indentation, of texts and further tables.

    for entry in read_entries(data, where):
        entry.keys          # ("debug@^4.3.4", "debug@^4.4.0")
        entry.table         # {"version": "4.4.3", "dependencies": {"ms": "^2.1.3"}}

Both forms are read: that of yarn 1 (`version "4.4.3"`, a key for each range) and that of yarn 2 and later, which is a
part of YAML (`version: 4.4.3`, all ranges in one quoted key, `? "…"` before a very long one).
Spec: https://github.com/yarnpkg/yarn/blob/master/src/lockfile/parse.js (yarn 1 has no other),
https://yarnpkg.com/advanced/lexicon#lockfile.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from custody.errors import InputError

__all__ = ["YarnEntry", "read_entries"]

MAX_DEPTH = 6
"""Tables inside each other: `dependenciesMeta` has three."""

_CONFLICT = ("<<<<<<< ", "=======", ">>>>>>> ")
_QUOTED = r'"(?:[^"\\]++|\\.)*+"'
_TOP = re.compile(rf'(?P<quoted>{_QUOTED})|[^",:]++')
_INNER = re.compile(rf'(?P<quoted>{_QUOTED})|[^"\s:,]++')
_NEXT = re.compile(r"\s*,\s*")


@dataclass(slots=True, kw_only=True)
class YarnEntry:
    """One table at the left margin. keys: its names; line: where it begins, from 1; problem: why it is not whole."""

    keys: tuple[str, ...]
    line: int
    table: dict[str, object] = field(default_factory=dict)
    problem: str = ""


def read_entries(data: bytes, where: str) -> Iterator[YarnEntry]:
    """Give the entries in order; one with a bad line has `problem` set and what was read before it.

    Raises InputError: not UTF-8, or not merged.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(where, f"not UTF-8: byte {error.start}") from None
    entry: YarnEntry | None = None
    stack: list[dict[str, object]] = []
    long_key = False
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip()
        bare = line.lstrip(" ")
        if not bare or bare.startswith("#"):
            continue
        if line.startswith(_CONFLICT):
            raise InputError(f"{where}:line {number}", "the file is not merged", "run `yarn install` and scan again")
        indent = len(line) - len(bare)
        if indent == 0 and bare == ":" and long_key:  # what `? "…"` opened
            long_key = False
            continue
        if indent == 0:
            if entry:
                yield entry
            long_key = bare.startswith("? ")
            keys, value, problem = _head(bare[2:] if long_key else bare, _TOP)
            entry = YarnEntry(keys=keys, line=number, problem=problem)
            if value:
                entry.table[""] = value
            stack = [entry.table]
        elif entry is None or entry.problem:
            continue
        elif not _put(bare, indent // 2, stack):
            entry.problem = f"line {number}: expected a name and a value, got {bare[:60]!r}"
    if entry:
        yield entry


def _put(bare: str, depth: int, stack: list[dict[str, object]]) -> bool:
    """Put one line into the table that its depth names; False where it is none."""
    if not 1 <= depth <= len(stack) or depth > MAX_DEPTH or bare.startswith("- "):
        return False
    del stack[depth:]
    keys, value, problem = _head(bare, _INNER)
    if problem or len(keys) != 1:
        return False
    if value:
        stack[-1][keys[0]] = value
    else:
        inner: dict[str, object] = {}
        stack[-1][keys[0]] = inner
        stack.append(inner)
    return True


def _head(text: str, key: re.Pattern[str]) -> tuple[tuple[str, ...], str, str]:
    """Read `name:`, `name value`, `name: value` or `name, name:`; give names, value ("" for a table) and the fault."""
    keys: list[str] = []
    at = 0
    while True:
        match = key.match(text, at)
        if not match:
            return (), "", f"expected a name, got {text[at : at + 60]!r}"
        name = _unquoted(match[0]) if match["quoted"] else match[0].strip()
        if not name:
            return (), "", f"expected a name, got {text[at : at + 60]!r}"
        keys.append(name)
        at = match.end()
        comma = _NEXT.match(text, at)
        if not comma:
            break
        at = comma.end()
    rest = text[at:].removeprefix(":").strip()
    return tuple(keys), _unquoted(rest) if rest.startswith('"') else rest, ""


def _unquoted(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip('"')
    return value if isinstance(value, str) else text
