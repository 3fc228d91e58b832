"""Whether a JSON-LD document conforms to SPDX 3.0.1: each element to its class, and what holds them together.

Spec: https://spdx.github.io/spdx-spec/v3.0.1/, model and serialisation (chapter "Serializations", JSON-LD in its
compacted form). What each rule is:

    <class>.<property>  the value, as the model says
    G1  the context is the one of SPDX 3, and the graph a list of elements
    G2  one SpdxDocument, whose rootElement is there
    G3  identifiers are unique
    G4  every reference leads to an element, a known individual, or one that the document imports
    L1  licence expressions (Annex "SPDX license expressions"), and their LicenseRefs are mapped
    P1  software packages have a name
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from custody.sbom.json_bytes import read_object
from custody.sbom.licences import expression_fault, references
from custody.sbom.spdx3.checks import faults
from custody.sbom.spdx3.terms import CONTEXTS
from custody.sbom.spdx3.vocabulary import INDIVIDUALS, classes, is_a
from custody.sbom.validate.problem import Problem

__all__ = ["validate_spdx3"]

Table = dict[str, Any]


def validate_spdx3(data: bytes, where: str) -> list[Problem]:
    """Give what is wrong with a document, in its order; it conforms when nothing in it is an "error".

    Raises InputError: the bytes are no JSON object.
    """
    document = read_object(data, where)
    graph = document.get("@graph")
    problems = []
    if document.get("@context") not in CONTEXTS:
        message = f"expected {CONTEXTS[0]}, got {document.get('@context')!r:.60}"
        problems.append(Problem(where=f"{where}:@context", rule="G1", severity="error", message=message))
    if not isinstance(graph, list):
        message = f"expected a list, got {graph!r:.60}"
        return [*problems, Problem(where=f"{where}:@graph", rule="G1", severity="error", message=message)]
    for place, rule, severity, message in _problems(graph):
        problems.append(Problem(where=f"{where}:{place}", rule=rule, severity=severity, message=message))
    return problems


Said = tuple[str, str, str, str]


def _problems(graph: list[Any]) -> Iterator[Said]:
    elements: list[tuple[str, Table]] = []
    for index, element in enumerate(graph):
        place = f"@graph[{index}]"
        if isinstance(element, dict):
            elements.append((place, element))
            for at, fault in faults(element):
                yield f"{place}.{at}", f"{element.get('type')}.{at.partition('[')[0]}", "error", fault
        else:
            yield place, "G1", "error", f"expected an element, got {element!r:.60}"
    yield from _names(elements)
    documents = [(place, element) for place, element in elements if element.get("type") == "SpdxDocument"]
    if len(documents) != 1:
        yield "@graph", "G2", "error", f"expected one SpdxDocument, got {len(documents)}"
    for place, document in documents:
        if not document.get("rootElement"):
            yield f"{place}.rootElement", "G2", "error", "missing"
    for place, element in elements:
        if is_a(element.get("type"), "software_Package") and not element.get("name"):
            yield f"{place}.name", "P1", "error", "missing"
        yield from _expression(place, element)


def _names(elements: list[tuple[str, Table]]) -> Iterator[Said]:
    known: set[str] = set(INDIVIDUALS)
    for place, element in elements:
        for table in _inner(element):
            for key in ("spdxId", "@id"):
                name = table.get(key)
                if isinstance(name, str):
                    if name in known:
                        yield f"{place}.{key}", "G3", "error", f"{name!r} stands twice in the document"
                    known.add(name)
            if table.get("type") == "ExternalMap" and isinstance(table.get("externalSpdxId"), str):
                known.add(table["externalSpdxId"])
    for place, element in elements:
        for table in _inner(element):
            for key, name in _references(table):
                if name not in known:
                    severity = "error" if name.startswith("_:") else "warning"
                    yield f"{place}.{key}", "G4", severity, f"{name!r} is not an element of the document"


def _inner(element: Table) -> Iterator[Table]:
    """Give an element and the tables inside of it."""
    pending: list[Any] = [element]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            yield value
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def _references(table: Table) -> Iterator[tuple[str, str]]:
    found = classes().get(table["type"]) if isinstance(table.get("type"), str) else None
    for key, value in table.items() if found else ():
        stated = found.properties.get(key) if found else None
        if stated is not None and (stated.kind == "ref" or stated.kind in classes()):
            yield from (
                (key, name) for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)
            )


def _expression(place: str, element: Table) -> Iterator[Said]:
    text = element.get("simplelicensing_licenseExpression")
    if not isinstance(text, str):
        return
    at = f"{place}.simplelicensing_licenseExpression"
    if text not in ("NONE", "NOASSERTION") and (fault := expression_fault(text)):
        yield at, "L1", "error", f"{text!r:.80} is no licence expression: {fault}"
        return
    entries = element.get("simplelicensing_customIdToUri")
    items = entries if isinstance(entries, list) else [entries]
    mapped = {item["key"] for item in items if isinstance(item, dict) and isinstance(item.get("key"), str)}
    for name in sorted(references(text) - mapped):
        yield at, "L1", "warning", f"{name!r} is not mapped to an element by customIdToUri"
