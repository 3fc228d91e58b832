"""The OSV schema's own rules, from records as they are published to what a scan says.

Spec: OSV schema 1.7, "affected[].ranges[].events fields", "Requirements", "Evaluation", "severity[] field", "withdrawn
field" (https://ossf.github.io/osv-schema/). Events, versions and names here are invented.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from custody.advisories import match
from custody.model import ScanReport
from tests.advisories.samples import CVSS_CRITICAL, CVSS_HIGH, NOW, cvss, database, inventory, package

# ── the rules, one by one ────────────────────────────────────────────────────────────────────────────────────────────


class Rule(NamedTuple):
    """A rule. ranges: events as text, one range a line; an entry that begins with GIT or SEMVER is of that type."""

    name: str
    ranges: str
    affected: str = ""
    not_affected: str = ""
    unknown: str = ""
    versions: str = ""
    ecosystem: str = "PyPI"


RULES = [
    Rule("introduced 0 is before all versions", "introduced 0", "0 0.dev0 0.0.1a1 1 99!1"),
    Rule("introduced counts itself", "introduced 1.2", "1.2 1.3", "1.1 1.2rc1"),
    Rule("fixed does not count itself", "introduced 0, fixed 1.2", "1.1 1.2rc1", "1.2 1.3"),
    Rule("last_affected counts itself", "introduced 0, last_affected 1.2", "1.1 1.2 1.2.0", "1.2.post1 1.2.1 1.3"),
    Rule("introduced and fixed", "introduced 1.0, fixed 1.2", "1.0 1.1.9", "0.9 1.2"),
    Rule("one version alone", "introduced 1.2, last_affected 1.2", "1.2", "1.1 1.2.1"),
    Rule(
        "several parts in one range",
        "introduced 1.0, fixed 1.2, introduced 3.0, fixed 3.2.5",
        "1.0 1.1 3.0 3.2.4",
        "0.9 1.2 2.9 3.2.5 4",
    ),
    Rule(
        "several parts that end with last_affected",
        "introduced 1.0, last_affected 1.2, introduced 3.0, last_affected 3.2",
        "1.0 1.2 3.0 3.2",
        "1.2.1 2.9 3.2.1",
    ),
    Rule(
        "the last part stays open",
        "introduced 1.0, fixed 1.2, introduced 3.0",
        "1.1 3.0 99",
        "1.2 2.9",
    ),
    Rule(
        "events may stand in any order: they are sorted first",
        "fixed 3.2, introduced 3.0, fixed 1.2, introduced 1.0",
        "1.0 1.1 3.0 3.1",
        "0.9 1.2 2 3.2",
    ),
    Rule(
        "a fix before any introduced changes nothing",
        "fixed 0.5, introduced 1.0, fixed 1.2",
        "1.0",
        "0.4 0.5 1.2",
    ),
    Rule("introduced twice is introduced once", "introduced 1.0, introduced 1.1, fixed 1.2", "1.0 1.1", "1.2"),
    Rule("the first fix ends it", "introduced 1.0, fixed 1.2, fixed 1.4", "1.0 1.1", "1.2 1.3 1.4"),
    Rule("several ranges are OR-ed", "introduced 0, fixed 1.2\nintroduced 3.0, fixed 3.2", "1.1 3.1", "1.2 2 3.2"),
    Rule("one range is enough", "introduced 0, fixed 1.2\nintroduced 0, fixed 2.0", "1.1 1.2 1.9", "2.0"),
    Rule("a limit ends what is affected", "introduced 1.0, limit 2.0", "1.0 1.9", "0.9 2.0 3"),
    Rule("limit * is no limit", "introduced 1.0, limit *", "1.0 99", "0.9"),
    Rule("of several limits one is enough", "introduced 1.0, limit 2.0, limit 3.0", "1.0 2.0 2.9", "3.0"),
    Rule("of several limits * is enough", "introduced 1.0, limit 2.0, limit *", "2.0 99", "0.9"),
    Rule("a limit adds nothing", "introduced 1.0, fixed 1.2, limit 9.0", "1.1", "1.2 8"),
    Rule("a limit is of its range", "introduced 1.0, limit 2.0\nintroduced 3.0", "1.9 3.0", "2.0 2.9"),
    Rule("a listed version", "", "1.0 1.5", "1.1 2.0", versions="1.0 1.5"),
    Rule("versions OR ranges", "introduced 2.0, fixed 2.2", "1.0 2.1", "1.1 2.2", versions="1.0"),
    Rule("versions OR ranges: a range takes nothing away", "introduced 0, fixed 1.0", "0.9 1.0", "1.1", versions="1.0"),
    Rule("a GIT range alone says nothing of versions", "GIT introduced 0, fixed " + "a" * 40, unknown="0.1 9"),
    Rule(
        "a GIT range beside another takes nothing away",
        "GIT introduced 0, fixed " + "a" * 40 + "\nintroduced 0, fixed 1.2",
        "1.1",
        "1.2",
    ),
    Rule("a GIT range with versions", "GIT introduced 0, fixed " + "a" * 40, "1.0", "1.1", versions="1.0"),
    Rule("neither ranges nor versions", "", unknown="1.0"),
    Rule(
        "SEMVER needs no versions",
        "SEMVER introduced 1.0.0, fixed 1.2.0",
        "1.0.0 1.1.9 1.2.0-rc.1 1.0.0+build",
        "0.9.0 1.0.0-rc.1 1.2.0 1.2.0+build",
        ecosystem="npm",
    ),
    Rule(
        "SEMVER 1.0.0-0 takes in all pre-releases",
        "SEMVER introduced 1.0.0-0, fixed 1.0.1",
        "1.0.0-0 1.0.0-alpha 1.0.0",
        "0.9.9 1.0.1",
        ecosystem="crates.io",
    ),
    Rule("a range of another type is read too", "SEMVER introduced 1.0.0, fixed 2.0.0", "1.1", "2.0", ecosystem="PyPI"),
    Rule("a range without introduced is not valid", "fixed 1.2", unknown="1.1 1.2"),
    Rule("an event that is no version leaves it open", "introduced bad", unknown="1.0"),
    Rule(
        "one range that cannot be read leaves the others",
        "introduced 0, fixed 1.2\nintroduced bad",
        "1.1",
        unknown="1.3",
    ),
    Rule(
        "in the order of the ecosystem: Debian",
        "introduced 0, fixed 1:1.0-1+deb12u1",
        "2.0-1 1:1.0-1 1:1.0-1+deb12u1~bpo11",
        "1:1.0-1+deb12u1 1:1.0-1+deb12u10",
        ecosystem="Debian:12",
    ),
]

_PURLS = {
    "PyPI": "pkg:pypi/{}@{}",
    "npm": "pkg:npm/{}@{}",
    "crates.io": "pkg:cargo/{}@{}",
    "Debian:12": "pkg:deb/debian/{}@{}?distro=debian-12",
    "RubyGems": "pkg:gem/{}@{}",
}


def _purl(ecosystem: str, name: str, version: str) -> str:
    return _PURLS[ecosystem].format(name, version.replace("+", "%2B"))


def _range(text: str) -> dict[str, Any]:
    kind = "ECOSYSTEM"
    if text.startswith(("GIT ", "SEMVER ")):
        kind, _, text = text.partition(" ")
    events = [dict([event.split(" ")]) for event in text.split(", ")]
    return {"type": kind, "events": events} | ({"repo": "https://git.example/x"} if kind == "GIT" else {})


def _entry(rule: Rule, name: str) -> dict[str, Any]:
    return {
        "package": {"ecosystem": rule.ecosystem, "name": name},
        "ranges": [_range(line) for line in rule.ranges.splitlines()],
        "versions": rule.versions.split(),
    }


def _said(report: ScanReport, record: str) -> str:
    if any(found.record == record for finding in report.findings for found in finding.found):
        return "affected"
    return "unknown" if any(n.advisory in ("", record) for n in report.not_evaluated) else "not affected"


@pytest.mark.parametrize("rule", RULES, ids=[rule.name.replace(" ", "-") for rule in RULES])
def test_a_rule(rule: Rule, tmp_path: Path) -> None:
    value = {"id": "X-1", "modified": "2026-01-02T03:04:05Z", "affected": [_entry(rule, "sample")]}
    expected = dict.fromkeys(rule.affected.split(), "affected")
    expected |= dict.fromkeys(rule.not_affected.split(), "not affected")
    expected |= dict.fromkeys(rule.unknown.split(), "unknown")
    with database(tmp_path, [value]) as db:
        answers = {
            version: _said(match(inventory(package(_purl(rule.ecosystem, "sample", version))), db, now=NOW), "X-1")
            for version in expected
        }
    assert answers == expected


def _scan(folder: Path, affected: list[dict[str, Any]], purl: str, **more: Any) -> ScanReport:  # noqa: ANN401
    value = {"id": "X-1", "modified": "2026-01-02T03:04:05Z", "affected": affected} | more
    with database(folder, [value]) as db:
        return match(inventory(package(purl)), db, now=NOW)


_ALL = Rule("", "introduced 0")


def test_any_entry_about_the_package_is_enough(tmp_path: Path) -> None:
    entries = [_entry(Rule("", line), "sample") for line in ("introduced 0, fixed 1.0", "introduced 2.0, fixed 2.1")]
    answers = {
        version: _said(_scan(tmp_path / version, entries, f"pkg:pypi/sample@{version}"), "X-1")
        for version in ("0.9", "1.0", "2.0", "2.1")
    }
    assert answers == {"0.9": "affected", "1.0": "not affected", "2.0": "affected", "2.1": "not affected"}


def test_name_and_ecosystem_must_be_those_of_the_package(tmp_path: Path) -> None:
    entries = [_entry(_ALL, "sample"), _entry(_ALL._replace(ecosystem="npm"), "other")]
    purls = ["pkg:pypi/sample@1", "pkg:npm/other@1.0.0", "pkg:npm/sample@1.0.0", "pkg:pypi/other@1"]
    value = {"id": "X-1", "modified": "2026-01-02T03:04:05Z", "affected": entries}
    with database(tmp_path, [value]) as db:
        found = [bool(match(inventory(package(purl)), db, now=NOW).findings) for purl in purls]
    assert found == [True, True, False, False]


def test_a_release_of_an_ecosystem_is_its_own(tmp_path: Path) -> None:
    entries = [_entry(_ALL._replace(ecosystem="Debian:12"), "sample")]
    for distro, answer in (("debian-12", "affected"), ("debian-11", "unknown")):
        purl = f"pkg:deb/debian/sample@1-1?distro={distro}"
        assert _said(_scan(tmp_path / distro, entries, purl), "X-1") == answer


@pytest.mark.parametrize("withdrawn", ["2026-01-03T00:00:00Z", "2999-01-01T00:00:00Z"], ids=["past", "any-time"])
def test_a_withdrawn_record_counts_for_nothing(withdrawn: str, tmp_path: Path) -> None:
    entries = [_entry(_ALL, "sample"), _entry(Rule("", ""), "open")]
    report = _scan(tmp_path, entries, "pkg:pypi/sample@1", withdrawn=withdrawn)
    assert _said(report, "X-1") == "not affected"
    report = _scan(tmp_path / "open", entries, "pkg:pypi/open@1", withdrawn=withdrawn)
    assert _said(report, "X-1") == "not affected"


def test_severity_of_the_record_and_of_the_entry(tmp_path: Path) -> None:
    plain = _entry(_ALL, "sample")
    own = plain | {"severity": cvss(CVSS_HIGH)}
    purl = "pkg:pypi/sample@1"
    (of_record,) = _scan(tmp_path / "1", [plain], purl, severity=cvss(CVSS_CRITICAL)).findings
    (of_entry,) = _scan(tmp_path / "2", [own], purl).findings
    (of_none,) = _scan(tmp_path / "3", [plain], purl).findings
    assert [f.score for f in (of_record, of_entry, of_none)] == [9.8, 7.5, None]


def test_each_entry_s_severity_is_of_its_own_package(tmp_path: Path) -> None:
    entries = [
        _entry(_ALL, name) | {"severity": cvss(vector)}
        for name, vector in (("sample", CVSS_HIGH), ("other", CVSS_CRITICAL))
    ]
    scores = [_scan(tmp_path / n, entries, f"pkg:pypi/{n}@1").findings[0].score for n in ("sample", "other")]
    assert scores == [7.5, 9.8]


# ── the specification's pseudo-code, against what a scan says ────────────────────────────────────────────────────────

ASCENDING = {
    "PyPI": "0.1.dev1 0.1 0.9 1.0.dev3 1.0a1 1.0rc1 1.0 1.0.post1 1.1 1.2 1.10 2.0 2!0.5",
    "npm": "0.0.1 0.9.0 1.0.0-0 1.0.0-alpha 1.0.0-alpha.1 1.0.0-rc.2 1.0.0-rc.10 1.0.0 1.0.1 1.2.0 1.10.0 2.0.0",
    "Debian:12": "0.1-1 1.0~rc1-1 1.0-1~bpo1 1.0-1 1.0-1+deb12u1 1.0-1.1 1.0.1-1 1.2-1 1.10-1 1:0.5-1 1:0.5-1+deb12u2",
    "RubyGems": "0.1 0.9 1.0.a 1.0.rc1 1.0.rc2 1.0 1.0.1 1.2 1.10 2.0.pre 2.0",
}
"""Versions of ecosystems in ascending order, none equal to another."""


def test_the_versions_ascend() -> None:
    """PEP 440: "Public version identifiers are separated into up to five segments"; here by packaging's reading."""
    versions = [Version(text) for text in ASCENDING["PyPI"].split()]
    assert versions == sorted(set(versions))


class Reference:
    """The specification's `IsVulnerable`, sentence by sentence; versions are compared by their place in `ASCENDING`."""

    def __init__(self, ecosystem: str) -> None:
        self.place = {version: number for number, version in enumerate(ASCENDING[ecosystem].split())}

    def at(self, version: str) -> int:
        return -1 if version == "0" else self.place[version]

    def is_vulnerable(self, version: str, entry: Mapping[str, Any]) -> bool:
        return version in entry["versions"] or any(self.in_range(version, r) for r in entry["ranges"])

    def in_range(self, version: str, line: Mapping[str, Any]) -> bool:
        if line["type"] == "GIT" or not self.before_limits(version, line):
            return False
        vulnerable = False
        for event in sorted(line["events"], key=lambda e: self.at(next(iter(e.values()))) if "limit" not in e else -2):
            ((kind, bound),) = event.items()
            if kind == "introduced" and self.at(version) >= self.at(bound):
                vulnerable = True
            elif (kind == "fixed" and self.at(version) >= self.at(bound)) or (
                kind == "last_affected" and self.at(version) > self.at(bound)
            ):
                vulnerable = False
        return vulnerable

    def before_limits(self, version: str, line: Mapping[str, Any]) -> bool:
        limits = [event["limit"] for event in line["events"] if "limit" in event]
        return not limits or any(limit == "*" or self.at(version) < self.at(limit) for limit in limits)


def _lines(versions: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Ranges whose events are at different versions, in any order: what two events at one place mean is left open."""

    def build(drawn: tuple[list[str], list[bool], bool, list[str], bool, int]) -> dict[str, Any]:
        bounds, opens, last, limits, from_zero, turn = drawn
        ends = "last_affected" if last else "fixed"
        events = [{"introduced" if is_open else ends: v} for v, is_open in zip(bounds, opens, strict=False)]
        if from_zero or not any("introduced" in event for event in events):
            events.append({"introduced": "0"})
        events += [{"limit": limit} for limit in limits]
        return {"type": "ECOSYSTEM", "events": events[turn:] + events[:turn]}

    return st.tuples(
        st.lists(st.sampled_from(versions), unique=True, max_size=6),
        st.lists(st.booleans(), min_size=6, max_size=6),
        st.booleans(),
        st.one_of(st.just([]), st.lists(st.sampled_from([*versions, "*"]), max_size=2)),
        st.booleans(),
        st.integers(0, 6),
    ).map(build)


@st.composite
def _entries(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """One ecosystem, and what records say of as many packages of it."""
    ecosystem = draw(st.sampled_from(sorted(ASCENDING)))
    versions = ASCENDING[ecosystem].split()
    git = {"type": "GIT", "repo": "https://git.example/x", "events": [{"introduced": "0"}]}
    entry = st.fixed_dictionaries(
        {
            "ranges": st.lists(st.one_of(_lines(versions), _lines(versions), st.just(git)), max_size=3),
            "versions": st.one_of(st.just([]), st.lists(st.sampled_from(versions), unique=True, max_size=3)),
        }
    )
    return ecosystem, draw(st.lists(entry, min_size=1, max_size=25))


@given(_entries())
@settings(max_examples=40)
def test_the_pseudo_code_and_the_scan_agree(drawn: tuple[str, list[dict[str, Any]]]) -> None:
    """ "func IsVulnerable(pkg, version, osv)": of every record, every version of its package."""
    ecosystem, entries = drawn
    versions, reference = ASCENDING[ecosystem].split(), Reference(ecosystem)
    records = [
        {
            "id": f"X-{number}",
            "modified": "2026-01-02T03:04:05Z",
            "affected": [{"package": {"ecosystem": ecosystem, "name": f"p{number}"}} | entry],
        }
        for number, entry in enumerate(entries)
    ]
    asked = {(n, v): package(_purl(ecosystem, f"p{n}", v)) for n, v in itertools.product(range(len(entries)), versions)}
    with TemporaryDirectory() as folder, database(Path(folder), records) as db:
        report = match(inventory(*asked.values()), db, now=NOW)
    said = dict(_said_of_each(report))
    for (number, version), held in asked.items():
        entry = entries[number]
        if reference.is_vulnerable(version, entry):
            expected = "affected"
        elif not entry["versions"] and all(line["type"] == "GIT" for line in entry["ranges"]):
            expected = "unknown"
        else:
            expected = "not affected"
        assert said.get((held.id, f"X-{number}"), "not affected") == expected, (version, entry)


def _said_of_each(report: ScanReport) -> Iterator[tuple[tuple[str, str], str]]:
    yield from (((n.package_id, n.advisory), "unknown") for n in report.not_evaluated)
    yield from (((f.package_id, found.record), "affected") for f in report.findings for found in f.found)
