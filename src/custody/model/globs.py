"""Path patterns compiled into one fast question.

    matches = compile_globs(("**/poetry.lock", "var/lib/dpkg/info/*.list"))
    matches("srv/app/poetry.lock")      # True

Patterns match the whole path. `*` and `?` stop at "/"; the segment `**` stands for any number of directories, none
included, and as the last segment for everything below a folder. All other characters mean themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeAlias

__all__ = ["compile_excludes", "compile_globs", "glob_key"]

_WILD = re.compile(r"[*?]")
_NO_LITERAL = re.compile(r"\*\*/|/\*\*|[*?]")  # what may stand for nothing, or for anything
_Test: TypeAlias = Callable[[str], object]


def compile_globs(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Give a function that says whether a path matches one of `patterns`."""
    return _compile(tuple(sorted(set(patterns))))


def compile_excludes(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Give a function that says whether a path, or a folder that it is in, matches one of `patterns`.

    So "app" leaves out all of app, of a folder as of an archive. "./app", "/app" and "app/" mean the same.
    """
    matches = compile_globs(p.removeprefix("./").strip("/") for p in patterns)
    known: dict[str, bool] = {}

    def excluded(path: str) -> bool:
        if matches(path):
            return True
        folder, above = path.rpartition("/")[0], []
        while folder and folder not in known:
            above.append(folder)
            folder = folder.rpartition("/")[0]
        inside = known.get(folder, False)
        for name in reversed(above):
            inside = known[name] = inside or matches(name)
        return inside

    return excluded


def glob_key(pattern: str) -> str:
    """Give what the base name of each matching path is or ends in: a whole name, "*" with an extension, or "" for any.

    "**/poetry.lock" gives "poetry.lock", "**/*.dist-info" gives "*.dist-info", "etc/*-release" gives "".
    """
    last = pattern.rpartition("/")[2]
    if not _WILD.search(last):
        return last
    literal_end = _WILD.split(last)[-1]
    return "*" + literal_end[literal_end.rindex(".") :] if "." in literal_end else ""


@lru_cache(maxsize=256)
def _compile(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    # A path is asked for once for each file of an image, so nearly all of them are told apart by three dictionary
    # look-ups: by whole path, base name and extension. A regular expression runs only where its last segment already
    # fits.
    exact = frozenset(p for p in patterns if not _WILD.search(p))
    by_key, rest = _by_key(p for p in patterns if p not in exact)
    # `folder/*` without other wildcards is a look-up too; the few that are left are asked for only where a stretch that
    # they all need is in the path.
    folders = frozenset(p[:-1] for p in rest if p.endswith("/*") and not _WILD.search(p[:-1]))
    needles: dict[str, list[str]] = {}
    for pattern in rest:
        if pattern[:-1] not in folders:
            needles.setdefault(max(_NO_LITERAL.split(pattern), key=len), []).append(pattern)
    by_needle: dict[str, _Test] = {}
    for needle, group in needles.items():
        _put_late(by_needle, needle, group)

    def matches(path: str) -> bool:
        name = path[path.rfind("/") + 1 :]
        test = by_key.get(name)
        if test is not None and test(path):
            return True
        dot = name.rfind(".")
        if dot >= 0:
            test = by_key.get("*" + name[dot:])
            if test is not None and test(path):
                return True
        if path in exact or path[: len(path) - len(name)] in folders:
            return True
        for needle in needles:  # noqa: SIM110 - a generator would cost more than the loop
            if needle in path and by_needle[needle](path):
                return True
        return False

    return matches


def _by_key(patterns: Iterable[str]) -> tuple[dict[str, _Test], list[str]]:
    """Give the tests of patterns by their key, and the patterns that have none."""
    groups: dict[str, list[str]] = {}
    for pattern in patterns:
        groups.setdefault(glob_key(pattern), []).append(pattern)
    rest = groups.pop("", [])
    tests: dict[str, _Test] = {}
    for key, group in groups.items():
        if f"**/{key}" in group and not key.startswith("*"):
            tests[key] = bool  # any path with this name
        else:
            _put_late(tests, key, group)
    return tests, rest


def _put_late(tests: dict[str, _Test], key: str, patterns: Iterable[str]) -> None:
    """Put a test whose expression is made for the first path: most never see one, and each takes 0.1 ms to make."""

    def first(path: str) -> object:
        tests[key] = test = _regex(patterns)
        return test(path)

    tests[key] = first


def _regex(patterns: Iterable[str]) -> _Test:
    return re.compile("|".join(_translate(pattern) for pattern in patterns), re.DOTALL).fullmatch


def _translate(pattern: str) -> str:
    segments = pattern.split("/")
    parts = []
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        if segment == "**":
            parts.append(".+" if last else "(?:[^/]+/)*")
        else:
            parts.append(
                "".join({"*": "[^/]*", "?": "[^/]"}.get(c, re.escape(c)) for c in segment) + ("" if last else "/")
            )
    return "".join(parts)
