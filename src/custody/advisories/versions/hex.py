"""Hex: the order of Elixir and Erlang package versions.

Spec: https://hexdocs.pm/elixir/Version.html, "Versions" and `Version.compare/2`, which is SemVer 2.0.0, item 11:
build metadata does not count. Elixir takes no version without all of its three numbers; advisories write `1.2` as the
bound of a range, which leaves no doubt and stands for 1.2.0.
"""

from __future__ import annotations

from custody.advisories.interface import Ordering
from custody.advisories.versions.semver import around, key

__all__ = ["ORDERING"]

ORDERING = Ordering(name="hex", spec="Elixir Version, SemVer 2.0.0", ecosystems=("Hex",), key=key, around=around)
