"""Findings as Markdown, for the comment on a pull or merge request.

The summary stands first, so that it is read before anything is unfolded. Then a table of the most severe findings, at
most `MAX_ROWS` and never more than fit: GitHub takes comments of 65,536 characters, and a text of more than `MAX_CHARS`
is cut where a row ends, and says how much is missing. Suppressed findings, what could not be evaluated, and where the
findings come from are folded away in `<details>`, which GitHub, GitLab, Gitea and Bitbucket's newer pages show.

Texts from outside stand in code spans or are escaped: a package called `@team/x` must notify nobody, and a summary must
not become a link, an image, a table or a tag (GitHub Flavored Markdown, https://github.github.com/gfm/).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from custody.errors import one_line
from custody.model import format_time
from custody.report.finding_texts import (
    about,
    counted,
    how_found,
    kind_of,
    link,
    result_words,
    suppressed,
    title,
    why_suppressed,
)
from custody.report.formats.interface import ReportFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from custody.model import Finding, Inventory, ScanReport

MAX_ROWS = 50
"""Of the table: more than a reviewer reads; the whole list is in the artifact of the build."""
MAX_FOLDED = 100
"""Lines of each folded list."""
MAX_CHARS = 60_000
_MAX_CELL = 120
_MARKS = {"CRITICAL": "🟥", "HIGH": "🟧", "MEDIUM": "🟨", "LOW": "🟦", "NONE": "⬜", "UNKNOWN": "❔"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$:@-])")
_TAGS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def encode(report: ScanReport, inventory: Inventory, *, tool_version: str) -> bytes:
    """Write the comment."""
    artifact = inventory.artifact
    name = " ".join(part for part in (artifact.name, artifact.version) if part) or artifact.reference
    found = counted(report)
    parts = [
        f"### Vulnerabilities{f' in {code(name)}' if name else ''}",
        f"**{result_words(report)}** {_rest(report, found)}".rstrip(),
        _bar(found),
    ]
    tail = [_foot(report, tool_version)]
    folded = [
        _folded("Suppressed findings", [_suppressed_line(f) for f, _ in suppressed(report)]),
        _folded(
            "Not evaluated, or not read: on these the scan says nothing",
            [f"{code(about(item))}: {plain(item.reason)}" for item in report.not_evaluated]
            + [f"{code(item.where)}: {plain(item.reason)}" for item in report.skipped],
        ),
        _folded("How each was found", [_how_line(finding) for finding in found[:MAX_ROWS]], total=len(found)),
    ]
    room = MAX_CHARS - sum(len(part) + 2 for part in (*parts, *tail))
    table, room = _table(found, room)
    parts.append(table)
    for text in folded:
        if text and len(text) + 2 <= room:
            parts.append(text)
            room -= len(text) + 2
    text = "\n\n".join(part for part in (*parts, *tail) if part) + "\n"
    return text.encode("utf-8", "backslashreplace")


def _rest(report: ScanReport, found: Sequence[Finding]) -> str:
    fixable = sum(bool(finding.fixed_versions) for finding in found)
    exploited = sum(finding.exploited is not None for finding in found)
    parts = [f"{fixable} can be fixed by an update"] if found else []
    parts += [f"**{exploited} known to be exploited**"] if exploited else []
    hidden = len(report.findings) - len(found)
    parts += [f"{hidden} suppressed"] if hidden else []
    unseen = len(report.not_evaluated) + len(report.skipped)
    parts += [f"{unseen} not evaluated"] if unseen else []
    return f"{'; '.join(parts)}. {report.packages} packages." if parts else f"{report.packages} packages."


def _bar(found: Iterable[Finding]) -> str:
    from custody.report.finding_texts import by_severity

    return " · ".join(f"{_MARKS[word]} {count} {word.lower()}" for word, count in by_severity(found))


def _table(found: Sequence[Finding], room: int) -> tuple[str, int]:
    """Give the table, cut at `MAX_ROWS` or where the room ends, and the room that is left."""
    if not found:
        return "", room
    lines = ["| | Vulnerability | Package | Installed | Fixed in | |", "|---|---|---|---|---|---|"]
    note = "\n\n…and {} less severe ones, which are not shown here."
    left = room - sum(len(line) + 1 for line in lines) - len(note) - 8
    shown = 0
    for finding in found[:MAX_ROWS]:
        line = _row(finding)
        if len(line) + 1 > left:
            break
        lines.append(line)
        left -= len(line) + 1
        shown += 1
    more = len(found) - shown
    text = "\n".join(lines) + (note.format(more) if more else "")
    return text, room - len(text) - 2


def _row(finding: Finding) -> str:
    score = "" if finding.score is None else f" {finding.score:.1f}"
    url = link(finding)
    name = f"[{plain(finding.id)}](<{url}>)" if url and not set(url) & set("<>|\\") else code(finding.id)
    fixed = code(finding.fixed_versions[0]) if finding.fixed_versions else "none known"
    marks = ["**exploited**"] if finding.exploited else []
    marks += [f"EPSS {finding.epss.score:.0%}"] if finding.epss and finding.epss.score >= 0.01 else []
    marks += ["base image"] if finding.base else []
    words = plain(_cut(title(finding)))
    cells = (
        f"{_MARKS[finding.severity]} {finding.severity.lower()}{score}",
        name,
        code(finding.package),
        code(finding.version),
        fixed,
        f"{words}{' · ' if marks else ''}{', '.join(marks)}",
    )
    return f"| {' | '.join(cells)} |"


def _suppressed_line(finding: Finding) -> str:
    s = finding.suppression
    why = "" if s is None else f": {kind_of(s)}: {plain(_cut(why_suppressed(s)))}"
    return f"{finding.severity.lower()} {code(finding.id)} in {code(finding.package)} {code(finding.version)}{why}"


def _how_line(finding: Finding) -> str:
    way = " → ".join(code(step) for step in finding.path[1:])
    where = ", ".join(code(place) for place in finding.locations[:3])
    parts = [plain(_cut(how_found(how))) for how in finding.found[:2]]
    parts += [f"by way of {way}"] if len(finding.path) > 2 else []
    parts += [f"in {where}"] if where else []
    return f"{code(finding.id)} in {code(finding.package)}: {'; '.join(parts)}"


def _folded(head: str, lines: Sequence[str], *, total: int | None = None) -> str:
    if not lines:
        return ""
    total = len(lines) if total is None else total
    shown = list(lines[:MAX_FOLDED])
    more = total - len(shown)
    shown += [f"…and {more} more"] if more > 0 else []
    items = "\n".join(f"- {line}" for line in shown)
    return f"<details><summary>{head} ({total})</summary>\n\n{items}\n\n</details>"


def _foot(report: ScanReport, tool_version: str) -> str:
    database = report.database
    newest = format_time(database.newest) if database and database.newest else "not known"
    asked = "no advisory database" if database is None else f"advisories up to {newest}"
    return (
        f"<sub>{code(str(report.artifact))} · scanned {format_time(report.scanned_at)} · {asked} · "
        f"custody {plain(tool_version)}</sub>"
    )


def _cut(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _MAX_CELL else f"{text[: _MAX_CELL - 1]}…"


def code(text: str) -> str:
    """Give a code span, in which nothing is a mention, a link or a tag; a bar in it would still end a table's cell."""
    text = one_line(text).strip().replace("|", "¦")
    if not text:
        return ""
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{ticks} {text} {ticks}" if text.startswith("`") or text.endswith("`") else f"{ticks}{text}{ticks}"


def plain(text: str) -> str:
    """Give a text in which nothing is markup, a mention or a link of its own accord."""
    text = _SPECIAL.sub(r"\\\1", one_line(text).translate(_TAGS))
    return text.replace("www.", "www\\.")


FORMAT = ReportFormat(name="markdown", media_type="text/markdown; charset=utf-8", extension=".md", encode=encode)
