"""PEP 440: the order of Python package versions.

Spec: https://packaging.python.org/en/latest/specifications/version-specifiers/, section "Public version
identifiers" with "Summary of permitted suffixes and relative ordering", "Local version identifiers", and appendix B
for what is accepted.
"""

from __future__ import annotations

import re

from custody.advisories.interface import Ordering
from custody.advisories.keys import MAX_VERSION_LENGTH, number
from custody.errors import InputError

__all__ = ["ORDERING", "key", "public_version"]

_VERSION = re.compile(
    r"""\s*v?
    (?:(?P<epoch>[0-9]+)!)?
    (?P<release>[0-9]+(?:\.[0-9]+)*)
    (?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>[0-9]*))?
    (?P<post>-(?P<post_implicit>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>[0-9]*))?
    (?P<dev>[-_.]?dev[-_.]?(?P<dev_number>[0-9]*))?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?
    \s*""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_RELEASE = re.compile(r"\s*v?([0-9]{1,100}(?:\.[0-9]{1,100})*)(?!\.?[0-9!])", re.IGNORECASE | re.ASCII)
_PHASES = {"a": b"\x01", "alpha": b"\x01", "b": b"\x02", "beta": b"\x02"}
_CANDIDATE = b"\x03"  # c, rc, pre and preview are one phase


def key(version: str) -> bytes:
    """Give the sort key of a version; InputError when PEP 440 does not know such a version.

    The key is epoch, release, pre, post, dev, local; each part is written so that it ends before the next one
    begins to count.
    """
    match = _VERSION.fullmatch(version) if len(version) <= MAX_VERSION_LENGTH else None
    if match is None:
        raise InputError("version", f"{version[:80]!r} is not a version by PEP 440")
    return b"".join(
        (
            number(match["epoch"] or "", "version"),
            _release(match["release"]),
            _pre(match),
            b"\x00"
            if match["post"] is None
            else b"\x01" + number(match["post_implicit"] or match["post_number"] or "", "version"),
            b"\x01" if match["dev"] is None else b"\x00" + number(match["dev_number"], "version"),
            b"\x00" if match["local"] is None else _local(match["local"].lower()),
        )
    )


def public_version(version: str) -> str:
    """Give the version without its local part: `2.0.0+cu118` is a build of `2.0.0`."""
    return version.partition("+")[0]


def _release(text: str) -> bytes:
    """Trailing zeros do not count: 1.0 and 1.0.0 are one version. A longer release is above its own beginning."""
    segments = [number(segment, "version") for segment in text.split(".")]
    while segments and segments[-1] == b"\x00":
        segments.pop()
    return b"".join(b"\x02" + segment for segment in segments) + b"\x01"


def _pre(match: re.Match[str]) -> bytes:
    """Put a development release of a final one (1.0.dev1) before its pre-releases, and those before the final one."""
    if match["pre"] is not None:
        return _PHASES.get(match["pre"].lower(), _CANDIDATE) + number(match["pre_number"], "version")
    return b"\x00" if match["dev"] is not None and match["post"] is None else b"\x04"


def _local(text: str) -> bytes:
    """Segments in turn: letters by ASCII and below numbers, numbers by value, more segments above fewer."""
    parts = re.split(r"[-_.]", text)
    return (
        b"\x01"
        + b"".join(
            b"\x03" + number(p, "version") if p.isdigit() else b"\x02" + p.encode("ascii") + b"\x00" for p in parts
        )
        + b"\x01"
    )


def around(version: str) -> tuple[bytes, bytes] | None:
    """Give the bounds of all versions of the release a text begins with: for 2.6.0-NA, 2.6.0.dev0 and 2.6.1.dev0."""
    match = _RELEASE.match(version)
    if match is None or len(version) > MAX_VERSION_LENGTH:
        return None
    before, dot, last = match[1].rpartition(".")
    return key(f"{match[1]}.dev0"), key(f"{before}{dot}{int(last) + 1}.dev0")


ORDERING = Ordering(name="pep440", spec="PEP 440", ecosystems=("PyPI",), key=key, around=around)
