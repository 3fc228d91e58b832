"""Whether an element of SPDX 3 holds to its class: see `vocabulary`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from custody.sbom.spdx3.vocabulary import WORDS, Class, Property, classes

__all__ = ["faults", "is_uri"]

Table = dict[str, Any]
Found = tuple[str, str]
"""Where in the element, and what is wrong."""

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)([-+][0-9A-Za-z.+-]+)?")
_MEDIA_TYPE = re.compile(r"[^/]+/[^/]+")
_PATTERNS = {
    "specVersion": (_SEMVER, "a version like 3.0.1"),
    "simplelicensing_licenseListVersion": (_SEMVER, "a version like 3.28.0"),
    "contentType": (_MEDIA_TYPE, "a media type"),
}
_MAX_DEPTH = 20  # an element inside an element; other tools write two


def is_uri(text: object) -> bool:
    """Say whether the text is an absolute URI."""
    return isinstance(text, str) and _URI.fullmatch(text) is not None


def faults(element: Table, *, kind: str = "", depth: int = 0) -> Iterator[Found]:
    """Give what is wrong with an element, or with a table inside of one. kind: the class that must be, "" for any."""
    name = element.get("type")
    found = classes().get(name) if isinstance(name, str) else None
    if found is None:
        yield "type", f"no class of SPDX 3.0.1: {name!r:.60}"
        return
    if found.abstract:
        yield "type", f"{found.name} is abstract"
    if kind and kind not in found.bases:
        yield "type", f"expected {kind}, got {found.name}"
    if "Element" in found.bases and not is_uri(element.get("spdxId")):
        yield "spdxId", f"expected an absolute URI, got {element.get('spdxId')!r:.60}"
    for stated in found.properties.values():
        if stated.required and element.get(stated.name) in (None, []):
            yield stated.name, "missing"
    for key, value in element.items():
        yield from _property(found, key, value, depth)


def _property(found: Class, key: str, value: Any, depth: int) -> Iterator[Found]:  # noqa: ANN401 - any JSON value
    if key in ("type", "spdxId", "@id"):
        if not isinstance(value, str):
            yield key, f"expected a text, got {value!r:.60}"
        return
    stated = found.properties.get(key)
    if stated is None:
        yield key, f"no property of {found.name}"
        return
    if isinstance(value, list):
        if not stated.several:
            yield key, "expected one value, got a list"
        for index, item in enumerate(value):
            for place, fault in _value(stated, item, depth):
                yield f"{key}[{index}]{place}", fault
    else:
        for place, fault in _value(stated, value, depth):
            yield f"{key}{place}", fault


def _value(stated: Property, value: Any, depth: int) -> Iterator[Found]:  # noqa: ANN401 - any JSON value
    if stated.kind.startswith("="):
        words = WORDS[stated.kind[1:]]
        if not isinstance(value, str) or value not in words:
            yield "", f"no word of {stated.kind[1:]}: {value!r:.60}"
    elif stated.kind in classes() or (stated.kind == "ref" and isinstance(value, dict)):
        if not isinstance(value, dict):
            if not isinstance(value, str):
                yield "", f"expected a table, got {value!r:.60}"
        elif stated.kind == "extension_Extension":
            return  # anybody may define one
        elif depth >= _MAX_DEPTH:
            yield "", f"more than {_MAX_DEPTH} levels"
        else:
            kind = stated.kind if stated.kind in classes() else ""
            yield from ((f".{place}", fault) for place, fault in faults(value, kind=kind, depth=depth + 1))
    elif fault := _simple(stated, value):
        yield "", fault


def _simple(stated: Property, value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Give what is wrong with a text, a number or a truth."""
    match stated.kind:
        case "flag":
            good = isinstance(value, bool)
        case "number":
            good = isinstance(value, int | float | str) and not isinstance(value, bool)
        case "whole":
            good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case "time":
            good = isinstance(value, str) and _TIME.fullmatch(value) is not None
        case "uri":
            good = is_uri(value)
        case _:
            good = isinstance(value, str)
            pattern = _PATTERNS.get(stated.name)
            if good and pattern and not pattern[0].fullmatch(value):
                return f"expected {pattern[1]}, got {value!r:.60}"
    return "" if good else f"expected {stated.kind}, got {value!r:.60}"
