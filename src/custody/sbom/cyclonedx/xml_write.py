"""A CycloneDX table as XML.

Spec: https://cyclonedx.org/docs/1.6/xml/. The elements stand in the order of the schema, which `shape.py` has. What XML
has no place for (a signature of the JSON, fields that no version knows) is counted in `lost`. Characters that XML 1.0
cannot hold (section 2.2) become U+FFFD: our own notes never have them, so what they change can be read again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from custody.sbom.cyclonedx.shape import Part, shape
from custody.sbom.cyclonedx.xml_read import ANY

__all__ = ["ILLEGAL", "namespace", "write_element", "xml_document"]

Table = dict[str, Any]

ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML document can hold."""
_SPECIAL = re.compile('[&<>"\t\n\r]')
_NAMES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_TEXT_SPECIAL = re.compile("[&<>\r]")
_RAW_NAME = re.compile(r"(?:\{([^{}\s\"<>&]*)\})?([A-Za-z_][\w.-]*)")
_RAW_PARTS = 4


def namespace(version: str) -> str:
    """Give the namespace of a version."""
    return f"http://cyclonedx.org/schema/bom/{version}"


def xml_document(attributes: Iterable[tuple[str, str]], parts: Iterable[str]) -> bytes:
    """Give the bytes of a document: the root's attributes, and what stands in it, made by `write_element`."""
    head = "".join(f' {key}="{_attribute(value)}"' for key, value in attributes)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<bom{head}>\n{"".join(parts)}</bom>\n'.encode()


def write_element(out: list[str], element: str, table: Table, name: str, depth: int, lost: Counter[str]) -> None:
    """Write a table of the shape `name` as an element, with all that is in it."""
    parts = shape(name)
    attributes, words, inner = [], "", []
    for key in table.keys() - {ANY, *(("flow",) if name == "flow" else ())}:
        if key not in parts or parts[key].json_only:
            lost[f"{name}.{key}"] += 1
    for part in parts.values():
        value = table.get(part.key)
        if value is None or part.json_only:
            continue
        if part.place == "@":
            attributes.append(f' {part.element}="{_attribute(_plain(value))}"')
        elif part.place == ".":
            words = _text(_plain(value))
        elif name == "flow" and part.key == "classification":
            flow = f' flow="{_attribute(_plain(table.get("flow", "")))}"'
            inner.append(f"{' ' * (depth + 1)}<classification{flow}>{_text(_plain(value))}</classification>\n")
        else:
            _write_part(inner, part, value, name, depth + 1, lost)
    for raw in table.get(ANY) or ():
        _write_raw(inner, raw, depth + 1)
    pad, head = " " * depth, "".join(attributes)
    if inner:
        out.append(f"{pad}<{element}{head}>{words}\n")
        out += inner
        out.append(f"{pad}</{element}>\n")
    else:
        out.append(f"{pad}<{element}{head}>{words}</{element}>\n" if words else f"{pad}<{element}{head}/>\n")


def _write_part(out: list[str], part: Part, value: object, name: str, depth: int, lost: Counter[str]) -> None:
    if part.type in _ODD:
        _ODD[part.type](out, part.element, value, depth, lost)
        return
    items = value if isinstance(value, list) and part.many else [value]
    pad = " " * depth
    if part.item:
        out.append(f"{pad}<{part.element}>\n")
        depth += 1
    for item in items:
        _write_item(out, part, item, name, depth, lost)
    if part.item:
        out.append(f"{pad}</{part.element}>\n")


def _write_item(out: list[str], part: Part, item: object, name: str, depth: int, lost: Counter[str]) -> None:
    element = part.item or part.element
    if isinstance(item, dict):
        if part.type in ("text", "int", "num", "bool", "ref"):
            lost[f"{name}.{part.key}"] += 1
            return
        write_element(out, element, item, part.type, depth, lost)
    elif isinstance(item, list):
        lost[f"{name}.{part.key}"] += 1
    elif part.type == "ref":
        out.append(f'{" " * depth}<{element} ref="{_attribute(_plain(item))}"/>\n')
    elif words := _text(_plain(item)):
        out.append(f"{' ' * depth}<{element}>{words}</{element}>\n")
    else:
        out.append(f"{' ' * depth}<{element}/>\n")


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and "e" in str(value):
        from decimal import Decimal  # a number of XML Schema's `decimal` has no exponent

        return f"{Decimal(str(value)):f}"
    return str(value)


def _text(text: str) -> str:
    text = _TEXT_SPECIAL.sub(lambda match: _NAMES[match[0]], text)
    return text if text.isprintable() else ILLEGAL.sub("\ufffd", text)


def _attribute(text: str) -> str:
    text = _SPECIAL.sub(lambda match: _NAMES[match[0]], text)
    return text if text.isprintable() else ILLEGAL.sub("\ufffd", text)


def _write_raw(out: list[str], raw: object, depth: int) -> None:
    """Write an element as it was read, passing over what cannot have been."""
    if not isinstance(raw, list) or len(raw) != _RAW_PARTS:
        return
    name, attributes, children, words = raw
    match = _RAW_NAME.fullmatch(name) if isinstance(name, str) else None
    if match is None or not isinstance(attributes, dict) or not isinstance(children, list):
        return
    head = "" if match[1] is None else f' xmlns:x="{match[1]}"' if match[1] else ""
    tag = f"x:{match[2]}" if match[1] else match[2]
    spaces: dict[str, str] = {}
    for key, value in attributes.items():
        named = _RAW_NAME.fullmatch(key)
        if named is None or key.lower().startswith("xmlns"):
            continue
        if named[1]:
            prefix = spaces.setdefault(named[1], f"a{len(spaces)}")
            head += f' {prefix}:{named[2]}="{_attribute(_plain(value))}"'
        else:
            head += f' {named[2]}="{_attribute(_plain(value))}"'
    head += "".join(f' xmlns:{prefix}="{_attribute(uri)}"' for uri, prefix in spaces.items())
    out.append(f"{' ' * depth}<{tag}{head}>{_text(_plain(words))}")
    if children:
        out.append("\n")
        for child in children:
            _write_raw(out, child, depth + 1)
        out.append(" " * depth)
    out.append(f"</{tag}>\n")


# ── odd ones ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _tables(value: object) -> list[Table]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _licences(out: list[str], element: str, value: object, depth: int, lost: Counter[str]) -> None:
    """Write licences, or one expression: XML never has both."""
    choices = _tables(value)
    licences = [choice["license"] for choice in choices if isinstance(choice.get("license"), dict)]
    expressions = [choice for choice in choices if "expression" in choice]
    if not choices:
        return
    pad = " " * depth
    out.append(f"{pad}<{element}>\n")
    for licence in licences:
        write_element(out, "license", licence, "licence", depth + 1, lost)
    if expressions and not licences:
        write_element(out, "expression", expressions[0], "expression", depth + 1, lost)
    if left := len(choices) - len(licences) - (0 if licences else min(len(expressions), 1)):
        lost["licenses: an expression beside others"] += left
    out.append(f"{pad}</{element}>\n")


def _tools(out: list[str], element: str, value: object, depth: int, lost: Counter[str]) -> None:
    if isinstance(value, dict):
        write_element(out, element, value, "toolset", depth, lost)
        return
    out.append(f"{' ' * depth}<{element}>\n")
    for tool in _tables(value):
        write_element(out, "tool", tool, "tool", depth + 1, lost)
    out.append(f"{' ' * depth}</{element}>\n")


def _dependencies(out: list[str], element: str, value: object, depth: int, lost: Counter[str]) -> None:  # noqa: ARG001
    pad = " " * depth
    out.append(f"{pad}<{element}>\n")
    for entry in _tables(value):
        head = f'{pad} <dependency ref="{_attribute(_plain(entry.get("ref", "")))}"'
        inner = [
            f'{pad}  <{tag} ref="{_attribute(_plain(ref))}"/>\n'
            for tag, key in (("dependency", "dependsOn"), ("provides", "provides"))
            for ref in (entry.get(key) if isinstance(entry.get(key), list) else ()) or ()
        ]
        out += [f"{head}>\n", *inner, f"{pad} </dependency>\n"] if inner else [f"{head}/>\n"]
    out.append(f"{pad}</{element}>\n")


def _service_data(out: list[str], element: str, value: object, depth: int, lost: Counter[str]) -> None:
    """Write what a service does with data: all as plain classifications, or all as flows."""
    entries = _tables(value)
    pad = " " * depth
    out.append(f"{pad}<{element}>\n")
    plain = all(set(entry) <= {"flow", "classification"} for entry in entries)
    for entry in entries:
        if plain:
            flow = f' flow="{_attribute(_plain(entry.get("flow", "")))}"'
            out.append(
                f"{pad} <classification{flow}>{_text(_plain(entry.get('classification', '')))}</classification>\n"
            )
        else:
            write_element(out, "dataflow", entry, "flow", depth + 1, lost)
    out.append(f"{pad}</{element}>\n")


def _datasets(out: list[str], element: str, value: object, depth: int, lost: Counter[str]) -> None:
    out.append(f"{' ' * depth}<{element}>\n")
    for item in _tables(value):
        if "ref" in item:
            out.append(f"{' ' * depth} <ref>{_text(_plain(item['ref']))}</ref>\n")
        else:
            write_element(out, "dataset", item, "data", depth + 1, lost)
    out.append(f"{' ' * depth}</{element}>\n")


def _variables(out: list[str], element: str, value: object, depth: int, lost: Counter[str]) -> None:
    out.append(f"{' ' * depth}<{element}>\n")
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            write_element(out, "environmentVar", item, "property", depth + 1, lost)
        else:
            out.append(f"{' ' * depth} <value>{_text(_plain(item))}</value>\n")
    out.append(f"{' ' * depth}</{element}>\n")


def _classification(out: list[str], element: str, value: object, depth: int, lost: Counter[str]) -> None:  # noqa: ARG001
    out.append(f"{' ' * depth}<{element}>{_text(_plain(value))}</{element}>\n")


_ODD = {
    "classification": _classification,
    "dataset": _datasets,
    "dependencies": _dependencies,
    "licences": _licences,
    "serviceData": _service_data,
    "tools": _tools,
    "variables": _variables,
}
"""Type → how it is written; see `shape.ODD`."""
