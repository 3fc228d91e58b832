from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.advisories.cvss import parse_vector, score
from custody.errors import InputError

VECTORS = Path(__file__).parent.parent / "vectors" / "cvss"
WORST_3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
WORST_4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H"


@pytest.mark.parametrize(("name", "least"), [("v2", 300), ("v3", 1500), ("v4", 2500)])
def test_scores_are_those_of_an_independent_implementation(name: str, least: int) -> None:
    lines = (VECTORS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) >= least
    for line in lines:
        value, severity, vector = line.split(" ")
        assert (score(vector).value, score(vector).severity) == (float(value), severity), line


@pytest.mark.parametrize(
    ("vector", "version", "value", "severity"),
    [
        # Examples of the specifications: v2 guide 3.3.1 (CVE-2002-0392), 3.3.2; v3.1 and v4.0 by FIRST's calculators.
        ("AV:N/AC:L/Au:N/C:N/I:N/A:C", "2.0", 7.8, "HIGH"),
        ("(AV:N/AC:L/Au:N/C:C/I:C/A:C/E:F/RL:OF/RC:C)", "2.0", 10.0, "HIGH"),
        ("AV:N/AC:L/Au:N/C:N/I:N/A:N", "2.0", 0.0, "LOW"),
        (WORST_3, "3.1", 9.8, "CRITICAL"),
        (f"{WORST_3}/E:U/RL:O/RC:U/MAV:P", "3.1", 9.8, "CRITICAL"),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "3.0", 10.0, "CRITICAL"),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", "3.1", 0.0, "NONE"),
        (WORST_4, "4.0", 10.0, "CRITICAL"),
        (f"{WORST_4}/E:U", "4.0", 9.1, "CRITICAL"),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", "4.0", 0.0, "NONE"),
    ],
)
def test_known_scores(vector: str, version: str, value: float, severity: str) -> None:
    result = score(vector)
    assert (result.version, result.value, result.severity) == (version, value, severity)


def test_metrics_may_stand_in_any_order() -> None:
    assert score("CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N") == score(WORST_3)


@pytest.mark.parametrize(
    ("vector", "what"),
    [
        ("", "'' is no metric of CVSS 2.0"),
        ("HIGH", "'HIGH' is no metric of CVSS 2.0"),
        ("CVSS:5.0/AV:N", "version '5.0' is not known"),
        (WORST_3[:-4], "A is missing"),
        (f"{WORST_3}/A:H", "A stands twice"),
        (WORST_3.replace("AV:N", "AV:X"), "'AV:X' is no metric of CVSS 3.1"),
        (WORST_3.replace("3.1", "4.0"), "'S:U' is no metric of CVSS 4.0"),
        (f"{WORST_4}/", "'' is no metric of CVSS 4.0"),
        (f"{WORST_3}/{'E:U/' * 200}", "too long"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:h", "'A:h' is no metric of CVSS 3.1"),
    ],
)
def test_what_is_no_vector_is_refused_with_the_reason(vector: str, what: str) -> None:
    with pytest.raises(InputError) as caught:
        score(vector)
    assert what in str(caught.value)


@given(st.integers(0, len(WORST_4)), st.integers(0, len(WORST_4)), st.text(max_size=3))
@settings(max_examples=300)
def test_any_change_of_a_vector_gives_a_score_or_an_input_error(start: int, end: int, text: str) -> None:
    vector = WORST_4[:start] + text + WORST_4[end:]
    try:
        result = score(vector)
    except InputError:
        return
    assert 0.0 <= result.value <= 10.0
    assert parse_vector(vector)[0] == result.version
