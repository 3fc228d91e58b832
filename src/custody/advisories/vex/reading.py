"""Which reader a VEX document is for. Reads: OpenVEX, CSAF 2.0, CycloneDX (each in a module of its own)."""

from __future__ import annotations

from collections.abc import Callable

from custody.advisories.vex import csaf, cyclonedx, openvex
from custody.advisories.vex.interface import Statement
from custody.errors import InputError

__all__ = ["MAX_VEX_BYTES", "read_vex", "recognise"]

MAX_VEX_BYTES = 128 << 20
_READERS: tuple[tuple[str, Callable[[bytes], bool], Callable[[bytes, str], tuple[Statement, ...]]], ...] = (
    ("openvex", openvex.recognise, openvex.read),
    ("csaf", csaf.recognise, csaf.read),
    ("cyclonedx", cyclonedx.recognise, cyclonedx.read),
)


def recognise(data: bytes) -> str:
    """Give the format of a document: "openvex", "csaf", "cyclonedx", or "" for anything else."""
    return next((name for name, mine, _ in _READERS if mine(data)), "")


def read_vex(data: bytes, where: str) -> tuple[Statement, ...]:
    """Give the statements of a document of any known format. InputError: none of them, too large, or not valid."""
    if len(data) > MAX_VEX_BYTES:
        raise InputError(where, f"larger than {MAX_VEX_BYTES >> 20} MiB")
    data = data.removeprefix(b"\xef\xbb\xbf")
    for _, mine, read in _READERS:
        if mine(data):
            return read(data, where)
    raise InputError(where, "not a VEX document", "expected OpenVEX, CSAF 2.0, or CycloneDX with vulnerabilities")
