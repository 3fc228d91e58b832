"""CSAF documents as advisories."""

from __future__ import annotations

import datetime as dt
import io
import json
import tarfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.advisories.feeds.csaf import CsafDump, looks_like, parse_csaf, publisher_of
from custody.advisories.feeds.vers import ranges_of
from custody.errors import InputError
from custody.model import Advisory, Affected, Severity, Skipped

CASES = Path(__file__).parents[2] / "cases" / "advisories" / "csaf"
VEX = (CASES / "cve-2026-1000.json").read_bytes()
ADVISORY = (CASES / "ex-2026_0001.json").read_bytes()


def read(data: bytes) -> list[Advisory]:
    return list(parse_csaf(data, "x", [], Counter()))


def brief(affected: Affected) -> tuple[str, str, str, str]:
    lines = [", ".join(f"{e.kind} {e.version}" for e in r.events) for r in affected.ranges]
    more = affected.justification or affected.response
    return (
        affected.ecosystem,
        affected.name,
        affected.status + (f" {more}" if more else ""),
        " | ".join([*lines, *affected.versions]),
    )


def test_a_red_hat_vex_file_gives_releases_fixes_and_what_the_vendor_means_to_do() -> None:
    skipped: list[Skipped] = []
    unsaid: Counter[str] = Counter()
    (advisory,) = parse_csaf(VEX, "x", skipped, unsaid)
    assert [brief(a) for a in advisory.affected] == [
        ("Red Hat:enterprise_linux:6", "kernel", "affected fix_deferred", "introduced 0"),
        ("Red Hat:enterprise_linux:7", "kernel", "affected end_of_life", "introduced 0"),
        ("Red Hat:enterprise_linux:8", "kernel", "affected will_not_fix", "introduced 0"),
        (
            "Red Hat:enterprise_linux:8::appstream",
            "ruby",
            "affected",
            "introduced 0:2.7, fixed 0:2.7.8-139.module+el8.8.0+1",
        ),
        (
            "Red Hat:enterprise_linux:8::appstream",
            "rubygem-mongo",
            "affected",
            "introduced 0, fixed 0:2.7.1-2.module+el8.8.0+1",
        ),
        ("Red Hat:enterprise_linux:9", "dracut", "under_investigation", ""),
        ("Red Hat:enterprise_linux:9", "kernel-rt", "not_affected vulnerable_code_not_present", ""),
        ("Red Hat:enterprise_linux:9::baseos", "bind", "affected", "introduced 0, fixed 32:9.16.23-1.el9"),
        ("Red Hat:enterprise_linux:9::baseos", "kernel", "affected", "introduced 0, fixed 0:5.14.0-70.el9"),
    ]
    assert {a.urgency for a in advisory.affected} == {"moderate"}
    assert not skipped
    assert unsaid == {"a component that is no rpm": 2}  # a jar of a middleware platform, and a container image


def test_the_record_of_a_vex_file_is_the_cve() -> None:
    (advisory,) = read(VEX)
    assert (advisory.id, advisory.aliases) == ("CVE-2026-1000", ("GHSA-aaaa-bbbb-cccc",))
    assert (advisory.related, advisory.upstream) == ((), ())
    assert advisory.summary == "kernel: something"
    assert advisory.modified == dt.datetime(2026, 2, 1, 9, tzinfo=dt.UTC)
    assert advisory.published == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert advisory.cwes == ("CWE-416",)
    assert advisory.severities == (Severity(type="CVSS_V3", vector="CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"),)
    assert advisory.references == (
        ("ADVISORY", "https://www.vendor.example/cve-2026-1000"),
        ("WEB", "https://example.com/x"),
    )


def test_an_advisory_is_a_notice_about_each_vulnerability_it_names() -> None:
    skipped: list[Skipped] = []
    unsaid: Counter[str] = Counter()
    first, second = parse_csaf(ADVISORY, "x", skipped, unsaid)
    assert (first.id, first.upstream, first.related) == (
        *("EX-2026:0001/CVE-2026-1001", ("CVE-2026-1001",)),
        ("EX-2026:0001",),
    )
    assert [brief(a) for a in first.affected] == [
        ("CPE", "h:acme:router", "affected", "introduced 0"),
        ("CPE", "o:acme:fw", "affected", "3.1"),
        ("CPE", "o:acme:fw", "affected", "introduced 1.0, fixed 2.0"),
        ("CPE", "o:acme:fw", "not_affected Not compiled in.", "3.1"),
        ("PyPI", "acme-all", "affected", "introduced 0"),
        ("npm", "@acme/lib", "affected", "1.2.3"),
    ]
    by_name = {a.name: a.severities for a in first.affected}
    assert [s.vector[-11:] for s in by_name["@acme/lib"]] == ["C:H/I:H/A:H"]
    assert [s.vector[-11:] for s in by_name["h:acme:router"]] == ["C:L/I:N/A:N"]
    assert [s.vector[-11:] for s in first.severities] == ["C:L/I:N/A:N"]  # of the product that has a name only
    assert first.ssvc == (("Exploitation", "active"), ("Automatable", "no"), ("Technical Impact", "total"))
    assert second.id == "EX-2026:0001/ACME-7"
    assert second.withdrawn is not None
    assert [brief(a) for a in second.affected] == [("npm", "@acme/lib", "fixed", "1.2.3")]
    assert [s.where for s in skipped] == ["x:vulnerabilities[2]"]
    assert unsaid == {
        "a product with neither purl nor CPE name that advisories are published for": 1,
        "a version range in words": 1,
        "a fixed product without a version": 1,
    }


def change(data: bytes, path: str, value: object) -> bytes:
    document = json.loads(data)
    node: Any = document
    *parents, last = path.split(".")
    for key in parents:
        node = node[key]
    node[last] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (change(VEX, "document.tracking.status", "draft"), "x:document.tracking.status: a draft, not yet published"),
        (change(VEX, "document.csaf_version", "1.2"), "x:document.csaf_version: expected 2.0, got '1.2'"),
        (change(VEX, "document.tracking.id", " "), "x:document.tracking.id: expected a text"),
        (change(VEX, "vulnerabilities", []), "x:vulnerabilities: none; a document of category 'csaf_vex'"),
        (b"{}", "x: not a CSAF document: Object missing required field `document`"),
        (b"[" * 100_000, "x: not a CSAF document"),
        (change(VEX, "product_tree.branches", {}), "x: not a CSAF document: Expected `array | null`, got `object`"),
    ],
)
def test_what_is_no_published_document_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(data)
    assert str(caught.value).startswith(message)


def test_a_fix_of_the_vendor_counts_before_a_workaround() -> None:
    remedies = [{"category": "mitigation", "details": "Unplug it.", "product_ids": ["router", "fw-exact"]}]
    for more, expected in (([], "workaround"), ([{"category": "vendor_fix", "product_ids": ["router"]}], "")):
        document = json.loads(ADVISORY)
        document["vulnerabilities"][0]["remediations"] = [*remedies, *more]
        advisory = read(json.dumps(document).encode())[0]
        assert {a.response for a in advisory.affected if a.name == "h:acme:router"} == {expected}
        assert "workaround" in {a.response for a in advisory.affected if a.name == "o:acme:fw"}


def test_a_component_of_a_module_of_a_platform_is_of_the_platform() -> None:
    document = json.loads(VEX)
    tree = document["product_tree"]
    tree["full_product_names"] = [{"name": "ruby:2.7", "product_id": "module"}]

    def inside(name: str, component: str, platform: str) -> dict[str, Any]:
        return {
            "category": "default_component_of",
            "full_product_name": {"name": name, "product_id": name},
            "product_reference": component,
            "relates_to_product_reference": platform,
        }

    tree["relationships"] = [
        inside("outer", "module", "AppStream-8"),
        inside("whole", "dracut", "outer"),
        inside("inner", "dracut", "module"),
        inside("other way", "inner", "AppStream-8"),
    ]
    for identifier in ("whole", "other way"):
        document["vulnerabilities"][0]["product_status"] = {"known_affected": [identifier]}
        (advisory,) = read(json.dumps(document).encode())
        assert [(a.ecosystem, a.name) for a in advisory.affected] == [
            ("Red Hat:enterprise_linux:8::appstream", "dracut")
        ]


def test_relationships_in_a_circle_end() -> None:
    document = json.loads(VEX)
    document["product_tree"]["relationships"] = [
        {
            "category": "default_component_of",
            "full_product_name": {"name": "a", "product_id": name},
            "product_reference": other,
            "relates_to_product_reference": other,
        }
        for name, other in (("a", "b"), ("b", "a"), ("c", "c"))
    ]
    document["vulnerabilities"][0]["product_status"] = {"fixed": ["a", "b", "c", "none"]}
    (advisory,) = read(json.dumps(document).encode())
    assert advisory.affected == ()


def test_a_tar_of_documents_is_read_without_unpacking_it(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in (("2026/cve-2026-1000.json", VEX), ("2026/broken.json", b"{"), ("changes.csv", b"")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    path = tmp_path / "csaf_vex_2026-11-22.tar.zst"
    path.write_bytes(zstd.compress(packed.getvalue()))
    dump = CsafDump(path, "vex", publisher="redhat")
    assert [a.id for a in dump.records()] == ["CVE-2026-1000"]
    assert (dump.kind, dump.whole) == ("csaf:redhat", "")
    assert [s.where for s in dump.skipped] == ["vex:2026/broken.json"]
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match="not a readable tar archive"):
        list(CsafDump(path, "vex").records())


def test_a_folder_is_read_but_for_what_describes_it(tmp_path: Path) -> None:
    (tmp_path / "provider-metadata.json").write_text("{}")
    (tmp_path / "a.json").write_bytes(VEX)
    dump = CsafDump(tmp_path, "x")
    assert len(list(dump.records())) == 1
    assert not dump.skipped
    assert looks_like(VEX)
    assert publisher_of(VEX) == "vendor"
    for number in range(30):
        (tmp_path / "many" / f"{number:02}").mkdir(parents=True)
        (tmp_path / "many" / f"{number:02}" / "x.json").write_bytes(b"{")
    dump = CsafDump(tmp_path / "many", "x")
    assert not list(dump.records())
    assert [s.where for s in dump.skipped] == [f"x/{number:02}/x.json" for number in range(30)]
    assert not looks_like(b'{"document": {}}')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vers:all/*", "introduced 0"),
        ("vers:rpm/<1%3A2.0", "introduced 0, fixed 1:2.0"),
        ("vers:npm/>=1.0|<2.0|>=3.0", "introduced 1.0, fixed 2.0 | introduced 3.0"),
        ("vers:npm/1.0|=1.1", "1.0 | 1.1"),
        ("<=2.4", "introduced 0, last_affected 2.4"),
        ("< V3.1", "introduced 0, fixed V3.1"),
        ("vers:npm/>1.0", None),
        ("vers:npm/!=1.0", None),
        ("1.0 and later", None),
        ("1.0", None),
        ("before 3", None),
        ("<2.0 on Windows", None),
        ("", None),
    ],
)
def test_version_ranges(text: str, expected: str | None) -> None:
    read = ranges_of(text)
    said = None if read is None else brief(Affected(ecosystem="", name="", ranges=read[0], versions=read[1]))[3]
    assert said == expected


@settings(max_examples=200)
@given(st.sampled_from([VEX, ADVISORY]), st.data(), st.binary(max_size=6))
def test_a_damaged_document_is_read_or_refused(data: bytes, draw: st.DataObject, put: bytes) -> None:
    at = draw.draw(st.integers(0, len(data)))
    try:
        records = read(data[:at] + put + data[at + len(put) :])
    except InputError as error:
        assert error.where.startswith("x")
    else:
        assert all(isinstance(r, Advisory) for r in records)


def test_a_large_document_takes_seconds_at_most() -> None:
    document = json.loads(VEX)
    architectures = ("x86_64", "aarch64", "s390x", "ppc64le")
    names = [f"package-{n}-0:1.0-{n}.el9.{a}" for n in range(5000) for a in architectures]
    document["product_tree"]["branches"][0]["branches"].append(
        {
            "category": "architecture",
            "name": "many",
            "branches": [
                {"category": "product_version", "name": name, "product": {"name": name, "product_id": name}}
                for name in names
            ],
        }
    )
    document["product_tree"]["relationships"] += [
        {
            "category": "default_component_of",
            "full_product_name": {"name": f"{name} as a component", "product_id": f"{platform}:{name}"},
            "product_reference": name,
            "relates_to_product_reference": platform,
        }
        for name in names
        for platform in ("BaseOS-9", "AppStream-8")
    ]
    ids = [f"{platform}:{name}" for name in names for platform in ("BaseOS-9", "AppStream-8")]
    document["vulnerabilities"][0]["product_status"]["fixed"] = ids
    document["vulnerabilities"][0]["remediations"].append(
        {"category": "vendor_fix", "details": "x", "product_ids": ids}
    )
    data = json.dumps(document, indent=1).encode()
    assert len(data) > 15_000_000
    started = time.process_time()
    (advisory,) = read(data)
    assert time.process_time() - started < 20  # about one second on an idle machine
    assert len(advisory.affected) == 10_000 + 5


def test_all_real_documents_load_or_are_refused_with_a_reason(shared: Path) -> None:
    dump = CsafDump(shared / "data" / "csaf", "csaf")
    records = list(dump.records())
    assert len(records) == 220
    assert {s.where.rpartition("/")[2].partition("__")[0] for s in dump.skipped} == {"openvex", "anchore"}
    assert {s.reason for s in dump.skipped} == {"not a CSAF document: Object missing required field `document`"}
    assert len({r.id for r in records}) == 220
    bases = Counter(a.ecosystem.partition(":")[0] for r in records for a in r.affected)
    assert set(bases) == {"Red Hat", "Go"}
    assert all(r.severities or any(a.severities for a in r.affected) for r in records if r.id.startswith("ICS"))
    (kernel,) = [r for r in records if r.id == "RHSA-2025:23414/CVE-2021-25220"]
    found = {brief(a) for a in kernel.affected if a.name == "bind"}
    assert ("Red Hat:rhel_els:6", "bind", "affected", "introduced 0, fixed 32:9.8.2-0.68.rc1.el6_10.17") in found
