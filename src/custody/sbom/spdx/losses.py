"""What an SPDX document has no field for: it stands in our notes, which no other tool reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from custody.sbom.spdx.write_package import is_actor, moment_of
from custody.sbom.texts import is_uri

if TYPE_CHECKING:
    from custody.model import Package
    from custody.sbom.interface import Document

__all__ = ["spdx_losses"]

_ALWAYS: tuple[tuple[str, Callable[[Package], bool]], ...] = (
    ("enriched", lambda package: bool(package.enriched)),
    ("installed", lambda package: not package.installed),
    ("licence_files", lambda package: bool(package.licence_files)),
    ("locations", lambda package: bool(package.locations)),
    ("source_name", lambda package: bool(package.source_name)),
    ("supplier", lambda package: bool(package.supplier) and not is_actor(package.supplier)),
    ("originator", lambda package: bool(package.originator) and not is_actor(package.originator)),
    ("homepage", lambda package: bool(package.homepage) and not is_uri(package.homepage)),
    (
        "download_location",
        lambda package: (
            bool(package.download_location)
            and package.download_location != "NONE"
            and not is_uri(package.download_location)
        ),
    ),
)
_NOT_IN_22: tuple[tuple[str, Callable[[Package], bool]], ...] = (
    ("purpose", lambda package: package.purpose != "LIBRARY"),
    ("released", lambda package: bool(package.released)),
)
_LATER: tuple[tuple[str, Callable[[Package], bool]], ...] = (
    ("released", lambda package: bool(package.released) and moment_of(package.released) != package.released),
)


def spdx_losses(document: Document, version: str) -> Iterable[str]:
    """Give one line for each fact that SPDX of this version has no field for, with how many packages state it."""
    packages = (document.inventory.root, *document.inventory.packages)
    for name, states in sorted((*_ALWAYS, *(_NOT_IN_22 if version == "2.2" else _LATER)), key=lambda row: row[0]):
        count = sum(states(package) for package in packages)
        if count:
            yield f"{name} of {count} package{'s' if count > 1 else ''}: only in custody's own note"
    if document.inventory.distribution:
        yield "distribution: only in custody's own note"
    if document.inventory.artifact.layers:
        yield "layers: only in custody's own note, and in words"
