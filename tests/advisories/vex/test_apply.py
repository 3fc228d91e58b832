"""Statements on a report."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custody.advisories.vex import Product, Statement, apply_vex, read_vex
from custody.advisories.vex.interface import product_of
from custody.model import Finding, Suppression
from tests.advisories.vex.samples import DIGEST, JINJA, KERNEL, NOW, finding, inventory, report

CASES = Path(__file__).parents[2] / "cases" / "advisories"
EARLY, LATE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 2, 1, tzinfo=dt.UTC)


def say(*products: Product, status: str = "not_affected", **more: Any) -> Statement:  # noqa: ANN401
    values: dict[str, Any] = {"vulnerability": "CVE-1", "author": "Vendor", "document": "doc", "timestamp": EARLY}
    return Statement(**(values | {"status": status, "products": products} | more))


def one(*statements: Statement, about: Finding | None = None) -> Finding:
    (found,) = apply_vex(report(about or finding("CVE-1")), statements, inventory(), now=NOW).report.findings
    return found


def why(statement: Statement, about: Finding | None = None) -> str:
    (unused,) = apply_vex(report(about or finding("CVE-1")), [statement], inventory(), now=NOW).unused
    return unused.reason


APP = "pkg:oci/app?repository_url=registry.example/team/app"


@pytest.mark.parametrize(
    "product",
    [
        product_of(JINJA),
        product_of("pkg:pypi/Jinja2"),
        product_of("x", digests=[f"sha256:{'cd' * 32}"]),
        product_of(f"pkg:oci/app@{DIGEST}"),
        product_of("pkg:oci/app"),
        product_of("pkg:docker/team/app@1.0"),
        product_of("pkg:oci/app?repository_url=registry.example/team/app&tag=1.0"),
        product_of("team/app@1.0"),
        product_of("registry.example/team/app:1.0"),
        product_of(APP, subcomponents=(product_of(JINJA),)),
        product_of("x", digests=[str(DIGEST)], subcomponents=(product_of("pkg:pypi/jinja2"),)),
    ],
)
def test_a_statement_covers_the_package_or_the_artifact_it_names(product: Product) -> None:
    found = one(say(product, justification="vulnerable_code_not_present", impact="Not built in."))
    assert found.status == "not_affected"
    assert found.suppression == Suppression(
        kind="vex",
        reason="Not built in.",
        owner="Vendor",
        expires=None,
        status="not_affected",
        justification="vulnerable_code_not_present",
        source="doc",
    )


@pytest.mark.parametrize(
    "product",
    [
        product_of("pkg:pypi/jinja2@2.11"),
        product_of("pkg:pypi/jinja2@2.10?os=windows"),
        product_of("pkg:npm/jinja2"),
        product_of("jinja2"),
        product_of(JINJA, digests=[f"sha256:{'ef' * 32}"]),
        product_of(f"pkg:oci/app@sha256:{'ef' * 32}"),
        product_of("pkg:oci/app?repository_url=registry.example/other/app"),
        product_of("pkg:oci/app?tag=2.0"),
        product_of("pkg:docker/other/app"),
        product_of("team/app@2.0"),
        product_of(APP, subcomponents=(product_of("pkg:pypi/flask"),)),
        product_of("pkg:oci/other", subcomponents=(product_of(JINJA),)),
        product_of("cpe:2.3:a:jinja:jinja2:2.10"),
        product_of("team/app", purls=["pkg:oci/other"]),
        Product(),
    ],
)
def test_a_statement_about_something_else_covers_nothing_and_is_handed_back(product: Product) -> None:
    assert why(say(product)) == "its products are not in this artifact"
    assert one(say(product)) == finding("CVE-1")


def test_a_package_can_be_named_by_cpe_and_a_vulnerability_by_alias() -> None:
    ssl = finding("GHSA-1", "pkg:generic/openssl@3.0.1", aliases=("cve-1",))
    assert one(say(product_of("cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*")), about=ssl).suppression is not None
    assert one(say(product_of("cpe:2.3:a:openssl:openssl:3.0.2")), about=ssl).suppression is None
    other = say(product_of(JINJA), vulnerability="OTHER-1", aliases=("ghsa-1",))
    assert one(other, about=finding("GHSA-1")).suppression is not None
    assert why(replace(other, aliases=())) == "there is no finding of OTHER-1"


def test_an_operating_system_is_a_platform_of_its_own_release_only() -> None:
    part = product_of("pkg:rpm/redhat/kernel-rt")
    for release, covered in (("9", True), ("8", False), ("9::baseos", True), ("9::base", False)):
        statement = say(product_of(f"cpe:/o:redhat:enterprise_linux:{release}", subcomponents=(part,)))
        of_vendor = finding("CVE-1", KERNEL, ecosystem="Red Hat:enterprise_linux:9::baseos")
        assert (one(statement, about=of_vendor).suppression is not None) is covered
    statement = say(product_of("cpe:/o:redhat:enterprise_linux:9", subcomponents=(part,)))
    assert one(statement, about=finding("CVE-1", KERNEL, ecosystem="")).suppression is not None
    # the system alone is not the artifact: a word on all of it would cover everything that stands on it
    assert one(say(product_of("cpe:/o:redhat:enterprise_linux:9"))).suppression is None


def test_the_epoch_of_an_rpm_may_stand_in_its_version_or_beside_it() -> None:
    bind = finding("CVE-1", "pkg:rpm/redhat/bind@9.16-1?epoch=32")
    assert one(say(product_of("pkg:rpm/redhat/bind@32%3A9.16-1")), about=bind).suppression is not None
    assert one(say(product_of("pkg:rpm/redhat/bind@9.16-1")), about=bind).suppression is None


def test_the_newest_statement_wins_and_the_artifacts_own_before_the_packages() -> None:
    yes = say(product_of(JINJA), timestamp=LATE)
    no = say(product_of(JINJA), status="affected", action="Update.")
    assert one(yes, no).suppression is not None
    assert one(no, yes).suppression is not None
    assert one(replace(yes, timestamp=None), no).status == "affected"
    assert one(replace(yes, timestamp=EARLY), no).status == "affected"  # of equally new ones, the cautious one
    own = say(product_of(APP, subcomponents=(product_of(JINJA),)), status="under_investigation")
    assert one(yes, own).status == "under_investigation"
    assert one(yes, own).suppression is None


def test_every_statement_that_speaks_of_a_finding_counts_as_used() -> None:
    yes, no = say(product_of(JINJA), timestamp=LATE), say(product_of(JINJA), status="affected")
    nowhere = say(status="under_investigation")
    applied = apply_vex(report(finding("CVE-1"), finding("CVE-2")), [yes, no, nowhere], inventory(), now=NOW)
    assert applied.used == (yes, no)
    assert [(u.statement, u.reason) for u in applied.unused] == [(nowhere, "it names no product")]
    assert [f.suppression is None for f in applied.report.findings] == [False, True]
    assert applied.report.result == "findings"


def test_fixed_needs_a_version() -> None:
    assert one(say(product_of(JINJA), status="fixed")).status == "fixed"
    assert why(say(product_of("pkg:pypi/jinja2"), status="fixed")) == "it calls fixed what has no version"
    inside = say(product_of(APP, subcomponents=(product_of("pkg:pypi/jinja2"),)), status="fixed")
    assert why(inside) == "it calls fixed what has no version"
    exact = say(product_of(f"pkg:oci/app@{DIGEST}", subcomponents=(product_of("pkg:pypi/jinja2"),)), status="fixed")
    assert one(exact).suppression is not None


def test_a_statement_from_the_future_does_not_count_yet() -> None:
    later = say(product_of(JINJA), timestamp=NOW + dt.timedelta(seconds=1))
    assert why(later) == "it is dated 2026-11-01, which is still to come"
    assert one(replace(later, timestamp=NOW)).suppression is not None


def test_what_is_suppressed_already_stays_as_it_is() -> None:
    held = finding("CVE-1", suppression=Suppression(reason="ours", owner="us", expires=None))
    assert one(say(product_of(JINJA)), about=held) == held


def test_documents_of_every_format_cover_the_finding() -> None:
    about = finding("CVE-2026-1000")
    for name in ("openvex-0.2.0.json", "openvex-0.0.1.json", "cyclonedx-1.6.json"):
        statements = read_vex((CASES / "vex" / name).read_bytes(), name)
        assert one(*statements, about=about).suppression is not None, name
    kernel = finding("CVE-2026-1000", KERNEL, ecosystem="Red Hat:enterprise_linux:9::nfv")
    statements = read_vex((CASES / "csaf" / "cve-2026-1000.json").read_bytes(), "csaf")
    # the document has no purl for kernel-rt, and a name is not enough
    assert one(*statements, about=kernel).suppression is None
