"""What every report says of a finding, so that all of them say it in the same words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from custody.model import SEVERITIES, format_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custody.model import Finding, HowFound, NotEvaluated, ScanReport, Suppression

__all__ = [
    "about",
    "advice",
    "by_severity",
    "counted",
    "how_found",
    "is_link",
    "kind_of",
    "link",
    "links",
    "result_words",
    "suppressed",
    "title",
    "why_suppressed",
]

_KINDS = {
    "exception": "a recorded exception",
    "vex": "a VEX statement",
    "vendor": "the vendor's word",
    "ignore": "an ignore rule",
}
_RESPONSES = {
    "will_not_fix": "The vendor will not fix it.",
    "fix_deferred": "The vendor put the fix off.",
    "end_of_life": "The vendor no longer supports this version.",
    "workaround": "The vendor names a workaround.",
}


def counted(report: ScanReport) -> list[Finding]:
    """Give the findings that nobody suppressed."""
    return [finding for finding in report.findings if finding.suppression is None]


def suppressed(report: ScanReport) -> list[tuple[Finding, Suppression]]:
    """Give the findings that something suppresses, each with what does."""
    return [(finding, finding.suppression) for finding in report.findings if finding.suppression is not None]


def by_severity(findings: Iterable[Finding]) -> list[tuple[str, int]]:
    """Give (severity, how many) from the most severe down, without those that there are none of."""
    counts = Counter(finding.severity for finding in findings)
    return [(word, counts[word]) for word in reversed(SEVERITIES) if counts[word]]


def result_words(report: ScanReport) -> str:
    """Tell the result in one sentence."""
    if report.database is None:
        return "Unknown: no advisory database was asked."
    found = counted(report)
    if found:
        counts = ", ".join(f"{count} {word.lower()}" for word, count in by_severity(found))
        return f"{len(found)} known vulnerabilit{'y' if len(found) == 1 else 'ies'}: {counts}."
    if report.not_evaluated or report.skipped or not report.packages:
        return "Unknown: nothing was found in what could be evaluated, and not everything could be."
    return "No known vulnerability" + (", apart from what is suppressed." if report.findings else ".")


def title(finding: Finding) -> str:
    """Give the summary, or what can be said where there is none."""
    return finding.summary or f"{finding.id} in {finding.package}"


def advice(finding: Finding) -> str:
    """Tell what to do."""
    if finding.fixed_versions:
        return f"Fixed in {finding.package} {', '.join(finding.fixed_versions)}."
    return f"No fixed version of {finding.package} is known." + (
        f" {_RESPONSES[finding.response]}" if finding.response else ""
    )


def is_link(url: str) -> bool:
    """Say whether a text from outside may become a link: http or https, and printable ASCII without spaces."""
    if not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        return urlsplit(url).scheme in ("https", "http")
    except ValueError:  # brackets that hold no address
        return False


def links(finding: Finding) -> list[tuple[str, str]]:
    """Give (type, url) of the references that can be followed, the advisory's own page before any other."""
    return [r for r in sorted(finding.references, key=lambda r: (r[0] != "ADVISORY", r)) if is_link(r[1])]


def link(finding: Finding) -> str:
    """Give the page to look at first, "" where there is none."""
    return next((url for _, url in links(finding)), "")


def how_found(how: HowFound) -> str:
    """Tell on one line why a finding is there."""
    ordering = f"{how.ordering}, " if how.ordering else ""
    return f"{how.searched}: {how.record}, {how.matched} ({ordering}{how.confidence} confidence)"


def kind_of(suppression: Suppression) -> str:
    """Tell what kind of decision a suppression is."""
    return _KINDS.get(suppression.kind, suppression.kind)


def why_suppressed(suppression: Suppression) -> str:
    """Tell on one line why a finding does not count, who says so and until when."""
    parts = [suppression.owner] if suppression.owner else []
    if suppression.approver:
        parts.append(f"approved by {suppression.approver}")
    if suppression.expires is not None:
        parts.append(f"until {format_time(suppression.expires)}")
    words = [suppression.status.replace("_", " "), suppression.justification.replace("_", " "), suppression.reason]
    why = ": ".join(word for word in words if word) or kind_of(suppression)
    return f"{why} ({', '.join(parts)})" if parts else why


def about(item: NotEvaluated) -> str:
    """Tell what could not be evaluated."""
    return f"{item.package_id}, {item.advisory}" if item.advisory else item.package_id
