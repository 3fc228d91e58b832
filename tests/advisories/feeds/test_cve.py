"""CVE records."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.advisories.feeds.cpe_name import parse_cpe
from custody.advisories.feeds.cve import CveDump
from custody.advisories.feeds.cve_record import parse_cve
from custody.errors import InputError
from custody.model import Advisory, Affected, Exploited, Severity

CASES = Path(__file__).parents[2] / "cases" / "advisories" / "cve"
OURS = (CASES / "CVE-2026-1000.json").read_bytes()
REAL = (CASES / "CVE-2016-3714.json").read_bytes()


def said(affected: Affected) -> list[str]:
    """Write the ranges and versions of an entry as text."""
    lines = [", ".join(f"{e.kind} {e.version}" for e in r.events) for r in affected.ranges]
    return [*lines, *affected.versions]


def versions(versions: list[dict[str, Any]], default: str = "unaffected") -> list[tuple[str, list[str]]]:
    """Give (status, what is said) of a record about one product."""
    value = json.loads(OURS)
    product = {"cpes": ["cpe:2.3:a:x:y:*:*:*:*:*:*:*:*"], "versions": versions, "defaultStatus": default}
    value["containers"]["cna"]["affected"] = [product]
    del value["containers"]["cna"]["cpeApplicability"]
    return [(a.status, said(a)) for a in parse_cve(json.dumps(value).encode(), "x").advisory.affected]


def affected(version: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"version": version, "status": "affected", **more}


def unaffected(version: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"version": version, "status": "unaffected", **more}


def test_a_record_gives_every_product_that_can_be_named() -> None:
    record = parse_cve(OURS, "x")
    found = [(a.ecosystem, a.name, a.status, said(a)) for a in record.advisory.affected]
    assert found == [
        (
            "PyPI",
            "acme-tool",
            "affected",
            ["introduced 1.0, fixed 1.5, introduced 1.7, fixed 2.0", "introduced 3.0, last_affected 3.2", "4.0"],
        ),
        ("GIT", "https://git.example/kernel.git", "affected", [f"introduced {'a' * 40}, fixed {'b' * 40}"]),
        (
            "CPE",
            "o:acme:kernel",
            "affected",
            ["introduced 5.10, fixed 5.10.100, introduced 5.11, fixed 6.1"],
        ),
        ("CPE", "o:acme:kernel", "not_affected", ["5.12.3"]),
        ("CPE", "a:acme:whole thing", "affected", ["2.1p1"]),
        ("CPE", "a:acme:server", "affected", ["introduced 1.0, last_affected 1.9"]),
        ("CPE", "a:acme:server", "not_affected", ["1.0"]),
        ("CPE", "a:acme:server", "affected", ["3.0beta1"]),
    ]
    assert record.unsaid == {
        "a version in words": 1,
        "commits that are not whole hashes": 1,
        "a product with neither purl nor CPE name": 1,
        "a package of a collection, without a purl": 1,
    }


def test_a_record_gives_what_is_known_of_the_vulnerability() -> None:
    advisory = parse_cve(OURS, "x").advisory
    assert advisory.summary == "Every way to state versions"
    assert advisory.modified == dt.datetime(2026, 1, 2, 8, 0, tzinfo=dt.UTC)
    assert advisory.cwes == ("CWE-79",)
    assert advisory.references == (("FIX", "https://example.com/fix"), ("WEB", "https://example.com/"))
    assert [s.type for s in advisory.severities] == ["CVSS_V4", "CVSS_V3"]
    assert (advisory.aliases, advisory.withdrawn) == ((), None)


def test_cisas_container_adds_severity_ssvc_products_and_the_catalogue() -> None:
    record = parse_cve(REAL, "x")
    advisory = record.advisory
    assert advisory.severities == (Severity(type="CVSS_V3", vector="CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),)
    assert advisory.ssvc == (("Exploitation", "active"), ("Automatable", "yes"), ("Technical Impact", "total"))
    assert record.exploited == Exploited(id="CVE-2016-3714", added=dt.date(2024, 9, 9))
    first = advisory.affected[0]
    assert (first.name, said(first)) == ("a:imagemagick:imagemagick", ["introduced 0, last_affected 6.9.3-9"])


def test_a_rejected_record_is_withdrawn_and_says_nothing_of_products() -> None:
    rejected = parse_cve(OURS.replace(b"PUBLISHED", b"REJECTED"), "x")
    assert rejected.advisory.affected == ()
    assert rejected.advisory.withdrawn == rejected.advisory.modified
    advisory = parse_cve((CASES / "CVE-2024-4460.json").read_bytes(), "x").advisory
    assert advisory.withdrawn == dt.datetime(2024, 7, 17, 11, 9, 48, tzinfo=dt.UTC)
    assert advisory.affected == ()


@pytest.mark.parametrize(
    ("stated", "default", "expected"),
    [
        ([affected("1", lessThan="2")], "unaffected", [("affected", ["introduced 1, fixed 2"])]),
        ([affected("0", lessThanOrEqual="*")], "unknown", [("affected", ["introduced 0"])]),
        ([affected("unspecified", lessThan="2")], "unaffected", [("affected", ["introduced 0, fixed 2"])]),
        ([affected("1", lessThan="unspecified")], "unaffected", [("affected", ["introduced 1"])]),
        ([affected("*")], "unaffected", [("affected", ["introduced 0"])]),
        ([affected("< 2.0")], "unknown", [("affected", ["introduced 0, fixed 2.0"])]),
        ([affected("= 2.0")], "unknown", [("affected", ["2.0"])]),
        ([affected("1", lessThan="2.4.*")], "unaffected", [("affected", ["introduced 1, fixed 2.5"])]),
        ([affected("n/a")], "unaffected", []),
        ([affected("> 2.0")], "unaffected", []),
        ([affected("all versions"), affected("next of 1.0", lessThan="2")], "unaffected", []),
        ([unaffected("2", lessThan="*")], "affected", [("affected", ["introduced 0, fixed 2"])]),
        ([unaffected("0", lessThan="2")], "affected", [("affected", ["introduced 2"])]),
        (
            [unaffected("2", lessThanOrEqual="3")],
            "affected",
            [("affected", ["introduced 0"]), ("not_affected", ["introduced 2, last_affected 3"])],
        ),
        (
            [affected("1", lessThan="4", changes=[{"at": "2", "status": "unaffected"}])],
            "affected",
            [("affected", ["introduced 0, fixed 2, introduced 4"])],
        ),
        (
            [unaffected("1.5"), affected("1", lessThan="2")],
            "unaffected",
            [("affected", ["introduced 1, fixed 2"]), ("not_affected", ["1.5"])],
        ),
        ([affected("1", lessThan="2"), unaffected("1.5")], "unaffected", [("affected", ["introduced 1, fixed 2"])]),
        ([], "affected", [("affected", ["introduced 0"])]),
        ([], "unknown", []),
    ],
)
def test_versions_follow_the_specifications_algorithm(
    stated: list[dict[str, Any]], default: str, expected: list[tuple[str, list[str]]]
) -> None:
    assert versions(stated, default) == expected


def test_a_kev_metric_without_a_date_does_not_lose_the_record() -> None:
    data = REAL.replace(b'"dateAdded":"2024-09-09"', b'"dateAdded":"soon"')
    assert data != REAL
    with pytest.raises(InputError, match="not a CVE record"):
        parse_cve(data, "x")


def test_a_folder_or_archive_loads_but_for_what_is_broken(tmp_path: Path) -> None:
    folder = tmp_path / "cves" / "2026" / "1xxx"
    folder.mkdir(parents=True)
    shutil.copy(CASES / "CVE-2026-1000.json", folder)
    (folder / "CVE-2026-1001.json").write_bytes(OURS[:500])
    (folder / "CVE-2026-1002.json").write_bytes(OURS.replace(b"PUBLISHED", b"RESERVED"))
    (tmp_path / "cves" / "delta.json").write_text("{}")
    (tmp_path / "cves" / "deltaLog.json").write_text("[]")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in sorted((tmp_path / "cves").rglob("*.json")):
            archive.write(path, path.relative_to(tmp_path))
    nested = CveDump(tmp_path, "x")  # a folder with both: what stands in an archive is read too, in the order of names
    assert [r.id for r in nested.records()] == ["CVE-2026-1000"] * 2
    assert [s.where.partition("/")[2].partition("/")[0] for s in nested.skipped] == [
        *("all.zip:cves", "all.zip:cves"),
        *("cves", "cves"),
    ]
    for place in (tmp_path / "cves", tmp_path / "all.zip"):
        dump = CveDump(place, "x")
        assert [r.id for r in dump.records()] == ["CVE-2026-1000"]
        reasons = {s.where.replace(":", "/").split("/")[4 if place.is_file() else 3]: s.reason for s in dump.skipped}
        assert list(reasons) == ["CVE-2026-1001.json", "CVE-2026-1002.json"]
        assert "expected PUBLISHED or REJECTED, got 'RESERVED'" in reasons["CVE-2026-1002.json"]


@pytest.mark.parametrize(
    ("text", "key", "version"),
    [
        ("cpe:2.3:a:acme:a\\:b:1:*:*:*:*:*:*:*", None, ""),
        ("cpe:2.3:a:ACME:tool\\+\\+:1.0\\:2:*:*:*:*:*:*:*", "a:acme:tool++", "1.0:2"),
        ("cpe:/o:redhat:enterprise_linux:9::baseos", "o:redhat:enterprise_linux", "9"),
        ("cpe:/a:acme:tool", "a:acme:tool", "*"),
        ("cpe:2.3:a:*:tool:1", None, ""),
        ("cpe:2.3:x:acme:tool:1", None, ""),
        ("pkg:pypi/a", None, ""),
        ("cpe:/", None, ""),
    ],
)
def test_cpe_names(text: str, key: str | None, version: str) -> None:
    name = parse_cpe(text)
    assert (None if name is None else name.key) == key
    if name is not None:
        assert name.version == version


@settings(max_examples=200)
@given(st.sampled_from([OURS, REAL]), st.data(), st.binary(max_size=6))
def test_a_damaged_record_is_read_or_refused(data: bytes, draw: st.DataObject, put: bytes) -> None:
    at = draw.draw(st.integers(0, len(data)))
    try:
        record = parse_cve(data[:at] + put + data[at + len(put) :], "x")
    except InputError as error:
        assert error.where.startswith("x")
    else:
        assert isinstance(record.advisory, Advisory)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["affected", "*", "1.0", "git"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200)
@given(st.data(), VALUES)
def test_a_record_with_any_value_anywhere_is_read_or_refused(draw: st.DataObject, put: object) -> None:
    value = json.loads(OURS)
    node: Any = value
    for _ in range(draw.draw(st.integers(1, 8))):
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            break
        key = draw.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or not node[key]:
            break
        parent, node = node, node[key]
        if draw.draw(st.booleans()):
            parent[key] = put
            break
    else:
        key = next(iter(node)) if isinstance(node, dict) else 0
        node[key] = put
    try:
        parse_cve(json.dumps(value).encode(), "x")
    except InputError:
        return


def test_all_real_records_load(shared: Path) -> None:
    dump = CveDump(shared / "data" / "cve" / "cve_v5_cisa_adp.zip")
    records = list(dump.records())
    advisories = [r for r in records if isinstance(r, Advisory)]
    assert len(advisories) == 1755
    assert not dump.skipped
    assert sum(isinstance(r, Exploited) for r in records) == 222
    assert sum(bool(a.ssvc) for a in advisories) == 1754
    assert sum(bool(a.affected) for a in advisories) > 1000
    assert {a.ecosystem for r in advisories for a in r.affected} == {"CPE"}
