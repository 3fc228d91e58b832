"""What a document says to people, and how a text is made fit for a document.

Names in an archive are bytes, and bytes that are not UTF-8 reach us as lone surrogates, which JSON in UTF-8 cannot
hold. `shown` makes them visible; where that changes a text, the text itself goes into the carry (see `carry.py`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from custody.model import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from custody.model import BuildContext, Finding, Inventory, Location, Package, ScanReport
    from custody.sbom.interface import Document

__all__ = [
    "ACTOR",
    "CONCLUDED_FROM_DECLARED",
    "advisory_url",
    "coverage",
    "how_made",
    "is_uri",
    "label",
    "licence_comment",
    "line",
    "phase",
    "remedy",
    "shown",
    "source_info",
    "status",
    "vulnerability_coverage",
]

ACTOR = re.compile(
    r"(?P<kind>Person|Organization): (?P<name>[^\s(][^()\n]*?)"
    r"(?: \((?P<email>[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)\))?"
)
"""Who somebody is, in SPDX's words: 2.3 sections 6.8 and 7.5."""
CONCLUDED_FROM_DECLARED = "Concluded from the declared licence; no licence text was analysed."
_URI_PART = r"[A-Za-z0-9._~:/?@!$&'()*+,;=-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9._~:/?@!$&'()*+,;=-]*)*"
_URI = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:(?!#|$){_URI_PART}(?:#{_URI_PART})?")
_SHOWN_LOCATIONS = 5  # a package of an image with many layers has hundreds; all of them are in the carry
_SHOWN_SKIPPED = 20
_PHASES = {"image": "post-build", "file": "post-build", "directory": "pre-build"}


def shown(text: str) -> str:
    r"""Give the text with lone surrogates made visible, as `\udc80`; anything else is kept."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def line(text: str) -> str:
    """Give the text on one line, for fields that must be a "single line of text"."""
    return text if text.isprintable() else shown(" ".join(text.split()))


def label(package: Package) -> str:
    """Give what to call a package: one line, never empty."""
    name = line(package.name)
    return name if name.strip() else line(package.purl.name).strip() or "unnamed"


def is_uri(text: str) -> bool:
    """Say whether the text is an absolute URI: RFC 3986, something after the scheme, no IPv6 host in brackets."""
    return _URI.fullmatch(text) is not None


def advisory_url(identifier: str) -> str:
    """Give the page of an advisory or CVE."""
    from urllib.parse import quote

    return f"https://osv.dev/vulnerability/{quote(identifier, safe='.-_~', errors='surrogatepass')}"


def _list(items: Sequence[str], limit: int) -> str:
    more = len(items) - limit
    return ", ".join(items[:limit]) + (f" and {more} more" if more > 0 else "")


def phase(kind: str) -> str:
    """Give the part of the life cycle in which an artifact of this kind is looked at, in CycloneDX's words."""
    return _PHASES.get(kind, "post-build")


def how_made(document: Document) -> str:
    """Tell who made the document, from what, with what and in which phase: what CISA calls the generation context."""
    artifact, context = document.inventory.artifact, document.context
    when = "before the build" if phase(artifact.kind) == "pre-build" else "after the build"
    source = artifact.reference or context.source
    lines = [
        f"Made by {context.tool} {context.tool_version} from the {artifact.kind} {source} ({artifact.digest}).",
        f"Generation context: {when}, by reading the files of the {artifact.kind}; nothing was run.",
    ]
    if context.git:
        changed = {True: ", with uncommitted changes", False: "", None: ", uncommitted changes not known"}[
            context.git.dirty
        ]
        origin = f" of {context.git.remote}" if context.git.remote else ""
        ref = f" ({context.git.ref})" if context.git.ref else ""
        lines.append(f"Source: git commit {context.git.commit}{ref}{origin}{changed}.")
    lines += [f"{title}: {_pairs(pairs)}." for title, pairs in _settings(context) if pairs]
    return shown("\n".join(lines))


def _settings(context: BuildContext) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    return ("Environment", context.environment), ("Asked for", context.parameters)


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    return "; ".join(f"{key} {value}" for key, value in sorted(pairs))


def coverage(inventory: Inventory) -> str:
    """Tell what was looked at, and what could not be read."""
    counts = _list([f"{name} {count}" for name, count in inventory.catalogers], 50)
    lines = [
        f"{len(inventory.packages)} packages, {inventory.files} files looked at"
        + (f"; by cataloger: {counts}." if counts else ".")
    ]
    if inventory.skipped:
        lines.append(f"Could not be read, so that what they hold is not known ({len(inventory.skipped)}):")
        lines += [f"- {skipped.where}: {skipped.reason}" for skipped in inventory.skipped[:_SHOWN_SKIPPED]]
        if len(inventory.skipped) > _SHOWN_SKIPPED:
            lines.append(f"- and {len(inventory.skipped) - _SHOWN_SKIPPED} more")
    return shown("\n".join(lines))


def vulnerability_coverage(report: ScanReport | None) -> str:
    """Tell what the document can say about vulnerabilities."""
    if report is None:
        return "Vulnerabilities: not scanned; nothing is said about them."
    if report.database is None:
        return "Vulnerabilities: unknown; there was no advisory database to ask."
    counted = sum(finding.suppression is None for finding in report.findings)
    newest = format_time(report.database.newest) if report.database.newest else "not known"
    suppressed = len(report.findings) - counted
    return (
        f"Vulnerabilities: {report.result} on {format_time(report.scanned_at)}: {counted} found, "
        f"{suppressed} suppressed, {len(report.not_evaluated)} times not evaluated. "
        f"Advisories: {report.database.digest}, the newest of {newest}."
    )


def source_info(package: Package) -> str:
    """Tell where a package was found, and from what it was built."""
    parts = []
    if package.locations:
        found = "found in" if package.installed else "listed, as something to be installed, in"
        parts.append(f"{found} {_list([_place(location) for location in package.locations], _SHOWN_LOCATIONS)}")
    elif not package.installed:
        parts.append("listed as something to be installed")
    if package.source_name:
        parts.append(f"built from the source package {package.source_name} {package.source_version}".rstrip())
    return shown("; ".join(parts))


def _place(location: Location) -> str:
    where = f" {location.where}" if location.where else ""
    layer = f", layer {location.layer}" if location.layer else ""
    return f"{location.path}{where} (by {location.cataloger}{layer})"


def licence_comment(package: Package, *, concluded_from_declared: bool, declared_fault: str) -> str:
    """Tell where the licence fields come from, "" where they speak for themselves."""
    parts = []
    if declared_fault:
        parts.append(f"The declared licence is no SPDX expression: {package.licence_declared!r}: {declared_fault}.")
    if concluded_from_declared:
        parts.append(CONCLUDED_FROM_DECLARED)
    elif package.licence_concluded is not None:
        parts.append("Concluded from the licence texts found in the files.")
    return shown(" ".join(parts))


def remedy(finding: Finding) -> str:
    """Tell which versions mend a finding."""
    return f"fixed in {', '.join(finding.fixed_versions)}" if finding.fixed_versions else "no fixed version is known"


def status(finding: Finding) -> str:
    """Tell, on one line, how bad a finding is and what is to be done about it."""
    score = "no score" if finding.score is None else f"score {finding.score:.1f}"
    vector = f" ({finding.vector})" if finding.vector else ""
    parts = [f"severity {finding.severity}, {score}{vector}"]
    if finding.suppression is None:
        parts.append(f"status: affected, {remedy(finding)}")
    else:
        s = finding.suppression
        until = f"until {format_time(s.expires)}" if s.expires else "without an end"
        approved = f", approved by {s.approver}" if s.approver else ""
        by = f" by {s.owner}" if s.owner else ""
        why = ": ".join(word for word in (s.status, s.justification, s.reason) if word)
        kind = "" if s.kind == "exception" else f" ({s.kind})"
        parts.append(f"status: suppressed{kind} {until}{by}{approved}: {why}; {remedy(finding)}")
    if finding.aliases:
        parts.append(f"also known as {', '.join(finding.aliases)}")
    return line("; ".join(parts))
