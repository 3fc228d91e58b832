"""A document as the table of a CycloneDX document, version 1.2 to 1.7.

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
- 1.2 has no properties, so our notes have no place there: it alone does not come back as it went.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from custody.model import format_time
from custody.sbom.carry import carry_document, carry_package
from custody.sbom.cyclonedx.component import ComponentWriter, note_properties, party, property_table
from custody.sbom.cyclonedx.fit import fit, told
from custody.sbom.cyclonedx.kept import FAMILY
from custody.sbom.cyclonedx.place import place_component, place_document, place_metadata
from custody.sbom.cyclonedx.scope import scopes
from custody.sbom.cyclonedx.shape import later
from custody.sbom.cyclonedx.terms import DOCUMENT, LICENCE_TEXT, PACKAGE
from custody.sbom.cyclonedx.vulnerabilities import vulnerability
from custody.sbom.kept import kept_of
from custody.sbom.licences import LicenceRefs
from custody.sbom.texts import coverage, how_made, line, phase, vulnerability_coverage

if TYPE_CHECKING:
    from custody.model import BuildContext, Package
    from custody.sbom.interface import Document

__all__ = ["CycloneDxWriter"]

Table = dict[str, Any]

_ELSEWHERE = "urn:cdx:"  # a BOM-Link leads to another document

_TOLD_OTHERWISE = frozenset({"metadata.lifecycles", "expression.acknowledgement", "licence.acknowledgement"})
_UNNOTED = frozenset({"bom.vulnerabilities"})
_OURS = "1.6"  # the words of this version are written, and made fit for an older one


class CycloneDxWriter:
    """One document on its way out, piece by piece; each piece is as the version has it.

    lost, lost_kept: what the version has no place for, by field, of what we say and of what another tool's document
    said; complete once every piece was asked for.
    """

    def __init__(self, document: Document, version: str, *, xml: bool = False) -> None:
        """Sort everything. xml: the document is XML, which holds fewer characters than JSON."""
        inventory = document.inventory
        self.document = document
        self.version = version
        self.xml = xml
        self.lost: Counter[str] = Counter()
        self.lost_kept: Counter[str] = Counter()
        self.root = inventory.root.id
        self.packages = sorted((package.id, package) for package in inventory.packages)
        self.refs = LicenceRefs([inventory.root, *inventory.packages])
        self.writer = ComponentWriter(inventory.artifact, self.root, self.refs, version, xml=xml)
        self.edges: dict[str, dict[str, list[str]]] = {}
        for edge in inventory.dependencies:  # in any order: what is written of them is sorted then
            found = self.edges.get(edge.source)
            if found is None:
                self.edges[edge.source] = {edge.relation: [edge.target]}
            elif edge.relation in found:
                found[edge.relation].append(edge.target)
            else:
                found[edge.relation] = [edge.target]
        self.scopes = scopes(self.root, self.edges)
        self.unevaluated: dict[str, list[str]] = {}
        for item in sorted(document.report.not_evaluated) if document.report else ():
            reason = f"{item.advisory}: {item.reason}" if item.advisory else item.reason
            self.unevaluated.setdefault(item.package_id, []).append(line(reason))
        self.kept = kept_of(FAMILY, inventory.extra) if inventory.extra else {}
        self.more: dict[str, dict[str, list[str]]] = {}  # source → "dependsOn" or "provides" → targets beyond our edges
        for edge in self.kept.get("edges", ()):
            if isinstance(edge, list) and len(edge) == 3 and all(isinstance(name, str) and name for name in edge):
                self.more.setdefault(edge[0], {}).setdefault(edge[1], []).append(edge[2])
        self.noted: Table = {}
        self._rest = self._make_rest()
        if self.more:
            self._leave_out_dangling()

    def _fit(self, table: Table, name: str) -> Table:
        return table if later(self.version, _OURS) else fit(table, name, self.version, self.lost)

    def metadata(self) -> Table:
        """Give `metadata`."""
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
        kind, author = party(context.author)
        if kind == "Person":
            table["authors"] = [author]
        elif kind:
            table["manufacturer"] = author
        table = self._fit(table, "metadata")
        if isinstance(self.kept.get("metadata"), dict):
            noted = place_metadata(table, self.kept["metadata"], self.version, self.lost_kept, xml=self.xml)
            self.noted |= {"metadata": noted} if noted else {}
        others = table.pop("properties", [])
        table["component"] = self._component(self.root, document.inventory.root)
        if not later(self.version, "1.3"):
            self.lost["metadata.properties"] += 1
            return table
        table["properties"] = [
            property_table("custody:how-made", how_made(document)),
            *(property_table(name, value) for name, value in _build_metadata(context)),
            property_table("custody:coverage", coverage(document.inventory)),
            property_table("custody:vulnerabilities", vulnerability_coverage(document.report)),
            property_table(DOCUMENT, self._note(carry_document(document.inventory, self.noted))),
            *(property_table(LICENCE_TEXT + name, text) for name, text in self.refs.texts.items() if text),
            *others,
        ]
        return table

    def components(self) -> Iterator[Table]:
        """Give the components: the packages sorted by purl, then those of another tool that are no packages."""
        for key, package in self.packages:
            yield self._component(key, package)
        yield from self._rest.get("components", ())

    def dependencies(self) -> Iterator[Table]:
        """Give an entry for the root and each package, and for whatever else another tool's document has one."""
        for key in (self.root, *(key for key, _ in self.packages)):
            edges = self.edges.get(key)
            if edges and len(edges) == 1 and "depends_on" in edges:  # most of them
                targets = set(edges["depends_on"])
            else:
                targets = {t for relation, found in (edges or {}).items() if relation != "owns" for t in found}
            if key in self.more:
                yield self._entry(key, targets)
            else:
                yield {"ref": key, "dependsOn": sorted(targets)} if targets else {"ref": key}
        known = {self.root, *(key for key, _ in self.packages)}
        for key in sorted(self.more.keys() - known):
            yield self._entry(key, set())

    def _entry(self, key: str, targets: set[str]) -> Table:
        more = self.more[key]
        table: Table = {"ref": key}
        if found := sorted(targets.union(more.get("dependsOn", ()))):
            table["dependsOn"] = found
        if provided := sorted(set(more.get("provides", ()))):
            table["provides"] = provided
        return table if later(self.version, "1.6") else fit(table, "dependency", self.version, self.lost_kept)

    def rest(self) -> Table:
        """Give what comes after the dependencies."""
        return {key: value for key, value in self._rest.items() if key != "components"}

    def _make_rest(self) -> Table:
        document = self.document
        table: Table = {
            "compositions": [
                {
                    "aggregate": "incomplete" if document.inventory.skipped else "unknown",
                    "assemblies": [self.root],
                    "dependencies": [self.root],
                }
            ]
        }
        report = document.report
        if report is not None and (report.findings or report.result == "clean"):  # an empty list would look like "none"
            findings = sorted(report.findings, key=lambda found: (found.package_id, found.id))
            known = {self.root, *(key for key, _ in self.packages)}
            table["vulnerabilities"] = [vulnerability(finding, known) for finding in findings]
        table = self._fit(table, "bom")
        if self.kept:
            scanned = "vulnerabilities" in table
            self.noted = place_document(table, self.kept, self.version, self.lost_kept, scanned=scanned, xml=self.xml)
        return table

    def _leave_out_dangling(self) -> None:
        """Note the kept edges instead of writing them, where they end at what the document has no `bom-ref` for."""
        there = {self.root, *(key for key, _ in self.packages)}
        pending: list[object] = [self._rest, self.kept.get("metadata")]
        packages = (self.document.inventory.root, *(package for _, package in self.packages))
        pending += [kept_of(FAMILY, package.extra) for package in packages if package.extra]
        while pending:
            item = pending.pop()
            if isinstance(item, dict):
                there.add(str(item.get("bom-ref")))
                pending += item.values()
            elif isinstance(item, list):
                pending += item
        dangling = 0
        for source, kinds in list(self.more.items()):
            for kind, targets in list(kinds.items()):
                found = [t for t in targets if t in there or t.startswith(_ELSEWHERE)] if source in there else []
                dangling += len(targets) - len(found)
                kinds[kind] = found
            if not any(kinds.values()):
                del self.more[source]
        if dangling:
            self.noted.setdefault("whole", {})["edges"] = self.kept["edges"]
            self.lost_kept["dependencies to what it does not contain"] += dangling

    # ── one component ────────────────────────────────────────────────────────────────────────────────────────────────

    def _component(self, key: str, package: Package) -> Table:
        carried: list[str] = []
        extra: Table = {}
        scope = "" if key == self.root else self.scopes.get(key, "required")
        table = self.writer.write(key, package, scope, carried, extra)
        if properties := note_properties(package, self.unevaluated.get(key, [])):
            table["properties"] = properties
        table = self._fit(table, "component")
        if package.extra:
            noted = place_component(table, package, self.version, carried, self.lost_kept, xml=self.xml)
            extra |= {"kept": noted} if noted else {}
        edges = self.edges.get(key)
        if edges and (len(edges) > 1 or "depends_on" not in edges):
            extra["relations"] = _special(edges)
        if carry := carry_package(package, carried, **extra):
            if later(self.version, "1.3"):
                table["properties"] = [*table.get("properties", ()), {"name": PACKAGE, "value": self._note(carry)}]
            else:
                self.lost["component.properties"] += 1
        return table

    def losses(self) -> tuple[str, ...]:
        """Give what nobody will find in the document, one line for each field; every piece must have been asked for.

        Our own note keeps what the model holds; 1.2 has no place for one.
        """
        lost = Counter(self.lost_kept)
        for name, count in self.lost.items():
            if name not in _TOLD_OTHERWISE and (name in _UNNOTED or not later(self.version, "1.3")):
                lost[name] += count
        return told(lost, self.version)

    def _note(self, carry: str) -> str:
        """Give a note of ours in characters that the document can hold; it is JSON, which can write each as ASCII."""
        if self.xml and not carry.isprintable():
            return carry.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
        return carry


def _special(edges: dict[str, list[str]]) -> dict[str, list[str]]:
    """Give the edges that are no plain dependencies, and those of the plain ones that have the same targets."""
    special = {relation: sorted(targets) for relation, targets in edges.items() if relation != "depends_on"}
    named = {target for targets in special.values() for target in targets}
    plain = sorted(target for target in edges.get("depends_on", ()) if target in named)
    return dict(sorted({**special, "depends_on": plain}.items() if plain else special.items()))


def _build_metadata(context: BuildContext) -> list[tuple[str, str]]:
    found = [(f"custody:environment:{line(key)}", value) for key, value in sorted(context.environment)]
    found += [(f"custody:parameter:{line(key)}", value) for key, value in sorted(context.parameters)]
    if context.git:
        found.append(("custody:git:commit", context.git.commit))
        found += [("custody:git:remote", context.git.remote)] if context.git.remote else []
    return found
