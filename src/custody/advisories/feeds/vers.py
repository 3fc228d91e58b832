"""Version ranges in CSAF documents: `vers:` specifiers, and "vers-like" ones without the scheme.

Spec: CSAF 2.0, section 3.1.2.3.2 (branches of category product_version_range); vers:
https://github.com/package-url/vers-spec: `vers:<scheme>/<comparator><version>|…`, percent-encoded, sorted.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from custody.model import Range, RangeEvent

__all__ = ["ranges_of"]

_CONSTRAINT = re.compile(r"(>=|<=|!=|<|>|=|)\s*([^\s<>=!|*]{1,200})")
_SCHEME = re.compile(r"vers:[a-z0-9.+-]+/(.+)", re.DOTALL)
MOST_CONSTRAINTS = 1000


def ranges_of(text: str) -> tuple[tuple[Range, ...], tuple[str, ...]] | None:
    """Give (ranges, versions) of a specifier; None for words, and for what events cannot express (`>1.0`, `!=1.1`).

    `<1.2`, `>=1.0|<1.2`, `=1.1|=1.3`; `*` is all versions. Without a scheme only specifiers that begin with a
    comparator count: "1.0 and later" is prose.
    """
    scheme = _SCHEME.fullmatch(text)
    body = scheme[1] if scheme else text
    if scheme is None and body[:1] not in "<>=":
        return None
    if body.strip() == "*":
        return (Range(type="ECOSYSTEM", events=(RangeEvent(kind="introduced", version="0"),)),), ()
    parts = body.split("|")
    if len(parts) > MOST_CONSTRAINTS:
        return None
    ranges: list[Range] = []
    versions: list[str] = []
    low: str | None = None
    for part in parts:
        match = _CONSTRAINT.fullmatch(part.strip())
        if match is None or match[1] in {">", "!="} or (match[1] in {">=", "", "="} and low is not None):
            return None
        version = unquote(match[2])
        if match[1] in {"", "="}:
            versions.append(version)
        elif match[1] == ">=":
            low = version
        else:
            if low is None and (ranges or versions):
                return None
            kind = "fixed" if match[1] == "<" else "last_affected"
            ranges.append(_range(low or "0", RangeEvent(kind=kind, version=version)))
            low = None
    if low is not None:
        ranges.append(_range(low))
    return tuple(ranges), tuple(versions)


def _range(low: str, *closing: RangeEvent) -> Range:
    return Range(type="ECOSYSTEM", events=(RangeEvent(kind="introduced", version=low), *closing))
