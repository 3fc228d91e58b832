"""The orderings: one file for each way in which ecosystems compare versions.

ordering_of("Debian:12").key("1.0~rc1-1") < ordering_of("Debian:12").key("1.0-1")
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from custody.advisories.interface import Ordering

__all__ = ["ordering_of", "orderings"]


@cache
def orderings() -> tuple[Ordering, ...]:
    """Give every ordering in this folder, by name."""
    modules = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    return tuple(sorted((m.ORDERING for m in modules), key=lambda ordering: ordering.name))


@cache
def ordering_of(ecosystem: str) -> Ordering | None:
    """Give the ordering for an OSV ecosystem, with or without its release suffix; None where we have none."""
    base = ecosystem.partition(":")[0]
    return next((ordering for ordering in orderings() if base in ordering.ecosystems), None)
