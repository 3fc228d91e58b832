"""The graph of an SPDX 3 document as an inventory.

Spec: https://spdx.github.io/spdx-spec/v3.0.1/, in the compacted form of its JSON-LD; 3.0.0 differs in nothing that is
read. Elements may stand inside others. What the document is about are the root elements of its SpdxDocument, through
its SBOMs, and what it `describes`. Files and snippets are counted, and kept as they are (see `kept_read`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from msgspec import UNSET

from custody.errors import InputError
from custody.model import Checksum, Distribution, Inventory, Package, Purl
from custody.sbom.carry import DocumentCarry, PackageCarry, carried_fields, is_carry, read_carry
from custody.sbom.kept import extra_of
from custody.sbom.licences import NO_TEXT, references, renamed
from custody.sbom.reading import Reading, first_purl, foreign_licence, generic, source_package, text
from custody.sbom.spdx.write_package import CPE23
from custody.sbom.spdx3.kept_read import keep_package, kept_elements, name_of
from custody.sbom.spdx3.licences import Licences
from custody.sbom.spdx3.relations import edges_of, is_plain, source, targets
from custody.sbom.spdx3.security import MARKS
from custody.sbom.spdx3.terms import CONTEXTS, DOCUMENT, FAMILY, upper
from custody.sbom.spdx3.vocabulary import is_a

__all__ = ["read_spdx3"]

Table = dict[str, Any]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_MAX_DEPTH = 50
_LICENSED = {"hasDeclaredLicense": "declared", "hasConcludedLicense": "concluded"}


def read_spdx3(table: Table, data: bytes, where: str, media_type: str) -> Inventory:
    """Read a decoded document; data: its bytes, by which it is known where it states no digest of its subject."""
    context = table.get("@context")
    stated = context if isinstance(context, list) else [context]
    if not any(item in CONTEXTS for item in stated):
        raise InputError(f"{where}:@context", f"expected {CONTEXTS[0]}, got {context!r:.80}")
    graph = table.get("@graph")
    if graph is None and isinstance(table.get("type"), str):  # one element, with the others inside of it
        graph = [{key: value for key, value in table.items() if key != "@context"}]
    if not isinstance(graph, list):
        raise InputError(f"{where}:@graph", f"expected a list, got {graph!r:.60}")
    return _Reader(graph, data, where, media_type).inventory()


def _flat(graph: list[Any]) -> Iterator[Table]:
    """Give all elements, those inside others too."""
    pending = [(item, 0) for item in reversed(graph)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, dict):
            if depth == 0 or isinstance(value.get("spdxId"), str) or value.get("type") == "CreationInfo":
                yield value
            inner = list(value.values())
        else:
            inner = value if isinstance(value, list) else []
        if depth < _MAX_DEPTH:
            pending += [(item, depth + 1) for item in reversed(inner) if isinstance(item, dict | list)]


class _Reader:
    """One document while it is read."""

    def __init__(self, graph: list[Any], data: bytes, where: str, media_type: str) -> None:
        self.elements = list(_flat(graph))
        self.by_name: dict[str, Table] = {}
        for element in self.elements:
            if name := name_of(element):
                self.by_name.setdefault(name, element)
        self.where = where
        self.read: set[str] = set()
        self.wanted: list[str] = []
        self.notes: dict[str, tuple[str, str]] = {}
        carry = self._notes()
        if carry is not None:
            self._forget_findings()
        self.reading = Reading(where=where, data=data, media_type=media_type, carry=carry)
        self.licences = Licences(self.by_name, ours=carry is not None)

    def _notes(self) -> DocumentCarry | None:
        """Find our own notes, by the element that each is about."""
        document: DocumentCarry | None = None
        for element in self.elements:
            if element.get("type") != "Annotation" or not is_carry(element.get("statement")):
                continue
            name, subject = name_of(element), text(element, "subject")
            self.read.add(name)  # also where it belongs to a document that is no longer ours: it is out of date
            about = self.by_name.get(subject, {})
            if about.get("type") == "SpdxDocument" and document is None:
                document = read_carry(element["statement"], DocumentCarry, f"{self.where}:{name}")
            elif is_a(about.get("type"), "software_Package"):
                self.notes[subject] = (element["statement"], name)
        return document

    def _forget_findings(self) -> None:
        """Leave out what our own scan said when the document was written: it is no fact of the packages."""
        document = next((e for e in self.elements if e.get("type") == "SpdxDocument"), {})
        base = name_of(document).removesuffix("Document")
        starts = tuple(f"{base}{mark}" for mark in MARKS)
        self.elements = [element for element in self.elements if not (base and name_of(element).startswith(starts))]

    def inventory(self) -> Inventory:
        reading = self.reading
        packages = [element for element in self.elements if is_a(element.get("type"), "software_Package")]
        ids: dict[str, str] = {}
        facts = [self._facts(element, index) for index, element in enumerate(packages)]
        for element, found in zip(packages, facts, strict=True):
            if found is not None:
                ids.setdefault(name_of(element), str(found[0]))
        licensed = self._licensed(ids)
        for index, (element, found) in enumerate(zip(packages, facts, strict=True)):
            if found is not None:
                self._add(element, found, licensed.get(name_of(element), {}), ids, f"packages[{index}]")
        reading.files = sum(element.get("type") == "software_File" for element in self.elements)
        roots = self._roots()
        for element in self.elements:
            if is_a(element.get("type"), "Relationship"):
                self._relationship(element, roots)
        if not roots and len(reading.packages) == 1:
            roots = list(reading.packages)
        document = next((item for item in self.elements if item.get("type") == "SpdxDocument"), {})
        reading.extra = self._extra(document, ids)
        return reading.inventory(roots, text(document, "name"))

    # ── packages ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _facts(self, element: Table, index: int) -> tuple[Purl, Purl | None, str, str] | None:
        """Give (purl, the purl that is stated, name, version) of a package; None, and a note, for one without a name.

        That a package has no identifier of its own is no reason to leave it out: only edges need one.
        """
        name, version = text(element, "name"), text(element, "software_packageVersion")
        stated = first_purl(
            [text(element, "software_packageUrl")]
            + [
                text(item, "identifier")
                for item in _tables(element, "externalIdentifier")
                if item.get("externalIdentifierType") == "packageUrl"
            ]
        )
        if not name and stated is None:
            self.reading.skip(f"packages[{index}]", "a package without a name")
            return None
        return stated or generic(name, version), stated, name or (stated.name if stated else ""), version

    def _add(
        self,
        element: Table,
        found: tuple[Purl, Purl | None, str, str],
        licensed: Table,
        ids: dict[str, str],
        place: str,
    ) -> None:
        reading = self.reading
        purl, stated, name, version = found
        identifier = name_of(element) or place
        carry, at = None, f"{reading.where}:{place}"
        if reading.ours and identifier in self.notes:
            note, at = self.notes[identifier]
            at = f"{reading.where}:{at}"
            carry = read_carry(note, PackageCarry, at)
        declared, concluded, texts = self._expressions(licensed)
        if carry is not None and carry.references is not UNSET:
            declared = declared and renamed(declared, carry.references)
            concluded = concluded and renamed(concluded, carry.references)
            texts = {carry.references.get(key, key): value for key, value in texts.items()}
        purpose = upper(text(element, "software_primaryPurpose"))
        system = purpose == "OPERATING_SYSTEM"
        if system and reading.distribution is None:
            reading.distribution = Distribution(id=name.lower(), version=version)
        left: Table = {}
        info = "" if reading.ours else text(element, "software_sourceInfo")
        source_name, source_version = ("", "") if reading.ours else source_package(stated, info)
        released = text(element, "releaseTime")
        package = Package(
            purl=purl,
            name=name,
            version=version or ("" if reading.ours or stated is None else stated.version),
            licence_declared=declared,
            licence_concluded=concluded,
            licence_texts=tuple(sorted(texts.items())),
            checksums=self._hashes(element, left),
            cpes=self._cpes(element, stated, left),
            released=released if _MOMENT.fullmatch(released) else "",
            source_name=source_name,
            source_version=source_version,
            supplier=self._agent(element.get("suppliedBy"), "suppliedBy", left),
            originator=self._agent(element.get("originatedBy"), "originatedBy", left),
            homepage=self._stated(element, "software_homePage"),
            download_location=self._stated(element, "software_downloadLocation"),
            description=text(element, "description") or text(element, "summary"),
            copyright=self._stated(element, "software_copyrightText"),
            purpose=purpose or "LIBRARY",
        )
        left["externalRef"] = [
            ref for ref in _tables(element, "externalRef") if not (reading.ours and _is_finding(ref))
        ]
        extra = keep_package(element, carry, ids, ours=reading.ours, left=left)
        self.wanted += _names_in(left)
        package = replace(package, extra=extra)
        if carry is not None:
            package = replace(package, **carried_fields(carry, at))
        self.read.add(identifier)
        reading.add(identifier, package, place, purl=generic(name, version) if system else stated)

    def _stated(self, element: Table, key: str) -> str:
        value = text(element, key)
        return "" if value == "NOASSERTION" and not self.reading.ours else value

    def _hashes(self, element: Table, left: Table) -> tuple[Checksum, ...]:
        found, odd = [], []
        for item in _tables(element, "verifiedUsing"):
            checksum = Checksum.parse(text(item, "algorithm"), text(item, "hashValue"))
            if item.get("type") != "Hash" or checksum is None:
                odd.append(item)
            else:
                found.append(checksum)
        left["verifiedUsing"] = odd
        return tuple(found)

    def _cpes(self, element: Table, stated: Purl | None, left: Table) -> tuple[str, ...]:
        found, others = [], []
        for item in _tables(element, "externalIdentifier"):
            kind, name = item.get("externalIdentifierType"), text(item, "identifier")
            if kind == "cpe23" and CPE23.fullmatch(name):
                found.append(name)
            elif kind != "packageUrl" or stated is None or first_purl((name,)) != stated:
                others.append(item)
        left["externalIdentifier"] = others
        return tuple(found if self.reading.ours else dict.fromkeys(found))

    def _agent(self, value: Any, key: str, left: Table) -> str:  # noqa: ANN401 - any JSON value
        """Give the person or organization that the first of some agents is; all that say more are `left`."""
        agents = value if isinstance(value, list) else [value]
        stated = ""
        for item in agents:
            agent = self.by_name.get(item, {}) if isinstance(item, str) else item if isinstance(item, dict) else {}
            kind, name = text(agent, "type"), " ".join(text(agent, "name").split())
            if not stated and kind in ("Person", "Organization") and name:
                emails = [i for i in _tables(agent, "externalIdentifier") if i.get("externalIdentifierType") == "email"]
                email = text(emails[0], "identifier") if emails else ""
                stated = f"{kind}: {name}{f' ({email})' if email else ''}"
            elif item and key == "originatedBy":
                left.setdefault(key, []).append(item)
        return stated

    # ── licences ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _licensed(self, ids: dict[str, str]) -> dict[str, Table]:
        """Give the licences of packages: identifier → "declared", "concluded" → identifiers of licences."""
        found: dict[str, Table] = {}
        for element in self.elements:
            kind = _LICENSED.get(str(element.get("relationshipType")))
            name = source(element)
            if kind and name in ids:
                found.setdefault(name, {}).setdefault(kind, []).extend(targets(element))
                self.read.add(name_of(element))
        return found

    def _expressions(self, licensed: Table) -> tuple[str | None, str | None, dict[str, str]]:
        made: list[str | None] = []
        texts: dict[str, str] = {}
        for kind in ("declared", "concluded"):
            expression = self.licences.expression(licensed.get(kind, []))
            if expression and not self.reading.ours:
                normal, more = foreign_licence(expression)
                texts |= dict(more)
                expression = normal or ""
            made.append(expression or None)
            for reference in references(expression) if expression else ():
                words = self.licences.text_of(reference, licensed.get(kind, []))
                if words and words != NO_TEXT:
                    texts[reference] = words
        return made[0], made[1], texts

    # ── the document ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _roots(self) -> list[str]:
        """Give the root elements of the documents, with collections replaced by their own roots."""
        roots: list[str] = []
        seen: set[str] = set()
        documents = [element for element in self.elements if element.get("type") == "SpdxDocument"]
        pending = documents or [element for element in self.elements if is_a(element.get("type"), "Bundle")]
        self.read |= {name_of(element) for element in pending}
        for element in pending:
            stated = element.get("rootElement")
            for item in stated if isinstance(stated, list) else [stated]:
                name = name_of(item) if isinstance(item, dict) else item
                if not isinstance(name, str) or name in seen:
                    continue
                seen.add(name)
                found = self.by_name.get(name, {})
                if is_a(found.get("type"), "ElementCollection"):
                    pending.append(found)
                    self.read.add(name)
                else:
                    roots.append(name)
        return [name for name in roots if name in self.reading.packages]

    def _relationship(self, element: Table, roots: list[str]) -> None:
        reading, left, name = self.reading, source(element), name_of(element)
        if element.get("relationshipType") == "describes" and is_a(
            self.by_name.get(left, {}).get("type"), "ElementCollection"
        ):
            found = [target for target in targets(element) if target in reading.packages]
            roots += found
            if len(found) == len(targets(element)):
                self.read.add(name)
            return
        edges = list(edges_of(element, ours=reading.ours))
        known = [edge for edge in edges if reading.knows(edge[0], edge[1])]
        for edge in known:
            reading.edge(*edge)
        if edges and len(known) == len(edges) and is_plain(element, ours=reading.ours):
            self.read.add(name)

    def _extra(self, document: Table, ids: dict[str, str]) -> tuple[tuple[str, bytes], ...]:
        reading = self.reading
        kept: Table = {}
        if not reading.ours:
            if name := text(document, "name"):
                kept["name"] = name
            if comment := text(document, "comment"):
                kept["comment"] = comment
            if made := self._creation(document):
                kept["creationInfo"] = made
            if name := name_of(document):
                kept["spdxId"] = name
        for key in ("namespaceMap", "import", "summary", "description"):
            if document.get(key):
                kept[key] = document[key]
        names = {**ids, name_of(document): DOCUMENT}
        if elements := kept_elements(self.elements, self.read, self.wanted, names):
            kept["elements"] = elements
        if reading.carry is not None:
            for key, value in reading.carry.kept.items():
                both = key == "elements" and isinstance(value, list)
                kept[key] = sorted((*kept.get(key, ()), *value), key=_order) if both else value
        return extra_of(FAMILY, kept)

    def _creation(self, document: Table) -> Table:
        """Give who made a document, when and with what, with the agents' own tables."""
        stated = document.get("creationInfo")
        found = self.by_name.get(stated, {}) if isinstance(stated, str) else stated
        if not isinstance(found, dict):
            return {}
        made = dict(found)
        for key in ("createdBy", "createdUsing"):
            names = made.get(key)
            if names:
                items = names if isinstance(names, list) else [names]
                made[key] = [self.by_name.get(item, item) if isinstance(item, str) else item for item in items]
        return made


def _order(element: object) -> str:
    return name_of(element) if isinstance(element, dict) else ""


def _is_finding(ref: Table) -> bool:
    """Say whether we wrote the reference about a finding of the scan: it is no fact of the package."""
    return ref.get("externalRefType") == "securityAdvisory" and text(ref, "comment").startswith("severity ")


def _tables(element: Table, key: str) -> list[Table]:
    """Give the tables of a property, which may hold one or a list."""
    value = element.get(key)
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _names_in(left: Table) -> list[str]:
    return [item for value in left.values() for item in value if isinstance(item, str)]
