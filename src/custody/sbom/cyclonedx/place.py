"""What was kept of another tool's CycloneDX document, put into the one that is written.

It stands in its own place again where the version has it and it is sound; the rest stands in our note, as "kept": under
"whole" what stands there instead of what is in its place, else items of lists that have no place. Where our own words
for a fact would replace richer ones (a licence with its text, a maker with a phone number) the richer ones are written,
and the model's value goes into the note: "verbatim" there lists their keys.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from custody.sbom.cyclonedx.fit import fit
from custody.sbom.cyclonedx.kept import EMPTY, FAMILY, LICENCES, MAKERS, MODEL, OURS
from custody.sbom.cyclonedx.shape import Part, later, shape
from custody.sbom.cyclonedx.sound import sound
from custody.sbom.cyclonedx.xml_read import ANY
from custody.sbom.kept import kept_of
from custody.sbom.licences import expression_fault
from custody.sbom.reading import objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from custody.model import Package

__all__ = ["place_component", "place_document", "place_metadata"]

Table = dict[str, Any]

_FEW = 1_000
"""Comparisons of items with each other that take no time worth saving."""


class _Placing:
    """One table that gets what was kept for it, as far as the version and the schema allow."""

    def __init__(self, table: Table, name: str, version: str, lost: Counter[str], *, xml: bool) -> None:
        self.xml = xml
        self.table = table
        self.name = name
        self.parts = shape(name)
        self.version = version
        self.lost = lost
        self.noted: Table = {}

    def fitting(self, key: str, value: object) -> object:
        """Give what may stand in the document; what is left out of it, or not to be there at all, is noted."""
        if key == ANY and self.xml and isinstance(value, list):
            return self._foreign(value)
        cut: Counter[str] = Counter()
        fitted = fit({key: value}, self.name, self.version, cut).get(key)
        self.lost.update(cut)
        if key not in self.parts or fitted in EMPTY:
            self.note(key, value)
            return None
        part = self.parts[key]
        if part.many and isinstance(fitted, list):
            good, bad = _parted(fitted, lambda item: self._fits([item], part))
            if cut:
                self.note(key, value)
            elif bad:
                self.noted[key] = bad
            if bad:
                self.lost[f"{self.name}.{key} as it stands"] += len(bad)
            return good or None
        if not self._fits(fitted, part):
            self.lost[f"{self.name}.{key} as it stands"] += 1
            self.note(key, value)
            return None
        if cut:
            self.note(key, value)
        return fitted

    def _fits(self, value: object, part: Part) -> bool:
        """Say whether a value may stand in the document, by the schema and by what is no licence expression."""
        return sound(value, part, self.name) and not _has_faulty_expression({part.key: value})

    def _foreign(self, value: list[object]) -> object:
        """Give the elements of other namespaces, which may stand anywhere."""
        good, bad = _parted(value, lambda raw: isinstance(raw, list) and raw and str(raw[0]).startswith("{"))
        if bad:
            self.noted[ANY] = bad
            self.lost[f"{self.name}.{ANY}"] += len(bad)
        return good or None

    def note(self, key: str, value: object) -> None:
        """Put something into our note that stands there whole, whatever of it has a place in the document."""
        self.noted.setdefault("whole", {})[key] = value

    def append(self, key: str, value: object) -> None:
        """Add the items of a list that are not there yet."""
        fitted = self.fitting(key, value)
        if isinstance(fitted, list):
            there = self.table.get(key, [])
            self.table[key] = [*there, *_new(fitted, there)]


def _parted(items: list[Any], fits: Callable[[Any], object]) -> tuple[list[Any], list[Any]]:
    good: list[Any] = []
    bad: list[Any] = []
    for item in items:
        (good if fits(item) else bad).append(item)
    return good, bad


def _has_faulty_expression(value: object) -> bool:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending += item
        elif isinstance(item, dict):
            for choice in objects(item, "licenses"):
                expression = choice.get("expression")
                if isinstance(expression, str) and expression_fault(expression):
                    return True
            pending += item.values()
    return False


def _new(items: list[Any], there: list[Any]) -> list[Any]:
    """Give the items that are not there; where both lists are long, by their texts, for tables have no hash."""
    if len(items) * len(there) < _FEW:
        return [item for item in items if item not in there]
    known = set(map(_as_text, there))
    return [item for item in items if _as_text(item) not in known]


def _as_text(item: object) -> str:
    return json.dumps(item, sort_keys=True)


def place_component(
    table: Table, package: Package, version: str, carried: list[str], lost: Counter[str], *, xml: bool
) -> Table:
    """Put what was kept for a package into its component; gives what our note must hold.

    carried: gets the fields of the model that then no longer stand in the component in our words.
    """
    kept = kept_of(FAMILY, package.extra)
    placing = _Placing(table, "component", version, lost, xml=xml)
    verbatim: list[str] = []
    said = [package.licence_declared, package.licence_concluded]
    makers = [key for key in MAKERS if key in kept]
    for key, value in kept.items():
        if key in ("properties", "hashes", "externalReferences"):
            placing.append(key, value)
            if key == "externalReferences":
                carried += _taken_for_ours(table, package)
            continue
        if key == "group":
            _place_group(table, value, package)
            continue
        if key == "evidence" and isinstance(value, dict):
            _place_evidence(placing, value, said, carried, verbatim)
            continue
        if key == "licenses":
            if not isinstance(value, dict) or value.get("said") != said:
                continue  # somebody knows better by now
            value = value.get("as")
            if _is_mixed(value) and (xml or not later(version, "1.7")):
                placing.note(key, value)  # our one expression says all of it; the list could only keep a part
                lost["licenses: an expression beside others"] += 1
                continue
        if (fitted := placing.fitting(key, value)) is None:
            continue
        if key in makers and not set(makers) & set(verbatim):
            for mine in ("manufacturer", "authors"):
                table.pop(mine, None)
        table[key] = fitted
        if key in MODEL or key in OURS:
            verbatim.append(key)
            carried += [field for field in MODEL.get(key, ()) if field not in carried]
    if verbatim:
        placing.noted["verbatim"] = verbatim
    return placing.noted


def _taken_for_ours(table: Table, package: Package) -> list[str]:
    """Give the fields that we have nothing for, but that would be read from another tool's references."""
    kinds = {item.get("type") for item in table.get("externalReferences", ())}
    fields = (("homepage", {"website"}), ("download_location", {"distribution", "vcs"}))
    return [field for field, read in fields if not getattr(package, field) and kinds & read]


def _is_mixed(choices: object) -> bool:
    """Say whether a licence list has an expression beside others, which the schemas had no place for until 1.7."""
    return (
        isinstance(choices, list)
        and len(choices) > 1
        and any(isinstance(choice, dict) and "expression" in choice for choice in choices)
    )


def _place_group(table: Table, value: object, package: Package) -> None:
    """Write group and name apart, where together they still are the name."""
    group, name = value if isinstance(value, list) and len(value) == 2 else ("", "")
    separator = ":" if package.purl.type == "maven" else "/"
    if not isinstance(group, str) or not isinstance(name, str) or not f"{group}{name}".isprintable():
        return
    if name.strip() and package.name in (name, f"{group}{separator}{name}"):
        table["group"], table["name"] = group, name


def _place_evidence(
    placing: _Placing, value: Table, said: list[str | None], carried: list[str], verbatim: list[str]
) -> None:
    value = {key: item for key, item in value.items() if key != "licenses" or value.get("said") == said}
    value.pop("said", None)
    fitted = placing.fitting("evidence", value)
    if not isinstance(fitted, dict):
        return
    mine = placing.table.get("evidence", {})
    for key in ("occurrences", "licenses"):
        if key in fitted:
            verbatim.append("occurrences" if key == "occurrences" else "evidence.licenses")
            carried += [field for field in LICENCES if key == "licenses" and field not in carried]
    placing.table["evidence"] = {**mine, **fitted}
    verbatim.append("evidence")


def place_document(table: Table, kept: Table, version: str, lost: Counter[str], *, scanned: bool, xml: bool) -> Table:
    """Put what was kept of a document into it, but for its metadata; gives what our note must hold.

    table: has the keys of a `bom`, lists as lists; scanned: it has findings of ours, which then stand alone.
    """
    placing = _Placing(table, "bom", version, lost, xml=xml)
    verbatim = []
    for key, value in kept.items():
        if key in ("metadata", "edges"):
            continue
        if key in ("serialNumber", "version") or (scanned and key == "vulnerabilities"):
            placing.note(key, value)
        elif key == "components":
            placing.append(key, value)
        elif (fitted := placing.fitting(key, value)) is not None:
            table[key] = fitted
            if key in ("compositions", "vulnerabilities"):
                verbatim.append(key)
    if verbatim:
        placing.noted["verbatim"] = verbatim
    return placing.noted


def place_metadata(table: Table, kept: Table, version: str, lost: Counter[str], *, xml: bool) -> Table:
    """Put the kept metadata into ours; gives what our note must hold."""
    placing = _Placing(table, "metadata", version, lost, xml=xml)
    verbatim = []
    for key, value in kept.items():
        if key == "properties":
            placing.append(key, value)
        elif key == "tools":
            _place_tools(placing, value)
        elif key == "timestamp" or (key in ("authors", "manufacturer", "manufacture") and key in table):
            placing.note(key, value)
        elif (fitted := placing.fitting(key, value)) is not None:
            table[key] = fitted
            verbatim.append(f"metadata.{key}")
    if verbatim:
        placing.noted["verbatim"] = verbatim
    return placing.noted


def _place_tools(placing: _Placing, value: object) -> None:
    """Add the tools of the other document to ours, in the form that 1.5 brought."""
    if isinstance(value, list):
        components = []
        for tool in (item for item in value if isinstance(item, dict)):
            made: Table = {"type": "application"}
            if isinstance(tool.get("vendor"), str) and tool["vendor"]:
                made["supplier"] = {"name": tool["vendor"]}
            made |= {key: tool[key] for key in ("name", "version", "hashes", "externalReferences") if key in tool}
            components.append(made)
        value = {"components": components}
    fitted = _Placing({}, "metadata", "1.6", placing.lost, xml=False)
    good = fitted.fitting("tools", value)
    placing.noted |= fitted.noted
    mine = placing.table["tools"]
    if isinstance(mine, list):
        found = fit({"tools": good}, "metadata", placing.version, placing.lost).get("tools") or []
        placing.table["tools"] = [*mine, *(tool for tool in found if tool not in mine)]
    elif isinstance(good, dict):
        placing.table["tools"] = {
            **good,
            **mine,
            "components": [
                *mine["components"],
                *(c for c in good.get("components", ()) if c not in mine["components"]),
            ],
        }
