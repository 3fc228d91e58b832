"""What the catalogers of R share: DESCRIPTION files, names, licences.

    fields = read_description(data)             # {"Package": "R6", "Imports": "methods, cli (>= 3.0)"}
    needs(fields["Imports"])                     # [("methods", ""), ("cli", ">= 3.0")]
    licence("GPL (>= 2) | file LICENSE")         # ("GPL-2.0-or-later", ())

Specs: "Writing R Extensions", sections 1.1.1 (DESCRIPTION) and 1.1.2 (Licensing); purl-spec type `cran`.
"""

from __future__ import annotations

import re

from custody.errors import InputError
from custody.inventory.metadata import declared_licence
from custody.model import Purl
from custody.model.licence import combine

__all__ = ["BASE", "cran", "licence", "needs", "read_description", "read_name"]

BASE = "base"
"""Value of the field `Priority` of packages that are a part of R itself."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.]*")
_NEED = re.compile(r"\s*([A-Za-z][A-Za-z0-9.]*)\s*(?:\(([^)]*)\))?\s*")
_OPEN = re.compile(r"(A?GPL|LGPL)\s*\(\s*>=?\s*(\d+(?:\.\d+)*)\s*\)")
_EXACT = re.compile(r"(A?GPL|LGPL)-(\d+(?:\.\d+)*)")
_SHORT = {"BSD_2_clause": "BSD-2-Clause", "BSD_3_clause": "BSD-3-Clause", "CC0": "CC0-1.0"}


def cran(name: str, version: str = "", *, is_bioconductor: bool = False) -> Purl:
    """Give the purl of a package; those of Bioconductor have a registry and a type of their own."""
    return Purl("bioconductor" if is_bioconductor else "cran", name, version)


def read_name(text: str, where: str) -> str:
    """Give a package's name; InputError names `where`."""
    if not _NAME.fullmatch(text):
        raise InputError(where, f"expected the name of a package, got {text[:60]!r}")
    return text


def read_description(data: bytes) -> dict[str, str]:
    """Read the fields of a DESCRIPTION: a line that opens with white space continues the one before it."""
    fields: dict[str, str] = {}
    key = ""
    for line in data.decode("utf-8", "replace").splitlines():
        if line[:1] in (" ", "\t"):
            if key:
                fields[key] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        key = name.strip() if colon else ""
        if key:
            fields[key] = value.strip()
    return fields


def needs(text: str) -> list[tuple[str, str]]:
    """Read `R (>= 3.5), methods, cli (>= 3.0)`: (name, range) of the packages; R itself is none."""
    matches = [_NEED.fullmatch(part) for part in text.split(",")]
    return [(match[1], (match[2] or "").strip()) for match in matches if match and match[1] != "R"]


def licence(text: str) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Give the licence. "|" offers a choice; "+ file LICENSE" adds a copyright line or terms, and names no licence."""
    names: list[str] = []
    words: set[tuple[str, str]] = set()
    for part in text.split("|"):
        bare = re.sub(r"\s*\+?\s*file\s+LICEN[CS]E\s*", "", part).strip()
        opened, exact = _OPEN.fullmatch(bare), _EXACT.fullmatch(bare)
        if opened or exact:
            match = opened or exact
            number = (match[2] if "." in match[2] else match[2] + ".0") if match else ""
            bare = f"{match[1] if match else ''}-{number}{'-or-later' if opened else '-only'}"
        if bare.startswith("Part of R "):
            bare = ""  # it goes by R's own licence, which is not told here
        name, texts = declared_licence(_SHORT.get(bare, bare))
        if name:
            names.append(name)
            words.update(texts)
    return (combine(names, "OR"), tuple(sorted(words))) if names else (None, ())
