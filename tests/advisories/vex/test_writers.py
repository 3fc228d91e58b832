"""VEX documents out of a report."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.advisories.vex import (
    Publisher,
    apply_vex,
    csaf_document,
    cyclonedx_vex,
    openvex_document,
    read_vex,
    recognise,
)
from custody.errors import InputError
from custody.model import Finding, ScanReport, Suppression
from tests.advisories.vex.samples import JINJA, NOW, ROOT, VECTOR, finding, inventory, report

FLASK = "pkg:pypi/flask@1.0"
LATER = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


def held(**more: Any) -> Suppression:  # noqa: ANN401
    values: dict[str, Any] = {"reason": "Behind a proxy.", "owner": "ana", "approver": "ben", "expires": LATER}
    return Suppression(**(values | more))


def vex(status: str, justification: str = "", reason: str = "Not built in.") -> Suppression:
    return held(kind="vex", status=status, justification=justification, reason=reason, expires=None)


FINDINGS = (
    finding("CVE-2026-1000", fixed_versions=("2.11",), references=(("WEB", "https://example.com/a"), ("WEB", "no"))),
    finding("CVE-2026-1000", FLASK, aliases=("GHSA-1", "OSV-1"), cwes=("CWE-79", "x"), response="will_not_fix"),
    finding("CVE-2026-1001", status="under_investigation", vector="", score=None, severity="UNKNOWN"),
    finding("CVE-2026-1002", suppression=vex("not_affected", "vulnerable_code_not_present")),
    finding("CVE-2026-1003", suppression=vex("not_affected")),
    finding("CVE-2026-1004", suppression=vex("fixed")),
    finding("CVE-2026-1005", suppression=held()),
    finding("CVE-2026-1006", suppression=held(justification="inline_mitigations_already_exist")),
    finding("GHSA-2222-3333-4444", vector="AV:N/AC:L/Au:N/C:P/I:P/A:P", score=7.5, severity="HIGH", summary=""),
    finding("CVE-2026-1007", str(ROOT)),
    finding("CVE-2026-1008", suppression=held(kind="ignore", reason="", expires=None, approver="", owner="")),
)
STATUSES = {
    "CVE-2026-1000": "affected",
    "CVE-2026-1001": "under_investigation",
    "CVE-2026-1002": "not_affected",
    "CVE-2026-1003": "not_affected",
    "CVE-2026-1004": "fixed",
    "CVE-2026-1005": "affected",
    "CVE-2026-1006": "not_affected",
    "GHSA-2222-3333-4444": "affected",
    "CVE-2026-1007": "affected",
    "CVE-2026-1008": "affected",
}


def as_openvex(scanned: ScanReport) -> bytes:
    return openvex_document(scanned, inventory().artifact, ROOT, author="Us", now=NOW, tool_version="1.0")


def as_csaf(scanned: ScanReport) -> bytes:
    publisher = Publisher(name="Us", namespace="https://psirt.example.com")
    return csaf_document(scanned, inventory().artifact, ROOT, publisher=publisher, now=NOW, tool_version="1.0")


def as_cyclonedx(scanned: ScanReport) -> bytes:
    return cyclonedx_vex(scanned, inventory().artifact, ROOT, author="Us", now=NOW, tool_version="1.0")


WRITERS = {"openvex": as_openvex, "csaf": as_csaf, "cyclonedx": as_cyclonedx}
all_writers = pytest.mark.parametrize(("name", "write"), WRITERS.items(), ids=list(WRITERS))


@all_writers
def test_what_is_written_is_read_back_with_the_same_words(name: str, write: Callable[[ScanReport], bytes]) -> None:
    data = write(report(*FINDINGS))
    assert recognise(data) == name
    statements = read_vex(data, "x")
    assert {s.vulnerability: s.status for s in statements} == STATUSES
    said = {s.vulnerability: s for s in statements}
    assert said["CVE-2026-1002"].justification == "vulnerable_code_not_present"
    assert said["CVE-2026-1006"].justification == "inline_mitigations_already_exist"
    assert "Not built in." in said["CVE-2026-1003"].impact
    assert "Risk accepted until 2027-01-01T00:00:00Z (owner ana, approved by ben): Behind a proxy." in (
        said["CVE-2026-1005"].action
    )
    assert all(s.author == "Us" and s.timestamp == NOW for s in statements)


@all_writers
def test_what_is_written_covers_the_findings_of_the_next_scan(name: str, write: Callable[[ScanReport], bytes]) -> None:
    statements = read_vex(write(report(*FINDINGS)), name)
    fresh = report(*(replace(f, suppression=None, status="affected") for f in FINDINGS))
    applied = apply_vex(fresh, statements, inventory(), now=NOW)
    assert not applied.unused
    assert [f.status for f in applied.report.findings] == [STATUSES[f.id] for f in FINDINGS]


@all_writers
def test_equal_reports_give_equal_bytes_and_other_ones_another_id(
    name: str, write: Callable[[ScanReport], bytes]
) -> None:
    data = write(report(*FINDINGS))
    assert write(report(*reversed(FINDINGS))) == data
    other = write(report(*FINDINGS[:-1]))
    keys = {"openvex": ("@id",), "csaf": ("document", "tracking", "id"), "cyclonedx": ("serialNumber",)}[name]
    ids = []
    for text in (data, other):
        value = json.loads(text)
        for key in keys:
            value = value[key]
        ids.append(value)
    assert ids[0] != ids[1]


@all_writers
def test_a_report_without_findings_states_nothing(name: str, write: Callable[[ScanReport], bytes]) -> None:
    with pytest.raises(InputError, match="holds no finding"):
        write(report())


def test_a_publisher_needs_a_name_and_an_address() -> None:
    for publisher in (
        Publisher(name="", namespace="https://a.example"),
        Publisher(name="a", namespace="a"),
        Publisher(name="a", namespace="https://a.example", category="friend"),
    ):
        with pytest.raises(InputError, match="publisher"):
            csaf_document(report(*FINDINGS), inventory().artifact, ROOT, publisher=publisher, now=NOW, tool_version="1")


def test_the_csaf_document_meets_the_mandatory_tests() -> None:
    document = json.loads(as_csaf(report(*FINDINGS)))
    tree = document["product_tree"]
    defined = [p["product_id"] for p in tree["full_product_names"]]
    defined += [r["full_product_name"]["product_id"] for r in tree["relationships"]]
    assert len(defined) == len(set(defined))  # 6.1.2
    used = {r[key] for r in tree["relationships"] for key in ("product_reference", "relates_to_product_reference")}
    names = [v.get("cve") or v["ids"][0]["text"] for v in document["vulnerabilities"]]
    assert len(names) == len(set(names))  # 6.1.23
    for vulnerability in document["vulnerabilities"]:
        status = vulnerability["product_status"]
        listed = [i for ids in status.values() for i in ids]
        assert len(listed) == len(set(listed))  # 6.1.6
        lists = [*status.values(), *(s["products"] for s in vulnerability.get("scores", ()))]
        lists += [a["product_ids"] for key in ("flags", "threats", "remediations") for a in vulnerability.get(key, ())]
        used |= {i for ids in lists for i in ids}
        explained = {i for key in ("flags", "threats") for a in vulnerability.get(key, ()) for i in a["product_ids"]}
        assert set(status.get("known_not_affected", ())) <= explained  # 6.1.27.9
        helped = {i for a in vulnerability.get("remediations", ()) for i in a["product_ids"]}
        assert set(status.get("known_affected", ())) <= helped  # 6.1.27.10
        flagged = [i for a in vulnerability.get("flags", ()) for i in a["product_ids"]]
        assert len(flagged) == len(set(flagged))  # 6.1.33
        scored = [i for s in vulnerability.get("scores", ()) for i in s["products"]]
        assert len(scored) == len(set(scored))  # 6.1.7
    assert used <= set(defined)  # 6.1.1
    tracking = document["document"]["tracking"]
    assert tracking["revision_history"][-1]["number"] == tracking["version"]  # 6.1.16


def test_each_format_has_its_own_place_for_what_is_said() -> None:
    openvex = json.loads(as_openvex(report(*FINDINGS)))
    said = {s["vulnerability"]["name"]: s["products"][0] for s in openvex["statements"]}
    assert "subcomponents" not in said["CVE-2026-1007"]  # it is in the artifact itself
    assert said["CVE-2026-1005"]["subcomponents"] == [{"@id": JINJA, "identifiers": {"purl": JINJA}}]
    cyclonedx = {v["bom-ref"]: v for v in json.loads(as_cyclonedx(report(*FINDINGS)))["vulnerabilities"]}
    accepted, open_one = cyclonedx[f"CVE-2026-1005#{JINJA}"], cyclonedx[f"CVE-2026-1000#{JINJA}"]
    assert "recommendation" not in accepted  # a decision of ours is no advice to others
    assert open_one["recommendation"] == "Update jinja2 to 2.11."
    assert open_one["analysis"]["response"] == ["update"]
    assert cyclonedx[f"CVE-2026-1000#{FLASK}"]["analysis"]["response"] == ["will_not_fix"]


def test_scores_are_those_of_the_vectors() -> None:
    document = json.loads(as_csaf(report(*FINDINGS)))
    scores = {v.get("cve", "GHSA"): v.get("scores") for v in document["vulnerabilities"]}
    assert scores["CVE-2026-1007"] == [
        {
            "cvss_v3": {"version": "3.1", "vectorString": VECTOR, "baseScore": 9.8, "baseSeverity": "CRITICAL"},
            "products": [str(ROOT)],
        }
    ]
    assert scores["GHSA"][0]["cvss_v2"]["baseScore"] == 7.5
    assert scores["CVE-2026-1001"] is None


@cache
def validator(folder: Path, name: str) -> Any:  # noqa: ANN401 - a class for each draft
    def load(file: str) -> dict[str, Any]:
        return dict(json.loads((folder / file).read_bytes()))

    known: list[tuple[str, dict[str, Any]]] = []
    if name == "csaf":
        for version in ("2.0", "3.0", "3.1"):
            schema = load(f"first_cvss-v{version}.json")
            schema.pop("$id", None)  # it differs by a date from the name under which the schema of CSAF asks for it
            known.append((f"https://www.first.org/cvss/cvss-v{version}.json", schema))
    if name == "cyclonedx":
        loaded = [load(f"cyclonedx_{part}.schema.json") for part in ("spdx", "jsf-0.82")]
        known = [(schema["$id"], schema) for schema in loaded]
    files = {"openvex": "openvex", "csaf": "csaf-2.0_csaf_json_schema", "cyclonedx": "cyclonedx-1.6"}
    main = next(folder.glob(f"{files[name]}*.json"))
    kind = jsonschema_rs.Draft7Validator if name == "cyclonedx" else jsonschema_rs.Draft202012Validator
    return kind(load(main.name), registry=jsonschema_rs.Registry(known), validate_formats=True)


def faults(shared: Path, name: str, data: bytes) -> list[str]:
    found = validator(shared / "data" / "schemas", name).iter_errors(json.loads(data))
    return [f"{'/'.join(map(str, e.instance_path))}: {e.message[:200]}" for e in found]


@all_writers
def test_documents_are_valid_by_their_schema(shared: Path, name: str, write: Callable[[ScanReport], bytes]) -> None:
    assert faults(shared, name, write(report(*FINDINGS))) == []
    assert faults(shared, name, write(report(FINDINGS[-1]))) == []
    broken = json.loads(write(report(*FINDINGS)))
    key = {"openvex": "author", "csaf": "document", "cyclonedx": "bomFormat"}[name]
    broken[key] = 7
    assert faults(shared, name, json.dumps(broken).encode())  # the gate can close
    if name == "csaf":  # the schemas of CVSS stand behind it too
        assert faults(shared, name, write(report(*FINDINGS)).replace(VECTOR.encode(), b"CVSS:3.1/AV:Z"))


TEXTS = st.text(max_size=12) | st.sampled_from(
    ["https://a b", "\ud800", "\n", "CWE-0", "CVSS:3.1/AV:N", VECTOR + "/E:P/RL:O"]
)


@settings(max_examples=200)
@given(
    st.builds(
        finding,
        st.sampled_from(["CVE-2026-1", "CVE-2026-1000", "GHSA-1", "x"]),
        st.sampled_from([JINJA, FLASK, str(ROOT)]),
        package_id=st.sampled_from([JINJA, FLASK, str(ROOT), "jinja2 2.10", "\ud800", "a:\u00e4"]),
        package=st.sampled_from(["", "jinja2"]),
        version=st.sampled_from(["", "2.10"]),
        summary=TEXTS,
        aliases=st.lists(TEXTS.filter(bool), max_size=3).map(tuple),
        vector=TEXTS,
        cwes=st.lists(TEXTS, max_size=2).map(tuple),
        references=st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple),
        fixed_versions=st.lists(TEXTS.filter(bool), max_size=2).map(tuple),
        suppression=st.none()
        | st.builds(
            held,
            reason=TEXTS,
            owner=TEXTS,
            kind=st.sampled_from(["exception", "vex", "vendor", "ignore"]),
            status=st.sampled_from(["", "not_affected", "fixed", "affected"]),
            justification=st.sampled_from(["", "component_not_present", "own words"]),
        ),
    )
)
def test_whatever_a_finding_says_the_documents_are_valid(shared: Path, found: Finding) -> None:
    for name, write in WRITERS.items():
        data = write(report(found))
        assert faults(shared, name, data) == []
        assert read_vex(data, name)
