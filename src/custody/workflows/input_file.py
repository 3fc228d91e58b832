"""Files that the user names as input: on this disk, or standard input where the name is `-` or `/dev/stdin`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from custody.errors import InputError, UnavailableError, UsageError

__all__ = ["STANDARD_INPUT", "is_standard_input", "name_of", "read_file", "refuse_twice"]

STANDARD_INPUT = "standard input"
"""What it is called in messages."""


def is_standard_input(path: Path) -> bool:
    """Say whether a name means standard input."""
    return str(path) in {"-", "/dev/stdin"}


def name_of(path: Path) -> str:
    """Give the name of an input for people."""
    return STANDARD_INPUT if is_standard_input(path) else str(path)


def refuse_twice(names: Iterable[str]) -> None:
    """Raise UsageError where several inputs (FILE, `sbom:FILE`) are standard input: the second would be empty."""
    if sum(is_standard_input(Path(name.removeprefix("sbom:"))) for name in names) > 1:
        raise UsageError(STANDARD_INPUT, "it is named twice, and can be read once", "name a file instead")


def read_file(path: Path, most: int = -1) -> bytes:
    """Read a file that the user named, or its first bytes.

    Raises InputError: it is not there, or a folder; UnavailableError: it is there, and cannot be read.
    """
    name = name_of(path)
    try:
        if is_standard_input(path):
            if sys.stdin is None:
                raise UnavailableError(name, "cannot be read: it is closed")
            return sys.stdin.buffer.read(most)
        with path.open("rb") as file:
            return file.read(most)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(name, "no such file", "check the path") from None
    except IsADirectoryError:
        raise InputError(name, "is a folder", "name a file") from None
    except OSError as error:
        raise UnavailableError(name, f"cannot be read: {(error.strerror or str(error)).lower()}") from None
