"""What decides which packages are found: the code itself. Whatever is kept of an earlier run is kept under this."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

__all__ = ["fingerprint"]


def fingerprint(*options: str) -> str:
    """Give a hex digest over this code as it is installed, over all that could add a cataloger, and over `options`.

    Files are told by name, size and time of change, since reading them would cost more than it is worth; a package that
    is installed or removed changes the folder that it is found in.
    """
    package = Path(__file__).resolve().parent.parent
    found = [f"{sys.version_info[:2]}", *(f"option {option}" for option in options)]
    for room in ("inventory", "sources", "model", "registry"):
        for folder, _, names in os.walk(package / room):
            for name in sorted(names):
                if name.endswith((".py", ".json", ".idx")):  # declarations and the index of licence texts count too
                    status = os.stat(f"{folder}/{name}")  # noqa: PTH116 - some hundred of them, on every run
                    found.append(f"{folder}/{name} {status.st_size} {status.st_mtime_ns}")
    for entry in sys.path:
        try:
            found.append(f"{entry} {os.stat(entry or '.').st_mtime_ns}")  # noqa: PTH116 - as above
        except OSError:
            continue
    return hashlib.sha256("\n".join(sorted(found)).encode("utf-8", "surrogateescape")).hexdigest()
