"""`vulnerabilities`: no known vulnerability is worse than the policy allows.

    vulnerabilities:
      maxSeverity: "MEDIUM"
      unknown: deny
      exceptions:
        - CVE-2023-12345                          # an id alone: nobody answers for it, and it never ends
        - id: CVE-2024-1
          package: openssl                        # a name, or a purl with or without version; left out: every package
          reason: the cipher is not compiled in
          owner: maya@team.example
          approver: ben@team.example              # may be left out
          expires: 2026-12-31                     # from then on it counts again
          justification: vulnerable_code_not_present    # where it is not affected; left out: the risk is accepted

maxSeverity: NONE, LOW, MEDIUM, HIGH or CRITICAL; findings above it fail, unless they are excepted: by an id (or alias)
in `exceptions`, or by an exception that was recorded with an owner and has not expired. A release carries those that
have an owner in its scan report, as it does recorded ones. `unknown` says what becomes of
findings that nobody scored and of packages on which the scan could say nothing: "deny" (the default) or "allow".

Reads: the newest verified scan report (cosign vuln/v1 predicate).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from custody.errors import InputError
from custody.fields import Fields
from custody.model import (
    JUSTIFICATIONS,
    SEVERITIES,
    Evidence,
    ExceptionGrant,
    Finding,
    ScanReport,
    Verdict,
    predicate_types,
    scan_report_from_json,
    severity_rank,
)
from custody.policy.interface import Rule, Subject, unusable, verified

NAME = "vulnerabilities"
KINDS = predicate_types("vuln")
SHOWN = 10
"""Details listed in a verdict; the scan report has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What the section says. exceptions: vulnerability ids, as written; grants: those with an owner and an end."""

    max_severity: str
    exceptions: tuple[str, ...] = ()
    grants: tuple[ExceptionGrant, ...] = ()
    allow_unknown: bool = False


def read(fields: Fields) -> Parameters:
    """Read the section."""
    fields.only("maxSeverity", "exceptions", "unknown")
    severity = fields.text("maxSeverity").upper()
    allowed = [word for word in SEVERITIES if word != "UNKNOWN"]
    if severity not in allowed:
        raise fields.fault("maxSeverity", f"expected one of {', '.join(allowed)}, got {fields.text('maxSeverity')!r}")
    unknown = fields.one_of("unknown", ("deny", "allow")) if "unknown" in fields else "deny"
    ids: list[str] = []
    grants: list[ExceptionGrant] = []
    for index, entry in enumerate(fields.items("exceptions")):
        if isinstance(entry, str):
            ids.append(entry)
        elif isinstance(entry, dict):
            grants.append(_grant(Fields(entry, fields.where, f"{fields.path}.exceptions[{index}]".lstrip("."))))
        else:
            raise fields.fault(f"exceptions[{index}]", "expected an id or a table", "write ids with letters in quotes")
    return Parameters(
        max_severity=severity, exceptions=tuple(ids), grants=tuple(grants), allow_unknown=unknown == "allow"
    )


def _grant(fields: Fields) -> ExceptionGrant:
    fields.only("id", "package", "reason", "owner", "approver", "expires", "justification")
    for key in ("id", "reason", "owner"):
        if not fields.text(key).strip():
            raise fields.fault(key, "expected a text, got only spaces", "say what is excepted, why, and who answers")
    return ExceptionGrant(
        id=fields.text("id").strip(),
        package=fields.text_or("package").strip(),
        reason=fields.text("reason").strip(),
        owner=fields.text("owner").strip(),
        approver=fields.text_or("approver").strip(),
        expires=fields.time("expires"),
        justification=fields.one_of("justification", JUSTIFICATIONS) if "justification" in fields else "",
        origin=fields.at,
    )


def judge(subject: Subject, evidence: Sequence[Evidence], parameters: Parameters) -> Verdict:
    """Pass when all was looked at and nothing counts that is above the limit."""
    reports: list[tuple[ScanReport, Evidence]] = []
    problem = ""
    for item in verified(evidence, KINDS):
        try:
            reports.append((_report(item), item))
        except InputError as error:
            problem = f"; {error}"
    if not reports:
        reason = f"no verified scan report{unusable(evidence, KINDS)}{problem}"
        return Verdict(rule=NAME, outcome="unknown", reason=reason)
    newest = max(report.scanned_at for report, _ in reports)
    verdicts = [
        Verdict(rule=NAME, outcome=outcome, reason=reason, evidence=(item.digest,), details=details)
        for report, item in sorted(reports, key=lambda pair: pair[1].digest)
        if report.scanned_at == newest
        for outcome, reason, details in [_weigh(subject, report, parameters)]
    ]
    # Two reports may claim the same time, as under one SOURCE_DATE_EPOCH: then the worse one counts.
    return min(verdicts, key=lambda verdict: ("fail", "unknown", "pass").index(verdict.outcome))


def _report(item: Evidence) -> ScanReport:
    """Take the report out of a cosign vuln/v1 predicate (`scanner.result`)."""
    where = f"evidence {item.digest.short}"
    result = Fields(item.statement.predicate, where).table("scanner").table("result")
    report = scan_report_from_json(dict(result.value), f"{where} scanner.result")
    if not item.statement.is_about(report.artifact):
        raise result.fault("artifact", f"the report is about {report.artifact}, and the statement about something else")
    return report


def _weigh(subject: Subject, report: ScanReport, parameters: Parameters) -> tuple[str, str, tuple[str, ...]]:
    if report.database is None:
        return "unknown", "the scan had no advisory database", ()
    limit = severity_rank(parameters.max_severity)
    counted = [finding for finding in report.findings if not _excepted(subject, finding, parameters)]
    waived = [
        f"excepted by the policy, without owner or end: {_line(finding)}"
        for finding in report.findings
        if severity_rank(finding.severity) > limit
        and _named(finding, parameters)
        and not _granted(subject, finding, parameters)
    ]
    excepted = len(report.findings) - len(counted)
    above = [finding for finding in counted if severity_rank(finding.severity) > limit]
    unscored = [finding for finding in counted if finding.severity == "UNKNOWN"]
    unseen = [*report.not_evaluated, *report.skipped]
    tail = f", {excepted} excepted" if excepted else ""
    if above:
        reason = f"{_count(above)} above {parameters.max_severity}{tail}"
        return "fail", reason, _details([*(_line(finding) for finding in above), *waived])
    blind = report.result == "unknown" and not unseen
    if (unscored or unseen or blind) and not parameters.allow_unknown:
        parts = [f"{_count(unscored)} without a severity"] if unscored else []
        parts += [f"{len(unseen)} thing{'s' * (len(unseen) != 1)} that the scan could not evaluate"] if unseen else []
        parts += ["no package was found that an advisory could be about"] if blind else []
        lines = [_line(finding) for finding in unscored]
        lines += [f"{entry.package_id}: {entry.reason}" for entry in report.not_evaluated]
        lines += [f"{entry.where}: {entry.reason}" for entry in report.skipped]
        lines += waived
        return "unknown", f"nothing above {parameters.max_severity}, but {' and '.join(parts)}{tail}", _details(lines)
    packages = f"{report.packages} package{'s' * (report.packages != 1)}"
    return "pass", f"nothing above {parameters.max_severity} in {packages}{tail}", _details(waived)


def _excepted(subject: Subject, finding: Finding, parameters: Parameters) -> bool:
    return _named(finding, parameters) or _granted(subject, finding, parameters)


def _named(finding: Finding, parameters: Parameters) -> bool:
    return not {finding.id, *finding.aliases}.isdisjoint(parameters.exceptions)


def _granted(subject: Subject, finding: Finding, parameters: Parameters) -> bool:
    grant = finding.suppression
    if grant is not None and (grant.expires is None or subject.now < grant.expires):
        return True
    return any(own.is_valid(subject.now) and own.covers(finding) for own in parameters.grants)


def _count(findings: Sequence[Finding]) -> str:
    return f"{len(findings)} finding{'s' * (len(findings) != 1)}"


def _line(finding: Finding) -> str:
    fix = f"fixed in {finding.fixed_versions[0]}" if finding.fixed_versions else "no fix known"
    return f"{finding.severity} {finding.id} {finding.package} {finding.version}, {fix}"


def _details(lines: list[str]) -> tuple[str, ...]:
    more = (f"and {len(lines) - SHOWN} more",) if len(lines) > SHOWN else ()
    return (*lines[:SHOWN], *more)


RULE = Rule(
    name=NAME,
    summary="no known vulnerability is above maxSeverity, unless it is excepted",
    read=read,
    judge=judge,
    exceptions=lambda parameters: parameters.exceptions,
    grants=lambda parameters: parameters.grants,
)
