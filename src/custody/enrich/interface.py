"""The seam of a service: what it is asked about a package, and what its answer says.

A service is one file in `services/` with `SERVICE`. Both its functions are pure; asking, remembering and filling are
the room's. A third party's answer is untrusted: `read` gives facts, or raises InputError, whatever the bytes are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from custody.model import Checksum, Package

__all__ = ["FIELDS", "Facts", "Licence", "Question", "Service"]

FIELDS = (
    "licence_declared",
    "released",
    "homepage",
    "originator",
    "supplier",
    "description",
    "download_location",
    "checksums",
)
"""The fields of `Package` that an answer can fill, as the summary lists them."""

Licence = tuple[str | None, tuple[tuple[str, str], ...]]
"""An SPDX expression (None: nobody said), and the words behind each LicenseRef in it."""

MOST_BYTES = 4 << 20
"""What one answer about one version may have; the largest seen had a tenth of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request. path: below the service's address; kind: for `read`, where a service asks several things.

    gives: the fields that the answer can fill; it is asked only when one of them is empty. checks: the answer has
    checksums to hold ours against, so it is asked, and before the others, also where it has nothing to fill.
    costly: large; asked after all services had their say. brief: what of the answer is worth remembering.
    otherwise: what to ask where there is no such page.
    """

    path: str
    gives: tuple[str, ...]
    kind: str = ""
    accept: str = "application/json"
    checks: bool = False
    costly: bool = False
    max_bytes: int = MOST_BYTES
    brief: Callable[[bytes], bytes] | None = None
    otherwise: Question | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an answer says of one version, under the names of `Package`; "" and () where it does not say.

    checksums: of the one file that the package is, where that is certain. known: of every file of the version: ours
    must be among them. further: what must be asked to know more (a parent's licence), at the same service.
    """

    licence: Licence = (None, ())
    released: str = ""
    homepage: str = ""
    originator: str = ""
    supplier: str = ""
    description: str = ""
    download_location: str = ""
    checksums: tuple[Checksum, ...] = ()
    known: tuple[Checksum, ...] = ()
    further: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service. types: purl types that it knows.

    questions: what to ask of a package at an address; read: (answer, package, question) → facts, or InputError.
    """

    name: str
    title: str
    types: tuple[str, ...]
    questions: Callable[[Package, str], tuple[Question, ...]]
    read: Callable[[bytes, Package, Question], Facts]
