"""From what a person writes to the repository it names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from custody.registry.layout import LayoutRepository
from custody.registry.reference import Reference, parse_reference, split_scheme

if TYPE_CHECKING:
    from custody.registry.interface import Repository

__all__ = ["is_layout", "named_place", "open_repository"]


def is_layout(path: Path) -> bool:
    """Say whether a path is the folder of an OCI image layout, by the file that each has (image-layout.md)."""
    return (path / "oci-layout").is_file()


def named_place(text: str) -> Reference:
    """Read the reference of an artifact that is there already; a plain path to a layout's folder is one too.

    Raises what `parse_reference` does.
    """
    if not split_scheme(text)[0] and text and is_layout(Path(text)):
        return Reference(scheme="oci", host="", path=text)
    return parse_reference(text)


def open_repository(reference: Reference | str, *, insecure: bool = False) -> Repository:
    """Give the repository that a reference names (its tag and digest aside). Nothing is read or written yet.

    insecure: allow plain HTTP, which is otherwise only for registries on this machine.
    """
    found = parse_reference(reference) if isinstance(reference, str) else reference
    if found.scheme == "oci":
        return LayoutRepository(found.path)
    from custody.registry.client import RegistryRepository

    return RegistryRepository(found, insecure=insecure)
