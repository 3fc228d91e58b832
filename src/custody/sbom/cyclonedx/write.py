"""A document as the table of a CycloneDX 1.6 document.

Spec: https://cyclonedx.org/docs/1.6/json/ (ECMA-424).

Choices that a reader may ask about:
- `bom-ref` is the purl. `dependsOn` has plain dependencies and what is contained; which is which, and what is a
  development, optional, peer or build dependency, stands in the note on the component. `owns` is no dependency and
  stands only there.
- `scope` is `required` for what is reached without development and optional edges, `optional` for what needs one,
  `excluded` for the rest.
- The declared licence is in `licenses`, what was found in the files in `evidence.licenses`: each has its place, and
  neither is promoted.
- A suppressed finding keeps the state `in_triage`: an exception accepts a risk, it does not claim that the code is not
  affected.
- Nothing is called complete: `compositions` says `incomplete` where something could not be read, else `unknown`.
"""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from custody.model import CHECKSUM_LENGTHS, format_time
from custody.sbom.carry import carry_document, carry_package
from custody.sbom.cyclonedx.scope import scopes
from custody.sbom.cyclonedx.terms import DOCUMENT, HASHES, LICENCE_TEXT, PACKAGE, TYPE_OF
from custody.sbom.cyclonedx.vulnerabilities import vulnerability
from custody.sbom.json_bytes import encoded_list
from custody.sbom.licences import LicenceRefs, is_self_contained, renamed
from custody.sbom.texts import ACTOR, coverage, how_made, is_uri, label, line, phase, shown, vulnerability_coverage

if TYPE_CHECKING:
    from custody.model import BuildContext, Package
    from custody.sbom.interface import Document

__all__ = ["cyclonedx_tables"]

Table = dict[str, Any]

SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_EDGE_ORDER = attrgetter("source", "target", "relation")
_LONGEST_VERSION = 1024  # definition "version" of the schema
_KINDS = {"image": "CONTAINER", "directory": "APPLICATION", "file": "FILE"}
_VCS = ("git+", "hg+", "svn+", "bzr+", "git:")


def cyclonedx_tables(document: Document) -> tuple[Table, Table]:
    """Give the document in two tables: what stands before `serialNumber`, which is made of all the rest, and after."""
    return {"$schema": SCHEMA, "bomFormat": "CycloneDX", "specVersion": "1.6"}, _Writer(document).tail()


class _Writer:
    """One document on its way out."""

    def __init__(self, document: Document) -> None:
        inventory = document.inventory
        self.document = document
        self.root = inventory.root.id
        self.packages = sorted((package.id, package) for package in inventory.packages)
        self.refs = LicenceRefs([inventory.root, *inventory.packages])
        self.edges: dict[str, dict[str, list[str]]] = {}
        for edge in sorted(inventory.dependencies, key=_EDGE_ORDER):
            self.edges.setdefault(edge.source, {}).setdefault(edge.relation, []).append(edge.target)
        self.scopes = scopes(self.root, self.edges)
        self.unevaluated: dict[str, list[str]] = {}
        for item in sorted(document.report.not_evaluated) if document.report else ():
            reason = f"{item.advisory}: {item.reason}" if item.advisory else item.reason
            self.unevaluated.setdefault(item.package_id, []).append(line(reason))

    def tail(self) -> Table:
        document, inventory = self.document, self.document.inventory
        table: Table = {
            "version": 1,
            "metadata": self._metadata(),
            "components": encoded_list(self._component(key, package) for key, package in self.packages),
            "dependencies": encoded_list(
                self._dependency(key) for key in (self.root, *(key for key, _ in self.packages))
            ),
            "compositions": [
                {
                    "aggregate": "incomplete" if inventory.skipped else "unknown",
                    "assemblies": [self.root],
                    "dependencies": [self.root],
                }
            ],
        }
        report = document.report
        if report is not None and (report.findings or report.result == "clean"):  # an empty list would look like "none"
            findings = sorted(report.findings, key=lambda found: (found.package_id, found.id))
            known = {self.root, *(key for key, _ in self.packages)}
            table["vulnerabilities"] = [vulnerability(finding, known) for finding in findings]
        return table

    def _metadata(self) -> Table:
        document, context = self.document, self.document.context
        table: Table = {
            "timestamp": format_time(document.created),
            "lifecycles": [{"phase": phase(document.inventory.artifact.kind)}],
            "tools": {
                "components": [
                    {"type": "application", "name": line(context.tool), "version": line(context.tool_version)}
                ]
            },
        }
        kind, author = _party(context.author)
        if kind == "Person":
            table["authors"] = [author]
        elif kind:
            table["manufacturer"] = author
        table["component"] = self._component(self.root, document.inventory.root)
        table["properties"] = [
            _property("custody:how-made", how_made(document)),
            *(_property(name, value) for name, value in _build_metadata(context)),
            _property("custody:coverage", coverage(document.inventory)),
            _property("custody:vulnerabilities", vulnerability_coverage(document.report)),
            _property(DOCUMENT, carry_document(document.inventory)),
            *(_property(LICENCE_TEXT + name, text) for name, text in self.refs.texts.items() if text),
        ]
        return table

    def _dependency(self, key: str) -> Table:
        edges = self.edges.get(key)
        if not edges:
            return {"ref": key}
        targets = {target for relation, found in edges.items() if relation != "owns" for target in found}
        return {"ref": key, "dependsOn": sorted(targets)} if targets else {"ref": key}

    # ── components ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _component(self, key: str, package: Package) -> Table:
        """Give one package. `carried` gathers the model's fields that CycloneDX's own cannot hold as they are."""
        carried: list[str] = []
        extra: Table = {}
        table: Table = {"type": self._type(key, package, carried), "bom-ref": key}
        _actors(table, package, carried)
        table["name"] = label(package)
        if table["name"] != package.name:
            carried.append("name")
        if package.version:
            version = line(package.version)[:_LONGEST_VERSION]
            if version:
                table["version"] = version
            if version != package.version:
                carried.append("version")
        if package.description:
            table["description"] = _free(package, "description", carried)
        if key != self.root:
            table["scope"] = self.scopes.get(key, "required")
        if hashes := self._hashes(key, package, carried):
            table["hashes"] = hashes
        declared = self._licence(package, "licence_declared", "declared", carried, extra)
        if declared:
            table["licenses"] = declared
        if package.copyright:
            table["copyright"] = _free(package, "copyright", carried)
        table["purl"] = key
        if references := _references(package, carried):
            table["externalReferences"] = references
        if evidence := self._evidence(package, carried, extra):
            table["evidence"] = evidence
        if package.licence_texts and self.refs.plain_texts(package) != package.licence_texts:
            carried.append("licence_texts")
        table["properties"] = self._properties(key, package, carried, extra)
        if not table["properties"]:
            del table["properties"]
        return table

    def _type(self, key: str, package: Package, carried: list[str]) -> str:
        purpose = package.purpose
        if key == self.root and purpose == "LIBRARY":
            purpose = _KINDS.get(self.document.inventory.artifact.kind, purpose)
        if purpose not in TYPE_OF:
            purpose = "LIBRARY"
        if purpose != package.purpose:
            carried.append("purpose")
        return TYPE_OF[purpose]

    def _hashes(self, key: str, package: Package, carried: list[str]) -> list[Table]:
        stated = [
            (c.algorithm, c.hex)
            for c in package.checksums
            if c.algorithm in HASHES and CHECKSUM_LENGTHS[c.algorithm] == len(c.hex)
        ]
        digest = self.document.inventory.artifact.digest
        added = key == self.root and (digest.algorithm, digest.hex) not in stated
        if added or len(stated) != len(package.checksums):
            carried.append("checksums")
        if added:
            stated.insert(0, (digest.algorithm, digest.hex))
        return [{"alg": HASHES[algorithm], "content": value} for algorithm, value in stated]

    def _licence(self, package: Package, field: str, how: str, carried: list[str], extra: Table) -> list[Table]:
        """Give one licence field as a `licenseChoice`; an expression that is none becomes a licence with that name."""
        expression: str | None = getattr(package, field)
        if expression is None:
            return []
        if expression == "NONE" or not is_self_contained(expression):
            carried.append(field)
            name = line(expression)
            return [{"license": {"name": name, "acknowledgement": how}}] if name not in ("NONE", "") else []
        if "LicenseRef-" in expression:
            names = self.refs.names(package)
            expression = renamed(expression, names)
            if names:
                extra["references"] = {new: old for old, new in names.items()}
        return [{"expression": expression, "acknowledgement": how}]

    def _evidence(self, package: Package, carried: list[str], extra: Table) -> Table:
        table: Table = {}
        if package.locations:
            table["occurrences"] = [
                {
                    "location": shown(at.path),
                    "additionalContext": shown(
                        "; ".join(
                            part
                            for part in (at.where, f"by {at.cataloger}", f"layer {at.layer}" if at.layer else "")
                            if part
                        )
                    ),
                }
                for at in package.locations
            ]
        if concluded := self._licence(package, "licence_concluded", "concluded", carried, extra):
            table["licenses"] = concluded
        return table

    def _properties(self, key: str, package: Package, carried: list[str], extra: Table) -> list[Table]:
        layers = {at.layer for at in package.locations if at.layer}
        found = [{"name": "custody:layer", "value": layer} for layer in sorted(map(str, layers))]
        if not package.installed:
            found.append({"name": "custody:installed", "value": "false"})
        if package.source_name:
            found.append(
                _property("custody:source-package", f"{package.source_name} {package.source_version}".rstrip())
            )
        found += [_property("custody:not-evaluated", reason) for reason in self.unevaluated.get(key, ())]
        edges = self.edges.get(key, {})
        special = {relation: targets for relation, targets in edges.items() if relation != "depends_on"}
        if special:
            plain = set(edges.get("depends_on", ())) & {target for targets in special.values() for target in targets}
            extra["relations"] = dict(
                sorted({**special, "depends_on": sorted(plain)}.items() if plain else special.items())
            )
        if carry := carry_package(package, carried, **extra):
            found.append({"name": PACKAGE, "value": carry})
        return found


def _build_metadata(context: BuildContext) -> list[tuple[str, str]]:
    found = [(f"custody:environment:{line(key)}", value) for key, value in sorted(context.environment)]
    found += [(f"custody:parameter:{line(key)}", value) for key, value in sorted(context.parameters)]
    if context.git:
        found.append(("custody:git:commit", context.git.commit))
        found += [("custody:git:remote", context.git.remote)] if context.git.remote else []
    return found


def _property(name: str, value: str) -> Table:
    return {"name": name, "value": shown(value)}


def _contact(name: str, email: str | None) -> Table:
    return {"name": name, "email": email} if email else {"name": name}


def _organization(name: str, email: str | None) -> Table:
    return {"name": name, "contact": [{"email": email}]} if email else {"name": name}


def _actors(table: Table, package: Package, carried: list[str]) -> None:
    """Write supplier and originator. An organisation made it (`manufacturer`), or a person did (`authors`)."""
    if package.supplier:
        kind, party = _party(package.supplier)
        if kind:
            table["supplier"] = party if kind == "Organization" else {"contact": [party]}
        else:
            carried.append("supplier")
    if package.originator:
        kind, party = _party(package.originator)
        if kind == "Organization":
            table["manufacturer"] = party
        elif kind:
            table["authors"] = [party]
        else:
            carried.append("originator")


@lru_cache(maxsize=4096)
def _party(text: str) -> tuple[str, Table]:
    """Give what somebody is ("" for what is not in SPDX's words), and the table, which is shared: never changed."""
    stated = ACTOR.fullmatch(text) if text.isprintable() else None
    if stated is None:
        return "", {}
    make = _contact if stated["kind"] == "Person" else _organization
    return stated["kind"], make(stated["name"], stated["email"])


def _references(package: Package, carried: list[str]) -> list[Table]:
    found = []
    for field, kind in (("homepage", "website"), ("download_location", "distribution")):
        url: str = getattr(package, field)
        if not url:
            continue
        if is_uri(url):
            found.append({"type": "vcs" if kind == "distribution" and url.startswith(_VCS) else kind, "url": url})
        else:
            carried.append(field)
    return found


def _free(package: Package, field: str, carried: list[str]) -> str:
    text: str = getattr(package, field)
    made = shown(text)
    if made != text:
        carried.append(field)
    return made
