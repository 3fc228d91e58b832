"""The register of catalogers.

Every module of this folder that has a CATALOGER or CATALOGERS is in it, and what other packages declare as entry points
of the group `custody.catalogers`: one Cataloger each, or a sequence of them.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from custody.inventory.interface import Cataloger

__all__ = ["load_catalogers"]


@cache
def load_catalogers() -> tuple[Cataloger, ...]:
    """Give all catalogers, sorted by name. ValueError (our bug, or an outside package's) when two have one name."""
    found: list[Cataloger] = []
    for module in iter_modules(__path__):
        loaded = import_module(f"{__name__}.{module.name}")
        found += getattr(loaded, "CATALOGERS", ())
        if hasattr(loaded, "CATALOGER"):
            found.append(loaded.CATALOGER)
    for point in entry_points(group="custody.catalogers"):
        declared = point.load()
        found += [declared] if isinstance(declared, Cataloger) else declared
    names = [cataloger.name for cataloger in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two catalogers are named {name!r}; rename one or remove a plug-in")
    return tuple(sorted(found, key=lambda cataloger: cataloger.name))
