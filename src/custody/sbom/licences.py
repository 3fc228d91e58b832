"""Licence expressions as an SPDX 2.3 document may hold them, and the LicenseRefs of one document.

Spec: SPDX 2.3 Annex D. `AND`, `OR`, `WITH` are written in upper case (D.2: "matched in a case-sensitive manner"),
identifiers match in any case. `NONE` and `NOASSERTION` are no expressions: whoever allows them asks for them first.
What people write instead of expressions is read by `custody.model.licence`; here an expression is only judged, and
never changed but for the names of LicenseRefs.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from custody.model.licence_list import LicenceEntry, licence_list
from custody.sbom.texts import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from custody.model import Package

__all__ = [
    "NO_TEXT",
    "LicenceRefs",
    "expression_fault",
    "is_expression",
    "is_self_contained",
    "licence_list_version",
    "references",
    "renamed",
]

NO_TEXT = "The text of this licence was not found."
"""Stands for the text of a LicenseRef, which SPDX 2.3 section 10.2 makes mandatory, where nobody has it."""

_TOKEN = re.compile(r"[()]|[^\s()]+")
_REFERENCE = re.compile(r"(DocumentRef-[A-Za-z0-9.+-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_IDENTIFIER = re.compile(r"[A-Za-z0-9.-]+\+?")
_OPERATORS = {"AND", "OR", "WITH"}


def licence_list_version() -> str:
    """Give the version of the SPDX licence list that expressions are checked against."""
    return licence_list().version


def is_expression(text: str) -> bool:
    """Say whether the text is a valid licence expression."""
    return not expression_fault(text)


@lru_cache(maxsize=4096)
def expression_fault(text: str) -> str:
    """Say what is wrong with a licence expression, "" when it is valid: SPDX 2.3 Annex D.

    One pass without recursion, so that no depth of brackets can exhaust the stack.
    """
    known = licence_list()
    depth = 0
    wants, last = (
        "licence",
        "",
    )  # what must come next: a licence, an operator, an exception; and the kind of the last operand
    for word in _TOKEN.findall(text):
        if wants == "exception":
            if word.lower() not in known.exceptions:
                return f"{word!r} is not an exception of the SPDX licence list {licence_list_version()}"
            wants, last = "operator", "compound"
        elif wants == "licence":
            if word == "(":
                depth += 1
            elif fault := _simple_fault(word, known.licences):
                return fault
            else:
                wants, last = "operator", "simple"
        elif word == ")" and depth:
            depth, last = depth - 1, "compound"
        elif word == "WITH" and last == "simple":
            wants = "exception"
        elif word in ("AND", "OR"):
            wants = "licence"
        else:
            return f"expected AND, OR or WITH before {word!r}"
    if wants != "operator":
        return (
            f"it ends where {'an' if wants == 'exception' else 'a'} {wants} must stand"
            if text.strip()
            else "it is empty"
        )
    return "a bracket is not closed" if depth else ""


def _simple_fault(word: str, licences: Mapping[str, LicenceEntry]) -> str:
    if _REFERENCE.fullmatch(word):
        return ""
    if word in _OPERATORS or word == ")":
        return f"expected a licence before {word!r}"
    if not _IDENTIFIER.fullmatch(word):
        return f"{word!r} is not a licence identifier (letters, digits, '.', '-')"
    if word.lower() in licences or word.removesuffix("+").lower() in licences:
        return ""
    return f"{word!r} is not on the SPDX licence list {licence_list_version()}; write LicenseRef-… and give its text"


@lru_cache(maxsize=4096)
def references(text: str) -> frozenset[str]:
    """Give the LicenseRefs (those of other documents too) that stand in an expression, as written."""
    if "LicenseRef-" not in text:
        return frozenset()
    return frozenset(token for token in _TOKEN.findall(text) if _REFERENCE.fullmatch(token))


@lru_cache(maxsize=4096)
def is_self_contained(text: str) -> bool:
    """Say whether the text is a valid expression, trimmed, that needs no other document: what ours may say."""
    return (
        is_expression(text)
        and text == text.strip()
        and not any(name.startswith("DocumentRef-") for name in references(text))
    )


def renamed(text: str, names: dict[str, str]) -> str:
    """Give the expression with LicenseRefs replaced: `names` has old → new; all else stays as it is written."""
    return re.sub(r"[^\s()]+", lambda match: names.get(match[0], match[0]), text) if names else text


def _short_hash(text: str, digits: int = 12) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]


class LicenceRefs:
    """The LicenseRefs of one document, in which each name has one text (SPDX 2.3 section 10.1).

    Where two packages mean different texts by one name, each text gets the name with a part of its SHA-256 added: which
    one, does not depend on the order of the packages. texts: name in the document → text, "" where nobody has the text.
    """

    def __init__(self, packages: Iterable[Package], fit: Callable[[str], str] = shown) -> None:
        """Collect the references of all packages. fit: how a text comes back from the document."""
        self._fit = fit
        meanings: dict[str, set[tuple[str, str]]] = {}
        for package in packages:
            for reference, text in self._stated(package):
                meanings.setdefault(reference.lower(), set()).add((reference, text))
        self._names: dict[tuple[str, str], str] = {}
        self.texts: dict[str, str] = {}
        taken = {key for key, stated in meanings.items() if len(stated) == 1}
        for _, stated in sorted(meanings.items()):
            for reference, text in sorted(stated):
                name, digits = reference, 8
                while len(stated) > 1 and (name == reference or name.lower() in taken):
                    name, digits = f"{reference}-{_short_hash(f'{reference}:{text}', digits)}", digits + 8
                taken.add(name.lower())
                self._names[reference, text] = name
                self.texts[name] = text
        self.texts = dict(sorted(self.texts.items()))

    def _stated(self, package: Package) -> set[tuple[str, str]]:
        """Give the (reference, text) pairs that a package's expressions use."""
        stated = (package.licence_declared, package.licence_concluded)
        used = {name for e in stated if e and "LicenseRef-" in e and is_self_contained(e) for name in references(e)}
        if not used:
            return set()
        texts = {name: self._fit(text) for name, text in package.licence_texts if text != NO_TEXT}
        return {(name, texts.get(name, "")) for name in used}

    def names(self, package: Package) -> dict[str, str]:
        """Give the references of one package that the document calls otherwise: the package's name → the document's."""
        found = {reference: self._names[reference, text] for reference, text in self._stated(package)}
        return {old: new for old, new in sorted(found.items()) if old != new}

    def plain_texts(self, package: Package) -> tuple[tuple[str, str], ...]:
        """Give the texts that a reader of the document will find for the package, by the package's own names."""
        return tuple(sorted((reference, text) for reference, text in self._stated(package) if text))
