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

__all__ = ["compile_globs", "glob_key"]

_WILD = re.compile(r"[*?]")
_NO_LITERAL = re.compile(r"\*\*/|/\*\*|[*?]")  # what may stand for nothing, or for anything
_Test: TypeAlias = Callable[[str], object]


def compile_globs(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Give a function that says whether a path matches one of `patterns`."""
    return _compile(tuple(sorted(set(patterns))))


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
    buckets: dict[str, list[str]] = {}
    always: set[str] = set()
    rest: list[str] = []
    for pattern in patterns:
        if pattern in exact:
            continue
        key = glob_key(pattern)
        if not key:
            rest.append(pattern)
            continue
        buckets.setdefault(key, []).append(pattern)
        if pattern == f"**/{key}" and not key.startswith("*"):
            always.add(key)
    by_key: dict[str, _Test] = {key: bool if key in always else _regex(group) for key, group in buckets.items()}
    # `folder/*` without other wildcards is a look-up too; the few that are left are asked for only where a stretch that
    # they all need is in the path.
    folders = frozenset(p[:-1] for p in rest if p.endswith("/*") and not _WILD.search(p[:-1]))
    needles: dict[str, list[str]] = {}
    for pattern in rest:
        if pattern[:-1] not in folders:
            needles.setdefault(max(_NO_LITERAL.split(pattern), key=len), []).append(pattern)
    by_needle = [(needle, _regex(group)) for needle, group in needles.items()]

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
        for needle, fits in by_needle:  # noqa: SIM110 - a generator would cost more than the loop
            if needle in path and fits(path) is not None:
                return True
        return False

    return matches


def _regex(patterns: Iterable[str]) -> Callable[[str], re.Match[str] | None]:
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
