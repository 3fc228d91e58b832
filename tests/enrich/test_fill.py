"""Only what is empty is filled, by whoever may be asked; what was done is counted and said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from custody.enrich import Addresses, Enrichment, enrich
from custody.model import Inventory, Package
from tests.enrich.samples import asker, inventory, package
from tests.enrich.simulator import Registry, Reply, registry

MS = "pkg:npm/ms@2.1.3"
SHA1, OTHER = "ab" * 20, "cd" * 20


@pytest.fixture
def server() -> Iterator[Registry]:
    with registry() as here:
        here.replies["/ms/2.1.3"] = answer(license="MIT", homepage="https://ms.example", dist={"shasum": SHA1})
        yield here


def answer(**fields: object) -> Reply:
    return Reply(body=json.dumps({"version": "2.1.3", **fields}).encode())


def ask(
    bases: dict[str, str], *packages: Package, routes: tuple[tuple[str, str, str], ...] = ()
) -> tuple[Inventory, Enrichment]:
    asking = asker(bases)
    found = enrich(inventory(*packages), Addresses(bases=bases, routes=routes), asking)
    asking.close()
    return found


def test_what_is_stated_stays(server: Registry) -> None:
    mine = package(MS, f"sha1:{SHA1}", licence_declared="ISC", homepage="https://mine.example")
    found, result = ask({"npm": server.address}, mine)
    assert found.packages == (mine,)
    assert (result.enriched, result.added) == (0, ())


def test_none_as_a_licence_is_a_statement(server: Registry) -> None:
    found, _ = ask({"npm": server.address}, package(MS, licence_declared="NONE"))
    assert found.packages[0].licence_declared == "NONE"


def test_every_field_that_was_filled_says_from_where(server: Registry) -> None:
    found, result = ask({"npm": server.address}, package(MS, licence_declared="ISC"))
    address = f"{server.address}/ms/2.1.3"
    assert found.packages[0].enriched == (("checksums", address), ("homepage", address))
    assert result.added == (("homepage", 1), ("checksums", 1))


def test_nobody_is_asked_what_is_known(server: Registry) -> None:
    full = package(MS, f"sha1:{SHA1}", released="2020-01-01", homepage="h", originator="o", description="d")
    full = replace(full, licence_declared="MIT", download_location="https://x.example")
    found, _ = ask({"npm": server.address}, full)
    assert found.packages == (full,)
    assert server.paths == []


def test_a_checksum_that_contradicts_ends_it(server: Registry) -> None:
    server.replies["/ms"] = Reply(body=b'{"time":{"created":"2020-01-01","2.1.3":"2020-01-01"},"versions":{}}')
    mine = package(MS, f"sha1:{OTHER}")
    found, result = ask({"npm": server.address}, mine)
    assert found.packages == (mine,)
    assert server.paths == ["/ms/2.1.3"]
    assert result.warnings == (
        f"{MS}: npm has another checksum for it ({server.address}/ms/2.1.3); nothing was taken from there",
    )


def test_one_kind_that_agrees_does_not_make_up_for_one_that_does_not(server: Registry) -> None:
    integrity = "sha256-" + "q6ur" * 10 + "q6s="
    server.replies["/ms/2.1.3"] = answer(license="MIT", dist={"shasum": SHA1, "integrity": integrity})
    assert ask({"npm": server.address}, package(MS, f"sha1:{SHA1}", f"sha256:{'cd' * 32}"))[1].warnings
    assert not ask({"npm": server.address}, package(MS, f"sha1:{SHA1}", f"sha256:{'ab' * 32}"))[1].warnings


def test_a_checksum_of_another_kind_says_nothing(server: Registry) -> None:
    found, result = ask({"npm": server.address}, package(MS, f"sha512:{'cd' * 64}"))
    assert found.packages[0].licence_declared == "MIT"
    assert result.warnings == ()


def test_who_collects_is_asked_for_the_rest(server: Registry) -> None:
    server.replies["/v3/systems/npm/packages/ms/versions/2.1.3"] = Reply(
        body=b'{"licenses":["ISC"],"publishedAt":"2020-12-08T13:54:35Z"}'
    )
    found, _ = ask({"npm": server.address, "deps.dev": server.address}, package(MS))
    assert found.packages[0].licence_declared == "MIT"
    assert found.packages[0].released == "2020-12-08T13:54:35Z"
    assert "/ms" not in server.paths  # all versions of a package are much to read for one date


@pytest.mark.parametrize(
    "mine",
    [
        package("pkg:npm/ms"),
        package("pkg:npm/ms@2.1.3?repository_url=https://elsewhere.example"),
        package("pkg:npm/ms@2.1.3?vcs_url=git%2Bhttps://elsewhere.example/ms"),
        package("pkg:npm/ms@2.1.3?download_url=https://elsewhere.example/ms.tgz"),
        package(MS, purpose="APPLICATION"),
    ],
)
def test_what_no_registry_can_know_is_not_asked_about(server: Registry, mine: Package) -> None:
    found, result = ask({"npm": server.address}, mine)
    assert found.packages == (mine,)
    assert server.paths == []
    assert result.not_asked == ()


def test_services_without_an_address_are_said_and_no_error() -> None:
    found, result = ask({}, package(MS), package("pkg:deb/debian/libc6@2.36"), package("pkg:gem/rake@13.0"))
    assert all(not at.enriched for at in found.packages)
    assert result.summary() == (
        "enriched 0 of 3 packages; not asked: deps.dev (no address), npm (no address), rubygems (no address); "
        "no service for: 1 deb"
    )


def test_a_service_that_is_turned_off_is_not_asked_and_not_missed(server: Registry) -> None:
    _, result = ask({"npm": "", "deps.dev": ""}, package(MS))
    assert result.summary() == "enriched 0 of 1 package"


def test_packages_of_a_scope_go_to_its_own_registry_and_to_no_other(server: Registry) -> None:
    with registry() as own:
        own.replies["/@acme%2Fms/2.1.3"] = answer(license="ISC")
        found, _ = ask(
            {"npm": server.address},
            package("pkg:npm/%40acme/ms@2.1.3"),
            package(MS),
            routes=(("npm", "@acme/*", own.address),),
        )
        assert [at.licence_declared for at in found.packages] == ["ISC", "MIT"]
        assert not any("acme" in path for path in server.paths)
        assert all("acme" in path for path in own.paths)


def test_the_rest_of_an_inventory_is_as_it_was(server: Registry) -> None:
    before = inventory(package(MS), package("pkg:npm/b@1.0.0"))
    asking = asker({"npm": server.address})
    after, _ = enrich(before, asking.addresses, asking)
    asking.close()
    assert replace(after, packages=before.packages) == before
    assert [at.id for at in after.packages] == [at.id for at in before.packages]


def test_two_runs_give_the_same(server: Registry) -> None:
    many = [package(f"pkg:npm/p{index}@2.1.3") for index in range(40)]
    for index in range(40):
        server.replies[f"/p{index}/2.1.3"] = answer(license="MIT" if index % 2 else "ISC")
    first, second = (ask({"npm": server.address}, *many) for _ in range(2))
    assert first == second
    assert first[1].enriched == 40


def test_the_words_behind_a_reference_come_along(server: Registry) -> None:
    server.replies["/ms/2.1.3"] = answer(license="Our own words")
    after = ask({"npm": server.address}, package(MS))[0].packages[0]
    assert after.licence_declared is not None
    assert dict(after.licence_texts) == {after.licence_declared: "Our own words"}


def test_merging_keeps_where_a_field_came_from_with_the_field() -> None:
    bare, filled = package(MS), replace(package(MS), homepage="https://a.example", enriched=(("homepage", "x"),))
    assert bare.merged(filled).enriched == (("homepage", "x"),)
    assert replace(bare, homepage="https://b.example").merged(filled).enriched == ()
