"""Where bytes come from: images, archives, directories and files, opened under one interface and read layer by layer.

    with open_source("docker-archive:image.tar", work=scratch) as source:
        source.artifact.digest                                    # resolved once
        for layer in source.read(wanted):                         # lowest first, digests verified in the same pass
            for entry in layer.entries: …

    artifact, layer = look_at_directory(path, wanted)                 # without packing it: to list, not to release

An image that is read twice is the same image: names are resolved when a source is opened, and never again.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from custody.sources.archive import look_at_file
    from custody.sources.interface import Source
    from custody.sources.looking import look_at_directory
    from custody.sources.open import open_source, tell_source

__all__ = ["Source", "look_at_directory", "look_at_file", "open_source", "tell_source"]

_PLACES = {
    "Source": "custody.sources.interface",
    "look_at_directory": "custody.sources.looking",
    "look_at_file": "custody.sources.archive",
    "open_source": "custody.sources.open",
    "tell_source": "custody.sources.open",
}


def __getattr__(name: str) -> object:
    """Import a name when it is first used: the whole room takes a tenth of a second, and some commands need little."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
