"""Swift packages: the order of the version tags that Swift Package Manager resolves.

Spec: https://docs.swift.org/swiftpm/documentation/packagedescription/version, "A version according to the semantic
versioning specification" with the order of https://semver.org/spec/v2.0.0.html, item 11. A tag may begin with `v` and
may leave out the patch number. Build metadata does not count.
"""

from __future__ import annotations

from custody.advisories.interface import Ordering
from custody.advisories.versions.semver import around, key

__all__ = ["ORDERING"]

ORDERING = Ordering(
    name="swift", spec="Swift Package Manager, SemVer 2.0.0", ecosystems=("SwiftURL",), key=key, around=around
)
