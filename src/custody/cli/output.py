"""`-o FORMAT[=FILE]`: what is written where."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

from custody.errors import UnavailableError, UsageError

__all__ = ["deliver", "drop_output", "parse_outputs", "unprinted"]


def parse_outputs(outputs: Sequence[str], *, default: str) -> list[tuple[str, Path | None]]:
    """Give (format, file) for each `-o`; None (no file, or `-`) means the screen, which only one of them can have."""
    wanted: list[tuple[str, Path | None]] = []
    for text in outputs or (default,):
        form, equals, file = text.partition("=")
        if equals and not file:
            raise UsageError(f"-o {text}", "no file is named", f"expected {form}=FILE, or {form} for the screen")
        wanted.append((form, Path(file) if equals and file != "-" else None))
    _refuse_same(outputs, wanted)
    if sum(file is None for _, file in wanted) > 1:
        raise UsageError(
            "-o", "two formats want the screen", "give all but one of them a file, as in -o spdx-json=FILE"
        )
    return wanted


def _refuse_same(outputs: Sequence[str], wanted: Sequence[tuple[str, Path | None]]) -> None:
    """Raise UsageError where two outputs go to one file, by whatever names: the second would replace the first."""
    seen: dict[object, str] = {}
    for text, (form, file) in zip(outputs, wanted, strict=False):
        if file is None:
            continue
        place = _place(file)
        if place in seen:
            raise UsageError(f"-o {text}", f"{seen[place]} goes to the same file", "name another file")
        if place is not None:
            seen[place] = form


def _place(file: Path) -> object:
    """Give what tells one file from another; None for what several outputs may be written to, as a device is."""
    there = _status(file)
    if there is None:
        return os.path.realpath(file)
    return (there.st_dev, there.st_ino) if stat.S_ISREG(there.st_mode) else None


def deliver(data: bytes, file: Path | None) -> None:
    """Write to a file, whole or not at all, or to the screen (None, `-` or whatever standard output already is).

    A link stays, and what it names is replaced. What is there and is no regular file, as a pipe or a device, is opened
    and written. UnavailableError says why it could not be done.
    """
    there = _status(file) if file is not None and str(file) != "-" else None
    if file is None or str(file) == "-" or _is_screen(there):
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise unprinted(error) from None
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


def unprinted(error: OSError) -> UnavailableError:
    """Give what to say where standard output cannot be written; what is not printed yet is dropped."""
    drop_output()
    why = "it is closed" if error.errno == errno.EBADF else (error.strerror or str(error)).lower()
    return UnavailableError("standard output", f"cannot be written: {why}")


def drop_output() -> None:
    """Let what is not printed yet go nowhere; at its end the interpreter would try again, and fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
