"""What `setup.cfg` and `setup.py` say of a project: read as text, never run.

    setup = read_setup("app", tree)
    setup.name, setup.version       # "" where the program works them out
    setup.needs                     # install_requires, extras_require, tests_require, setup_requires

Specs: https://setuptools.pypa.io/en/latest/userguide/declarative_config.html and
https://setuptools.pypa.io/en/latest/references/keywords.html. A value in setup.py wins over one in setup.cfg, as it
does for setuptools. Of setup.py only what stands there as a constant is known: the arguments of the call of `setup`,
and the names that are set once at the top of the file. Everything else is noted, for only running the program would
tell it.
"""

from __future__ import annotations

import ast
import configparser
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from custody.errors import InputError
from custody.inventory.interface import File, Tree
from custody.inventory.lockfile import join_path
from custody.model import Skipped

__all__ = ["Asked", "Setup", "read_setup"]

MAX_BYTES = 1 << 20
"""Length of a setup file; longer ones are generated data."""
MAX_DEPTH = 50
"""Values inside each other."""
MAX_STEPS = 5_000
"""Values looked at in one program: names that double each other would go on for ever."""
MAX_TEXT = 10_000
"""Characters of a text that is put together; a requirement has some hundred."""

_CALLS = ("setup", "setuptools.setup", "distutils.core.setup", "core.setup")
_CHANGES = ("append", "extend", "insert", "update", "remove", "setdefault", "pop")
_DYNAMIC = ("attr:", "file:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One requirement as written.

    relation: "depends_on", "optional", "dev" or "build"; path, place: where it stands.
    """

    text: str
    relation: str
    path: str
    place: str


@dataclass(slots=True, kw_only=True)
class Setup:
    """A project as its setup files describe it.

    file: the one that names it; says: whether they state what is needed to run; stated: what setup.py gives, written
    out or not: fields by name, requirements by relation.
    """

    file: File
    name: str = ""
    version: str = ""
    licence: str = ""
    description: str = ""
    asked: list[Asked] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    says: bool = False
    stated: set[str] = field(default_factory=set)


def read_setup(folder: str, tree: Tree) -> Setup | None:
    """Give what the setup files in `folder` say; None where there are none that describe a package."""
    found = [_read(tree.get(join_path(folder, name) or ""), read) for name, read in _READERS]
    setups = [setup for setup in found if setup is not None]
    if not setups:
        return None
    first = setups[0]
    for other in setups[1:]:
        if other.name and not first.name and "name" not in first.stated:
            first.file = other.file
        for key in ("name", "version", "licence", "description"):
            if key not in first.stated:
                setattr(first, key, getattr(other, key))
        first.asked += [ask for ask in other.asked if ask.relation not in first.stated]
        first.skipped += other.skipped
        first.says = first.says or other.says
    return first


def _read(file: File | None, read: Callable[[File], Setup | None]) -> Setup | None:
    if file is None:
        return None
    if len(file.data) > MAX_BYTES:
        why = f"of {len(file.data)} bytes is longer than {MAX_BYTES}"
        return Setup(file=file, skipped=[Skipped(where=file.path, reason=why)])
    try:
        return read(file)
    except InputError as error:
        return Setup(file=file, skipped=[Skipped(where=error.where, reason=error.what)])


# ── setup.cfg ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_cfg(file: File) -> Setup | None:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(file.data.decode("utf-8-sig"))
        sections = {name: {key.replace("-", "_"): value for key, value in parser.items(name)} for name in parser}
    except UnicodeDecodeError as error:
        raise InputError(file.path, f"not UTF-8: byte {error.start}") from None
    except (configparser.Error, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(file.path, f"not a configuration file: {reason}") from None
    metadata, options = sections.get("metadata", {}), sections.get("options", {})
    if not metadata and not options:
        return None  # the settings of some tool
    setup = Setup(file=file, says="install_requires" in options)
    setup.name = metadata.get("name", "").strip()
    setup.version = _literal(metadata.get("version", ""))
    setup.licence = _literal(metadata.get("license", ""))
    setup.description = _literal(metadata.get("description", metadata.get("summary", "")))
    for key, relation in (("install_requires", "depends_on"), ("setup_requires", "build"), ("tests_require", "dev")):
        _cfg_rows(options.get(key, ""), relation, f"options.{key}", setup)
    for extra, text in sections.get("options.extras_require", {}).items():
        _cfg_rows(text, "optional", f"options.extras_require.{extra}", setup)
    return setup


def _cfg_rows(text: str, relation: str, place: str, setup: Setup) -> None:
    if text.strip().startswith(_DYNAMIC):
        why = f"the requirements stand elsewhere ({text.strip()[:80]}) and are known where that file is read"
        setup.skipped.append(Skipped(where=setup.file.at(place), reason=why))
        return
    rows = text.splitlines() if "\n" in text else text.split(";") if "python_version" not in text else [text]
    for row in rows:
        row = re.sub(r"(?:^|\s)#.*", "", row).strip()
        if row:
            setup.asked.append(Asked(text=row, relation=relation, path=setup.file.path, place=place))


def _literal(text: str) -> str:
    return "" if text.strip().startswith(_DYNAMIC) else text.strip()


# ── setup.py ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Unknown(Exception):  # noqa: N818 - it is no fault that a program works something out
    """The value is not written there."""


def _read_py(file: File) -> Setup | None:
    tree = _syntax(file)
    call = next((node for node in ast.walk(tree) if isinstance(node, ast.Call) and _dotted(node.func) in _CALLS), None)
    if call is None:
        return None
    reader = _Program(tree)
    arguments: dict[str, ast.expr] = {}
    setup = Setup(file=file)
    for keyword in call.keywords:
        if keyword.arg:
            arguments[keyword.arg] = keyword.value
            continue
        try:  # setup(**settings)
            arguments = {**reader.table(keyword.value), **arguments}
        except _Unknown:
            setup.skipped.append(Skipped(where=file.at(f"line {keyword.value.lineno}"), reason=_ONLY_RUN))
    for key, name in (("name", "name"), ("version", "version"), ("license", "licence"), ("description", "description")):
        if key in arguments:
            setup.stated.add(name)
        setattr(setup, name, reader.text_or(arguments.get(key)))
    for key, relation in (("install_requires", "depends_on"), ("setup_requires", "build"), ("tests_require", "dev")):
        if key in arguments:
            setup.says = setup.says or relation == "depends_on"
            setup.stated.add(relation)
            _py_rows(reader, arguments[key], relation, key, setup)
    if "extras_require" in arguments:
        setup.stated.add("optional")
        try:
            extras = reader.table(arguments["extras_require"])
        except _Unknown:
            extras = {}
            where = file.at(f"line {arguments['extras_require'].lineno}")
            setup.skipped.append(Skipped(where=where, reason=f"extras_require {_ONLY_RUN}"))
        for extra, value in extras.items():
            _py_rows(reader, value, "optional", f"extras_require.{extra}", setup)
    return setup


_ONLY_RUN = "is worked out by the program, which is not run: what it asks for is not known"


def _py_rows(reader: _Program, value: ast.expr, relation: str, place: str, setup: Setup) -> None:
    where = setup.file.at(f"line {value.lineno}")
    try:
        for row in reader.texts(value):
            for line in row.splitlines():  # one text with a requirement a line is allowed too
                if line.strip():
                    setup.asked.append(Asked(text=line.strip(), relation=relation, path=setup.file.path, place=place))
    except _Unknown:
        setup.skipped.append(Skipped(where=where, reason=f"{place} {_ONLY_RUN}"))
    if reader.changed.intersection(node.id for node in ast.walk(value) if isinstance(node, ast.Name)):
        setup.skipped.append(Skipped(where=where, reason=f"{place} is changed by the program, which is not run"))


def _syntax(file: File) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an invalid escape in somebody else's program
            return ast.parse(file.data)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = f"line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__
        raise InputError(file.at(place), f"not a program of Python 3: {reason}") from None


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


class _Program:
    """Gives the constants of a program. changed: names whose value is also changed in some other way."""

    def __init__(self, tree: ast.Module) -> None:
        self.values: dict[str, ast.expr] = {}
        self.changed: set[str] = set()
        self.left = MAX_STEPS
        times: dict[str, int] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                times[node.id] = times.get(node.id, 0) + 1
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
                self.changed.add(_dotted(node.func.value))
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                self.changed.add(_dotted(node.value))
            elif isinstance(node, ast.AugAssign):
                self.changed.add(_dotted(node.target))
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                target, value = statement.targets[0], statement.value
            elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
                target, value = statement.target, statement.value
            else:
                continue
            if isinstance(target, ast.Name) and (times.get(target.id) == 1 or target.id in self.changed):
                self.values.setdefault(target.id, value)

    def text_or(self, node: ast.expr | None) -> str:
        """Give a constant text, "" for anything else."""
        try:
            return self.text(node, 0) if node is not None else ""
        except _Unknown:
            return ""

    def text(self, node: ast.expr, depth: int) -> str:
        node = self.resolved(node, depth)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and depth < MAX_DEPTH:
            text = self.text(node.left, depth + 1) + self.text(node.right, depth + 1)
            if len(text) <= MAX_TEXT:
                return text
        raise _Unknown

    def texts(self, node: ast.expr, depth: int = 0) -> Iterator[str]:
        """Give the texts of a list, or the one text; raises `_Unknown` after those that are known."""
        node = self.resolved(node, depth)
        unknown = False
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            for item in node.elts:
                try:
                    if isinstance(item, ast.Starred):
                        yield from self.texts(item.value, depth + 1)
                    else:
                        yield self.text(item, depth + 1)
                except _Unknown:
                    unknown = True
        elif isinstance(node, ast.BinOp):
            yield from self.sum(node, depth)
        else:
            yield self.text(node, depth)
        if unknown:
            raise _Unknown

    def sum(self, node: ast.BinOp, depth: int) -> Iterator[str]:
        """Give the one text that texts make together, or the texts of lists that are joined."""
        try:
            yield self.text(node, depth)
            return
        except _Unknown:
            if not isinstance(node.op, ast.Add) or depth >= MAX_DEPTH:
                raise
        unknown = False
        for side in (node.left, node.right):
            try:
                part = self.resolved(side, depth + 1)
                if isinstance(part, ast.List | ast.Tuple | ast.BinOp):
                    yield from self.texts(part, depth + 1)
                else:
                    unknown = True
            except _Unknown:
                unknown = True
        if unknown:
            raise _Unknown

    def table(self, node: ast.expr, depth: int = 0) -> dict[str, ast.expr]:
        """Give the entries of a dictionary with constant keys."""
        node = self.resolved(node, depth)
        if isinstance(node, ast.Call) and _dotted(node.func) == "dict" and not node.args:
            return {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        if not isinstance(node, ast.Dict):
            raise _Unknown
        found: dict[str, ast.expr] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                found[self.text(key, depth + 1)] = value
        return found

    def resolved(self, node: ast.expr, depth: int) -> ast.expr:
        """Follow a name to what it was set to."""
        self.left -= 1
        if self.left < 0:
            raise _Unknown
        while isinstance(node, ast.Name):
            depth += 1
            value = self.values.get(node.id)
            if value is None or depth > MAX_DEPTH:
                raise _Unknown
            node = value
        return node


_READERS: tuple[tuple[str, Callable[[File], Setup | None]], ...] = (("setup.py", _read_py), ("setup.cfg", _read_cfg))
