"""The orderings of operating systems, against what their own tools say and what their specifications write."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.advisories.interface import Ordering
from custody.advisories.keys import AFTER_ALL, just_after
from custody.advisories.versions import alpine, debian, freebsd, gentoo, pacman, rpm
from custody.errors import InputError

VECTORS = Path(__file__).parents[2] / "vectors" / "versions"
SYSTEMS = [alpine.ORDERING, debian.ORDERING, freebsd.ORDERING, gentoo.ORDERING, pacman.ORDERING, rpm.ORDERING]
by_name = pytest.mark.parametrize("ordering", SYSTEMS, ids=lambda ordering: ordering.name)


@cache
def lines(name: str) -> list[list[str]]:
    text = (VECTORS / f"{name}.txt").read_text(encoding="utf-8")
    return [line.split(" ") for line in text.splitlines() if not line.startswith("# ")]


@by_name
def test_the_systems_own_tool_agrees_on_every_vector(ordering: Ordering) -> None:
    asked = [line for line in lines(ordering.name) if len(line) == 3]
    assert len(asked) > 3000
    for a, sign, b in asked:
        first, second = ordering.key(a), ordering.key(b)
        found = "<" if first < second else ">" if first > second else "="
        assert found == sign, f"{a} {sign} {b}, found {found}"


@pytest.mark.parametrize("ordering", [alpine.ORDERING, debian.ORDERING, gentoo.ORDERING], ids=lambda o: o.name)
def test_what_the_systems_tool_refuses_is_refused(ordering: Ordering) -> None:
    refused = [line[0] for line in lines(ordering.name) if len(line) == 2]
    assert len(refused) > 100
    for version in refused:
        with pytest.raises(InputError):
            ordering.key(version)


@by_name
def test_every_file_says_which_tool_made_it(ordering: Ordering) -> None:
    header = (VECTORS / f"{ordering.name}.txt").read_text(encoding="utf-8").partition("\n")[0]
    assert re.fullmatch(r"# As .+ says it\. The tool: .+", header)


@by_name
def test_keys_fit_between_the_bounds_of_all_intervals(ordering: Ordering) -> None:
    keys = sorted({ordering.key(version) for line in lines(ordering.name) if len(line) == 3 for version in line[::2]})
    assert len(keys) > 1000
    assert keys[0]
    assert keys[-1] < AFTER_ALL
    # An inclusive bound becomes an exclusive one without letting the next version in.
    assert all(just_after(low) <= high for low, high in pairwise(keys))


@by_name
def test_what_begins_with_the_same_numbers_lies_between_the_bounds(ordering: Ordering) -> None:
    checked = 0
    for line in lines(ordering.name):
        beginning = re.match(r"(?:\d+:)?\d+(?:\.\d+){0,3}(?![\d.:])", line[0])
        if (
            len(line) != 3
            or beginning is None
            or (":" in beginning[0] and ordering.name not in ("debian", "rpm", "pacman"))
        ):
            continue
        bounds = ordering.around(beginning[0] + "!NA")
        assert bounds is not None
        if ordering is not freebsd.ORDERING:  # 1.2alpha begins with 1.2 and stands before 1.1.5: its bounds are others
            assert bounds[0] <= ordering.key(line[0]) < bounds[1], line[0]
        checked += 1
    assert checked > 300


@pytest.mark.parametrize(
    ("ordering", "text", "inside", "outside"),
    [
        (
            debian.ORDERING,
            "1:2.3_x",
            ["1:2.3", "1:2.3-1", "1:2.3.9", "1:2.3~rc1", "1:2.3a"],
            ["2.3", "1:2.4", "1:2.30"],
        ),
        (rpm.ORDERING, "1.2 NA", ["1.2", "1.2-1", "1.2.9", "1.2~rc1", "1.2^git"], ["1.1", "1.3", "1.20", "1:1.2"]),
        (alpine.ORDERING, "6.6.2p1-r0", ["6.6.2", "6.6.2_p1-r0", "6.6.2_alpha", "6.6.2.1"], ["6.6.1", "6.6.3", "6.6"]),
        (alpine.ORDERING, "2.15.r-r1", ["2.15", "2.15-r9", "2.15.0"], ["2.14-r9", "2.16", "2.150"]),
        (gentoo.ORDERING, "1.2-foo", ["1.2", "1.2_rc1", "1.2.9-r3"], ["1.1", "1.3", "1.02"]),
        (pacman.ORDERING, "1.2.", ["1.2", "1.2-1", "1.2rc", "1.2.9"], ["1.1", "1.3", "2:1.2"]),
        (freebsd.ORDERING, "1.2-foo", ["1.2", "1.2_9", "1.2.9", "1.2a"], ["1.1.9", "1.3.a", "1.3"]),
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


@by_name
@pytest.mark.parametrize("text", ["~", "NA", "", "x.1", "." * 3000, "1" * 2000])
def test_what_does_not_even_begin_like_a_version_has_none(ordering: Ordering, text: str) -> None:
    assert ordering.around(text) is None


@pytest.mark.parametrize(
    ("ordering", "versions"),
    [
        (rpm.ORDERING, ["", "-", "1:", "1 2", "1:2:3", "a:1", "1/2", "1@2", "é", "1-2-3", "1,2", "-1"]),
        (
            alpine.ORDERING,
            ["", "a", "1a1", "1_foo", "1_", "1-r", "1~", "1~G", "1-1", "1.", "1..1", "1A", "1_rc~", "1r1"],
        ),
        (gentoo.ORDERING, ["", "a", "1a1", "1_git", "1-r", "1.", "1~a", "1_pre-1", "1aa"]),
        (pacman.ORDERING, ["", "1.0.", "1.0.-1", "1-", "1/2", "1:2:3", ":1", "1-2-3", "1 2", "é"]),
        (freebsd.ORDERING, ["", "1-2", "1_", "1,", "1_a", "1,1_1", "_1", "1:2", "1 2", "é", "1_1_1"]),
    ],
    ids=lambda value: value.name if isinstance(value, Ordering) else "",
)
def test_no_version(ordering: Ordering, versions: list[str]) -> None:
    for version in versions:
        with pytest.raises(InputError):
            ordering.key(version)


@by_name
@given(text=st.text(alphabet="019az.+~^-_:,*rcp", max_size=14))
@settings(max_examples=150)
def test_any_text_gives_a_key_or_an_input_error(ordering: Ordering, text: str) -> None:
    try:
        key = ordering.key(text)
    except InputError:
        bounds = ordering.around(text)
        assert bounds is None or bounds[0] < bounds[1]
    else:
        assert key
        assert key < AFTER_ALL


@by_name
@pytest.mark.parametrize("text", ["1" * 100_000, "1." * 50_000, "1-" + "a" * 100_000, "1." + "9" * 300, "~" * 100_000])
def test_a_huge_text_is_refused_at_once(ordering: Ordering, text: str) -> None:
    with pytest.raises(InputError):
        ordering.key(text)


# ── rpm-version(7): "~ … sorts before … ^ … sorts after", "numbers are above letters" ─────────────────────────────────

RPM = st.builds(
    "".join,
    st.lists(st.sampled_from(["~", "^", "1", "01", "10", "a", "ab", "B", ".", "_", "+"]), min_size=1, max_size=6),
)


def rpm_compare(a: str, b: str) -> int:
    """The rule, step by step, from left to right."""
    parts_a, parts_b = (re.findall(r"\d+|[A-Za-z]+|[~^]", text) for text in (a, b))
    for x, y in zip([*parts_a, ""], [*parts_b, ""], strict=False):
        if x == y == "":
            return 0
        for mark, alone in (("~", -1), ("^", 1)):
            if (x == mark) != (y == mark):
                if mark == "^" and "" not in (x, y):
                    alone = -1  # 1.0^ is above 1.0 and below everything that goes on in another way
                return alone if x == mark else -alone
        if "" in (x, y):
            return -1 if x == "" else 1
        if x in "~^":
            continue
        if x.isdigit() != y.isdigit():
            return 1 if x.isdigit() else -1
        value_x, value_y = ((int(x), ""), (int(y), "")) if x.isdigit() else ((0, x), (0, y))
        if value_x != value_y:
            return 1 if value_x > value_y else -1
    return 0


@given(RPM, RPM)
@settings(max_examples=400)
def test_rpm_versions_compare_by_the_rule(a: str, b: str) -> None:
    first, second = rpm.key(a), rpm.key(b)
    assert (first > second) - (first < second) == rpm_compare(a, b)


# ── PMS 8, section 3.3: the algorithms as they stand there ──────────────────────────────────────────────────────────

NUMBER = st.sampled_from(["0", "00", "01", "010", "1", "10", "2", "9", "09"])
EBUILD = st.builds(
    "".join,
    st.tuples(
        st.lists(NUMBER, min_size=1, max_size=3).map(".".join),
        st.sampled_from(["", "", "a", "b"]),
        st.lists(st.sampled_from(["_alpha", "_beta1", "_pre", "_rc", "_rc0", "_rc2", "_p", "_p1"]), max_size=2).map(
            "".join
        ),
        st.sampled_from(["", "-r0", "-r1", "-r01"]),
    ),
)
SUFFIXES = {"alpha": 0, "beta": 1, "pre": 2, "rc": 3, "p": 4}


def compare_any(a: object, b: object) -> int:
    return int(a > b) - int(a < b)  # type: ignore[operator]


def gentoo_compare(a: str, b: str) -> int:
    shape = re.compile(r"(?P<numbers>[\d.]+)(?P<letter>[a-z]?)(?P<suffixes>[a-z_\d]*?)(?:-r(?P<revision>\d+))?")
    one, two = shape.fullmatch(a), shape.fullmatch(b)
    assert one is not None
    assert two is not None
    numbers_a, numbers_b = one["numbers"].split("."), two["numbers"].split(".")
    found = compare_any(int(numbers_a[0]), int(numbers_b[0]))  # algorithm 3.2
    for x, y in zip(numbers_a[1:], numbers_b[1:], strict=False):  # 3.3
        texts = x.startswith("0") or y.startswith("0")
        found = found or (compare_any(x.rstrip("0"), y.rstrip("0")) if texts else compare_any(int(x), int(y)))
    found = found or compare_any(len(numbers_a), len(numbers_b)) or compare_any(one["letter"], two["letter"])  # 3.4
    suffixes_a, suffixes_b = (re.findall(r"_([a-z]+)(\d*)", m["suffixes"]) for m in (one, two))  # 3.5, 3.6
    for (kind_a, n_a), (kind_b, n_b) in zip(suffixes_a, suffixes_b, strict=False):
        found = found or compare_any((SUFFIXES[kind_a], int(n_a or 0)), (SUFFIXES[kind_b], int(n_b or 0)))
    common = min(len(suffixes_a), len(suffixes_b))
    if not found and len(suffixes_a) != len(suffixes_b):
        longer, sign = (suffixes_a, 1) if len(suffixes_a) > common else (suffixes_b, -1)
        return sign if longer[common][0] == "p" else -sign
    return found or compare_any(int(one["revision"] or 0), int(two["revision"] or 0))  # 3.7


@given(EBUILD, EBUILD)
@settings(max_examples=400)
def test_ebuild_versions_compare_by_the_algorithms(a: str, b: str) -> None:
    first, second = gentoo.key(a), gentoo.key(b)
    assert compare_any(first, second) == gentoo_compare(a, b)


# ── FreeBSD: components one by one, and zeros without end ───────────────────────────────────────────────────────────


@given(*[st.lists(st.sampled_from(["0", "1", "a", "0a", "1a", "1a0", "*"]), min_size=1, max_size=5)] * 2)
@settings(max_examples=400)
def test_port_versions_compare_component_by_component(a: list[str], b: list[str]) -> None:
    values = {
        "0": (0, 0, 0),
        "1": (1, 0, 0),
        "a": (-1, 1, -1),
        "0a": (0, 1, -1),
        "1a": (1, 1, -1),
        "1a0": (1, 1, 0),
        "*": (-2, 0, 0),
    }

    def padded(parts: list[str]) -> list[tuple[int, int, int]]:
        end = parts.index("*") + 1 if "*" in parts else len(parts)  # whatever follows the star is passed over
        return [*(values[part] for part in parts[:end]), *[(0, 0, 0)] * 6][:6]

    first, second = freebsd.key(".".join(a)), freebsd.key(".".join(b))
    assert compare_any(first, second) == compare_any(padded(a), padded(b))


# ── apk-package(5): "alpha, beta, pre, rc, <no suffix>, cvs, svn, git, hg, p" ─────────────


def test_apk_suffixes_stand_in_the_order_of_the_manual() -> None:
    suffixes = ["_alpha", "_beta", "_pre", "_rc", "", "_cvs", "_svn", "_git", "_hg", "_p"]
    keys = [alpine.key(f"1.0{suffix}") for suffix in suffixes]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


# ── vercmp(8): "1.0a < 1.0b < 1.0beta < 1.0p < 1.0pre < 1.0rc < 1.0 < 1.0.a < 1.0.1", "1 < 1.0 < 1.1 < 1.1.1 < …" ───


@pytest.mark.parametrize(
    "order", ["1.0a 1.0b 1.0beta 1.0p 1.0pre 1.0rc 1.0 1.0.a 1.0.1", "1 1.0 1.1 1.1.1 1.2 2.0 3.0.0"]
)
def test_pacman_versions_stand_in_the_order_of_the_manual(order: str) -> None:
    keys = [pacman.key(version) for version in order.split()]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_a_pacman_version_without_pkgrel_is_below_those_with_one() -> None:
    assert pacman.key("1.0") < pacman.key("1.0-1") < pacman.key("1.0-2") < pacman.key("1.0.1")
