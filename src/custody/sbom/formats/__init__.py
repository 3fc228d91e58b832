"""The register of SBOM formats: every module here with a `FORMAT`, and the entry points `custody.sbom_formats`."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from custody.sbom.interface import Format

__all__ = ["FORMATS"]


def _load() -> dict[str, Format]:
    names = sorted(module.name for module in iter_modules(__path__))
    forms: list[Format] = [import_module(f"{__name__}.{name}").FORMAT for name in names]
    points = sorted(entry_points(group="custody.sbom_formats"), key=lambda point: point.name)
    forms += [point.load() for point in points]
    found: dict[str, Format] = {}
    for form in forms:
        if form.name in found:
            raise ValueError(f"two SBOM formats are named {form.name!r}; rename one or remove a plug-in")
        found[form.name] = form
    return found


FORMATS: dict[str, Format] = _load()
"""Name → format, our own first."""
