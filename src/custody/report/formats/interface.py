"""The seam of the folder: one way to write a scan report is one module with a `FORMAT`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from custody.model import Inventory, ScanReport

__all__ = ["Encode", "ReportFormat"]


class Encode(Protocol):
    """Writes a scan report."""

    def __call__(self, report: ScanReport, inventory: Inventory, *, tool_version: str) -> bytes:
        """Give the bytes: the same for the same values, whatever the time, the machine and the terminal.

        inventory: of the artifact that was scanned; tool_version: of custody. Texts in both are from outside and may
        hold anything; what the format cannot hold is made visible, never dropped.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFormat:
    """One way to write a scan report.

    name: what `-o` takes ("gitlab-dependency-scanning"); extension: of its files (".sarif").
    """

    name: str
    media_type: str
    extension: str
    encode: Encode
