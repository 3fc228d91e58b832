"""PyPI: packaging's `Version`. The lines are as in compare.mjs."""

import sys

from packaging import __version__
from packaging.version import InvalidVersion, Version

print(f"packaging {__version__}")
for line in sys.stdin:
    try:
        a, b = map(Version, line.split())
    except InvalidVersion:
        print("?")
    else:
        print("<" if a < b else "=" if a == b else ">")
