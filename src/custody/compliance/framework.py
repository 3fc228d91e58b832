"""Frameworks as data: one YAML file each in `frameworks/`, read strictly.

apiVersion: v1
kind: Framework
id, title, version, source                  what it is, and whose words
notes: [text]                               what every report must say
groups: [{id, name}]                        in the framework's order
sections: [{id, title}]                     headings inside a group
retired: [{id, movedTo}]                    ids that must not be assessed, and where they went
controls:
  - id, section, group, title, statement
    automation: auto | partial | attest     who can say what: see `verdict.py`
    checks: [{query: name, …parameters}]    what to look for in evidence: `queries/`
    needs: [text]                           what a person must state
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from custody.compliance.interface import Query
from custody.compliance.queries import QUERIES
from custody.errors import UsageError
from custody.fields import Fields

__all__ = ["FRAMEWORKS", "Check", "Control", "Framework", "load_framework", "parse_framework"]

_FOLDER = Path(__file__).with_name("frameworks")

FRAMEWORKS = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))
"""The frameworks that can be assessed, by name: the folder is the register."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A query with its parameters."""

    query: Query
    parameters: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control; see `ControlResult` for the fields that both have."""

    id: str
    title: str
    group: str
    section: str
    statement: str
    automation: str
    checks: tuple[Check, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """A framework. retired: id → what became of it."""

    id: str
    title: str
    version: str
    source: str
    notes: tuple[str, ...]
    groups: tuple[tuple[str, str], ...]
    controls: tuple[Control, ...]
    retired: dict[str, str]


@lru_cache
def load_framework(name: str) -> Framework:
    """Give one of `FRAMEWORKS`; UsageError for another name."""
    if name not in FRAMEWORKS:
        raise UsageError("--format", f"unknown framework {name!r}", f"expected one of {', '.join(FRAMEWORKS)}")
    return parse_framework((_FOLDER / f"{name}.yaml").read_bytes(), f"{name}.yaml")


def parse_framework(data: bytes, where: str) -> Framework:
    """Read a framework; InputError says `where:path.to.field: what is wrong`."""
    fields = Fields.from_yaml(data, where)
    fields.only(
        "apiVersion", "kind", "id", "title", "version", "source", "notes", "groups", "sections", "retired", "controls"
    )
    fields.one_of("apiVersion", ("v1",))
    fields.one_of("kind", ("Framework",))
    groups = tuple((group.text("id"), group.text("name")) for group in fields.each("groups"))
    sections = {section.text("id"): section.text("title") for section in fields.each("sections")}
    controls = tuple(_control(item, dict(groups), sections) for item in fields.each("controls"))
    ids = [control.id for control in controls]
    if not ids:
        raise fields.fault("controls", "missing, expected a list of controls")
    for index, name in enumerate(ids):
        if name in ids[:index]:
            raise fields.fault(f"controls[{index}].id", f"{name!r} stands twice")
    return Framework(
        id=fields.text("id"),
        title=fields.text("title"),
        version=fields.text("version"),
        source=fields.text("source"),
        notes=tuple(fields.texts("notes")),
        groups=groups,
        controls=controls,
        retired={item.text("id"): item.text("movedTo") for item in fields.each("retired")},
    )


def _control(fields: Fields, groups: dict[str, str], sections: dict[str, str]) -> Control:
    fields.only("id", "section", "group", "title", "statement", "automation", "checks", "needs")
    automation = fields.one_of("automation", ("auto", "partial", "attest"))
    control = Control(
        id=fields.text("id"),
        title=fields.text("title"),
        group=fields.one_of("group", tuple(groups)),
        section=_section(fields, sections),
        statement=fields.text_or("statement"),
        automation=automation,
        checks=tuple(_check(item) for item in fields.each("checks")),
        needs=tuple(fields.texts("needs")),
    )
    if not control.needs and (automation != "auto" or not control.checks):
        raise fields.fault("needs", f"missing; what is {automation!r} can never be met without a person's statement")
    if automation == "attest" and control.checks:
        raise fields.fault("checks", "what only a person can state has no checks", "make it `partial`")
    return control


def _section(fields: Fields, sections: dict[str, str]) -> str:
    if "section" not in fields:
        return ""
    name = fields.one_of("section", tuple(sections))
    return f"{name} {sections[name]}"


def _check(fields: Fields) -> Check:
    query = QUERIES[fields.one_of("query", tuple(QUERIES))]
    return Check(query=query, parameters=query.read(fields))
