"""What the catalogers of Elixir and Erlang share.

    hex_purl("phoenix", "1.7.10", "hexpm:acme")      # pkg:hex/acme/phoenix@1.7.10

Spec: purl-spec type `hex`; https://github.com/hexpm/specifications/blob/main/package_tarball.md for the two checksums.
"""

from __future__ import annotations

import re

from custody.errors import InputError
from custody.model import Checksum, Purl

__all__ = ["hex_checksum", "hex_purl", "read_name"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def hex_purl(name: str, version: str, repository: str = "") -> Purl:
    """Give the purl of a package. repository: `hexpm:acme` is an organisation's own part of Hex."""
    return Purl("hex", name, version, namespace=repository.partition(":")[2])


def hex_checksum(outer: object) -> tuple[Checksum, ...]:
    """Give the SHA-256 of a package's tarball, its outer checksum.

    The inner one is of parts of what is in it: no file has it.
    """
    checksum = Checksum.parse("sha256", outer) if isinstance(outer, str) else None
    return (checksum,) if checksum else ()


def read_name(value: object, where: str) -> str:
    """Give a package's name; InputError names `where`."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InputError(where, f"expected the name of a package, got {str(value)[:60]!r}")
    return str(value)
