"""A database made of the model's values: for what no OSV dump can say (statuses, EPSS, KEV, CPE products)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from custody.advisories.build import build
from custody.advisories.database import Database, open_database
from custody.advisories.sources import Feed
from custody.model import Advisory, Affected, Epss, Exploited, Range, RangeEvent, Severity, Skipped
from tests.advisories.samples import NOW

MODIFIED = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
DAY = dt.date(2026, 10, 1)


@dataclass
class Said:
    """What one source says, in the shape of a dump."""

    kind: str
    values: tuple[Advisory | Epss | Exploited, ...]
    whole: str = ""
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"the source {self.kind}"

    def records(self) -> Iterator[Advisory | Epss | Exploited]:
        yield from self.values


def opened(folder: Path, **sources: list[Advisory | Epss | Exploited]) -> Database:
    """Build and open a database; each name is a kind of source, with "_" for ":" ("csaf_redhat")."""
    feeds = []
    for name, values in sources.items():
        kind = name.replace("_", ":", 1)
        feeds.append(Feed(dump=Said(kind=kind, values=tuple(values)), kind=kind, origin=f"{name}.example"))
    whole = {
        a.ecosystem.partition(":")[0]
        for vs in sources.values()
        for v in vs
        if isinstance(v, Advisory)
        for a in v.affected
    } - {"CPE"}
    folder.mkdir(parents=True, exist_ok=True)
    build(folder / "x.db", feeds, now=NOW, whole=sorted(whole))
    return open_database(folder / "x.db")


def says(
    name: str,
    where: str,
    events: str = "introduced 0, fixed 2.0",
    *,
    status: str = "affected",
    **more: Any,  # noqa: ANN401
) -> Advisory:
    """Make a record about one package, given as ecosystem/name; events "" means all versions."""
    ecosystem, _, package = where.partition("/")
    line = [event.split(" ") for event in events.split(", ")] if events else []
    ranges = (
        (Range(type="ECOSYSTEM", events=tuple(RangeEvent(kind=kind, version=version) for kind, version in line)),)
        if line
        else ()
    )
    own = {key: more.pop(key) for key in ("justification", "response", "urgency") if key in more}
    vector = more.pop("cvss", "")
    if vector:
        more["severities"] = (Severity(type="CVSS_V3", vector=vector),)
    affected = Affected(ecosystem=ecosystem, name=package, ranges=ranges, status=status, **own)
    values: dict[str, Any] = {"id": name, "modified": MODIFIED, "affected": (affected,)}
    return Advisory(**values | more)


def epss(name: str, score: float) -> Epss:
    return Epss(id=name, score=score, percentile=0.5, date=DAY)


def exploited(name: str, *, ransomware: bool = False) -> Exploited:
    return Exploited(id=name, added=DAY, ransomware=ransomware, action="patch")
