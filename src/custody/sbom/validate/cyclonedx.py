"""Whether a CycloneDX document conforms, in JSON or XML: the parts of each table, and what holds them together.

Spec: https://cyclonedx.org/specification/overview/, 1.2 to 1.7 (XML: 1.0 to 1.7). It is judged by the table that the
document is, or would be, in JSON. What each rule is:

    C1  the version has this property
    C2  the value is of the right form
    C3  what must be there is there
    C4  a `bom-ref` stands once
    C5  what is referred to is there
    C6  licence expressions (SPDX Annex D)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from custody.sbom.cyclonedx.shape import ODD, PLAIN, VERSIONS, Part, later, shape
from custody.sbom.cyclonedx.sound import sound
from custody.sbom.licences import expression_fault
from custody.sbom.reading import objects, text
from custody.sbom.validate.problem import Problem

__all__ = ["validate_cyclonedx"]

Table = dict[str, Any]
_HEAD = frozenset({"$schema", "bomFormat", "specVersion"})
_REQUIRED = {
    "bom": (),
    "component": ("type", "name"),
    "dependency": ("ref",),
    "hash": ("alg", "content"),
    "service": ("name",),
    "attachment": ("content",),
    "composition": ("aggregate",),
    "reference": ("url", "type"),
}
_UNJUDGED = frozenset({"classification", "dataset", "serviceData", "variables"})
"""Types that changed their form between versions: nothing is said of them."""
_UUID = "urn:uuid:"


def validate_cyclonedx(table: Table, where: str) -> list[Problem]:
    """Give what is wrong with a document, given as its JSON table; it conforms when nothing in it is an "error"."""
    version = text(table, "specVersion")
    if table.get("bomFormat") != "CycloneDX" or version not in VERSIONS:
        message = f"expected CycloneDX {VERSIONS[0]} to {VERSIONS[-1]}, got {table.get('specVersion')!r:.40}"
        return [Problem(where=f"{where}:specVersion", rule="C2", severity="error", message=message)]
    problems = []
    for place, rule, message in [*_tables(table, version), *_references(table)]:
        at = f"{where}:{place}" if place else where
        # What is no IRI reference passes most validators, which do not look at formats; so it is a warning.
        severity = "warning" if rule == "C2" and place.endswith(".url") else "error"
        problems.append(Problem(where=at, rule=rule, severity=severity, message=message))
    return problems


Said = tuple[str, str, str]


def _tables(document: Table, version: str) -> Iterator[Said]:
    """Judge every table; a stack and no recursion, so that no nesting can exhaust ours."""
    serial = document.get("serialNumber")
    if serial is not None and not (isinstance(serial, str) and serial.startswith(_UUID) and len(serial) == 45):
        yield "serialNumber", "C2", f"expected {_UUID} and a UUID, got {serial!r:.60}"
    pending: list[tuple[str, str, Table]] = [("", "bom", document)]
    while pending:
        place, name, table = pending.pop()
        parts = shape(name)
        for key in _REQUIRED.get(name, ()):
            if key not in table:
                yield _join(place, key), "C3", "missing"
        if name == "component" and not later(version, "1.4") and "version" not in table:
            yield _join(place, "version"), "C3", f"missing, and CycloneDX {version} asks for it"
        inner: list[tuple[str, str, Table]] = []
        for key, value in table.items():
            at = _join(place, key)
            part = parts.get(key)
            if part is None:
                if not (name == "bom" and key in _HEAD):
                    yield at, "C1", "no such property in CycloneDX"
            elif part.since > VERSIONS.index(version):
                yield at, "C1", f"came with CycloneDX {VERSIONS[part.since]}, and this is {version}"
            elif not part.json_only:
                yield from _value(at, name, part, value, inner, version)
        pending += reversed(inner)


def _value(
    at: str, name: str, part: Part, value: object, inner: list[tuple[str, str, Table]], version: str
) -> Iterator[Said]:
    """Judge one value, or put the tables in it on the list."""
    if part.type == "licences":
        yield from _licences(at, value)
    newer = part.type == "licences" and later(version, "1.7")  # its lists may mix what was apart before
    if part.type in _UNJUDGED or newer or (part.type == "licences" and value == []):
        return
    if part.type in PLAIN or part.type in ODD:
        if not sound(value, part, name):
            yield at, "C2", f"not as the schema wants it: {value!r:.80}"
        return
    if part.many and not isinstance(value, list):
        yield at, "C2", f"expected a list, got {value!r:.60}"
        return
    for index, item in enumerate(value if isinstance(value, list) and part.many else [value]):
        place = f"{at}[{index}]" if part.many else at
        if isinstance(item, dict):
            inner.append((place, part.type, item))
        else:
            yield place, "C2", f"expected an object, got {item!r:.60}"


def _licences(at: str, value: object) -> Iterator[Said]:
    for index, choice in enumerate(value if isinstance(value, list) else ()):
        expression = choice.get("expression") if isinstance(choice, dict) else None
        if isinstance(expression, str) and (fault := expression_fault(expression)):
            yield f"{at}[{index}].expression", "C6", f"{expression!r:.80} is no licence expression: {fault}"


def _references(document: Table) -> Iterator[Said]:
    """C4 and C5: names, and what is called by them."""
    known: set[str] = set()
    pending: list[tuple[str, object]] = [("", document)]
    while pending:
        place, value = pending.pop()
        if isinstance(value, dict):
            name = value.get("bom-ref")
            if isinstance(name, str):
                if name in known:
                    yield _join(place, "bom-ref"), "C4", f"{name!r:.80} stands twice in the document"
                known.add(name)
            pending += [(_join(place, key), item) for key, item in reversed(value.items())]
        elif isinstance(value, list):
            pending += [(f"{place}[{index}]", item) for index, item in reversed(list(enumerate(value)))]
    stated: set[str] = set()
    for index, entry in enumerate(objects(document, "dependencies")):
        reference = text(entry, "ref")
        if reference in stated:
            yield f"dependencies[{index}].ref", "C4", f"{reference!r:.80} has two entries"
        stated.add(reference)
        targets = entry.get("dependsOn")
        for name in [reference, *(targets if isinstance(targets, list) else ())]:
            if isinstance(name, str) and name not in known and not name.startswith("urn:cdx:"):
                yield f"dependencies[{index}]", "C5", f"{name!r:.80} is not a component or service of the document"


def _join(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
