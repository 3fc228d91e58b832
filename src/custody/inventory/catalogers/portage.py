"""Portage's database → packages of Gentoo and its descendants.

Reads: var/db/pkg/CATEGORY/NAME-VERSION/ with CONTENTS, LICENSE, RDEPEND, PDEPEND, DEPEND, BDEPEND, IDEPEND, SLOT, USE,
DESCRIPTION, HOMEPAGE, KEYWORDS, BUILD_TIME, repository (Package Manager Specification 8, chapters 3, 7 and 8);
var/lib/portage/world; etc/os-release. Gives: category, name, version, licence, home page, build time; edges (RDEPEND,
PDEPEND and IDEPEND as needed, DEPEND and BDEPEND for the build) with the USE flags that were set; from the operating
system to what stands in `world`; which files belong to it.  Cannot know: the supplier, checksums of what was fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.metadata import one_paragraph
from custody.inventory.os_release import OS_RELEASE_FILES, read_distribution
from custody.inventory.system_packages import Providers, asked_for, moment, remembered
from custody.model import Dependency, Distribution, Package, Purl
from custody.model.licence import combine, known_licence, make_reference

__all__ = ["CATALOGER", "parse"]

_FOLDER = "var/db/pkg/*/*"
CONTENTS = f"{_FOLDER}/CONTENTS"
WORLD = "var/lib/portage/world"

_NEEDS = (("RDEPEND", "depends_on"), ("PDEPEND", "depends_on"), ("IDEPEND", "depends_on"))
_BUILDS = (("DEPEND", "build"), ("BDEPEND", "build"))
_BESIDE = (
    *(name for name, _ in (*_NEEDS, *_BUILDS)),
    *("LICENSE", "USE", "SLOT", "DESCRIPTION", "HOMEPAGE", "BUILD_TIME", "PF", "CHOST"),
)
_VERSION = r"\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?"  # PMS 3.2
_PF = re.compile(rf"([A-Za-z0-9_][A-Za-z0-9+_-]*?)-({_VERSION})")
_ATOM = re.compile(
    rf"[<>=~]*([A-Za-z0-9_][A-Za-z0-9+_.-]*/[A-Za-z0-9_][A-Za-z0-9+_-]*?)(?:-{_VERSION}\*?)?(?:[:\[].*)?"
)

_NAMES = {"bsd": "BSD-3-Clause", "bsd-1": "BSD-1-Clause", "artistic": "Artistic-1.0", "gpl-1": "GPL-1.0-only"}
"""Names in Gentoo's `licenses/` that stand for one text there, and for several elsewhere."""

MAX_TOKENS = 20_000
MAX_DEPTH = 50
"""Of one dependency string: the longest real ones have a few hundred words."""


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the package of one folder with its edges. Raises InputError: the folder's name is no package and version."""
    system = remembered(tree, _System)
    folder = file.path.rpartition("/")[0]
    package = _package(folder, file, tree, system.distribution)
    yield package
    flags = frozenset(_read(tree, folder, "USE").split())
    seen = {package.id}
    for name, relation in (*_NEEDS, *_BUILDS):
        node = _tree_of(_read(tree, folder, name), flags, file.path, name)
        targets = {
            target for atom in _wanted(node, system.packages.__contains__) for target in system.packages.of(atom)
        }
        yield from (Dependency(source=package.id, target=t, relation=relation) for t in sorted(targets - seen))
        seen |= targets
    if package.purl.full_name in system.world:
        yield from asked_for(tree, (package.id,))


class _System:
    """All packages of a tree by category and name, and what was asked for."""

    def __init__(self, tree: Tree) -> None:
        self.distribution = read_distribution(tree)
        self.packages = Providers()
        for file in tree.matching((CONTENTS,)):
            try:
                purl = _purl(file.path.rpartition("/")[0], self.distribution)
            except InputError:  # told when the folder itself is read
                continue
            self.packages.add(str(purl), (purl.full_name,))
        world = tree.get(WORLD)
        lines = world.data.decode("utf-8", "replace").split() if world is not None else []
        self.world = frozenset(match[1] for line in lines if (match := _ATOM.fullmatch(line)))


def _read(tree: Tree, folder: str, name: str) -> str:
    file = tree.get(f"{folder}/{name}")
    return file.data.decode("utf-8", "replace").strip() if file is not None else ""


def _package(folder: str, file: File, tree: Tree, distribution: Distribution | None) -> Package:
    purl = _purl(folder, distribution)
    built = _read(tree, folder, "BUILD_TIME")
    licence, texts = _licence(_read(tree, folder, "LICENSE"), frozenset(_read(tree, folder, "USE").split()), file.path)
    return Package(
        purl=purl,
        name=purl.full_name,
        version=purl.version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        homepage=next(iter(_read(tree, folder, "HOMEPAGE").split()), ""),
        description=one_paragraph(_read(tree, folder, "DESCRIPTION")),
        released=moment(int(built)) if re.fullmatch("[0-9]{1,12}", built) else "",
    )


def _purl(folder: str, distribution: Distribution | None) -> Purl:
    """Give the purl; purl-spec has no rules for the type yet, others write category/name as well."""
    category, name = folder.split("/")[-2:]
    match = _PF.fullmatch(name)
    if not match or not category.isprintable() or name.startswith("-MERGING-"):
        raise InputError(folder, f"expected a folder NAME-VERSION, got {name[:60]!r}")
    tag = distribution.tag if distribution is not None else ""
    return Purl("ebuild", match[1], match[2], category, (("distro", tag),))


_Node: TypeAlias = "str | tuple[str, list[_Node]]"
"""A word, or an operator ("all", "any") with what it holds."""


def _tree_of(text: str, flags: frozenset[str], where: str, name: str) -> _Node:
    """Read a dependency or licence string; conditions whose flag is not set are left out. Raises InputError."""
    words = text.split()
    if len(words) > MAX_TOKENS:
        raise InputError(where, f"{name} has more than {MAX_TOKENS} words")
    stack: list[tuple[str, list[_Node]]] = [("all", [])]
    operator = "all"
    for word in words:
        if word == "(":
            if len(stack) > MAX_DEPTH:
                raise InputError(where, f"{name} is nested too deep")
            stack.append((operator, []))
            operator = "all"
        elif word == ")":
            if len(stack) == 1:
                raise InputError(where, f"{name} has a `)` too many")
            kind, items = stack.pop()
            if kind != "none" and items:
                stack[-1][1].append((kind, items))
        elif word in ("||", "^^", "??"):
            operator = "any"
        elif word.endswith("?"):
            flag = word[:-1]
            holds = flag[1:] not in flags if flag.startswith("!") else flag in flags
            operator = "all" if holds else "none"
        else:
            stack[-1][1].append(word)
    if len(stack) > 1:
        raise InputError(where, f"{name} has a `(` that is not closed")
    return stack[0]


def _wanted(node: _Node, is_there: Callable[[str], bool]) -> Iterator[str]:
    """Give category/name of what a dependency tree asks for, of alternatives those that are there; no blocks."""
    if not isinstance(node, str):
        for item in node[1]:
            yield from _wanted(item, is_there)
    else:
        match = _ATOM.fullmatch(node)  # a block, `!a/b`, does not fit
        if match and is_there(match[1]):
            yield match[1]


def _licence(text: str, flags: frozenset[str], where: str) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    texts: dict[str, str] = {}

    def leaf(word: str) -> str:
        found = _NAMES.get(word.lower()) or known_licence(word)
        if found is None:
            found = make_reference(word)
            texts[found] = word
        return found

    def told(node: _Node) -> str:
        if isinstance(node, str):
            return leaf(node)
        return combine([told(item) for item in node[1]], "OR" if node[0] == "any" else "AND")

    node = _tree_of(text, flags, where, "LICENSE")
    if isinstance(node, str) or not node[1]:
        return None, ()
    return told(node), tuple(sorted(texts.items()))


CATALOGER = Cataloger(
    name="portage",
    globs=(CONTENTS,),
    parse=parse,
    beside=(*(f"{_FOLDER}/{name}" for name in _BESIDE), WORLD, *OS_RELEASE_FILES),
    gives=("name", "version", "licence", "edges", "relations", "home page", "description", "release date", "files"),
    cannot_know=("supplier", "checksum"),
)
