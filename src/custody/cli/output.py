"""`-o FORMAT[=FILE]`: what is written where."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from custody.errors import UnavailableError, UsageError

__all__ = ["deliver", "parse_outputs"]


def parse_outputs(outputs: Sequence[str], *, default: str) -> list[tuple[str, Path | None]]:
    """Give (format, file) for each `-o`; None (no file, or `-`) means the screen, which only one of them can have."""
    wanted: list[tuple[str, Path | None]] = []
    for text in outputs or (default,):
        form, equals, file = text.partition("=")
        if equals and not file:
            raise UsageError(f"-o {text}", "no file is named", f"expected {form}=FILE, or {form} for the screen")
        wanted.append((form, Path(file) if equals and file != "-" else None))
    if sum(file is None for _, file in wanted) > 1:
        raise UsageError(
            "-o", "two formats want the screen", "give all but one of them a file, as in -o spdx-json=FILE"
        )
    return wanted


def deliver(data: bytes, file: Path | None) -> None:
    """Write to a file, whole or not at all, or to the screen (None, `-` or whatever standard output already is).

    A link stays, and what it names is replaced. What is there and is no regular file, as a pipe or a device, is opened
    and written. UnavailableError says why it could not be done.
    """
    there = _status(file) if file is not None and str(file) != "-" else None
    if file is None or str(file) == "-" or _is_screen(there):
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    from custody.workflows.disk import write_file

    if there is not None and not stat.S_ISREG(there.st_mode):
        try:
            with file.open("wb") as out:
                out.write(data)
        except OSError as error:
            raise _unwritten(file, error) from None
        return
    write_file(file.resolve() if file.is_symlink() else file, data)


def _status(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unwritten(file, error) from None


def _is_screen(there: os.stat_result | None) -> bool:
    """Say whether it is what standard output goes to, as /dev/stdout is: opened anew, it would begin at its start."""
    try:
        return there is not None and os.path.samestat(there, os.fstat(1))
    except OSError:
        return False


def _unwritten(file: Path, error: OSError) -> UnavailableError:
    return UnavailableError(str(file), f"cannot be written: {(error.strerror or str(error)).lower()}")
