"""Steps into a package.json, with its layout kept.

Spec: the page "package.json" of npm's documentation, sections "dependencies" and "overrides"; yarn's `resolutions`,
pnpm's `pnpm.overrides`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from custody.errors import InputError
from custody.fields import Fields

if TYPE_CHECKING:
    from custody.advisories.fix.plan import Step

__all__ = ["changed_package_json"]

_SECTIONS = ("dependencies", "devDependencies", "optionalDependencies")
_SIMPLE = re.compile(r"(?P<sign>[\^~]|>=)?v?\d+(?:\.\d+)*(?:[-+][0-9A-Za-z.+-]+)?")
_OVERRIDES = {"npm": ("overrides",), "yarn": ("resolutions",), "pnpm": ("pnpm", "overrides")}


def changed_package_json(text: str, steps: Sequence[Step], manager: str) -> tuple[str, list[str]]:
    """Give the file's text with the steps in it, and what a person has to do besides.

    manager: "npm", "yarn" or "pnpm", which decides how a package is overridden that only comes with others.
    Raises InputError: not a JSON object.
    """
    fields = Fields.from_json(text.encode(), "package.json")
    value: dict[str, Any] = json.loads(text)
    notes: list[str] = []
    overrides: dict[str, str] = {}
    for step in sorted(steps, key=lambda step: step.package):
        if not step.package_id.startswith("pkg:npm/"):
            continue
        sections = [s for s in _SECTIONS if isinstance(value.get(s), dict) and step.package in value[s]]
        for section in sections:
            stated = value[section][step.package]
            match = _SIMPLE.fullmatch(stated) if isinstance(stated, str) else None
            if match is None:
                notes.append(f"{step.package}: {section} says {stated!r}, which is left as it is; {step.to} is needed")
            else:
                value[section][step.package] = f"{match['sign'] or ''}{step.to}"
        if not sections:
            overrides[f"{step.package}@{step.version}" if manager != "yarn" else step.package] = step.to
    if overrides:
        place = value
        for part in _OVERRIDES[manager]:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):
                raise InputError(fields.spot(part), "expected a table", "mend the file first")
            place = inner
        place.update(overrides)
    indent = re.search(r"\n([ \t]+)\"", text)
    end = "\n" if text.endswith("\n") else ""
    return json.dumps(value, indent=indent[1] if indent else 2, ensure_ascii=False) + end, notes
