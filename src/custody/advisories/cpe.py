"""Asking by CPE name: the last resort for what no ecosystem's advisories speak of.

CVE records name products as `part:vendor:product`. Vendors and products are free words, versions follow no common
order, and a distribution's patches are not in them: what is found this way is a hint of low confidence. It is asked
for only where somebody wants it, and counts only then.

Spec: NIST IR 7695 (CPE naming 2.3).
"""

from __future__ import annotations

from custody.advisories.ecosystems import Lookup
from custody.model import Package

__all__ = ["BY_CPE", "CPE", "lookups_of"]

CPE = "CPE"
"""The name under which advisories keep CPE products, as if they were an ecosystem."""
BY_CPE = ("never", "uncovered", "all")
"""For which packages: none; those that no ecosystem's advisories cover; all that have a CPE name."""


def lookups_of(package: Package) -> tuple[Lookup, ...]:
    """Give what to ask about a package by its CPE names; none where it has no version, or no name that says which.

    The version of the name counts before that of the package: it is the one that the vendor uses. An update ("p1" of
    OpenSSH 9.2p1) belongs to it.
    """
    from custody.advisories.feeds.cpe_name import parse_cpe  # hardly any scan asks

    found = {}
    for text in package.cpes:
        name = parse_cpe(text)
        if name is None:
            continue
        version = name.version if name.version not in ("*", "-") else package.version
        if name.version not in ("*", "-") and name.update not in ("*", "-", ""):
            version += name.update
        if version:
            found[name.key, version] = Lookup(ecosystems=(CPE,), name=name.key, version=version)
    return tuple(found[key] for key in sorted(found))
