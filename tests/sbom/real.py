"""The real documents of the shared data: each is read once by a process, however many tests look at what was read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from custody import sbom
from custody.model import Inventory


def files(shared: Path, form: str) -> Iterator[Path]:
    """Give the documents of one folder of the shared data, such as "spdx-json", sorted."""
    yield from sorted((shared / "data" / "sboms" / form).iterdir())


@cache
def read(file: Path) -> Inventory:
    """Read a document; a value that does not change, so that tests may share it."""
    return sbom.decode(file.read_bytes(), file.name)
