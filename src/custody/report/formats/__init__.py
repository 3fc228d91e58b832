"""The register of report formats: every module here with a `FORMAT`, and the entry points `custody.report_formats`.

    FORMATS["sarif"].encode(report, inventory, tool_version="1.0")

A format is imported when it is asked for: its module is called what it is called (`grype-json` is `grype_json.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from custody.report.formats.interface import ReportFormat

__all__ = ["FORMATS", "ReportFormat"]


class _Formats(Mapping[str, ReportFormat]):
    """Name → format, our own first."""

    def __init__(self) -> None:
        names = (module.name for module in iter_modules(__path__))
        self._ours = {name.replace("_", "-"): name for name in names if name != "interface"}
        self._loaded: dict[str, ReportFormat] = {}
        self._others: dict[str, ReportFormat] | None = None

    def __getitem__(self, name: str) -> ReportFormat:
        if name not in self._loaded and name in self._ours:
            form: ReportFormat = import_module(f"{__name__}.{self._ours[name]}").FORMAT
            if form.name != name:
                raise ValueError(f"the format {form.name!r} must stand in a module of that name")
            self._loaded[name] = form
        return self._loaded[name] if name in self._loaded else self._foreign()[name]

    def __iter__(self) -> Iterator[str]:
        yield from sorted(self._ours)
        yield from self._foreign()

    def __len__(self) -> int:
        return len(self._ours) + len(self._foreign())

    def _foreign(self) -> dict[str, ReportFormat]:
        """Give the formats of other packages, by name."""
        if self._others is None:
            from importlib.metadata import entry_points

            others: dict[str, ReportFormat] = {}
            for point in sorted(entry_points(group="custody.report_formats"), key=lambda point: point.name):
                form: ReportFormat = point.load()
                if form.name in others or form.name in self._ours:
                    raise ValueError(f"two report formats are named {form.name!r}; rename one or remove a plug-in")
                others[form.name] = form
            self._others = others
        return self._others


FORMATS: Mapping[str, ReportFormat] = _Formats()
"""Name → format, our own first."""
