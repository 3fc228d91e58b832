"""The evaluation rules of the OSV schema, as tables; and against the specification's pseudo-code on real records."""

from __future__ import annotations

import random
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from custody.advisories.ranges import Spans, evaluate
from custody.advisories.versions import ordering_of
from custody.advisories.versions.debian import ORDERING as DEBIAN
from custody.advisories.versions.pep440 import ORDERING as PYTHON
from custody.advisories.versions.semver import ORDERING as NPM
from custody.model import Affected, Range, RangeEvent


def entry(*lines: str, versions: str = "", kind: str = "ECOSYSTEM") -> Affected:
    """Make an entry from lines like "introduced 0, fixed 1.0"."""
    ranges = tuple(
        Range(
            type=kind, events=tuple(RangeEvent(kind=e.split(" ")[0], version=e.split(" ")[1]) for e in line.split(", "))
        )
        for line in lines
    )
    return Affected(ecosystem="PyPI", name="x", ranges=ranges, versions=tuple(versions.split()))


def affects(spans: Spans, version: str) -> bool:
    key = PYTHON.key(version)
    return any(s.low <= key < s.high for s in spans.spans)


CASES = {
    "fixed is not affected": ("introduced 0, fixed 1.0", "", "0 0.1 0.9.9 1.0rc1", "1.0 1.0.0 1.1"),
    "no fix known: all versions": ("introduced 0", "", "0 0.dev1 1 99!1", ""),
    "from introduced on, itself included": ("introduced 1.0", "", "1.0 1.0.0 2", "0.9 1.0rc1 1.0.dev1"),
    "last_affected is affected": ("introduced 1.0, last_affected 1.2", "", "1.0 1.2 1.2.0", "0.9 1.2.post1 1.2.1 1.3"),
    "two parts in one range": (
        "introduced 0, fixed 1.1, introduced 2.0, fixed 2.3",
        "",
        "1.0 2.0 2.2",
        "1.1 1.9 2.3 3",
    ),
    "events need not be sorted": (
        "fixed 2.3, introduced 2.0, fixed 1.1, introduced 0",
        "",
        "1.0 2.0 2.2",
        "1.1 1.9 2.3 3",
    ),
    "ranges are ORed": ("introduced 0, fixed 1.1 | introduced 2.0, fixed 2.3", "", "1.0 2.0 2.2", "1.1 1.9 2.3"),
    "ranges may overlap": ("introduced 1, fixed 3 | introduced 2, fixed 4", "", "1 2 3 3.9", "0.9 4"),
    "not at or above the limit": ("introduced 0, limit 1.5", "", "1.0 1.4", "1.5 2"),
    "a limit does not undo a fix": ("introduced 0, fixed 1.2, limit 1.5", "", "1.0", "1.2 1.4 1.5"),
    "below any of the limits": ("introduced 0, limit 1.5, limit 2.5", "", "1.0 2.4", "2.5"),
    "the limit * is none": ("introduced 0, limit *", "", "1.0 99", ""),
    "introduced twice": ("introduced 1.0, introduced 1.5, fixed 2.0", "", "1.0 1.7", "0.9 2.0"),
    "fixed twice: the first counts": ("introduced 0, fixed 1.0, fixed 1.5", "", "0.9", "1.0 1.2 1.5"),
    "fixed where the next part begins": (
        "fixed 1.0, introduced 0, introduced 1.0, fixed 2.0",
        "",
        "0.9 1.0 1.9",
        "2.0",
    ),
    "fixed where it begins: empty": ("introduced 1.0, fixed 1.0", "", "", "0.9 1.0 1.1"),
    "one version": ("introduced 1.0, last_affected 1.0", "", "1.0 1.0.0", "0.9 1.0.1"),
    "last_affected where the next begins": (
        "introduced 0, last_affected 1.0, introduced 1.0, fixed 2.0",
        "",
        "0.9 1.0",
        "2.0",
    ),
    "listed versions, compared as the ecosystem does": ("", "1.0 1.3", "1.0 1.0.0 1.3", "1.1 1.3.1"),
    "listed or in a range": ("introduced 2, fixed 3", "1.0 2.5", "1.0 2.0 2.5", "1.1 3"),
}
"""What it shows → ranges, listed versions, affected, not affected."""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_evaluation(case: tuple[str, str, str, str]) -> None:
    ranges, listed, yes, no = case
    spans = evaluate(entry(*(ranges.split(" | ") if ranges else []), versions=listed), PYTHON)
    assert [version for version in yes.split() if not affects(spans, version)] == []
    assert [version for version in no.split() if affects(spans, version)] == []
    assert spans.gaps == ()


def test_a_semver_range_in_another_ecosystem_goes_by_that_ecosystems_order() -> None:
    spans = evaluate(entry("introduced 0, fixed 1.0", kind="SEMVER"), PYTHON)
    assert affects(spans, "1.0rc1")
    assert not affects(spans, "1.0")


def test_a_span_says_which_events_it_comes_from() -> None:
    spans = evaluate(entry("introduced 0, fixed 1.1, introduced 2.0, last_affected 2.3", versions="1.5"), PYTHON)
    assert [s.said for s in spans.spans] == [
        "introduced 0, fixed 1.1",
        "introduced 2.0, last_affected 2.3",
        "version 1.5 is listed",
    ]
    assert [s.exact for s in spans.spans] == [False, False, True]


def test_listed_versions_that_a_range_holds_are_left_out() -> None:
    spans = evaluate(entry("introduced 1.0, fixed 2.0", versions="1.0 1.5 2.5 2.5.0"), PYTHON)
    assert [s.said for s in spans.spans] == ["introduced 1.0, fixed 2.0", "version 2.5 is listed"]


def test_fixes_come_in_version_order_and_once() -> None:
    spans = evaluate(entry("introduced 3, fixed 3.10", "introduced 0, fixed 2.9", "introduced 1, fixed 3.10.0"), PYTHON)
    assert [version for _, version in spans.fixed] == ["2.9", "3.10"]


def test_listed_versions_that_are_none_are_kept_as_texts() -> None:
    assert evaluate(entry(versions="0.1-bulbasaur 1.0"), PYTHON).unordered == ("0.1-bulbasaur",)


@pytest.mark.parametrize(
    ("affected", "why"),
    [
        (entry(), "it names no versions"),
        (entry("introduced 0", kind="GIT"), "it names commits and no versions"),
        (entry("introduced 0, fixed NA"), "cannot be read"),
        (entry("introduced 0, limit NA"), "cannot be read"),
        (entry("fixed 1.0"), "no introduced event"),
    ],
)
def test_where_nothing_can_be_said_it_is_unknown_for_every_version(affected: Affected, why: str) -> None:
    spans = evaluate(affected, PYTHON)
    assert spans.spans == ()
    (gap,) = spans.gaps
    assert why in gap.why
    assert gap.low <= PYTHON.key("0.dev1")
    assert PYTHON.key("9999!1") < gap.high


def test_a_fix_below_where_it_was_introduced_fixes_nothing() -> None:
    """The evaluation sorts the events: what is introduced after the last fix stays."""
    spans = evaluate(entry("introduced 2, fixed 1"), PYTHON)
    assert [affects(spans, v) for v in ("0.5", "1", "1.5", "2", "3")] == [False, False, False, True, True]


def test_commits_beside_versions_do_not_matter() -> None:
    git = Range(type="GIT", repo="https://git.example/x", events=(RangeEvent(kind="introduced", version="0"),))
    line = entry("introduced 0, fixed 1.0").ranges
    spans = evaluate(Affected(ecosystem="PyPI", name="x", ranges=(git, *line)), PYTHON)
    assert not spans.gaps
    assert len(spans.spans) == 1


@pytest.mark.parametrize(
    ("line", "yes", "unknown", "no"),
    [
        ("introduced 0, last_affected 2.6.0-NA", "2.5 2.5.9", "2.6.0 2.6.0rc1", "2.6.1 3"),
        ("introduced 2.6.0-NA", "2.6.1 3", "2.6.0 2.6.0rc1", "2.5"),
        ("introduced 0, fixed 1.9.0b1x", "1.8", "1.9.0", "1.9.1"),
        ("introduced 2.6.0, fixed 2.6.0-NA", "", "2.6.0 2.6.0.post1", "2.5 2.6.0rc1 2.6.1 3"),
        ("introduced 0, fixed 2.6.0-NA, introduced 2.6.0, fixed 2.7", "2.5 2.6.0 2.6.1", "2.6.0rc1", "2.7 3"),
    ],
)
def test_an_event_that_cannot_be_read_parts_what_is_clear_and_leaves_a_gap(
    line: str, yes: str, unknown: str, no: str
) -> None:
    spans = evaluate(entry(line), PYTHON)
    (gap,) = spans.gaps

    def open_question(version: str) -> bool:
        return gap.low <= PYTHON.key(version) < gap.high

    assert all(affects(spans, v) and not open_question(v) for v in yes.split())
    assert all(open_question(v) and not affects(spans, v) for v in unknown.split())
    assert not any(affects(spans, v) or open_question(v) for v in no.split())


def test_two_events_that_cannot_be_told_apart_leave_a_gap_and_nothing_above_it() -> None:
    spans = evaluate(entry("introduced 2.6.0-NA, fixed 2.6.0-NB"), PYTHON)
    assert spans.spans == ()
    assert {(gap.low, gap.high) for gap in spans.gaps} == {PYTHON.around("2.6.0-NA")}


def test_one_bad_range_leaves_the_good_one() -> None:
    spans = evaluate(entry("introduced 0, fixed ?", "introduced 1, fixed 2"), PYTHON)
    assert affects(spans, "1.5")
    assert len(spans.gaps) == 1


# ── against the pseudo-code ──────────────────────────────────────────────────────────────────────────────────────────


def in_range(version: int, events: list[tuple[str, int]]) -> bool:
    """The specification's BeforeLimits and loop over sorted events; of equal versions the order of the list counts."""
    limits = [at for kind, at in events if kind == "limit"]
    if limits and not any(version < at for at in limits):
        return False
    state = False
    for kind, at in sorted(events, key=lambda event: event[1]):
        if (kind == "introduced" and version >= at) or (kind == "fixed" and version >= at):
            state = kind == "introduced"
        elif kind == "last_affected" and version > at:
            state = False
    return state


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=8, unique=True),
    st.lists(st.sampled_from(["introduced", "fixed", "last_affected"]), min_size=8, max_size=8),
    st.lists(st.integers(0, 30), max_size=2),
    st.randoms(use_true_random=False),
)
@settings(max_examples=300)
def test_intervals_say_what_the_pseudo_code_says(
    places: list[int], kinds: list[str], limits: list[int], chance: random.Random
) -> None:
    events = [("introduced", -1), *zip(kinds, places, strict=False), *(("limit", at) for at in limits)]
    chance.shuffle(events)
    line = Range(
        type="ECOSYSTEM",
        events=tuple(RangeEvent(kind=kind, version="0" if at < 0 else f"{at}.0.0") for kind, at in events),
    )
    spans = evaluate(Affected(ecosystem="npm", name="x", ranges=(line,)), NPM)
    for version in range(32):
        key = NPM.key(f"{version}.0.0")
        assert any(s.low <= key < s.high for s in spans.spans) == in_range(version, events), version


@lru_cache(maxsize=1 << 18)
def python_version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def naive(affected: dict[str, Any], version: Version, text: str) -> bool | None:
    """Evaluate a record as one would on a Sunday: with `packaging`, straight over the JSON. None: it cannot tell."""
    if text in affected.get("versions", []):
        return True
    for line in affected.get("ranges", []):
        if line["type"] == "GIT":
            continue
        events = []
        for event in line["events"]:
            ((kind, at),) = event.items()
            place = Version("0.dev0") if at == "0" else python_version(at)
            if place is None:
                return None
            events.append((place, kind))
        state = False
        for place, kind in sorted(events, key=lambda pair: pair[0]):
            if kind == "introduced" and version >= place:
                state = True
            elif (kind == "fixed" and version >= place) or (kind == "last_affected" and version > place):
                state = False
        if state:
            return True
    return False


def test_every_python_advisory_is_evaluated_as_a_naive_reader_does(shared: Path) -> None:
    from custody.advisories.feeds.record import parse_record

    chance = random.Random(440)  # noqa: S311 - the same questions each time
    asked = yes = 0
    key = lru_cache(maxsize=1 << 18)(PYTHON.key)
    with ZipFile(shared / "data" / "osv" / "PyPI" / "all.zip") as archive:
        for name in archive.namelist():
            data = archive.read(name)
            raw = msgspec.json.decode(data)["affected"]
            for number, affected in enumerate(parse_record(data, name).affected):
                if affected.ecosystem != "PyPI":
                    continue
                spans = evaluate(affected, PYTHON, key)
                listed = [
                    *affected.versions,
                    *(e.version for r in affected.ranges if r.type != "GIT" for e in r.events),
                ]
                texts = [*chance.sample(listed, min(2, len(listed))), f"{chance.randrange(6)}.{chance.randrange(30)}"]
                for text in texts:
                    version = python_version(text)
                    expected = None if version is None else naive(raw[number], version, text)
                    if expected is None:
                        continue
                    asked += 1
                    yes += expected
                    assert affects(spans, text) == expected or (not expected and lists(affected, text)), (name, text)
    assert asked > 15_000
    assert yes > 5_000


def lists(affected: Affected, text: str) -> bool:
    """Where we go beyond the text comparison: the same version, spelled otherwise, is listed."""
    return python_version(text) in [python_version(version) for version in affected.versions]


def test_debian_and_npm_records_give_spans(shared: Path) -> None:
    from custody.advisories.feeds.record import parse_record

    for ecosystem, least in (("Debian", 10_000), ("npm", 1_700)):
        count = 0
        with ZipFile(shared / "data" / "osv" / ecosystem / "all.zip") as archive:
            for name in archive.namelist():
                for affected in parse_record(archive.read(name), name).affected:
                    ordering = ordering_of(affected.ecosystem)
                    if ordering is not None and ordering is not PYTHON:
                        count += len(evaluate(affected, ordering).spans)
        assert count >= least
    assert DEBIAN.name == "debian"


def test_bitnami_writes_bounds_as_semver_does() -> None:
    events = (RangeEvent(kind="introduced", version="1.23.0"), RangeEvent(kind="fixed", version="1.24.0-0"))
    ordering = ordering_of("Bitnami")
    assert ordering is not None
    line = Range(type="SEMVER", events=events)
    (span,) = evaluate(Affected(ecosystem="Bitnami", name="golang", ranges=(line,)), ordering).spans
    versions = ("1.22.9", "1.23.0", "1.23.9-3", "1.24.0", "1.24.0-1")
    assert [v for v in versions if span.low <= ordering.key(v) < span.high] == ["1.23.0", "1.23.9-3"]
