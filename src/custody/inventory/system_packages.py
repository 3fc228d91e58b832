"""What the catalogers of operating system packages share: the vendor, the supplier, who provides what, dates.

    purl = system_purl("apk", "musl", "1.2.4-r2", "x86_64", read_distribution(tree))
    str(purl)                            # pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=alpine-3.18.4
    supplier("Jane Doe <jane@x.example>")            # Person: Jane Doe (jane@x.example)

Spec: purl-spec, the types alpm, apk, deb, rpm: the namespace is the vendor, `distro` its release.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from custody.inventory.interface import Tree
from custody.inventory.os_release import read_distribution
from custody.model import Dependency, Distribution, Purl

__all__ = [
    "MAX_CANDIDATES",
    "Providers",
    "asked_for",
    "moment",
    "remembered",
    "supplier",
    "system_id",
    "system_purl",
]

T = TypeVar("T")

MAX_CANDIDATES = 100
"""Packages that one requirement may lead to; no real system comes near. Else edges grow with the square of the file."""

_VENDORS = {"rhel": "redhat", "sles": "suse", "sled": "suse", "sle_hpc": "suse"}
"""os-release's ID → the vendor in purls, where Red Hat's and SUSE's own advisories write another word."""

_TEAM = re.compile(
    r"\b(team|developers|maintainers|group|project|packagers|committee|llc|inc|ltd|gmbh|foundation)\b", re.IGNORECASE
)


def system_purl(
    type: str,
    name: str,
    version: str,
    architecture: str,
    distribution: Distribution | None,
    *,
    qualifiers: Iterable[tuple[str, str]] = (),
) -> Purl:
    """Give the purl of a distribution's package. Without an os-release the vendor is not known, and is not guessed."""
    vendor = tag = ""
    if distribution is not None:
        vendor, tag = _VENDORS.get(distribution.id, distribution.id), distribution.tag
        if vendor.startswith("opensuse-"):  # leap, tumbleweed, …: one vendor
            vendor = "opensuse"
    return Purl(type, name, version, vendor, (("arch", architecture), ("distro", tag), *qualifiers))


def supplier(maintainer: str) -> str:
    """Give SPDX's form of `Jane Doe <jane@debian.example>`; "" where nobody is named."""
    name, _, address = maintainer.partition("<")
    name, address = name.strip(), address.partition(">")[0].strip()
    if not name:
        return ""
    kind = "Organization" if _TEAM.search(name) or name.split()[0] in ("Debian", "Ubuntu") else "Person"
    return f"{kind}: {name} ({address})" if address else f"{kind}: {name}"


def moment(seconds: int | None) -> str:
    """Give a POSIX time as RFC 3339 in UTC, "" for none, nought and what no calendar holds."""
    if not seconds or not 0 < seconds < 253_402_300_800:  # the year 10000
        return ""
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def system_id(tree: Tree) -> str:
    """Give the id of the package that stands for the operating system, "" where nothing names it."""
    found = read_distribution(tree)
    return str(Purl("generic", found.id, found.version)) if found is not None else ""


def asked_for(tree: Tree, packages: Iterable[str]) -> Iterator[Dependency]:
    """Give the edges from the operating system to the packages (ids) that somebody asked for by name."""
    system = system_id(tree)
    if system:
        for package in sorted(set(packages)):
            yield Dependency(source=system, target=package)


class Providers:
    """Package ids by the names under which others may depend on them."""

    __slots__ = ("_by_name",)

    def __init__(self) -> None:
        """Start without any."""
        self._by_name: dict[str, list[str]] = {}

    def add(self, package: str, names: Iterable[str]) -> None:
        """Let a package (id) be found under `names`."""
        for name in names:
            known = self._by_name.setdefault(name, [])
            if len(known) < MAX_CANDIDATES and package not in known:
                known.append(package)

    def __contains__(self, name: str) -> bool:
        """Say whether anything is found under `name`."""
        return name in self._by_name

    def of(self, name: str) -> list[str]:
        """Give the packages that are found under `name`."""
        return self._by_name.get(name, [])


_remembered: WeakKeyDictionary[Tree, dict[Callable[[Any], object], Any]] = WeakKeyDictionary()


def remembered(tree: Tree, make: Callable[[Tree], T]) -> T:
    """Give `make(tree)`, made once for each tree: what all files of one database say together.

    It lives as long as the tree does, so it must not hold the tree itself.
    """
    known = _remembered.setdefault(tree, {})
    if make not in known:
        known[make] = make(tree)
    found: T = known[make]
    return found
