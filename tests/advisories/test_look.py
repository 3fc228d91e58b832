"""What the database says of one id, what it finds, and how two databases differ."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from custody.advisories.compare import compare
from custody.advisories.look import look, near
from tests.advisories.matching import epss, exploited, opened, says
from tests.advisories.samples import CVSS_CRITICAL, CVSS_HIGH

DEBIAN = says(
    "DSA-1-1", "Debian:12/openssl", "introduced 0, fixed 3.0", upstream=("CVE-2026-0001",), summary="two words"
)
RECORDS = [
    says("CVE-2026-0001", "PyPI/jinja2", "introduced 0, fixed 2.0", cvss=CVSS_HIGH),
    says(
        "GHSA-aaaa-bbbb-cccc",
        "PyPI/jinja2",
        aliases=("CVE-2026-0001",),
        cvss=CVSS_CRITICAL,
        modified=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
    ),
    says("CVE-2026-0002", "npm/left", withdrawn=dt.datetime(2026, 2, 1, tzinfo=dt.UTC)),
    DEBIAN,
]


def test_an_id_and_each_of_its_aliases_leads_to_all_that_is_known(tmp_path: Path) -> None:
    with opened(
        tmp_path,
        osv=[*RECORDS],
        epss=[epss("CVE-2026-0001", 0.25)],
        kev=[exploited("CVE-2026-0001")],
        csaf_redhat=[
            says("CVE-2026-0001", "Red Hat/python3-jinja2", "", status="not_affected", justification="inline")
        ],
    ) as database:
        by_id = look(database, "cve-2026-0001")
        assert by_id is not None
        assert (by_id.name, by_id.names) == ("CVE-2026-0001", ("DSA-1-1", "GHSA-aaaa-bbbb-cccc"))
        assert [(r.id, r.sources, [p.status for p in packages]) for r, packages in by_id.records] == [
            ("GHSA-aaaa-bbbb-cccc", ("osv",), ["affected"]),
            ("DSA-1-1", ("osv",), ["affected"]),
            ("CVE-2026-0001", ("osv",), ["affected"]),
            ("CVE-2026-0001", ("csaf:redhat",), ["not_affected"]),
        ]
        assert {(s.record, s.score) for s in by_id.severities} == {("CVE-2026-0001", 7.5), ("GHSA-aaaa-bbbb-cccc", 9.8)}
        assert by_id.epss is not None
        assert by_id.epss.score == 0.25
        assert by_id.exploited is not None
        by_alias = look(database, "ghsa-AAAA-bbbb-cccc")
        assert by_alias is not None
        assert by_alias.name == "GHSA-aaaa-bbbb-cccc"
        assert by_alias.epss == by_id.epss
        withdrawn = look(database, "CVE-2026-0002")
        assert withdrawn is not None
        assert withdrawn.records[0][0].withdrawn is not None


@pytest.mark.parametrize(
    ("text", "first"), [("CVE-2026-00001", "CVE-2026-0001"), ("cve-2026-0003", "CVE-2026-0002"), ("x", "")]
)
def test_for_an_unknown_id_those_near_it_are_told(tmp_path: Path, text: str, first: str) -> None:
    with opened(tmp_path, osv=[*RECORDS]) as database:
        assert look(database, text) is None
        found = near(database, text)
        assert (found[0] if found else "") == first
        assert all(look(database, name) is not None for name in found)


def test_a_search_may_be_kept_to_an_ecosystem_or_one_of_its_releases(tmp_path: Path) -> None:
    def found(text: str, ecosystem: str, limit: int = 50) -> list[str]:
        return [r.id for r in database.search(text, ecosystem=ecosystem, limit=limit)]

    with opened(tmp_path, osv=[*RECORDS, says("CVE-2026-0009", "npm/jinja2")]) as database:
        assert found("jinja2", "npm") == ["CVE-2026-0009"]
        assert sorted(found("jinja2", "PyPI")) == ["CVE-2026-0001", "GHSA-aaaa-bbbb-cccc"]
        assert found("CVE-2026", "npm", 1) in (["CVE-2026-0002"], ["CVE-2026-0009"])
        assert found("words", "Debian") == found("openssl", "Debian:12") == ["DSA-1-1"]
        assert found("openssl", "Debian:11") == found("openssl", "Deb") == found("words", "PyPI") == []


def test_two_databases_differ_by_record_source_package_and_likelihood(tmp_path: Path) -> None:
    changed = says("CVE-2026-0001", "PyPI/jinja2", "introduced 0, fixed 3.0", cvss=CVSS_HIGH)
    with (
        opened(tmp_path / "a", osv=[*RECORDS], epss=[epss("CVE-2026-0001", 0.25)]) as older,
        opened(
            tmp_path / "b",
            osv=[changed, *RECORDS[1:3], says("CVE-2026-0009", "npm/new")],
            epss=[epss("CVE-2026-0001", 0.5)],
            kev=[exploited("CVE-2026-0002")],
        ) as newer,
    ):
        found = compare(older, newer)
        assert [(r.change, r.id, r.sources) for r in found.records] == [
            ("added", "CVE-2026-0009", ("osv",)),
            ("changed", "CVE-2026-0001", ("osv",)),
            ("removed", "DSA-1-1", ("osv",)),
        ]
        assert found.packages == (("Debian:12", "openssl"), ("PyPI", "jinja2"), ("npm", "new"))
        assert (found.epss, found.exploited, found.same) == (1, 1, False)
        again = compare(older, older)
        assert (again.records, again.packages, again.same) == ((), (), True)
