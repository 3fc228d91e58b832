"""What a serialisation of SPDX 2 can hold: the same table fits into some of them only with changes.

The writer asks before it writes. Where a text would come back otherwise, the text itself goes into the carry (see
`custody.sbom.carry`), so that every serialisation gives back the same inventory.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from custody.sbom import texts
from custody.sbom.spdx.expression import canonical

__all__ = ["JSON", "TAG_VALUE", "XML", "Medium", "xml_text"]

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """One serialisation.

    text, line, licence: how a text, a single line and an expression come back from it; cross_refs: whether it has a
    place for `crossRefs` of a licence.
    """

    text: Callable[[str], str]
    line: Callable[[str], str]
    licence: Callable[[str], str]
    cross_refs: bool = False


def _same(text: str) -> str:
    return text


def _tagged(text: str) -> str:
    r"""Tag-value has no escapes: a text ends at the first `</text>`, and `\r` is a part of a line end."""
    text = texts.shown(text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "text>" in text:
        text = text.replace("</text>", "< /text>").replace("<text>", "< text>")
    return text.strip()


def _tagged_line(text: str) -> str:
    return _tagged(texts.line(text))


def _one_space(text: str) -> str:
    return " ".join(text.split())


def xml_text(text: str) -> str:
    r"""Give the text with characters that XML 1.0 section 2.2 does not have made visible, as `\x00`."""
    return text if text.isprintable() else _NOT_XML.sub(_visible, texts.shown(text))


def _visible(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


@lru_cache(maxsize=4096)
def _xml_line(text: str) -> str:
    return xml_text(texts.line(text))


JSON = Medium(text=texts.shown, line=texts.line, licence=_same, cross_refs=True)
"""JSON, and YAML, which is written with the strings of JSON."""
TAG_VALUE = Medium(text=_tagged, line=_tagged_line, licence=_one_space)
XML = Medium(text=xml_text, line=_xml_line, licence=canonical)
