r"""CPE names, as far as advisories need them: which product, and which version.

Spec: NIST IR 7695 (CPE naming 2.3): section 6.1 (URI binding, `cpe:/a:vendor:product:version`), section 6.2
(formatted string, `cpe:2.3:a:vendor:product:version:…` with eleven attributes and `\` before a literal sign).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

__all__ = ["CpeName", "parse_cpe"]

_COLON = re.compile(r"(?<!\\):")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
LONGEST = 1000
"""Characters; the schemas of CVE allow 2048, and no name in use comes near a tenth of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CpeName:
    """part: "a", "o" or "h"; vendor, product: lower case, without escapes; version: "*" any, "-" none.

    update: what belongs to the version ("p1" of OpenSSH 9.2p1), "*" any, "-" none.
    """

    part: str
    vendor: str
    product: str
    version: str = "*"
    update: str = "*"

    @property
    def key(self) -> str:
        """Give the name under which a database keeps the product: `part:vendor:product`."""
        return f"{self.part}:{self.vendor}:{self.product}"


def parse_cpe(text: str) -> CpeName | None:
    """Read a CPE name in either binding; None for what is none, or names no single product (`*`)."""
    if len(text) > LONGEST:
        return None
    lowered = text[:8].lower()
    if lowered.startswith("cpe:2.3:"):
        parts = [_ESCAPE.sub(r"\1", p) if "\\" in p else p for p in _COLON.split(text[8:])]
    elif lowered.startswith("cpe:/"):
        parts = [unquote(p) or "*" for p in text[5:].split(":")]
    else:
        return None
    if len(parts) < 3 or parts[0].lower() not in {"a", "o", "h"}:
        return None
    part, vendor, product = (p.lower() for p in parts[:3])
    if vendor in {"", "*", "-"} or product in {"", "*", "-"} or ":" in vendor + product:
        return None
    version, update = (*parts[3:5], "*", "*")[:2]
    return CpeName(part=part, vendor=vendor, product=product, version=version or "*", update=update or "*")
