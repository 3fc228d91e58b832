"""What a user asks of a release, and what is refused before anything is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from custody.errors import InputError, UsageError
from custody.registry import parse_reference

if TYPE_CHECKING:
    from custody.advisories import Chosen

__all__ = ["ReleaseRequest", "check_request"]

MAX_NAME = 128
"""Characters of a name or version: as many as an OCI tag may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequest:
    """What the user asked for.

    source: see `custody release --help`; policy, key, database: None for none, the workspace's own, the default one.
    targets: where to publish, as written; output: the release folder; actor: who acts; clock: gives the real time, for
    acts and decisions; document_time: what documents carry.
    """

    source: str
    name: str
    version: str
    output: Path
    workspace: Path
    actor: str
    clock: Callable[[], dt.datetime]
    document_time: dt.datetime
    targets: tuple[str, ...] = ()
    policy: Path | None = None
    platform: str | None = None
    key: Path | None = None
    passphrase: bytes | None = None
    database: Chosen | Path | None = None
    author: str = ""


def check_request(request: ReleaseRequest) -> None:
    """Raise UsageError for what can never become a release."""
    if not request.source:
        raise UsageError("SOURCE", "it is empty", "name a path or an image")
    _check_names(request)
    _check_targets(request.targets)


def _check_names(request: ReleaseRequest) -> None:
    """Refuse a name or version that no reader could tell from something else.

    They stand in file names, tags and tables.
    """
    for option, text in (("--name", request.name), ("--version", request.version)):
        if not text or text != text.strip() or not text.isprintable() or len(text) > MAX_NAME:
            expected = f"expected 1 to {MAX_NAME} printable characters, without spaces around them"
            raise UsageError(option, f"{text!r} cannot be used", expected)


def _check_targets(targets: tuple[str, ...]) -> None:
    """Refuse what cannot be a target before anything is done."""
    for target in targets:
        try:
            reference = parse_reference(target)
        except InputError as error:
            raise UsageError(f"--to {error.where}", error.what, error.fix) from None
        if reference.digest is not None:
            raise UsageError(
                f"--to {target}", "a target has a tag, not a digest", "expected oci:DIR[:TAG] or host/repo[:tag]"
            )
