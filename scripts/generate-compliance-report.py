#!/usr/bin/env python3
"""Write a compliance report: the same as `custody report`, with the same flags.

python scripts/generate-compliance-report.py --format nist-ssdf --sbom sbom-latest.spdx.json --output report.pdf
"""

import sys

from custody.cli import main

main(["report", *sys.argv[1:]])
