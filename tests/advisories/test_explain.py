from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from custody.advisories import apply_exceptions
from custody.advisories.database import Database
from custody.advisories.explain import Story, explain
from custody.advisories.explain_text import found_in_words, render_story, story_to_json
from custody.advisories.match import match_all
from custody.errors import InputError
from custody.model import Dependency, ExceptionGrant, HowFound, Inventory, Severity
from tests.advisories.matching import epss, exploited, opened, says
from tests.advisories.samples import CVSS_CRITICAL, NOW, inventory, package
from tests.advisories.test_risk import PLAIN

DEB = "pkg:deb/debian/x@1.5-1?distro=debian-12"


def tell(
    db: Database, held: Inventory, asked: str, *, package: str = "", grants: tuple[ExceptionGrant, ...] = ()
) -> Story:
    with db:
        matched = match_all(held, db, now=NOW)
        report = apply_exceptions(matched.report, grants, now=NOW)
        return explain(matched, held, db, asked, report=report, package=package)


def held(*purls: str) -> Inventory:
    return inventory(*map(package, purls))


def words(story: Story) -> str:
    """The text, with its folded lines joined."""
    return " ".join(render_story(story).split())


# ── what was found ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_finding_is_told_whole(tmp_path: Path) -> None:
    own = says("PYSEC-1", "PyPI/sample", "introduced 0, fixed 2.10.1", aliases=("CVE-2026-1",), summary="It leaks.")
    other = says(
        "GHSA-1",
        "npm/other",
        aliases=("CVE-2026-1",),
        cvss=CVSS_CRITICAL,
        ssvc=(("Exploitation", "poc"),),
        cwes=("CWE-79",),
    )
    word = says("OTHER-1", "npm/other", aliases=("CVE-2026-1",), severities=(Severity(type="Publisher", vector="low"),))
    db = opened(
        tmp_path,
        osv=[own, other, word],
        epss=[epss("CVE-2026-1", 0.25)],
        kev=[exploited("CVE-2026-1", ransomware=True)],
    )
    app, lib = package("pkg:pypi/app@1.0"), package("pkg:pypi/sample@2.10", path="site/METADATA", layer="one")
    project = replace(package("pkg:generic/project@1"), purpose="APPLICATION", installed=False)
    edges = [Dependency(source=project.id, target=app.id), Dependency(source=app.id, target=lib.id)]
    whole = inventory(project, app, lib, dependencies=edges, layers=("one",))
    story = tell(db, whole, "pysec-1")
    text = words(story)
    for piece in (
        "CVE-2026-1 It leaks.",
        "also known as GHSA-1, OTHER-1, PYSEC-1",
        "asked for PyPI sample 2.10; PYSEC-1: 2.10 is at or above 0 and below 2.10.1, which has the fix",
        "(versions compared as pep440)",
        f"severity CRITICAL 9.8, by GHSA-1 {CVSS_CRITICAL}",
        "OTHER-1 says LOW, as 'low'",
        "exploited yes: in CISA's catalogue (KEV) since 2026-10-01, used by ransomware",
        "likelihood EPSS 25.00% within 30 days, higher than 50% of all (CVE-2026-1, 2026-10-01)",
        "decision points Exploitation: poc (SSVC)",
        "at least 95 (known to be used by ransomware (KEV))",
        "files site/METADATA",
        "path pkg:generic/sample@1 → pkg:generic/project@1 → pkg:pypi/app@1.0 → pkg:pypi/sample@2.10",
        "required only by other packages",
        "to be rid of it update sample to 2.10.1 or later",
        "it is there because of pkg:pypi/app@1.0",
        "npm other: no package 'other' of npm is in the artifact",
    ):
        assert piece in text, piece
    value = story_to_json(story)
    (finding,) = value["findings"]
    assert finding["id"] == "CVE-2026-1"
    assert finding["explained"]["remedies"][0] == "update sample to 2.10.1 or later"
    assert finding["explained"]["severities"] == [
        {"record": "GHSA-1", "severity": "CRITICAL", "score": 9.8, "said": CVSS_CRITICAL},
        {"record": "OTHER-1", "severity": "LOW", "score": None, "said": "low"},
    ]
    assert [record["id"] for record in value["records"]] == ["GHSA-1", "OTHER-1", "PYSEC-1"]
    assert {(n["package"], n["known"]) for n in value["notFound"]} == {("other", True)}


def test_what_suppresses_a_finding_is_told_first(tmp_path: Path) -> None:
    grant = ExceptionGrant(id="CVE-2026-1", owner="maya", reason="not reachable", approver="a")
    db = opened(tmp_path, osv=[says("PYSEC-1", "PyPI/sample", aliases=("CVE-2026-1",))])
    text = words(tell(db, held("pkg:pypi/sample@1.0"), "CVE-2026-1", grants=(grant,)))
    assert "does not count exception: not reachable, says maya" in text


def test_the_vendors_word_leaves_nothing_to_do(tmp_path: Path) -> None:
    db = opened(tmp_path, csaf_debian=[says("CVE-2026-1", "Debian:12/x", "", status="not_affected")])
    text = words(tell(db, held(DEB), "CVE-2026-1"))
    assert "does not count vendor: Debian says that it is not affected [CVE-2026-1]" in text
    assert "nothing is to be done, by the vendor's word" in text


@pytest.mark.parametrize(
    ("response", "remedy"),
    [
        ("will_not_fix", "the vendor will not fix it"),
        ("end_of_life", "the release gets no more fixes"),
        ("", "no fix is known"),
    ],
)
def test_without_a_fix_the_vendors_plan_decides_what_helps(tmp_path: Path, response: str, remedy: str) -> None:
    db = opened(tmp_path, csaf_debian=[says("CVE-2026-1", "Debian:12/x", "introduced 0", response=response)])
    assert remedy in words(tell(db, held(DEB), "CVE-2026-1"))


def test_only_the_package_that_was_asked_for(tmp_path: Path) -> None:
    db = opened(tmp_path, osv=[says("A-1", "PyPI/sample"), says("A-2", "PyPI/sample")])
    whole = held("pkg:pypi/sample@1.0", "pkg:pypi/sample@1.5", "pkg:pypi/other@1.0")
    story = tell(db, whole, "A-1", package="pkg:pypi/sample@1.5")
    assert [(t.finding.id, t.finding.version) for t in story.findings] == [("A-1", "1.5")]


@pytest.mark.parametrize(
    ("matched", "words"),
    [
        ("introduced 0, fixed 2.0", "1.0 is at or above 0 and below 2.0, which has the fix"),
        ("introduced 1, last_affected 1.9", "1.0 is at or above 1 and not above 1.9, the last that is affected"),
        ("introduced 0", "1.0 is any version, and every version is affected"),
        ("introduced 1", "1.0 is at or above 1, and no later version is said to have the fix"),
        ("version 1.0 is listed", "R-1 says: version 1.0 is listed"),
    ],
)
def test_the_comparison_in_words(matched: str, words: str) -> None:
    how = HowFound(searched="PyPI x 1.0", record="R-1", matched=matched, ordering="pep440", source="s")
    finding = replace(PLAIN, version="1.0")
    assert words in found_in_words(how, finding)


# ── what was not found, and why ──────────────────────────────────────────────────────────────────────────────────────


def why(story: Story) -> list[tuple[str, str, bool]]:
    assert story.findings == ()
    return [(a.in_artifact, a.why, a.known) for a in story.absences]


def test_a_package_that_is_not_there(tmp_path: Path) -> None:
    db = opened(tmp_path, osv=[says("A-1", "PyPI/sample")])
    assert why(tell(db, held("pkg:pypi/other@1.0"), "A-1")) == [
        ("", "no package 'sample' of PyPI is in the artifact", True)
    ]


def test_a_version_that_is_not_in_range(tmp_path: Path) -> None:
    db = opened(tmp_path, osv=[says("A-1", "PyPI/sample", "introduced 1.0, fixed 2.0")])
    assert why(tell(db, held("pkg:pypi/Sample@2.0"), "A-1")) == [
        (
            "pkg:pypi/sample@2.0",
            "version 2.0 is not among those that A-1 names: introduced 1.0, fixed 2.0",
            True,
        )
    ]


def test_a_record_that_was_withdrawn(tmp_path: Path) -> None:
    db = opened(tmp_path, osv=[says("A-1", "PyPI/sample", withdrawn=NOW), says("A-2", "PyPI/sample")])
    story = tell(db, held("pkg:pypi/sample@1.0"), "A-1")
    assert [t.finding.id for t in story.findings] == []
    assert [a.why for a in story.absences] == ["A-1 was withdrawn on 2026-11-01"]
    assert "WITHDRAWN 2026-11-01" in render_story(story)


def test_another_release(tmp_path: Path) -> None:
    db = opened(tmp_path, osv=[says("DSA-1", "Debian:11/x", "introduced 0"), says("DSA-2", "Debian:12/y")])
    assert why(tell(db, held(DEB), "DSA-1")) == [
        (package(DEB).id, "DSA-1 speaks of Debian:11; the package is of Debian:12", True)
    ]


def test_a_package_that_the_distribution_judges(tmp_path: Path) -> None:
    owner, owned = package("pkg:deb/debian/python3-sample@1.0-1?distro=debian-12"), package("pkg:pypi/sample@1.0")
    edges = [Dependency(source=owner.id, target=owned.id, relation="owns")]
    db = opened(tmp_path, osv=[says("A-1", "PyPI/sample"), says("DSA-2", "Debian:12/y")])
    ((_, reason, known),) = why(tell(db, inventory(owner, owned, dependencies=edges), "A-1"))
    assert reason.startswith(f"{owner.id} installed it, so that the advisories of the distribution")
    assert known


def test_what_is_not_known_is_not_called_unaffected(tmp_path: Path) -> None:
    db = opened(tmp_path, osv=[says("A-1", "PyPI/sample", "introduced 0, last_affected 2.6.0-NA")])
    story = tell(db, held("pkg:pypi/sample@2.6.0", "pkg:pypi/sample@latest"), "A-1")
    assert [(a.known, a.why.split(":")[0]) for a in story.absences] == [
        (False, "it is not known whether version 2.6.0 is affected"),
        (False, "'latest' is not a version by PEP 440"),
    ]
    assert "unknown: it is not known" in words(story)


def test_a_version_that_has_the_vendors_fix(tmp_path: Path) -> None:
    db = opened(tmp_path, csaf_debian=[says("CVE-2026-1", "Debian:12/x", "introduced 1.5-1", status="fixed")])
    ((_, reason, known),) = why(tell(db, held(DEB), "CVE-2026-1"))
    assert reason.startswith("CVE-2026-1 says that version 1.5-1 has the fix")
    assert known


def test_an_id_that_nobody_knows(tmp_path: Path) -> None:
    db = opened(tmp_path, osv=[says("A-1", "PyPI/sample")])
    with pytest.raises(InputError, match="CVE-1: no advisory of the database has this id or alias"):
        tell(db, held("pkg:pypi/sample@1.0"), "CVE-1")


def test_data_never_writes_to_the_terminal(tmp_path: Path) -> None:
    hostile = "x\x1b]0;owned\x07\u202e"
    db = opened(tmp_path, osv=[says("A-1", "PyPI/sample", summary=hostile, references=(("WEB", hostile),))])
    text = render_story(tell(db, held("pkg:pypi/sample@1.0"), "A-1"))
    assert all(c.isprintable() for line in text.split("\n") for c in line)
