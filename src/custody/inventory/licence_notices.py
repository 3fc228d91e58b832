r"""Licences told by their own words: which one a LICENSE file is.

    read_notice(b"MIT License\n\nCopyright …")        # "MIT"
    concluded(package, ("vendor/example.org/x",), tree)  # the package, with the licence of the folder's LICENSE file

Each licence has sentences that only its text has; a file with the sentences of several is under all of them. A text
that says no version ("or any later version" stands in none of the GPL's own texts) gives nothing: what is not sure is
not concluded. Spec: SPDX 2.3, section 7.13, and annex B for the words that do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from custody.inventory.interface import Tree
from custody.model import Package
from custody.model.licence_expression import combine, licence_id

__all__ = ["NOTICE_NAMES", "concluded", "read_notice"]

NOTICE_NAMES = (
    "LICENSE",
    "LICENSE.md",
    "LICENSE.txt",
    "LICENCE",
    "LICENCE.md",
    "LICENCE.txt",
    "COPYING",
    "COPYING.txt",
    "License",
    "LICENSE-MIT",
    "LICENSE-APACHE",
)
MAX_NOTICE = 200_000
"""Bytes of a notice that are read: the GPL has 35 thousand, and collections of notices repeat themselves."""

_TAG = re.compile(r"SPDX-License-Identifier:\s{0,4}([A-Za-z0-9.+-]{1,60})\s*$", re.MULTILINE)
_REDISTRIBUTION = "redistribution and use in source and binary forms, with or without modification, are permitted"
_ENDORSE = ("neither the name", "may not be used to endorse or promote", "not be used to endorse or promote")
_ADVERTISING = "all advertising materials mentioning features"
_SENTENCES = (
    ("Apache-2.0", ("apache license version 2.0, january 2004",), ()),
    ("Apache-2.0", ("licensed under the apache license, version 2.0",), ()),
    (
        "MIT",
        (
            "permission is hereby granted, free of charge, to any person obtaining a copy of this software",
            "copyright notice and this permission notice shall be included in all copies",
        ),
        ("except as contained in this notice, the name",),
    ),
    ("BSD-4-Clause", (_REDISTRIBUTION, _ADVERTISING, "endorse or promote"), ()),
    (
        "BSD-2-Clause",
        (_REDISTRIBUTION, "redistributions in binary form must reproduce"),
        (*_ENDORSE, _ADVERTISING, "endorse"),
    ),
    ("ISC", ("distribute this software for any purpose with or without fee is hereby granted, provided that the",), ()),
    ("MPL-2.0", ("mozilla public license version 2.0 1. definitions",), ()),
    ("MPL-2.0", ("mozilla public license, version 2.0 1. definitions",), ()),
    ("Unlicense", ("this is free and unencumbered software released into the public domain",), ()),
    ("CC0-1.0", ("cc0 1.0 universal",), ()),
    ("BSL-1.0", ("boost software license - version 1.0",), ()),
    ("EPL-2.0", ("eclipse public license - v 2.0",), ()),
)
"""(licence, what its text says, what it does not)."""


def read_notice(data: bytes) -> str | None:
    """Give the SPDX expression for what a licence file holds, None where that is not sure."""
    text = data[:MAX_NOTICE].decode("utf-8", "replace")
    tags = [tag for word in _TAG.findall(text) if (tag := licence_id(word))]
    if tags:
        return combine(sorted(set(tags)))
    plain = re.sub(r"[=*#>\"'`]+|//", " ", text.lower())
    plain = " ".join(plain.split())
    found = {
        licence
        for licence, has, lacks in _SENTENCES
        if all(sentence in plain for sentence in has) and not any(sentence in plain for sentence in lacks)
    }
    if _REDISTRIBUTION in plain and any(word in plain for word in _ENDORSE) and _ADVERTISING not in plain:
        found.add("BSD-3-Clause")
    return combine(sorted(found)) if found else None


def concluded(package: Package, folders: Iterable[str], tree: Tree) -> Package:
    """Give a package with the licence that the first of its folders with a licence file shows."""
    for folder in folders:
        read = {}
        for name in NOTICE_NAMES:
            notice = tree.get(f"{folder}/{name}")
            expression = read_notice(notice.data) if notice is not None else None
            if notice is not None and expression is not None:
                read[notice.path] = expression
        if read:
            expression = combine(sorted(set(read.values())), "OR" if _is_choice(read) else "AND")
            return replace(package, licence_concluded=expression, licence_files=tuple(sorted(read)))
    return package


def _is_choice(read: dict[str, str]) -> bool:
    """Say whether the files are the two of Rust's custom, by which one may choose: LICENSE-MIT and LICENSE-APACHE."""
    return len(read) > 1 and all("LICENSE-" in path for path in read)
