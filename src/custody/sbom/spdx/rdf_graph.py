"""RDF/XML as a graph: https://www.w3.org/TR/rdf-syntax-grammar/, without a DTD and what hangs on one.

Understood: typed nodes and rdf:Description; rdf:about, rdf:ID, rdf:nodeID, rdf:resource, rdf:parseType="Resource";
property attributes; xml:base for fragments. Not needed by SPDX, and read as plain properties: containers and reified
statements.
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from custody.errors import InputError
from custody.sbom.spdx.rdf_terms import RDF

__all__ = ["Graph", "Ref", "read_graph"]

_MAX_DEPTH = 20_000  # other tools write what a node leads to inside of it, so a chain of packages nests
_XML = "http://www.w3.org/XML/1998/namespace"


class Ref(str):
    """A resource: its address, or a name of ours that starts with "_:" for one without."""

    __slots__ = ()


class Graph:
    """Triples. types: resource → its class; properties: resource → predicate → values, texts and resources.

    size: how many triples there are. One that leads to a resource counts once, however often it is stated.
    """

    def __init__(self) -> None:
        self.types: dict[str, str] = {}
        self.properties: dict[str, dict[str, list[str]]] = {}
        self.size = 0
        self._led: set[tuple[str, str, str]] = set()

    def add(self, subject: str, predicate: str, value: str) -> None:
        """Add one triple."""
        if predicate == RDF + "type":
            self.types.setdefault(subject, value)
            return
        if isinstance(value, Ref):
            triple = (subject, predicate, value)
            if triple in self._led:
                return
            self._led.add(triple)
        self.size += 1
        self.properties.setdefault(subject, {}).setdefault(predicate, []).append(value)

    def values(self, subject: str, predicate: str) -> list[str]:
        """Give the values of a predicate, in the order of the document; a resource is a `Ref`."""
        return self.properties.get(subject, {}).get(predicate, [])


class _Frame:
    """An open element: a node, or a property of one."""

    __slots__ = ("has_node", "is_node", "predicate", "subject", "text")

    def __init__(self, *, is_node: bool, subject: str, predicate: str = "") -> None:
        self.is_node = is_node
        self.subject = subject
        self.predicate = predicate
        self.text: list[str] = []
        self.has_node = False


def read_graph(data: bytes, where: str) -> Graph:
    """Give the graph; InputError: not XML, or not RDF, or a document type declaration."""
    reader = _Reader(where)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    reader.parser = parser
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise InputError(f"{where}:{error.lineno}", f"not valid XML: {expat.ErrorString(error.code)}") from None
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        raise InputError(where, f"not valid XML: {error}") from None
    return reader.graph


class _Reader:
    """The handlers of one parse."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.graph = Graph()
        self.stack: list[_Frame] = []
        self.opened = False
        self.base = ""
        self.names = 0
        self.parser: Any = None

    def doctype(self, *_: object) -> None:
        raise self.fault("a document type declaration, which could hold entities; remove it")

    def fault(self, what: str) -> InputError:
        return InputError(f"{self.where}:{self.parser.CurrentLineNumber}", what)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.replace(" ", "")
        if not self.opened:
            self.opened = True
            self.base = attributes.get(f"{_XML} base", "").partition("#")[0]
            if name == RDF + "RDF":
                return
        if len(self.stack) >= _MAX_DEPTH:
            raise self.fault(f"more than {_MAX_DEPTH} elements inside each other")
        above = self.stack[-1] if self.stack else None
        if above is None or not above.is_node:
            self._node(name, attributes, above)
        else:
            self._property(name, attributes, above.subject)

    def _node(self, name: str, attributes: dict[str, str], above: _Frame | None) -> None:
        subject = self._subject(attributes)
        if name != RDF + "Description":
            self.graph.add(subject, RDF + "type", Ref(name))
        self._attributes(subject, attributes)
        if above is not None:
            above.has_node = True
            self.graph.add(above.subject, above.predicate, subject)
        self.stack.append(_Frame(is_node=True, subject=subject))

    def _property(self, name: str, attributes: dict[str, str], subject: str) -> None:
        frame = _Frame(is_node=False, subject=subject, predicate=name)
        self.stack.append(frame)
        resource, node = attributes.get(f"{RDF} resource"), attributes.get(f"{RDF} nodeID")
        if resource is not None or node is not None:
            frame.has_node = True
            target = Ref(self._resolve(resource)) if resource is not None else Ref(f"_:n-{node}")
            self.graph.add(subject, name, target)
            self._attributes(target, attributes)
        elif attributes.get(f"{RDF} parseType") == "Resource":
            frame.has_node = True
            target = self._blank()
            self.graph.add(subject, name, target)
            frame.is_node, frame.subject = True, target
        elif any(not key.startswith((RDF, _XML)) for key in attributes):
            frame.has_node = True
            target = self._blank()
            self.graph.add(subject, name, target)
            self._attributes(target, attributes)

    def end(self, _: str) -> None:
        if not self.stack:
            return
        frame = self.stack.pop()
        if not frame.is_node and not frame.has_node:
            self.graph.add(frame.subject, frame.predicate, "".join(frame.text))

    def characters(self, text: str) -> None:
        if self.stack and not self.stack[-1].is_node:
            self.stack[-1].text.append(text)

    def _subject(self, attributes: dict[str, str]) -> Ref:
        for key in ("about", "ID", "nodeID"):
            value = attributes.get(f"{RDF} {key}")
            if value is not None:
                if key == "nodeID":
                    return Ref(f"_:n-{value}")
                return Ref(self._resolve(value if key == "about" else f"#{value}"))
        return self._blank()

    def _attributes(self, subject: str, attributes: dict[str, str]) -> None:
        for key, value in attributes.items():
            if key == f"{RDF} type":
                self.graph.add(subject, RDF + "type", Ref(value))
            elif not key.startswith((RDF, _XML)) and " " in key:
                self.graph.add(subject, key.replace(" ", ""), value)

    def _resolve(self, address: str) -> str:
        return self.base + address if address.startswith("#") or not address else address

    def _blank(self) -> Ref:
        self.names += 1
        return Ref(f"_:b{self.names}")
