"""What a CVE record says of products and versions: `affected[]` and `cpeApplicability` → Affected.

Spec: CVE record format 5.2, `product` (https://github.com/CVEProject/cve-schema); versions: see `cve_versions`. An
entry of status not_affected stands beside one of status affected where the words need both: it takes precedence.

Products: a CPE name is ecosystem "CPE", name `part:vendor:product`. A purl (`packageURL`, 5.2) is the OSV ecosystem and
name that it means. A repository with commits (versionType git) is ecosystem "GIT", name the repository. A product with
a `packageName` of a collection and CPE names beside it is none: there the CPE names say of what platform it is a part.
What only has the name of a vendor and a product cannot be told from others, and becomes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from custody.advisories.ecosystems import lookup_of
from custody.advisories.feeds.cpe_name import parse_cpe
from custody.advisories.feeds.cve_versions import Said, Version, count, from_start, versions_of
from custody.errors import InputError
from custody.model import Affected, Package, Purl, Range, RangeEvent

__all__ = ["Applicability", "Product", "affected_of"]

MOST_VERSIONS = 20_000
"""Entries of one product; the largest in use has some thousands."""


class Product(msgspec.Struct, rename="camel", gc=False):
    """One entry of `affected[]`."""

    cpes: list[str] | None = None
    package_name: str | None = None
    collection_url: str | None = msgspec.field(name="collectionURL", default=None)
    package_url: str | None = msgspec.field(name="packageURL", default=None)
    repo: str | None = None
    default_status: str = "unknown"
    versions: list[Version] | None = None


class _Match(msgspec.Struct, rename="camel", gc=False):
    criteria: str
    vulnerable: bool
    version_start_including: str | None = None
    version_start_excluding: str | None = None
    version_end_including: str | None = None
    version_end_excluding: str | None = None


class _Node(msgspec.Struct, rename="camel", gc=False):
    negate: bool = False
    cpe_match: list[_Match] | None = None


class Applicability(msgspec.Struct, gc=False):
    """One entry of `cpeApplicability[]`."""

    nodes: list[_Node]
    negate: bool = False


def affected_of(
    products: Iterable[Product], statements: Iterable[Applicability], unsaid: dict[str, int]
) -> tuple[Affected, ...]:
    """Give what a record says of products, each entry once, in their order.

    unsaid: counts, by reason, what the record says and the model cannot.
    """
    found: dict[Affected, None] = {}
    for product in products:
        found.update(dict.fromkeys(_product(product, unsaid)))
    for statement in statements:
        found.update(dict.fromkeys(_applicable(statement, unsaid)))
    return tuple(found)


def _product(product: Product, unsaid: dict[str, int]) -> Iterator[Affected]:
    if len(product.versions or ()) > MOST_VERSIONS:
        count(unsaid, f"a product with more than {MOST_VERSIONS} versions")
        return
    names = list(_names(product, unsaid))
    commits = product.repo is not None and any(v.version_type == "git" for v in product.versions or ())
    if not names and not commits:
        return  # most products have no name that could be looked up; their versions need not be read
    said = versions_of(product.versions or (), product.default_status, unsaid)
    if said.commits and product.repo:
        yield Affected(ecosystem="GIT", name=product.repo, ranges=tuple(said.commits))
    for ecosystem, name, version in names:
        yield from _entries(ecosystem, name, said)
        if not product.versions and product.default_status == "affected":
            ranges = () if version else (from_start("0"),)
            yield Affected(ecosystem=ecosystem, name=name, ranges=ranges, versions=(version,) if version else ())
    if not product.versions and product.default_status != "affected":
        count(unsaid, "a product without versions")


def _entries(ecosystem: str, name: str, said: Said) -> Iterator[Affected]:
    if said.ranges or said.versions:
        yield Affected(ecosystem=ecosystem, name=name, ranges=tuple(said.ranges), versions=tuple(said.versions))
        if said.safe_ranges or said.safe_versions:
            yield Affected(
                ecosystem=ecosystem,
                name=name,
                ranges=tuple(said.safe_ranges),
                versions=tuple(said.safe_versions),
                status="not_affected",
            )


def _names(product: Product, unsaid: dict[str, int]) -> Iterator[tuple[str, str, str]]:
    """Yield (ecosystem, name, the version that a CPE name states or "") for a product."""
    if product.package_url:
        named = _of_purl(product.package_url)
        if named is None:
            count(unsaid, "a purl for which no advisories are published")
        else:
            yield (*named, "")
        return
    if product.package_name and product.collection_url:
        count(unsaid, "a package of a collection, without a purl")
        return
    found = False
    seen: set[tuple[str, str]] = set()
    for text in product.cpes or ():
        cpe = parse_cpe(text)
        if cpe is None:
            continue
        found = True
        version = "" if cpe.version in {"*", "-"} else cpe.version + ("" if cpe.update in {"*", "-"} else cpe.update)
        kept = "" if product.versions else version
        if (cpe.key, kept) not in seen:
            seen.add((cpe.key, kept))
            yield "CPE", cpe.key, kept
    if not found and not (product.repo and any(v.version_type == "git" for v in product.versions or ())):
        count(unsaid, "a product with neither purl nor CPE name")


def _of_purl(text: str) -> tuple[str, str] | None:
    """Give OSV's ecosystem and name for a purl. The record should leave its version out; some do not."""
    try:
        purl = Purl.parse(text)
    except InputError:
        return None
    asked = lookup_of(Package(purl=purl, name=purl.full_name, version=purl.version or "0"), None)
    return None if isinstance(asked, str) else (asked.ecosystems[0], asked.name)


def _applicable(statement: Applicability, unsaid: dict[str, int]) -> Iterator[Affected]:
    """Yield what CPE match criteria say. On what else it must run (AND, not vulnerable) has no place.

    A negated statement becomes nothing.
    """
    for node in statement.nodes:
        if statement.negate or node.negate:
            count(unsaid, "a negated applicability statement")
            continue
        for match in node.cpe_match or ():
            cpe = parse_cpe(match.criteria) if match.vulnerable else None
            if cpe is not None:
                yield from _criteria(match, cpe.key, cpe.version, cpe.update)
            elif match.vulnerable:
                count(unsaid, "a product with neither purl nor CPE name")


def _criteria(match: _Match, name: str, version: str, update: str) -> Iterator[Affected]:
    start = match.version_start_including or match.version_start_excluding or "0"
    events = [RangeEvent(kind="introduced", version=start)]
    if match.version_end_excluding:
        events.append(RangeEvent(kind="fixed", version=match.version_end_excluding))
    elif match.version_end_including:
        events.append(RangeEvent(kind="last_affected", version=match.version_end_including))
    if len(events) == 1 and start == "0" and version not in {"*", "-"}:
        exact = version + ("" if update in {"*", "-"} else update)
        yield Affected(ecosystem="CPE", name=name, versions=(exact,))
        return
    yield Affected(ecosystem="CPE", name=name, ranges=(Range(type="ECOSYSTEM", events=tuple(events)),))
    if match.version_start_excluding and not match.version_start_including:
        yield Affected(ecosystem="CPE", name=name, versions=(match.version_start_excluding,), status="not_affected")
