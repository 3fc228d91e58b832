"""CSAF 2.0, profile csaf_vex, out of a report.

Spec: CSAF 2.0, sections 3.2 and 4.5; made so that the mandatory tests of section 6.1 hold. One vulnerability for each
id (test 6.1.23); a package is a product that is a component of the artifact. Weaknesses are left out: their names would
have to be those of MITRE's list (test 6.1.11). A score is stated only where it follows from its vector (6.1.8, 6.1.9).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from custody.advisories.cvss import score
from custody.advisories.vex.decisions import Said, content_uuid, decisions_of, is_purl
from custody.errors import InputError
from custody.model import Artifact, Purl, ScanReport, format_time, plain, pretty_json

__all__ = ["Publisher", "csaf_document"]

PUBLISHERS = ("coordinator", "discoverer", "other", "translator", "user", "vendor")
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}", re.ASCII)
_LISTS = {
    "affected": "known_affected",
    "not_affected": "known_not_affected",
    "fixed": "fixed",
    "under_investigation": "under_investigation",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who issues a document (section 3.2.1.8). category: one of `PUBLISHERS`; namespace: an address of theirs."""

    name: str
    namespace: str
    category: str = "vendor"


def csaf_document(
    report: ScanReport, artifact: Artifact, product: Purl, *, publisher: Publisher, now: dt.datetime, tool_version: str
) -> bytes:
    """Give the document.

    product: the purl of the artifact (that of the inventory's root). Equal input gives equal bytes; the tracking id is
    made from the content. InputError: the report has no finding, or the publisher is not what section 3.2.1.8 asks for.
    """
    if publisher.category not in PUBLISHERS:
        raise InputError("publisher.category", f"expected one of {', '.join(PUBLISHERS)}, got {publisher.category!r}")
    if not publisher.name or not re.match(r"[a-z][a-z0-9+.-]*:\S+$", publisher.namespace):
        raise InputError(
            "publisher", "expected a name, and an address as namespace", "such as https://psirt.example.com"
        )
    decisions = decisions_of(report)
    grouped: dict[str, list[Said]] = {}
    for said in decisions:
        grouped.setdefault(said.finding.id, []).append(said)
    title = plain(f"VEX for {artifact.name or product.name} {artifact.version or product.version}".strip())
    tree = _product_tree(decisions, product)
    vulnerabilities = [_vulnerability(name, grouped[name], product) for name in sorted(grouped)]
    moment = format_time(now)
    identity = content_uuid([title, moment, publisher.name, publisher.namespace, tree, vulnerabilities])
    return pretty_json(
        {
            "document": {
                "category": "csaf_vex",
                "csaf_version": "2.0",
                "lang": "en",
                "publisher": {
                    "category": publisher.category,
                    "name": plain(publisher.name),
                    "namespace": publisher.namespace,
                },
                "title": title,
                "tracking": {
                    "current_release_date": moment,
                    "generator": {"date": moment, "engine": {"name": "custody", "version": tool_version}},
                    "id": f"custody-vex-{identity}",
                    "initial_release_date": moment,
                    "revision_history": [{"date": moment, "number": "1", "summary": "Initial version."}],
                    "status": "final",
                    "version": "1",
                },
            },
            "product_tree": tree,
            "vulnerabilities": vulnerabilities,
        }
    )


def _product_tree(decisions: list[Said], product: Purl) -> dict[str, Any]:
    names = {said.finding.package_id: _name(said) for said in decisions}
    names.pop(str(product), None)
    products = [(str(product), f"{product.full_name} {product.version}".strip()), *sorted(names.items())]
    tree: dict[str, Any] = {
        "full_product_names": [
            {"name": plain(name), "product_id": plain(purl)}
            | ({"product_identification_helper": {"purl": purl}} if is_purl(purl) else {})
            for purl, name in products
        ]
    }
    if names:
        tree["relationships"] = [
            {
                "category": "default_component_of",
                "full_product_name": {
                    "name": plain(f"{name} as a component of {products[0][1]}"),
                    "product_id": _inside(purl, product),
                },
                "product_reference": plain(purl),
                "relates_to_product_reference": str(product),
            }
            for purl, name in sorted(names.items())
        ]
    return tree


def _name(said: Said) -> str:
    return f"{said.finding.package} {said.finding.version}".strip() or said.finding.package_id


def _inside(package: str, product: Purl) -> str:
    return package if package == str(product) else plain(f"{product}:{package}")


def _vulnerability(name: str, said: list[Said], product: Purl) -> dict[str, Any]:
    first = said[0].finding
    table: dict[str, Any] = {}
    other = [i for i in (name, *first.aliases) if not _CVE.fullmatch(i)]
    if _CVE.fullmatch(name):
        table["cve"] = name
    if other:
        table["ids"] = [{"system_name": i.partition("-")[0] or "other", "text": i} for i in dict.fromkeys(other)]
    flags = _grouped((one.justification, _inside(one.finding.package_id, product)) for one in said if one.justification)
    if flags:
        table["flags"] = [{"label": label, "product_ids": ids} for label, ids in flags]
    table["notes"] = [{"category": "description", "text": first.summary or f"{name}: no description is known."}]
    status: dict[str, list[str]] = {}
    for one in said:
        status.setdefault(_LISTS[one.status], []).append(_inside(one.finding.package_id, product))
    table["product_status"] = {key: sorted(set(status[key])) for key in sorted(status)}
    urls = dict.fromkeys(url for _, url in first.references if re.match(r"https?://[!-~]+$", url))
    if urls:
        table["references"] = [{"category": "external", "summary": url, "url": url} for url in urls]
    remedies = _grouped(
        ((_category(one), one.action), _inside(one.finding.package_id, product)) for one in said if one.action
    )
    if remedies:
        table["remediations"] = [
            {"category": category, "details": details, "product_ids": ids} for (category, details), ids in remedies
        ]
    scores = _scores(said, product)
    if scores:
        table["scores"] = scores
    impacts = _grouped((one.impact, _inside(one.finding.package_id, product)) for one in said if one.impact)
    if impacts:
        table["threats"] = [{"category": "impact", "details": text, "product_ids": ids} for text, ids in impacts]
    return table


def _grouped(pairs: Iterable[tuple[Any, str]]) -> list[tuple[Any, list[str]]]:
    """Give the products of each thing that is said, both sorted."""
    found: dict[Any, set[str]] = {}
    for said, product in pairs:
        found.setdefault(said, set()).add(product)
    return [(said, sorted(found[said])) for said in sorted(found)]


def _category(said: Said) -> str:
    """Give the category of a remediation (section 3.2.3.12.1)."""
    if said.finding.fixed_versions:
        return "vendor_fix"
    responses = {"will_not_fix": "no_fix_planned", "end_of_life": "no_fix_planned", "workaround": "workaround"}
    return responses.get(said.finding.response, "none_available")


def _scores(said: list[Said], product: Purl) -> list[dict[str, Any]]:
    scores = []
    for vector, ids in _grouped((one.finding.vector, _inside(one.finding.package_id, product)) for one in said):
        try:
            value = score(vector)
        except InputError:
            continue
        table: dict[str, Any] = {"version": value.version, "vectorString": vector, "baseScore": float(value.value)}
        if value.version in {"3.0", "3.1"}:
            table["baseSeverity"] = value.severity
            scores.append({"cvss_v3": table, "products": ids})
        elif value.version == "2.0":
            scores.append({"cvss_v2": table, "products": ids})
    return scores
