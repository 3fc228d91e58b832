"""How a release was made: the metadata that SBOM, provenance and report share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["BuildContext", "GitState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GitState:
    """The commit a directory was at.

    commit: 40 or 64 hex digits; dirty: True when files differed from it, None where not known; remote: address without
    credentials, "" where there is none.
    """

    commit: str
    remote: str = ""
    ref: str = ""
    dirty: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildContext:
    """Who and what made the release, from what, when.

    parameters: what the user asked for, sorted (key, value); environment: tools and platform, sorted (key, value);
    author: "Person: …" or "Organization: …", "" where nobody is named; finished_at None: not finished yet.
    """

    tool: str
    tool_version: str
    started_at: dt.datetime
    source: str
    parameters: tuple[tuple[str, str], ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    git: GitState | None = None
    author: str = ""
    finished_at: dt.datetime | None = None
