"""Every service against answers as it gives them, over a real HTTP server: tests/cases/enrich/SERVICE/CASE.

package.txt: the purl, and what checksums we know; answers.txtar: path → answer, all else is 404; expect.txt: what was
filled in, from where, and what was warned of. `CUSTODY_REWRITE=1` writes it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.enrich import Enrichment, enrich
from custody.enrich.interface import FIELDS, Facts
from custody.enrich.markup import read_markup
from custody.enrich.services import services
from custody.errors import InputError
from custody.model import Inventory
from tests.enrich.samples import asker, inventory, package
from tests.enrich.simulator import Registry, Reply, registry
from tests.inventory.archive import read_archive

CASES = Path(__file__).resolve().parent.parent / "cases" / "enrich"
ALL = sorted(path.parent for path in CASES.glob("*/*/package.txt"))
SERVICES = {service.name: service for service in services()}


def service_of(case: Path) -> str:
    return case.parent.name.removesuffix("-index")


def run(case: Path) -> tuple[Inventory, Enrichment, Registry]:
    purl, *checksums = (case / "package.txt").read_text().split()
    with registry() as server:
        for entry in read_archive(case / "answers.txtar"):
            server.replies[entry.path] = Reply(body=entry.data or b"")
        sparse = "sparse+" if case.parent.name.endswith("-index") else ""
        asking = asker({service_of(case): sparse + server.address})
        found, result = enrich(inventory(package(purl, *checksums)), asking.addresses, asking)
        asking.close()
        return found, result, server


@pytest.mark.parametrize("case", ALL, ids=[f"{case.parent.name}/{case.name}" for case in ALL])
def test_case(case: Path) -> None:
    found, result, server = run(case)
    after = found.packages[0]
    lines = [f"{name}: {shown(getattr(after, name))}" for name in FIELDS if getattr(after, name) not in (None, "", ())]
    lines += [f"words of {name}: {words}" for name, words in after.licence_texts]
    lines += [f"{name} from {address}" for name, address in after.enriched]
    lines += [f"asked {path}" for path in server.paths]
    lines += [f"warning: {text}" for text in result.warnings]
    text = "\n".join([*lines, result.summary(), ""]).replace(server.address, f"https://{service_of(case)}.example")
    expected = case / "expect.txt"
    if os.environ.get("CUSTODY_REWRITE"):
        expected.write_text(text)
    assert text == expected.read_text()
    before = package(*(case / "package.txt").read_text().split())
    assert (after.purl, after.name, after.version) == (before.purl, before.name, before.version)
    assert {name for name, _ in after.enriched} == {
        name for name in FIELDS if getattr(after, name) != getattr(before, name)
    }


def shown(value: object) -> str:
    return " ".join(f"{at.algorithm}:{at.hex}" for at in value) if isinstance(value, tuple) else str(value)


def test_every_service_has_a_case_and_a_name_of_its_own() -> None:
    assert {service_of(case) for case in ALL} == set(SERVICES)
    assert len(SERVICES) == len(services()) == 11


def test_a_package_is_asked_about_at_its_publisher_before_others() -> None:
    names = [service.name for service in services() if "npm" in service.types]
    assert names == ["npm", "deps.dev"]


def answers() -> list[tuple[Path, str, bytes]]:
    return [(case, entry.path, entry.data or b"") for case in ALL for entry in read_archive(case / "answers.txtar")]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_an_answer_holds_it_gives_facts_or_an_input_error(data: st.DataObject) -> None:
    case, _, answer = data.draw(st.sampled_from(answers()))
    start = data.draw(st.integers(0, len(answer)))
    end = data.draw(st.integers(start, min(len(answer), start + 40)))
    junk = data.draw(st.sampled_from((b"", b"\0", b"null", b"[]", b"{}", b'"', b"1e999", b"\xff", b"[[", b'"\\ud800"')))
    hostile = answer[:start] + junk + answer[end:]
    read_all(case, hostile)


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"version":{}}',
        b'{"info":[]}',
        b'{"items":{"a":1}}',
        b"[" * 100000,
        b"<a>" * 1000,
        b'{"packages":{"psr/log":{"a":1}}}',
        b'{"versions":[1,[],{"version":null}]}',
        b'{"meta":{"links":[1]}}',
    ],
    ids=range(12),
)
def test_garbage(hostile: bytes) -> None:
    for case in ALL:
        read_all(case, hostile)


def read_all(case: Path, hostile: bytes) -> None:
    service = SERVICES[service_of(case)]
    about = package((case / "package.txt").read_text().split()[0])
    sparse = "sparse+" if case.parent.name.endswith("-index") else ""
    for question in service.questions(about, f"{sparse}https://registry.example"):
        for kind in (question, question.otherwise):
            if kind is None:
                continue
            try:
                kept = kind.brief(hostile) if kind.brief else hostile
                facts = service.read(kept, about, kind)
            except InputError:
                continue
            assert isinstance(facts, Facts)
            assert all(at.path and ".." not in at.path.split("/") for at in facts.further)


def test_parents_are_looked_for_eight_times() -> None:
    from custody.enrich.services.maven import MOST_PARENTS

    with registry() as server:
        for height in range(20):
            pom = f"<project><parent><groupId>g</groupId><artifactId>p{height + 1}</artifactId><version>1</version>"
            server.replies[f"/g/p{height}/1/p{height}-1.pom"] = Reply(body=f"{pom}</parent></project>".encode())
        asking = asker({"maven": server.address})
        enrich(inventory(package("pkg:maven/g/p0@1")), asking.addresses, asking)
        asking.close()
        assert len([path for path in server.paths if path.endswith(".pom")]) == MOST_PARENTS + 1


def test_xml_is_read_without_its_traps() -> None:
    for hostile, words in (
        (b"<project>" + b"<a>" * 300, "inside each other"),
        (b'<!DOCTYPE p [<!ENTITY a "b">]><project>&a;</project>', "declaration"),
        (b"<settings/>", "expected <project> at the top, got <settings>"),
    ):
        with pytest.raises(InputError, match=words):
            read_markup(hostile, "pom", "project")


@pytest.mark.parametrize("name", ["..", ".", "a/../../b", "a?b#c", "a%2Fb", "ä"])
def test_a_name_stays_below_the_address(name: str) -> None:
    from custody.enrich.asking import place
    from custody.model import Package, Purl

    for service in services():
        for kind in service.types:
            about = Package(purl=Purl(kind, name, "1.0", namespace="x"), name=name, version="1.0")
            for question in service.questions(about, "https://registry.example/base"):
                address = place("https://registry.example/base", question.path)
                assert address.startswith("https://registry.example/base/")
                assert not {"..", "."} & set(address.split("/"))
                assert "#" not in address
