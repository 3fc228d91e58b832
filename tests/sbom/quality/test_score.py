"""A score is a mean of what is known; each fix gains what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custody.model import Checksum, Dependency, Inventory, Package
from custody.sbom.quality import Heading, Score, Subject, score
from tests.sbom.samples import LODASH, ROOT, inventory

HEADING = Heading(format="cyclonedx-json", standard="CycloneDX", version="1.6", created="2026-01-31T12:00:00Z")


def subject(*packages: Package, **changes: object) -> Subject:
    edges = [Dependency(source=ROOT.id, target=package.id) for package in packages]
    found: Inventory = inventory(packages=packages, dependencies=edges, skipped=())
    return Subject(where="a", inventory=found, heading=replace(HEADING, **changes))  # type: ignore[arg-type]


def feature(found: Score, name: str) -> float | None:
    [value] = [f.score for category in found.categories for f in category.features if f.name == name]
    return value


def test_categories_and_weights() -> None:
    found = score(subject(LODASH), conforms=True)
    assert [(c.name, c.weight) for c in found.categories] == [
        ("identification", 10),
        ("provenance", 12),
        ("integrity", 15),
        ("completeness", 12),
        ("licensing", 15),
        ("vulnerability", 10),
        ("structural", 8),
    ]
    for category in found.categories:
        assert sum(f.weight for f in category.features) == pytest.approx(1)


def test_a_share_of_the_components() -> None:
    hashed = replace(LODASH, checksums=(Checksum("sha1", "ab" * 20),))
    found = score(subject(hashed), conforms=True)
    assert feature(found, "checksums") == 5.0  # of the subject and its package, one
    assert feature(found, "strong checksums") == 0.0
    assert (
        feature(
            score(subject(replace(hashed, checksums=(Checksum("sha256", "ab" * 32),))), conforms=True),
            "strong checksums",
        )
        == 5.0
    )


def test_the_whole_is_the_weighted_mean_of_what_is_known() -> None:
    found = score(subject(LODASH), conforms=True)
    known = [c for c in found.categories if c.score is not None]
    total = sum(c.weight for c in known)
    assert found.score == pytest.approx(sum((c.score or 0) * c.weight for c in known) / total)
    assert found.score is not None
    assert found.score + sum(gain for gain, _, _ in found.fixes) == pytest.approx(10, abs=0.05)


def test_what_is_fixed_gains_what_was_said() -> None:
    before = score(subject(LODASH), conforms=True)
    after = score(subject(LODASH, identity="urn:uuid:1"), conforms=True)
    [gain] = [gain for gain, name, _ in before.fixes if name == "identity"]
    assert (after.score or 0) - (before.score or 0) == pytest.approx(gain)


def test_unknown_stays_unknown() -> None:
    found = score(subject(replace(LODASH, licence_declared=None), silent=frozenset({"context"})), conforms=None)
    for name in ("signature", "life cycle", "no deprecated licences", "no restrictive licences", "rules of the format"):
        assert feature(found, name) is None, name
    assert feature(score(subject(LODASH), conforms=None), "life cycle") == 0.0
    assert feature(score(subject(LODASH, signed=True), conforms=False), "signature") == 10.0
    assert feature(score(subject(LODASH), conforms=False), "rules of the format") == 0.0


def test_licences() -> None:
    copyleft = replace(LODASH, licence_declared="GPL-2.0-only")
    assert feature(score(subject(LODASH), conforms=True), "no restrictive licences") == 10.0
    assert feature(score(subject(copyleft), conforms=True), "no restrictive licences") == 0.0
    assert (
        feature(score(subject(replace(LODASH, licence_declared="eCos-2.0")), conforms=True), "no deprecated licences")
        == 0.0
    )
    assert feature(score(subject(replace(LODASH, licence_declared="what?")), conforms=True), "valid licences") == 0.0


def test_grades() -> None:
    def grade(value: float | None) -> str:
        return Score(score=value, components=1, categories=()).grade

    assert [grade(value) for value in (10, 9, 8.9, 7, 5, 4.9, None)] == ["A", "A", "B", "C", "D", "F", ""]
