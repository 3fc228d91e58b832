"""The rules of a specification that its schema cannot say.

problems = validate_spdx23(data, "sbom.spdx.json")
conforms = not any(problem.severity == "error" for problem in problems)
"""

from custody.sbom.validate.problem import Problem
from custody.sbom.validate.spdx3 import validate_spdx3
from custody.sbom.validate.spdx23 import validate_spdx23

__all__ = ["Problem", "validate_spdx3", "validate_spdx23"]
