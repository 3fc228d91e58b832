"""A CycloneDX document in XML as the table that its JSON would be.

Spec: https://cyclonedx.org/docs/1.6/xml/, versions 1.0 to 1.7. The shape of each element decides how it is read (see
`shape.py`). What no shape knows, as an element of an extension, is kept under the key `ANY`: `[name, attributes,
children, text]`, where a name outside of CycloneDX's own namespace is written `{uri}name`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from custody.errors import InputError
from custody.sbom.cyclonedx.shape import Part, shape
from custody.sbom.cyclonedx.xml_tree import Element, parse_xml

__all__ = ["ANY", "read_xml"]

ANY = "xml:any"
"""Key of a table in which the elements stand that no shape knows."""

Table = dict[str, Any]

_SPACE = re.compile(r"http://cyclonedx\.org/schema/bom/([0-9]+\.[0-9]+)")


def read_xml(data: bytes, where: str) -> Table:
    """Give the document as its JSON; InputError names `where`."""
    root = parse_xml(data, where)
    match = _SPACE.fullmatch(root.space)
    if root.name != "bom" or match is None:
        raise InputError(where, f"expected a CycloneDX bom, got <{root.name}> of the namespace {root.space!r:.80}")
    return {"bomFormat": "CycloneDX", "specVersion": match[1], **_table(root, "bom")}


@cache
def _places(name: str) -> tuple[dict[str, Part], dict[str, Part], Part | None]:
    """Give a shape's attributes and elements by their XML names, and the part that is the text."""
    attributes: dict[str, Part] = {}
    elements: dict[str, Part] = {}
    words = None
    for part in shape(name).values():
        if part.json_only:
            continue
        if part.place == ".":
            words = part
        else:
            (attributes if part.place else elements)[part.element] = part
    return attributes, elements, words


def _table(element: Element, name: str) -> Table:
    attributes, elements, words = _places(name)
    made: Table = {}
    for key, value in element.attributes.items():
        if known := attributes.get(key):
            made[known.key] = _plain(value, known.type)
    if words is not None:
        made[words.key] = element.text
    for child in element.children:
        part = elements.get(child.name) if child.space == element.space else None
        if part is None:
            made.setdefault(ANY, []).append(_raw(child, element.space))
        elif part.type in _ODD:
            made[part.key] = _ODD[part.type](child)
        elif part.item:
            items = made.setdefault(part.key, [])
            for item in child.children:
                if item.name == part.item and item.space == element.space:
                    items.append(_item(item, part.type))
                else:
                    made.setdefault(ANY, []).append(_raw(item, element.space))
        elif part.repeated:
            made.setdefault(part.key, []).append(_item(child, part.type))
        else:
            made[part.key] = _item(child, part.type)
    return made


def _item(element: Element, kind: str) -> object:
    if kind == "ref":
        return element.attributes.get("ref", "")
    if kind in ("text", "int", "num", "bool"):
        return _plain(element.text, kind)
    return _table(element, kind)


def _plain(text: str, kind: str) -> object:
    """Give a text as the value that JSON has; what is none stays a text, and whoever reads the table passes it over."""
    word = text.strip()
    if kind == "bool":
        return {"true": True, "1": True, "false": False, "0": False}.get(word, text)
    if kind == "int":
        return int(word) if re.fullmatch(r"[+-]?[0-9]{1,18}", word) else text
    if kind == "num" and re.fullmatch(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})", word):
        return float(word)
    return text


def _raw(element: Element, own: str) -> list[Any]:
    name = element.name if element.space == own else f"{{{element.space}}}{element.name}"
    attributes = {
        f"{{{key.rpartition(' ')[0]}}}{key.rpartition(' ')[2]}" if " " in key else key: value
        for key, value in element.attributes.items()
    }
    children = [_raw(child, own) for child in element.children]
    return [name, attributes, children, "" if children and not element.text.strip() else element.text]


# ── odd ones ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _licences(element: Element) -> object:
    found: list[Table] = []
    for child in element.children:
        if child.name == "license":
            found.append({"license": _table(child, "licence")})
        elif child.name == "expression":
            found.append(_table(child, "expression"))
    return found


def _tools(element: Element) -> object:
    if any(child.name in ("components", "services") for child in element.children):
        return _table(element, "toolset")
    return [_table(child, "tool") for child in element.children if child.name == "tool"]


def _dependencies(element: Element) -> object:
    found: list[Table] = []
    waiting = [child for child in element.children if child.name == "dependency"]
    for entry in waiting:  # grows while it runs: until 1.6 an entry may hold the entries of what it depends on
        inner = [child for child in entry.children if child.name == "dependency"]
        table: Table = {"ref": entry.attributes.get("ref", "")}
        if inner:
            table["dependsOn"] = [child.attributes.get("ref", "") for child in inner]
        provided = [child.attributes.get("ref", "") for child in entry.children if child.name == "provides"]
        if provided:
            table["provides"] = provided
        found.append(table)
        waiting += [child for child in inner if child.children]
    return found


def _service_data(element: Element) -> object:
    found: list[Table] = []
    for child in element.children:
        if child.name == "classification":
            found.append({"flow": child.attributes.get("flow", ""), "classification": child.text})
        elif child.name == "dataflow":
            table = _table(child, "flow")
            inner = next((part for part in child.children if part.name == "classification"), None)
            flow = inner.attributes.get("flow", "") if inner else ""
            found.append({**({"flow": flow} if flow else {}), **table})
    return found


def _datasets(element: Element) -> object:
    return [
        {"ref": child.text} if child.name == "ref" else _table(child, "data")
        for child in element.children
        if child.name in ("ref", "dataset")
    ]


def _variables(element: Element) -> object:
    return [
        child.text if child.name == "value" else _table(child, "property")
        for child in element.children
        if child.name in ("value", "environmentVar")
    ]


_ODD = {
    "classification": lambda element: element.text,
    "dataset": _datasets,
    "dependencies": _dependencies,
    "licences": _licences,
    "serviceData": _service_data,
    "tools": _tools,
    "variables": _variables,
}
"""Type → how it is read; see `shape.ODD`."""
