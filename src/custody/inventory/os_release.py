"""Which operating system this is: `etc/os-release`.

Spec: os-release(5), https://www.freedesktop.org/software/systemd/man/latest/os-release.html
"""

from __future__ import annotations

import re
import shlex

from custody.inventory.interface import File, Tree
from custody.model import Distribution

__all__ = ["OS_RELEASE_FILES", "distribution_file", "parse_os_release", "read_distribution"]

OS_RELEASE_FILES = ("etc/os-release", "usr/lib/os-release")
"""In the order of os-release(5): the first one that is there counts alone."""

MAX_BYTES = 65_536
"""Of a file that real systems keep under 1 KiB; what stands beyond is not looked at."""

_ASSIGNMENT = re.compile(r"\s*([A-Z][A-Z0-9_]*)=(.*)")


def distribution_file(tree: Tree) -> File | None:
    """Give the file that counts, under its path without links."""
    return next((file for path in OS_RELEASE_FILES if (file := tree.get(path)) is not None), None)


def read_distribution(tree: Tree) -> Distribution | None:
    """Give the distribution, None where no os-release names one."""
    file = distribution_file(tree)
    return parse_os_release(file.data) if file is not None else None


def parse_os_release(data: bytes) -> Distribution | None:
    """Read os-release; lines that are no assignments are passed over, as a shell that sources it would only complain.

    None where it has neither ID nor ID_LIKE: the specification's default "linux" names no distribution.
    """
    values: dict[str, str] = {}
    for line in data[:MAX_BYTES].decode("utf-8", "replace").splitlines():
        match = _ASSIGNMENT.fullmatch(line)
        if match:
            values[match[1]] = _unquote(match[2])
    like = tuple(values.get("ID_LIKE", "").lower().split())
    name = values.get("ID", "").lower() or (like[0] if like else "")
    if not re.fullmatch(r"[a-z0-9._-]+", name):
        return None
    version = values.get("VERSION_ID", "")
    return Distribution(
        id=name,
        version=version if re.fullmatch(r"[A-Za-z0-9._+~-]+", version) else "",
        name=values.get("PRETTY_NAME", "") or values.get("NAME", ""),
        codename=values.get("VERSION_CODENAME", ""),
        like=like,
    )


def _unquote(text: str) -> str:
    try:
        words = shlex.split(text)
    except ValueError:  # a quote that is not closed
        return text.strip().strip("\"'")
    return words[0] if words else ""
