"""CVSS: scores and qualitative severities from vectors.

Spec, all by FIRST: https://www.first.org/cvss/v2/guide section 3.2.1;
https://www.first.org/cvss/v3.0/specification-document section 8;
https://www.first.org/cvss/v3.1/specification-document section 7 and appendix A;
https://www.first.org/cvss/v4.0/specification-document section 8 (see `cvss4`). Bands: v3.1 section 5, v4.0 section
6; for v2, which has none, those of the National Vulnerability Database.

Of a v2 or v3 vector the base score is computed, whatever temporal and environmental metrics stand beside it. v4.0
has one score for all the metrics that a vector states (its section 1.3 then calls it CVSS-BT and so on).

    score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")      Score(version="3.1", value=9.8, severity="CRITICAL")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from functools import lru_cache

from custody.advisories.cvss4 import METRICS as METRICS_4
from custody.advisories.cvss4 import REQUIRED as REQUIRED_4
from custody.advisories.cvss4 import score_4
from custody.errors import InputError

__all__ = ["Score", "parse_vector", "score"]

_LONGEST_VECTOR = 500
_TENTH = Decimal("0.1")

_REQUIRED_2 = ("AV", "AC", "Au", "C", "I", "A")
_METRICS_2 = {
    "AV": {"L": Decimal("0.395"), "A": Decimal("0.646"), "N": Decimal("1.0")},
    "AC": {"H": Decimal("0.35"), "M": Decimal("0.61"), "L": Decimal("0.71")},
    "Au": {"M": Decimal("0.45"), "S": Decimal("0.56"), "N": Decimal("0.704")},
    "C": {"N": Decimal(0), "P": Decimal("0.275"), "C": Decimal("0.660")},
    "I": {"N": Decimal(0), "P": Decimal("0.275"), "C": Decimal("0.660")},
    "A": {"N": Decimal(0), "P": Decimal("0.275"), "C": Decimal("0.660")},
}
_OPTIONAL_2 = {
    "E": "U POC F H ND",
    "RL": "OF TF W U ND",
    "RC": "UC UR C ND",
    "CDP": "N L LM MH H ND",
    "TD": "N L M H ND",
    "CR": "L M H ND",
    "IR": "L M H ND",
    "AR": "L M H ND",
}

_REQUIRED_3 = ("AV", "AC", "PR", "UI", "S", "C", "I", "A")
_METRICS_3 = {
    "AV": {"N": Decimal("0.85"), "A": Decimal("0.62"), "L": Decimal("0.55"), "P": Decimal("0.2")},
    "AC": {"L": Decimal("0.77"), "H": Decimal("0.44")},
    "PR": {"N": Decimal("0.85"), "L": Decimal("0.62"), "H": Decimal("0.27")},
    "UI": {"N": Decimal("0.85"), "R": Decimal("0.62")},
    "C": {"H": Decimal("0.56"), "L": Decimal("0.22"), "N": Decimal(0)},
    "I": {"H": Decimal("0.56"), "L": Decimal("0.22"), "N": Decimal(0)},
    "A": {"H": Decimal("0.56"), "L": Decimal("0.22"), "N": Decimal(0)},
}
_PRIVILEGES_WHERE_SCOPE_CHANGES = {"N": Decimal("0.85"), "L": Decimal("0.68"), "H": Decimal("0.5")}
_OPTIONAL_3 = {
    "E": "X U P F H",
    "RL": "X O T W U",
    "RC": "X U R C",
    "CR": "X L M H",
    "IR": "X L M H",
    "AR": "X L M H",
    "MAV": "X N A L P",
    "MAC": "X L H",
    "MPR": "X N L H",
    "MUI": "X N R",
    "MS": "X U C",
    "MC": "X N L H",
    "MI": "X N L H",
    "MA": "X N L H",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a vector comes to.

    version: "2.0", "3.0", "3.1" or "4.0"; value: 0.0 to 10.0 in tenths; severity: NONE, LOW, MEDIUM, HIGH or CRITICAL.
    """

    version: str
    value: float
    severity: str


@lru_cache(maxsize=4096)
def score(vector: str) -> Score:
    """Score a vector of any version; InputError names what is wrong with it."""
    version, metrics = parse_vector(vector)
    if version == "2.0":
        value = _score_2(metrics)
        return Score(
            version=version, value=float(value), severity="LOW" if value < 4 else "MEDIUM" if value < 7 else "HIGH"
        )
    value = score_4(metrics) if version == "4.0" else _score_3(metrics, version)
    bands = (("NONE", "0.1"), ("LOW", "4.0"), ("MEDIUM", "7.0"), ("HIGH", "9.0"))
    severity = next((name for name, below in bands if value < Decimal(below)), "CRITICAL")
    return Score(version=version, value=float(value), severity=severity)


def parse_vector(vector: str) -> tuple[str, dict[str, str]]:
    """Give version and metrics of a vector.

    Metrics may stand in any order, none twice; every base metric must be there.
    """
    if len(vector) > _LONGEST_VECTOR:
        raise _fault(vector, "too long")
    prefix, _, rest = vector.partition("/")
    required: tuple[str, ...]
    if prefix in ("CVSS:3.0", "CVSS:3.1"):
        version, required = prefix[5:], _REQUIRED_3
        allowed = {name: list(values) for name, values in _METRICS_3.items()} | _split(_OPTIONAL_3) | {"S": ["U", "C"]}
    elif prefix == "CVSS:4.0":
        version, required, allowed = "4.0", REQUIRED_4, _split(METRICS_4)
    elif prefix.startswith("CVSS:"):
        raise _fault(vector, f"version {prefix[5:]!r} is not known")
    else:  # v2 has no prefix, and is often written in parentheses
        version, required, rest = "2.0", _REQUIRED_2, vector.removeprefix("(").removesuffix(")")
        allowed = {name: list(values) for name, values in _METRICS_2.items()} | _split(_OPTIONAL_2)
    metrics: dict[str, str] = {}
    for part in rest.split("/"):
        name, _, value = part.partition(":")
        if value not in allowed.get(name, ()):
            raise _fault(vector, f"{part!r} is no metric of CVSS {version}")
        if name in metrics:
            raise _fault(vector, f"{name} stands twice")
        metrics[name] = value
    missing = [name for name in required if name not in metrics]
    if missing:
        raise _fault(vector, f"{missing[0]} is missing")
    return version, metrics


def _split(metrics: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: values.split() for name, values in metrics.items()}


def _fault(vector: str, what: str) -> InputError:
    return InputError("severity", f"not a CVSS vector: {vector[:120]!r}: {what}")


def _score_2(metrics: Mapping[str, str]) -> Decimal:
    weight = {name: values[metrics[name]] for name, values in _METRICS_2.items()}
    impact = Decimal("10.41") * (1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"]))
    exploitability = 20 * weight["AV"] * weight["AC"] * weight["Au"]
    factor = Decimal("1.176") if impact else Decimal(0)
    base = (Decimal("0.6") * impact + Decimal("0.4") * exploitability - Decimal("1.5")) * factor
    return base.quantize(_TENTH, rounding=ROUND_HALF_UP)


def _score_3(metrics: Mapping[str, str], version: str) -> Decimal:
    weight = {name: values[metrics[name]] for name, values in _METRICS_3.items()}
    changed = metrics["S"] == "C"
    privileges = _PRIVILEGES_WHERE_SCOPE_CHANGES[metrics["PR"]] if changed else weight["PR"]
    loss = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    if changed:
        impact = Decimal("7.52") * (loss - Decimal("0.029")) - Decimal("3.25") * (loss - Decimal("0.02")) ** 15
    else:
        impact = Decimal("6.42") * loss
    if impact <= 0:
        return Decimal("0.0")
    exploitability = Decimal("8.22") * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    total = impact + exploitability
    total = min(total * Decimal("1.08") if changed else total, Decimal(10))
    if version == "3.1":  # appendix A: rounding up begins at the fifth decimal, so that all machines agree
        total = total.quantize(Decimal("0.00001"), rounding=ROUND_HALF_UP)
    return total.quantize(_TENTH, rounding=ROUND_CEILING)
