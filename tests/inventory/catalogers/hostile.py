"""Good cases made bad: what the hostile tests and `scripts/fuzz.py` give to the catalogers.

A subject is one file of an `_ok` case that a cataloger reads: one that starts a parse or stands beside it, or one that
its extractor looks into. `run` puts other bytes in its place and has the cataloger look at the case again, extractor
and all.
"""

from __future__ import annotations

import json
import random
import re
import signal
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from custody.errors import InputError
from custody.inventory import Cataloger, load_catalogers
from custody.inventory.interface import Found
from custody.inventory.walk import started_by
from custody.model import Dependency, Entry, Package, Purl, Skipped
from custody.model.globs import compile_globs
from tests.inventory.cases import is_extracted, read_entries, tree_of_entries

CASES = Path(__file__).resolve().parent.parent.parent / "cases" / "inventory"
CATALOGERS = {c.name: c for c in load_catalogers() if c.parse.__module__.startswith("custody.")}
RELATIONS = frozenset({"contains", "depends_on", "dev", "optional", "peer", "build"})
SECONDS = 5.0
"""CPU time that a cataloger may take for one file of a case, however hostile."""


class TooSlowError(Exception):
    """A cataloger took more than its time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """One file of a good case, and the whole case around it."""

    cataloger: Cataloger
    case: str
    path: str
    entries: tuple[Entry, ...]

    @property
    def data(self) -> bytes:
        """The file as it should be."""
        return next(entry.data or b"" for entry in self.entries if entry.path == self.path)

    @property
    def name(self) -> str:
        """The name in messages."""
        return f"{self.cataloger.name}/{self.case}:{self.path}"


@cache
def subjects(name: str) -> tuple[Subject, ...]:
    """Give the files of a cataloger's good cases that it reads, sorted."""
    cataloger = CATALOGERS[name]
    kept = compile_globs([*cataloger.globs, *cataloger.beside])
    found: list[Subject] = []
    for case in sorted((CASES / name).glob("*_ok")):
        entries = tuple(read_entries(case / "tree"))
        found += [
            Subject(cataloger=cataloger, case=case.name, path=entry.path, entries=entries)
            for entry in sorted(entries, key=lambda entry: entry.path)
            if entry.kind == "file" and entry.data
            if kept(entry.path) or (cataloger.extractor and is_extracted(cataloger.extractor, entry))
        ]
    return tuple(found)


def run(subject: Subject, data: bytes, *, seconds: float = SECONDS) -> list[Found]:
    """Look at the case with `data` in place of the file; hold what was seen against what every cataloger promises.

    Raises whatever but InputError leaves the cataloger, AssertionError: a broken promise, TooSlowError.
    """
    entries = [
        replace(entry, data=data, size=len(data)) if entry.path == subject.path else entry for entry in subject.entries
    ]
    found: list[Found] = []
    with cpu_limit(seconds):
        tree = tree_of_entries(entries, subject.cataloger)
        for file in started_by(subject.cataloger, tree):
            try:
                found += subject.cataloger.parse(file, tree)
            except InputError as error:
                found.append(Skipped(where=error.where, reason=error.what))
    for item in found:
        promised(item)
    return found


def promised(item: Found) -> None:
    """Hold one thing seen against what every cataloger promises."""
    if isinstance(item, Package):
        assert Purl.parse(item.id) == item.purl, item.id
        assert item.name
        assert all(location.path and not location.cataloger for location in item.locations)
    elif isinstance(item, Dependency):
        assert item.relation in RELATIONS
    else:
        assert item.reason


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise TooSlowError where the block takes more CPU time; in a thread that gets no signals, after it ends."""
    start = time.process_time()
    previous: Any = None
    signals = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if signals:
        previous = signal.signal(signal.SIGPROF, _too_slow)
        signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        if signals:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, previous)
    if time.process_time() - start > seconds:
        _too_slow()


def _too_slow(*_: object) -> None:
    raise TooSlowError


def damaged(data: bytes, draw: random.Random) -> bytes:
    """Give the file cut short, or with a byte or a few changed, left out or put in."""
    kind, at = draw.randrange(5), draw.randrange(len(data) + 1)
    new = draw.choice((b"\0", b"\xff", b'"', b"\n", b"(", b"-", draw.randbytes(1), draw.randbytes(4)))
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + new + data[at:]
    if kind == 2:
        return data[:at] + data[at + draw.choice((1, 1, 2, 8, 100)) :]
    return data[:at] + new + data[at + len(new) :]


DEPTH = 10_000
LINE = 1_000_000

HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "NULs": lambda data: bytes(len(data)),
    "no UTF-8": lambda data: data[: len(data) // 2] + b"\xff\xfe\x80" + data[len(data) // 2 :],
    "UTF-16": lambda data: data.decode("latin-1").encode("utf-16"),
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "brackets": lambda _: b"[" * DEPTH,
    "closed brackets": lambda _: b"[" * DEPTH + b"]" * DEPTH,
    "braces": lambda _: b'{"a":' * DEPTH,
    "parentheses": lambda data: data + b"(" * DEPTH,
    "deep YAML": lambda _: b"- " * DEPTH,
    "deep XML": lambda _: b"<a>" * DEPTH,
    "letters": lambda _: b"a" * LINE,
    "letters in place of the end": lambda data: data + b"a" * LINE,
    "spaces": lambda data: data + b" " * LINE,
    "tabs and a letter": lambda data: b"\t" * LINE + b"x" + data,
    "quotes": lambda data: data + b'"' * LINE,
    "backslashes": lambda data: data + b"\\" * LINE,
    "digits": lambda _: b"1" * LINE,
    "commas": lambda _: b"a," * (LINE // 2),
    "empty lines": lambda data: data + b"\n" * LINE,
}
"""What is made of a good file, by name."""


def stretched(data: bytes, draw: random.Random, size: int) -> bytes:
    """Give the file with one piece of a line written again and again: what quadratic patterns stumble over."""
    lines = data.split(b"\n")
    index = draw.randrange(len(lines))
    line = lines[index]
    start = draw.randrange(len(line) + 1)
    piece = line[start : start + draw.choice((1, 1, 2, 5, 20, 200))] or b" "
    long = line[:start] + piece * (size // len(piece)) + draw.choice((line[start:], b"", b"!"))
    return b"\n".join([*lines[:index], long, *lines[index + 1 :]])


VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        1.5,
        10**30,
        1 << 63,
        "",
        "\0",
        "a/../b",
        "@",
        "://",
        "x" * 5000,
        "\ud800",
        [],
        {},
        [[]],
        [None],
    ),
    *({"": None}, {"a": {"b": []}}, [{"name": []}], [0], {"name": 0, "version": []}),
)
"""Values of every type, to stand where another one should."""


def places(node: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Give the paths of all values in a document."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path] + [place for key, value in inner for place in places(value, (*path, key))]


def replaced(node: object, path: tuple[Any, ...], value: object) -> object:
    """Give the document with another value at a path."""
    if not path:
        return value
    if isinstance(node, dict):
        return {**node, path[0]: replaced(node[path[0]], path[1:], value)}
    items = node if isinstance(node, list) else []
    return [replaced(item, path[1:], value) if index == path[0] else item for index, item in enumerate(items)]


def as_json(data: bytes) -> object | None:
    """Give a document that is JSON; None for what is none."""
    try:
        value = json.loads(data)
    except ValueError:
        return None
    return value if isinstance(value, dict | list) else None


def to_json(value: object) -> bytes:
    """Write JSON, lone surrogates as the escapes that hostile writers use."""
    return json.dumps(value).encode()


_SCALAR = re.compile(rb"""(?<== )[^\n#]+|(?<=: )[^\n#]+|"[^"\n]*"|'[^'\n]*'|(?<=>)[^<>\n]+(?=<)|(?<==)[^\s<>,;]+""")
_WRITTEN = (
    *(
        b"5",
        b"1.5",
        b"nan",
        b"true",
        b"null",
        b"~",
        b"[]",
        b"[[]]",
        b"{}",
        b'{a = ""}',
        b'{"a": []}',
        b'""',
        b'"\\u0000"',
    ),
    *(
        b"2020-01-01",
        b'["x", 1]',
        b"9" * 400,
        b"0x" + b"f" * 40,
        b"1e999",
        b"- a",
        b"*a",
        b"&a",
        b"<<",
        b"<a/>",
        b"${a}",
    ),
    *(b"@", b"://", b"!!set {}", b"|", b"\n", b"\xff", b"(", b'"', b"'", b"\\", b"#{x}", b"../../..", b"%00", b"%zz"),
)


def rewritten(data: bytes, draw: random.Random) -> bytes | None:
    """Give a text with one value written as something else; None where it has no value that can be told."""
    found = list(_SCALAR.finditer(data))
    if not found:
        return None
    match = draw.choice(found)
    return data[: match.start()] + draw.choice(_WRITTEN) + data[match.end() :]


def is_toml(data: bytes) -> bool:
    """Say whether a file is TOML."""
    try:
        tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        return False
    return True
