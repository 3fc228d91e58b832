"""The seams of the room: what an ordering declares, and what a feed yields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from custody.model import Advisory, Epss, Exploited, Skipped

__all__ = ["Dump", "Ordering"]


def _as_it_is(bound: str) -> str:
    """A bound that is written as versions are."""
    return bound


def _nowhere(_: str) -> None:
    """An ordering that cannot tell where a text that is no version would stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """How the versions of some ecosystems are ordered.

    ecosystems: OSV ecosystem names without a release suffix. key: version → bytes such that key(a) < key(b) exactly
    when a < b, and key(a) == key(b) exactly when they compare equal. Every key is not empty and starts with a byte
    below 0xff. InputError for what is no version. around: for a text that is no version but begins like one
    ("2.6.0-NA", "2.0.x") the keys (low, high) of everything that begins with the same numbers: low <= key < high.
    None where it does not even begin like one, or the ordering cannot tell. bound: the version that a range means by
    what it says, where records do not write bounds as the ecosystem writes versions.
    """

    name: str
    spec: str
    ecosystems: tuple[str, ...]
    key: Callable[[str], bytes]
    around: Callable[[str], tuple[bytes, bytes] | None] = _nowhere
    bound: Callable[[str], str] = _as_it_is


class Dump(Protocol):
    """A set of records that came from one place.

    name: the place, for messages and for `origin`; kind: whose records they are ("osv", "cve", "kev", "epss",
    "csaf:redhat"); whole: the ecosystem that the dump holds completely, "" where it makes no such claim. `records` may
    be walked once; what it could not read is in `skipped` afterwards.
    """

    @property
    def name(self) -> str:
        """Give the place."""

    @property
    def kind(self) -> str:
        """Give whose records they are."""

    @property
    def whole(self) -> str:
        """Give the ecosystem that it holds completely; settled when the records have been walked."""

    @property
    def skipped(self) -> list[Skipped]:
        """Give what could not be read."""

    def records(self) -> Iterator[Advisory | Epss | Exploited]:
        """Yield the records that could be read."""
