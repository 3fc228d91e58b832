"""What a plain expression finds in an inventory.

Every test is made into one function from a package to yes or no, so that thousands of packages cost little more than
the comparison itself. A field with several values (licences, paths) passes when one of them does; one that is unknown
passes no test but `unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from custody.errors import InputError, UsageError
from custody.model import Purl
from custody.model.licence_expression import parse_expression, terms_in
from custody.sbom.query.plain import All, Any, Installed, Known, Node, Not, Reach, Test, parse_plain

if TYPE_CHECKING:
    from custody.model import Inventory, Package

__all__ = ["NEEDS", "Found", "find"]

NEEDS = frozenset({"depends_on", "dev", "optional", "peer", "build"})
"""Relations that are a need. What contains or owns another package does not need it."""

Judge: TypeAlias = "Callable[[Package], bool]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found.

    packages: sorted by purl, the root among them when it fits; unmatched: names in the expression, after `depends-on`
    or `needed-by`, that no package has.
    """

    packages: tuple[Package, ...]
    unmatched: tuple[str, ...] = ()


def find(inventory: Inventory, expression: str, *, direct: bool = False) -> Found:
    """Give the packages for which an expression holds. direct: `depends-on` and `needed-by` go one step only.

    Raises UsageError: it is no expression; the column is named.
    """
    search = _Search(inventory, direct=direct)
    judge = search.judge(parse_plain(expression))
    packages = sorted((package for package in search.everything if judge(package)), key=lambda package: package.id)
    return Found(packages=tuple(packages), unmatched=tuple(dict.fromkeys(search.unmatched)))


class _Search:
    def __init__(self, inventory: Inventory, *, direct: bool) -> None:
        self.inventory = inventory
        self.direct = direct
        self.everything = (inventory.root, *inventory.packages)
        self.unmatched: list[str] = []

    def judge(self, node: Node) -> Judge:
        if isinstance(node, Not):
            part = self.judge(node.part)
            return lambda package: not part(package)
        if isinstance(node, All | Any):
            parts = [self.judge(inner) for inner in node.parts]
            joined = all if isinstance(node, All) else any
            return lambda package: joined(judge(package) for judge in parts)
        if isinstance(node, Installed):
            return lambda package: package.installed
        if isinstance(node, Reach):
            reached = self.reached(node)
            return lambda package: package.id in reached
        values = _VALUES[node.field]
        if isinstance(node, Known):
            return lambda package: any(values(package))
        return _tested(node, values)

    def reached(self, node: Reach) -> set[str]:
        """Give the ids of what is a step, or any number of steps, away; the start is among them only in a cycle."""
        if node.of is not None:
            judge = self.judge(node.of)
        else:
            judge = _called(node.name)
            if not any(map(judge, self.everything)):
                self.unmatched.append(node.name)
        steps: dict[str, list[str]] = {}
        for edge in self.inventory.dependencies:
            if edge.relation in NEEDS:
                start, end = (edge.source, edge.target) if node.way == "needed-by" else (edge.target, edge.source)
                steps.setdefault(start, []).append(end)
        reached: set[str] = set()
        pending = [package.id for package in self.everything if judge(package)]
        while pending:
            new = [end for end in steps.get(pending.pop(), ()) if end not in reached]
            reached.update(new)
            if not self.direct:
                pending += new
        return reached


# ── one field ────────────────────────────────────────────────────────────────────────────────────────────────────────

_VALUES: dict[str, Callable[[Package], Iterable[str]]] = {
    "name": lambda package: {package.name, package.purl.name, package.purl.full_name},
    "version": lambda package: (package.version,),
    "purl": lambda package: (package.id, _decoded(package.purl)),
    "type": lambda package: (package.purl.type,),
    "license": lambda package: (package.licence_concluded or "", package.licence_declared or ""),
    "declared": lambda package: (package.licence_declared or "",),
    "concluded": lambda package: (package.licence_concluded or "",),
    "supplier": lambda package: (package.supplier,),
    "originator": lambda package: (package.originator,),
    "path": lambda package: [location.path for location in package.locations],
    "layer": lambda package: [str(location.layer) for location in package.locations if location.layer],
    "cataloger": lambda package: [location.cataloger for location in package.locations],
    "cpe": lambda package: package.cpes,
    "checksum": lambda package: [
        text for item in package.checksums for text in (item.hex, f"{item.algorithm}:{item.hex}")
    ],
    "source": lambda package: (package.source_name,),
    "purpose": lambda package: (package.purpose,),
    "homepage": lambda package: (package.homepage,),
    "download": lambda package: (package.download_location,),
    "copyright": lambda package: (package.copyright,),
    "description": lambda package: (package.description,),
}
"""Field → its values; an empty one is unknown."""


def _decoded(purl: Purl) -> str:
    """Give a purl as people write it: `@babel`, not `%40babel`."""
    path = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    return f"pkg:{purl.type}/{path}" + (f"@{purl.version}" if purl.version else "")


def _tested(test: Test, values: Callable[[Package], Iterable[str]]) -> Judge:
    licence = test.field in ("license", "declared", "concluded")
    holds = _licence_test(test.verb, test.value) if licence else _text_test(test.verb, test.value)
    known: dict[str, bool] = {}  # the same few licences, types and suppliers come again and again

    def judge(package: Package) -> bool:
        for value in values(package):
            if not value:
                continue
            answer = known.get(value)
            if answer is None:
                answer = known[value] = holds(value)
            if answer:
                return True
        return False

    return judge


def _text_test(verb: str, wanted: str) -> Callable[[str], bool]:
    wanted = wanted.casefold()
    if verb == "is":
        return lambda value: value.casefold() == wanted
    if verb == "contains":
        return lambda value: wanted in value.casefold()
    if verb == "starts-with":
        return lambda value: value.casefold().startswith(wanted)
    if verb == "ends-with":
        return lambda value: value.casefold().endswith(wanted)
    pattern = _pattern(wanted)
    return lambda value: pattern.fullmatch(value.casefold()) is not None


def _pattern(wanted: str) -> re.Pattern[str]:
    """Compile a pattern with `*` and `?`.

    Each piece between two stars is looked for once, at its first place (an atomic group): that is enough, and no
    pattern can make it slow.
    """

    def piece(text: str) -> str:
        return "".join("." if c == "?" else re.escape(c) for c in text)

    first, *others = wanted.split("*")
    if not others:
        return re.compile(piece(first), re.DOTALL)
    inner = "".join(f"(?>.*?{piece(text)})" for text in others[:-1])
    return re.compile(f"{piece(first)}{inner}.*{piece(others[-1])}", re.DOTALL)


def _licence_test(verb: str, wanted: str) -> Callable[[str], bool]:
    """A licence is asked for by its id: `contains MIT` holds for "MIT OR Apache-2.0", and not for "MIT-0"."""
    try:
        normal = parse_expression(wanted)
    except InputError:
        return _text_test(verb, wanted)
    if verb == "is":
        return lambda value: normal.casefold() == value.casefold() or wanted.casefold() == value.casefold()
    if verb != "contains" or len(terms_in(normal)) != 1:
        return _text_test(verb, wanted)

    def uses(value: str) -> bool:
        try:
            terms = terms_in(value)
        except InputError:  # a foreign document's own words
            return False
        return any(term == normal or term.partition(" WITH ")[0] == normal for term in terms)

    return uses


def _called(name: str) -> Judge:
    """Say which packages a name means: by purl (whole, or without version and qualifiers), by name, or by pattern."""
    if not name.lower().startswith("pkg:"):
        return _tested(Test("name", "matches" if "*" in name or "?" in name else "is", name), _VALUES["name"])
    if "*" in name:
        return _tested(Test("purl", "matches", name), _VALUES["purl"])
    try:
        wanted = Purl.parse(name, "query")
    except InputError as error:
        raise UsageError("query", error.what, "a package URL looks like pkg:npm/lodash@4.17.21") from None

    def judge(package: Package) -> bool:
        purl = package.purl
        return (
            (purl.type, purl.namespace, purl.name) == (wanted.type, wanted.namespace, wanted.name)
            and wanted.version in ("", purl.version)
            and set(wanted.qualifiers) <= set(purl.qualifiers)
        )

    return judge
