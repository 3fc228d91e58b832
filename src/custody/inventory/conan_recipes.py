"""Conan's references, and what a conanfile asks for, read without running it.

    read_reference("zlib/1.3.1@acme/stable#e69a30c4…%1795382081.79", where).version     # "1.3.1"
    read_recipe(data, "conanfile.py").asked                                             # (reference, relation, line)

Spec: https://docs.conan.io/2/reference/conanfile.html and .../conanfile_txt.html; "Conan package references".
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from custody.errors import InputError
from custody.model import Purl, Skipped

__all__ = ["Asked", "Recipe", "Reference", "read_recipe", "read_reference", "read_requirements"]

_REFERENCE = re.compile(
    r"(?P<name>[A-Za-z0-9_][A-Za-z0-9_+.-]*)/(?P<version>\[[^\]]*\]|[^@#:%/\s\[\]]+)"
    r"(?:@(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9_+.-]*)/(?P<channel>[A-Za-z0-9_][A-Za-z0-9_+.-]*))?)?"
    r"(?:#(?P<rrev>[0-9A-Za-z]+))?(?::(?P<package>[0-9A-Za-z]+)(?:#(?P<prev>[0-9A-Za-z]+))?)?(?:%(?P<time>[0-9.]+))?"
)
_RELATIONS = {
    "requires": "depends_on",
    "build_requires": "build",
    "tool_requires": "build",
    "python_requires": "build",
    "test_requires": "dev",
}
"""Attribute, method or section → what it means. In a conanfile `test_requires` are for the tests of the package."""
_ABOUT = ("name", "version", "license", "homepage", "url", "description", "author")
MAX_BYTES = 1_000_000
"""Of one conanfile.py: the longest recipes are some fifty thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One reference. version: "" where it is a range; range: the range, "" where it is exact; rrev: recipe revision."""

    name: str
    version: str
    range: str = ""
    user: str = ""
    channel: str = ""
    rrev: str = ""
    prev: str = ""

    @property
    def purl(self) -> Purl:
        """Give the purl. The revision "0" means that there are none (Conan 1)."""
        rrev, prev = (value if value != "0" else "" for value in (self.rrev, self.prev))
        pairs = (("user", self.user), ("channel", self.channel), ("rrev", rrev), ("prev", prev))
        return Purl("conan", self.name, self.version, qualifiers=pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One requirement. place: where it stands, for evidence."""

    reference: Reference
    relation: str
    place: str


@dataclass(slots=True, kw_only=True)
class Recipe:
    """What a conanfile says. about: name, version, license, … as far as they are written out."""

    about: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def read_reference(text: str, where: str) -> Reference:
    """Read `name/version[@user/channel][#revision][:package][%time]`. Raises InputError: it is not one."""
    match = _REFERENCE.fullmatch(text.strip())
    if match is None or len(text) > 500:
        raise InputError(where, f"expected a reference like zlib/1.3.1, got {text[:80]!r}")
    version = match["version"]
    ranged = version.startswith("[")
    return Reference(
        name=match["name"],
        version="" if ranged else version,
        range=version if ranged else "",
        user=_given(match["user"]),
        channel=_given(match["channel"]),
        rrev=match["rrev"] or "",
        prev=match["prev"] or "",
    )


def _given(text: str | None) -> str:
    """Give a user or channel; Conan writes "_" for none."""
    return "" if text in (None, "_") else str(text)


def read_requirements(data: bytes, where: str) -> Recipe:
    """Read a conanfile.txt: sections of references, one a line. Raises InputError: not UTF-8."""
    recipe = Recipe()
    relation = ""
    for number, line in enumerate(_text(data, where).split("\n"), 1):
        words = line.partition("#")[0].strip() if line.lstrip().startswith("#") else line.strip()
        if words.startswith("["):
            relation = _RELATIONS.get(words.strip("[]").strip(), "")
        elif words and relation:
            _ask(recipe, words, relation, where, f"line {number}")
    return recipe


def read_recipe(data: bytes, where: str) -> Recipe:
    """Read a conanfile.py: the attributes and calls whose values stand there as plain texts.

    Raises InputError: not UTF-8, not Python, or too large.
    """
    if len(data) > MAX_BYTES:
        raise InputError(where, f"{len(data)} bytes, expected at most {MAX_BYTES}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in a stranger's code
            module = ast.parse(_text(data, where))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(where, f"not valid Python: {str(error) or type(error).__name__}") from None
    recipe = Recipe()
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            _read_class(node, recipe, where)
    return recipe


def _read_class(class_: ast.ClassDef, recipe: Recipe, where: str) -> None:
    for node in class_.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    _read_attribute(target.id, node.value, recipe, where)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            _read_attribute(node.target.id, node.value, recipe, where)
        elif isinstance(node, ast.FunctionDef):
            _read_method(node, recipe, where)


def _read_attribute(name: str, value: ast.expr, recipe: Recipe, where: str) -> None:
    if name in _ABOUT:
        texts = list(_texts(value))
        if texts:
            # several licences stand in a tuple: the recipe does not say how they relate, so each must be kept
            recipe.about.setdefault(name, " AND ".join(texts) if name == "license" else texts[0])
    elif name in _RELATIONS:
        place = f"line {value.lineno}"
        for item in value.elts if isinstance(value, ast.Tuple | ast.List) else [value]:
            # ("zlib/1.3.1", "private") is one requirement with an option
            first = item.elts[0] if isinstance(item, ast.Tuple | ast.List) and item.elts else item
            _read_call(first, _RELATIONS[name], recipe, where, place)


def _read_method(method: ast.FunctionDef, recipe: Recipe, where: str) -> None:
    for node in ast.walk(method):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "self"
            and node.func.attr in _RELATIONS
            and node.args
        ):
            _read_call(node.args[0], _RELATIONS[node.func.attr], recipe, where, f"line {node.lineno}")


def _read_call(value: ast.expr, relation: str, recipe: Recipe, where: str, place: str) -> None:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        _ask(recipe, value.value, relation, where, place)
    else:
        reason = "a requirement that the recipe works out when it runs"
        recipe.skipped.append(Skipped(where=f"{where}:{place}", reason=reason))


def _ask(recipe: Recipe, text: str, relation: str, where: str, place: str) -> None:
    try:
        reference = read_reference(text, f"{where}:{place}")
    except InputError as error:
        recipe.skipped.append(Skipped(where=error.where, reason=error.what))
        return
    recipe.asked.append(Asked(reference=reference, relation=relation, place=place))


def _texts(value: ast.expr) -> Iterator[str]:
    for item in value.elts if isinstance(value, ast.Tuple | ast.List) else [value]:
        if isinstance(item, ast.Constant) and isinstance(item.value, str) and item.value.strip():
            yield item.value.strip()


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(where, f"not UTF-8: byte {error.start}") from None
