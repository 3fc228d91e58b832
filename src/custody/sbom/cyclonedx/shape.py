r"""The one model of a CycloneDX document: its JSON, with what XML calls each part and since which version it is there.

A line of `SHAPES` is `type: part part …`, a part is

    [@.]key[=element][[item]][*][!][:type][/version]

    @        an attribute in XML, `.` the element's own text; else an element inside
    =element what XML calls it, where it calls it otherwise
    [item]   a list; in XML an element with one `item` element for each
    *        a list; in XML the element itself, repeated
    !        only JSON has it (a signature, which cannot outlive a change of form; what 1.7 brought)
    :type    of the value, or of the items: `int`, `num`, `bool`, `ref` (an element with the attribute `ref`), a name of
             the table, or one of the `ODD` ones; a text where it is left out
    /version the first one that has it, where the type as a whole is older
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from custody.sbom.cyclonedx.shape_table import SHAPES

__all__ = ["ODD", "PLAIN", "VERSIONS", "Part", "later", "shape"]

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
"""Every version of the specification, in ascending order."""

PLAIN = frozenset({"text", "int", "num", "bool", "ref"})
"""Types whose JSON value is no table."""
ODD = frozenset({"classification", "dataset", "dependencies", "licences", "serviceData", "tools", "variables"})
"""Types that XML and JSON build so differently that `xml_odd.py` has a function for each."""

_PART = re.compile(
    r"(?P<place>[@.]?)(?P<key>[\w-]+)(?:=(?P<element>[\w-]+))?(?:\[(?P<item>\w+)\])?(?P<flags>[*!]?)"
    r"(?::(?P<type>\w+))?(?:/(?P<since>1\.\d))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a type.

    place: "@" an attribute, "." the text, "" an element; item: "" where it is no wrapped list; since: index in
    `VERSIONS`.
    """

    key: str
    element: str
    place: str
    item: str
    repeated: bool
    json_only: bool
    type: str
    since: int

    @property
    def many(self) -> bool:
        """Say whether the JSON value is a list."""
        return bool(self.item) or self.repeated


@cache
def _shapes() -> dict[str, dict[str, Part]]:
    found: dict[str, dict[str, Part]] = {}
    parts: dict[str, Part] = {}
    for word in SHAPES.split():
        if word.endswith(":"):
            parts = found[word[:-1]] = {}
            continue
        match = _PART.fullmatch(word)
        if match is None:
            raise ValueError(f"not a part: {word!r}")
        key = match["key"]
        parts[key] = Part(
            key=key,
            element=match["element"] or key,
            place=match["place"],
            item=match["item"] or "",
            repeated=match["flags"] == "*",
            json_only=match["flags"] == "!",
            type=match["type"] or "text",
            since=VERSIONS.index(match["since"] or "1.0"),
        )
    return found


def shape(name: str) -> dict[str, Part]:
    """Give the parts of a type by their JSON keys, in the order of the XML schema."""
    return _shapes()[name]


def later(version: str, other: str) -> bool:
    """Say whether a version is `other` or later."""
    return VERSIONS.index(version) >= VERSIONS.index(other)
