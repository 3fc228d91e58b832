"""Findings as a table for the terminal: plain texts, so that drawing 2,000 rows is no slower than finding them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from custody.errors import one_line
from custody.model import SEVERITIES, Finding, NotEvaluated, ScanReport, format_time

__all__ = ["findings_table"]

_COLOURS = {"CRITICAL": "1;31", "HIGH": "31", "MEDIUM": "33", "LOW": "36", "NONE": "2", "UNKNOWN": "35"}
_LEAST = {"PACKAGE": 10, "INSTALLED": 8, "VULNERABILITY": 14, "FIXED IN": 8, "SUMMARY": 20}
"""Columns that may be cut to fit the width, and the narrowest that still tells something."""
_OWNED = re.compile(r"it belongs to pkg:(?:apk|deb|rpm)/")
_UNCOVERED_OWNER = "it belongs to an operating system package that is not covered"
_SHOWN_REASONS = 8
_NARROWEST = 64
"""Columns: what the table needs when every column is cut to its least; narrower terminals fold the lines."""
_LAYERS_FROM = 80
"""Columns from which there is room for the layer."""


def findings_table(report: ScanReport, *, width: int = 110, colour: bool = False) -> str:
    """Give the table, what is suppressed, what was not evaluated, and a line that sums it up; ends with a line break.

    width: columns of the terminal; colour: ANSI colours for severities. Control characters in the data are made
    visible, so that a package cannot write to the terminal.
    """
    width = max(width, _NARROWEST)
    counted = [f for f in report.findings if f.suppression is None]
    suppressed = [f for f in report.findings if f.suppression is not None]
    parts = []
    if counted:
        parts.append(_table(counted, width, colour=colour))
    if suppressed:
        parts.append(
            "\n".join(["Suppressed by a recorded exception:", *(_cut(_exception(f), width) for f in suppressed)])
        )
    if report.not_evaluated or report.skipped:
        parts.append("\n".join(_unseen(report, width)))
    parts.append(_summary(report, counted, suppressed, colour=colour))
    return "\n\n".join(parts) + "\n"


def _table(findings: Sequence[Finding], width: int, *, colour: bool) -> str:
    titles = ["SEVERITY", "PACKAGE", "INSTALLED", "VULNERABILITY", "FIXED IN"]
    layers = width >= _LAYERS_FROM and any(f.layer is not None for f in findings)
    titles += ["LAYER"] if layers else []
    rows = [[one_line(cell) for cell in _cells(f, layers=layers)] for f in findings]
    widths = [max(map(_width, column)) for column in zip(titles, *rows, strict=True)]
    room = width - sum(widths) - 2 * (len(widths) - 1)
    if room >= _LEAST["SUMMARY"] + 2 and any(f.summary for f in findings):
        titles.append("SUMMARY")
        rows = [[*row, one_line(f.summary)] for row, f in zip(rows, findings, strict=True)]
        widths.append(room - 2)
    _shrink(titles, widths, width)
    lines = ["  ".join(_fit(title, w) for title, w in zip(titles, widths, strict=True)).rstrip()]
    for finding, row in zip(findings, rows, strict=True):
        cells = [_fit(cell, w) for cell, w in zip(row, widths, strict=True)]
        if colour:
            cells[0] = _paint(cells[0], finding.severity)
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _cells(finding: Finding, *, layers: bool) -> list[str]:
    score = "" if finding.score is None else f" {finding.score:.1f}"
    fix = finding.fixed_versions[0] if finding.fixed_versions else "no fix known"
    cells = [f"{finding.severity}{score}", finding.package, finding.version, finding.id, fix]
    return [*cells, "" if finding.layer is None else finding.layer.short] if layers else cells


def _shrink(titles: Sequence[str], widths: list[int], width: int) -> None:
    """Take columns, one at a time, from the widest that can still give one."""
    over = sum(widths) + 2 * (len(widths) - 1) - width
    for _ in range(over):
        able = [i for i, title in enumerate(titles) if widths[i] > _LEAST.get(title, 10**6)]
        if not able:
            return
        widths[max(able, key=lambda i: widths[i])] -= 1


def _exception(finding: Finding) -> str:
    s = finding.suppression
    if s is None:
        return ""
    until = "without end" if s.expires is None else f"until {format_time(s.expires)[:10]}"
    who = f", {s.owner}" if s.owner else ""
    why = f": {s.reason}" if s.reason else ""
    return one_line(f"  {finding.severity} {finding.id} in {finding.package} {finding.version}, {until}{who}{why}")


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
    extra = f"; {len(suppressed)} suppressed" if suppressed else ""
    extra += f"; {unjudged} not evaluated" if unjudged else ""
    extra += f"; {_count(unread, 'file')} not read" if unread else ""
    hint = " Run `custody db update` to ask all advisories." if report.database and report.database.partial else ""
    return f"{found}{extra}. {packages} looked at, by {_database(report)}.{hint}"


def _database(report: ScanReport) -> str:
    state = report.database
    if state is None:
        return "no database"
    name = "the starter database" if state.partial else "advisories"
    return f"{name} of {format_time(state.newest)[:10]}" if state.newest else f"{name} of unknown age"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _paint(text: str, severity: str) -> str:
    return f"\x1b[{_COLOURS[severity]}m{text}\x1b[0m"


def _width(text: str) -> int:
    """Give the columns a terminal takes for a printable text."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _fit(text: str, width: int) -> str:
    text = _cut(text, width)
    return text + " " * (width - _width(text))


def _cut(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    while _width(text) > width - 1:
        text = text[:-1]
    return text + "…"
