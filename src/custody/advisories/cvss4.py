"""CVSS 4.0: the score of a vector.

Spec: https://www.first.org/cvss/v4.0/specification-document section 8, "CVSS v4.0 Scoring": a vector falls into a
macro vector of six classes (EQ1 to EQ6, tables 24 to 30), whose highest member has a score given by FIRST's lookup
table; from there it goes down in proportion to how far the vector is from that member. The lookup table is that of
FIRST's calculator.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product

__all__ = ["METRICS", "REQUIRED", "score_4"]

REQUIRED = ("AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA")
METRICS = {
    "AV": "N A L P",
    "AC": "L H",
    "AT": "N P",
    "PR": "N L H",
    "UI": "N P A",
    "VC": "H L N",
    "VI": "H L N",
    "VA": "H L N",
    "SC": "H L N",
    "SI": "H L N",
    "SA": "H L N",
    "E": "X A P U",
    "CR": "X H M L",
    "IR": "X H M L",
    "AR": "X H M L",
    "MAV": "X N A L P",
    "MAC": "X L H",
    "MAT": "X N P",
    "MPR": "X N L H",
    "MUI": "X N P A",
    "MVC": "X H L N",
    "MVI": "X H L N",
    "MVA": "X H L N",
    "MSC": "X H L N",
    "MSI": "X S H L N",
    "MSA": "X S H L N",
    "S": "X N P",
    "AU": "X N Y",
    "R": "X A U I",
    "V": "X D C",
    "RE": "X L M H",
    "U": "X Clear Green Amber Red",
}
"""Every metric and its values, the most severe first (table 23); the last six are supplemental and do not count."""

_LEVELS = {
    "AV": "NALP",
    "PR": "NLH",
    "UI": "NPA",
    "AC": "LH",
    "AT": "NP",
    "VC": "HLN",
    "VI": "HLN",
    "VA": "HLN",
    "SC": "SHLN",
    "SI": "SHLN",
    "SA": "SHLN",
    "CR": "HML",
    "IR": "HML",
    "AR": "HML",
}
"""A step along these letters is a severity distance of one."""

_HIGHEST_1 = {
    0: ("AV:N PR:N UI:N",),
    1: ("AV:A PR:N UI:N", "AV:N PR:L UI:N", "AV:N PR:N UI:P"),
    2: ("AV:P PR:N UI:N", "AV:A PR:L UI:P"),
}
_HIGHEST_2 = {0: ("AC:L AT:N",), 1: ("AC:H AT:N", "AC:L AT:P")}
_HIGHEST_36 = {
    (0, 0): ("VC:H VI:H VA:H CR:H IR:H AR:H",),
    (0, 1): ("VC:H VI:H VA:L CR:M IR:M AR:H", "VC:H VI:H VA:H CR:M IR:M AR:M"),
    (1, 0): ("VC:L VI:H VA:H CR:H IR:H AR:H", "VC:H VI:L VA:H CR:H IR:H AR:H"),
    (1, 1): (
        "VC:L VI:H VA:L CR:H IR:M AR:H",
        "VC:L VI:H VA:H CR:H IR:M AR:M",
        "VC:H VI:L VA:H CR:M IR:H AR:M",
        "VC:H VI:L VA:L CR:M IR:H AR:H",
        "VC:L VI:L VA:H CR:H IR:H AR:M",
    ),
    (2, 1): ("VC:L VI:L VA:L CR:H IR:H AR:H",),
}
_HIGHEST_4 = {0: ("SC:H SI:S SA:S",), 1: ("SC:H SI:H SA:H",), 2: ("SC:L SI:L SA:L",)}

_DEPTH_1 = {0: 1, 1: 4, 2: 5}
_DEPTH_2 = {0: 1, 1: 2}
_DEPTH_36 = {(0, 0): 7, (0, 1): 6, (1, 0): 8, (1, 1): 8, (2, 1): 10}
_DEPTH_4 = {0: 6, 1: 5, 2: 4}
"""How many steps a class is deep (section 8.2, "Depth of EQ")."""

_LOOKUP = {
    "0000": "10.0 9.8 9.5 10.0 9.3 9.1 9.3 8.9 8.1",
    "0001": "9.9 9.5 9.2 9.6 8.7 8.1 9.0 8.0 6.8",
    "0010": "9.8 9.5 9.0 9.3 8.9 8.1 8.8 7.8 6.9",
    "0011": "9.5 9.2 8.4 9.2 8.1 6.5 8.0 7.0 4.8",
    "0021": "9.2 8.2 7.2 7.9 6.9 5.0 6.9 5.5 2.7",
    "0100": "9.9 9.5 9.2 9.5 9.0 8.4 9.2 8.2 7.2",
    "0101": "9.7 9.2 8.5 9.1 8.3 7.1 8.1 7.1 5.3",
    "0110": "9.5 9.2 8.5 9.2 8.0 7.0 8.4 7.1 5.0",
    "0111": "9.3 8.5 7.3 8.2 7.2 5.9 7.0 5.2 3.0",
    "0121": "8.6 7.5 5.2 7.1 5.2 2.9 6.3 2.9 1.7",
    "1000": "9.8 9.4 9.1 9.4 8.6 7.7 8.7 7.4 6.3",
    "1001": "9.5 8.7 8.1 8.9 7.4 6.4 7.5 6.3 4.9",
    "1010": "9.4 8.8 7.6 8.6 7.4 5.9 7.2 5.7 5.2",
    "1011": "8.9 7.7 6.7 7.6 5.8 5.0 5.7 5.2 2.5",
    "1021": "8.3 7.0 5.4 6.5 5.8 2.6 5.3 2.1 1.3",
    "1100": "9.5 8.8 7.6 9.0 7.5 6.1 7.7 6.8 5.2",
    "1101": "9.0 7.6 7.0 7.7 6.2 5.3 6.6 5.9 3.0",
    "1110": "8.9 7.6 6.2 7.4 5.7 4.7 6.1 5.7 2.4",
    "1111": "7.8 6.7 5.8 5.9 5.7 2.3 5.2 2.9 1.6",
    "1121": "7.1 5.9 3.0 5.8 2.6 1.5 2.3 1.3 0.6",
    "2000": "9.3 8.6 7.5 8.6 7.4 5.6 7.0 5.2 4.0",
    "2001": "8.7 7.2 5.8 7.4 6.1 3.4 5.4 4.0 2.2",
    "2010": "8.5 7.4 6.2 7.2 5.5 4.6 5.3 3.4 1.9",
    "2011": "7.5 5.5 5.1 5.7 4.1 1.9 3.6 1.9 0.8",
    "2021": "6.4 5.1 2.0 4.7 2.1 1.1 2.4 0.9 0.4",
    "2100": "8.8 7.3 6.0 7.3 5.9 4.1 5.4 4.5 2.0",
    "2101": "7.5 5.3 5.0 5.5 4.0 2.0 4.3 2.2 1.1",
    "2110": "7.5 5.8 4.0 6.1 4.8 2.0 4.6 1.7 0.8",
    "2111": "5.5 4.5 2.1 5.1 1.8 0.9 1.8 0.7 0.2",
    "2121": "5.3 2.4 1.4 2.4 1.2 0.5 1.0 0.3 0.1",
}
"""EQ1, EQ2, EQ3, EQ6 → the scores for EQ4 and EQ5: 00 01 02 10 11 12 20 21 22."""


def score_4(metrics: Mapping[str, str]) -> Decimal:
    """Give the score, in tenths, of the metrics of a vector that `parse_vector` has read."""
    m = _effective(metrics)
    if all(m[name] == "N" for name in ("VC", "VI", "VA", "SC", "SI", "SA")):
        return Decimal("0.0")
    eq1, eq2, eq3, eq4, eq5, eq6 = classes = _classes(m)
    value = _lookup(*classes) or Fraction(0)  # every class that a vector can be in has a score
    lower_36 = [_lookup(eq1, eq2, *pair[:1], eq4, eq5, *pair[1:]) for pair in _below_36(eq3, eq6)]
    lower = (
        (_lookup(eq1 + 1, eq2, eq3, eq4, eq5, eq6), _DEPTH_1[eq1]),
        (_lookup(eq1, eq2 + 1, eq3, eq4, eq5, eq6), _DEPTH_2[eq2]),
        (max((s for s in lower_36 if s is not None), default=None), _DEPTH_36[eq3, eq6]),
        (_lookup(eq1, eq2, eq3, eq4 + 1, eq5, eq6), _DEPTH_4[eq4]),
        (_lookup(eq1, eq2, eq3, eq4, eq5 + 1, eq6), 1),
    )
    drops = [
        (value - below) * steps / depth
        for (below, depth), steps in zip(lower, _distances(m, classes), strict=True)
        if below is not None
    ]
    if drops:
        value -= sum(drops, Fraction(0)) / len(drops)
    value = min(max(value, Fraction(0)), Fraction(10))
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def _effective(metrics: Mapping[str, str]) -> dict[str, str]:
    """Put modified metrics in the place of their base metrics, and the worst for what is not defined."""
    m = {name: metrics[name] for name in REQUIRED}
    for name in REQUIRED:
        modified = metrics.get(f"M{name}", "X")
        if modified != "X":
            m[name] = modified
    m["E"] = metrics.get("E", "X").replace("X", "A")
    for name in ("CR", "IR", "AR"):
        m[name] = metrics.get(name, "X").replace("X", "H")
    return m


def _classes(m: Mapping[str, str]) -> tuple[int, int, int, int, int, int]:
    """Give EQ1 to EQ6 (tables 24 to 29)."""
    open_doors = [m["AV"] == "N", m["PR"] == "N", m["UI"] == "N"]
    eq1 = 0 if all(open_doors) else 1 if any(open_doors) and m["AV"] != "P" else 2
    eq2 = 0 if m["AC"] == "L" and m["AT"] == "N" else 1
    high = [m[name] == "H" for name in ("VC", "VI", "VA")]
    eq3 = 0 if high[0] and high[1] else 1 if any(high) else 2
    eq4 = 0 if "S" in (m["SI"], m["SA"]) else 1 if "H" in (m["SC"], m["SI"], m["SA"]) else 2
    eq5 = "APU".index(m["E"])
    eq6 = 0 if any(is_high and m[need] == "H" for is_high, need in zip(high, ("CR", "IR", "AR"), strict=True)) else 1
    return eq1, eq2, eq3, eq4, eq5, eq6


def _lookup(eq1: int, eq2: int, eq3: int, eq4: int, eq5: int, eq6: int) -> Fraction | None:
    row = _LOOKUP.get(f"{eq1}{eq2}{eq3}{eq6}")
    return None if row is None or eq4 > 2 or eq5 > 2 else Fraction(row.split()[3 * eq4 + eq5])


def _below_36(eq3: int, eq6: int) -> tuple[tuple[int, int], ...]:
    """EQ3 and EQ6 depend on each other and go down together: from 00 there are two ways."""
    return ((0, 1), (1, 0)) if (eq3, eq6) == (0, 0) else ((1, 1),) if eq3 + eq6 == 1 else ((eq3 + 1, eq6),)


def _distances(m: Mapping[str, str], classes: tuple[int, int, int, int, int, int]) -> tuple[int, int, int, int, int]:
    """Give the steps from the highest vector of the macro vector that is not below ours, for EQ1, 2, 3+6, 4 and 5.

    EQ5 is one metric, so that all of its class are equally severe. The highest vectors of a class cover all of it.
    """
    eq1, eq2, eq3, eq4, _, eq6 = classes
    for parts in product(_HIGHEST_1[eq1], _HIGHEST_2[eq2], _HIGHEST_36[eq3, eq6], _HIGHEST_4[eq4]):
        steps = [
            [
                _LEVELS[name].index(m[name]) - _LEVELS[name].index(value)
                for name, value in (item.split(":") for item in part.split())
            ]
            for part in parts
        ]
        if all(step >= 0 for part in steps for step in part):
            one, two, three_six, four = (sum(part) for part in steps)
            return one, two, three_six, four, 0
    return 0, 0, 0, 0, 0
