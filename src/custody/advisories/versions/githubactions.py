"""GitHub Actions: the order of the tags by which a workflow names an action.

Spec: https://docs.github.com/en/actions/how-tos/create-and-publish-actions, "Using immutable releases and tags to
manage your action's releases": a release has its own tag (`v4.1.2`, order of https://semver.org/spec/v2.0.0.html, item
11), and the tags `v4` and `v4.1` are moved to the latest release that begins with them. So `v4` and `v4.1` name no
version: what they run is whatever release the tag stood at. As the bound of a range, where advisories write them, they
stand for 4.0.0 and 4.1.0. Whoever judges a workflow asks `is_moving` first; `around` gives all that it may have run. A
commit, which is the only name that cannot be moved, has no place in the order.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.versions import semver
from custody.errors import InputError

__all__ = ["ORDERING", "is_moving", "key"]

_COMMIT = re.compile(r"\s*(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})\s*", re.ASCII)
_MOVING = re.compile(r"\s*v?[0-9]{1,50}(?:\.[0-9]{1,50})?\s*", re.ASCII)


def key(version: str) -> bytes:
    """Give the sort key of a tag; InputError when it names no release, as a commit or a branch does."""
    if _COMMIT.fullmatch(version):
        raise InputError("version", f"{version.strip()!r} is a commit, which has no place among the releases")
    return semver.key(version)


def is_moving(version: str) -> bool:
    """Say whether a tag is one that its owner moves to each new release: `v4`, `v4.1`."""
    return _MOVING.fullmatch(version) is not None


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all releases that begin with the numbers of a tag: of v4, 4.0.0-0 and 5.0.0-0."""
    return None if _COMMIT.fullmatch(version) else semver.around(version)


ORDERING = Ordering(
    name="githubactions", spec="SemVer 2.0.0 tags", ecosystems=("GitHub Actions",), key=key, around=around
)
