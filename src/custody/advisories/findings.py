"""One problem in one package, as a finding: what is said of it, by whom, and whether that lets it count.

Who speaks, when several do:

1. The narrowest name counts before a wider one: what stands under "Debian:12" before what stands under "Debian".
2. Of one name, a publisher's word that the package is not affected (or has the fix) suppresses what other records say:
   it is about this very package. The finding stays visible. A record that says both says that it is affected; but a CVE
   record that does excepts some versions from its rule, and is believed.
3. "under investigation" alone is a finding that counts: nobody has said yet that it does not matter.
4. "fixed" alone is no finding: this version has the fix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from custody.advisories.aliases import Problem
from custody.advisories.database import Database
from custody.advisories.priority import Standing
from custody.advisories.records import Hit, Record
from custody.advisories.risk import risk
from custody.advisories.severity import judge
from custody.model import RESPONSES, Epss, Exploited, Finding, HowFound, Package, Severity, Suppression, format_time

__all__ = ["Known", "Searched", "finding_of", "publisher_of", "severities_of", "verdict_of"]

_PUBLISHERS = {"redhat": "Red Hat", "suse": "SUSE", "cisa": "CISA", "ubuntu": "Ubuntu", "debian": "Debian"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What was asked about a package: the key of its version, the ordering, and the names from narrow to wide.

    unread: why the version does not say it all, "" where it does; then the key is `NOWHERE`, so that only records which
    list the very text are found, or the last place where the version may stand.
    """

    key: bytes
    ordering: str
    ecosystems: tuple[str, ...]
    unread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the records together say.

    status: one of `STATUSES`, "" where there is nothing to report; said: the hit that decides it.
    """

    status: str
    said: Hit


class Known:
    """What the database knows about problems beyond the hits: other records, EPSS, KEV. Each is asked once."""

    def __init__(self, database: Database, records: Mapping[str, Sequence[Record]]) -> None:
        """Take the records by each of their names."""
        self.database = database
        self._records = records
        self._scores: dict[str, tuple[Epss | None, Exploited | None]] = {}

    def records(self, names: Sequence[str]) -> list[Record]:
        """Give the records, not withdrawn, that have one of the names; by id."""
        found = {(record.id, record.sources): record for name in names for record in self._records.get(name, ())}
        return [found[key] for key in sorted(found)]

    def scores(self, problem: Problem) -> tuple[Epss | None, Exploited | None]:
        """Give what EPSS and KEV say of a problem."""
        if problem.id not in self._scores:
            names = (problem.id, *problem.aliases)
            self._scores[problem.id] = (self.database.epss(names), self.database.exploited(names))
        return self._scores[problem.id]


def verdict_of(hits: Sequence[Hit], ecosystems: Sequence[str]) -> Verdict:
    """Apply the rule of the module to all that is said of one problem in one package."""
    places = {name: place for place, name in enumerate(ecosystems)}
    ranked = sorted(hits, key=lambda hit: (places.get(hit.ecosystem, len(places)), hit.record.id))
    narrowest = places.get(ranked[0].ecosystem, len(places))
    top = [hit for hit in ranked if places.get(hit.ecosystem, len(places)) == narrowest]
    excepted = {
        (hit.record.id, hit.record.sources)
        for hit in top
        if hit.status == "not_affected" and "cve" in hit.record.sources
    }
    affected = {
        key: hit
        for hit in top
        if hit.status == "affected" and (key := (hit.record.id, hit.record.sources)) not in excepted
    }
    denied = [
        hit
        for hit in top
        if hit.status in ("not_affected", "fixed") and (hit.record.id, hit.record.sources) not in affected
    ]
    if denied:
        said = next((hit for hit in denied if hit.status == "not_affected"), denied[0])
        if said.status == "fixed" and not any(hit.status == "affected" for hit in hits):
            return Verdict(status="", said=said)
        return Verdict(status=said.status, said=said)
    if affected:
        return Verdict(status="affected", said=next(iter(affected.values())))
    wider = next((hit for hit in ranked if hit.status == "affected"), None)
    return Verdict(status="affected", said=wider) if wider else Verdict(status="under_investigation", said=top[0])


def finding_of(
    package: Package, problem: Problem, searched: Searched, known: Known, standing: Standing
) -> Finding | None:
    """Make the finding; None where the records only say that this version has the fix."""
    verdict = verdict_of(problem.hits, searched.ecosystems)
    if not verdict.status:
        return None
    names = (problem.id, *problem.aliases)
    matched, others = severities_of(problem, known)
    judgement = judge(matched, others, [(h.record.id, h.urgency) for h in problem.hits])
    records = sorted((hit.record for hit in problem.hits), key=lambda record: (names.index(record.id), record.id))
    own = {(record.id, record.sources) for record in records}
    everything = [*records, *(r for r in known.records(names) if (r.id, r.sources) not in own)]
    fixed = {
        key: version
        for hit in problem.hits
        if hit.status in ("affected", "under_investigation")
        for key, version in hit.fixed
        if key > searched.key
    }
    references = {url: kind for record in records for kind, url in sorted(record.references)}
    published = [record.published for record in records if record.published is not None]
    layer = standing.layer(package)
    epss, exploited = known.scores(problem)
    finding = Finding(
        id=problem.id,
        aliases=problem.aliases,
        summary=next((record.summary for record in everything if record.summary), ""),
        severity=judgement.severity,
        score=judgement.score,
        vector=judgement.vector,
        severity_source=judgement.source,
        package_id=package.id,
        package=package.purl.full_name,
        version=package.version,
        ecosystem=verdict.said.ecosystem,
        fixed_versions=tuple(fixed[key] for key in sorted(fixed)),
        layer=layer,
        locations=tuple(sorted({location.path for location in package.locations})),
        path=standing.path(package.id),
        found=tuple(_how(hit, searched, known.database.state.origin) for hit in problem.hits),
        published=min(published, default=None),
        modified=max(record.modified for record in records),
        references=tuple(sorted((kind, url) for url, kind in references.items())),
        cwes=tuple(sorted({cwe for record in everything for cwe in record.cwes})),
        epss=epss,
        exploited=exploited,
        ssvc=next((record.ssvc for record in everything if record.ssvc), ()),
        status=verdict.status,
        response=_response(problem.hits, searched.ecosystems),
        urgency=next((hit.urgency for hit in problem.hits if hit.urgency), ""),
        direct=standing.direct(package.id),
        base=standing.base(layer),
        suppression=_suppression(verdict),
    )
    value = risk(finding)
    return finding if value is None else replace(finding, risk=value)


def severities_of(problem: Problem, known: Known) -> tuple[list[tuple[str, Severity]], list[tuple[str, Severity]]]:
    """Give what the records that matched state of the severity, and what others about the same problem do."""
    own = {(hit.record.id, hit.record.sources) for hit in problem.hits}
    matched = [(hit.record.id, s) for hit in problem.hits for s in hit.severities or hit.record.severities]
    names = (problem.id, *problem.aliases)
    others = [r for r in known.records(names) if (r.id, r.sources) not in own]
    return matched, [(r.id, s) for r in others for s in r.severities]


def publisher_of(hit: Hit) -> str:
    """Give who published a record, for people: the one that its source names, else the ecosystem's own."""
    for source in hit.record.sources:
        kind, _, name = source.partition(":")
        if kind in ("csaf", "vex") and name:
            return _PUBLISHERS.get(name.lower(), name)
    return hit.ecosystem.partition(":")[0]


def _suppression(verdict: Verdict) -> Suppression | None:
    if verdict.status not in ("not_affected", "fixed"):
        return None
    hit = verdict.said
    words = "it is not affected" if verdict.status == "not_affected" else "it has the fix"
    because = f": {hit.justification.replace('_', ' ')}" if hit.justification else ""
    return Suppression(
        kind="vendor",
        reason=f"{publisher_of(hit)} says that {words}{because}",
        owner=publisher_of(hit),
        expires=None,
        status=verdict.status,
        justification=hit.justification,
        source=hit.record.id,
    )


def _response(hits: Sequence[Hit], ecosystems: Sequence[str]) -> str:
    """Give what the vendor means to do: the narrowest name's word; of several the first in the order of `RESPONSES`."""
    places = {name: place for place, name in enumerate(ecosystems)}
    said = [(places.get(h.ecosystem, len(places)), RESPONSES.index(h.response), h.response) for h in hits if h.response]
    return min(said)[2] if said else ""


def _how(hit: Hit, searched: Searched, origin: str) -> HowFound:
    return HowFound(
        searched=f"{hit.ecosystem} {hit.name} {hit.version}",
        record=hit.record.id,
        matched=hit.said if hit.status == "affected" else f"{hit.status.replace('_', ' ')}: {hit.said}",
        ordering=searched.ordering,
        source=f"{hit.record.origin or origin}, modified {format_time(hit.record.modified)}",
        confidence=hit.confidence,
    )
