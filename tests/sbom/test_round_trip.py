"""DESIGN, invariants: "decode(encode(inventory)) = inventory; encode is byte-stable"."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from custody import sbom
from custody.model import Checksum, Inventory, Location
from custody.sbom import FORMATS, Document
from tests.sbom.samples import JINJA, SSL, SUPPRESSED, document, finding, inventory, report
from tests.sbom.strategies import documents

FORMAT_NAMES = sorted(name for name, form in FORMATS.items() if form.family or name.startswith("cyclonedx"))
"""The formats that hold a whole inventory; the others are lists of packages, or are only read."""
moderate = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def facts(inventory: Inventory) -> dict[str, Any]:
    """Give an inventory piece by piece, so that a failure shows what differs."""
    return {
        name: getattr(inventory, name)
        for name in ("root", "packages", "dependencies", "artifact", "skipped", "distribution", "catalogers", "files")
    }


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_the_sample_comes_back_whole(name: str) -> None:
    made = document()
    assert facts(sbom.decode(sbom.encode(made, name), "sbom")) == facts(made.inventory)


@pytest.mark.parametrize("name", FORMAT_NAMES)
@pytest.mark.parametrize(
    "changes",
    [
        {"locations": (Location(path="srv/\udcff\ud800", cataloger="wheel", where="\udc80"),)},
        {"name": "lib\udcffssl"},
        {"homepage": "www.openssl.example"},
        {"download_location": "on a tape"},
        {"supplier": "somebody"},
        {"licence_texts": (("LicenseRef-unused", "words"),)},
        {"licence_declared": "Free to use"},
        {"checksums": (Checksum("sha224", "ab" * 28), Checksum("md5", "cd" * 16))},
        {"copyright": "NOASSERTION", "version": ""},
        {"name": " ", "licence_declared": "mit", "licence_concluded": "GPL-2.0+"},
    ],
    ids="-".join,
)
def test_what_a_format_has_no_field_for_comes_back(name: str, changes: dict[str, Any]) -> None:
    made = document(inventory=inventory(packages=[replace(SSL, **changes)]))
    assert facts(sbom.decode(sbom.encode(made, name), "sbom")) == facts(made.inventory)


@pytest.mark.parametrize("name", FORMAT_NAMES)
@given(made=documents())
@moderate
def test_every_inventory_comes_back_whole(name: str, made: Document) -> None:
    data = sbom.encode(made, name)
    data.decode("utf-8")
    assert facts(sbom.decode(data, "sbom")) == facts(made.inventory)


@pytest.mark.parametrize("name", [name for name in FORMAT_NAMES if name.startswith("spdx-")])
@given(made=documents())
@moderate
def test_every_inventory_comes_back_whole_from_spdx22(name: str, made: Document) -> None:
    data = sbom.encode(made, name, "2.2")
    assert facts(sbom.decode(data, "sbom")) == facts(made.inventory)


@given(made=documents())
@moderate
def test_what_we_write_as_spdx_conforms_to_its_field_rules(made: Document) -> None:
    problems = sbom.validate_spdx23(sbom.encode(made, "spdx-json"), "sbom.spdx.json")
    assert [str(problem) for problem in problems] == []


@given(made=documents())
@moderate
def test_what_we_write_as_spdx3_conforms_to_its_model(made: Document) -> None:
    problems = sbom.validate_spdx3(sbom.encode(made, "spdx3-json"), "sbom.spdx3.json")
    assert [str(problem) for problem in problems] == []


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_the_order_of_packages_edges_and_findings_changes_nothing(name: str) -> None:
    made = document(report=report(SUPPRESSED, *(finding(JINJA, f"CVE-2024-{n}") for n in range(4))))
    expected = sbom.encode(made, name)
    chance = random.Random(1)  # noqa: S311 - an order, not a secret
    for _ in range(5):
        packages, edges = list(made.inventory.packages), list(made.inventory.dependencies)
        chance.shuffle(packages)
        chance.shuffle(edges)
        assert made.report is not None
        findings = list(made.report.findings)
        chance.shuffle(findings)
        mixed = replace(
            made,
            inventory=replace(made.inventory, packages=tuple(packages), dependencies=tuple(edges)),
            report=replace(made.report, findings=tuple(findings)),
        )
        assert sbom.encode(mixed, name) == expected


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_two_runs_give_the_same_bytes(name: str) -> None:
    assert sbom.encode(document(), name) == sbom.encode(document(), name)


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_two_formats_say_the_same(name: str) -> None:
    """DESIGN, invariants: "scan(image) = scan(sbom(image)), whichever format the SBOM took"."""
    made = document()
    first = sbom.decode(sbom.encode(made, name), "sbom")
    for other in FORMAT_NAMES:
        assert sbom.decode(sbom.encode(replace(made, inventory=first), other), "sbom") == made.inventory
