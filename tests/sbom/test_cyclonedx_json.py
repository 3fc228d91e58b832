"""What our CycloneDX 1.6 documents say."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from custody import sbom
from custody.model import Digest, Package, ScanReport
from custody.sbom import Document
from custody.sbom.cyclonedx.scope import scopes
from tests.sbom.samples import IMAGE, JINJA, LODASH, MARKUPSAFE, PYTEST, ROOT, SSL, document, finding, inventory, report
from tests.sbom.schemas import faults
from tests.sbom.strategies import documents


def encoded(made: Document) -> dict[str, Any]:
    return dict(json.loads(sbom.encode(made, "cyclonedx-json")))


def components(made: Document) -> dict[str, dict[str, Any]]:
    return {component["name"]: component for component in encoded(made)["components"]}


def of(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Give the component of a package like libssl3, but for the changes."""
    return components(document(inventory=inventory(packages=[replace(SSL, **changes)])))["libssl3"]


def properties(table: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in table.get("properties", ()):
        found.setdefault(item["name"], []).append(item["value"])
    return found


# ── schema ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_sample_is_valid_against_the_schema(shared: Path) -> None:
    assert faults(shared, "cyclonedx-json", sbom.encode(document(), "cyclonedx-json")) == []


@given(made=documents())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_inventory_is_valid_against_the_schema(shared: Path, made: Document) -> None:
    assert faults(shared, "cyclonedx-json", sbom.encode(made, "cyclonedx-json")) == []


# ── the document ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_serial_number_is_of_this_very_document() -> None:
    number = encoded(document())["serialNumber"]
    assert uuid.UUID(number.removeprefix("urn:uuid:")).version == 8
    assert uuid.UUID(number.removeprefix("urn:uuid:")).variant == uuid.RFC_4122
    assert encoded(document())["serialNumber"] == number
    assert encoded(document(report=None))["serialNumber"] != number


def test_the_metadata_say_who_made_it_when_and_how() -> None:
    metadata = encoded(document())["metadata"]
    assert metadata["timestamp"] == "2026-11-22T12:30:00Z"
    assert metadata["lifecycles"] == [{"phase": "post-build"}]
    assert metadata["tools"]["components"] == [{"type": "application", "name": "custody", "version": "0.1.0"}]
    assert metadata["manufacturer"] == {
        "name": "WhisperEngine",
        "contact": [{"email": "security@whisperengine.example"}],
    }
    found = properties(metadata)
    assert found["custody:environment:python"] == ["3.11.7"]
    assert found["custody:parameter:name"] == ["whisperengine"]
    assert found["custody:git:commit"] == ["c0ffee" + "0" * 34]
    assert "srv/app/uv.lock: not valid TOML: line 3" in found["custody:coverage"][0]
    assert found["custody:vulnerabilities"][0].startswith("Vulnerabilities: findings")


def test_the_root_is_the_artifact() -> None:
    root = encoded(document())["metadata"]["component"]
    assert (root["type"], root["name"], root["version"]) == ("container", "whisperengine", "1.2.3")
    assert root["bom-ref"] == root["purl"] == ROOT.id
    assert root["hashes"] == [{"alg": "SHA-256", "content": IMAGE.hex}]


@pytest.mark.parametrize(("skipped", "aggregate"), [((), "unknown"), (inventory().skipped, "incomplete")])
def test_nothing_is_called_complete(skipped: Any, aggregate: str) -> None:  # noqa: ANN401
    made = encoded(document(inventory=inventory(skipped=skipped)))
    assert made["compositions"] == [{"aggregate": aggregate, "assemblies": [ROOT.id], "dependencies": [ROOT.id]}]


def test_every_component_stands_in_the_graph_once() -> None:
    """1.6, dependencies: "Components that do not have their own dependencies MUST be declared as empty elements"."""
    made = encoded(document())
    graph = {entry["ref"]: entry.get("dependsOn", []) for entry in made["dependencies"]}
    assert len(graph) == len(made["dependencies"]) == 6
    assert graph == {
        ROOT.id: sorted([SSL.id, JINJA.id, LODASH.id]),
        SSL.id: [],
        JINJA.id: [MARKUPSAFE.id, PYTEST.id],
        LODASH.id: sorted([SSL.id, MARKUPSAFE.id]),
        MARKUPSAFE.id: [],
        PYTEST.id: [],
    }


# ── components ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_component_has_all_that_is_known_of_it() -> None:
    component = components(document())["libssl3"]
    found = properties(component)
    del component["properties"]
    assert component == {
        "type": "library",
        "bom-ref": SSL.id,
        "supplier": {"name": "Debian OpenSSL Team", "contact": [{"email": "pkg-openssl@lists.example"}]},
        "name": "libssl3",
        "version": "3.0.15-1~deb12u1",
        "description": "Secure Sockets Layer toolkit - shared libraries\nwith a second line",
        "scope": "required",
        "licenses": [{"expression": "Apache-2.0", "acknowledgement": "declared"}],
        "copyright": "1998-2024 The OpenSSL Project",
        "purl": SSL.id,
        "externalReferences": [{"type": "website", "url": "https://openssl.example/"}],
        "evidence": {
            "occurrences": [
                {
                    "location": "var/lib/dpkg/status",
                    "additionalContext": f"package[7]; by dpkg; layer {Digest.of(b'base layer')}",
                }
            ]
        },
    }
    assert found["custody:layer"] == [str(Digest.of(b"base layer"))]
    assert found["custody:source-package"] == ["openssl 3.0.15-1~deb12u1"]


def test_declared_and_concluded_licences_each_have_their_place() -> None:
    component = components(document())["Jinja2"]
    assert [item["acknowledgement"] for item in component["licenses"]] == ["declared"]
    assert component["evidence"]["licenses"] == [{"expression": "BSD-3-Clause", "acknowledgement": "concluded"}]
    assert component["authors"] == [{"name": "Armin Ronacher", "email": "armin@pocoo.example"}]
    assert component["externalReferences"] == [
        {"type": "distribution", "url": "https://files.pypi.example/Jinja2-2.10-py2.py3-none-any.whl"}
    ]


def test_the_texts_of_licence_refs_are_there() -> None:
    made = encoded(document())
    expression = next(c for c in made["components"] if c["name"] == "MarkupSafe")["licenses"][0]["expression"]
    assert properties(made["metadata"])[f"custody:licence-text:{expression}"] == ["BSD, but another one"]


@pytest.mark.parametrize(
    ("changes", "key", "value"),
    [
        ({"licence_declared": None}, "licenses", None),
        ({"licence_declared": "NONE"}, "licenses", None),
        ({"licence_declared": "Free"}, "licenses", [{"license": {"name": "Free", "acknowledgement": "declared"}}]),
        ({"supplier": "Person: Anna"}, "supplier", {"contact": [{"name": "Anna"}]}),
        ({"supplier": "somebody"}, "supplier", None),
        ({"homepage": "www.openssl.example"}, "externalReferences", None),
        (
            {"homepage": "", "download_location": "git+https://git.example/a@v1"},
            "externalReferences",
            [{"type": "vcs", "url": "git+https://git.example/a@v1"}],
        ),
        ({"version": ""}, "version", None),
        ({"name": " "}, "name", "libssl3"),
        ({"version": "1" * 2000}, "version", "1" * 1024),
        ({"purpose": "SPACESHIP"}, "type", "library"),
    ],
)
def test_no_field_says_what_the_schema_forbids(changes: dict[str, Any], key: str, value: object) -> None:
    assert of(**changes).get(key) == value


def test_scope_follows_the_strongest_way_from_the_root() -> None:
    found = {name: component["scope"] for name, component in components(document()).items()}
    assert found == {
        "libssl3": "required",
        "Jinja2": "required",
        "MarkupSafe": "required",
        "pytest": "excluded",
        "lodash": "required",  # optional for the root, but libssl3 has it
    }


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ({"r": {"optional": ["a"]}, "a": {"depends_on": ["b"]}}, {"a": "optional", "b": "optional"}),
        ({"r": {"dev": ["a"]}, "a": {"depends_on": ["b"], "optional": ["c"]}}, dict.fromkeys("abc", "excluded")),
        ({"r": {"dev": ["a"], "contains": ["b"]}, "b": {"depends_on": ["a"]}}, dict.fromkeys("ab", "required")),
        ({"r": {"optional": ["a"]}, "a": {"dev": ["b"]}}, {"a": "optional", "b": "excluded"}),
        ({"r": {"depends_on": ["a"]}, "a": {"depends_on": ["r", "a"]}}, {"a": "required"}),
        ({"r": {"build": ["a"], "optional": ["b"]}, "b": {"peer": ["a"]}}, {"a": "optional", "b": "optional"}),
    ],
)
def test_scopes(edges: dict[str, dict[str, list[str]]], expected: dict[str, str]) -> None:
    assert scopes("r", edges) == {"r": "required", **expected}


# ── vulnerabilities ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_finding_is_a_vulnerability_with_its_remedy() -> None:
    found = encoded(document())["vulnerabilities"]
    assert [item["id"] for item in found] == ["CVE-2021-23337", "CVE-2019-10906"]  # by purl: npm before PyPI
    jinja = found[1]
    assert jinja["ratings"] == [
        {
            "source": {"name": "GHSA-462w-v97r-4m45"},
            "score": 8.6,
            "severity": "high",
            "method": "CVSSv3",
            "vector": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N",
        }
    ]
    assert jinja["affects"] == [{"ref": JINJA.id, "versions": [{"version": "2.10", "status": "affected"}]}]
    assert [reference["id"] for reference in jinja["references"]] == ["GHSA-462w-v97r-4m45", "PYSEC-2019-217"]
    assert jinja["cwes"] == [693]
    assert jinja["recommendation"] == "Update Jinja2: fixed in 2.10.1."
    assert jinja["advisories"] == [{"title": "ADVISORY", "url": "https://nvd.example/vuln/detail/CVE-2019-10906"}]
    assert jinja["published"] == "2026-11-22T12:30:00Z"
    assert "Looked up PyPI jinja2 2.10: GHSA-462w-v97r-4m45 matched introduced 0, fixed 2.10.1" in jinja["detail"]
    assert "analysis" not in jinja


def test_an_exception_is_shown_and_claims_nothing_about_the_code() -> None:
    lodash = encoded(document())["vulnerabilities"][0]
    assert lodash["recommendation"] == "No fixed version is known."
    assert lodash["analysis"] == {
        "state": "in_triage",
        "detail": "A recorded exception until 2026-11-22T12:30:00Z, owned by anna@whisperengine.example, approved by "
        "ben: the function is not called",
    }


@pytest.mark.parametrize(
    ("vector", "method"),
    [
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "CVSSv4"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N", "CVSSv31"),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", "CVSSv2"),
        ("medium", "other"),
    ],
)
def test_the_method_is_that_of_the_vector(vector: str, method: str) -> None:
    made = document(report=report(finding(JINJA, "CVE-1", vector=vector)))
    assert encoded(made)["vulnerabilities"][0]["ratings"][0]["method"] == method


def test_what_nobody_scored_is_unknown() -> None:
    unscored = finding(JINJA, "CVE-1", severity="UNKNOWN", score=None, vector="", severity_source="")
    assert encoded(document(report=report(unscored)))["vulnerabilities"][0]["ratings"] == [{"severity": "unknown"}]


@pytest.mark.parametrize(
    ("scanned", "expected"),
    [
        (None, None),
        (report(database=None), None),
        (report(), None),  # packages that could not be evaluated, and nothing found
        (report(result="clean", not_evaluated=()), []),
    ],
)
def test_an_empty_list_stands_only_where_all_was_evaluated(scanned: ScanReport | None, expected: object) -> None:
    assert encoded(document(report=scanned)).get("vulnerabilities") == expected


def test_a_finding_about_something_else_affects_nothing() -> None:
    stranger = Package(purl=replace(JINJA.purl, name="stranger"), name="stranger")
    made = document(report=report(finding(stranger, "CVE-1")))
    assert "affects" not in encoded(made)["vulnerabilities"][0]
