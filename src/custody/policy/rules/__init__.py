"""The rules, by name: every module of this folder that declares `RULE`, and the entry points `custody.rules`."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points

from custody.policy.interface import Rule

__all__ = ["RULES"]


def _load() -> dict[str, Rule]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    rules = [importlib.import_module(f"{__name__}.{name}").RULE for name in names]
    rules += [point.load() for point in sorted(entry_points(group="custody.rules"), key=lambda point: point.name)]
    return {rule.name: rule for rule in rules}


RULES: dict[str, Rule] = _load()
"""Section of a container's policy → its rule, in alphabetical order (packages from outside come last)."""
