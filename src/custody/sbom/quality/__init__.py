"""How good an SBOM is, beside being well-formed: what profiles ask of it, and a score.

heading = read_heading(data, "sbom.spdx.json")
findings = check_profile(Subject(inventory=inventory, heading=heading), "ntia-2021")
"""

from custody.sbom.quality.heading import Heading, read_heading
from custody.sbom.quality.profile import Remark, Subject
from custody.sbom.quality.profiles import PROFILES, check_profile
from custody.sbom.quality.score import Category, Feature, Score, score

__all__ = [
    "PROFILES",
    "Category",
    "Feature",
    "Heading",
    "Remark",
    "Score",
    "Subject",
    "check_profile",
    "read_heading",
    "score",
]
