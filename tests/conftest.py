"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# No test reads or fills the cache of whoever runs it; those that are about the cache name one of their own.
os.environ["CUSTODY_CACHE"] = ""

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of shared reference data that may stand beside the repository; skip where it does not."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("no ../shared reference data beside the repository")
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """Give the repository's root."""
    return ROOT
