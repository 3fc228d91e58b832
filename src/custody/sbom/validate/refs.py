"""External references: SPDX 2.3 section 7.21 and Annex F, which says how a locator of each type looks."""

from __future__ import annotations

import re
from typing import Any

from custody.errors import InputError
from custody.model import Purl

__all__ = ["CATEGORIES", "ref_fault"]

CATEGORIES = {
    "SECURITY": ("cpe22Type", "cpe23Type", "advisory", "fix", "url", "swid"),
    "PACKAGE-MANAGER": ("maven-central", "npm", "nuget", "bower", "purl"),
    "PERSISTENT-ID": ("swh", "gitoid"),
    "OTHER": (),
}
"""Category → its types; OTHER has any type, as long as it is one word."""

_OLD_SPELLINGS = {"PACKAGE_MANAGER": "PACKAGE-MANAGER", "PERSISTENT_ID": "PERSISTENT-ID"}
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_LOCATORS = {
    "cpe22Type": re.compile(r"cpe:/[aoh]?[^\s]*", re.IGNORECASE),
    "cpe23Type": re.compile(r"cpe:2\.3:[aho*-](:(\\.|[^:\s\\])*){10}"),
    "advisory": _URL,
    "fix": _URL,
    "url": _URL,
    "swid": re.compile(r"swid:\S+"),
    "maven-central": re.compile(r"[^:\s]+:[^:\s]+(:[^:\s]+)?"),
    "npm": re.compile(r"\S+@[^@\s]+"),
    "nuget": re.compile(r"[^/\s]+/[^/\s]+"),
    "bower": re.compile(r"[^#\s]+#[^#\s]+"),
    "swh": re.compile(r"swh:1:(snp|rel|rev|dir|cnt):[0-9a-f]{40}(;\S+)?"),
    "gitoid": re.compile(r"gitoid:(blob|tree|commit|tag):(sha1:[0-9a-f]{40}|sha256:[0-9a-f]{64})"),
}


def ref_fault(ref: dict[str, Any]) -> tuple[str, str]:
    """Give what is wrong with a reference, and how bad it is; two empty texts when nothing is.

    ref: its three required fields are there, and are texts.
    """
    category, kind, locator = ref["referenceCategory"], ref["referenceType"], ref["referenceLocator"]
    spelled = _OLD_SPELLINGS.get(category, category)
    if spelled not in CATEGORIES:
        return f"unknown category {category!r}, expected one of {', '.join(CATEGORIES)}", "error"
    kind = kind.removeprefix("http://spdx.org/rdf/references/")
    if not kind or any(c.isspace() for c in kind):
        return f"expected a type of one word, got {kind!r}", "error"
    if spelled != "OTHER" and kind not in CATEGORIES[spelled]:
        return f"no type {kind!r} in the category {spelled}, expected one of {', '.join(CATEGORIES[spelled])}", "error"
    if not locator or any(c.isspace() for c in locator):
        return f"expected a locator without spaces, got {locator!r}", "error"
    if kind in _LOCATORS and not _LOCATORS[kind].fullmatch(locator):
        return f"{locator!r} is no locator of the type {kind}", "error"
    if kind == "purl":
        try:
            Purl.parse(locator)
        except InputError as error:
            return error.what, "error"
    if spelled != category:
        return f"{category} is an older spelling of {spelled}", "warning"
    return "", ""
