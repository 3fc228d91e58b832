"""What our SPDX 2.3 documents say, and that the commands of the guide find it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from custody import sbom
from custody.model import Digest, Location, Package, Purl
from custody.sbom import Document
from custody.sbom.spdx import write
from tests.sbom.samples import (
    EDGES,
    IMAGE,
    JINJA,
    LODASH,
    MARKUPSAFE,
    PYTEST,
    ROOT,
    SSL,
    document,
    finding,
    inventory,
    report,
)
from tests.sbom.schemas import faults
from tests.sbom.strategies import documents


def encoded(made: Document) -> dict[str, Any]:
    return dict(json.loads(sbom.encode(made, "spdx-json")))


def packages(made: Document) -> dict[str, dict[str, Any]]:
    return {package["name"]: package for package in encoded(made)["packages"]}


def of(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Give the SPDX package of a package like libssl3, but for the changes."""
    return packages(document(inventory=inventory(packages=[replace(SSL, **changes)])))["libssl3"]


# ── schema and field rules ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_sample_is_valid_against_the_schema(shared: Path) -> None:
    assert faults(shared, "spdx-json", sbom.encode(document(), "spdx-json")) == []


@given(made=documents())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_inventory_is_valid_against_the_schema(shared: Path, made: Document) -> None:
    assert faults(shared, "spdx-json", sbom.encode(made, "spdx-json")) == []


def test_the_sample_conforms_to_the_field_rules() -> None:
    assert sbom.validate_spdx23(sbom.encode(document(), "spdx-json"), "sbom-1.2.3.spdx.json") == []


# ── the document ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_says_who_made_it_when_and_how() -> None:
    made = encoded(document())
    info = made["creationInfo"]
    assert made["name"] == "whisperengine-1.2.3"
    assert info["creators"] == [
        "Tool: custody-0.1.0",
        "Organization: WhisperEngine (security@whisperengine.example)",
    ]
    assert info["created"] == "2026-11-22T12:30:00Z"
    assert info["licenseListVersion"].count(".") >= 1
    assert "Generation context: after the build" in info["comment"]
    assert "python 3.11.7" in info["comment"]
    assert f"git commit c0ffee{'0' * 34} (main) of https://git.example/whisperengine" in info["comment"]


def test_a_directory_is_looked_at_before_the_build() -> None:
    artifact = replace(inventory().artifact, kind="directory")
    made = encoded(document(inventory=inventory(artifact=artifact)))
    assert "Generation context: before the build" in made["creationInfo"]["comment"]
    assert made["packages"][0]["primaryPackagePurpose"] == "APPLICATION"


def test_the_namespace_is_a_uri_of_this_very_document() -> None:
    namespace = encoded(document())["documentNamespace"]
    assert namespace.startswith("https://custody.example/spdx/whisperengine-1.2.3-")
    assert "#" not in namespace
    assert encoded(document())["documentNamespace"] == namespace
    later = document(created=dt.datetime(2026, 11, 22, 12, 30, 1, tzinfo=dt.UTC))
    other_artifact = replace(
        inventory().artifact, descriptor=replace(inventory().artifact.descriptor, digest=Digest.of(b"other"))
    )
    others = [later, document(inventory=inventory(artifact=other_artifact)), document(report=None)]
    assert len({namespace, *(encoded(made)["documentNamespace"] for made in others)}) == 4


def test_what_could_not_be_read_is_said() -> None:
    made = encoded(document())
    assert "srv/app/uv.lock: not valid TOML: line 3" in made["comment"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"report": None}, "Vulnerabilities: not scanned"),
        ({"report": replace(document().report, database=None)}, "Vulnerabilities: unknown; there was no advisory"),  # type: ignore[type-var]
        ({}, "Vulnerabilities: findings on 2026-11-22T12:30:00Z: 1 found, 1 suppressed"),
    ],
)
def test_what_is_known_about_vulnerabilities_is_said(changes: dict[str, Any], words: str) -> None:
    assert words in encoded(document(**changes))["comment"]


# ── packages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_root_is_the_artifact() -> None:
    root = encoded(document())["packages"][0]
    assert root["name"] == "whisperengine"
    assert root["versionInfo"] == "1.2.3"
    assert root["primaryPackagePurpose"] == "CONTAINER"
    assert root["checksums"] == [{"algorithm": "SHA256", "checksumValue": IMAGE.hex}]
    assert (
        f"Layer 0: {Digest.of(b'blob')}, unpacked {Digest.of(b'base layer')}, created by: ADD rootfs" in root["comment"]
    )


def test_a_package_has_all_that_is_known_of_it() -> None:
    package = packages(document())["libssl3"]
    digest = hashlib.sha256(SSL.id.encode()).hexdigest()
    annotations = package.pop("annotations")
    assert package == {
        "name": "libssl3",
        "SPDXID": f"SPDXRef-Package-deb-libssl3-{digest[:12]}",
        "versionInfo": "3.0.15-1~deb12u1",
        "supplier": "Organization: Debian OpenSSL Team (pkg-openssl@lists.example)",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "homepage": "https://openssl.example/",
        "sourceInfo": f"found in var/lib/dpkg/status package[7] (by dpkg, layer {Digest.of(b'base layer')}); "
        "built from the source package openssl 3.0.15-1~deb12u1",
        "licenseConcluded": "Apache-2.0",
        "licenseDeclared": "Apache-2.0",
        "licenseComments": "Concluded from the declared licence; no licence text was analysed.",
        "copyrightText": "1998-2024 The OpenSSL Project",
        "description": "Secure Sockets Layer toolkit - shared libraries\nwith a second line",
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": "pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64&distro=debian-12",
            }
        ],
        "primaryPackagePurpose": "LIBRARY",
    }
    assert [annotation["annotator"] for annotation in annotations] == ["Tool: custody-0.1.0"]
    note = json.loads(annotations[0]["comment"])
    assert note["locations"] == [
        {
            "path": "var/lib/dpkg/status",
            "cataloger": "dpkg",
            "where": "package[7]",
            "layer": str(Digest.of(b"base layer")),
        }
    ]


@pytest.mark.parametrize(
    ("declared", "found", "concluded", "stated", "words"),
    [
        (None, None, "NOASSERTION", "NOASSERTION", None),
        ("NONE", None, "NOASSERTION", "NONE", None),
        ("MIT", None, "MIT", "MIT", "Concluded from the declared licence; no licence text was analysed."),
        ("MIT", "BSD-3-Clause", "BSD-3-Clause", "MIT", "Concluded from the licence texts found in the files."),
        (None, "BSD-3-Clause", "BSD-3-Clause", "NOASSERTION", "Concluded from the licence texts found in the files."),
        ("MIT", "NONE", "NONE", "MIT", "Concluded from the licence texts found in the files."),
        (
            "Free to use",
            None,
            "NOASSERTION",
            "NOASSERTION",
            "The declared licence is no SPDX expression: 'Free to use'",
        ),
        ("MIT and BSD", "MIT", "MIT", "NOASSERTION", "The declared licence is no SPDX expression"),
    ],
)
def test_a_conclusion_rests_on_files_or_says_that_it_does_not(
    declared: str | None, found: str | None, concluded: str, stated: str, words: str | None
) -> None:
    package = of(licence_declared=declared, licence_concluded=found)
    assert (package["licenseConcluded"], package["licenseDeclared"]) == (concluded, stated)
    assert package.get("licenseComments", "").startswith(words or "")
    assert ("licenseComments" in package) == (words is not None)


def test_one_licence_ref_with_two_texts_becomes_two() -> None:
    made = encoded(document())
    extracted = {item["licenseId"]: item["extractedText"] for item in made["hasExtractedLicensingInfos"]}
    assert sorted(extracted.values()) == ["BSD", "BSD, but another one"]
    assert all(name.startswith("LicenseRef-BSD-") for name in extracted)
    found = {package["name"]: package["licenseDeclared"] for package in made["packages"]}
    assert extracted[found["Jinja2"]] == "BSD"
    assert extracted[found["MarkupSafe"]] == "BSD, but another one"


def test_one_licence_ref_with_one_text_keeps_its_name() -> None:
    same = (("LicenseRef-BSD", "BSD"),)
    both = [replace(JINJA, licence_texts=same), replace(MARKUPSAFE, licence_texts=same)]
    made = encoded(document(inventory=inventory(packages=both)))
    assert [item["licenseId"] for item in made["hasExtractedLicensingInfos"]] == ["LicenseRef-BSD"]


def test_a_licence_ref_without_a_text_says_so() -> None:
    made = encoded(document(inventory=inventory(packages=[replace(JINJA, licence_texts=())])))
    assert [item["extractedText"] for item in made["hasExtractedLicensingInfos"]] == [
        "The text of this licence was not found."
    ]


@pytest.mark.parametrize(
    ("changes", "key", "value"),
    [
        ({"supplier": ""}, "supplier", "NOASSERTION"),
        ({"supplier": "somebody"}, "supplier", "NOASSERTION"),
        ({"originator": ""}, "originator", None),
        ({"homepage": "www.openssl.example"}, "homepage", None),
        (
            {"download_location": "git+https://git.example/a@v1#sub"},
            "downloadLocation",
            "git+https://git.example/a@v1#sub",
        ),
        ({"download_location": "on a tape"}, "downloadLocation", "NOASSERTION"),
        ({"copyright": ""}, "copyrightText", "NOASSERTION"),
        ({"copyright": "none"}, "copyrightText", "NOASSERTION"),
        ({"version": ""}, "versionInfo", None),
        ({"name": " "}, "name", "libssl3"),
        ({"version": "1.0\n2.0"}, "versionInfo", "1.0 2.0"),
        ({"purpose": "SPACESHIP"}, "primaryPackagePurpose", None),
        ({"purpose": "OPERATING-SYSTEM"}, "primaryPackagePurpose", "OPERATING_SYSTEM"),
    ],
)
def test_no_field_says_what_its_rule_forbids(changes: dict[str, str], key: str, value: str | None) -> None:
    assert of(**changes).get(key) == value


def test_a_lock_file_says_what_will_be_installed() -> None:
    assert packages(document())["MarkupSafe"]["sourceInfo"].startswith(
        "listed, as something to be installed, in srv/app"
    )


def test_a_package_seen_in_many_places_names_a_few() -> None:
    many = tuple(Location(path=f"srv/{n}", cataloger="wheel") for n in range(300))
    assert of(locations=many, source_name="")["sourceInfo"].endswith("srv/4 (by wheel) and 295 more")


def test_bytes_that_are_no_text_are_shown() -> None:
    package = of(locations=(Location(path="srv/\udcff", cataloger="wheel"),), source_name="")
    assert package["sourceInfo"] == r"found in srv/\udcff (by wheel)"


def test_findings_stand_at_their_packages_as_advisories() -> None:
    found = packages(document())
    security = [ref for ref in found["Jinja2"]["externalRefs"] if ref["referenceCategory"] == "SECURITY"]
    assert security == [
        {
            "referenceCategory": "SECURITY",
            "referenceType": "advisory",
            "referenceLocator": "https://osv.dev/vulnerability/CVE-2019-10906",
            "comment": "severity HIGH, score 8.6 (CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N); "
            "status: affected, fixed in 2.10.1; also known as GHSA-462w-v97r-4m45, PYSEC-2019-217",
        },
        {
            "referenceCategory": "SECURITY",
            "referenceType": "advisory",
            "referenceLocator": "https://nvd.example/vuln/detail/CVE-2019-10906",
            "comment": "finding CVE-2019-10906",
        },
    ]
    suppressed = found["lodash"]["externalRefs"][1]["comment"]
    assert (
        "status: suppressed until 2026-11-22T12:30:00Z by anna@whisperengine.example, approved by ben: "
        "the function is not called; no fixed version is known"
    ) in suppressed
    assert found["pytest"]["comment"] == "Not evaluated for vulnerabilities: its version is not known"


def test_fixes_and_reports_stand_beside_the_advisory() -> None:
    refs = (("FIX", "https://a.example/fix"), ("REPORT", "https://a.example/report"), ("WEB", "https://a.example/"))
    found = packages(document(report=report(finding(JINJA, "CVE-2026-1", references=refs))))
    security = [ref for ref in found["Jinja2"]["externalRefs"] if ref["referenceCategory"] == "SECURITY"]
    assert [(ref["referenceType"], ref["referenceLocator"]) for ref in security[1:]] == [
        ("fix", "https://a.example/fix"),
        ("url", "https://a.example/report"),
    ]


# ── identifiers and relationships ────────────────────────────────────────────────────────────────────────────────────


def test_an_identifier_depends_on_the_package_alone() -> None:
    alone = packages(document(inventory=inventory(packages=[LODASH])))
    assert alone["lodash"]["SPDXID"] == packages(document())["lodash"]["SPDXID"]


def test_identifiers_stay_apart_when_their_short_hashes_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    class Alike:
        """A hash whose first twelve digits are always the same."""

        def __init__(self, data: bytes) -> None:
            self.value = "0" * 12 + hashlib.md5(data, usedforsecurity=False).hexdigest()

        def hexdigest(self) -> str:
            return self.value

    odd = [Package(purl=Purl("npm", name), name=name) for name in ("a b", "a/b", "a@b")]
    with monkeypatch.context() as patched:
        patched.setattr(hashlib, "sha256", Alike)
        names = write.identifiers([(package.id, package) for package in odd])
    assert len(set(names.values())) == 3
    assert names[odd[0].id] == "SPDXRef-Package-npm-a-b-000000000000"


def test_every_edge_is_said_in_the_direction_of_the_specification() -> None:
    """Table 68: "SPDXRef-A is a development dependency of SPDXRef-B", and so on: the needed one comes first there."""
    made = encoded(document())
    ids = {package["SPDXID"]: package["name"] for package in made["packages"]}
    found = {
        (ids.get(r["spdxElementId"], "document"), r["relationshipType"], ids[r["relatedSpdxElement"]])
        for r in made["relationships"]
    }
    assert found == {
        ("document", "DESCRIBES", "whisperengine"),
        ("whisperengine", "CONTAINS", "libssl3"),
        ("whisperengine", "CONTAINS", "Jinja2"),
        ("lodash", "OPTIONAL_DEPENDENCY_OF", "whisperengine"),
        ("Jinja2", "DEPENDS_ON", "MarkupSafe"),
        ("pytest", "DEV_DEPENDENCY_OF", "Jinja2"),
        ("libssl3", "PROVIDED_DEPENDENCY_OF", "lodash"),
        ("MarkupSafe", "BUILD_DEPENDENCY_OF", "lodash"),
        ("libssl3", "CONTAINS", "lodash"),
    }
    assert len(made["relationships"]) == len(EDGES) + 1
    owned = [r["comment"] for r in made["relationships"] if "comment" in r]
    assert owned == ["owns: the package manager installed the files of this package"]


# ── the guide ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_guides_commands_find_names_versions_and_licences(tmp_path: Path) -> None:
    """GUIDE, "SBOM Analysis"; `contains` fails on a package whose licence is null, so each must have one."""
    data = sbom.encode(document(), "spdx-json")
    table = {p["name"]: (p.get("versionInfo"), p["licenseConcluded"]) for p in json.loads(data)["packages"]}
    assert table["lodash"] == ("4.17.20", "MIT")
    assert set(table) == {package.name for package in (ROOT, SSL, JINJA, MARKUPSAFE, PYTEST, LODASH)}
    assert [name for name, (_, licence) in table.items() if "MIT" in licence] == ["lodash"]
    if shutil.which("jq") is None:
        return  # the same in Python is above
    command = ["jq", '.packages[] | select(.licenseConcluded | contains("MIT")) | .name']
    found = subprocess.run(command, input=data, capture_output=True, check=True)
    assert found.stdout == b'"lodash"\n'
