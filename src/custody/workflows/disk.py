"""Files that people asked for, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from custody.errors import UnavailableError

__all__ = ["write_file"]


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and make it durable. UnavailableError says why it could not be done."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UnavailableError(
            str(path), f"cannot be written: {(error.strerror or str(error)).lower()}", "nothing half-written was left"
        ) from None
