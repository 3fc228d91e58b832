"""Licences of SPDX 3 as one expression: simple ones are texts, expanded ones are trees of elements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from custody.model.licence import combine
from custody.sbom.reading import text
from custody.sbom.spdx.expression import MAX_PARTS, Node, Tree, write

__all__ = ["Licences"]

Table = dict[str, Any]

_SETS = {"expandedlicensing_ConjunctiveLicenseSet": "AND", "expandedlicensing_DisjunctiveLicenseSet": "OR"}
_LISTED = ("https://spdx.org/licenses/", "http://spdx.org/licenses/")
_END = re.compile(r"[/#:]")
_MAX_DEPTH = 50
_MAX_ALL_PARTS = 1_000_000  # of all the licences of a document, each set of them once


class _TooLargeError(Exception):
    """An expression that nests too deeply, or has too many parts."""


class Licences:
    """The licences of one document. elements: all elements, by their identifiers; ours: whether we wrote it."""

    def __init__(self, elements: Mapping[str, Table], *, ours: bool) -> None:
        self.elements = elements
        self.ours = ours
        self.written: dict[str, str] = {}
        self.parts = 0
        self.all_parts = 0
        self._texts: dict[str, str] | None = None

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
        if name not in self.written:
            self.parts = 0
            try:
                tree = self._tree(name, 0)
            except _TooLargeError:
                tree = None
            self.written[name] = write(tree) if tree is not None else ""
        return self.written[name]

    def _tree(self, name: object, depth: int) -> Tree | None:
        """Give the tree of a licence; None where nobody can tell.

        Sets may share members, so what is visited is counted: fifty sets of two could stand for 2 ** 50 licences.
        """
        self.parts += 1
        self.all_parts += 1
        if depth > _MAX_DEPTH or self.parts > MAX_PARTS or self.all_parts > _MAX_ALL_PARTS:
            raise _TooLargeError
        element = self.elements.get(name, {}) if isinstance(name, str) else name if isinstance(name, dict) else {}
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
        return self._by_last_part().get(reference.removeprefix("LicenseRef-"), "")

    def _by_last_part(self) -> dict[str, str]:
        """Give the texts by the last part of their element's identifier; of several the first one."""
        if self._texts is None:
            self._texts = {}
            for name, element in self.elements.items():
                words = text(element, "simplelicensing_licenseText")
                if words:
                    self._texts.setdefault(_END.split(name)[-1].removeprefix("LicenseRef-"), words)
        return self._texts
