"""The seam of the folder: one tool's reports are one module with a `READER`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import datetime as dt

    from custody.model import ScanReport

__all__ = ["Read", "Reader"]


class Read(Protocol):
    """Reads a report."""

    def __call__(self, data: bytes, where: str, *, at: dt.datetime) -> ScanReport:
        """Give the report as ours.

        where: the file's name for messages; at: the time of the report where it states none. The artifact is the one
        whose digest the report states, else the digest of the report's own bytes stands in for it, and
        `database.origin` says so. Raises InputError: it is not what the tool writes. Nothing else gets out.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One tool.

    name: as people call it ("osv-scanner"); recognise(table): says whether a JSON object looks like its report, without
    deciding whether it is valid.
    """

    name: str
    recognise: Callable[[Mapping[str, Any]], bool]
    read: Read
