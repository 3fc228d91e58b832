"""The seam between a framework's controls and the queries that look for evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from custody.errors import InputError
from custody.fields import Fields
from custody.model import Artifact, CitedEvidence, Evidence, predicate_alias, predicate_types

__all__ = ["Answer", "Material", "Query", "contradicts", "counted", "day", "newest", "supports"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What an assessment looks at.

    verified: evidence about `artifact` that a trusted signer stands behind. unverified: all the rest; it is named, and
    nothing rests on it. now: aware UTC datetime. checkpoint: the ledger's, "" where there is none.
    """

    artifact: Artifact
    now: dt.datetime
    verified: tuple[Evidence, ...]
    unverified: tuple[Evidence, ...] = ()
    checkpoint: str = ""

    @classmethod
    def gather(cls, artifact: Artifact, evidence: Sequence[Evidence], now: dt.datetime, checkpoint: str) -> Material:
        """Sort evidence into what counts and what does not: a query cannot forget to check."""
        good = [e for e in evidence if e.signer is not None and e.statement.is_about(artifact.digest)]
        rest = [e for e in evidence if e not in good]
        return cls(
            artifact=artifact,
            now=now,
            verified=tuple(sorted(good, key=_order)),
            unverified=tuple(sorted(rest, key=_order)),
            checkpoint=checkpoint,
        )

    def of(self, kind: str) -> list[Evidence]:
        """Give the verified evidence of one kind: a short name ("spdxjson"), or a predicate type."""
        return [item for item in self.verified if item.predicate_type in predicate_types(kind)]

    def lack(self, kind: str, what: str) -> str:
        """Say that there is no verified evidence of a kind, and what there is that nothing may rest on."""
        useless = [item for item in self.unverified if item.predicate_type in predicate_types(kind)]
        if not useless:
            return f"no {what} was found"
        problem = useless[0].problem or "it is not about this artifact"
        return f"no verified {what}: {counted(len(useless), 'bundle')} found but not verified ({problem})"


def _order(item: Evidence) -> tuple[str, str, str]:
    return (predicate_alias(item.predicate_type), str(item.digest), item.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query found.

    cited: facts for and against. missing: what it looked for and did not get, in plain words. Neither means that there
    was nothing to look for (no exception was granted, so none can lack an owner).
    """

    cited: tuple[CitedEvidence, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query: a module of `queries/` declares one as `QUERY`.

    name: as frameworks refer to it. looks_for: what it wants to find, for people.
    read: turns the parameters beside `query:` into a value, or raises InputError with the field's path.
    ask: looks at the material; pure, and raises nothing, whatever the predicates hold.
    """

    name: str
    looks_for: str
    read: Callable[[Fields], Any]
    ask: Callable[[Material, Any], Answer]


def supports(item: Evidence, text: str) -> CitedEvidence:
    """Cite a fact that speaks for a control."""
    return CitedEvidence(text=text, outcome="supports", digest=item.digest, source=predicate_alias(item.predicate_type))


def contradicts(item: Evidence, text: str) -> CitedEvidence:
    """Cite a fact that speaks against a control."""
    return CitedEvidence(
        text=text, outcome="contradicts", digest=item.digest, source=predicate_alias(item.predicate_type)
    )


def newest(
    items: Sequence[Evidence], parse: Callable[[Evidence], T], stated_at: Callable[[T], dt.datetime | None]
) -> tuple[T, Evidence] | str:
    """Give the latest readable predicate of `items` with its evidence, or a text that says why none can be read.

    One that states no time is older than any that does; of two with the same time the first of `items` wins.
    """
    found: list[tuple[dt.datetime, T, Evidence]] = []
    problem = "there is none"
    for item in items:
        try:
            value = parse(item)
        except InputError as error:
            problem = str(error)
            continue
        found.append((stated_at(value) or dt.datetime.min.replace(tzinfo=dt.UTC), value, item))
    if not found:
        return problem
    _, value, item = max(found, key=lambda entry: entry[0])
    return value, item


def counted(number: int, noun: str) -> str:
    """Give "1 package", "2 packages", "2 entries"."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun[-1] == "y" and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{number:,} {plural}"


def day(moment: dt.datetime) -> str:
    """Give the day in UTC: 2026-11-22."""
    return moment.astimezone(dt.UTC).date().isoformat()
