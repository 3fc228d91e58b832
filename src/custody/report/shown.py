"""Text from outside as a printed page can show it.

The fonts of a PDF report are those inside typst, so that every machine prints the same page. They have Latin, Greek,
Cyrillic, Hebrew, basic Arabic and the usual signs. Anything else is written as its code point, u{1f600} after a
backslash: nothing is lost, nothing is invisible. That goes above all for control characters, and for those that turn
the direction of writing (CVE-2021-42574 shows what they are used for).
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["MAX_CHARACTERS", "shown"]

MAX_CHARACTERS = 4000
"""Of one text on the page: two thirds of a page. The evidence itself has all of it."""

_PRINTED = (
    (0x20, 0x7E),
    (0xA0, 0xAC),
    (0xAE, 0x2FF),
    (0x370, 0x377),
    (0x37A, 0x37F),
    (0x384, 0x38A),
    (0x38C, 0x38C),
    (0x38E, 0x3A1),
    (0x3A3, 0x482),
    (0x48A, 0x4FF),
    (0x5BE, 0x5BE),
    (0x5D0, 0x5EA),
    (0x60C, 0x60C),
    (0x61F, 0x61F),
    (0x621, 0x63A),
    (0x640, 0x64A),
    (0x660, 0x66D),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2027),
    (0x2030, 0x2040),
    (0x2044, 0x2052),
    (0x2054, 0x205E),
    (0x2070, 0x2071),
    (0x2074, 0x208E),
    (0x20A0, 0x20BF),
    (0x2100, 0x211E),
    (0x2126, 0x214E),
    (0x2150, 0x2151),
    (0x2153, 0x2184),
    (0x2190, 0x22FF),
    (0x2500, 0x25FF),
    (0x2713, 0x2713),
    (0x2717, 0x2717),
)
"""Ranges of code points that the fonts have, without format and combining characters."""

_OTHER = re.compile("[^" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _PRINTED) + "]")


def shown(text: str) -> str:
    """Give `text` in normalisation form C, what cannot be printed as its code point, at most `MAX_CHARACTERS` long."""
    whole = len(text)
    text = _OTHER.sub(_code_point, unicodedata.normalize("NFC", text[:MAX_CHARACTERS]))
    return f"{text} … ({whole - MAX_CHARACTERS:,} more characters)" if whole > MAX_CHARACTERS else text


def _code_point(match: re.Match[str]) -> str:
    character = match[0]
    if character in "\n\r\t":
        return " "
    return f"\\u{{{ord(character):x}}}"
