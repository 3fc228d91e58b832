"""The versions of one product in a CVE record → events.

Spec: CVE record format 5.2, docs/versions.md (https://github.com/CVEProject/cve-schema): the first entry of `versions`
that holds a version gives its status (a range gives that of the last of its `changes` at or below it); where none does,
`defaultStatus`, "unknown" when absent.

    affected, version 1, lessThan 2                    → introduced 1, fixed 2
    … changes [{at 1.5, unaffected}]                   → introduced 1, fixed 1.5
    affected, lessThanOrEqual 2                        → introduced …, last_affected 2
    affected, version 3 alone                          → versions 3
    affected, version ">= 1, < 2" (GitHub's way)       → introduced 1, fixed 2
    default affected, unaffected 2 to lessThan 3       → introduced 0, fixed 2, introduced 3
    default affected, unaffected 2 alone               → introduced 0, and beside it that 2 is not affected

`0`, `*` and `unspecified` as a lower end mean the beginning; `*` and `unspecified` as an upper end, that there is none.
Words ("prior to 2.0") become nothing, and are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from custody.model import Range, RangeEvent

__all__ = ["Said", "Version", "count", "from_start", "versions_of"]

_START = frozenset({"0", "*", "unspecified", "", "-"})
_NO_END = frozenset({"*", "unspecified"})
_NO_VERSION = frozenset({"n/a", "na", "unspecified", "unknown", "not specified", "-", "", "?"})
_COMPARED = re.compile(r"(>=|<=|<|>|=)\s*([^\s,<>=]+)")
_COMMIT = re.compile(r"0|[0-9a-f]{40}|[0-9a-f]{64}")
_SERIES = re.compile(r"((?:\d+\.)*)(\d+)\.\*")


class _Change(msgspec.Struct, gc=False):
    at: str
    status: str


class Version(msgspec.Struct, rename="camel", gc=False):
    """One entry of `versions`."""

    version: str
    status: str
    version_type: str | None = None
    less_than: str | None = None
    less_than_or_equal: str | None = None
    changes: list[_Change] | None = None


@dataclass(slots=True)
class Said:
    """What is said of one product, while it is put together."""

    ranges: list[Range] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    commits: list[Range] = field(default_factory=list)
    safe_ranges: list[Range] = field(default_factory=list)
    safe_versions: list[str] = field(default_factory=list)


def versions_of(versions: Iterable[Version], default: str, unsaid: dict[str, int]) -> Said:
    """Give what `versions` and `defaultStatus` say. unsaid: counts, by reason, what events cannot express."""
    versions = tuple(versions)
    said = Said()
    holes: list[RangeEvent] = []
    open_default = default == "affected"
    for entry in versions:
        if entry.version_type == "git":
            _commits(entry, said, unsaid)
        elif entry.status == "affected" and open_default:
            _changes(entry, holes, said)
        elif entry.status == "affected":
            _affected(entry, said, unsaid)
        elif entry.status == "unaffected":
            if open_default:
                _hole(entry, holes, said)
            elif not said.ranges:  # behind a range it no longer matters: the first entry that holds a version counts
                _safe(entry, said)
        elif open_default:
            _safe(entry, said)  # "unknown" is not "affected", and all that can be said is that it is not
            count(unsaid, "versions of unknown status")
    if open_default and versions and not all(v.version_type == "git" for v in versions):
        said.ranges.append(Range(type="ECOSYSTEM", events=_without_start(holes)))
    return said


def _affected(entry: Version, said: Said, unsaid: dict[str, int]) -> None:
    """Add a range or a version of which the record says that it is affected."""
    end = entry.less_than if entry.less_than is not None else entry.less_than_or_equal
    if end is None:
        _single(entry, said, unsaid)
        return
    kind = "SEMVER" if entry.version_type == "semver" else "ECOSYSTEM"
    if (start := _start(entry.version)) is None or (end not in _NO_END and not _is_version(end)):
        count(unsaid, "a range whose ends are words")
        return
    events = [RangeEvent(kind="introduced", version=start)]
    state = "affected"
    for change in entry.changes or ():
        if change.status == "affected" and state != "affected":
            events.append(RangeEvent(kind="introduced", version=change.at))
        elif change.status != "affected" and state == "affected":
            events.append(RangeEvent(kind="fixed", version=change.at))
        state = change.status
    if end not in _NO_END:
        closing = _closing(end, inclusive=entry.less_than is None)
        if closing is None:
            count(unsaid, "a range whose ends are words")
            return
        if state == "affected" and not (closing.kind == "fixed" and events[-1] == closing):
            events.append(closing)
    said.ranges.append(Range(type=kind, events=tuple(events)))


def _single(entry: Version, said: Said, unsaid: dict[str, int]) -> None:
    text = entry.version.strip()
    if text in {"*", "all", "All"}:
        said.ranges.append(from_start("0"))
    elif text.lower() in _NO_VERSION:
        count(unsaid, "a version that is not stated")
    elif text[:1] in "<>=":
        line = _compared(text)
        if line is None:
            count(unsaid, "a version in words")
        elif line.events[0].kind == "listed":
            said.versions.append(line.events[0].version)
        else:
            said.ranges.append(line)
    elif _is_version(text):
        said.versions.append(text)
    else:
        count(unsaid, "a version in words")


def _compared(text: str) -> Range | None:
    """Read `>= 1.0, < 1.2.3`, as GitHub writes ranges into `version`; None where it is anything else."""
    pairs = [part.strip() for part in text.split(",")]
    read = [_COMPARED.fullmatch(part) for part in pairs]
    ends: dict[str, str] = {}
    for match in read:
        if match is None or match[1] in ends or match[1] == ">":
            return None
        ends[match[1]] = match[2]
    if "=" in ends:
        return Range(type="", events=(RangeEvent(kind="listed", version=ends["="]),)) if len(ends) == 1 else None
    if "<" in ends and "<=" in ends:
        return None
    events = [RangeEvent(kind="introduced", version=ends.get(">=", "0"))]
    if "<" in ends:
        events.append(RangeEvent(kind="fixed", version=ends["<"]))
    if "<=" in ends:
        events.append(RangeEvent(kind="last_affected", version=ends["<="]))
    return Range(type="ECOSYSTEM", events=tuple(events))


def _hole(entry: Version, holes: list[RangeEvent], said: Said) -> None:
    """Cut versions that are not affected out of all the others, which are."""
    end = entry.less_than if entry.less_than is not None else entry.less_than_or_equal
    start = _start(entry.version)
    if end is None or start is None:
        _safe(entry, said)
        return
    if end in _NO_END:
        holes.append(RangeEvent(kind="fixed", version=start))
        return
    closing = _closing(end, inclusive=entry.less_than is None)
    if closing is None or closing.kind != "fixed":  # "introduced behind 2.1" has no event
        _safe(entry, said)
        return
    holes += [RangeEvent(kind="fixed", version=start), RangeEvent(kind="introduced", version=closing.version)]


def _changes(entry: Version, holes: list[RangeEvent], said: Said) -> None:
    """Cut out what the changes inside an affected range call not affected, up to the next change or the end."""
    changes = entry.changes or ()
    for index, change in enumerate(changes):
        following = changes[index + 1] if index + 1 < len(changes) else None
        if change.status != "unaffected":
            continue
        if following is not None:
            part = Version(version=change.at, status="unaffected", less_than=following.at)
        else:
            upper, inclusive = entry.less_than, entry.less_than_or_equal
            part = Version(version=change.at, status="unaffected", less_than=upper, less_than_or_equal=inclusive)
        _hole(part, holes, said)


def _without_start(holes: list[RangeEvent]) -> tuple[RangeEvent, ...]:
    """Give the events of "all versions but": what begins where everything begins is not fixed there."""
    at_start = RangeEvent(kind="fixed", version="0")
    if at_start in holes:
        return tuple(event for event in holes if event != at_start) or (
            RangeEvent(kind="introduced", version="0"),
            at_start,
        )
    return (RangeEvent(kind="introduced", version="0"), *holes)


def _safe(entry: Version, said: Said) -> None:
    """Keep that versions are not affected, for an entry of that status."""
    end = entry.less_than if entry.less_than is not None else entry.less_than_or_equal
    if end is None:
        if _is_version(entry.version) and entry.version.lower() not in _NO_VERSION:
            said.safe_versions.append(entry.version)
        return
    start = _start(entry.version)
    if start is None or (end not in _NO_END and not _is_version(end)):
        return
    events = [RangeEvent(kind="introduced", version=start)]
    if end not in _NO_END:
        closing = _closing(end, inclusive=entry.less_than is None)
        if closing is None:
            return
        events.append(closing)
    said.safe_ranges.append(Range(type="ECOSYSTEM", events=tuple(events)))


def _closing(end: str, *, inclusive: bool) -> RangeEvent | None:
    """Give the event at the upper end of a range. `5.10.*` is below 5.11, whichever comparison is asked for."""
    if "*" not in end:
        return RangeEvent(kind="last_affected" if inclusive else "fixed", version=end)
    series = _SERIES.fullmatch(end)
    if series is None or len(series[2]) > 9:
        return None
    return RangeEvent(kind="fixed", version=f"{series[1]}{int(series[2]) + 1}")


def _commits(entry: Version, said: Said, unsaid: dict[str, int]) -> None:
    start = "0" if entry.version in _START else entry.version
    end = entry.less_than if entry.less_than is not None else entry.less_than_or_equal
    if entry.status != "affected":
        return
    if not _COMMIT.fullmatch(start) or (end is not None and end not in _NO_END and not _COMMIT.fullmatch(end)):
        count(unsaid, "commits that are not whole hashes")
        return
    events = [RangeEvent(kind="introduced", version=start)]
    if end is None:
        events.append(RangeEvent(kind="last_affected", version=start))
    elif end not in _NO_END:
        kind = "fixed" if entry.less_than is not None else "last_affected"
        events.append(RangeEvent(kind=kind, version=end))
    said.commits.append(Range(type="GIT", events=tuple(events)))


def _start(text: str) -> str | None:
    """Give a lower end as OSV writes it, None where it is words."""
    text = text.strip()
    if text in _START:
        return "0"
    return text if _is_version(text) else None


def _is_version(text: str) -> bool:
    """Say whether a text may be a version, rather than words ("all versions", "prior to 2.0", "next of 1.2")."""
    return bool(text) and len(text) <= 200 and not any(c.isspace() for c in text) and any(c.isdigit() for c in text)


def from_start(start: str) -> Range:
    """Give the range of all versions from one on."""
    return Range(type="ECOSYSTEM", events=(RangeEvent(kind="introduced", version=start),))


def count(unsaid: dict[str, int], reason: str) -> None:
    """Count one thing more that could not be said."""
    unsaid[reason] = unsaid.get(reason, 0) + 1
