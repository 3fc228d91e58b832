"""What another SPDX 3 document said beyond our model, put into the document that is written.

An element that holds to its class stands in the graph again. One that does not, or whose identifier we use, stands in
our note, as "kept"; so do properties of packages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from custody.sbom.kept import kept_of
from custody.sbom.spdx3.checks import faults
from custody.sbom.spdx3.kept_read import GENERATED, name_of, renamed_in
from custody.sbom.spdx3.relations import edges_of
from custody.sbom.spdx3.terms import FAMILY
from custody.sbom.spdx3.vocabulary import is_a

if TYPE_CHECKING:
    from custody.model import Inventory, Package

__all__ = ["Kept"]

Table = dict[str, Any]

_DOCUMENT = ("description", "import", "namespaceMap", "summary")
_LISTS = ("externalIdentifier", "externalRef", "verifiedUsing", "originatedBy")


@dataclass(slots=True, kw_only=True)
class Kept:
    """What is kept for one document.

    ids: purl → identifier; said: (source, target, relation) of the edges that kept relationships say in their own
    words; document: properties of the document; carried: what goes into the note; names: the
    identifiers of `elements`.
    """

    ids: Mapping[str, str]
    name: str = ""
    document: Table = field(default_factory=dict)
    elements: list[Table] = field(default_factory=list)
    said: set[tuple[str, str, str]] = field(default_factory=set)
    carried: Table = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, inventory: Inventory, ids: Mapping[str, str]) -> Kept:
        """Sort what the inventory keeps: what may stand in the document, and what may not."""
        kept = cls(ids=ids)
        if any(family == FAMILY for family, _ in inventory.extra):
            kept._sort(kept_of(FAMILY, inventory.extra))
        return kept

    def _sort(self, stated: Table) -> None:
        taken = set(self.ids.values())
        for element in _items(stated.get("elements")):
            made = renamed_in(element, self.ids)
            name = name_of(made) if isinstance(made, dict) else ""
            if not isinstance(made, dict) or name in taken or any(faults(made)):
                self.carried.setdefault("elements", []).append(element)
                continue
            taken.add(name)
            self.names.add(name)
            self.elements.append(made)
            if is_a(made["type"], "Relationship"):
                self.said |= set(edges_of(element, ours=False))
        empty = {"type": "SpdxDocument", "spdxId": "urn:x", "creationInfo": "_:x"}
        for key in sorted(stated.keys() - {"elements"}):
            good = key in _DOCUMENT and not any(faults({**empty, key: stated[key]}))
            (self.document if good else self.carried)[key] = stated[key]
        title = stated.get("name")
        self.name = title if isinstance(title, str) else ""

    def join(self, package: Package, table: Table, extra: Table) -> None:
        """Add what is kept of a package to its table, and what may not stand there to `extra`, as "kept"."""
        stated = kept_of(FAMILY, package.extra)
        left: Table = {}
        if is_a(stated.get("type"), "software_Package"):
            table["type"] = stated["type"]
        for key, value in stated.items():
            made = renamed_in(value, self.ids)
            if key in GENERATED and isinstance(value, str):
                table[key] = "\n".join(filter(None, (table.get(key), value)))
                left[key] = value
            elif key in _LISTS:
                good: list[Any] = []
                bad: list[Any] = []
                for old, new in zip(_items(value), _items(made), strict=True):
                    fits = self._fits(table, key, [new])
                    (good if fits else bad).append(new if fits else old)
                if good:
                    table[key] = [*table.get(key, ()), *good]
                if bad:
                    left[key] = bad
            elif key not in table and self._fits(table, key, made):
                table[key] = made
            elif key != "type" or table["type"] != value:
                left[key] = value
        if left:
            extra["kept"] = left

    @staticmethod
    def _fits(table: Table, key: str, value: object) -> bool:
        asked = {"type": table.get("type"), key: value}  # not the whole table, which may have long lists already
        return not any(place.partition("[")[0].partition(".")[0] == key for place, _ in faults(asked))


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
