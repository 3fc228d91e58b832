"""JSON documents as bytes: written for people and `jq`, the same on every run; read from whoever wrote them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from custody.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["encode_json", "encoded_list", "joined", "looks_like", "read_object"]

_BOM = b"\xef\xbb\xbf"
_PIECE = (
    64  # enough that a call costs nothing beside its work, few enough that the garbage collector never has to walk them
)


encode_json = msgspec.json.Encoder().encode


def encoded_list(tables: Iterable[dict[str, Any]]) -> msgspec.Raw:
    """Give a list of many tables as its bytes; they are encoded in pieces, so that few are in memory at a time."""
    left, parts = iter(tables), []
    while piece := list(islice(left, _PIECE)):
        parts.append(encode_json(piece)[1:-1])
    return msgspec.Raw(b"[" + b",".join(parts) + b"]")


def joined(head: dict[str, Any], tail: dict[str, Any], middle: Callable[[bytes], dict[str, Any]]) -> bytes:
    """Give the indented bytes of one object: `head`, what `middle` makes of the bytes of all the rest, `tail`."""
    first, last = encode_json(head), encode_json(tail)
    between = encode_json(middle(first + last))
    return msgspec.json.format(b"%b,%b,%b" % (first[:-1], between[1:-1], last[1:]), indent=1) + b"\n"


def looks_like(data: bytes, key: bytes) -> bool:
    """Say whether the bytes open like a JSON object and hold the quoted key."""
    return data[:64].removeprefix(_BOM).lstrip().startswith(b"{") and key in data


def read_object(data: bytes, where: str) -> dict[str, Any]:
    """Decode a JSON object, with or without a byte order mark; InputError names `where`."""
    return dict(Fields.from_json(data.removeprefix(_BOM), where).value)
