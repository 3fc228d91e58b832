from __future__ import annotations

import importlib
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from custody.advisories.ecosystems import ECOSYSTEMS
from custody.advisories.interface import Ordering
from custody.advisories.keys import AFTER_ALL, just_after, number
from custody.advisories.versions import HOMES, debian, ordering_of, orderings, pep440, semver
from custody.errors import InputError

VECTORS = Path(__file__).parent.parent / "vectors" / "versions"
FILES = [("pypi", pep440.ORDERING), ("npm", semver.ORDERING), ("debian", debian.ORDERING)]


def lines(name: str) -> list[list[str]]:
    return [line.split(" ") for line in (VECTORS / f"{name}.txt").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("name", "ordering"), FILES)
def test_the_ecosystems_own_tool_agrees_on_every_vector(name: str, ordering: Ordering) -> None:
    asked = [line for line in lines(name) if len(line) == 3]
    assert len(asked) > 2000
    for a, sign, b in asked:
        first, second = ordering.key(a), ordering.key(b)
        assert (first < second) if sign == "<" else (first == second), f"{a} {sign} {b}"


@pytest.mark.parametrize(("name", "ordering"), FILES)
def test_what_the_ecosystems_tool_refuses_is_refused(name: str, ordering: Ordering) -> None:
    refused = [line[0] for line in lines(name) if len(line) == 2]
    assert refused
    for version in refused:
        with pytest.raises(InputError):
            ordering.key(version)


@pytest.mark.parametrize(("name", "ordering"), FILES)
def test_keys_fit_between_the_bounds_of_all_intervals(name: str, ordering: Ordering) -> None:
    keys = sorted({ordering.key(version) for line in lines(name) if len(line) == 3 for version in (line[0], line[2])})
    assert keys[0]
    assert keys[-1] < AFTER_ALL
    # An inclusive bound becomes an exclusive one without letting the next version in.
    assert all(just_after(low) <= high for low, high in pairwise(keys))


def test_orderings_are_found_by_ecosystem_with_and_without_release() -> None:
    assert ordering_of("PyPI") is pep440.ORDERING
    assert ordering_of("Debian:12") is debian.ORDERING
    assert ordering_of("Ubuntu:22.04:LTS") is debian.ORDERING
    assert ordering_of("OSS-Fuzz") is None
    assert ordering_of("pypi") is None


def test_it_is_declared_in_which_file_an_ordering_is() -> None:
    assert {name: ordering.name for ordering in orderings() for name in ordering.ecosystems} == {
        name: importlib.import_module(f"custody.advisories.versions.{home}").ORDERING.name
        for name, home in HOMES.items()
    }
    assert len({ordering.name for ordering in orderings()}) == len(orderings())
    assert set(HOMES) - {"CPE"} <= ECOSYSTEMS  # CPE is no ecosystem, and is ordered like one


@pytest.mark.parametrize(
    ("ecosystem", "name"),
    [
        ("TuxCare:Alpine:v3.16", "alpine"),
        ("TuxCare:CentOS-Stream:8", "rpm"),
        ("TuxCare:Red Hat", "rpm"),
        ("TuxCare:TuxCare:npm", None),
        ("TuxCare", None),
        ("Docker Hardened Images:Alpine:3.24", "alpine"),
        ("Docker Hardened Images:Debian:trixie", "debian"),
        ("Docker Hardened Images", None),
        ("Root:Ubuntu:22.04", "debian"),
        ("Root:PyPI", "pep440"),
        ("Echo", "debian"),
        ("Echo:PyPi", "pep440"),
        ("Root:nothing", None),
    ],
)
def test_who_patches_packages_of_others_keeps_their_versions(ecosystem: str, name: str | None) -> None:
    ordering = ordering_of(ecosystem)
    assert (ordering.name if ordering else None) == name


# ── PEP 440: "the version identifiers are ordered … by epoch, release, pre, post, dev, local" ────────────────────────

DIGITS = st.sampled_from(["0", "1", "2", "9", "10", "007", "99999999999999999999"])
PYTHON = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "v", "1!", "0!"]),
        st.lists(DIGITS, min_size=1, max_size=4).map(".".join),
        st.sampled_from(["", "a1", ".b", "-rc.2", "c3", "alpha", "_preview_4", "pre"]),
        st.sampled_from(["", ".post1", "-2", "post", ".rev3", "-r"]),
        st.sampled_from(["", ".dev1", "dev", "-dev-2"]),
        st.sampled_from(["", "+a", "+1", "+1.a", "+a.1", "+A-2", "+10"]),
    ),
)


@given(PYTHON, PYTHON)
@settings(max_examples=250)
def test_python_versions_compare_as_packaging_compares_them(a: str, b: str) -> None:
    try:
        first, second = Version(a), Version(b)
    except InvalidVersion:
        with pytest.raises(InputError):
            [pep440.key(a), pep440.key(b)]
        return
    assert (pep440.key(a) < pep440.key(b)) == (first < second)
    assert (pep440.key(a) == pep440.key(b)) == (first == second)


@given(st.text(alphabet="0123456789.!+-_vabcrdepost \n٣é", max_size=12))
@settings(max_examples=250)
def test_a_text_is_a_python_version_exactly_when_packaging_says_so(text: str) -> None:
    try:
        Version(text)
    except InvalidVersion:
        with pytest.raises(InputError):
            pep440.key(text)
    else:
        assert pep440.key(text)


# ── SemVer 2.0.0, item 11 ────────────────────────────────────────────────────────────────────────────────────────────

IDENTIFIER = st.sampled_from(
    ["0", "1", "2", "10", "alpha", "beta", "A", "a-b", "-", "--", "1a", "99999999999999999999"]
)
SEMANTIC = st.builds(
    lambda core, pre, build: ".".join(core) + ("-" + ".".join(pre) if pre else "") + build,
    st.tuples(*[st.sampled_from(["0", "1", "2", "10", "99999999999999999999"])] * 3),
    st.lists(IDENTIFIER, max_size=3),
    st.sampled_from(["", "+b", "+1.2"]),
)


def precedence(version: str) -> tuple[object, ...]:
    """Item 11, written down as it stands."""
    core, _, pre = version.partition("+")[0].partition("-")
    identifiers = [(0, int(i), "") if i.isdigit() else (1, 0, i) for i in pre.split(".")] if pre else []
    return tuple(map(int, core.split("."))), not pre, identifiers


@given(SEMANTIC, SEMANTIC)
@settings(max_examples=250)
def test_semantic_versions_compare_by_item_11(a: str, b: str) -> None:
    assert (semver.key(a) < semver.key(b)) == (precedence(a) < precedence(b))
    assert (semver.key(a) == semver.key(b)) == (precedence(a) == precedence(b))


def test_a_partial_version_stands_for_the_one_with_zeros() -> None:
    assert semver.key("6.0") == semver.key("6") == semver.key("v6.0.0 ")
    assert semver.key("6.0-rc.1") == semver.key("6.0.0-rc.1")


# ── deb-version(7) ───────────────────────────────────────────────────────────────────────────────────────────────────

DEBIAN = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "0:", "1:"]),
        st.text(alphabet="019aZ.+~-", min_size=1, max_size=6).map(lambda t: "1" + t.rstrip("-")),
        st.sampled_from(["", "-0", "-1", "-1~bpo1", "-1+b1", "-~"]),
    ),
)


def turns(text: str) -> list[object]:
    """The manual's own words as a sort key: parts without digits and numbers by turns, `~` before the end of a part."""
    parts: list[object] = []
    for letters, digits in re.findall(r"([^0-9]*)([0-9]*)", text):
        # "letters sort earlier than non-letters, and a tilde sorts before anything, even the end of a part"
        parts += [[-1 if c == "~" else ord(c) + (0 if c.isalpha() else 256) for c in letters] + [0], int(digits or 0)]
    return parts


def debian_order(version: str) -> tuple[object, ...]:
    epoch, colon, rest = version.partition(":")
    rest, epoch = (rest, epoch) if colon else (version, "0")
    upstream, hyphen, revision = rest.rpartition("-")
    upstream, revision = (upstream, revision) if hyphen else (rest, "0")
    return int(epoch), turns(upstream), turns(revision)


@given(DEBIAN, DEBIAN)
@settings(max_examples=300)
def test_debian_versions_compare_by_the_manual(a: str, b: str) -> None:
    first, second = debian_order(a), debian_order(b)
    assert (debian.key(a) < debian.key(b)) == (first < second)
    assert (debian.key(a) == debian.key(b)) == (first == second)


@pytest.mark.parametrize(
    "version", ["", ":", "1:", "-", "1-", "-1", "1 2", "1_2", "a:1", "2147483648:1", "1:2-3:4", "é"]
)
def test_no_debian_version(version: str) -> None:
    with pytest.raises(InputError):
        debian.key(version)


# ── all ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ordering", orderings(), ids=lambda ordering: ordering.name)
@given(text=st.text(max_size=30))
@settings(max_examples=100)
def test_any_text_gives_a_key_or_an_input_error(ordering: Ordering, text: str) -> None:
    try:
        key = ordering.key(text)
    except InputError:
        bounds = ordering.around(text)
        assert bounds is None or bounds[0] < bounds[1]
    else:
        assert key
        assert key < AFTER_ALL


@pytest.mark.parametrize("ordering", orderings(), ids=lambda ordering: ordering.name)
@pytest.mark.parametrize("text", ["1" * 100_000, "1." * 50_000, "1-" + "a" * 100_000, "1." + "9" * 300, "~" * 100_000])
def test_a_huge_text_is_refused_at_once(ordering: Ordering, text: str) -> None:
    with pytest.raises(InputError):
        ordering.key(text)


def test_numbers_sort_by_value_and_have_an_end() -> None:
    assert (
        number("", "x")
        == number("000", "x")
        < number("1", "x")
        < number("9", "x")
        < number("10", "x")
        == number("010", "x")
    )
    with pytest.raises(InputError):
        number("1" * 251, "x")


@pytest.mark.parametrize(
    ("ordering", "text", "inside", "outside"),
    [
        (pep440.ORDERING, "2.6.0-NA", ["2.6.0.dev1", "2.6.0", "2.6.0.post9"], ["2.5.9", "2.6.1.dev0", "2.6.1"]),
        (pep440.ORDERING, "2024-09-25", ["2024.1", "2024"], ["2023.12", "2025.1"]),
        (pep440.ORDERING, "4.6.0.stable11", ["4.6.0"], ["4.5.9", "4.6.1"]),
        (semver.ORDERING, "2.0.x", ["2.0.0-rc.1", "2.0.0", "2.0.9"], ["1.9.9", "2.1.0-0", "2.1.0"]),
        (semver.ORDERING, "1.9.0b1", ["1.9.0-alpha", "1.9.0"], ["1.8.9", "1.9.1"]),
        (semver.ORDERING, "0.9.7.1", ["0.9.7"], ["0.9.6", "0.9.8"]),
    ],
)
def test_what_begins_like_a_version_has_bounds(
    ordering: Ordering, text: str, inside: list[str], outside: list[str]
) -> None:
    with pytest.raises(InputError):
        ordering.key(text)
    bounds = ordering.around(text)
    assert bounds is not None
    assert all(bounds[0] <= ordering.key(version) < bounds[1] for version in inside)
    assert not any(bounds[0] <= ordering.key(version) < bounds[1] for version in outside)


@pytest.mark.parametrize("ordering", [pep440.ORDERING, semver.ORDERING, debian.ORDERING])
@pytest.mark.parametrize("text", ["~", "NA", "", "x.1"])
def test_what_does_not_even_begin_like_a_version_has_none(ordering: Ordering, text: str) -> None:
    assert ordering.around(text) is None
