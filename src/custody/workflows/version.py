"""Compare versions by the rules of an ecosystem, one pair or a whole file of statements."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from custody.advisories.ecosystems import BY_TYPE
from custody.advisories.interface import Ordering
from custody.advisories.versions import HOMES, ordering_of, orderings
from custody.errors import InputError, UsageError

__all__ = ["Comparison", "Disagreement", "Unreadable", "check_statements", "compare", "ordering_named"]

_STATEMENT = re.compile(r"(?P<a>\S+)\s+(?:(?P<sign>[<=>])\s+(?P<b>\S+)|invalid)")
_OTHER_NAMES = {
    **dict.fromkeys(("alpm", "arch", "arch linux", "archlinux"), "pacman"),
    **dict.fromkeys(("amazon", "amazon linux", "centos", "fedora", "oracle", "oracle linux"), "rpm"),
    **dict.fromkeys(("redhat", "rhel", "rocky", "opensuse-leap", "sles", "mariner", "azurelinux", "photon"), "rpm"),
    **dict.fromkeys(("ebuild", "portage"), "gentoo"),
    "apk": "alpine",
    "deb": "debian",
    "dpkg": "debian",
    "pip": "pep440",
}
"""What else people and purls call an ecosystem → its ordering."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A line of a file that states something else than the ordering finds.

    line: from 1; stated, found: "<", "=" or ">"; or "invalid" and "valid", with b "", of what is said to be no version.
    """

    line: int
    a: str
    b: str
    stated: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A line that is no statement about two versions of the ecosystem, and why. line: from 1."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What became of a file. compared: how many statements could be checked."""

    compared: int
    disagreements: tuple[Disagreement, ...]
    unreadable: tuple[Unreadable, ...]


def ordering_named(ecosystem: str) -> Ordering:
    """Give the ordering of an OSV ecosystem (with or without release), of a purl type, or by its own name; any case.

    UsageError names what is near.
    """
    base, colon, release = ecosystem.strip().partition(":")
    wanted = base.strip().casefold()
    names = {name.casefold(): name for name in HOMES} | BY_TYPE
    if wanted in names:
        found = ordering_of(names[wanted] + colon + release) or ordering_of(names[wanted])
        if found is not None:
            return found
    by_name = {ordering.name: ordering for ordering in orderings()}
    by_ecosystem = {name.casefold(): ordering for ordering in orderings() for name in ordering.ecosystems}
    ordering = by_name.get(_OTHER_NAMES.get(wanted, wanted)) or by_ecosystem.get(wanted)
    if ordering is None and release:  # TuxCare:Alpine:v3.16
        vendors = {"root": "Root", "tuxcare": "TuxCare", "docker hardened images": "Docker Hardened Images"}
        ordering = ordering_of(f"{vendors.get(wanted, base)}:{release}")
    if ordering is not None:
        return ordering
    near = difflib.get_close_matches(wanted, [*names, *by_name, *by_ecosystem, *_OTHER_NAMES], n=4)
    shown = sorted({names.get(name, name) for name in near})
    fix = f"did you mean {' or '.join(map(repr, shown))}?" if shown else f"orderings are {', '.join(sorted(by_name))}"
    raise UsageError("", f"no versions of an ecosystem {ecosystem!r} are known", fix)


def compare(ordering: Ordering, a: str, b: str) -> str:
    """Give "<", "=" or ">". InputError: one of the two is no version of the ecosystem."""
    first, second = ordering.key(a), ordering.key(b)
    return "<" if first < second else ">" if first > second else "="


def check_statements(ordering: Ordering, lines: Iterable[str]) -> Comparison:
    """Check lines `A < B`, `A = B`, `A > B` and `A invalid`; empty ones and comments (`#`) are passed over."""
    compared, disagreements, unreadable = 0, [], []
    for number, line in enumerate(lines, start=1):
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if not text:
            continue
        match = _STATEMENT.fullmatch(text)
        if match is None:
            reason = "expected `A < B`, `A = B` or `A > B`, with spaces around the sign"
            unreadable.append(Unreadable(line=number, text=text, reason=reason))
            continue
        a, b, stated = match["a"], match["b"] or "", match["sign"] or "invalid"
        try:
            found = compare(ordering, a, b) if b else _validity(ordering, a)
        except InputError as error:
            unreadable.append(Unreadable(line=number, text=text, reason=error.what))
            continue
        compared += 1
        if found != stated:
            disagreements.append(Disagreement(line=number, a=a, b=b, stated=stated, found=found))
    return Comparison(compared=compared, disagreements=tuple(disagreements), unreadable=tuple(unreadable))


def _validity(ordering: Ordering, version: str) -> str:
    try:
        ordering.key(version)
    except InputError:
        return "invalid"
    return "valid"
