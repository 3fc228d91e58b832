"""A profile says what is missing where, and nothing of what is there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from custody.sbom import FORMATS, Document, decode, encode, written
from custody.sbom.quality import PROFILES, Subject, check_profile, read_heading
from custody.sbom.quality.heading import Actor, Tool
from tests.sbom.samples import CONTEXT, NOW, SSL, document, inventory

WHERE = "a.json"


def subject(data: bytes) -> Subject:
    return Subject(where=WHERE, inventory=decode(data, WHERE), heading=read_heading(data, WHERE))


def good(form: str = "cyclonedx-json", **changes: Any) -> bytes:  # noqa: ANN401
    """Give a document in which the root and its one package have all that is asked for."""
    from custody.model import Checksum, Dependency
    from tests.sbom.samples import ROOT

    full = (Checksum("sha256", "ab" * 32), Checksum("sha512", "cd" * 64))
    person = "Organization: Example (team@a.example)"
    facts: dict[str, Any] = {"supplier": person, "originator": person, "licence_declared": "MIT", "checksums": full}
    root, package = replace(ROOT, **facts), replace(SSL, **facts | changes)
    edges = [Dependency(source=root.id, target=package.id)]
    found = inventory(root=root, packages=[package], dependencies=edges)
    return encode(Document(inventory=found, created=NOW, context=CONTEXT), form)


def broken(data: bytes, profile: str, severity: str = "error") -> set[str]:
    return {remark.rule for remark in check_profile(subject(data), profile) if remark.severity == severity}


def edited(**changes: Any) -> bytes:  # noqa: ANN401
    table = json.loads(good())
    for path, value in changes.items():
        *way, last = path.split("__")
        inner = table
        for key in way:
            inner = inner[int(key) if key.isdigit() else key]
        if value is None:
            inner.pop(last)
        else:
            inner[last] = value
    return json.dumps(table).encode()


@pytest.mark.parametrize(
    "form", ["cyclonedx-json", "cyclonedx-xml", "spdx-json", "spdx-tag-value", "spdx-yaml", "spdx-rdf", "spdx3-json"]
)
def test_a_full_document_lacks_nothing_of_ntia_in_any_format(form: str) -> None:
    assert broken(good(form), "ntia-2021") == set()


def test_each_fact_that_is_taken_away_is_missed() -> None:
    cases: list[tuple[str, bytes, set[str]]] = [
        ("ntia-2021", good(supplier="", originator=""), {"NTIA-1"}),
        ("ntia-2021", edited(components__0__version=None, components__0__purl="pkg:deb/debian/a"), {"NTIA-3"}),
        ("ntia-2021", edited(components__0__purl=None), {"NTIA-4"}),
        ("ntia-2021", edited(dependencies=[]), {"NTIA-5"}),
        ("ntia-2021", edited(metadata__component=None, dependencies=[]), {"NTIA-5"}),
        ("ntia-2021", edited(metadata__timestamp=None), {"NTIA-7"}),
        ("ntia-2021", edited(metadata__timestamp="2026-01-01"), {"NTIA-7"}),
        ("cisa-2026", good(), {"SM-5"} - ({"SM-5"} if "lifecycles" in json.loads(good())["metadata"] else set())),
        ("cisa-2026", good(checksums=()), {"CD-3"}),
        ("cisa-2026", good(licence_declared=None), {"CD-6"}),
        ("bsi-tr-03183-2", good(originator="Organization: Example", supplier=""), {"TR-C-1"}),
        ("bsi-tr-03183-2", good(licence_declared=None), {"TR-C-6"}),
        ("bsi-tr-03183-2", good(checksums=()), {"TR-C-7"}),
    ]
    for profile, data, rules in cases:
        before = broken(good(), profile)
        assert broken(data, profile) - before == rules - before, (profile, rules)


def test_weak_hashes_are_no_hashes_for_cisa() -> None:
    from custody.model import Checksum

    assert "CD-4" in broken(good(checksums=(Checksum("md5", "ab" * 16),)), "cisa-2026")
    assert "CD-4" not in broken(good(), "cisa-2026")


def test_what_is_said_to_be_unknown_is_enough_for_cisa_and_not_for_ntia() -> None:
    table = json.loads(good("spdx-json"))
    for package in table["packages"]:
        package["supplier"] = package["licenseDeclared"] = "NOASSERTION"
        package.pop("originator", None)
        package.pop("licenseConcluded", None)
        package["comment"] = ""
    table["annotations"] = []
    for package in table["packages"]:
        package.pop("annotations", None)
    data = json.dumps(table).encode()
    assert "NTIA-1" in broken(data, "ntia-2021")
    assert not {"CD-1", "CD-6"} & broken(data, "cisa-2026")


def test_a_tool_is_no_author() -> None:
    data = (
        edited(metadata__authors=None)
        if "authors" in json.loads(good())["metadata"]
        else edited(metadata__manufacturer=None)
    )
    assert broken(data, "ntia-2021", "warning") == {"NTIA-6"}
    assert "SM-1" in broken(data, "cisa-2026")


def test_bsi_allows_new_formats_only() -> None:
    assert "TR-F" in broken(good("spdx-json"), "bsi-tr-03183-2")
    assert "TR-F" not in broken(good("spdx3-json"), "bsi-tr-03183-2")
    assert "TR-F" not in broken(good("cyclonedx-json"), "bsi-tr-03183-2")


def test_bsi_wants_no_vulnerabilities() -> None:
    data = encode(document(), "cyclonedx-json")
    assert "TR-V" in broken(data, "bsi-tr-03183-2")


def test_a_signature_beside_the_file_is_unknown() -> None:
    assert "SM-2" in broken(good(), "cisa-2026", "unknown")
    assert "SM-2" not in broken(edited(signature={"algorithm": "ES256", "value": "x"}), "cisa-2026", "unknown")


def test_every_remark_has_a_place_and_what_to_do() -> None:
    for name in PROFILES:
        for remark in check_profile(subject(edited(components__0__purl=None)), name):
            assert remark.where.startswith(WHERE)
            assert remark.fix


@pytest.mark.parametrize("form", [name for name in written() if FORMATS[name].decode])
def test_no_format_breaks_a_profile(form: str) -> None:
    data = encode(document(), form)
    for name in PROFILES:
        check_profile(subject(data), name)


def test_headings() -> None:
    for form in ("cyclonedx-json", "spdx-json", "spdx-tag-value", "spdx3-json"):
        heading = read_heading(good(form), WHERE)
        assert heading.created == "2026-11-22T12:30:00Z"
        assert heading.authors == (Actor(name="WhisperEngine", contact="security@whisperengine.example"),), form
        assert Tool(name="custody", version=CONTEXT.tool_version) in heading.tools
        assert heading.describes
        assert heading.identity
        assert SSL.id in heading.purls
