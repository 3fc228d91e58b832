"""Fixtures that every room's tests share."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# No test reads or fills the cache of whoever runs it; those that are about the cache name one of their own.
os.environ["CUSTODY_CACHE"] = ""

# Nor does any make keys in the home of whoever runs it: what tests sign advisory databases with lies here.
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="custody-tests-")
atexit.register(shutil.rmtree, os.environ["XDG_DATA_HOME"], ignore_errors=True)

# A busy machine makes no test fail: what takes too long is measured in CPU time, by the tests that are about it.
settings.register_profile("custody", deadline=None)
settings.load_profile("custody")

EXAMPLES = int(os.environ.get("CUSTODY_FUZZ") or 0)
"""How many examples every property is tried with at least: few in the daily run, `CUSTODY_FUZZ=1000` for a long one."""

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every property at least EXAMPLES examples, whatever its own settings say, and new ones each time."""
    tests = {getattr(item, "obj", None) for item in items} if EXAMPLES else set()
    for test in tests:
        own = getattr(test, "_hypothesis_internal_use_settings", None)  # hypothesis has no public way after decoration
        if own is not None and own.max_examples < EXAMPLES:
            more = settings(own, max_examples=EXAMPLES, derandomize=False)
            test._hypothesis_internal_use_settings = more  # type: ignore[union-attr]


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
