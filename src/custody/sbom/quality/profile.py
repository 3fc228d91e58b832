"""What a profile asks of an SBOM: the parts that all profiles are built of.

A profile is a list of rules; a rule looks at the document's heading, or at every component, and says what is missing
and what to do. "unknown" is what a document cannot show, such as a signature that stands beside it: it is told, and
neither passes nor fails.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from custody.model import Inventory, Package
from custody.sbom.quality.heading import Heading

__all__ = ["Profile", "Remark", "Rule", "Said", "Subject", "component_rule", "is_time", "rule", "run_profile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that is not as it should be.

    where: `file`, `file:place` or `file:purl`; rule: its id; severity: "error", "warning" or "unknown"; fix: what to
    do, "" where the message says it.
    """

    where: str
    rule: str
    severity: str
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged: a document, by its inventory and its heading. where: its name."""

    where: str
    inventory: Inventory
    heading: Heading

    @property
    def made_up_root(self) -> bool:
        """Say whether the document names no subject, so that the inventory has one made for it."""
        root = self.inventory.root
        return (
            root.purpose == "OTHER" and root.purl.type == "generic" and not root.version and root.id not in self.stated
        )

    @property
    def stated(self) -> frozenset[str]:
        """Give the purls that stand in the document."""
        return self.heading.purls

    @property
    def components(self) -> tuple[Package, ...]:
        """Give all components, the subject first where there is one."""
        packages = self.inventory.packages
        return packages if self.made_up_root else (self.inventory.root, *packages)


Said: TypeAlias = "tuple[str, str]"
"""Severity and message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. check(subject) gives (place, severity, message) for each fault."""

    id: str
    name: str
    fix: str
    check: Callable[[Subject], Iterable[tuple[str, str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A list of rules. name: what `--profile` takes; title: of the document that asks for them."""

    name: str
    title: str
    rules: tuple[Rule, ...]


def run_profile(profile: Profile, subject: Subject) -> list[Remark]:
    """Give what a document lacks, in the order of the profile's rules; it conforms when nothing in it is an "error"."""
    return [
        Remark(
            where=f"{subject.where}:{place}" if place else subject.where,
            rule=rule.id,
            severity=severity,
            message=message,
            fix=rule.fix,
        )
        for rule in profile.rules
        for place, severity, message in rule.check(subject)
    ]


def rule(identifier: str, name: str, fix: str, judge: Callable[[Subject], Said | None]) -> Rule:
    """Make a rule about the document as a whole; judge gives None where it is as it should be."""

    def check(subject: Subject) -> Iterator[tuple[str, str, str]]:
        if said := judge(subject):
            yield "", *said

    return Rule(id=identifier, name=name, fix=fix, check=check)


def component_rule(identifier: str, name: str, fix: str, judge: Callable[[Package, Subject], Said | None]) -> Rule:
    """Make a rule about each component."""

    def check(subject: Subject) -> Iterator[tuple[str, str, str]]:
        for package in subject.components:
            if said := judge(package, subject):
                yield package.id, *said

    return Rule(id=identifier, name=name, fix=fix, check=check)


def is_time(text: str) -> bool:
    """Say whether a text is a date and time of ISO 8601 with an offset, as all formats want it."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return moment.tzinfo is not None and "T" in text.upper()
