"""The formats that say less than an SBOM: what they say is right, and what they do not say is told."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody import sbom
from custody.errors import InputError, UsageError
from custody.model import Dependency, Location, Package, Purl
from custody.sbom.formats.csv import COLUMNS, guarded
from tests.sbom.samples import CONTEXT, JINJA, LODASH, MARKUPSAFE, PYTEST, ROOT, SSL, document, inventory
from tests.sbom.strategies import documents

CASES = Path(__file__).resolve().parents[2] / "cases" / "sbom"
WRITTEN = ("csv", "github", "purls", "table")
READ = ("github", "purls", "syft-json", "trivy-json")


# ── purls ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_purls_are_sorted_and_unique_and_come_back() -> None:
    data = sbom.encode(document(), "purls")
    assert data.decode().splitlines() == sorted(package.id for package in document().inventory.packages)
    back = sbom.decode(data, "list.txt")
    assert [package.id for package in back.packages] == [package.id for package in document().inventory.packages]
    assert sbom.encode(document(inventory=back), "purls") == data


def test_a_list_of_purls_may_have_comments_and_mistakes() -> None:
    data = b"\xef\xbb\xbf# ours\n\n  pkg:npm/a@1 \r\npkg:npm/a@1\npkg:nothing\nnonsense\n"
    assert sbom.recognise(data) is sbom.FORMATS["purls"]
    back = sbom.decode(data, "x")
    assert [package.id for package in back.packages] == ["pkg:npm/a@1"]
    assert [item.where for item in back.skipped] == ["x:line 5", "x:line 6"]


@pytest.mark.parametrize(
    ("data", "message"), [(b"# pkg:npm/a\n", "no package URL in it"), (b"pkg:npm/a\n\xff", "not UTF-8: byte 10")]
)
def test_what_is_no_list_of_purls_is_refused(data: bytes, message: str) -> None:
    decode = sbom.FORMATS["purls"].decode
    assert decode is not None
    with pytest.raises(InputError, match=message):
        decode(data, "x")


# ── table ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_table_is_aligned_and_one_line_a_package() -> None:
    odd = replace(LODASH, name="lo\ndash\x1b[31m", licence_declared=None)
    lines = sbom.encode(document(inventory=inventory(packages=[SSL, odd, PYTEST])), "table").decode().splitlines()
    assert lines == [
        "NAME              VERSION           TYPE  LICENCE",
        "libssl3           3.0.15-1~deb12u1  deb   Apache-2.0",
        "lo\\ndash\\x1b[31m  4.17.20           npm   unknown",
        "pytest            unknown           pypi  NONE",
    ]


# ── csv ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def rows(*packages: Package) -> list[dict[str, str]]:
    data = sbom.encode(document(inventory=inventory(packages=packages)), "csv")
    assert data.endswith(b"\r\n")
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_csv_has_a_head_line_and_what_is_known() -> None:
    (row,) = rows(JINJA)
    assert tuple(row) == COLUMNS
    assert row["purl"] == JINJA.id
    assert row["licence concluded"] == "BSD-3-Clause"
    assert row["checksums"] == f"sha256:{'ab' * 32}"
    assert row["found in"].startswith("srv/app/lib/python3.11/site-packages/Jinja2-2.10.dist-info/METADATA srv/app/")


def test_csv_quotes_commas_quotes_and_line_ends() -> None:
    words = 'one, "two"\nthree'
    assert rows(replace(SSL, description=words))[0]["description"] == words


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_a_spreadsheet_takes_no_cell_for_a_formula(text: str) -> None:
    assert guarded(text) == f"'{text}"
    (row,) = rows(replace(LODASH, name=text))
    assert row["name"] == f"'{text}"
    assert row["purl"] == LODASH.id  # where the name stands as it is


@given(made=documents())
@settings(max_examples=20, deadline=None)
def test_any_inventory_is_a_line_for_each_package(made: Any) -> None:  # noqa: ANN401
    data = sbom.encode(made, "csv")
    table = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert len(table) == len(made.inventory.packages) + 1
    assert {len(row) for row in table} == {len(COLUMNS)}
    assert not any(cell[:1] in ("=", "+", "-", "@") for row in table for cell in row)


# ── github ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def snapshot(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return dict(json.loads(sbom.encode(document(**changes), "github")))


def test_a_snapshot_says_who_when_and_of_which_commit() -> None:
    table = snapshot()
    assert (table["version"], table["scanned"]) == (0, "2026-11-22T12:30:00Z")
    assert (table["sha"], table["ref"]) == ("c0ffee" + "0" * 34, "main")
    assert table["detector"]["name"] == "custody"
    assert table["job"]["correlator"] == "custody whisperengine-1.2.3"
    assert snapshot()["job"]["id"] == table["job"]["id"] != snapshot(name="other")["job"]["id"]


def test_a_snapshot_lists_packages_by_the_file_that_names_them() -> None:
    manifests = snapshot()["manifests"]
    lock = manifests["srv/app/poetry.lock"]
    assert lock["file"] == {"source_location": "srv/app/poetry.lock"}
    assert set(lock["resolved"]) == {JINJA.id, MARKUPSAFE.id}
    assert lock["resolved"][JINJA.id] == {
        "package_url": JINJA.id,
        "relationship": "direct",
        "scope": "runtime",
        "dependencies": sorted([MARKUPSAFE.id, PYTEST.id]),
        "metadata": {"licence": "LicenseRef-BSD"},
    }
    assert lock["resolved"][MARKUPSAFE.id]["relationship"] == "indirect"
    assert manifests["whisperengine"]["resolved"][PYTEST.id]["scope"] == "development"


def test_what_a_project_inside_needs_is_direct_too() -> None:
    project = Package(purl=Purl("npm", "web", "1"), name="web", purpose="APPLICATION")
    edges = [
        Dependency(source=ROOT.id, target=project.id, relation="contains"),
        Dependency(source=project.id, target=LODASH.id),
        Dependency(source=LODASH.id, target=SSL.id),
    ]
    made = inventory(packages=[project, LODASH, SSL], dependencies=edges)
    found = {key: e for m in snapshot(inventory=made)["manifests"].values() for key, e in m["resolved"].items()}
    assert [found[p.id]["relationship"] for p in (project, LODASH, SSL)] == ["direct", "direct", "indirect"]


def test_a_snapshot_comes_back_as_far_as_it_goes() -> None:
    lock = Location(path="app/poetry.lock", cataloger="")
    packages = [replace(p, locations=(lock,), installed=False) for p in (JINJA, MARKUPSAFE, PYTEST)]
    edges = [
        Dependency(source=ROOT.id, target=JINJA.id),
        Dependency(source=ROOT.id, target=PYTEST.id, relation="dev"),
        Dependency(source=JINJA.id, target=MARKUPSAFE.id),
    ]
    data = sbom.encode(document(inventory=inventory(packages=packages, dependencies=edges)), "github")
    back = sbom.decode(data, "x")
    project = "pkg:generic/app%2Fpoetry.lock"
    assert {package.id for package in back.packages} == {JINJA.id, MARKUPSAFE.id, PYTEST.id, project}
    found = {(edge.source, edge.relation, edge.target) for edge in back.dependencies}
    assert found >= {
        (project, "depends_on", JINJA.id),
        (project, "dev", PYTEST.id),
        (JINJA.id, "depends_on", MARKUPSAFE.id),
    }


def test_without_a_commit_that_is_told() -> None:
    lost = sbom.losses(document(context=replace(CONTEXT, git=None)), "github")
    assert "the commit: sha and ref are empty, and the API wants them" in lost


# ── all ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", WRITTEN)
def test_the_order_of_packages_changes_nothing(name: str) -> None:
    made = document()
    mixed = replace(
        made.inventory,
        packages=tuple(reversed(made.inventory.packages)),
        dependencies=tuple(reversed(made.inventory.dependencies)),
    )
    assert sbom.encode(replace(made, inventory=mixed), name) == sbom.encode(made, name)


def test_what_a_format_does_not_say_is_counted() -> None:
    lost = sbom.losses(document(), "purls")
    assert "declared licences (of 5 packages)" in lost
    assert "which package needs which (8 edges)" in lost
    assert "findings (2)" in lost
    assert "what could not be read (1)" in lost
    assert not any("names" in line for line in lost)
    assert "how packages depend on each other (dev, optional, peer, build, owns)" in sbom.losses(document(), "github")
    assert sbom.losses(document(inventory=inventory(packages=[], dependencies=[], skipped=[], distribution=None), report=None), "purls") == []  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("name", ["syft-json", "trivy-json"])
def test_what_is_only_read_says_so(name: str) -> None:
    with pytest.raises(UsageError, match=f"-o: {name} is only read, never written; expected one of csv, "):
        sbom.encode(document(), name)


@pytest.mark.parametrize("name", ["csv", "table"])
def test_what_is_only_written_is_never_recognised(name: str) -> None:
    form = sbom.FORMATS[name]
    assert form.decode is None
    assert not form.recognises(sbom.encode(document(), name))


def samples(name: str) -> list[bytes]:
    if name in ("github", "purls"):
        return [sbom.encode(document(), name)]
    return [
        (case / "sbom.json").read_bytes() for case in CASES.iterdir() if case.name.startswith(name.partition("-")[0])
    ]


@pytest.mark.parametrize("name", READ)
def test_any_one_value_may_be_anything(name: str) -> None:
    decode = sbom.FORMATS[name].decode
    assert decode is not None
    chance = random.Random(9)  # noqa: S311 - places, not secrets
    words = [b'"', b"{", b"[", b"null", b"7", b"true", b"{}", b"[]", b'"a"', b",", b"\xff", b"-1", b"1e999"]
    for data in samples(name):
        for _ in range(250):
            at = chance.randrange(len(data))
            end = at + chance.choice((0, 1, 1, 5, 30))
            broken = data[:at] + chance.choice(words) + data[end:]
            for hostile in (broken, data[:at]):
                try:
                    decode(hostile, "sbom")
                except InputError as error:
                    assert str(error).startswith("sbom")


VALUES: tuple[Any, ...] = (None, True, -1, 1.5, "", "x", [], [[]], {}, [None], [1], {"a": 1}, [{"a": []}])


def changed(value: Any, chance: random.Random) -> Any:  # noqa: ANN401
    if chance.random() < 0.03:
        return chance.choice(VALUES)
    if isinstance(value, dict):
        return {key: changed(item, chance) for key, item in value.items() if chance.random() > 0.02}
    return [changed(item, chance) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", ["github", "syft-json", "trivy-json"])
def test_any_values_may_be_anything(name: str) -> None:
    decode = sbom.FORMATS[name].decode
    assert decode is not None
    for data in samples(name):
        for seed in range(150):
            table = changed(json.loads(data), random.Random(seed))  # noqa: S311 - places, not secrets
            try:
                decode(json.dumps(table).encode(), "sbom")
            except InputError as error:
                assert str(error).startswith("sbom")


@given(data=st.binary(max_size=80))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_result_or_refused(data: bytes) -> None:
    for name in READ:
        decode = sbom.FORMATS[name].decode
        assert decode is not None
        sbom.FORMATS[name].recognises(data)
        try:
            decode(data, "sbom")
        except InputError as error:
            assert str(error).startswith("sbom")
