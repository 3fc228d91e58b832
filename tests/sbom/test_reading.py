from __future__ import annotations

import pytest

from custody.model import Package, Purl
from custody.sbom.reading import Reading

OWNER, COPY = "pkg:deb/debian/python3-pip@23.0.1", "pkg:pypi/pip@23.0.1"


@pytest.mark.parametrize(
    ("owned", "relation"),
    [(("b",), "contains"), (("b", "c"), "owns")],
)
def test_a_package_is_owned_only_where_each_copy_of_it_is(owned: tuple[str, ...], relation: str) -> None:
    reading = Reading(where="x", data=b"{}", media_type="application/json")
    for name, text in (("a", OWNER), ("b", COPY), ("c", COPY)):
        purl = Purl.parse(text)
        reading.add(name, Package(purl=purl, name=purl.name, version=purl.version), name, purl=purl)
    for name in owned:
        reading.edge("a", name, "owns")
    held = reading.inventory(["a", "c"], "x")
    assert {e.relation for e in held.dependencies if (e.source, e.target) == (OWNER, COPY)} == {relation}
