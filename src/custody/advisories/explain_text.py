"""The story of a vulnerability, in words and in JSON.

    custody scan SOURCE --explain CVE-2019-10906 -o json | jq '.findings[].remedies'

id, asked, aliases, summary   records [{id, modified, published, withdrawn, sources}]
findings [{…as in security-report.json, explained {found [text], severities [{record, severity, score, said}],
  risk [{name, value, why}], remedies [text]}}]
notFound [{record, ecosystem, package, inArtifact or null, known, why}]   database as in security-report.json
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from custody.advisories.explain import Absence, Story, Told
from custody.advisories.severity import Statement
from custody.errors import one_line
from custody.model import Finding, HowFound, format_time, scan_report_to_json

__all__ = ["found_in_words", "render_story", "story_to_json"]

_SAID = re.compile(
    r"introduced (?P<low>\S+?)(?:, (?P<kind>fixed|last_affected) (?P<high>\S+?))?(?P<limit>, limit below that)?"
)
_WIDTH = 110
_SHOWN_ABSENCES = 12


def render_story(story: Story) -> str:
    """Give the story for people; ends with a line break. Control characters in the data are made visible."""
    lines = [f"{story.id}" + (f"  {story.summary}" if story.summary else "")]
    if story.names:
        lines += _wrapped("also known as ", ", ".join(story.names))
    lines += _about(story)
    for told in story.findings:
        lines += ["", *_finding(told)]
    if not story.findings:
        lines += ["", "Not found in the artifact."]
    if story.absences:
        title = "Why not:" if not story.findings else "Not found, though its records speak of it:"
        lines += ["", title, *_absences(story.absences)]
    lines += ["", _database(story)]
    return "\n".join(one_line(line) for line in lines) + "\n"


def story_to_json(story: Story) -> dict[str, Any]:
    """Give the story as JSON values, in the shape that the module shows."""
    shown = replace(story.report, findings=tuple(told.finding for told in story.findings))
    values = scan_report_to_json(shown)
    told_of = {(t.finding.id, t.finding.package_id): t for t in story.findings}
    findings = []
    for value in [*values["vulnerabilities"], *values["suppressed"]]:
        told = told_of[value["id"], value["package"]["purl"]]
        explained = {
            "found": [found_in_words(how, told.finding) for how in told.finding.found],
            "severities": [
                {"record": s.record, "severity": s.severity, "score": s.score, "said": s.said} for s in told.severities
            ],
            "risk": [{"name": name, "value": round(factor, 4), "why": why} for name, factor, why in told.risk],
            "remedies": list(_remedies(told.finding)),
        }
        findings.append(value | {"explained": explained})
    return {
        "id": story.id,
        "asked": story.asked,
        "aliases": list(story.names),
        "summary": story.summary,
        "records": [
            {
                "id": r.id,
                "modified": format_time(r.modified),
                "published": format_time(r.published) if r.published else None,
                "withdrawn": format_time(r.withdrawn) if r.withdrawn else None,
                "sources": list(r.sources),
            }
            for r in story.records
        ],
        "findings": findings,
        "notFound": [
            {
                "record": a.record,
                "ecosystem": a.ecosystem,
                "package": a.package,
                "inArtifact": a.in_artifact or None,
                "known": a.known,
                "why": a.why,
            }
            for a in story.absences
        ],
        "database": values["database"],
    }


def found_in_words(how: HowFound, finding: Finding) -> str:
    """Say how a record found a package, so that a reader can check the comparison by hand."""
    version = how.searched.rpartition(" ")[2] or finding.version
    match = _SAID.fullmatch(how.matched)
    ordering = f" (versions compared as {how.ordering})" if how.ordering else ""
    low = how.confidence == "low"
    unsure = "; low confidence" if low else ""
    if match is None:
        return f"asked for {how.searched}; {how.record} says: {how.matched}{ordering}{unsure}"
    words = "is any version" if match["low"] == "0" else f"is at or above {match['low']}"
    if match["kind"] == "fixed":
        words = f"is at or above {match['low']} and below {match['high']}, which has the fix"
    elif match["kind"] == "last_affected":
        words = f"is at or above {match['low']} and not above {match['high']}, the last that is affected"
    elif match["low"] != "0":
        words += ", and no later version is said to have the fix"
    else:
        words += ", and every version is affected"
    return f"asked for {how.searched}; {how.record}: {version} {words}{ordering}{unsure}"


def _about(story: Story) -> Iterator[str]:
    for record in story.records:
        dates = [f"modified {record.modified:%Y-%m-%d}"]
        if record.published:
            dates.insert(0, f"published {record.published:%Y-%m-%d}")
        if record.withdrawn:
            dates.append(f"WITHDRAWN {record.withdrawn:%Y-%m-%d}")
        source = f", from {', '.join(record.sources)}" if record.sources else ""
        yield f"  {record.id}: {', '.join(dates)}{source}"


def _finding(told: Told) -> Iterator[str]:
    f = told.finding
    yield f"{f.package} {f.version}  ({f.package_id})"
    if f.suppression is not None:
        s = f.suppression
        who = f", says {s.owner}" if s.owner and s.kind != "vendor" else ""
        until = f", until {format_time(s.expires)[:10]}" if s.expires else ""
        source = f" [{s.source}]" if s.source else ""
        yield from _wrapped("  does not count  ", f"{s.kind}: {s.reason}{who}{until}{source}")
    for how in f.found:
        yield from _wrapped("  found           ", found_in_words(how, f))
        yield from _wrapped("                  ", f"source: {how.source}")
    yield from _wrapped("  severity        ", _severity(f))
    for stated in told.severities:
        if (stated.record, stated.said) != (f.severity_source, f.vector):
            yield from _wrapped("                  ", f"{stated.record} says {_stated(stated)}")
    yield from _wrapped("  exploited       ", _exploited(f))
    yield from _wrapped("  likelihood      ", _epss(f))
    if f.ssvc:
        yield from _wrapped("  decision points ", ", ".join(f"{name}: {value}" for name, value in f.ssvc) + " (SSVC)")
    if f.status != "affected" or f.response or f.urgency:
        words = [f.status.replace("_", " ")] if f.status != "affected" else []
        words += [f.response.replace("_", " ")] if f.response else []
        words += [f"urgency {f.urgency}"] if f.urgency else []
        yield from _wrapped("  the vendor says ", ", ".join(words))
    yield from _wrapped("  risk            ", _risk(told))
    yield from _place(f)
    for number, remedy in enumerate(_remedies(f)):
        yield from _wrapped("                  " if number else "  to be rid of it ", remedy)
    for kind, url in f.references[:4]:
        yield f"  {'reference':<16}{kind.lower()} {url}"


def _severity(f: Finding) -> str:
    if f.severity == "UNKNOWN":
        return "UNKNOWN: no record states it"
    score = "" if f.score is None else f" {f.score:.1f}"
    return f"{f.severity}{score}, by {f.severity_source}" + (f"  {f.vector}" if f.vector else " (in a word)")


def _stated(s: Statement) -> str:
    return f"{s.severity}, as {s.said!r}" if s.score is None else f"{s.severity} {s.score:.1f}  {s.said}"


def _exploited(f: Finding) -> str:
    if f.exploited is None:
        return "not in the catalogue of known exploited vulnerabilities that the database holds"
    e = f.exploited
    due = f", to be fixed by {e.due} in US agencies" if e.due else ""
    ransom = ", used by ransomware" if e.ransomware else ""
    return f"yes: in CISA's catalogue (KEV) since {e.added}{due}{ransom}"


def _epss(f: Finding) -> str:
    if f.epss is None:
        return "EPSS has no score in the database"
    e = f.epss
    return f"EPSS {e.score:.2%} within 30 days, higher than {e.percentile:.0%} of all ({e.id}, {e.date})"


def _risk(told: Told) -> str:
    if told.finding.risk is None:
        return "not known: nobody states a severity, and nothing is known of its exploitation"
    words = [
        f"at least {value:g} ({why})" if name == "floor" else f"{name} {value:.2f} ({why})"
        for name, value, why in told.risk
    ]
    return f"{told.finding.risk:.1f} of 100: {'; '.join(words)}"


def _place(f: Finding) -> Iterator[str]:
    if f.locations:
        more = f" and {len(f.locations) - 5} more" if len(f.locations) > 5 else ""
        yield from _wrapped("  files           ", ", ".join(f.locations[:5]) + more)
    if f.layer is not None:
        whose = {True: ", of the base image", False: ", not of the base image", None: ""}[f.base]
        yield f"  {'layer':<16}{f.layer}{whose}"
    if f.path:
        yield from _wrapped("  path            ", " → ".join(_short(name) for name in f.path))
    yield (
        f"  {'required':<16}"
        + {
            True: "directly, by the artifact or a project in it",
            False: "only by other packages",
            None: "nothing says by whom",
        }[f.direct]
    )


def _short(package_id: str) -> str:
    """Give a purl as people say it: without qualifiers, and with only the beginning of a digest."""
    return re.sub(r"(sha256(?::|%3A)[0-9a-f]{12})[0-9a-f]{52}", r"\1…", package_id.partition("?")[0])


def _remedies(f: Finding) -> Iterator[str]:
    """Say what would remove it, the plainest first."""
    if f.suppression is not None and f.suppression.kind == "vendor":
        yield "nothing is to be done, by the vendor's word"
        return
    if f.fixed_versions:
        others = f" (other lines: {', '.join(f.fixed_versions[1:])})" if len(f.fixed_versions) > 1 else ""
        yield f"update {f.package} to {f.fixed_versions[0]} or later{others}"
    elif f.response == "will_not_fix":
        yield "the vendor will not fix it: remove the package, or move to a release that is not affected"
    elif f.response == "end_of_life":
        yield "the release gets no more fixes: move to one that does"
    else:
        yield "no fix is known: remove the package, keep what is affected out of reach, or record an exception"
    if f.base:
        yield "it comes with the base image: a newer base image may have the fix"
    if f.direct is False and len(f.path) > 2:
        yield f"it is there because of {_short(f.path[-2])}: an update of that may bring the fix along"


def _absences(absences: tuple[Absence, ...]) -> Iterator[str]:
    for absence in absences[:_SHOWN_ABSENCES]:
        mark = "" if absence.known else "unknown: "
        where = absence.in_artifact or f"{absence.ecosystem} {absence.package}"
        yield from _wrapped("  ", f"{where}: {mark}{absence.why}")
    if len(absences) > _SHOWN_ABSENCES:
        yield f"  and {len(absences) - _SHOWN_ABSENCES} more; -o json has them all"


def _database(story: Story) -> str:
    state = story.report.database
    if state is None:
        return "No advisory database was asked."
    newest = f", newest record {format_time(state.newest)[:10]}" if state.newest else ""
    partial = "; it covers few packages (`custody db update` fetches all)" if state.partial else ""
    where, when = state.origin or "the advisory database", format_time(state.imported_at)[:10]
    return f"By {where}, imported {when}{newest}{partial}."


def _wrapped(head: str, text: str) -> list[str]:
    text = one_line(text)
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [head.rstrip()]
