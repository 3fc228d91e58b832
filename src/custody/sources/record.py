"""What a layer holds, as bytes: how one process hands it to another, and how the cache keeps it.

A record is MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) of the arrays in `_encode`. It is read
on the machine that wrote it, by the same release of custody, so it has a version and no compatibility. A name that is
not UTF-8 stands as bytes, its surrogate escapes in the manner of "surrogatepass".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from custody.errors import InputError
from custody.model import Digest, Entry, LayerContent, Skipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from custody.model import Layer

    _Naming = Callable[[str], str | bytes]

__all__ = ["RECORD_VERSION", "decode_content", "encode_content"]

RECORD_VERSION = 1
"""Goes up with every change of the shape."""


def encode_content(content: LayerContent) -> bytes:
    """Write what a layer holds. `layer.diff_id` is set, or the layer was not there to read."""
    try:
        return _encode(content, _same)
    except UnicodeEncodeError:  # which is rare, so the others do not pay for it
        return _encode(content, _octets)


def decode_content(data: bytes, layer: Layer) -> LayerContent | None:
    """Read what was written of `layer`; None where it is not that: another version, another diff_id, or damaged."""
    try:
        version, stated, entries, folders, names, skipped = msgspec.msgpack.decode(data)
        diff_id = Digest.parse(stated) if stated else None
        if version != RECORD_VERSION or (stated and layer.diff_id not in (None, diff_id)):
            return None
        return LayerContent(
            layer=replace(layer, diff_id=diff_id or layer.diff_id),
            entries=tuple(_entry(*entry) for entry in entries),
            folders=tuple(map(_text, folders)),
            names=tuple((_text(folder), tuple(map(_text, bases))) for folder, bases in names),
            skipped=tuple(Skipped(where=_text(where), reason=_text(reason)) for where, reason in skipped),
        )
    except (ValueError, TypeError, AttributeError, InputError):
        return None


def _entry(
    path: str | bytes,
    kind: str,
    size: int,
    mode: int,
    target: str | bytes,
    data: bytes | None,
    extracts: list[tuple[str, bytes]],
) -> Entry:
    return Entry(
        path=_text(path),
        kind=kind,
        size=size,
        mode=mode,
        target=_text(target),
        data=data,
        extracts=tuple((name, taken) for name, taken in extracts),
    )


def _encode(content: LayerContent, name: _Naming) -> bytes:
    return msgspec.msgpack.encode(
        (
            RECORD_VERSION,
            str(content.layer.diff_id or ""),
            [(name(e.path), e.kind, e.size, e.mode, name(e.target), e.data, e.extracts) for e in content.entries],
            [name(path) for path in content.folders],
            [(name(folder), [name(base) for base in names]) for folder, names in content.names],
            [(name(item.where), name(item.reason)) for item in content.skipped],
        )
    )


def _same(text: str) -> str | bytes:
    return text


def _octets(text: str) -> str | bytes:
    return text if text.isascii() else text.encode("utf-8", "surrogatepass")


def _text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode("utf-8", "surrogatepass")
