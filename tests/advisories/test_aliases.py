from __future__ import annotations

import datetime as dt
from itertools import permutations

from custody.advisories.aliases import Groups, preferred, problems_of
from custody.advisories.database import Hit, Record


def hit(name: str, *aliases: str, upstream: tuple[str, ...] = ()) -> Hit:
    record = Record(
        id=name,
        modified=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        published=None,
        withdrawn=None,
        summary="",
        aliases=aliases,
        related=(),
        upstream=upstream,
        severities=(),
        references=(),
        cwes=(),
    )
    return Hit(ecosystem="PyPI", name="x", version="1", record=record, said="", fixed=(), severities=())


def told(*hits: Hit) -> list[tuple[str, tuple[str, ...], list[str]]]:
    """Give (id, aliases, records) of each problem; the order of the records must not matter."""
    results = [
        [(p.id, p.aliases, [h.record.id for h in p.hits]) for p in problems_of(order)] for order in permutations(hits)
    ]
    assert all(result == results[0] for result in results)
    return results[0]


def test_records_that_share_a_name_are_one_problem() -> None:
    assert told(hit("PYSEC-1", "CVE-1", "GHSA-1"), hit("GHSA-1", "CVE-1"), hit("PYSEC-2", "CVE-2")) == [
        ("CVE-1", ("GHSA-1", "PYSEC-1"), ["GHSA-1", "PYSEC-1"]),
        ("CVE-2", ("PYSEC-2",), ["PYSEC-2"]),
    ]


def test_aliases_are_symmetric_and_transitive() -> None:
    assert told(hit("A-1", "B-1"), hit("C-1", "B-1"), hit("C-1x"), hit("D-1", "C-1")) == [
        ("A-1", ("B-1", "C-1", "D-1"), ["A-1", "C-1", "D-1"]),
        ("C-1x", (), ["C-1x"]),
    ]


def test_related_records_are_not_the_same_problem() -> None:
    assert [p[0] for p in told(hit("A-1"), hit("B-1"))] == ["A-1", "B-1"]


def test_a_notice_about_three_problems_is_three_problems() -> None:
    assert told(hit("DSA-1-1", upstream=("CVE-1", "CVE-2", "CVE-3"))) == [
        ("CVE-1", ("DSA-1-1",), ["DSA-1-1"]),
        ("CVE-2", ("DSA-1-1",), ["DSA-1-1"]),
        ("CVE-3", ("DSA-1-1",), ["DSA-1-1"]),
    ]


def test_a_notice_joins_the_record_of_its_problem() -> None:
    assert told(
        hit("DSA-1-1", upstream=("CVE-2024-0001", "CVE-2024-0002")),
        hit("DEBIAN-CVE-2024-0001", upstream=("CVE-2024-0001",)),
        hit("PYSEC-1", "CVE-2024-0001"),
        hit("USN-1-1", upstream=("CVE-2024-0002", "UBUNTU-CVE-2024-0002")),
    ) == [
        (
            "CVE-2024-0001",
            ("DEBIAN-CVE-2024-0001", "DSA-1-1", "PYSEC-1"),
            ["DEBIAN-CVE-2024-0001", "DSA-1-1", "PYSEC-1"],
        ),
        ("CVE-2024-0002", ("DSA-1-1", "USN-1-1"), ["DSA-1-1", "USN-1-1"]),
    ]


def test_the_aliases_of_a_notice_are_names_of_its_problem_only_where_it_is_one() -> None:
    assert told(hit("CGA-1", "GHSA-1", upstream=("CVE-1",)), hit("GHSA-1")) == [
        ("CVE-1", ("CGA-1", "GHSA-1"), ["CGA-1", "GHSA-1"])
    ]
    assert told(hit("CGA-1", "GHSA-1", upstream=("CVE-1", "CVE-2")), hit("GHSA-1")) == [
        ("CVE-1", ("CGA-1",), ["CGA-1"]),
        ("CVE-2", ("CGA-1",), ["CGA-1"]),
        ("GHSA-1", (), ["GHSA-1"]),
    ]


def test_what_is_known_of_names_joins_records_that_share_none() -> None:
    one, two, link = hit("A-1"), hit("B-1"), hit("C-1", "A-1", "B-1")
    groups = Groups(h.record for h in (one, two, link))
    assert [(p.id, p.aliases) for p in problems_of([one, two], groups)] == [("A-1", ("B-1", "C-1"))]


def test_a_record_named_for_a_cve_is_about_it() -> None:
    assert told(hit("DEBIAN-CVE-2024-0001")) == [("CVE-2024-0001", ("DEBIAN-CVE-2024-0001",), ["DEBIAN-CVE-2024-0001"])]


def test_a_notice_about_what_has_no_cve_names_it_as_it_can() -> None:
    assert told(hit("DSA-1-1", upstream=("TEMP-1",))) == [("DSA-1-1", ("TEMP-1",), ["DSA-1-1"])]
    assert told(hit("J-1", upstream=("CVE-1", "GHSA-1"))) == [("CVE-1", ("J-1",), ["J-1"])]


def test_the_name_people_know_comes_first() -> None:
    assert preferred({"PYSEC-1", "GHSA-1", "CVE-2024-2", "CVE-2023-9"}) == "CVE-2023-9"
    assert preferred({"PYSEC-1", "GHSA-1"}) == "GHSA-1"
