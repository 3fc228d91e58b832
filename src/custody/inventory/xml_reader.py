"""Small XML documents as a tree, read without the traps of XML.

    root = read_xml(data, "pom.xml", "project")
    root.text_at("parent", "groupId")
    [element.text for element in root.at("modules").all("module")]

Entities of a document's own are refused (they multiply: "billion laughs"), external ones are never fetched. Those
of HTML (`&oslash;`) are read without a declaration, as Maven does. Names are given without their namespace.

Spec: XML 1.0, sections 2.8 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import name2codepoint
from pyexpat import ExpatError, ParserCreate

from custody.errors import InputError

__all__ = ["Element", "read_xml"]

MAX_DEPTH = 200
"""Elements inside each other; a project file has about ten."""
MAX_ELEMENTS = 1_000_000
"""In one document: a list of checksums has three for each file, and a large build needs some thousand files."""


@dataclass(slots=True)
class Element:
    """One element. text: its own text without white space around it; line: where it starts, counted from 1."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    line: int = 0
    children: list[Element] = field(default_factory=list)

    def at(self, *path: str) -> Element:
        """Give the first element at a path below this one; an empty one where there is none."""
        here = self
        for tag in path:
            found = next((child for child in here.children if child.tag == tag), None)
            if found is None:
                return Element(tag)
            here = found
        return here

    def text_at(self, *path: str) -> str:
        """Give the text at a path, "" where there is none."""
        return self.at(*path).text

    def all(self, tag: str) -> Iterator[Element]:
        """Give the children of one name."""
        return (child for child in self.children if child.tag == tag)


def read_xml(data: bytes, where: str, root: str = "") -> Element:
    """Read a document. root: the name that its root element must have, "" for any.

    Raises InputError: not well-formed, in an unknown encoding, entities of its own, too deep, too many elements.
    """
    reader = _Reader(where)
    parser = ParserCreate()
    parser.buffer_text = True
    parser.UseForeignDTD(True)  # undeclared entities come to the handler below, instead of being an error
    parser.StartElementHandler = lambda tag, attributes: reader.start(tag, attributes, parser.CurrentLineNumber)
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.SkippedEntityHandler = reader.entity
    parser.EntityDeclHandler = reader.declaration
    try:
        parser.Parse(data.lstrip(b"\t\n\r "), True)
    except (ExpatError, LookupError, ValueError) as error:
        raise InputError(where, f"not valid XML: {error}") from None
    top = reader.top
    if top is None or (root and top.tag != root):
        raise InputError(where, f"expected <{root}> at the top, got {f'<{top.tag}>' if top else 'nothing'}")
    return top


class _Reader:
    """What expat calls. Parts of a text are joined once, when its element ends."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._open: list[tuple[Element, list[str]]] = []
        self._count = 0
        self.top: Element | None = None

    def start(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise InputError(self._where, f"has more than {MAX_ELEMENTS} elements, or {MAX_DEPTH} inside each other")
        element = Element(_bare(tag), {_bare(key): value for key, value in attributes.items()}, line=line)
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self.top = element
        self._open.append((element, []))

    def end(self, _: str) -> None:
        element, parts = self._open.pop()
        element.text = "".join(parts).strip()

    def characters(self, text: str) -> None:
        self._open[-1][1].append(text)

    def entity(self, name: str, is_parameter: bool) -> None:  # noqa: FBT001  # expat calls it by position
        if not is_parameter and self._open:
            self._open[-1][1].append(chr(name2codepoint[name]) if name in name2codepoint else f"&{name};")

    def declaration(self, *_: object) -> None:
        raise InputError(self._where, "declares entities, which are not read")


def _bare(tag: str) -> str:
    return tag.rpartition(":")[2]
