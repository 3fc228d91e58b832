"""One problem, many names: which records are about the same vulnerability.

Spec: OSV schema 1.7, "aliases field" (the same vulnerability; symmetric and transitive), "upstream field" (what a
distribution's record is about; not symmetric) and "related field" (close, and not the same: never looked at here).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from custody.advisories.records import Hit, Record

__all__ = ["Groups", "Problem", "preferred", "problems_of", "targets_of"]

_OF_DISTRIBUTION = re.compile(r"[A-Z]+-(CVE-\d{4}-\d{4,19})")
"""Distributions publish CVE-2024-1234 once more as DEBIAN-CVE-2024-1234: their view of the same problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """id: the preferred name; aliases: all others, sorted; hits: what records say, by the record's id and its feeds."""

    id: str
    aliases: tuple[str, ...]
    hits: tuple[Hit, ...]


def preferred(names: Iterable[str]) -> str:
    """Give the name people know it by: CVE before GHSA before the rest, the oldest first."""
    return min(names, key=lambda name: (0 if name.startswith("CVE-") else 1 if name.startswith("GHSA-") else 2, name))


class Groups:
    """Names that mean the same: a disjoint-set forest, grown from records that speak for themselves."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        """Take the records that are known; `add` takes more."""
        self._parents: dict[str, str] = {}
        self._sets: dict[str, set[str]] | None = None
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Join the id and the aliases of a record.

        A notice about several problems joins nothing: its own names are no names of any one of them.
        """
        targets = targets_of(record)
        if not targets:
            self._join([record.id, *record.aliases])
        elif len(targets) == 1 and record.aliases:
            self._join([targets[0], *(_plain(name) for name in record.aliases)])

    def root(self, name: str) -> str:
        """Give the name that stands for all that mean the same."""
        parent = self._parents.setdefault(name, name)
        while parent != self._parents[parent]:
            parent = self._parents[parent]
        self._parents[name] = parent
        return parent

    def names(self, name: str) -> set[str]:
        """Give all names that mean the same as this one, itself included."""
        root = self.root(name)
        if self._sets is None:
            self._sets = {}
            for known in list(self._parents):
                self._sets.setdefault(self.root(known), set()).add(known)
        return self._sets.get(root, {name})

    def _join(self, names: Sequence[str]) -> None:
        self._sets = None
        first = self.root(names[0])
        for name in names[1:]:
            other = self.root(name)
            first, other = min(first, other), max(first, other)
            self._parents[other] = first


def problems_of(hits: Sequence[Hit], groups: Groups | None = None) -> list[Problem]:
    """Sort the records that affect one package by the problems they are about; by preferred id.

    A record is about what its id and aliases name. One with `upstream` names, or with a CVE number inside its id, is a
    distribution's notice: it is about each of these apart, and its own id is one more name of each.
    groups: of the records of `hits`, and of whatever else is known; None for theirs alone.
    """
    groups = Groups(hit.record for hit in hits) if groups is None else groups
    about = [(target, hit) for hit in hits for target in targets_of(hit.record) or [hit.record.id]]
    members: dict[str, dict[tuple[str, str, tuple[str, ...], str], Hit]] = {}
    for name, hit in about:  # one id may come from several feeds, and one record may say two things
        members.setdefault(groups.root(name), {})[hit.record.id, hit.status, hit.record.sources, hit.said] = hit
    problems = []
    for root, found in members.items():
        names = groups.names(root) | {hit.record.id for hit in found.values()}
        best = preferred(names)
        records = tuple(found[key] for key in sorted(found))
        problems.append(Problem(id=best, aliases=tuple(sorted(names - {best})), hits=records))
    return sorted(problems, key=lambda problem: problem.id)


def targets_of(record: Record) -> list[str]:
    """Give the names of what a notice is about; none for a record that speaks for itself.

    Where `upstream` names CVEs, they are it: what else stands there (another distribution's record, GitHub's) is
    about the same ones.
    """
    names = {_plain(name) for name in record.upstream}
    own = _plain(record.id)
    if own != record.id:
        names.add(own)
    return sorted({name for name in names if name.startswith("CVE-")} or names)


def _plain(name: str) -> str:
    match = _OF_DISTRIBUTION.fullmatch(name)
    return match[1] if match else name
