from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.report import encode_security_report, parse_security_report
from tests.report.scans import FULL, report

GOOD = encode_security_report(FULL)


def test_what_is_written_is_read_back() -> None:
    assert parse_security_report(GOOD, "x") == FULL
    assert encode_security_report(parse_security_report(GOOD, "x")) == GOOD
    assert parse_security_report(encode_security_report(report()), "x") == report()


def test_the_command_of_the_guide_works() -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    command = ["jq", "-c", '.vulnerabilities[] | select(.severity == "HIGH")']
    done = subprocess.run(command, input=GOOD, capture_output=True, check=True)
    (line,) = done.stdout.splitlines()
    value = json.loads(line)
    assert value["id"] == "CVE-2019-10906"
    assert value["cvss"] == {"version": "3.1", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N", "score": 8.6}
    assert value["package"] == {
        "name": "jinja2",
        "version": "2.10",
        "purl": "pkg:pypi/jinja2@2.10",
        "ecosystem": "PyPI",
    }
    assert value["fixedVersions"] == ["2.10.1", "3.0.0"]
    assert value["layer"].startswith("sha256:")
    assert value["found"][0]["matched"] == "introduced 0, fixed 2.10.1"


@given(st.integers(0, len(GOOD)), st.integers(0, 60), st.binary(max_size=3))
@settings(max_examples=150, deadline=None)
def test_any_change_gives_a_report_or_an_input_error(start: int, length: int, data: bytes) -> None:
    try:
        parse_security_report(GOOD[:start] + data + GOOD[start + length :], "x")
    except InputError as error:
        assert str(error).startswith("x")


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b'{"result": "clean", "result": "findings"}', b"\xff"])
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_security_report(data, "x")
