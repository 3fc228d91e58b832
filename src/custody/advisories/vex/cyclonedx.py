"""CycloneDX documents with an analysis of vulnerabilities: VEX files and BOMs, JSON 1.4 to 1.7.

Spec: https://cyclonedx.org/docs/1.6/json/#vulnerabilities (`analysis`, `affects`) and
https://cyclonedx.org/capabilities/bomlink/. What an analysis says holds for the subject of the document
(`metadata.component`) where it has one: its components are the subject's subcomponents.

    state   resolved, resolved_with_pedigree → fixed    exploitable → affected    in_triage → under_investigation
            not_affected, false_positive → not_affected
    justification   code_not_present → vulnerable_code_not_present     requires_dependency → component_not_present
                    code_not_reachable → vulnerable_code_not_in_execute_path
                    protected_by_…, protected_at_… → inline_mitigations_already_exist
                    requires_configuration, requires_environment stay as they are

A bom-link that names a component of another document leads no further than to its last part, where that is a purl.
`affects[].versions` narrows a statement to the exact versions it lists; ranges there name no product.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import msgspec

from custody.advisories.vex.interface import Product, Statement, moment_of, product_of
from custody.errors import InputError

__all__ = ["read", "recognise"]

_STATES = {
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "affected",
    "in_triage": "under_investigation",
    "not_affected": "not_affected",
    "false_positive": "not_affected",
}
_JUSTIFICATIONS = {
    "code_not_present": "vulnerable_code_not_present",
    "code_not_reachable": "vulnerable_code_not_in_execute_path",
    "requires_dependency": "component_not_present",
    "protected_by_compiler": "inline_mitigations_already_exist",
    "protected_at_runtime": "inline_mitigations_already_exist",
    "protected_at_perimeter": "inline_mitigations_already_exist",
    "protected_by_mitigating_control": "inline_mitigations_already_exist",
}
_FORMAT = re.compile(rb'"bomFormat"\s*:\s*"CycloneDX"')
_LINK = re.compile(r"urn:cdx:([0-9a-fA-F-]{36})/(\d+)#(.+)", re.DOTALL)


class _Hash(msgspec.Struct, gc=False):
    alg: str = ""
    content: str = ""


class _Component(msgspec.Struct, gc=False):
    name: str = ""
    version: str = ""
    group: str = ""
    bom_ref: str = msgspec.field(name="bom-ref", default="")
    purl: str = ""
    cpe: str = ""
    hashes: list[_Hash] | None = None
    components: list[Any] | None = None


class _Named(msgspec.Struct, gc=False):
    name: str = ""


class _Metadata(msgspec.Struct, gc=False):
    timestamp: str = ""
    component: _Component | None = None
    authors: list[_Named] | None = None
    supplier: _Named | None = None
    manufacturer: _Named | None = None
    manufacture: _Named | None = None


class _Analysis(msgspec.Struct, rename="camel", gc=False):
    state: str = ""
    justification: str = ""
    detail: str = ""
    first_issued: str = ""
    last_updated: str = ""


class _Version(msgspec.Struct, gc=False):
    version: str = ""
    range: str = ""
    status: str = "affected"


class _Affects(msgspec.Struct, gc=False):
    ref: str
    versions: list[_Version] | None = None


class _Other(msgspec.Struct, gc=False):
    id: str = ""


class _Vulnerability(msgspec.Struct, gc=False):
    id: str = ""
    references: list[_Other] | None = None
    recommendation: str = ""
    analysis: _Analysis | None = None
    affects: list[_Affects] | None = None


class _Document(msgspec.Struct, rename="camel", gc=False):
    bom_format: str
    serial_number: str = ""
    version: int = 1
    metadata: _Metadata | None = None
    components: list[_Component] | None = None
    vulnerabilities: list[_Vulnerability] | None = None


_DECODER = msgspec.json.Decoder(_Document)


def recognise(data: bytes) -> bool:
    """Say whether it looks like CycloneDX in JSON that speaks of vulnerabilities."""
    return _FORMAT.search(data[: 1 << 16]) is not None and b'"vulnerabilities"' in data


def read(data: bytes, where: str) -> tuple[Statement, ...]:
    """Give a statement for each vulnerability that has an analysis. InputError: not CycloneDX."""
    try:
        document = _DECODER.decode(data)
        if document.bom_format != "CycloneDX":
            raise InputError(f"{where}:bomFormat", f"expected CycloneDX, got {document.bom_format[:40]!r}")
        components = _components(document)
        found = [_statement(document, index, components, where) for index in range(len(document.vulnerabilities or ()))]
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(where, f"not a CycloneDX document: {error or type(error).__name__}") from None
    return tuple(statement for statement in found if statement is not None)


def _statement(document: _Document, index: int, components: dict[str, Product], where: str) -> Statement | None:
    vulnerability = (document.vulnerabilities or [])[index]
    analysis = vulnerability.analysis
    place = f"vulnerabilities[{index}]"
    if analysis is None or not analysis.state:
        return None
    status = _STATES.get(analysis.state)
    if status is None:
        expected = ", ".join(_STATES)
        raise InputError(f"{where}:{place}.analysis.state", f"expected one of {expected}, got {analysis.state[:40]!r}")
    if not vulnerability.id:
        raise InputError(f"{where}:{place}.id", "names no vulnerability")
    metadata = document.metadata or _Metadata()
    time = analysis.last_updated or analysis.first_issued or metadata.timestamp
    makers = (*(metadata.authors or ()), metadata.manufacturer, metadata.manufacture, metadata.supplier)
    word = "false positive" if analysis.state == "false_positive" else ""
    return Statement(
        vulnerability=vulnerability.id,
        aliases=tuple(sorted({r.id for r in vulnerability.references or ()} - {vulnerability.id, ""})),
        status=status,
        products=tuple(_products(vulnerability, document, components)),
        justification=_JUSTIFICATIONS.get(analysis.justification, analysis.justification),
        impact=": ".join(part for part in (word, analysis.detail) if part) if status == "not_affected" else "",
        action=(vulnerability.recommendation or analysis.detail) if status == "affected" else "",
        author=next((m.name for m in makers if m is not None and m.name), ""),
        timestamp=moment_of(time, f"{where}:{place}.analysis"),
        document=document.serial_number,
        version=str(document.version),
        source=where,
        place=place,
    )


def _products(vulnerability: _Vulnerability, document: _Document, components: dict[str, Product]) -> Iterator[Product]:
    metadata = document.metadata or _Metadata()
    subject = metadata.component
    whole = None if subject is None else _product(subject)
    for affects in vulnerability.affects or ():
        product = components.get(affects.ref) or _linked(affects.ref, document, components)
        for one in _narrowed(product, affects.versions):
            if whole is None or product == whole:
                yield one
            else:
                yield replace(whole, subcomponents=(one,))


def _narrowed(product: Product, versions: list[_Version] | None) -> Iterator[Product]:
    if not versions:
        yield product
        return
    for entry in versions:
        if entry.version and entry.status == "affected":
            purls = tuple(replace(purl, version=entry.version) for purl in product.purls)
            same = purls == product.purls and bool(purls)
            name = product.name if product.name.endswith(f"@{entry.version}") else f"{product.name}@{entry.version}"
            yield replace(product, name=name, purls=purls, cpes=(), digests=product.digests if same else ())


def _linked(ref: str, document: _Document, components: dict[str, Product]) -> Product:
    match = _LINK.fullmatch(ref)
    if match is None:
        return product_of(ref)
    inside = unquote(match[3])
    own = f"urn:uuid:{match[1]}".lower() == document.serial_number.lower()
    return (components.get(match[3]) or components.get(inside) if own else None) or product_of(inside)


def _components(document: _Document) -> dict[str, Product]:
    """Give every component of the document by its bom-ref."""
    found: dict[str, Product] = {}
    subject = document.metadata.component if document.metadata is not None else None
    stack = [*([subject] if subject is not None else []), *(document.components or ())]
    while stack:
        component = stack.pop()
        if component.bom_ref:
            found.setdefault(component.bom_ref, _product(component))
        stack += msgspec.convert(component.components or [], list[_Component])
    return found


def _product(component: _Component) -> Product:
    name = f"{component.group}/{component.name}" if component.group else component.name
    return product_of(
        f"{name}@{component.version}" if component.version else name,
        purls=[component.purl] if component.purl else [],
        cpes=[component.cpe] if component.cpe else [],
        digests=[f"{h.alg.lower().replace('-', '')}:{h.content}" for h in component.hashes or ()],
    )
