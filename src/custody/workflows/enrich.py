"""Asking registries for what an artifact does not say of its packages; only where the user wants it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from custody.enrich import Addresses, AnswerCache, Asker, Enrichment, enrich, find_addresses
from custody.model import Inventory
from custody.workflows.caches import cache_folder
from custody.workflows.interface import Listener

__all__ = ["addresses_for", "enrich_inventory"]

MAX_WARNINGS = 20
"""Lines that a person reads; the rest is counted."""


def addresses_for(given: Sequence[str], workspace: Path) -> Addresses:
    """Give where the services are. given: `SERVICE=ADDRESS` of the command line.

    Raises UsageError, InputError: an address that is none.
    """
    home = os.environ.get("HOME", "")
    return find_addresses(given, os.environ, Path(home) if home.startswith("/") else None, workspace)


def enrich_inventory(
    inventory: Inventory, listener: Listener, *, addresses: Addresses, cached: bool = True
) -> tuple[Inventory, Enrichment]:
    """Give the inventory with what the services add, and what that was.

    cached: whether answers are remembered, and earlier ones used. Whatever the network does, it is no error: it only
    takes away from the result, which says so.
    """
    folder = cache_folder() if cached else None
    listener.begin("enrich")
    asker = Asker(addresses, cache=AnswerCache(folder / "answers") if folder else None, clock=time.time)
    try:
        inventory, result = enrich(inventory, addresses, asker, progress=listener.progress)
    finally:
        asker.close()
    listener.end("enrich", result.summary(), outcome="unknown" if result.unknown else "success")
    warnings = (*addresses.warnings, *result.warnings)
    for warning in warnings[:MAX_WARNINGS]:
        listener.warn(warning)
    if len(warnings) > MAX_WARNINGS:
        listener.warn(f"enrich: {len(warnings) - MAX_WARNINGS} more warnings")
    return inventory, result
