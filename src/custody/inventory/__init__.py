"""What is in an artifact: packages, how they depend on each other, their licences, and the layer that brought each one.

    wanted = wanted_files()                                   # which files' content the sources are to keep
    inventory = take_inventory(artifact, layers, name="whisperengine", version="1.2.3")
    inventory.packages, inventory.dependencies, inventory.skipped

Catalogers are plug-ins: one file each in `catalogers/`, declared as `interface.py` says.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from custody.inventory.catalogers import load_catalogers
    from custody.inventory.declared import wanted_extractors, wanted_files
    from custody.inventory.interface import Cataloger, File, Found, Tree
    from custody.inventory.squash import SquashedTree, tree_of
    from custody.inventory.walk import take_inventory

__all__ = [
    "Cataloger",
    "File",
    "Found",
    "SquashedTree",
    "Tree",
    "load_catalogers",
    "take_inventory",
    "tree_of",
    "wanted_extractors",
    "wanted_files",
]

_PLACES = {
    "Cataloger": "custody.inventory.interface",
    "File": "custody.inventory.interface",
    "Found": "custody.inventory.interface",
    "SquashedTree": "custody.inventory.squash",
    "Tree": "custody.inventory.interface",
    "load_catalogers": "custody.inventory.catalogers",
    "take_inventory": "custody.inventory.walk",
    "tree_of": "custody.inventory.squash",
    "wanted_extractors": "custody.inventory.declared",
    "wanted_files": "custody.inventory.declared",
}


def __getattr__(name: str) -> object:
    """Import a name when it is first used: the whole room takes a tenth of a second, and some commands need little."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
