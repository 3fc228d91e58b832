"""Findings as a table for the terminal: plain texts, so that drawing 2,000 rows is no slower than finding them.

    SEVERITY      PACKAGE  INSTALLED  VULNERABILITY   FIXED IN  KEV  EPSS   RISK  SUMMARY
    CRITICAL 9.8  django   3.2        CVE-2021-35042  3.2.5     yes  81.2%    91  SQL injection by …

A column is there where any finding has something to say in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from custody.errors import one_line
from custody.model import SEVERITIES, Finding, NotEvaluated, ScanReport, format_time

__all__ = ["findings_table"]

_COLOURS = {"CRITICAL": "1;31", "HIGH": "31", "MEDIUM": "33", "LOW": "36", "NONE": "2", "UNKNOWN": "35"}
_LEAST = {"PACKAGE": 10, "INSTALLED": 8, "VULNERABILITY": 14, "FIXED IN": 8, "STATUS": 6, "SUMMARY": 20}
"""Columns that may be cut to fit the width, and the narrowest that still tells something."""
_MOST = {"PACKAGE": 40, "INSTALLED": 20, "FIXED IN": 20}
"""One long version of all must not take the room of what says more."""
_ALWAYS = ("SEVERITY", "PACKAGE", "INSTALLED", "VULNERABILITY", "FIXED IN")
_IF_ROOM = ("STATUS", "KEV", "EPSS", "RISK", "LAYER")
"""Columns that are there where any finding has something to say in them, and there is room; the first ones first."""
_ORDER = (*_ALWAYS, "KEV", "EPSS", "RISK", "STATUS", "LAYER")
_RIGHT = ("EPSS", "RISK")
_OWNED = re.compile(r"it belongs to pkg:(?:apk|deb|rpm)/")
_UNCOVERED_OWNER = "it belongs to an operating system package that is not covered"
_SHOWN_REASONS = 8
_SHOWN_SUPPRESSED = 10
_NARROWEST = 64
"""Columns: what the table needs when every column is cut to its least; narrower terminals fold the lines."""
_RESPONSES = {
    "will_not_fix": "will not fix",
    "fix_deferred": "fix deferred",
    "end_of_life": "end of life",
    "workaround": "workaround",
}
_KINDS = {
    "vendor": ("by the vendor's word", "by the vendor"),
    "vex": ("by VEX statements", "by VEX"),
    "exception": ("by a recorded exception", "by exceptions"),
    "ignore": ("by an ignore file or option", "ignored"),
}
"""Kind of suppression → as a title, and in the line that sums it up; in the order in which they are shown."""


def findings_table(report: ScanReport, *, width: int = 110, colour: bool = False) -> str:
    """Give the table, what is suppressed, what was not evaluated, and a line that sums it up; ends with a line break.

    width: columns of the terminal; colour: ANSI colours for severities. The findings stand in the order of the report.
    Control characters in the data are made visible, so that a package cannot write to the terminal.
    """
    width = max(width, _NARROWEST)
    counted = [f for f in report.findings if f.suppression is None]
    suppressed = [f for f in report.findings if f.suppression is not None]
    parts = []
    if counted:
        parts.append(_table(counted, width, colour=colour))
    parts += _suppressed(suppressed, width)
    if report.not_evaluated or report.skipped:
        parts.append("\n".join(_unseen(report, width)))
    parts.append(_summary(report, counted, suppressed, colour=colour))
    return "\n\n".join(parts) + "\n"


def _table(findings: Sequence[Finding], width: int, *, colour: bool) -> str:
    columns = {title: [one_line(cell) for cell in cells] for title, cells in _columns(findings).items()}
    widths = {title: max(_width(title), *map(_width, cells)) for title, cells in columns.items()}
    for title, most in _MOST.items():
        widths[title] = min(widths[title], most)
    titles = list(_ALWAYS)
    for title in _IF_ROOM:
        least = sum(min(widths[t], _LEAST.get(t, widths[t])) + 2 for t in [*titles, title]) - 2
        # The layer says least: it is there only where nothing else is cut for it.
        wide = sum(widths[t] + 2 for t in [*titles, title]) - 2
        if any(columns[title]) and (wide if title == "LAYER" else least) <= width:
            titles.append(title)
    titles.sort(key=_ORDER.index)
    room = width - sum(widths[t] + 2 for t in titles)
    if room >= _LEAST["SUMMARY"] and any(f.summary for f in findings):
        titles.append("SUMMARY")
        columns["SUMMARY"] = [one_line(f.summary) for f in findings]
        widths["SUMMARY"] = room
    cut = [widths[title] for title in titles]
    _shrink(titles, cut, width)
    lines = ["  ".join(_fit(title, w, right=title in _RIGHT) for title, w in zip(titles, cut, strict=True)).rstrip()]
    for number, finding in enumerate(findings):
        cells = [_fit(columns[t][number], w, right=t in _RIGHT) for t, w in zip(titles, cut, strict=True)]
        if colour:
            cells[0] = _paint(cells[0], finding.severity)
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _columns(findings: Sequence[Finding]) -> dict[str, list[str]]:
    # Without EPSS and KEV the risk says no more than the severity.
    told = any(f.epss is not None or f.exploited is not None for f in findings)
    return {
        "SEVERITY": [f"{f.severity}{'' if f.score is None else f' {f.score:.1f}'}" for f in findings],
        "PACKAGE": [f.package for f in findings],
        "INSTALLED": [f.version for f in findings],
        "VULNERABILITY": [f.id for f in findings],
        "FIXED IN": [f.fixed_versions[0] if f.fixed_versions else "no fix known" for f in findings],
        "KEV": ["" if f.exploited is None else "ransom" if f.exploited.ransomware else "yes" for f in findings],
        "EPSS": ["" if f.epss is None else f"{f.epss.score:.1%}" for f in findings],
        "RISK": ["" if f.risk is None or not told else f"{f.risk:.0f}" for f in findings],
        "STATUS": [_status(f) for f in findings],
        "LAYER": [_layer(f) for f in findings],
    }


def _status(finding: Finding) -> str:
    words = ["investigated"] if finding.status == "under_investigation" else []
    words += [_RESPONSES[finding.response]] if finding.response in _RESPONSES else []
    words += [finding.urgency] if finding.urgency else []
    words += ["low confidence"] if finding.found and all(h.confidence == "low" for h in finding.found) else []
    return ", ".join(words)


def _layer(finding: Finding) -> str:
    return "base image" if finding.base else "" if finding.layer is None else finding.layer.short


def _shrink(titles: Sequence[str], widths: list[int], width: int) -> None:
    """Take columns, one at a time, from the widest that can still give one."""
    over = sum(widths) + 2 * (len(widths) - 1) - width
    for _ in range(over):
        able = [i for i, title in enumerate(titles) if widths[i] > _LEAST.get(title, 10**6)]
        if not able:
            return
        widths[max(able, key=lambda i: widths[i])] -= 1


def _suppressed(findings: Sequence[Finding], width: int) -> list[str]:
    """Give one paragraph for each kind of suppression, with the most severe findings of it."""
    parts = []
    for kind, (title, _) in _KINDS.items():
        held = [f for f in findings if f.suppression is not None and f.suppression.kind == kind]
        if held:
            lines = [f"Suppressed {title}:", *(_cut(_reason_of(f), width) for f in held[:_SHOWN_SUPPRESSED])]
            if len(held) > _SHOWN_SUPPRESSED:
                lines.append(f"  and {len(held) - _SHOWN_SUPPRESSED} more; -o json has them all")
            parts.append("\n".join(lines))
    return parts


def _reason_of(finding: Finding) -> str:
    s = finding.suppression
    if s is None:
        return ""
    until = f", until {format_time(s.expires)[:10]}" if s.expires else ", without end" if s.kind == "exception" else ""
    who = f", {s.owner}" if s.owner and s.kind != "vendor" else ""
    status = f", {s.status.replace('_', ' ')}" if s.kind == "vex" and s.status else ""
    why = f": {s.reason}" if s.reason else ""
    return one_line(
        f"  {finding.severity} {finding.id} in {finding.package} {finding.version}{until}{status}{who}{why}"
    )


def _unseen(report: ScanReport, width: int) -> list[str]:
    """Say what the scan knows nothing about, one line for each reason, the commonest first."""
    reasons: dict[str, list[str]] = {}
    for item in report.not_evaluated:
        about = f"{item.package_id} ({item.advisory})" if item.advisory else item.package_id
        reasons.setdefault(_reason(item), []).append(about)
    for skipped in report.skipped:
        reasons.setdefault(f"could not be read: {skipped.reason}", []).append(skipped.where)
    ordered = sorted(reasons.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    lines = ["Not evaluated, so nothing is known about it:"]
    for reason, items in ordered[:_SHOWN_REASONS]:
        names = ", ".join(sorted(items)[:3]) + (", …" if len(items) > 3 else "")
        lines.append(_cut(one_line(f"  {len(items):>4}  {_said(reason, len(items))}: {names}"), width))
    if len(ordered) > _SHOWN_REASONS:
        more = _count(len(ordered) - _SHOWN_REASONS, "more reason")
        lines.append(f"        and for {more}; see security-report.json")
    return lines


def _reason(item: NotEvaluated) -> str:
    """Give the reason; packages whose owners are not covered have one between them, whoever the owners are."""
    if _OWNED.match(item.reason):
        return _UNCOVERED_OWNER
    return item.reason


def _said(reason: str, number: int) -> str:
    if reason != _UNCOVERED_OWNER:
        return reason
    if number == 1:
        return "package belongs to an operating system package that is not covered"
    return "packages belong to operating system packages that are not covered"


def _summary(report: ScanReport, counted: Sequence[Finding], suppressed: Sequence[Finding], *, colour: bool) -> str:
    packages = _count(report.packages, "package")
    unjudged = len({item.package_id for item in report.not_evaluated})
    unread = len(report.skipped)
    if report.result == "clean":
        return f"No known vulnerability in {packages}, by {_database(report)}."
    if report.result == "unknown":
        if report.database is None:
            why = "there is no advisory database; run `custody db update`"
        elif not report.packages:
            why = "no package was found to look at"
        else:
            parts = [f"{unjudged} of {packages} could not be evaluated"] if unjudged else []
            parts += [f"{_count(unread, 'file')} could not be read"] if unread else []
            why = f"{' and '.join(parts) or 'not everything could be evaluated'}, by {_database(report)}"
        return f"Result unknown: {why}. Nothing was found, which does not mean that nothing is there."
    by_severity = Counter(f.severity for f in counted)
    words = [f"{by_severity[s]} {s.lower()}" for s in reversed(SEVERITIES) if by_severity[s]]
    if colour:
        words = [_paint(word, word.partition(" ")[2].upper()) for word in words]
    found = f"{_count(len(counted), 'finding')}" + (f": {', '.join(words)}" if words else "")
    exploited = sum(f.exploited is not None for f in counted)
    fixable = sum(bool(f.fixed_versions) for f in counted)
    extra = f"; {exploited} known to be exploited" if exploited else ""
    extra += f"; a fix is known for {fixable if fixable < len(counted) else 'all'}" if fixable else ""
    extra += f"; {len(suppressed)} suppressed ({_kinds(suppressed)})" if suppressed else ""
    extra += f"; {unjudged} not evaluated" if unjudged else ""
    extra += f"; {_count(unread, 'file')} not read" if unread else ""
    hint = " Run `custody db update` to ask all advisories." if report.database and report.database.partial else ""
    return f"{found}{extra}. {packages} looked at, by {_database(report)}.{hint}"


def _kinds(suppressed: Sequence[Finding]) -> str:
    counts = Counter(f.suppression.kind for f in suppressed if f.suppression is not None)
    return ", ".join(f"{counts[kind]} {short}" for kind, (_, short) in _KINDS.items() if counts[kind])


def _database(report: ScanReport) -> str:
    state = report.database
    if state is None:
        return "no database"
    name = "the starter database" if state.partial else "advisories"
    if state.newest is None:
        return f"{name} of unknown age"
    days = (report.scanned_at - state.newest).days
    age = f" ({_count(days, 'day')} old)" if days > 0 else ""
    return f"{name} of {format_time(state.newest)[:10]}{age}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _paint(text: str, severity: str) -> str:
    return f"\x1b[{_COLOURS[severity]}m{text}\x1b[0m"


def _width(text: str) -> int:
    """Give the columns a terminal takes for a printable text."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _fit(text: str, width: int, *, right: bool = False) -> str:
    text = _cut(text, width)
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _cut(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    used = 0
    for place, char in enumerate(text):
        used += _width(char)
        if used > width - 1:
            return text[:place] + "…"
    return text
