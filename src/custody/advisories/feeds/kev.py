"""CISA's catalogue of known exploited vulnerabilities (KEV), as JSON or CSV.

Reads: https://www.cisa.gov/known-exploited-vulnerabilities-catalog, JSON by its published schema, CSV with the same
names as columns. Gives: when it was added, the due date, whether ransomware uses it, what CISA requires.
Cannot know: who exploits it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from custody.advisories.feeds.contents import head_of, read_file
from custody.errors import InputError
from custody.model import Exploited, Skipped

__all__ = ["KevDump", "looks_like", "parse_kev"]

_ID = re.compile(r"CVE-\d{4}-\d{4,19}")
LONGEST_ACTION = 1000
"""Characters that are kept of the required action: it is a sentence or two."""
_COLUMNS = {"cveID", "dateAdded"}


class _Catalogue(msgspec.Struct, gc=False):
    vulnerabilities: list[msgspec.Raw]


class _Entry(msgspec.Struct, rename="camel", gc=False):
    cve_id: str = msgspec.field(name="cveID")
    date_added: str
    due_date: str | None = None
    required_action: str | None = None
    known_ransomware_campaign_use: str | None = None


_CATALOGUE = msgspec.json.Decoder(_Catalogue)
_ENTRY = msgspec.json.Decoder(_Entry)


class KevDump:
    """The entries of one catalogue file."""

    kind = "kev"
    whole = ""

    def __init__(self, path: Path, name: str = "") -> None:
        """Take the file (.gz and .zst are unpacked) and its name for messages."""
        self.name = name or str(path)
        self.skipped: list[Skipped] = []
        self._path = path

    def records(self) -> Iterator[Exploited]:
        """Yield the entries that can be read. InputError: the file is no catalogue."""
        yield from parse_kev(read_file(self._path, self.name), self.name, self.skipped)


def looks_like(data: bytes) -> bool:
    """Say whether a file that begins like this is a catalogue."""
    head = head_of(data).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"{"):
        return b'"catalogVersion"' in head and b'"vulnerabilities"' in head
    first = head.partition(b"\n")[0].strip().replace(b'"', b"").split(b",")
    return {c.encode() for c in _COLUMNS} <= set(first)


def parse_kev(data: bytes, where: str, skipped: list[Skipped]) -> Iterator[Exploited]:
    """Yield the entries of a catalogue. skipped: takes what could not be read. InputError: not a catalogue at all."""
    entries = _json(data, where, skipped) if data.lstrip()[:1] == b"{" else _csv(data, where, skipped)
    for at, entry in entries:
        try:
            yield _exploited(entry)
        except (ValueError, OverflowError) as error:
            skipped.append(Skipped(where=at, reason=f"not an entry of the catalogue: {error}"))


def _json(data: bytes, where: str, skipped: list[Skipped]) -> Iterator[tuple[str, _Entry]]:
    try:
        catalogue = _CATALOGUE.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(where, f"not a KEV catalogue: {error or type(error).__name__}") from None
    for index, raw in enumerate(catalogue.vulnerabilities):
        at = f"{where}:vulnerabilities[{index}]"
        try:
            yield at, _ENTRY.decode(raw)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            skipped.append(Skipped(where=at, reason=f"not an entry of the catalogue: {error or type(error).__name__}"))


def _csv(data: bytes, where: str, skipped: list[Skipped]) -> Iterator[tuple[str, _Entry]]:
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        if not set(rows.fieldnames or ()) >= _COLUMNS:
            raise InputError(where, f"not a KEV catalogue: expected columns {', '.join(sorted(_COLUMNS))}")
        yield from _rows(rows, where, skipped)
    except UnicodeDecodeError as error:
        raise InputError(where, f"not a KEV catalogue: {error}") from None
    except csv.Error as error:
        raise InputError(where, f"not a KEV catalogue: {error}") from None


def _rows(
    rows: Iterable[Mapping[str | None, str | list[str] | None]], where: str, skipped: list[Skipped]
) -> Iterator[tuple[str, _Entry]]:
    names = ("cveID", "dateAdded", "dueDate", "requiredAction", "knownRansomwareCampaignUse")
    for number, row in enumerate(rows, start=2):
        at = f"{where}:line {number}"
        identifier, added, due, action, ransomware = (
            value if isinstance(value := row.get(name), str) else None for name in names
        )
        if None in row or identifier is None or added is None:
            skipped.append(Skipped(where=at, reason="not an entry of the catalogue: too many or too few columns"))
            continue
        yield (
            at,
            _Entry(
                cve_id=identifier,
                date_added=added,
                due_date=due,
                required_action=action,
                known_ransomware_campaign_use=ransomware,
            ),
        )


def _exploited(entry: _Entry) -> Exploited:
    identifier = entry.cve_id.strip().upper()
    if not _ID.fullmatch(identifier):
        raise ValueError(f"expected a CVE number, got {entry.cve_id[:40]!r}")
    due = (entry.due_date or "").strip()
    return Exploited(
        id=identifier,
        added=_date(entry.date_added),
        due=_date(due) if due else None,
        ransomware=(entry.known_ransomware_campaign_use or "").strip().lower() == "known",
        action=" ".join((entry.required_action or "").split())[:LONGEST_ACTION],
    )


def _date(text: str) -> dt.date:
    """Read `2025-08-25`; the catalogue of CISA's mirror has times behind some dates."""
    return dt.date.fromisoformat(text.strip()[:10])
