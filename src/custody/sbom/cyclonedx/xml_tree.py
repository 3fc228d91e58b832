"""An XML document as a tree of elements: read by expat, with everything refused that reaches beyond the document.

Spec: XML 1.0 and Namespaces in XML 1.0. A document type declaration is refused whole, so no entity is ever defined: no
"billion laughs", no file or address is read. Elements nest at most `MAX_DEPTH` deep.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from custody.errors import InputError

__all__ = ["MAX_DEPTH", "Element", "parse_xml"]

MAX_DEPTH = 400
"""Elements inside each other. What is made of the tree is read by functions that call themselves, once a level."""


@dataclass(slots=True)
class Element:
    """One element. space: its namespace, "" for none; attributes: by name, those of a namespace as `uri name`."""

    name: str
    space: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Give the text that stands directly in it."""
        return "".join(self.texts)


def parse_xml(data: bytes, where: str) -> Element:
    """Give the root element; InputError names `where` and the line."""
    from pyexpat import ExpatError, ParserCreate

    parser = ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    stack: list[Element] = []
    roots: list[Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) >= MAX_DEPTH:
            raise InputError(
                where, f"line {parser.CurrentLineNumber}: more than {MAX_DEPTH} elements inside each other"
            )
        space, _, local = name.rpartition(" ")
        element = Element(local, space, attributes)
        (stack[-1].children if stack else roots).append(element)
        stack.append(element)

    def end(_name: str) -> None:
        stack.pop()

    def text(words: str) -> None:
        stack[-1].texts.append(words)

    def refuse(*_: object) -> None:
        fix = "remove the <!DOCTYPE …> line"
        raise InputError(where, f"line {parser.CurrentLineNumber}: a document type declaration is not read", fix)

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except ExpatError as error:
        raise InputError(where, f"not valid XML: {error}") from None
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        raise InputError(where, f"not valid XML: {error}") from None
    return roots[0]
