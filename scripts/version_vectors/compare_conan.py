"""Conan: its own `Version`. The lines are as in compare.mjs."""

import sys

from conan import __version__
from conan.tools.scm import Version

print(f"Conan {__version__}")
for line in sys.stdin:
    a, b = map(Version, line.split())
    print("<" if a < b else "=" if a == b else ">")
