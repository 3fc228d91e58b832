"""Digests: how an artifact, a layer and a piece of evidence are known.

The textual form is `algorithm:hex`, as in the OCI image specification, section "Digests"
(https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md#digests).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from custody.errors import InputError

__all__ = ["CHECKSUM_LENGTHS", "Checksum", "Digest"]

CHECKSUM_LENGTHS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
"""Hex digits of each algorithm that package metadata may carry. Only sha256 and longer identify artifacts."""

_TEXT = re.compile(r"(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A collision-resistant digest, `sha256:…` in nearly every case.

    algorithm: "sha256", "sha384" or "sha512"; hex: lower-case hex digits.
    """

    algorithm: str
    hex: str

    @classmethod
    def parse(cls, text: str, where: str = "digest") -> Digest:
        """Read `algorithm:hex`; InputError names `where`."""
        if not _TEXT.fullmatch(text):
            raise InputError(where, f"expected a digest like sha256:<64 hex digits>, got {text!r}")
        algorithm, _, value = text.partition(":")
        return cls(algorithm, value)

    @classmethod
    def of(cls, data: bytes) -> Digest:
        """Give the SHA-256 digest of `data`."""
        return cls("sha256", hashlib.sha256(data).hexdigest())

    def __str__(self) -> str:
        """Give `algorithm:hex`."""
        return f"{self.algorithm}:{self.hex}"

    @property
    def short(self) -> str:
        """Give the first twelve hex digits, for people."""
        return self.hex[:12]


@dataclass(frozen=True, slots=True, order=True)
class Checksum:
    """A checksum that package metadata states: weak ones (md5, sha1) included, since they are evidence all the same.

    algorithm: a key of `CHECKSUM_LENGTHS`; hex: lower-case hex digits of that length.
    """

    algorithm: str
    hex: str

    @classmethod
    def parse(cls, algorithm: str, value: str) -> Checksum | None:
        """Give the checksum, or None where the algorithm is unknown or the digits do not fit it."""
        algorithm, value = algorithm.lower().replace("-", ""), value.lower()
        if len(value) != CHECKSUM_LENGTHS.get(algorithm) or re.fullmatch("[0-9a-f]+", value) is None:
            return None
        return cls(algorithm, value)
