"""The whole story of one vulnerability in one artifact: why it was found, or why it was not.

    story = explain(matched, inventory, database, "CVE-2019-10906")
    story.findings      # the findings of this id, with the reasons of their severity and risk
    story.absences      # the packages that its records speak of, and why each was not found
    render_story(story), story_to_json(story)       # `explain_text`, for people and for programs

What can be said is taken from the same answers that the scan was made from, so the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from custody.advisories.aliases import preferred, targets_of
from custody.advisories.cpe import CPE
from custody.advisories.database import Database
from custody.advisories.ecosystems import lookup_of, normalise_name
from custody.advisories.ignore import names_package
from custody.advisories.match import Answer, Matched
from custody.advisories.records import Named, Record
from custody.advisories.risk import Part, parts
from custody.advisories.severity import Statement, statements
from custody.errors import InputError
from custody.model import Finding, Inventory, Package, ScanReport, Severity

__all__ = ["Absence", "Story", "Told", "explain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One finding, with what stands behind it.

    severities: all that is said of its severity, by whom; risk: the factors of the risk, in their order; owner: the
    distribution's package that installed it.
    """

    finding: Finding
    severities: tuple[Statement, ...]
    risk: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A package that a record speaks of, and that is no finding here.

    package: name as the record has it; in_artifact: (purl, version) of the one that was looked at, "" where none is
    there; known: False where that it is not affected cannot be said either.
    """

    record: str
    ecosystem: str
    package: str
    why: str
    in_artifact: str = ""
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What there is to tell about one id.

    id: the name people know it by; asked: the one that was asked for; names: all others, sorted; records: those of the
    database that are about it, withdrawn ones too.
    """

    asked: str
    id: str
    names: tuple[str, ...]
    summary: str
    records: tuple[Record, ...]
    findings: tuple[Told, ...]
    absences: tuple[Absence, ...]
    report: ScanReport


def explain(
    matched: Matched,
    inventory: Inventory,
    database: Database | None,
    asked: str,
    *,
    report: ScanReport,
    package: str = "",
) -> Story:
    """Tell the story of an id.

    asked: any of its names, whatever the case; package: only of this one (a name, or a purl with or without version);
    report: the scan with what suppresses its findings applied. Raises InputError: neither the artifact nor the database
    knows the id.
    """
    wanted = asked.strip()
    every = [f for f in report.findings if wanted.upper() in {n.upper() for n in (f.id, *f.aliases)}]
    records = _records(database, [wanted, wanted.upper(), *(name for f in every for name in (f.id, *f.aliases))])
    if not every and not records:
        if database is None:
            raise InputError(wanted, "there is no advisory database to look it up in", "run `custody db update`")
        raise InputError(
            wanted, "no advisory of the database has this id or alias", "check its spelling, or run `custody db update`"
        )
    shown = [f for f in every if names_package(package, f)]
    if package and not shown and not _is_there(package, inventory, records, database):
        raise InputError(
            f"--package {package}",
            f"no package of the artifact, and none that the records of {wanted} name",
            "give its name, or its purl with or without version",
        )
    names = {f.id for f in every} | {name for f in every for name in f.aliases}
    names |= {name for record in records for name in _names_of(record)}
    names |= {wanted if not names else next((n for n in names if n.upper() == wanted.upper()), wanted)}
    best = every[0].id if every else preferred(names)
    return Story(
        asked=wanted,
        id=best,
        names=tuple(sorted(names - {best})),
        summary=next((f.summary for f in every if f.summary), next((r.summary for r in records if r.summary), "")),
        records=tuple(records),
        findings=tuple(_told(f, matched) for f in shown),
        absences=_absences(matched, inventory, database, records, every, package),
        report=report,
    )


def _is_there(package: str, inventory: Inventory, records: Iterable[Record], database: Database | None) -> bool:
    """Say whether a text means a package of the artifact, or one that a record speaks of."""
    for held in (inventory.root, *inventory.packages):
        purl = held.id.partition("?")[0]
        question = lookup_of(held, inventory.distribution)
        source = "" if isinstance(question, str) else question.name
        names = (held.name, held.purl.full_name, held.id, purl, purl.rpartition("@")[0] or purl, source)
        if package in names:
            return True
    spoken = (entry for record in records for entry in (database.packages_of(record.id) if database else ()))
    return any(package == entry.name for entry in spoken)


def _told(finding: Finding, matched: Matched) -> Told:
    known = matched.known
    own = {how.record for how in finding.found}
    records = [] if known is None else known.records((finding.id, *finding.aliases, *sorted(own)))
    answer = matched.answers.get(finding.package_id, Answer())
    stated: list[tuple[str, Severity]] = [
        (hit.record.id, s) for hit in answer.hits if hit.record.id in own for s in hit.severities
    ]
    stated += [(record.id, s) for record in records for s in record.severities]
    stated += [
        (hit.record.id, Severity(type="Publisher", vector=hit.urgency)) for hit in answer.hits if hit.record.id in own
    ]
    return Told(finding=finding, severities=statements(stated), risk=tuple(parts(finding)))


def _names_of(record: Record) -> set[str]:
    targets = targets_of(record)
    return {record.id, *record.aliases} if not targets else {record.id, *(targets if len(targets) == 1 else ())}


def _records(database: Database | None, names: Sequence[str]) -> list[Record]:
    """Give the records about a problem: those that have one of its names, and those that share a name with them."""
    if database is None:
        return []
    found: dict[tuple[str, tuple[str, ...]], Record] = {}
    asked: set[str] = set()
    new = set(names)
    while new - asked:
        asked |= new
        # Those that were withdrawn, and a distribution's notices about the problem, are worth telling too.
        fresh = database.about(sorted(new))
        found |= {(record.id, record.sources): record for record in fresh}
        new = {name for record in fresh if not targets_of(record) for name in (record.id, *record.aliases)}
        new |= {name for record in fresh for name in (targets_of(record) if len(targets_of(record)) == 1 else ())}
    return [found[key] for key in sorted(found)]


def _absences(
    matched: Matched,
    inventory: Inventory,
    database: Database | None,
    records: Iterable[Record],
    findings: Sequence[Finding],
    package: str,
) -> tuple[Absence, ...]:
    if database is None:
        return ()
    there = _by_name(inventory)
    found = {(how.record, f.package_id) for f in findings for how in f.found} | {
        (name, f.package_id) for f in findings for name in (f.id, *f.aliases)
    }
    absences: set[Absence] = set()
    for record in {record.id: record for record in records}.values():
        entries: dict[tuple[str, str], list[Named]] = {}
        for entry in database.packages_of(record.id):
            entries.setdefault((entry.ecosystem, entry.name), []).append(entry)
        for (ecosystem, name), said in entries.items():
            base = ecosystem.partition(":")[0]
            held = there.get((base, normalise_name(base, name)), [])
            held = [p for p in held if package in ("", name, p.purl.full_name, p.id, p.id.partition("?")[0])]
            if base == CPE and any(name == record.id for name, _ in found):
                continue  # it was found by such a name, under which packages are not known here
            if not held and package in ("", name):
                why = f"no package {name!r} of {base} is in the artifact"
                absences.add(Absence(record=record.id, ecosystem=ecosystem, package=name, why=why))
            for one in held:
                if (record.id, one.id) not in found:
                    why, known = _why_not(record, ecosystem, said, one, matched, inventory)
                    absences.add(
                        Absence(
                            record=record.id,
                            ecosystem=ecosystem,
                            package=name,
                            why=why,
                            in_artifact=one.id,
                            known=known,
                        )
                    )
    return tuple(sorted(absences, key=lambda a: (not a.in_artifact, a.ecosystem, a.package, a.in_artifact, a.record)))


def _by_name(inventory: Inventory) -> dict[tuple[str, str], list[Package]]:
    """Give the packages by the names under which advisories would speak of them."""
    there: dict[tuple[str, str], list[Package]] = {}
    for package in (inventory.root, *inventory.packages):
        question = lookup_of(package, inventory.distribution)
        if not isinstance(question, str):
            there.setdefault((question.ecosystems[0].partition(":")[0], question.name), []).append(package)
    return there


def _why_not(
    record: Record, ecosystem: str, said: Sequence[Named], package: Package, matched: Matched, inventory: Inventory
) -> tuple[str, bool]:
    """Give why a package that is there is not affected by a record, and whether that is known at all."""
    if record.withdrawn is not None:
        return f"{record.id} was withdrawn on {record.withdrawn:%Y-%m-%d}", True
    owner = matched.owners.get(package.id)
    if owner is not None:
        return f"{owner} installed it, so that the advisories of the distribution alone judge it", True
    question = lookup_of(package, inventory.distribution)
    if isinstance(question, str):
        return question, False
    answer = matched.answers.get(package.id, Answer(gap="it was not looked at"))
    open_question = next((why for name, why in answer.unevaluated if name == record.id), "")
    if open_question:
        return f"it is not known whether version {package.version} is affected: {open_question}", False
    if answer.searched is None:
        return answer.gap or "it stands for other packages, which are judged one by one", not answer.gap
    hit = next((hit for hit in answer.hits if hit.record.id == record.id), None)
    if hit is not None:
        words = {"fixed": "has the fix", "not_affected": "is not affected"}.get(hit.status, hit.status)
        return f"{record.id} says that version {question.version} {words}: {hit.said}", True
    if answer.searched.unread:
        return answer.searched.unread, False
    if ecosystem not in question.ecosystems:
        return f"{record.id} speaks of {ecosystem}; the package is of {question.ecosystems[0]}", True
    return f"version {question.version} is not among those that {record.id} names: {_ranges(said)}", True


def _ranges(said: Sequence[Named]) -> str:
    lines = [
        ", ".join(f"{e.kind} {e.version}" for e in line.events)
        for entry in said
        for line in entry.ranges
        if line.type != "GIT"
    ]
    listed = [version for entry in said for version in entry.versions]
    if listed:
        lines.append(f"{len(listed)} single versions" if len(listed) > 8 else ", ".join(listed))
    return "; ".join(lines[:_MOST_RANGES]) + ("; …" if len(lines) > _MOST_RANGES else "") or "no versions"


_MOST_RANGES = 4
