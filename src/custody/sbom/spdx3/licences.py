"""Licences of SPDX 3 as one expression: simple ones are texts, expanded ones are trees of elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from custody.model.licence import combine
from custody.sbom.reading import text
from custody.sbom.spdx.expression import Node, Tree, write

__all__ = ["Licences"]

Table = dict[str, Any]

_SETS = {"expandedlicensing_ConjunctiveLicenseSet": "AND", "expandedlicensing_DisjunctiveLicenseSet": "OR"}
_LISTED = ("https://spdx.org/licenses/", "http://spdx.org/licenses/")
_MAX_DEPTH = 50


class Licences:
    """The licences of one document. elements: all elements, by their identifiers; ours: whether we wrote it."""

    def __init__(self, elements: Mapping[str, Table], *, ours: bool) -> None:
        self.elements = elements
        self.ours = ours

    def expression(self, names: Iterable[str]) -> str:
        """Give the expression that some licences of one package make up, "" where none is stated."""
        found = [made for name in names if (made := self._one(name))]
        unique = list(dict.fromkeys(found))
        if len(unique) < 2:
            return unique[0] if unique else ""
        return combine([made for made in unique if made != "NONE"], "AND")

    def _one(self, name: str) -> str:
        if name.endswith("NoneLicense"):
            return "NONE"
        if name.endswith(("NoAssertionLicense", "NoAssertionElement", "NoneElement")):
            return ""
        stated = self.elements.get(name, {}).get("simplelicensing_licenseExpression")
        if isinstance(stated, str):
            return "" if stated == "NOASSERTION" else stated
        tree = self._tree(name, 0)
        return write(tree) if tree is not None else ""

    def _tree(self, name: object, depth: int) -> Tree | None:
        element = self.elements.get(name, {}) if isinstance(name, str) else name if isinstance(name, dict) else {}
        if not isinstance(element, dict) or depth > _MAX_DEPTH:
            return None
        kind = text(element, "type")
        if kind in _SETS:
            members = element.get("expandedlicensing_member")
            found = [self._tree(member, depth + 1) for member in (members if isinstance(members, list) else [members])]
            known = tuple(member for member in found if member is not None)
            return known[0] if len(known) == 1 else Node(_SETS[kind], known) if known else None
        if kind == "expandedlicensing_OrLaterOperator":
            licence = self._tree(element.get("expandedlicensing_subjectLicense"), depth + 1)
            return f"{licence}+" if isinstance(licence, str) else None
        if kind == "expandedlicensing_WithAdditionOperator":
            licence = self._tree(element.get("expandedlicensing_subjectExtendableLicense"), depth + 1)
            addition = self._tree(element.get("expandedlicensing_subjectAddition"), depth + 1)
            if licence is None or not isinstance(addition, str):
                return licence
            return Node("WITH", (licence, addition))
        stated = element.get("simplelicensing_licenseExpression")
        return stated if isinstance(stated, str) and " " not in stated else self._leaf(name, element)

    @staticmethod
    def _leaf(name: object, element: Table) -> str | None:
        """Give a licence of the list by its address, and another one by the last part of its identifier."""
        address = name if isinstance(name, str) else text(element, "spdxId")
        for start in _LISTED:
            if address.startswith(start):
                return address.removeprefix(start).removesuffix(".html")
        last = address.replace("#", "/").rpartition("/")[2]
        if not last or not all(c.isascii() and (c.isalnum() or c in ".-") for c in last):
            return text(element, "name") or None
        return last if last.startswith("LicenseRef-") else f"LicenseRef-{last}"

    def text_of(self, reference: str, names: Iterable[str]) -> str:
        """Give the text behind a LicenseRef of one of these licences, "" where nobody has it."""
        for name in names:
            element = self.elements.get(name, {})
            entries = element.get("simplelicensing_customIdToUri")
            for entry in entries if isinstance(entries, list) else [entries]:
                if isinstance(entry, dict) and entry.get("key") == reference:
                    found = self.elements.get(text(entry, "value"), {})
                    return text(found, "simplelicensing_licenseText")
        for name, element in self.elements.items():
            if name.endswith(reference.removeprefix("LicenseRef-")) and "simplelicensing_licenseText" in element:
                return text(element, "simplelicensing_licenseText")
        return ""
