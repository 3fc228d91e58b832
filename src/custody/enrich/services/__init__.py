"""The services: one file for each, found by looking into this folder. The folder is the register.

for service in services(): …        # registries by name, then those that know several ecosystems
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from custody.enrich.interface import Service

__all__ = ["services"]


@cache
def services() -> tuple[Service, ...]:
    """Give every service, in the order in which they are asked: who publishes a package before who collects."""
    found: list[Service] = [import_module(f"{__name__}.{module.name}").SERVICE for module in iter_modules(__path__)]
    return tuple(sorted(found, key=lambda service: (len(service.types) > 1, service.name)))
