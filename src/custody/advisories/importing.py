"""`custody db import`: from places to a database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from custody.advisories.build import ImportReport, build
from custody.errors import InputError
from custody.model import Progress

if TYPE_CHECKING:
    from custody.advisories.trust import Signing

__all__ = ["import_osv"]


def import_osv(
    sources: Sequence[str | Path],
    *,
    database: Path,
    now: dt.datetime,
    ecosystems: Sequence[str] = (),
    replace: bool = False,
    progress: Progress | None = None,
    signing: Signing | None = None,
) -> ImportReport:
    """Import records from folders, archives, files or addresses into the database file.

    sources: see `custody.advisories.feeds.open.open_feed`. ecosystems: those of which the given OSV records are
    everything there is, where the layout does not say it by itself. replace: begin with an empty database;
    otherwise what is there stays, but for ecosystems that come in completely (their old records go) and records of
    the same id (the newer one stays). Raises UnavailableError: a source or the disk is not reachable; InputError: a
    source is no archive, or holds no record at all.
    """
    from custody.advisories.ecosystems import ECOSYSTEMS

    for name in ecosystems:
        if name not in ECOSYSTEMS:
            raise InputError(
                "ecosystem", f"{name!r} is not an OSV ecosystem", f"expected one of {', '.join(sorted(ECOSYSTEMS))}"
            )
    from custody.advisories.feeds.open import open_feed

    with ExitStack() as stack:
        feeds = [feed for source in sources for feed in stack.enter_context(open_feed(str(source), progress=progress))]
        return build(database, feeds, now=now, whole=ecosystems, replace=replace, progress=progress, signing=signing)
