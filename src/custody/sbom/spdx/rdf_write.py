"""The table of an SPDX 2 document as RDF/XML: the classes of `rdf_terms`, each element a node of its own.

Nodes that only one other node leads to stand inside of it. Everything has its place in the order of the table, so that
the bytes are the same on every run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from custody.sbom.spdx.expression import Tree, parse
from custody.sbom.spdx.medium import xml_text
from custody.sbom.spdx.rdf_terms import (
    CLASSES,
    DOAP,
    LICENSES,
    POINTERS,
    RDF,
    RDFS,
    REFERENCES,
    SPDX,
    individual,
)
from custody.sbom.validate.refs import CATEGORIES

__all__ = ["write_rdf"]

Table = dict[str, Any]

_PREFIXES = {"rdf": RDF, "rdfs": RDFS, "spdx": SPDX, "doap": DOAP, "ptr": POINTERS}
_UNSTATED = {"NOASSERTION": SPDX + "noassertion", "NONE": SPDX + "none"}
_LISTED = frozenset(kind for kinds in CATEGORIES.values() for kind in kinds)
_SETS = {"AND": "ConjunctiveLicenseSet", "OR": "DisjunctiveLicenseSet"}
_INT = ' rdf:datatype="http://www.w3.org/2001/XMLSchema#int"'
_BOOLEAN = ' rdf:datatype="http://www.w3.org/2001/XMLSchema#boolean"'


def write_rdf(table: Table) -> bytes:
    """Give the bytes of a document; characters that XML does not have are changed as `medium.XML` does."""
    return "".join(_Writer(table).document()).encode()


def _name(predicate: str) -> str:
    for prefix, space in _PREFIXES.items():
        if predicate.startswith(space):
            return f"{prefix}:{predicate.removeprefix(space)}"
    raise ValueError(f"no prefix for {predicate}")


_NAMES = {row[0]: _name(row[0]) for rows in CLASSES.values() for row in rows}
_CLASS_NAMES = {kind: f"spdx:{kind}" for kind in CLASSES} | {
    "StartEndPointer": "ptr:StartEndPointer",
    "Project": "doap:Project",
}


def _escaped(text: str) -> str:
    return escape(xml_text(text), {"\r": "&#13;"})


class _Writer:
    """One document on its way out."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.namespace: str = table["documentNamespace"]
        self.documents = {
            item["externalDocumentId"]: item["spdxDocument"] for item in table.get("externalDocumentRefs", ())
        }
        self.relationships: dict[str, list[Table]] = {}
        for item in table.get("relationships", ()):
            self.relationships.setdefault(item["spdxElementId"], []).append(item)

    def document(self) -> Iterator[str]:
        yield '<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF'
        for prefix, space in _PREFIXES.items():
            yield f'\n    xmlns:{prefix}="{space}"'
        yield ">\n"
        yield from self.element(self.table, "SpdxDocument")
        for section, kind in (("packages", "Package"), ("files", "File"), ("snippets", "Snippet")):
            for item in self.table.get(section, ()):
                yield from self.element(item, kind)
        for name, items in self.relationships.items():  # of other documents' elements
            yield f" <rdf:Description rdf:about={self.address(name)}>\n"
            for item in items:
                yield from self.node(item, "Relationship", "spdx:relationship", "  ")
            yield " </rdf:Description>\n"
        yield "</rdf:RDF>\n"

    def element(self, table: Table, kind: str) -> Iterator[str]:
        """Give an element, which has an address, with its relationships."""
        name = table["SPDXID"]
        yield f" <spdx:{kind} rdf:about={self.address(name)}>\n"
        yield from self.properties(table, kind, "  ")
        for item in self.relationships.pop(name, ()):
            yield from self.node(item, "Relationship", "spdx:relationship", "  ")
        yield f" </spdx:{kind}>\n"

    def node(self, table: Table, kind: str, predicate: str, indent: str) -> Iterator[str]:
        name = _CLASS_NAMES[kind]
        about = ""
        for key in ("licenseId", "externalDocumentId"):
            if key in table:
                about = f" rdf:about={self.address(table[key])}"
        yield f"{indent}<{predicate}>\n{indent} <{name}{about}>\n"
        yield from self.properties(table, kind, indent + "  ")
        yield f"{indent} </{name}>\n{indent}</{predicate}>\n"

    def properties(self, table: Table, kind: str, indent: str) -> Iterator[str]:
        for predicate, key, form in CLASSES[kind]:
            value = table.get(key)
            if value is None or value in ("", []):
                continue
            name = _NAMES[predicate]
            form, _, argument = form.partition(":")
            if form == "nodes":
                for item in value:
                    yield from self.node(item, argument, name, indent)
            elif form == "node":
                yield from self.node(value, argument, name, indent)
            elif form == "pointer":
                yield from self.pointer(value, name, indent)
            elif form in ("licence", "licences"):
                for item in value if form == "licences" else [value]:
                    yield from self.licence(parse(item), item, name, indent)
            else:
                for item in value if form.endswith("s") else [value]:
                    yield f"{indent}<{name}{self.value(item, form.removesuffix('s'), argument, name)}\n"

    def value(self, value: Any, form: str, argument: str, name: str) -> str:  # noqa: ANN401 - a JSON value
        """Give what follows the name of a property that is one line: attributes, text and end."""
        match form:
            case "flag":
                return f"{_BOOLEAN}>{'true' if value else 'false'}</{name}>"
            case "enum":
                return f" rdf:resource={quoteattr(SPDX + individual(argument, value))}/>"
            case "uri":
                return f" rdf:resource={quoteattr(xml_text(value))}/>"
            case "reference":
                return f" rdf:resource={self.reference(value)}/>"
            case "element":
                return f" rdf:resource={self.address(value)}/>"
            case "word" if value in _UNSTATED:
                return f" rdf:resource={quoteattr(_UNSTATED[value])}/>"
        return f">{_escaped(value)}</{name}>"

    def address(self, name: str) -> str:
        """Give the quoted address of an element."""
        if name in _UNSTATED:
            return quoteattr(_UNSTATED[name])
        document, colon, rest = name.partition(":")
        space = self.documents.get(document, self.namespace) if colon else self.namespace
        return quoteattr(f"{xml_text(space)}#{rest if colon else name}")

    def reference(self, kind: str) -> str:
        if kind in _LISTED:
            return quoteattr(REFERENCES + kind)
        return quoteattr(xml_text(kind if ":" in kind else f"{self.namespace}#{quote(kind, safe='')}"))

    def pointer(self, table: Table, name: str, indent: str) -> Iterator[str]:
        line = "lineNumber" in table
        kind, key = ("ptr:LineCharPointer", "lineNumber") if line else ("ptr:ByteOffsetPointer", "offset")
        yield f"{indent}<{name}>\n{indent} <{kind}>\n"
        if "reference" in table:
            yield f"{indent}  <ptr:reference rdf:resource={self.address(table['reference'])}/>\n"
        if key in table:
            yield f"{indent}  <ptr:{key}{_INT}>{table[key]}</ptr:{key}>\n"
        yield f"{indent} </{kind}>\n{indent}</{name}>\n"

    def licence(self, tree: Tree | None, text: str, name: str, indent: str) -> Iterator[str]:
        """Give a property whose value is an expression: a resource, or a set of them."""
        if tree is None or text in _UNSTATED:
            yield f"{indent}<{name} rdf:resource={quoteattr(_UNSTATED.get(text, _UNSTATED['NOASSERTION']))}/>\n"
        elif isinstance(tree, str):
            yield f"{indent}<{name} rdf:resource={self.licence_address(tree)}/>\n"
        elif tree.operator == "WITH":
            licence, exception = tree.parts
            yield f"{indent}<{name}>\n{indent} <spdx:WithExceptionOperator>\n"
            yield from self.licence(licence, "", "spdx:member", indent + "  ")
            yield f"{indent}  <spdx:licenseException>\n{indent}   <spdx:ListedLicenseException"
            yield f" rdf:about={quoteattr(f'{LICENSES}{exception}')}>\n"
            yield f"{indent}    <spdx:licenseExceptionId>{exception}</spdx:licenseExceptionId>\n"
            yield f"{indent}   </spdx:ListedLicenseException>\n{indent}  </spdx:licenseException>\n"
            yield f"{indent} </spdx:WithExceptionOperator>\n{indent}</{name}>\n"
        else:
            kind = f"spdx:{_SETS[tree.operator]}"
            yield f"{indent}<{name}>\n{indent} <{kind}>\n"
            for part in tree.parts:
                yield from self.licence(part, "", "spdx:member", indent + "  ")
            yield f"{indent} </{kind}>\n{indent}</{name}>\n"

    def licence_address(self, name: str) -> str:
        if name.startswith(("LicenseRef-", "DocumentRef-")):
            return self.address(name)
        return quoteattr(LICENSES + name)
