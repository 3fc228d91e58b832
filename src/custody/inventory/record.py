"""An inventory as bytes, so that an artifact that was listed before need not be read again on this machine.

A record is MessagePack of nested arrays: a value of `custody.model` is [its number in `_SHAPES`, field, …], a tuple is
["t", item, …], a text with lone surrogates (of a name that is not UTF-8)
["s", its bytes in the manner of "surrogatepass"]; all else is itself. Nothing but these shapes can come out of
a record, whoever wrote it. It is read by the same release of custody that wrote it.
"""

from __future__ import annotations

import gc
from dataclasses import fields
from typing import Any

import msgspec

from custody.errors import InputError
from custody.model import (
    Artifact,
    Checksum,
    Dependency,
    Descriptor,
    Digest,
    Distribution,
    Inventory,
    Layer,
    Location,
    Package,
    Platform,
    Purl,
    Skipped,
)

__all__ = ["decode_inventory", "encode_inventory"]

_SHAPES: tuple[type, ...] = (
    Inventory,
    Artifact,
    Descriptor,
    Digest,
    Platform,
    Layer,
    Package,
    Location,
    Checksum,
    Dependency,
    Skipped,
    Distribution,
)
_FIELDS = [tuple(field.name for field in fields(shape)) for shape in _SHAPES]
_NUMBERS = {shape: number for number, shape in enumerate(_SHAPES)}
_PURL = len(_SHAPES)  # a purl is its text


def encode_inventory(inventory: Inventory) -> bytes:
    """Write an inventory, all of it."""
    return msgspec.msgpack.encode(_pack(inventory))


def decode_inventory(data: bytes) -> Inventory | None:
    """Read what `encode_inventory` wrote; None where it is anything else."""
    enabled = gc.isenabled()
    gc.disable()  # tens of thousands of small tuples, none of them garbage
    try:
        found = _unpack(msgspec.msgpack.decode(data))
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError, InputError):
        return None
    finally:
        if enabled:
            gc.enable()
    return found if isinstance(found, Inventory) else None


def _pack(value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return ["s", value.encode("utf-8", "surrogatepass")]
        return value
    if value is None or isinstance(value, (int, bytes)):
        return value
    if isinstance(value, tuple):
        return ["t", *map(_pack, value)]
    if isinstance(value, Purl):
        return [_PURL, _pack(str(value))]
    number = _NUMBERS[type(value)]
    return [number, *(_pack(getattr(value, name)) for name in _FIELDS[number])]


def _unpack(value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
    if not isinstance(value, list):
        return value
    head = value[0]
    if head == "t":
        return tuple([_unpack(item) if isinstance(item, list) else item for item in value[1:]])
    if head == "s":
        return value[1].decode("utf-8", "surrogatepass")
    if head == _PURL:
        return Purl.parse(_unpack(value[1]))
    names = _FIELDS[head]
    items = [_unpack(item) if isinstance(item, list) else item for item in value[1:]]
    return _SHAPES[head](**dict(zip(names, items, strict=True)))
