r"""The usual words by which a file says under which licence it is, and who holds the copyright.

    read_tags("// SPDX-License-Identifier: MIT")                                 # ("MIT",)
    read_notices("Licensed under the Apache License, Version 2.0 (the …")        # ("Apache-2.0",)
    read_copyrights("Copyright (c) 2019-2024 Jane Doe\nCopyright 2024 Acme")     # both lines

Specs: SPDX 2.3, Annex E (tags in files); the "how to apply" notices of the licences themselves; REUSE 3.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.errors import InputError
from custody.inventory.licence_texts.words import COPYRIGHT_LINE
from custody.model.licence import parse_expression

__all__ = ["read_copyrights", "read_exceptions", "read_gnu_notices", "read_notices", "read_tags", "sets_conditions"]

MAX_TAGS = 200
MAX_NOTICE = 200
"""Characters of one copyright line, and lines that are kept."""
MAX_NOTICES = 12

_TAG = re.compile(r"SPDX-License-Identifier:[ \t]*([^\n]{1,300})")
_END = re.compile(r"\s*(?:\*/|-->|\*\)|#\}|\"\"\"|''').*$")
_SPACE = re.compile(r"[\s*#/|]+")
_GNU = re.compile(
    r"GNU (?P<family>(?:Lesser |Library |Affero )?General Public License),? ?(?:\([AL]?GPL\) )?as published by the "
    r"Free Software Foundation[,;] ?(?:either )?\(?version (?P<version>[123](?:\.[01])?)(?: of the License)?\)?"
    r"(?P<later>[,;]? ?or \(?at your option\)? any later version)?(?P<only> only)?",
    re.IGNORECASE,
)
_FAMILIES = {"": "GPL", "lesser": "LGPL", "library": "LGPL", "affero": "AGPL"}
_PHRASES = (
    (re.compile(r"licensed under the Apache License,? Version 2\.0", re.IGNORECASE), "Apache-2.0"),
    (
        re.compile(r"subject to the terms of the Mozilla Public License,? v\. ?2\.0", re.IGNORECASE),
        "MPL-2.0",
    ),
    (re.compile(r"Distributed under the Boost Software License,? Version 1\.0", re.IGNORECASE), "BSL-1.0"),
    (
        re.compile(
            r"Licensed under the (?:EUPL|European Union Public Licen[cs]e),? (?:Version|v\.?) ?1\.2", re.IGNORECASE
        ),
        "EUPL-1.2",
    ),
)
_EXCEPTIONS = (
    (re.compile(r"LLVM Exceptions to the Apache 2\.0 License", re.IGNORECASE), "Apache-2.0", "LLVM-exception"),
    (
        re.compile(
            r"Linking this library statically or dynamically with other modules is making a combined work",
            re.IGNORECASE,
        ),
        "GPL-2.0",
        "Classpath-exception-2.0",
    ),
    (re.compile(r"GCC RUNTIME LIBRARY EXCEPTION", re.IGNORECASE), "GPL-3.0", "GCC-exception-3.1"),
)
"""What is read for, the family of licences that it is added to, and the exception."""
_CONDITION = re.compile(
    r"""non\ ?commercial|\bcommercial|\bcommons\ clause
    |\b(?:may|must|shall|can)\ ?not\b(?!(?:\ be)?(?:\ used)?(?:\ to\ endorse|\ \.|$)|\ use\ this\ \w+\ except)
    |\bprohibited|\bforbidden|\b(?:only|solely|exclusively)\ (?:for|in|with|by|to)\b|\bevil\b|\bethical|\bmilitary\b
    |\bevaluation|\bacademic|\beducational|\bresearch\ purposes|\bpersonal\ use|\broyalt""",
    re.VERBOSE,
)
"""Words that may make another licence of a usual one."""
_APPENDIX = re.compile(
    r"How to Apply These Terms to Your New |APPENDIX: How to apply the Apache License|Exhibit A - Source", re.IGNORECASE
)
_HOLDER = re.compile(r"[A-Za-z]{2}")
_TEMPLATE = re.compile(
    r"<year>|\[year\]|\[yyyy\]|<name of |\{yyyy\}|\[fullname\]|<copyright holder|\byyyy\b", re.IGNORECASE
)


def read_tags(text: str) -> tuple[str, ...]:
    """Give the expressions of the SPDX tags, sorted, each once; one that is no expression is left out."""
    found: set[str] = set()
    for count, match in enumerate(_TAG.finditer(text)):
        if count >= MAX_TAGS:
            break
        try:
            found.add(parse_expression(_END.sub("", match[1]).strip(" \t\r*\"'")))
        except InputError:
            continue
    return tuple(sorted(found))


def read_notices(text: str) -> tuple[str, ...]:
    """Give the licences that a file names as its own, sorted; not the examples at the end of a licence's text."""
    words = _SPACE.sub(" ", _before_appendix(text))
    return tuple(sorted({expression for pattern, expression in _PHRASES if pattern.search(words)} | {*_gnu(words)}))


def read_gnu_notices(text: str) -> tuple[str, ...]:
    """Give the GNU licences among them. They say what the text leaves open: whether later ones count."""
    return tuple(sorted({*_gnu(_SPACE.sub(" ", _before_appendix(text)))}))


def _gnu(words: str) -> Iterator[str]:
    for match in _GNU.finditer(words):
        kind = _FAMILIES[match["family"].lower().replace("general public license", "").strip()]
        version = match["version"] if "." in match["version"] else f"{match['version']}.0"
        yield f"{kind}-{version}-{'or-later' if match['later'] else 'only'}"


def read_exceptions(text: str) -> tuple[tuple[str, str], ...]:
    """Give (family of licences, exception) of the exceptions that stand in a file."""
    words = _SPACE.sub(" ", text)
    return tuple((family, exception) for pattern, family, exception in _EXCEPTIONS if pattern.search(words))


def sets_conditions(words: str) -> bool:
    """Say whether words, in lower case and joined by blanks, sound like a condition that a licence does not have."""
    return _CONDITION.search(words) is not None


def _before_appendix(text: str) -> str:
    match = _APPENDIX.search(text)
    return text[: match.start()] if match else text


def read_copyrights(text: str) -> tuple[str, ...]:
    """Give the copyright notices of a file in their order, each once, on one line; not a licence's examples."""
    found: dict[str, None] = {}
    for line in _notices(_before_appendix(text)):
        if len(found) >= MAX_NOTICES:
            break
        found.setdefault(line)
    return tuple(found)


def _notices(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if not COPYRIGHT_LINE.match(line[:200]) or len(line) > 2 * MAX_NOTICE:
            continue
        words = " ".join(line.lstrip(" \t*#/;|<>!-\"'").rstrip(" \t\r*/\"'").split())
        holder = re.sub(
            r"copyright|\(c\)|©|all rights reserved|[\d\s,.\u2013-]|present", "", words, flags=re.IGNORECASE
        )
        # "Copyright and related rights …" is a sentence of a licence; a notice names a year or begins with the sign
        says_who = re.search(r"\b(?:19|20)\d\d\b|\(c\)|©", words, re.IGNORECASE)
        if says_who and _HOLDER.search(holder) and not _TEMPLATE.search(words):
            yield words[:MAX_NOTICE]
