"""The switch for long runs: CUSTODY_FUZZ=N tries every property with at least N examples."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PROPERTY = """
from hypothesis import given, settings, strategies as st

seen = []

@settings(max_examples=5)
@given(st.integers())
def test_few(number):
    seen.append(number)

def test_how_many():
    assert len(seen) == {count}
"""


@pytest.mark.parametrize(("fuzz", "count"), [("", 5), ("3", 5), ("40", 40)])
@pytest.mark.parametrize("ci", ["", "true"])
def test_a_property_is_tried_as_often_as_it_says_or_the_switch(tmp_path: Path, fuzz: str, count: int, ci: str) -> None:
    (tmp_path / "test_it.py").write_text(PROPERTY.format(count=count))
    (tmp_path / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    own = {key: value for key, value in os.environ.items() if key not in {"CI", "CUSTODY_FUZZ", "PYTEST_ADDOPTS"}}
    switches = {**({"CUSTODY_FUZZ": fuzz} if fuzz else {}), **({"CI": ci} if ci else {})}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--rootdir=.",
        "test_it.py",
    ]
    ran = subprocess.run(command, cwd=tmp_path, env={**own, **switches}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
