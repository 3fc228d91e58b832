"""The register of SBOM formats: every module here with a `FORMAT`, and the entry points `custody.sbom_formats`.

A format is imported when it is asked for: its module is called what it is called (`spdx-json` is `spdx_json.py`), so
that writing one of them does not load the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from custody.sbom.interface import Format

__all__ = ["FORMATS"]


class _Formats(Mapping[str, Format]):
    """Name → format, our own first."""

    def __init__(self) -> None:
        self._ours = {module.name.replace("_", "-"): module.name for module in iter_modules(__path__)}
        self._loaded: dict[str, Format] = {}
        self._others: dict[str, Format] | None = None

    def __getitem__(self, name: str) -> Format:
        if name not in self._loaded and name in self._ours:
            form: Format = import_module(f"{__name__}.{self._ours[name]}").FORMAT
            if form.name != name:
                raise ValueError(f"the format {form.name!r} must stand in a module of that name")
            self._loaded[name] = form
        return self._loaded[name] if name in self._loaded else self._foreign()[name]

    def __iter__(self) -> Iterator[str]:
        yield from sorted(self._ours)
        yield from self._foreign()

    def __len__(self) -> int:
        return len(self._ours) + len(self._foreign())

    def _foreign(self) -> dict[str, Format]:
        """Give the formats of other packages, by name."""
        if self._others is None:
            from importlib.metadata import entry_points

            others: dict[str, Format] = {}
            for point in sorted(entry_points(group="custody.sbom_formats"), key=lambda point: point.name):
                form: Format = point.load()
                if form.name in others or form.name in self._ours:
                    raise ValueError(f"two SBOM formats are named {form.name!r}; rename one or remove a plug-in")
                others[form.name] = form
            self._others = others
        return self._others


FORMATS: Mapping[str, Format] = _Formats()
"""Name → format, our own first."""
