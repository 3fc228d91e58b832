"""The seam between a workflow and whoever watches it."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Listener", "Silent"]


class Listener(Protocol):
    """Hears what a workflow does, station by station. It never decides anything."""

    def begin(self, station: str) -> None:
        """A station starts; `station` is what a person calls it: "inventory"."""

    def progress(self, label: str, done: int, total: int, /) -> None:
        """How far the running station is; `total` 0 means that it is not known."""

    def end(self, station: str, summary: str, *, outcome: str = "success") -> None:
        """A station is over. summary: one line for people; outcome: "success", "failure", "denied" or "unknown"."""

    def warn(self, text: str) -> None:
        """Something that is not wrong yet, and that a person should know: keys that others may read."""


class Silent:
    """Listens and says nothing but warnings: for pipes and for tests."""

    def begin(self, station: str) -> None:
        """Say nothing."""

    def progress(self, label: str, done: int, total: int, /) -> None:
        """Say nothing."""

    def end(self, station: str, summary: str, *, outcome: str = "success") -> None:
        """Say nothing."""

    def warn(self, text: str) -> None:
        """Say it after all: a warning that nobody hears is none."""
        import sys

        from custody.errors import one_line

        sys.stderr.write(f"custody: warning: {one_line(text)}\n")
