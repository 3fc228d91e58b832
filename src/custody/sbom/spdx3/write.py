"""A document as the graph of an SPDX 3.0.1 document, in the compacted form of its JSON-LD.

Spec: https://spdx.github.io/spdx-spec/v3.0.1/. The graph has one CreationInfo, the agents and tools, the SpdxDocument,
an Sbom whose root is the package that the artifact is, the packages, licence expressions, relationships, and our notes
as annotations.

Choices that a reader may ask about:
- Relationships are by source and kind, with all targets in one element.
- A development or build dependency is a LifecycleScopedRelationship of `dependsOn`; optional and peer ones have types
  of their own. `owns` is `contains` with a comment.
- The declared licence stays the declared one: it is not repeated as the concluded one, since SPDX 3 has no
  NOASSERTION to fill.
- Every finding of the scan is a `securityAdvisory` reference at its package; its comment has severity and status. The
  elements of the security profile say it for machines, see `security.py`.
- Identifiers are the document's namespace and a name made of what they name; the namespace is made of all the rest.
"""

from __future__ import annotations

import hashlib
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from custody.model import CHECKSUM_LENGTHS, format_time
from custody.sbom.carry import carry_document, carry_package
from custody.sbom.json_bytes import encode_json
from custody.sbom.licences import NO_TEXT, LicenceRefs, is_self_contained, licence_list_version, references, renamed
from custody.sbom.spdx.terms import OWNS
from custody.sbom.spdx.write import identifiers
from custody.sbom.spdx.write_package import CPE23, moment_of, notes_of, purpose_of
from custody.sbom.spdx3.checks import is_uri
from custody.sbom.spdx3.kept_write import Kept
from custody.sbom.spdx3.security import security_elements
from custody.sbom.spdx3.terms import CONTEXT, DOCUMENT, NONE_LICENCE, PURPOSE_OF, RELATIONS
from custody.sbom.texts import (
    ACTOR,
    advisory_url,
    coverage,
    how_made,
    label,
    licence_comment,
    line,
    phase,
    shown,
    source_info,
    status,
    vulnerability_coverage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from custody.model import Package
    from custody.sbom.interface import Document

__all__ = ["spdx3_bytes"]

Table = dict[str, Any]

_EDGE_ORDER = attrgetter("source", "relation", "target")
_NIL = "00000000-0000-0000-0000-000000000000"
_CREATION = "_:creationinfo"


def spdx3_bytes(document: Document) -> bytes:
    """Give the bytes. They are made with a namespace of zeros first, from which the real one is derived."""
    import msgspec

    namespace = document.namespace(b"")
    made = f"{namespace[:-36]}{_NIL}"
    body = b",".join(encode_json(element) for element in _Writer(document, f"{made}#").elements())
    body = b'{"@context":"%b","@graph":[%b]}' % (CONTEXT.encode(), body)
    body = body.replace(made.encode(), document.namespace(body).encode())
    return msgspec.json.format(body, indent=1) + b"\n"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class _Writer:
    """One document on its way out. base: what all identifiers begin with."""

    def __init__(self, document: Document, base: str) -> None:
        inventory = document.inventory
        self.document = document
        self.base = base
        self.packages = sorted((package.id, package) for package in (inventory.root, *inventory.packages))
        names = identifiers(self.packages)
        self.ids = {key: base + name.removeprefix("SPDXRef-") for key, name in names.items()}
        self.refs = LicenceRefs(package for _, package in self.packages)
        self.kept = Kept.of(inventory, {**self.ids, DOCUMENT: f"{base}Document"})
        self.creation = _CREATION
        while self.creation in self.kept.names:  # a name inside one document, which the other one may have used too
            self.creation += "-custody"
        self.agents: dict[str, Table] = {}
        self.expressions: dict[str, str] = {}
        self.relationships: list[Table] = []
        self.annotations: list[Table] = []
        self.notes = notes_of(document)
        self.findings: dict[str, list[Table]] = {}
        for finding in sorted(document.report.findings, key=lambda f: (f.package_id, f.id)) if document.report else ():
            self.findings.setdefault(finding.package_id, []).append(
                {
                    "type": "ExternalRef",
                    "externalRefType": "securityAdvisory",
                    "locator": [advisory_url(finding.id)],
                    "comment": status(finding),
                }
            )

    def element(self, kind: str, identifier: str, /, **properties: object) -> Table:
        """Give an element with its identifier."""
        return {"type": kind, "spdxId": self.base + identifier, "creationInfo": self.creation, **properties}

    def elements(self) -> Iterator[Table]:
        """Give the whole graph."""
        document, inventory = self.document, self.document.inventory
        packages = [self._package(key, package) for key, package in self._in_order()]
        self._edges()
        self._annotate("Document", carry_document(inventory, self.kept.carried))
        tool = self.element("Tool", "Tool", name=line(f"{document.context.tool}-{document.context.tool_version}"))
        author = self._agent(document.context.author) or self._software_agent()
        yield {
            "type": "CreationInfo",
            "@id": self.creation,
            "specVersion": "3.0.1",
            "created": format_time(document.created),
            "createdBy": [author],
            "createdUsing": [tool["spdxId"]],
            "comment": how_made(document),
        }
        scanned = document.report is not None and document.report.database is not None
        profiles = ["core", *(["security"] if scanned else []), "simpleLicensing", "software"]
        sbom = self.element("software_Sbom", "Sbom", profileConformance=profiles, rootElement=[packages[0]["spdxId"]])
        sbom["element"] = [package["spdxId"] for package in packages]
        sbom["software_sbomType"] = ["source" if phase(inventory.artifact.kind) == "pre-build" else "analyzed"]
        data_licence = self._expression("CC0-1.0")
        yield self.element(
            "SpdxDocument",
            "Document",
            name=line(document.name or self.kept.name or document.title),
            comment=f"{coverage(inventory)}\n{vulnerability_coverage(document.report)}",
            dataLicense=data_licence,
            profileConformance=profiles,
            rootElement=[sbom["spdxId"]],
            **self.kept.document,
        )
        yield sbom
        yield tool
        yield from (self.agents[name] for name in sorted(self.agents))
        yield from packages
        yield from self._licences()
        yield from self.relationships
        if document.report is not None:
            yield from security_elements(document.report.findings, self.ids, self.base, self.element)
        yield from self.annotations
        yield from self.kept.elements

    def _in_order(self) -> Iterator[tuple[str, Package]]:
        root = self.document.inventory.root
        yield root.id, root
        yield from ((key, package) for key, package in self.packages if key != root.id)

    # ── agents ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _agent(self, text: str) -> str:
        """Give the identifier of a person or an organization, "" where the text does not say who that is."""
        found = ACTOR.fullmatch(text) if text.isprintable() else None
        if found is None or found["name"] != found["name"].strip():
            return ""
        name = f"Agent-{_short(text)}"
        if name not in self.agents:
            agent = self.element(found["kind"], name, name=found["name"])
            if found["email"]:
                agent["externalIdentifier"] = [
                    {"type": "ExternalIdentifier", "externalIdentifierType": "email", "identifier": found["email"]}
                ]
            self.agents[name] = agent
        return self.base + name

    def _software_agent(self) -> str:
        """Give custody itself, where nobody is named as the author: a document must have one."""
        name = "Agent-custody"
        self.agents[name] = self.element("SoftwareAgent", name, name=line(self.document.context.tool))
        return self.base + name

    # ── packages ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _package(self, key: str, package: Package) -> Table:
        """Give one package. `carried` gathers the model's fields that SPDX's own cannot hold as they are."""
        document = self.document
        root = key == document.inventory.root.id
        carried: list[str] = []
        extra: Table = {}
        table: Table = {"type": "software_Package", "spdxId": self.ids[key], "creationInfo": self.creation}
        table["name"] = label(package)
        for name, field in (
            ("software_packageVersion", "version"),
            ("description", "description"),
            ("software_copyrightText", "copyright"),
        ):
            if text := getattr(package, field):
                table[name] = shown(text)
        carried += [
            field
            for name, field in (
                ("name", "name"),
                ("software_packageVersion", "version"),
                ("description", "description"),
                ("software_copyrightText", "copyright"),
            )
            if table.get(name, "") != getattr(package, field)
        ]
        table["software_packageUrl"] = key
        table["externalIdentifier"] = self._identifiers(key, package, carried)
        self._origins(package, table, carried)
        if hashes := self._hashes(package, carried, root=root):
            table["verifiedUsing"] = hashes
        if refs := self.findings.get(key):
            table["externalRef"] = refs
        purpose = purpose_of(package, document.inventory, root=root)
        if purpose in PURPOSE_OF:
            table["software_primaryPurpose"] = PURPOSE_OF[purpose]
        if (purpose if purpose in PURPOSE_OF else "LIBRARY") != package.purpose:
            carried.append("purpose")
        if package.released:
            moment = moment_of(package.released)
            if moment:
                table["releaseTime"] = moment
            if moment != package.released:
                carried.append("released")
        if info := source_info(package):
            table["software_sourceInfo"] = info
        words = self._licensed(key, package, carried, extra)
        comment = "\n".join(filter(None, (words, self.notes(key, root=root))))
        if comment:
            table["comment"] = comment
        if package.extra:
            self.kept.join(package, table, extra)
        if carry := carry_package(package, carried, **extra):
            self._annotate(self.ids[key].removeprefix(self.base), carry)
        return table

    def _identifiers(self, key: str, package: Package, carried: list[str]) -> list[Table]:
        found = [("packageUrl", key)]
        if package.cpes:
            good = [name for name in package.cpes if name.isprintable() and CPE23.fullmatch(name)]
            if tuple(good) != package.cpes:
                carried.append("cpes")
            found += [("cpe23", shown(name)) for name in good]
        return [
            {"type": "ExternalIdentifier", "externalIdentifierType": kind, "identifier": text} for kind, text in found
        ]

    def _origins(self, package: Package, table: Table, carried: list[str]) -> None:
        """Write who it is from, and where it is."""
        for field, name in (("supplier", "suppliedBy"), ("originator", "originatedBy")):
            text: str = getattr(package, field)
            agent = self._agent(text) if text else ""
            if agent:
                table[name] = agent if name == "suppliedBy" else [agent]
            elif text:
                carried.append(field)
        for field, name in (("download_location", "software_downloadLocation"), ("homepage", "software_homePage")):
            text = getattr(package, field)
            if is_uri(text):
                table[name] = text
            if text and (not is_uri(text) or text != shown(text)):
                table.pop(name, None)
                carried.append(field)

    def _hashes(self, package: Package, carried: list[str], *, root: bool) -> list[Table]:
        digest = self.document.inventory.artifact.digest
        stated = [(c.algorithm, c.hex) for c in package.checksums if CHECKSUM_LENGTHS.get(c.algorithm) == len(c.hex)]
        added = root and (digest.algorithm, digest.hex) not in stated
        if added or len(stated) != len(package.checksums):
            carried.append("checksums")
        if added:
            stated.insert(0, (digest.algorithm, digest.hex))
        return [{"type": "Hash", "algorithm": algorithm, "hashValue": value} for algorithm, value in stated]

    # ── licences ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _licensed(self, key: str, package: Package, carried: list[str], extra: Table) -> str:
        """Write the relationships to licences; give what is to be said of them, "" for nothing."""
        names = self.refs.names(package) if package.licence_texts or _has_refs(package) else {}
        if names:
            extra["references"] = {new: old for old, new in names.items()}
        if package.licence_texts and self.refs.plain_texts(package) != package.licence_texts:
            carried.append("licence_texts")
        name, fault = self.ids[key].removeprefix(self.base), ""
        for field, kind in (("licence_declared", "Declared"), ("licence_concluded", "Concluded")):
            stated: str | None = getattr(package, field)
            if stated is None:
                continue
            if stated == "NONE":
                target = NONE_LICENCE
            elif is_self_contained(stated):
                target = self._expression(renamed(stated, names))
            else:
                carried.append(field)
                fault = fault or (f"not on the list, or not understood: {stated!r}" if kind == "Declared" else "")
                continue
            self.relationships.append(
                self.element(
                    "Relationship",
                    f"{kind}-{name}",
                    **{"from": self.ids[key]},
                    relationshipType=f"has{kind}License",
                    to=[target],
                )
            )
        return licence_comment(package, concluded_from_declared=False, declared_fault=fault)

    def _expression(self, text: str) -> str:
        name = self.expressions.get(text)
        if name is None:
            name = self.expressions[text] = f"{self.base}Licence-{_short(text)}"
        return name

    def _licences(self) -> Iterator[Table]:
        version = licence_list_version()
        version = version if version.count(".") == 2 else f"{version}.0"
        for text, name in sorted(self.expressions.items()):
            table = self.element(
                "simplelicensing_LicenseExpression",
                name.removeprefix(self.base),
                simplelicensing_licenseExpression=text,
                simplelicensing_licenseListVersion=version,
            )
            if names := sorted(references(text)):
                table["simplelicensing_customIdToUri"] = [
                    {"type": "DictionaryEntry", "key": ref, "value": self.base + ref} for ref in names
                ]
            yield table
        for ref, text in self.refs.texts.items():
            yield self.element(
                "simplelicensing_SimpleLicensingText",
                ref,
                name=ref.removeprefix("LicenseRef-"),
                simplelicensing_licenseText=text or NO_TEXT,
            )

    # ── relationships and notes ──────────────────────────────────────────────────────────────────────────────────────

    def _edges(self) -> None:
        groups: dict[tuple[str, str], list[str]] = {}
        for edge in sorted(self.document.inventory.dependencies, key=_EDGE_ORDER):
            if (edge.source, edge.target, edge.relation) not in self.kept.said:
                groups.setdefault((edge.source, edge.relation), []).append(self.ids[edge.target])
        for (source, relation), targets in groups.items():
            kind, scope = RELATIONS.get(relation, ("other", ""))
            table = self.element(
                "LifecycleScopedRelationship" if scope else "Relationship",
                f"{_short(relation)[:4] if kind == 'other' else relation}-{self.ids[source].removeprefix(self.base)}",
                **{"from": self.ids[source]},
                relationshipType=kind,
                to=targets,
            )
            if scope:
                table["scope"] = scope
            if relation == "owns" or kind == "other":
                table["comment"] = OWNS if relation == "owns" else line(relation)
            self.relationships.append(table)

    def _annotate(self, name: str, carry: str) -> None:
        self.annotations.append(
            self.element(
                "Annotation",
                f"Note-{name}",
                annotationType="other",
                subject=self.base + name,
                contentType="application/json",
                statement=carry,
            )
        )


def _has_refs(package: Package) -> bool:
    return any("LicenseRef-" in (text or "") for text in (package.licence_declared, package.licence_concluded))
