"""VEX documents in: OpenVEX, CSAF, CycloneDX."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.advisories.vex import Statement, read_vex, recognise
from custody.errors import InputError
from custody.model import STATUSES

CASES = Path(__file__).parents[2] / "cases" / "advisories"
NEW = (CASES / "vex" / "openvex-0.2.0.json").read_bytes()
OLD = (CASES / "vex" / "openvex-0.0.1.json").read_bytes()
CYCLONEDX = (CASES / "vex" / "cyclonedx-1.6.json").read_bytes()
CSAF = (CASES / "csaf" / "cve-2026-1000.json").read_bytes()


def about(statement: Statement) -> list[tuple[str, list[str]]]:
    """Give the products of a statement, and their subcomponents, by purl or else by name."""

    def name(product: Any) -> str:  # noqa: ANN401
        return str(product.purls[0]) if product.purls else product.name

    return [(name(p), [name(part) for part in p.subcomponents]) for p in statement.products]


def test_openvex_with_tables() -> None:
    first, second = read_vex(NEW, "new.json")
    assert (first.vulnerability, first.aliases) == ("CVE-2026-1000", ("GHSA-aaaa-bbbb-cccc",))
    assert (first.status, first.justification) == ("not_affected", "vulnerable_code_not_in_execute_path")
    assert about(first) == [("pkg:oci/app?repository_url=registry.example/team/app", ["pkg:pypi/jinja2@2.10"])]
    assert first.timestamp == dt.datetime(2026, 1, 1, 2, tzinfo=dt.UTC)  # the document's, in UTC
    assert (first.author, first.document, first.source) == ("Example Vendor", "https://vex.example/1", "new.json")
    assert second.timestamp == dt.datetime(2026, 1, 3, tzinfo=dt.UTC)
    assert second.action == "Update."
    assert second.products[0].digests == (f"sha256:{'0' * 64}",)


def test_openvex_of_the_first_versions() -> None:
    first, second = read_vex(OLD, "old.json")
    assert about(first) == [("pkg:oci/app", ["pkg:pypi/jinja2@2.10"])]
    assert first.impact == "Never called."
    assert (second.status, second.products) == ("under_investigation", ())


def test_cyclonedx_with_links_into_itself_and_elsewhere() -> None:
    first, second, third = read_vex(CYCLONEDX, "x")
    app = "pkg:oci/app?repository_url=registry.example/team/app"
    assert about(first) == [(app, ["pkg:pypi/jinja2@2.10"]), (app, [])]
    assert (first.status, first.justification) == ("not_affected", "vulnerable_code_not_in_execute_path")
    assert first.aliases == ("GHSA-aaaa-bbbb-cccc",)
    assert first.timestamp == dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    assert (second.status, second.justification, second.impact) == (
        *("not_affected", ""),
        "false positive: Another product.",
    )
    assert about(second) == [(app, ["pkg:pypi/flask@1.0"])]
    assert third.status == "fixed"
    assert about(third) == [(app, ["pkg:pypi/jinja2@2.11"])]  # not the range, nor the version of unknown status


def test_a_link_into_another_document_does_not_reach_into_this_one() -> None:
    data = CYCLONEDX.replace(
        b"urn:cdx:11111111-1111-4111-8111-111111111111/2#j",
        b"urn:cdx:" + b"3" * 8 + b"-" + (b"3333-4333-8333-333333333333/1#j"),
    )
    assert data != CYCLONEDX
    assert about(read_vex(data, "x")[0])[0][1] == ["j"]


def test_versions_of_a_product_without_a_purl_stay_with_its_name() -> None:
    document = json.loads(CYCLONEDX)
    del document["metadata"]["component"]
    document["vulnerabilities"] = [
        {
            "id": "CVE-1",
            "analysis": {"state": "in_triage"},
            "affects": [{"ref": "tool", "versions": [{"version": "1"}, {"version": "2"}]}],
        }
    ]
    (statement,) = read_vex(json.dumps(document).encode(), "x")
    assert about(statement) == [("tool@1", []), ("tool@2", [])]


def test_csaf_products_are_subcomponents_of_their_platform() -> None:
    statements = read_vex(CSAF, "x")
    said = {(s.status, s.justification, s.action): [p.subcomponents[0].name for p in s.products] for s in statements}
    assert said[("not_affected", "vulnerable_code_not_present", "")] == ["kernel-rt"]
    assert said[("affected", "", "Will not fix")] == ["kernel"]
    assert said[("under_investigation", "", "")] == ["dracut"]
    (unfixed,) = [s for s in statements if s.action == "Will not fix"]
    assert unfixed.products[0].cpes == ("cpe:/o:redhat:enterprise_linux:8",)
    assert (unfixed.author, unfixed.document, unfixed.version) == ("Example Vendor", "CVE-2026-1000", "2")


def test_each_format_is_known_by_its_content() -> None:
    assert [recognise(d) for d in (NEW, OLD, CSAF, CYCLONEDX, b"{}", b"")] == [
        *("openvex", "openvex", "csaf", "cyclonedx"),
        *("", ""),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{}", "x: not a VEX document; expected OpenVEX, CSAF 2.0, or CycloneDX with vulnerabilities"),
        (NEW.replace(b'"affected"', b'"fine"'), "x:statements[1].status: expected one of affected, not_affected"),
        (NEW.replace(b'"CVE-2026-1001"', b'""'), "x:statements[1].vulnerability: names no vulnerability"),
        (NEW.replace(b"2026-01-03", b"2026-31-03"), "x:statements[1].timestamp: expected a time like"),
        (NEW.replace(b'"subcomponents": [', b'"subcomponents": [7,'), "x:statements[0].products.subcomponents: "),
        (CYCLONEDX.replace(b"false_positive", b"no"), "x:vulnerabilities[1].analysis.state: expected one of resolved"),
        (CYCLONEDX.replace(b'"CVE-2026-1001"', b'""'), "x:vulnerabilities[1].id: names no vulnerability"),
        (CSAF.replace(b'"final"', b'"draft"'), "x:document.tracking.status: a draft, not yet published"),
    ],
)
def test_what_is_not_valid_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_vex(data, "x")
    assert str(caught.value).startswith(message)


@settings(max_examples=300)
@given(st.sampled_from([NEW, OLD, CYCLONEDX, CSAF]), st.data(), st.binary(max_size=6))
def test_a_damaged_document_is_read_or_refused(data: bytes, draw: st.DataObject, put: bytes) -> None:
    at = draw.draw(st.integers(0, len(data)))
    try:
        statements = read_vex(data[:at] + put + data[at + len(put) :], "x")
    except InputError:
        return
    assert all(s.status in STATUSES and s.vulnerability for s in statements)


def test_all_real_documents_are_read_or_refused_with_a_reason(shared: Path) -> None:
    found, refused = {}, {}
    for path in sorted((shared / "data" / "csaf").glob("*.json")):
        try:
            found[path.name] = read_vex(path.read_bytes(), path.name)
        except InputError as error:
            refused[path.name] = error.what
    assert refused == {"anchore__cve-2021-25220.json": "not a VEX document", "index.json": "not a VEX document"}
    assert len(found) == 83
    assert all(found.values())
    (history, _) = found["openvex__sample-history.openvex.json"]
    assert history.products[0].digests
