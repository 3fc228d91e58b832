"""Licences: from what people write to SPDX expressions.

    parse_expression("(mit or Apache-2.0)")     # "MIT OR Apache-2.0", or InputError that shows the place
    normalise("Apache License, Version 2.0")    # ("Apache-2.0", {})
    normalise("BSD")                            # ("LicenseRef-BSD", {"LicenseRef-BSD": "BSD"}): which BSD licence,
    nobody said

What could mean two licences is never guessed: it stays a `LicenseRef-…` that carries the original words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache, lru_cache

from custody.model.licence_expression import (
    combine,
    is_expression,
    licence_id,
    parse_expression,
    references_in,
    terms_in,
)
from custody.model.licence_list import LicenceEntry, licence_list

__all__ = [
    "LicenceEntry",
    "combine",
    "find_licence",
    "known_licence",
    "licence_list",
    "make_reference",
    "normalise",
    "parse_expression",
    "read_words",
    "references_in",
    "terms_in",
]

MAX_WORDS = 1000
"""Characters up to which a text names licences; a longer one is a licence's text, kept as it is."""
MAX_DEPTH = 20

_NOTHING = {"", "-", "n/a", "na", "none", "noassertion", "null", "tbd", "todo", "undefined", "unknown"}
"""What tools and people write for "not stated"."""

_ALIASES = {
    "0BSD": "Zero-Clause BSD",
    "Apache-1.1": "Apache Software License 1.1",
    "Apache-2.0": "Apache 2|ASL 2.0|Apache Software License 2.0|Apache License 2.0 (Apache-2.0)",
    "Apache-2.0 WITH LLVM-exception": "Apache License 2.0 with LLVM Exceptions|Apache-2 LLVM exceptions",
    "BlueOak-1.0.0": "Blue Oak Model License (BlueOak-1.0.0)",
    "BSD-2-Clause": "BSD-2|2-clause BSD|Simplified BSD|BSD 2-clause Simplified|BSD License (2-clause)",
    "BSD-3-Clause": "BSD-3|3-clause BSD|New BSD|Modified BSD|Revised BSD|BSD New|BSD License (3-clause)",
    "BSD-4-Clause": "BSD-4|4-clause BSD|Original BSD",
    "BSL-1.0": "Boost 1.0|Boost License 1.0",
    "CC0-1.0": "CC0|CC0 1.0 Universal|CC0 1.0 Universal (CC0 1.0) Public Domain Dedication",
    "CNRI-Python": "Python License (CNRI Python License)",
    "CECILL-2.1": "CEA CNRS Inria Logiciel Libre License, version 2.1 (CeCILL-2.1)",
    "CECILL-B": "CeCILL-B Free Software License Agreement (CECILL-B)",
    "CECILL-C": "CeCILL-C Free Software License Agreement (CECILL-C)",
    "EPL-1.0": "Eclipse Public License 1.0 (EPL-1.0)",
    "HPND": "Historical Permission Notice and Disclaimer",
    "ISC": "ISC License (ISCL)|ISCL",
    "MIT": "Expat|MIT X11|X11 MIT|Expat MIT|MIT Expat|The MIT License (MIT)|MIT License (Expat)",
    "MIT-CMU": "CMU License (MIT-CMU)",
    "MPL-1.0": "Mozilla Public License 1.0 (MPL)|MPL 1.0",
    "MPL-1.1": "MPL 1.1",
    "MPL-2.0": "MPL 2.0|MPL 2",
    "NPL-1.1": "Netscape Public License 1.1",
    "OFL-1.1": "SIL OFL 1.1|SIL Open Font License 1.1 (OFL-1.1)",
    "OLDAP-2.8": "OpenLDAP 2.8|OpenLDAP Public License 2.8",
    "PSF-2.0": "PSF|PSFL|Python Software Foundation|Python Software Foundation License 2|PSF License Version 2",
    "UPL-1.0": "UPL|Universal Permissive License|Universal Permissive License (UPL)",
    "WTFPL": "Do What The Fuck You Want To Public License (WTFPL)",
    "Zlib": "zlib/libpng|zlib libpng License",
    "ZPL-2.1": "Zope Public License 2.1 (ZPL)",
}
"""Expression → other ways in which people name just this licence."""

_AMBIGUOUS = {"w3c"}
"""Squeezed words that an id of the list matches, though several versions go by that name: only the very id counts."""

_EXCEPTIONS = {"bison": "Bison-exception-2.2", "classpath": "Classpath-exception-2.0"}
"""Unversioned names for which the list has several ids, but whose users all mean one."""

_GNU = re.compile(
    r"(?:gnu)?(?P<family>(?P<l>lessergeneralpublic|librarygeneralpublic|lessergpl|librarygpl|lgpl)"
    r"|(?P<a>afferogeneralpublic|afferogpl|agpl)|(?P<g>generalpublic|gpl)|(?P<f>freedocumentation|gfdl|fdl))"
    r"(?P<version>[123](?:\.[123])?)"
    r"(?P<later>\+|(?:or|and)(?:atyouroption)?(?:any)?(?:later|newer|greater|higher|above))?(?:only)?"
)
_STOP_WORDS = {"the", "license", "licenses", "licence", "licensed", "version", "v", "ver"}


def normalise(text: str) -> tuple[str | None, dict[str, str]]:
    """Give the SPDX expression for what a package says of its licence, and the words behind each LicenseRef in it.

    None where it says nothing ("UNKNOWN", "").  Reads expressions, names, abbreviations, trove classifiers, "MIT or
    Apache 2.0".
    """
    expression, words = _normalise(text)
    return expression, dict(words)


@lru_cache(maxsize=4096)
def _normalise(text: str) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    words = " ".join(text.split())
    if "::" in words:
        words = words.rpartition("::")[2].strip()
        if words in ("OSI Approved", "DFSG approved"):  # a family of licences, not one of them
            return None, ()
    if words.casefold() in _NOTHING:
        return None, ()
    if len(text.strip()) <= MAX_WORDS:
        if is_expression(words) and not _names_other_document(words):
            expression = parse_expression(words)
            return expression, tuple((name, name) for name in references_in(expression))
        found = read_words(words, known_licence)
        if found is not None:
            return found, ()
        name = make_reference(words)
        return name, ((name, words),)
    name = make_reference("text", text.strip())
    return name, ((name, text.strip()),)


def find_licence(id: str) -> LicenceEntry | None:
    """Give the list's entry for an id, in any case."""
    return licence_list().licences.get(id.lower())


def make_reference(words: str, text: str = "") -> str:
    """Give the `LicenseRef-…` name for words that are no SPDX licence, or for a `text` that goes by these words.

    Two texts never share a name, so that one document can hold them all: where the words do not tell everything, a
    piece of the text's SHA-256 does.
    """
    safe = re.sub(r"[^A-Za-z0-9.]+", "-", words)[:48].strip("-.")
    text = text or words
    if safe != text:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        safe = f"{safe}-{digest}" if safe else digest
    return f"LicenseRef-{safe}"


def known_licence(words: str) -> str | None:
    """Give the expression for one licence's name ("GNU GPL v3 or later"), None where it is not sure which is meant."""
    found = licence_id(words)
    if found is not None:
        return found
    found = _named(words)
    if found is None:
        match = re.fullmatch(r"(.+?)\s*\(([^()]*)\)", words)  # "Zero-Clause BSD (0BSD)": both must say the same
        if match:
            outer, inner = _named(match[1]), _named(match[2])
            found = outer if outer == inner else None
    return found or _with_exception(words)


def _named(words: str) -> str | None:
    key = _squeeze(words)
    if not key or key in _AMBIGUOUS:
        return None
    gnu = _GNU.fullmatch(key)
    if gnu:
        family = "LGPL" if gnu["l"] else "AGPL" if gnu["a"] else "GPL" if gnu["g"] else "GFDL"
        version = gnu["version"] if "." in gnu["version"] else gnu["version"] + ".0"
        return licence_id(f"{family}-{version}{'-or-later' if gnu['later'] else '-only'}")
    found = _names().get(key)
    if found is None and key.endswith("+"):
        found = _names().get(key[:-1])
        return f"{found}+" if found and " " not in found and not found.endswith("-only") else None
    return found


def _with_exception(words: str) -> str | None:
    name, sep, exception = re.sub(r"\s+with\s+", "\0", words, count=1, flags=re.IGNORECASE).partition("\0")
    if not sep:
        return None
    licence = licence_id(name) or _named(name)
    key = re.sub(r"exceptions?$", "", _squeeze(exception))
    found = _EXCEPTIONS.get(key) or _exceptions().get(key)
    return f"{licence} WITH {found}" if licence and found and " " not in licence else None


def read_words(words: str, leaf: Callable[[str], str | None]) -> str | None:
    """Read names of licences joined by "and", "or" and parentheses; None as soon as `leaf` gives None for one of them.

    ", and" and ", or" bind less tightly than the bare words, as in Debian's copyright files (copyright-format 1.0,
    section 7.2).
    leaf: gives the expression for the words of one licence.
    """
    return _read(words, leaf, 0)


_CUTS = (
    ("AND", re.compile(r",\s*and\s+", re.IGNORECASE)),
    ("OR", re.compile(r",\s*or\s+(?!later\b|newer\b|any\b)", re.IGNORECASE)),
    (
        "OR",
        re.compile(r"\s+or\s+(?!(?:any\s+)?(?:later|newer|greater|higher|above)\b|\(at your option\))", re.IGNORECASE),
    ),
    ("AND", re.compile(r"\s+and\s+(?!(?:any\s+)?(?:later|newer|above)\b)", re.IGNORECASE)),
)


def _read(words: str, leaf: Callable[[str], str | None], depth: int) -> str | None:
    words = words.strip()
    known = known_licence(words)  # first, for "Common Development and Distribution License" is one name
    if known is not None or depth > MAX_DEPTH:
        return known
    for operator, cut in _CUTS:
        parts = _split(words, cut)
        if len(parts) > 1:
            found = [_read(part, leaf, depth + 1) for part in parts]
            return combine([f for f in found if f is not None], operator) if None not in found else None
    if words.startswith("(") and words.endswith(")"):
        return _read(words[1:-1], leaf, depth + 1)
    return leaf(words) if words else None


def _split(words: str, cut: re.Pattern[str]) -> list[str]:
    """Split at `cut` outside of parentheses."""
    parts, start, depth = [], 0, 0
    for match in re.finditer(rf"[()]|{cut.pattern}", words, re.IGNORECASE):
        if match[0] == "(":
            depth += 1
        elif match[0] == ")":
            depth -= 1
        elif depth == 0:
            parts.append(words[start : match.start()])
            start = match.end()
    return [*parts, words[start:]]


def _names_other_document(words: str) -> bool:
    return "DocumentRef-" in words  # a reference into a document that is not here says nothing


def _squeeze(words: str) -> str:
    """Give what is left of a name without case, punctuation, fillers and ".0"; "" where it holds anything unusual.

    "GPL (>= 2)" must not become "GPL 2", so characters that could carry a meaning end it.
    """
    if re.search(r"[^\w\s.,'\"()/:;+®™-]", words) or not words.isascii():
        return ""
    text = re.sub(r"(?<=[a-z])v(?=\d)|[^a-z0-9.+]+", " ", words.casefold())
    tokens = [re.sub(r"^v(?=\d)", "", token).strip(".") for token in text.split()]
    return "".join(re.sub(r"(?<=\d)\.0(?=\+?$)", "", token) for token in tokens if token not in _STOP_WORDS)


@cache
def _names() -> dict[str, str]:
    """Give squeezed names → expressions, of the list and the aliases; a name that two licences share is left out."""
    found: dict[str, set[str]] = {}
    for entry in licence_list().licences.values():
        for words in (entry.id, entry.name):
            found.setdefault(_squeeze(words), set()).add(licence_id(entry.id) or entry.id)
    names = {key: min(ids) for key, ids in found.items() if key and len(ids) == 1}
    for expression, words in _ALIASES.items():
        names.update((_squeeze(alias), expression) for alias in words.split("|"))
    return names


@cache
def _exceptions() -> dict[str, str]:
    """Give squeezed names → exception ids: in full, by id, and without the version where only one is so named."""
    found: dict[str, set[str]] = {}
    for entry in licence_list().exceptions.values():
        base = re.sub(r"-exception(?=-|$)", "", entry.id)
        for words in (entry.id, entry.name, base, re.sub(r"-[0-9.]+$", "", base)):
            found.setdefault(re.sub(r"exceptions?$", "", _squeeze(words)), set()).add(entry.id)
    return {key: min(ids) for key, ids in found.items() if key and len(ids) == 1}
