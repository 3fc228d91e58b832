"""How a run came about: the time, the person, the tools, the commit."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Mapping
from pathlib import Path

from custody import __version__
from custody.errors import UsageError
from custody.model import BuildContext, GitState
from custody.sources.git_state import git_state

__all__ = ["actor", "build_context", "document_time", "now"]


def now() -> dt.datetime:
    """Give the real time: for acts, for decisions, and for whether something has expired. Nothing can set it back."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def document_time() -> dt.datetime:
    """Give the time that documents carry: SOURCE_DATE_EPOCH where it is set, so that two runs give the same bytes.

    Spec: https://reproducible-builds.org/specs/source-date-epoch/.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return now()
    try:
        return dt.datetime.fromtimestamp(int(epoch), dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError("SOURCE_DATE_EPOCH", f"expected seconds since 1970, got {epoch!r}") from None


def actor() -> str:
    """Give who acts: CUSTODY_ACTOR where it is set, else the user's name."""
    named = os.environ.get("CUSTODY_ACTOR", "")
    if named:
        return named
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no entry for this user id, as in many containers
        return f"uid {os.getuid()}"


def build_context(
    source: str, folder: Path | None, *, started_at: dt.datetime, parameters: Mapping[str, str], author: str = ""
) -> BuildContext:
    """Gather the build metadata. folder: where to look for a git commit, None where the source is not a folder."""
    git: GitState | None = git_state(folder) if folder is not None else None
    environment = {
        "custody": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
    return BuildContext(
        tool="custody",
        tool_version=__version__,
        started_at=started_at,
        source=source,
        parameters=tuple(sorted((key, value) for key, value in parameters.items() if value)),
        environment=tuple(sorted(environment.items())),
        git=git,
        author=author,
    )
