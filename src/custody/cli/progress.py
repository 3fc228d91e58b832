"""Progress on a terminal, and none in a pipe.

✓ resolve     directory sha256:1f0c…, 1 layer                    0.1 s
⠙ inventory   ━━━━━━━━━━━━━━━╸━━━━━  61 %
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from custody.errors import one_line
from custody.workflows.interface import Listener, Silent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

__all__ = ["listener"]

_MARKS = {"success": ("✓", "green"), "failure": ("✗", "red"), "denied": ("✗", "red"), "unknown": ("?", "yellow")}


def listener(*, quiet: bool = False) -> Listener:
    """Give a listener that draws on the terminal, or one that says nothing where there is none (or `quiet`)."""
    if quiet or not sys.stderr.isatty():
        return Silent()
    from rich.console import Console

    return _Terminal(Console(stderr=True, highlight=False))


class _Terminal:
    """Draws one line a station: a bar while it runs, a mark and a sentence when it is over."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._started = 0.0

    def begin(self, station: str) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        self._started = time.monotonic()
        columns = (SpinnerColumn(), TextColumn(f"{station:<10}"), BarColumn(28), TextColumn("[dim]{task.description}"))
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task("", total=None)
        self._bar.start()

    def progress(self, label: str, done: int, total: int, /) -> None:
        if self._bar is not None and self._task is not None:
            from rich.markup import escape

            self._bar.update(self._task, completed=done, total=total or None, description=escape(one_line(label)[:60]))

    def end(self, station: str, summary: str, *, outcome: str = "success") -> None:
        from rich.text import Text

        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        mark, colour = _MARKS.get(outcome, ("·", "dim"))
        seconds = time.monotonic() - self._started
        line = Text.assemble((f"{mark} ", f"bold {colour}"), (f"{station:<10} ", "bold"), one_line(summary))
        line.append(f"  {seconds:.1f} s", style="dim")
        self._console.print(line, soft_wrap=False)

    def warn(self, text: str) -> None:
        self._console.print(f"! {one_line(text)}", style="yellow", markup=False)
