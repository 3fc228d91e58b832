"""XML as a tree, read without its traps: a document type declaration is refused whole, so no entity is ever defined.

Names are given without their namespace. Spec: XML 1.0, section 2.8.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from custody.errors import InputError

__all__ = ["Element", "read_markup"]

MAX_DEPTH = 200
"""Elements inside each other; a project file has about ten."""


@dataclass(slots=True)
class Element:
    """One element with the text that stands directly in it."""

    name: str
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def each(self, *path: str) -> list[Element]:
        """Give the elements at a path below this one."""
        found = [self]
        for name in path:
            found = [child for element in found for child in element.children if child.name == name]
        return found

    def text(self, *path: str) -> str:
        """Give the text of the first element at a path, "" where there is none."""
        found = self.each(*path)
        return " ".join("".join(found[0].texts).split()) if found else ""


def read_markup(data: bytes, where: str, root: str) -> Element:
    """Read a document; InputError: not well-formed, another root than `root`, declarations, too deep."""
    from pyexpat import ExpatError, ParserCreate

    parser = ParserCreate()
    parser.buffer_text = True
    top = Element("")
    stack = [top]

    def start(name: str, _: object) -> None:
        if len(stack) > MAX_DEPTH:
            raise InputError(where, f"more than {MAX_DEPTH} elements inside each other")
        element = Element(name.rpartition(":")[2])
        stack[-1].children.append(element)
        stack.append(element)

    def refuse(*_: object) -> None:
        raise InputError(where, "has a document type declaration, which is not read")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = lambda text: stack[-1].texts.append(text)  # noqa: PLW0108 - the stack changes
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (ExpatError, LookupError, ValueError) as error:
        raise InputError(where, f"not valid XML: {error}") from None
    if top.children[0].name != root:
        raise InputError(where, f"expected <{root}> at the top, got <{top.children[0].name}>")
    return top.children[0]
