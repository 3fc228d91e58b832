"""A PostgreSQL of one's own: a cluster in a folder, reached by its socket, ended with the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.interop.foreign import ToolFailed, Unavailable

_START_SECONDS = 30.0
_USER = "postgres"  # PostgreSQL refuses to run as root; Debian's package makes this account


def _tool(name: str) -> str:
    """Give the path of a program of PostgreSQL: Debian keeps most of them out of the PATH."""
    for place in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True):
        return str(place)
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"not installed: {name}; on Debian: apt-get install postgresql")
    return found


def _command(words: Sequence[str]) -> list[str]:
    return ["runuser", "-u", _USER, "--", *words] if os.geteuid() == 0 else list(words)


@contextmanager
def running(folder: Path) -> Iterator[Path]:
    """Give the folder of the socket of a running, empty cluster; its user is `postgres`, without a password."""
    data, socket = folder / "data", folder / "socket"
    folder.mkdir(parents=True)
    if os.geteuid() == 0:
        try:
            shutil.chown(folder, _USER)
        except LookupError:
            raise Unavailable(f"no account {_USER!r} to run PostgreSQL as") from None
        for above in folder.parents:  # pytest keeps its folders to root; the way through them must be open
            if above.stat().st_uid == 0 and not above.stat().st_mode & 0o001:
                above.chmod(above.stat().st_mode | 0o011)
    made = subprocess.run(
        _command([_tool("initdb"), "-D", str(data), "-U", _USER, "-A", "trust", "--no-sync", "-E", "UTF8"]),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    if made.returncode:
        raise ToolFailed(f"initdb: {made.stderr[-500:]}")
    subprocess.run(_command(["mkdir", str(socket)]), check=True)
    settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={socket}", "-c", "fsync=off"]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            _command([_tool("postgres"), "-D", str(data), *settings]), stdout=log, stderr=log, cwd=folder
        ) as server,
    ):
        try:
            until = time.monotonic() + _START_SECONDS
            while not list(socket.glob(".s.PGSQL.*[0-9]")):
                if server.poll() is not None or time.monotonic() > until:
                    raise ToolFailed(f"postgres does not start: {(folder / 'log').read_text()[-500:]}")
                time.sleep(0.05)
            yield socket
        finally:
            server.terminate()  # a smart shutdown: it waits for nobody here
            server.wait(_START_SECONDS)
