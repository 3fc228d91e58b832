"""Runs foreign tools, on the machine itself or inside the root of an image that is being made.

What cannot be helped here (a tool is missing, no root, no network) is `Unavailable` and becomes a skip with its reason;
anything else that fails is `ToolFailed` and becomes an error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

# The host's own package settings that the tools inside the image need too: a proxy or a mirror is not ours to name.
_HANDED_IN = re.compile(r"(?i)^(https?_proxy|no_proxy|all_proxy|pip_(index_url|extra_index_url|trusted_host))$")
_HOST_CA = Path("/etc/ssl/certs/ca-certificates.crt")
_HOST_FILES = {
    "resolv.conf": Path("/etc/resolv.conf"),
    "hosts": Path("/etc/hosts"),
    "pip.conf": Path("/etc/pip.conf"),
    "ca.crt": _HOST_CA,
}
# What apt, pip and npm say when it is the network that is missing, and not their input that is wrong.
_NO_NETWORK = re.compile(
    r"Temporary failure resolving|Could not resolve|Could not connect|Connection (refused|timed out|reset)"
    r"|Network is unreachable|Failed to establish a new connection|NewConnectionError|ReadTimeout"
    r"|Failed to fetch|Mirror sync in progress"
    r"|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH",
)
_STEP_TIMEOUT_SECONDS = 300.0  # the slowest step takes 30 s; a dead mirror must not hold a test run for long


class Unavailable(Exception):  # noqa: N818 - it is a reason to skip, not an error of ours
    """A tool, a right or the network is missing; the message is the reason to skip."""


class ToolFailed(Exception):  # noqa: N818 - named for what happened
    """A foreign tool said no; the message holds its last lines."""


def require(*tools: str) -> None:
    """Raise `Unavailable` with the names of the tools that are not on the PATH."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        raise Unavailable(f"not installed: {', '.join(missing)}; on Debian: apt-get install them")


def run(argv: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a tool to its end and return what it wrote on stdout."""
    try:
        done = subprocess.run(
            [str(word) for word in argv],
            cwd=cwd,
            env=None if env is None else {**os.environ, **env},
            capture_output=True,
            check=False,
            text=True,
            errors="surrogateescape",
            stdin=subprocess.DEVNULL,
            timeout=_STEP_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{argv[0]}: no answer in {_STEP_TIMEOUT_SECONDS:.0f} s; a mirror may be down") from None
    if done.returncode:
        said = (done.stderr + done.stdout).strip()
        tail = "\n".join(said.splitlines()[-25:])
        if found := _NO_NETWORK.search(said):
            raise Unavailable(f"{argv[0]}: no network for packages ({found[0]})")
        raise ToolFailed(f"{' '.join(map(str, argv))[:300]}: exit {done.returncode}\n{tail}")
    return done.stdout


# A mount namespace of its own, gone with its last process: nothing stays mounted when a test run is killed.
# $1 the root, $2 a folder of host files, $3 a folder to hand results out with, $4 what to run.
_ENTER = r"""
set -eu
root=$1 host=$2 out=$3
mount --make-rprivate /
mkdir -p "$root/proc" "$root/dev" "$root/run" "$root/etc"
mount -t tmpfs none "$root/run"
mkdir "$root/run/host" "$root/run/out"
mount --bind "$host" "$root/run/host"
mount --bind "$out" "$root/run/out"
for name in resolv.conf hosts; do
  if [ -e "$host/$name" ]; then
    [ -e "$root/etc/$name" ] || : > "$root/etc/$name"
    mount --bind "$host/$name" "$root/etc/$name"
  fi
done
mount -t proc none "$root/proc"
mount --rbind /dev "$root/dev"
exec chroot "$root" /bin/sh -euc "$4"
"""


def inside(rootfs: Path, script: str, *, out: Path | None = None) -> str:
    """Run a shell script inside `rootfs`, with the host's network settings; `out` appears there as /run/out."""
    with tempfile.TemporaryDirectory(prefix="interop-host-") as name:
        host = Path(name, "host")
        host.mkdir()
        for filename, path in _HOST_FILES.items():
            if path.is_file():
                shutil.copyfile(path, host / filename)
        unused = Path(name, "out")
        unused.mkdir()
        env = {
            "HOME": "/root",
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
            **{key: value for key, value in os.environ.items() if _HANDED_IN.match(key)},
        }
        if (host / "ca.crt").exists():
            env["PIP_CERT"] = "/run/host/ca.crt"
        if (host / "pip.conf").exists():
            env["PIP_CONFIG_FILE"] = "/run/host/pip.conf"
        settings = [f"{key}={value}" for key, value in sorted(env.items())]
        enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "env", "-i", *settings]
        return run([*enter, "/bin/sh", "-c", _ENTER, "enter", rootfs, host, out or unused, script])
