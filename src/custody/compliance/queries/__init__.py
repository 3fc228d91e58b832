"""The register of queries: every module here that declares a `QUERY`, by its name."""

from __future__ import annotations

import importlib
import pkgutil

from custody.compliance.interface import Query

__all__ = ["QUERIES"]


def _load() -> dict[str, Query]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    queries = [importlib.import_module(f"{__name__}.{name}").QUERY for name in names]
    return {query.name: query for query in queries}


QUERIES: dict[str, Query] = _load()
