"""The compiled matcher says the same as the standard library's fnmatch, segment by segment."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.model.globs import compile_excludes, compile_globs


def by_fnmatch(path: list[str], pattern: list[str]) -> bool:
    """Give the answer the slow way: `**` is tried with every number of directories."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        if len(pattern) == 1:
            return bool(path)
        return any(by_fnmatch(path[skip:], pattern[1:]) for skip in range(len(path)))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and by_fnmatch(path[1:], pattern[1:])


names = st.sampled_from(
    ["a", "b", "a.txt", "b.txt", "a.b.txt", ".txt", "copyright", "copyright.txt", "x", "a\nb", "[a]"]
)
wild = st.sampled_from(
    ["*", "*.txt", "a*", "?", "?.txt", "*.b.*", "*.b.txt", "a*.txt", "copyright", "a", "a.txt", "**"]
)
paths = st.lists(names, min_size=1, max_size=4)
patterns = st.lists(st.lists(wild, min_size=1, max_size=4), min_size=1, max_size=5)


@given(path=paths, group=patterns)
def test_a_path_matches_exactly_where_fnmatch_says_so(path: list[str], group: list[list[str]]) -> None:
    expected = any(by_fnmatch(path, pattern) for pattern in group)
    assert compile_globs(["/".join(p) for p in group])("/".join(path)) is expected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("**/poetry.lock", "poetry.lock", True),
        ("**/poetry.lock", "srv/app/poetry.lock", True),
        ("**/poetry.lock", "srv/app/my-poetry.lock", False),
        ("var/lib/dpkg/status", "var/lib/dpkg/status", True),
        ("var/lib/dpkg/status", "x/var/lib/dpkg/status", False),
        ("var/lib/dpkg/status.d/*", "var/lib/dpkg/status.d/base", True),
        ("var/lib/dpkg/status.d/*", "var/lib/dpkg/status.d/a/b", False),
        ("usr/share/doc/*/copyright", "usr/share/doc/libc6/copyright", True),
        ("usr/share/doc/*/copyright", "usr/share/doc/copyright", False),
        ("**/*.dist-info/METADATA", "usr/lib/a-1.dist-info/METADATA", True),
        ("**/*.dist-info/METADATA", "METADATA", False),
        ("**/requirements*.txt", "requirements-dev.txt", True),
        ("**/*.tar.gz", "a/b.tar.gz", True),
        ("**/*.tar.gz", "a/b.zip.gz", False),
        ("app/**", "app/a/b", True),
        ("app/**", "app", False),
        ("**/[id].json", "web/[id].json", True),
        ("**/[id].json", "web/i.json", False),
        ("**/a.b", "x/a+b", False),
    ],
)
def test_patterns_mean_what_the_interface_says(pattern: str, path: str, expected: bool) -> None:
    assert compile_globs([pattern])(path) is expected


def test_no_pattern_matches_nothing() -> None:
    assert not compile_globs([])("a")


@pytest.mark.parametrize("pattern", ["app", "./app", "/app", "app/", "app/**", "**/app", "ap?"])
def test_what_is_excluded_is_excluded_with_all_that_is_below(pattern: str) -> None:
    excluded = compile_excludes([pattern])
    assert excluded("app/lib/x.jar")
    assert excluded("app/x")
    assert not excluded("apple/x")
    assert not excluded("srv/application/app.txt")
    assert excluded("srv/app/x") == (pattern == "**/app")


def test_a_very_deep_path_is_asked_for_without_recursion() -> None:
    assert compile_excludes(["a"])("a/" + "b/" * 5000 + "c")
    assert not compile_excludes(["x"])("a/" + "b/" * 5000 + "c")
