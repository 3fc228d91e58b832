"""How much a finding matters: one number from 0 to 100, by a rule that can be worked out by hand.

    risk = 100 * impact * likelihood * reach, and never below the floor of what is known to happen

impact      the CVSS base score / 10; where there is none, the middle of the severity's band: CRITICAL 0.95, HIGH 0.79,
            MEDIUM 0.54, LOW 0.2, NONE 0; where nobody said, 0.54 (the middle of all that are scored).
likelihood  0.3 + 0.7 * √p, p being the EPSS probability of exploitation within 30 days. The root spreads the small
            values that nearly all vulnerabilities have: 0.0004 gives 0.31, 0.02 gives 0.4, 0.25 gives 0.65, 0.9 gives
            0.96. Where EPSS says nothing, 0.5. At least 0.5 where CISA's SSVC knows of a proof of concept.
reach       the product of: 0.9 where no fix is known (there is less to win); 0.9 where the package is of the base
            image; 0.95 where it is only there because something else requires it; 0.5 where the distribution calls it
            unimportant or negligible; 0.7 where it was found with low confidence only, or is still under
            investigation. What is not known does not make it less.
floor       95 where it is known to be used by ransomware; 90 where it is in CISA's catalogue of known exploited
            vulnerabilities (KEV), or SSVC says that it is actively exploited; a package that is malware (`MAL-…`): 100.

Nothing that is learned for the worse lowers the number, and what is not known counts for more than the best that
could be known. None: neither severity, EPSS, KEV nor SSVC is known, so that a number would be made of nothing.

`RISK_THRESHOLD` is what `--fail-on risk` means: known to be exploited, or as bad as CVSS 9.8 with an EPSS probability
of 36 %.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

from custody.model import Finding, finding_order

__all__ = ["RISK_THRESHOLD", "SORTS", "Part", "in_order", "parts", "risk"]

RISK_THRESHOLD = 70.0
SORTS = ("severity", "risk", "package")
"""What findings can be ordered by; the first is the order of a report."""

_IMPACTS = {"CRITICAL": 0.95, "HIGH": 0.79, "MEDIUM": 0.54, "LOW": 0.2, "NONE": 0.0, "UNKNOWN": 0.54}
_BASE_LIKELIHOOD = 0.3
_UNKNOWN_LIKELIHOOD = 0.5
_PROOF_OF_CONCEPT = 0.5
_UNIMPORTANT = frozenset({"unimportant", "negligible"})

Part = tuple[str, float, str]
"""One factor: what it is ("impact"), its value, and why it is that."""


def risk(finding: Finding) -> float | None:
    """Give the number by the rule of the module, rounded to one place; None where nothing is known to make it from."""
    if not _is_known(finding):
        return None
    return _worked_out(finding)


def parts(finding: Finding) -> list[Part]:
    """Give the factors in the order in which they apply; a floor comes last, and is no factor but a least value."""
    impact, why = (
        (_IMPACTS[finding.severity], _SAID.get(finding.severity, f"severity {finding.severity}, no CVSS score"))
        if finding.score is None
        else (finding.score / 10, f"CVSS {finding.score:.1f}")
    )
    found: list[Part] = [("impact", impact, why), _likelihood(finding)]
    if not finding.fixed_versions:
        found.append(("fix", 0.9, "no fix is known"))
    if finding.base:
        found.append(("layer", 0.9, "it is in the base image"))
    if finding.direct is False:
        found.append(("direct", 0.95, "it is only there because something else requires it"))
    if finding.urgency.lower() in _UNIMPORTANT:
        found.append(("urgency", 0.5, f"the distribution calls it {finding.urgency.lower()}"))
    if finding.status == "under_investigation":
        found.append(("status", 0.7, "the vendor is still investigating"))
    elif finding.found and all(how.confidence == "low" for how in finding.found):
        found.append(("confidence", 0.7, "it was found with low confidence only"))
    floor, why = _floor(finding)
    return [*found, ("floor", floor, why)] if floor else found


def in_order(findings: Iterable[Finding], by: str) -> tuple[Finding, ...]:
    """Sort findings. by: one of `SORTS`; "package": by its name, and there the most severe first."""
    if by == "risk":  # what has no risk stands where the rule puts what nobody knows
        pairs = [(f.risk if f.risk is not None else _worked_out(f), f) for f in findings]
        return tuple(f for _, f in sorted(pairs, key=lambda pair: (-pair[0], finding_order(pair[1]))))
    if by == "package":
        return tuple(sorted(findings, key=lambda f: (f.package, f.version, f.package_id, finding_order(f))))
    return tuple(sorted(findings, key=finding_order))


def _worked_out(finding: Finding) -> float:
    value = 100.0
    for name, factor, _ in parts(finding):
        value = max(value, factor) if name == "floor" else value * factor
    return round(min(value, 100.0), 1)


_SAID = {"UNKNOWN": "nobody said how severe it is"}


def _is_known(finding: Finding) -> bool:
    stated = finding.score is not None or finding.severity != "UNKNOWN"
    return bool(stated or finding.epss or finding.exploited or finding.ssvc or _floor(finding)[0])


def _likelihood(finding: Finding) -> Part:
    if finding.epss is None:
        value, why = _UNKNOWN_LIKELIHOOD, "EPSS says nothing"
    else:
        value = _BASE_LIKELIHOOD + (1 - _BASE_LIKELIHOOD) * sqrt(finding.epss.score)
        why = f"EPSS {finding.epss.score:.2%}"
    if _exploitation(finding) in ("poc", "active") and value < _PROOF_OF_CONCEPT:
        value, why = _PROOF_OF_CONCEPT, f"{why}, and SSVC knows of a proof of concept"
    return ("likelihood", value, why)


def _floor(finding: Finding) -> tuple[float, str]:
    if any(name.startswith("MAL-") for name in (finding.id, *finding.aliases)):
        return 100.0, "the package itself is malicious"
    if finding.exploited is not None:
        if finding.exploited.ransomware:
            return 95.0, "known to be used by ransomware (KEV)"
        return 90.0, "known to be exploited (KEV)"
    if _exploitation(finding) == "active":
        return 90.0, "actively exploited, says SSVC"
    return 0.0, ""


def _exploitation(finding: Finding) -> str:
    return next((value.lower() for name, value in finding.ssvc if name.lower() == "exploitation"), "")
