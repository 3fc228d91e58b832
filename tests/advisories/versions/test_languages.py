from __future__ import annotations

import contextlib
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custody.advisories.interface import Ordering
from custody.advisories.keys import AFTER_ALL, just_after
from custody.advisories.versions import (
    bitnami,
    conan,
    cran,
    fallback,
    githubactions,
    golang,
    haskell,
    julia,
    maven,
    nuget,
    opam,
    packagist,
    pep440,
    pub,
    rubygems,
    semver,
    swift,
)
from custody.advisories.versions import hex as hex_packages
from custody.errors import InputError

VECTORS = Path(__file__).parent.parent.parent / "vectors" / "versions"
# The file, its ordering, and how many lines there are at least: thousands by a tool, dozens by hand.
FILES = [
    ("bitnami", bitnami.ORDERING, 2500),
    ("conan", conan.ORDERING, 2500),
    ("cran", cran.ORDERING, 2500),
    ("crates", semver.ORDERING, 2000),
    ("golang", golang.ORDERING, 2500),
    ("haskell", haskell.ORDERING, 2000),
    ("hex", hex_packages.ORDERING, 2000),
    ("julia", julia.ORDERING, 40),
    ("maven", maven.ORDERING, 2500),
    ("nuget", nuget.ORDERING, 40),
    ("opam", opam.ORDERING, 2500),
    ("packagist", packagist.ORDERING, 2500),
    ("pub", pub.ORDERING, 40),
    ("rubygems", rubygems.ORDERING, 2500),
    ("toolchain", golang.ORDERING, 2000),
]
ORDERINGS = [
    *dict.fromkeys(ordering.name for _, ordering, _ in FILES),
    *(o.name for o in (fallback.ORDERING, githubactions.ORDERING, pep440.ORDERING, swift.ORDERING)),
]
BY_NAME = {
    o.name: o
    for o in (
        *(ordering for _, ordering, _ in FILES),
        fallback.ORDERING,
        githubactions.ORDERING,
        pep440.ORDERING,
        swift.ORDERING,
    )
}


def lines(name: str) -> list[list[str]]:
    first, *rest = (VECTORS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    assert first.startswith("# ")
    return [line.split(" ") for line in rest]


@pytest.mark.parametrize(
    ("name", "ordering", "least"), FILES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_order_is_the_ecosystems_own(name: str, ordering: Ordering, least: int) -> None:
    asked = [line for line in lines(name) if len(line) == 3]
    assert len(asked) >= least
    wrong = []
    for a, sign, b in asked:
        first, second = ordering.key(a), ordering.key(b)
        if not ((first < second) if sign == "<" else (first == second)):
            wrong.append(f"{a} {sign} {b}")
    assert not wrong


@pytest.mark.parametrize(("name", "ordering"), [(name, ordering) for name, ordering, _ in FILES])
def test_what_the_ecosystem_takes_for_no_version_is_refused(name: str, ordering: Ordering) -> None:
    accepted = []
    for line in lines(name):
        if len(line) == 2:
            try:
                ordering.key(line[0])
            except InputError:
                continue
            accepted.append(line[0])
    assert not accepted


@pytest.mark.parametrize(("name", "ordering"), [(name, ordering) for name, ordering, _ in FILES])
def test_keys_fit_between_the_bounds_of_all_intervals(name: str, ordering: Ordering) -> None:
    keys = sorted({ordering.key(version) for line in lines(name) if len(line) == 3 for version in (line[0], line[2])})
    assert keys[0]
    assert keys[-1] < AFTER_ALL
    assert all(just_after(low) <= high for low, high in pairwise(keys))


# ── any text ─────────────────────────────────────────────────────────────────────────────────────────────────────────

NUMBERS = "0 1 9 10 007 2147483648 9223372036854775808 20240101 ٣ ²"
WORDS = "a b m p rc RC alpha beta dev pre SNAPSHOT final ga sp x X v go rc1 -dev .x-dev as é ${v} dev-master"
SIGNS = ". . . - - + ~ _ : ! @ * \x00 \ud800"
PIECES = st.sampled_from([*f"{NUMBERS} {WORDS} {SIGNS}".split(" "), " ", "\n"])
NASTY = st.lists(PIECES, max_size=9).map("".join)


@pytest.mark.parametrize("name", ORDERINGS)
@given(text=st.one_of(NASTY, st.text(max_size=20)))
@example(text="")
@example(text=" ")
@settings(max_examples=200)
def test_any_text_gives_a_key_or_an_input_error(name: str, text: str) -> None:
    ordering = BY_NAME[name]
    try:
        key = ordering.key(text)
    except InputError:
        pass
    else:
        assert key
        assert key < AFTER_ALL
        assert ordering.key(text) == key
    bounds = ordering.around(text)
    assert bounds is None or b"" < bounds[0] < bounds[1] < AFTER_ALL


@pytest.mark.parametrize("name", ORDERINGS)
@given(digits=st.integers(1, 240), first=st.sampled_from("123456789"))
@settings(max_examples=30)
def test_numbers_of_any_length_sort_by_value(name: str, digits: int, first: str) -> None:
    ordering = BY_NAME[name]
    a, b = first * digits, first * digits + "0"
    if name == "packagist":  # five digits at the front, and PHP counts no further than 2^63 - 1
        low, high = (min(int(n), 2**63 - 1) for n in (a, b))
        assert (ordering.key(f"1.{a}") < ordering.key(f"1.{b}")) == (low < high)
        assert (ordering.key(f"1.{a}") == ordering.key(f"1.{b}")) == (low == high)
    else:  # forty digits alone could be a commit
        assert ordering.key(f"{a}.0") < ordering.key(f"{b}.0")


@pytest.mark.parametrize("name", ORDERINGS)
@pytest.mark.parametrize(
    "text",
    [
        "1" * 100_000,
        "1." * 50_000 + "!",
        "1.0-" + "a-" * 50_000 + "!",
        "1.0-beta" + "1" * 1000 + "!",
        "1.0-beta" + ".1" * 500 + "!",
        "2024" + "01" * 500 + "!",
        "1" + " " * 1000 + "!",
        " " * 1000 + "!",
        "1.0" + "+a" * 500 + "!\n",
        "1" + "-" * 1000 + "\n!",
        "0" * 1020 + "\n!",
        "é" * 1000,
    ],
    ids=range(12),
)
def test_what_is_no_version_is_refused_at_once(name: str, text: str) -> None:
    ordering = BY_NAME[name]
    start = time.process_time()
    with pytest.raises(InputError):
        ordering.key(text + "\x00")
    ordering.around(text)
    assert time.process_time() - start < 0.2


@pytest.mark.parametrize("name", ORDERINGS)
@pytest.mark.parametrize("part", [".0", ".1", "-", "a1.", "-a", "1a", ".a", "0"])
def test_the_longest_version_takes_no_time(name: str, part: str) -> None:
    ordering = BY_NAME[name]
    text = "1" + part * (1000 // len(part))
    start = time.process_time()
    with contextlib.suppress(InputError):
        ordering.key(text)
    assert time.process_time() - start < 0.2


# ── NuGet, Pub, Julia: their rules, written down a second time ───────────────────────────────────────────────────────

LABELS = st.lists(
    st.sampled_from(["0", "1", "2", "10", "a", "A", "b", "rc", "RC", "a1", "1a", "-", "-1", "-10", "--", "0x1f", "31"]),
    min_size=1,
    max_size=3,
).map(".".join)
CORE = st.lists(st.sampled_from(["0", "1", "2", "10", "01"]), min_size=1, max_size=3).map(".".join)


def fields(version: str) -> tuple[list[int], str | None, str | None]:
    rest, plus, build = version.partition("+")
    core, hyphen, pre = rest.partition("-")
    numbers = [int(n) for n in core.split(".")]
    return [*numbers, 0, 0, 0][:4], pre if hyphen else None, build if plus else None


def nuget_order(version: str) -> object:
    """Numbers below texts, numbers with a sign among them, texts without regard to case; no metadata."""
    numbers, pre, _ = fields(version)
    labels = [(0, int(i), "") if i.removeprefix("-").isdigit() else (1, 0, i.upper()) for i in (pre or "").split(".")]
    return numbers, pre is None, labels if pre is not None else []


def pub_order(version: str) -> object:
    """`int.tryParse` says what is a number; a build is above none."""

    def parts(text: str | None) -> list[tuple[int, int, str]]:
        found = []
        for part in text.split(".") if text is not None else ():
            try:
                found.append((0, int(part, 16 if part.startswith("0x") else 10), ""))
            except ValueError:
                found.append((1, 0, part))
        return found

    numbers, pre, build = fields(version)
    return numbers, pre is None, parts(pre), build is not None, parts(build)


def julia_order(version: str) -> object:
    def parts(text: str | None) -> list[tuple[int, int, str]]:
        return [(0, int(i), "") if i.isdigit() else (1, 0, i) for i in text.split(".")] if text is not None else []

    numbers, pre, build = fields(version)
    return numbers, pre is None, parts(pre), parts(build)


@pytest.mark.parametrize(("ordering", "order"), [(nuget, nuget_order), (pub, pub_order), (julia, julia_order)])
@given(data=st.data())
@settings(max_examples=200)
def test_versions_compare_by_the_rules(ordering: object, order: object, data: st.DataObject) -> None:
    def version() -> str:
        core, pre, build = data.draw(CORE), data.draw(st.none() | LABELS), data.draw(st.none() | LABELS)
        return core + (f"-{pre}" if pre is not None else "") + (f"+{build}" if build is not None else "")

    a, b = version(), version()
    first, second = ordering.key(a), ordering.key(b)  # type: ignore[attr-defined]
    assert (first < second) == (order(a) < order(b))  # type: ignore[operator]
    assert (first == second) == (order(a) == order(b))  # type: ignore[operator]


def test_the_highest_build_of_julia_is_above_every_build() -> None:
    assert julia.key("1.0+a.b") < julia.key("1.0+") < julia.key("1.0.1-")
    assert julia.key("1.0-") < julia.key("1.0-0") < julia.key("1.0")


# ── what is particular ───────────────────────────────────────────────────────────────────────────────────────────────


def ascending(ordering: Ordering, *versions: str) -> None:
    keys = [ordering.key(version) for version in versions]
    assert all(low < high for low, high in pairwise(keys)), versions


def test_go_modules_and_toolchains_share_one_order() -> None:
    ascending(
        golang.ORDERING,
        "go1.20.14",
        "go1.21",
        "go1.21rc2",
        "1.21.0-rc.3",
        "1.21rc4",
        "1.21.0",
        "v1.21.1",
        "go1.22rc1",
    )
    assert golang.key("go1.22rc1") == golang.key("1.22.0-rc.1") == golang.key("1.22rc1")
    assert golang.key("go1.21") == golang.key("1.21.0-0")
    assert golang.key("go1.20") == golang.key("1.20.0")
    assert golang.key("1.21") == golang.key("v1.21.0") == golang.key("1.21.0+incompatible")
    assert golang.key("go1.22.1 X:boringcrypto") == golang.key("go1.22.1-vendor") == golang.key("1.22.1")
    ascending(golang.ORDERING, "0.0.0-20191109021931-daa7c04131f5", "0.0.0-20200101000000-000000000000", "0.0.1-0.2020")


@pytest.mark.parametrize(
    "text", ["(devel)", "devel go1.23-abcdef", "go", "gotip", "go1.21.0rc1", "go01.2", "1.21.0rc1"]
)
def test_no_go_version(text: str) -> None:
    with pytest.raises(InputError):
        golang.key(text)


def test_a_tag_that_moves_is_known_and_a_commit_has_no_place() -> None:
    assert githubactions.is_moving("v4")
    assert githubactions.is_moving("4.1")
    assert not githubactions.is_moving("v4.1.2")
    assert githubactions.key("v4") == githubactions.key("4.0.0") < githubactions.key("v4.1.2")
    low, high = githubactions.around("v4") or (b"", b"")
    assert low < githubactions.key("v4.0.0-rc.1") < githubactions.key("v4.99.0") < high <= githubactions.key("v5.0.0-1")
    for text in ("11bd71901bbe5b1630ceea73d27597364c9af683", "1" * 40, "main", "release/v1"):
        with pytest.raises(InputError):
            githubactions.key(text)
    assert githubactions.around("1" * 40) is None


@pytest.mark.parametrize(
    "text", ["dev-master", "dev-1.x", "master", "1.x", "trunk", "1.0 as", "DEV-x", "2.x-feature-dev"]
)
def test_a_composer_branch_has_no_place(text: str) -> None:
    with pytest.raises(InputError):
        packagist.key(text)


def test_composer_reads_what_stands_around_a_version() -> None:
    assert packagist.key("1.0 as 2.0") == packagist.key("1.0@beta") == packagist.key(" v1.0.0+build ")
    ascending(
        packagist.ORDERING, "1.0-dev", "1.0a1", "1.0b1", "1.0RC1", "1.0", "1.0pl1", "1.0.0.1", "1.x-dev", "2.0-dev"
    )


def test_maven_properties_and_paths_are_no_versions() -> None:
    for text in ("${revision}", "[1.0,2.0)", "1.0/2", "1,2", ""):
        with pytest.raises(InputError):
            maven.key(text)


def test_a_maven_circle_is_broken_above_the_lists_below_the_end() -> None:
    # The tool: 1 < 1-sp < 1.0.alpha.1 < 1.
    ascending(maven.ORDERING, "1-alpha", "1.0.alpha.1", "1", "1-sp", "1-1", "1.0.1", "1.1")


def test_a_conan_word_stands_at_its_number() -> None:
    ascending(conan.ORDERING, "1.1.1", "1.1.1a", "1.1.1w", "1.1.2", "1.1.9", "1.1.9a", "1.1.10", "1.1.10a", "1.1.a")


def test_fallback_order() -> None:
    ascending(
        fallback.ORDERING,
        "1.0~1",
        "1.0.dev3",
        "1.0a1",
        "1.0-beta",
        "1.0b2",
        "1.0-M1",
        "1.0-preview",
        "1.0-RC1",
        "1.0-rc10",
        "1.0",
        "1.0a",
        "1.0p1",
        "1.0.0.1",
        "1.0.1",
        "1.1",
    )
    assert fallback.key("1.0") == fallback.key("v1") == fallback.key("1.0.0.Final") == fallback.key("Version 1-GA")
    assert fallback.key("1.0-rc1") == fallback.key("1.0.0_RC.1") == fallback.key("1RC1")
    assert fallback.key("2.4.49") < fallback.key("2.4.50")
    assert fallback.key("6.1-rc8") < fallback.key("6.1") < fallback.key("6.1.77")
    for text in ("", "master", "é1"):
        with pytest.raises(InputError):
            fallback.key(text)


@pytest.mark.parametrize(
    ("ordering", "text", "inside", "outside"),
    [
        (bitnami.ORDERING, "2.0.x", ["2.0.0", "2.0.9-5"], ["1.9.9-1", "2.1.0"]),
        (cran.ORDERING, "1.2.x", ["1.2", "1.2.0", "1.2-99"], ["1.1.9", "1.3"]),
        (golang.ORDERING, "1.2.3.4", ["1.2.3", "1.2.3-rc.1"], ["1.2.2", "1.2.4"]),
        (haskell.ORDERING, "2.1.*", ["2.1", "2.1.0", "2.1.9.9"], ["2.0.9", "2.2", "2.10"]),
        (hex_packages.ORDERING, "1.5.0.pre.pre1", ["1.5.0-rc.0", "1.5.0"], ["1.4.9", "1.5.1"]),
        (julia.ORDERING, "1.2.x", ["1.2-", "1.2.0-rc1", "1.2.9+5"], ["1.1.9", "1.3.0-DEV"]),
        (nuget.ORDERING, "3.0.0b1", ["3.0.0-a", "3.0.0", "3.0.0.9"], ["2.9.9", "3.0.1-a"]),
        (opam.ORDERING, "1.2 x", ["1.2~a", "1.2", "1.2.9"], ["1.1", "1.3~", "1.20"]),
        (packagist.ORDERING, "2.x", ["2.0-dev", "2.0", "2.9.9", "2.x-dev"], ["1.9", "3.0-dev"]),
        (pub.ORDERING, "2.0.x", ["2.0.0-dev", "2.0.9+1"], ["1.9.9", "2.1.0-0"]),
        (rubygems.ORDERING, "2.0.x_1", ["2.0", "2.0.a", "2.0.9"], ["1.9", "2.1", "2.1.a"]),
        (fallback.ORDERING, "2.0é", ["2.0-rc1", "2.0", "2.0.9"], ["1.9", "2.1-rc1", "2.1"]),
    ],
)
def test_what_begins_like_a_version_has_bounds(
    ordering: Ordering, text: str, inside: list[str], outside: list[str]
) -> None:
    with pytest.raises(InputError):
        ordering.key(text)
    bounds = ordering.around(text)
    assert bounds is not None
    assert [v for v in inside if not bounds[0] <= ordering.key(v) < bounds[1]] == []
    assert [v for v in outside if bounds[0] <= ordering.key(v) < bounds[1]] == []


@pytest.mark.parametrize("name", ORDERINGS)
@pytest.mark.parametrize("text", ["~", "NA", "", "x.1"])
def test_what_does_not_even_begin_like_a_version_has_none(name: str, text: str) -> None:
    assert BY_NAME[name].around(text) is None
