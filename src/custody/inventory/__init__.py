"""What is in an artifact: packages, how they depend on each other, their licences, and the layer that brought each one.

    wanted = wanted_files()                                   # which files' content the sources are to keep
    inventory = take_inventory(artifact, layers, name="whisperengine", version="1.2.3")
    inventory.packages, inventory.dependencies, inventory.skipped

Catalogers are plug-ins: one file each in `catalogers/`, declared as `interface.py` says.
"""

from custody.inventory.catalogers import load_catalogers
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.squash import SquashedTree, tree_of
from custody.inventory.walk import take_inventory, wanted_extractors, wanted_files

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
