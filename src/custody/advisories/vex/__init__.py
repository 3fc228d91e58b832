"""VEX: what others say of the findings, and what we say of ours.

statements = read_vex(data, "vendor.json")                        # OpenVEX, CSAF or CycloneDX
applied = apply_vex(report, statements, inventory, now=now)       # covered findings are marked, nothing vanishes
openvex_document(report, artifact, product, author=…, …)          # and the way back
"""

from custody.advisories.vex.apply import Applied, Unused, apply_vex
from custody.advisories.vex.interface import JUSTIFICATIONS, Product, Statement
from custody.advisories.vex.reading import read_vex, recognise
from custody.advisories.vex.write_csaf import Publisher, csaf_document
from custody.advisories.vex.write_cyclonedx import cyclonedx_vex
from custody.advisories.vex.write_openvex import openvex_document

__all__ = [
    "JUSTIFICATIONS",
    "Applied",
    "Product",
    "Publisher",
    "Statement",
    "Unused",
    "apply_vex",
    "csaf_document",
    "cyclonedx_vex",
    "openvex_document",
    "read_vex",
    "recognise",
]
