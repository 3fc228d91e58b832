"""Scan one artifact or SBOM, outside of a release.

1. The packages of the artifact are listed, or read from an SBOM (`examine`).
2. The advisory database is asked about each (`advisories.match`), and the base image is told apart where it is known.
3. What somebody answers for does not count, and stays visible: VEX statements, recorded exceptions, the ignore file.
4. The report is written in the formats that were asked for, or one finding is explained.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from custody.workflows.examine import examine, read_file
from custody.workflows.vex_in import apply_statements

if TYPE_CHECKING:
    from custody.advisories import Chosen
    from custody.advisories.database import Database
    from custody.advisories.match import Matched
    from custody.model import ExceptionGrant, Finding, Inventory, ScanReport
    from custody.workflows.interface import Listener

__all__ = [
    "IGNORE_FILE",
    "FailOn",
    "ScanRequest",
    "Scanned",
    "explained",
    "fails",
    "grants_of",
    "scan",
    "scan_outputs",
    "with_ignore_file",
]

IGNORE_FILE = ".custody-ignore.yaml"
"""Looked for in the folder the command runs in, never inside of what is scanned: that may not excuse itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRequest:
    """What to scan, and how.

    database: None for the default; exclude, scope, cached: as for `examine`. ignore_file: None for `IGNORE_FILE` where
    it is there; vex: documents; keys: public keys that attached VEX statements must be signed with; base: the
    base image, "" where nobody says; by_cpe: "never", "uncovered" or "all"; sort: "severity", "risk" or "package".
    """

    source: str
    platform: str | None = None
    database: Chosen | Path | None = None
    workspace: Path = Path(".custody")
    exclude: Sequence[str] = ()
    scope: str = "squashed"
    cached: bool = True
    ignore_file: Path | None = None
    vex: Sequence[Path] = ()
    keys: Sequence[Path] = ()
    base: str = ""
    by_cpe: str = "never"
    only_fixed: bool = False
    sort: str = "severity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A report, with what it was made from. sources: kinds of those in the database: "osv:PyPI", "kev", "epss"."""

    report: ScanReport
    inventory: Inventory
    matched: Matched
    sources: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailOn:
    """When a scan ends with exit code 1. severity: this or worse; risk: this or more; kev: known to be exploited."""

    severity: str = ""
    risk: float | None = None
    kev: bool = False

    def __str__(self) -> str:
        """Give it as `--fail-on` takes it."""
        return self.severity.lower() if self.severity else "kev" if self.kev else f"risk={self.risk:g}"


def scan(request: ScanRequest, listener: Listener, *, scanned_at: dt.datetime, now: dt.datetime) -> Scanned:
    """Do what the module says; nothing is written."""
    with _scanning(request, listener, scanned_at=scanned_at, now=now) as (scanned, _):
        return scanned


def explained(
    request: ScanRequest,
    listener: Listener,
    asked: str,
    package: str,
    *,
    scanned_at: dt.datetime,
    now: dt.datetime,
    forms: Sequence[str],
) -> tuple[list[bytes], Scanned]:
    """Tell the story of one id, once for each of `forms` ("table": in words, "json").

    It comes with the scan, whose report is cut to the findings of this id.

    Raises InputError: neither the artifact nor the database knows the id.
    """
    from custody.advisories.explain import explain
    from custody.advisories.explain_text import render_story, story_to_json
    from custody.model import pretty_json

    with _scanning(request, listener, scanned_at=scanned_at, now=now) as (scanned, database):
        story = explain(scanned.matched, scanned.inventory, database, asked, report=scanned.report, package=package)
    data = [pretty_json(story_to_json(story)) if form == "json" else render_story(story).encode() for form in forms]
    told = replace(scanned.report, findings=tuple(told.finding for told in story.findings))
    return data, replace(scanned, report=told)


@contextmanager
def _scanning(
    request: ScanRequest, listener: Listener, *, scanned_at: dt.datetime, now: dt.datetime
) -> Iterator[tuple[Scanned, Database]]:
    from custody import advisories
    from custody.advisories.match import match_all
    from custody.advisories.risk import in_order
    from custody.advisories.suppress import only_fixed

    inventory = examine(
        request.source,
        listener,
        platform=request.platform,
        exclude=request.exclude,
        scope=request.scope,
        cached=request.cached,
    )
    base = None
    if request.base or not Path(request.source.removeprefix("sbom:")).is_file():
        from custody.workflows.base_image import find_base

        base = find_base(request.base, inventory.artifact, listener, platform=request.platform)
    with advisories.open_signed(request.database) as database:
        matched = match_all(inventory, database, now=scanned_at, by_cpe=request.by_cpe, base=base)
        report = apply_statements(
            matched.report,
            inventory,
            listener,
            source=request.source,
            named=request.vex,
            keys=request.keys,
            workspace=request.workspace,
            now=now,
        )
        report = advisories.apply_exceptions(report, grants_of(request.workspace, now), now=now)
        report = with_ignore_file(request.ignore_file, report, listener, now=now)
        if request.only_fixed:
            report = only_fixed(report)
        if request.sort != "severity":
            report = replace(report, findings=in_order(report.findings, request.sort))
        sources = frozenset(source.kind for source in database.sources())
        yield Scanned(report=report, inventory=inventory, matched=matched, sources=sources), database


def grants_of(workspace: Path, now: dt.datetime) -> list[ExceptionGrant]:
    """Give the exceptions that a workspace records and that are in force; none where there is no workspace."""
    if not workspace.exists():
        return []
    from custody.vault import Workspace

    folder = Workspace(workspace)
    if not folder.exists:
        return []
    with folder.records() as records:
        return [row.grant for row in records.exceptions(now)]


def with_ignore_file(file: Path | None, report: ScanReport, listener: Listener, *, now: dt.datetime) -> ScanReport:
    """Apply the ignore file; an expired line counts no more, and that is said."""
    path = file if file is not None else Path(IGNORE_FILE)
    if file is None and not path.is_file():
        return report
    from custody.advisories.ignore import apply_ignores, parse_ignores

    rules = parse_ignores(read_file(path), str(path))
    for rule in rules:
        if rule.is_expired(now):
            listener.warn(f"{rule.where}: {rule.id} expired on {rule.expires:%Y-%m-%d} and counts again")
    return apply_ignores(report, rules, now=now)


def fails(
    report: ScanReport,
    conditions: Sequence[FailOn],
    *,
    sources: frozenset[str] | None = None,
    listener: Listener | None = None,
) -> bool:
    """Say whether a finding that counts meets one of the conditions, or may: what could be known and is not is no pass.

    sources: what the database that was asked is made of, None where none was; listener: hears what is missing there.
    """
    if not conditions:
        return False
    counted = [finding for finding in report.findings if finding.suppression is None]
    if report.database is None or (report.result == "unknown" and not report.not_evaluated):
        return True  # nothing was asked
    lacks = {"epss", "kev"} - (sources if sources is not None else {"epss", "kev"})
    if "epss" in lacks and listener and any(wanted.risk is not None for wanted in conditions):
        listener.warn("--fail-on risk: the database holds no EPSS scores; the risk rests on severities alone")
    if "kev" in lacks and any(wanted.kev for wanted in conditions):
        if listener:
            listener.warn("--fail-on kev: the database holds no catalogue of exploited vulnerabilities")
        return True
    for wanted in conditions:
        for finding in counted:
            why = _meets(finding, wanted)
            if why:
                if listener:
                    listener.warn(f"--fail-on {wanted}: {finding.id} in {finding.package} {finding.version} {why}")
                return True
    # Where nobody publishes advisories about a kind of package, no scan of it will ever say more: that is told, and no
    # reason to fail. What an advisory could have said, and did not get to say, is.
    from custody.advisories.ecosystems import UNPUBLISHED

    never = [n for n in report.not_evaluated if n.reason.startswith(UNPUBLISHED)]
    unseen = len(report.not_evaluated) - len(never) + len(report.skipped)
    if unseen and listener:
        things = f"{unseen} thing{'s' * (unseen != 1)} could not be evaluated"
        listener.warn(f"--fail-on: nothing meets it, but {things}, and may; the report names them")
    elif never and listener:
        things = f"{len(never)} package{'s' * (len(never) != 1)}"
        listener.warn(f"--fail-on: nothing meets it; about {things} nobody publishes advisories")
    return bool(unseen)


def _meets(finding: Finding, wanted: FailOn) -> str:
    """Give how a finding meets a condition, or that it may; "" where it does not."""
    from custody.model import severity_rank

    if wanted.severity:
        if finding.severity == "UNKNOWN":
            return "is of unknown severity"
        if severity_rank(finding.severity) >= severity_rank(wanted.severity):
            return f"is {finding.severity.lower()}"
    if wanted.risk is not None:
        if finding.risk is None:
            return "has a risk that nobody knows"
        if finding.risk >= wanted.risk:
            return f"has a risk of {finding.risk:g}"
    return "is known to be exploited" if wanted.kev and finding.exploited is not None else ""


def scan_outputs(
    scanned: Scanned,
    form: str,
    *,
    screen: bool,
    created: dt.datetime,
    source: str,
    author: str = "",
    namespace: str = "",
) -> bytes:
    """Give a report as "table", or in one of the forms of `scan_documents.formats`.

    created: the time of documents that have one; source: what was scanned, as it was named; author, namespace: who
    states a VEX document.
    """
    if form == "table":
        import shutil
        import sys

        from custody import report

        colour = screen and sys.stdout.isatty()
        width = shutil.get_terminal_size((110, 24)).columns if colour else 110
        return report.findings_table(scanned.report, width=width, colour=colour).encode()
    from custody.workflows.scan_documents import write_form

    return write_form(
        scanned.report,
        scanned.inventory,
        form,
        created=created,
        source=source,
        author=author,
        namespace=namespace,
    )
