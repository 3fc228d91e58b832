from __future__ import annotations

from dataclasses import replace

import pytest

from custody.advisories.priority import Standing, base_of, base_of_history
from custody.model import Artifact, Dependency, Digest, Inventory
from tests.advisories.samples import inventory, package


def edge(source: str, target: str, relation: str = "depends_on") -> Dependency:
    return Dependency(source=source, target=target, relation=relation)


ROOT = "pkg:generic/sample@1"
PROJECT = replace(package("pkg:npm/front@1.0.0"), purpose="APPLICATION", installed=False)
A, B, C = (package(f"pkg:npm/{name}@1.0.0") for name in "abc")


def direct(*edges: Dependency) -> list[bool | None]:
    standing = Standing(inventory(PROJECT, A, B, C, dependencies=edges))
    return [standing.direct(p.id) for p in (A, B, C)]


def test_what_a_project_requires_is_direct_and_what_that_requires_is_not() -> None:
    assert direct(edge(PROJECT.id, A.id), edge(A.id, B.id)) == [True, False, None]
    assert direct(edge(PROJECT.id, A.id, "dev"), edge(A.id, B.id, "peer")) == [True, False, None]
    assert direct(edge(ROOT, A.id), edge(A.id, B.id), edge(ROOT, B.id)) == [True, True, None]


def test_to_be_in_something_is_not_to_be_required_by_it() -> None:
    assert direct(edge(PROJECT.id, A.id, "contains"), edge(ROOT, B.id, "owns")) == [None, None, None]


@pytest.mark.parametrize("installed", [True, False])
def test_an_application_is_a_project_unless_something_requires_it(installed: bool) -> None:
    program = replace(PROJECT, installed=installed)
    own = edge(program.id, A.id)
    assert Standing(inventory(program, A, B, dependencies=[own])).direct(A.id) is True
    assert Standing(inventory(program, A, B, dependencies=[own, edge(B.id, program.id)])).direct(A.id) is False


# ── the base image ───────────────────────────────────────────────────────────────────────────────────────────────────


def image(*names: str, history: str = "") -> Artifact:
    artifact = inventory(layers=names).artifact
    if history:
        first = replace(artifact.layers[0], created_by=history)
        artifact = replace(artifact, layers=(first, *artifact.layers[1:]))
    return artifact


def ids(*names: str) -> list[Digest]:
    return [Digest.of(name.encode()) for name in names]


def whose(artifact: Artifact, base: tuple[str, ...] | None) -> list[bool | None]:
    held: Inventory = replace(inventory(), artifact=artifact)
    known = None if base is None else base_of(artifact, ids(*base), said="test")
    standing = Standing(held, known)
    by_diff_id = [standing.base(digest) for digest in ids("one", "two", "three")]
    by_blob = [standing.base(digest) for digest in ids("blob one", "blob two", "blob three")]
    assert by_blob == by_diff_id or not artifact.layers, "a layer has two digests"
    return by_diff_id


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (("one",), [True, False, False]),
        (("one", "two"), [True, True, False]),
        (("one", "two", "three"), [True, True, True]),
        (("one", "other"), [True, None, None]),
        (("other",), [None, None, None]),
        (("two",), [None, None, None]),
        (("one", "two", "three", "four"), [True, True, True]),
        ((), [None, None, None]),
        (None, [None, None, None]),
    ],
)
def test_layers_that_both_begin_with_are_the_bases(base: tuple[str, ...] | None, expected: list[bool | None]) -> None:
    assert whose(image("one", "two", "three"), base) == expected


def test_where_the_layers_are_not_listed_only_the_bases_own_are_known() -> None:
    assert whose(image(), ("one", "two")) == [True, True, None]


def test_a_package_without_a_layer_has_no_base() -> None:
    artifact = image("one")
    standing = Standing(replace(inventory(), artifact=artifact), base_of(artifact, ids("one"), said="x"))
    assert standing.base(None) is None


@pytest.mark.parametrize(
    ("history", "is_base"),
    [
        ("/bin/sh -c #(nop) ADD file:5d673d25da3a14ce1f6cf66e4c7fd4f4b85a3759a9d93efb3fd9ff852b5b56e4 in / ", True),
        ("ADD alpine-minirootfs-3.20.1-x86_64.tar.gz / # buildkit", True),
        ("ADD rootfs.tar.xz / # buildkit", True),
        ("COPY file:5d673d25da3a14ce1f6cf66e4c7fd4f4b85a3759a9d93efb3fd9ff852b5b56e4 in /app", False),
        ("COPY . /app # buildkit", False),
        ("/bin/sh -c #(nop) ADD file:5d673d25da3a in /app/", False),
        ("debootstrap minbase bookworm", False),
        ("", False),
    ],
)
def test_the_history_counts_only_where_it_is_clear(history: str, is_base: bool) -> None:
    artifact = image("one", "two", "three", history=history)
    assert (base_of_history(artifact) is not None) == is_base
    assert whose(artifact, None) == [is_base or None, None, None]


def test_without_layers_there_is_no_history() -> None:
    assert base_of_history(image()) is None
