"""What the catalogers of Perl share: distributions, where their archives stand, and licences in META files.

    read_pathname("D/DA/DAGOLDEN/Class-Tiny-1.008.tar.gz")    # Archive("DAGOLDEN", "Class-Tiny", "1.008")
    licence(["perl_5"])                                       # ("Artistic-1.0-Perl OR GPL-1.0-or-later", ())

Specs: CPAN::Meta::Spec version 2; purl-spec type `cpan`: the author's id is
the namespace.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from custody.inventory.metadata import declared_licence
from custody.model import Purl
from custody.model.licence import combine

__all__ = ["Archive", "cpan", "licence", "read_pathname", "split"]

_PATHNAME = re.compile(r"(?:[A-Z]/[A-Z][A-Z0-9]/)?(?P<author>[A-Z][A-Z0-9-]*)/(?:[^/]+/)*(?P<file>[^/]+)")
_ENDING = re.compile(r"\.(?:tar\.(?:gz|bz2|xz)|tgz|zip|tbz)$", re.IGNORECASE)
_DISTRIBUTION = re.compile(r"(?P<name>[A-Za-z0-9_][A-Za-z0-9_.+-]*?)-(?P<version>v?\d[A-Za-z0-9._-]*)")
_LICENCES = {
    "agpl_3": "AGPL-3.0-only",
    "apache_1_1": "Apache-1.1",
    "apache_2_0": "Apache-2.0",
    "artistic_1": "Artistic-1.0",
    "artistic_2": "Artistic-2.0",
    "bsd": "BSD-3-Clause",
    "freebsd": "BSD-2-Clause",
    "gfdl_1_2": "GFDL-1.2-only",
    "gfdl_1_3": "GFDL-1.3-only",
    "gpl_1": "GPL-1.0-only",
    "gpl_2": "GPL-2.0-only",
    "gpl_3": "GPL-3.0-only",
    "lgpl_2_1": "LGPL-2.1-only",
    "lgpl_3_0": "LGPL-3.0-only",
    "mit": "MIT",
    "mozilla_1_0": "MPL-1.0",
    "mozilla_1_1": "MPL-1.1",
    "openssl": "OpenSSL",
    "perl": "Artistic-1.0-Perl OR GPL-1.0-or-later",
    "perl_5": "Artistic-1.0-Perl OR GPL-1.0-or-later",
    "qpl_1_0": "QPL-1.0",
    "zlib": "Zlib",
}
"""The words that the specification knows; "perl" and "mit" also in its version 1.4. "open_source", "restricted",
"unrestricted" and "unknown" name no licence."""
_NO_NAME = frozenset({"open_source", "restricted", "restrictive", "unrestricted", "unknown"})


class Archive(NamedTuple):
    """A distribution as it was released. author: CPAN's id of who released it, "" where it is not known."""

    author: str
    name: str
    version: str


def cpan(name: str, version: str = "", author: str = "") -> Purl:
    """Give the purl of a distribution."""
    return Purl("cpan", name, version, namespace=author)


def split(text: str) -> tuple[str, str] | None:
    """Give name and version of `Class-Tiny-1.008`; None where nothing at the end is a version."""
    match = _DISTRIBUTION.fullmatch(text)
    return (match["name"], match["version"]) if match else None


def read_pathname(text: str) -> Archive | None:
    """Read the path of an archive below `authors/id/`; None where it has no such form."""
    match = _PATHNAME.fullmatch(text)
    found = split(_ENDING.sub("", match["file"])) if match else None
    return Archive(match["author"], *found) if match and found else None


def licence(words: Iterable[str]) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Give the licence. Of several any may be chosen: the specification says they may each be used."""
    stated = [declared_licence(_LICENCES.get(word, word)) for word in words if word not in _NO_NAME]
    names = [name for name, _ in stated if name]
    return (
        (combine(names, "OR"), tuple(sorted({pair for _, texts in stated for pair in texts}))) if names else (None, ())
    )
