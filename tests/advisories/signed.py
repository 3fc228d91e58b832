"""Databases with a signature, for the commands that take no other."""

from __future__ import annotations

from pathlib import Path

from custody.advisories.placing import put_bundle
from custody.advisories.signature import sign_file
from custody.advisories.trust import signing_key
from tests.advisories.samples import NOW

__all__ = ["sign"]


def sign(path: Path) -> Path:
    """Sign a database file with the key that tests share, and give its path."""
    digest, bundle = sign_file(path, signing_key(), name=path.name, now=NOW)
    put_bundle(path, digest, bundle)
    return path
