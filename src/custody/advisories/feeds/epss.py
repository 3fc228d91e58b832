"""EPSS: how likely each CVE is to be exploited in the next 30 days.

Reads: https://www.first.org/epss/data_stats, `epss_scores-YYYY-MM-DD.csv.gz`: a comment line
`#model_version:v2025.03.14,score_date:2025-11-22T12:55:00Z`, a header `cve,epss,percentile`, one line for each CVE.
Gives: score, percentile, date. Cannot know: why.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from custody.advisories.feeds.contents import head_of, open_stream
from custody.errors import InputError
from custody.model import Epss, Skipped

__all__ = ["EpssDump", "looks_like", "parse_epss"]

_ROW = re.compile(rb"(CVE-\d{4}-\d{4,19}),(\d\.?\d*(?:[eE]-?\d{1,3})?),(\d\.?\d*(?:[eE]-?\d{1,3})?)\s*", re.ASCII)
_DATE = re.compile(rb"(?:^#|,)score_date:(\d{4}-\d{2}-\d{2})")
_NAMED = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONGEST_LINE = 1000
MAX_LINES = 10_000_000
"""Thirty times as many as there are CVE numbers: stops an archive that inflates without end."""
MOST_SKIPPED = 1000
"""Lines that are named; a file with more than that is no EPSS file."""


class EpssDump:
    """The scores of one file."""

    kind = "epss"
    whole = ""

    def __init__(self, path: Path, name: str = "") -> None:
        """Take the file (.gz and .zst are unpacked as they are read) and its name for messages."""
        self.name = name or str(path)
        self.skipped: list[Skipped] = []
        self._path = path

    def records(self) -> Iterator[Epss]:
        """Yield the scores that can be read. InputError: the file is no EPSS file, or is cut short."""
        with open_stream(self._path, self.name) as stream:
            yield from parse_epss(stream, self.name, self.skipped)


def looks_like(data: bytes) -> bool:
    """Say whether a file that begins like this holds EPSS scores."""
    head = head_of(data).removeprefix(b"\xef\xbb\xbf")
    return any(line.strip() == b"cve,epss,percentile" for line in head.splitlines()[:3])


def parse_epss(stream: IO[bytes], where: str, skipped: list[Skipped]) -> Iterator[Epss]:
    """Yield the scores of an unpacked file. skipped: takes the lines that could not be read.

    The date is the comment line's; files from before 2022 have none, and there the one in the file's name counts.
    Raises InputError: no header, no date, or the packed file is cut short.
    """
    lines = _lines(stream, where)
    date: dt.date | None = None
    for number, line in lines:
        line = line.removeprefix(b"\xef\xbb\xbf")
        if line.startswith(b"#"):
            date = _date(line, where)
        elif line.strip() == b"cve,epss,percentile":
            break
        else:
            raise InputError(f"{where}:line {number}", "expected the header cve,epss,percentile")
    else:
        raise InputError(where, "not an EPSS file: expected the header cve,epss,percentile")
    date = date or _from_name(where)
    for number, line in lines:
        match = _ROW.fullmatch(line)
        if match is not None:
            score, percentile = float(match[2]), float(match[3])
            if score <= 1 and percentile <= 1:
                yield Epss(id=match[1].decode(), score=score, percentile=percentile, date=date)
                continue
        elif not line.strip():
            continue
        if len(skipped) >= MOST_SKIPPED:
            raise InputError(where, f"not an EPSS file: more than {MOST_SKIPPED} lines cannot be read")
        shown = line[:60].decode("utf-8", "replace").strip()
        skipped.append(
            Skipped(where=f"{where}:line {number}", reason=f"expected CVE,score,percentile from 0 to 1, got {shown!r}")
        )


def _lines(stream: IO[bytes], where: str) -> Iterator[tuple[int, bytes]]:
    for number in range(1, MAX_LINES + 1):
        try:
            line = stream.readline(_LONGEST_LINE)
        except Exception as error:  # noqa: BLE001 - gzip, zstd and the disk each have an error class of their own
            fix = "it may have been cut short: fetch it again"
            raise InputError(where, f"cannot be inflated: {error or type(error).__name__}", fix) from None
        if not line:
            return
        yield number, line
    raise InputError(where, f"more than {MAX_LINES} lines")


def _date(line: bytes, where: str) -> dt.date | None:
    match = _DATE.search(line)
    if match is None:
        return None
    try:
        return dt.date.fromisoformat(match[1].decode())
    except ValueError as error:
        raise InputError(f"{where}:line 1", f"score_date: {error}") from None


def _from_name(where: str) -> dt.date:
    for text in reversed(_NAMED.findall(where)):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            continue
    raise InputError(where, "states no score_date", "keep the date in the file's name: epss_scores-2025-11-22.csv.gz")
