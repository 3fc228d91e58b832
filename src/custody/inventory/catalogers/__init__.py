"""The register of catalogers.

Every module of this folder that has a CATALOGER or CATALOGERS is in it, and what other packages declare as entry points
of the group `custody.catalogers`: one Cataloger each, or a sequence of them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Any

from custody.inventory.interface import Cataloger

__all__ = ["declared_in", "load_catalogers", "outside_catalogers", "sorted_by_name"]

_GROUP = "custody.catalogers"


@cache
def load_catalogers() -> tuple[Cataloger, ...]:
    """Give all catalogers, sorted by name. ValueError (our bug, or an outside package's) when two have one name."""
    from pkgutil import iter_modules

    found = [cataloger for module in iter_modules(__path__) for cataloger in declared_in(module.name)]
    return sorted_by_name([*found, *outside_catalogers()])


def declared_in(module: str) -> tuple[Cataloger, ...]:
    """Import a module of this folder and give the catalogers that it declares."""
    loaded = import_module(f"{__name__}.{module}")
    single = (loaded.CATALOGER,) if hasattr(loaded, "CATALOGER") else ()
    return (*getattr(loaded, "CATALOGERS", ()), *single)


def outside_catalogers() -> list[Cataloger]:
    """Give those of other packages."""
    found: list[Cataloger] = []
    for point in entry_points(group=_GROUP):
        declared = point.load()
        found += [declared] if isinstance(declared, Cataloger) else declared
    return found


def sorted_by_name(catalogers: Iterable[Cataloger]) -> tuple[Cataloger, ...]:
    """Give catalogers in their order. Raises ValueError: two have one name."""
    found = sorted(catalogers, key=lambda cataloger: cataloger.name)
    for one, other in pairwise(found):
        if one.name == other.name:
            raise ValueError(f"two catalogers are named {one.name!r}; rename one or remove a plug-in")
    return tuple(found)


def entry_points(*, group: str) -> Iterable[Any]:
    """Give the entry points of a group, as `importlib.metadata` does, which is only imported where there are some.

    Hardly anybody has any. To see that takes a look at one small file of each package: a millisecond, where the module
    takes fifteen.
    """
    if not any(_may_declare(entry, group) for entry in sys.path):
        return ()
    from importlib import metadata

    return metadata.entry_points(group=group)


def _may_declare(entry: str, group: str) -> bool:
    """Say whether a place of `sys.path` may hold a package with entry points of a group.

    Spec: https://packaging.python.org/en/latest/specifications/entry-points/, "File format": `entry_points.txt` in the
    folder of the metadata.
    """
    try:
        with os.scandir(entry or ".") as found:
            names = [item.name for item in found if item.name.endswith((".dist-info", ".egg-info"))]
    except NotADirectoryError:  # an archive, which is for others to look into
        return True
    except OSError:
        return False
    return any(group.encode() in data for data in _tables(entry, names))


def _tables(entry: str, names: Iterable[str]) -> Iterator[bytes]:
    for name in names:
        try:
            with open(f"{entry or '.'}/{name}/entry_points.txt", "rb") as file:  # noqa: PTH123 - some hundred of them
                yield file.read()
        except OSError:  # most have none
            continue
