"""One problem, many names: which records are about the same vulnerability.

Spec: OSV schema 1.7, "aliases field" (the same vulnerability; symmetric and transitive) and "upstream field" (what
a distribution's record is about; not symmetric).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from custody.advisories.database import Hit

__all__ = ["Problem", "preferred", "problems_of"]

_OF_DISTRIBUTION = re.compile(r"[A-Z]+-(CVE-\d{4}-\d{4,19})")
"""Distributions publish CVE-2024-1234 once more as DEBIAN-CVE-2024-1234: their view of the same problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """id: the preferred name; aliases: all others, sorted; hits: the records that matched, by id."""

    id: str
    aliases: tuple[str, ...]
    hits: tuple[Hit, ...]


def preferred(names: set[str]) -> str:
    """Give the name people know it by: CVE before GHSA before the rest, the oldest first."""
    return min(names, key=lambda name: (0 if name.startswith("CVE-") else 1 if name.startswith("GHSA-") else 2, name))


def problems_of(hits: Sequence[Hit]) -> list[Problem]:
    """Sort the records that affect one package by the problems they are about; by preferred id.

    A record is about what its id and aliases name. One with `upstream` names, or with a CVE number inside its id, is a
    distribution's notice: it is about each of these apart, and its own id is one more name of each.
    """
    groups = _Groups()
    about: list[tuple[str, Hit]] = []
    for hit in hits:
        targets = _targets(hit)
        if targets:
            about += [(target, hit) for target in targets]
        else:
            groups.join([hit.record.id, *hit.record.aliases])
            about.append((hit.record.id, hit))
    members: dict[str, dict[str, Hit]] = {}
    for name, hit in about:
        members.setdefault(groups.root(name), {})[hit.record.id] = hit
    problems = []
    groups_of = groups.sets()
    for root, found in members.items():
        names = groups_of[root] | set(found)
        best = preferred(names)
        records = tuple(found[name] for name in sorted(found))
        problems.append(Problem(id=best, aliases=tuple(sorted(names - {best})), hits=records))
    return sorted(problems, key=lambda problem: problem.id)


def _targets(hit: Hit) -> list[str]:
    """Give the names of what a notice is about; none for a record that speaks for itself.

    Where `upstream` names CVEs, they are it: what else stands there (another distribution's record, GitHub's) is
    about the same ones.
    """
    names = {_plain(name) for name in hit.record.upstream}
    own = _plain(hit.record.id)
    if own != hit.record.id:
        names.add(own)
    return sorted({name for name in names if name.startswith("CVE-")} or names)


def _plain(name: str) -> str:
    match = _OF_DISTRIBUTION.fullmatch(name)
    return match[1] if match else name


class _Groups:
    """Names that mean the same: a disjoint-set forest."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def root(self, name: str) -> str:
        parent = self._parents.setdefault(name, name)
        while parent != self._parents[parent]:
            parent = self._parents[parent]
        self._parents[name] = parent
        return parent

    def join(self, names: Sequence[str]) -> None:
        first = self.root(names[0])
        for name in names[1:]:
            other = self.root(name)
            first, other = min(first, other), max(first, other)
            self._parents[other] = first

    def sets(self) -> dict[str, set[str]]:
        sets: dict[str, set[str]] = {}
        for name in list(self._parents):
            sets.setdefault(self.root(name), set()).add(name)
        return sets
