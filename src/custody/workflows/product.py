"""Make one SBOM of several: a product, and what it is made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from custody import sbom
from custody.errors import UsageError
from custody.model import Inventory
from custody.sbom.kept import kept_of
from custody.sbom.merge import merge
from custody.workflows.examine import examine, sbom_documents
from custody.workflows.input_file import refuse_twice
from custody.workflows.interface import Listener

__all__ = ["Product", "merge_sources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The product.

    documents: by format; conflicts: lines that say where the inputs contradict each other; lost: what the inputs say of
    themselves as documents, which no document about the product can say.
    """

    inventory: Inventory
    documents: dict[str, bytes]
    conflicts: tuple[str, ...]
    lost: tuple[str, ...]


def merge_sources(
    sources: Sequence[str],
    listener: Listener,
    *,
    formats: Sequence[str],
    name: str,
    product_version: str = "",
    version: str = "",
    author: str = "",
    now: dt.datetime,
) -> Product:
    """Merge SBOMs, or whatever `examine` takes, into one product. version: of the formats' specification."""
    refuse_twice(sources)
    for form in formats:
        if form not in sbom.written():  # before anything long begins
            raise UsageError("-o", f"unknown SBOM format {form!r}", f"expected one of {', '.join(sbom.written())}")
    inputs = [(source, examine(source, listener, platform=None)) for source in sources]
    merged = merge(inputs, name=name, version=product_version)
    lost = [f"{where}: {line}" for where, inventory in inputs for line in _lost(inventory)]
    documents = sbom_documents(merged.inventory, formats, source=name, author=author, now=now, version=version)
    return Product(
        inventory=merged.inventory,
        documents=documents,
        conflicts=tuple(str(conflict) for conflict in merged.conflicts),
        lost=tuple(lost),
    )


def _lost(inventory: Inventory) -> list[str]:
    families = sorted({family for family, _ in inventory.extra})
    return [f"{family} document: {key}" for family in families for key in sorted(kept_of(family, inventory.extra))]
