"""RDF/XML as the table of the JSON form: the graph of `rdf_graph` with the classes of `rdf_terms`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from custody.errors import InputError
from custody.sbom.spdx.expression import MAX_PARTS, Node, Tree, write
from custody.sbom.spdx.rdf_graph import Graph, Ref, read_graph
from custody.sbom.spdx.rdf_terms import CLASSES, LICENSES, POINTERS, REFERENCES, SPDX, word

__all__ = ["read_rdf"]

Table = dict[str, Any]

_LICENCE_DEPTH = 50
_TIMES = 20
"""How often, on average, a value may stand in the table: what a tool wrote stands there once or twice. A graph may lead
to one node from everywhere, and each way to it is a copy of all that it leads to."""
_SECTIONS = {"Package": "packages", "File": "files", "Snippet": "snippets"}
_SETS = {"ConjunctiveLicenseSet": "AND", "DisjunctiveLicenseSet": "OR"}
_UNSTATED = {SPDX + "noassertion": "NOASSERTION", SPDX + "none": "NONE"}


def read_rdf(data: bytes, where: str) -> Table:
    """Give the table of the one SpdxDocument; InputError: no RDF, or no document in it, or several."""
    graph = read_graph(data, where)
    found = [subject for subject, kind in graph.types.items() if kind == SPDX + "SpdxDocument"]
    if len(found) != 1:
        raise InputError(where, f"expected one spdx:SpdxDocument, got {len(found)}")
    return _Reader(graph, found[0], where).table()


class _TooLargeError(Exception):
    """An expression that nests too deeply, or has too many parts."""


class _Reader:
    """One document, out of a graph."""

    def __init__(self, graph: Graph, document: str, where: str) -> None:
        self.graph = graph
        self.where = where
        self.left = graph.size * _TIMES + 10 * MAX_PARTS
        self.expressions: dict[str, str] = {}
        self.parts = 0
        self.document = document
        self.namespace = document.partition("#")[0]
        self.documents: dict[str, str] = {}

    def table(self) -> Table:
        for subject in self.graph.values(self.document, SPDX + "externalDocumentRef"):
            for address in self.graph.values(subject, SPDX + "spdxDocument"):
                names = self.graph.values(subject, SPDX + "externalDocumentId")
                if not names and "#DocumentRef-" in subject:  # so the Python library of SPDX has it
                    names = [subject.rpartition("#")[2]]
                    self.graph.add(subject, SPDX + "externalDocumentId", names[0])
                self.documents[address.partition("#")[0]] = names[0] if names else ""
        table = self.node(self.document, "SpdxDocument")
        table["SPDXID"] = "SPDXRef-DOCUMENT"
        table["documentNamespace"] = self.namespace
        for kind, section in _SECTIONS.items():
            items = []
            for subject, stated in self.graph.types.items():
                if stated == SPDX + kind:
                    item = {"SPDXID": self.element(subject), **self.node(subject, kind)}
                    files = [self.element(file) for file in self.graph.values(subject, SPDX + "hasFile")]
                    items.append({**item, "hasFiles": files} if files else item)
            if items:
                table[section] = items
        table["relationships"] = list(self.relationships())
        return table

    def relationships(self) -> Iterator[Table]:
        for subject, properties in self.graph.properties.items():
            for node in properties.get(SPDX + "relationship", ()):
                yield {"spdxElementId": self.element(subject), **self.node(node, "Relationship")}
        for package in self.graph.values(self.document, SPDX + "describesPackage"):
            yield {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": self.element(package),
            }

    def node(self, subject: str, kind: str) -> Table:
        """Give the table of a node, which is of this class."""
        table: Table = {}
        for predicate, key, form in CLASSES[kind]:
            values = self.graph.values(subject, predicate)
            if not values:
                continue
            self.spend(len(values))
            form, _, argument = form.partition(":")
            if form in ("texts", "licences", "enums", "nodes"):
                table[key] = [self.value(value, form[:-1], argument) for value in values]
            else:
                table[key] = self.value(values[0], form, argument)
        return table

    def value(self, value: str, form: str, argument: str) -> object:
        """Give one value in the JSON form."""
        match form:
            case "licence":
                return self.expression(value)
            case "flag":
                return value.strip().lower() in ("true", "1")
            case "enum":
                return word(argument, value.rpartition("#")[2])
            case "node":
                return self.node(value, argument)
            case "element":
                return _UNSTATED.get(value) or self.element(value)
            case "reference":
                return value.removeprefix(REFERENCES).removeprefix(self.namespace + "#")
            case "pointer":
                return self.pointer(value)
        return _UNSTATED.get(value, str(value)) if isinstance(value, Ref) else value

    def element(self, subject: str) -> str:
        """Give the identifier of an element, with its document where that is another one."""
        space, hash_sign, name = subject.rpartition("#")
        if not hash_sign:
            return subject
        if subject == self.document:
            return "SPDXRef-DOCUMENT"
        other = self.documents.get(space) if space != self.namespace else None
        return f"{other}:{name}" if other else name

    def pointer(self, subject: str) -> Table:
        table: Table = {}
        for key in ("offset", "lineNumber"):
            for value in self.graph.values(subject, POINTERS + key):
                if value.strip().isdecimal() and len(value) < 19:
                    table[key] = int(value)
        for value in self.graph.values(subject, POINTERS + "reference"):
            table["reference"] = self.element(value)
        return table

    def spend(self, values: int) -> None:
        """Count what is copied into the table."""
        self.left -= values
        if self.left < 0:
            raise InputError(
                self.where,
                "its nodes lead to each other so often that it would be many times as large as a table",
                "convert it to JSON with the tool that wrote it",
            )

    def expression(self, subject: str) -> str:
        """Give the text of a licence resource, "" where nobody can tell, or it is larger than any that people mean."""
        known = self.expressions.get(subject) if isinstance(subject, Ref) else None
        if known is not None:
            return known
        self.parts = 0
        try:
            tree = self.licence(subject, 0)
        except _TooLargeError:
            tree = None
        found = write(tree) if tree else ""
        if isinstance(subject, Ref):
            self.expressions[subject] = found
        return found

    def licence(self, subject: str, depth: int) -> Tree | None:
        """Give the expression that a licence resource stands for; None where nobody can tell."""
        self.parts += 1
        self.spend(1)
        if self.parts > MAX_PARTS or depth > _LICENCE_DEPTH:
            raise _TooLargeError
        if not isinstance(subject, Ref):
            return subject.strip() or None
        if subject in _UNSTATED:
            return _UNSTATED[subject]
        for start in (LICENSES, LICENSES.replace("http:", "https:")):
            if subject.startswith(start):
                return subject.removeprefix(start).removesuffix(".html")
        kind = self.graph.types.get(subject, "").removeprefix(SPDX)
        if kind in _SETS:
            members = [self.licence(member, depth + 1) for member in self.graph.values(subject, SPDX + "member")]
            known = tuple(member for member in members if member is not None)
            return known[0] if len(known) == 1 else Node(_SETS[kind], known) if known else None
        if kind in ("WithExceptionOperator", "OrLaterOperator"):
            return self.operator(subject, kind, depth)
        stated = self.graph.values(subject, SPDX + "licenseId")
        if stated:
            return stated[0]
        return None if subject.startswith("_:") else subject.rpartition("#")[2] or None

    def operator(self, subject: str, kind: str, depth: int) -> Tree | None:
        members = self.graph.values(subject, SPDX + "member")
        licence = self.licence(members[0], depth + 1) if members else None
        if kind == "OrLaterOperator":
            return f"{licence}+" if isinstance(licence, str) else None
        for exception in self.graph.values(subject, SPDX + "licenseException"):
            named = self.graph.values(exception, SPDX + "licenseExceptionId")
            name = named[0] if named else exception.rpartition("/")[2]
            return Node("WITH", (licence, name)) if licence is not None and name else None
        return licence
