"""Mach-O programs and libraries, alone or several in one file for several processors.

Spec: loader.h and fat.h of Darwin's headers; "OS X ABI Mach-O File Format Reference".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from custody.errors import InputError
from custody.inventory.executable import Executable, Region, read_part
from custody.model import Content

__all__ = ["FAT_MAGICS", "MAGICS", "read_macho"]

MAGICS = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
FAT_MAGICS = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
"""The first one is also that of a Java class, whose version (45 and more) stands where the number of slices would."""
MAX_SLICES = 20
MAX_COMMANDS = 1 << 20
"""Bytes of load commands; real programs have a few kilobytes."""
_SEGMENT, _SEGMENT_64 = 0x1, 0x19
_EXECUTE, _DYLIB, _BUNDLE = 2, 6, 8
_WRITE = 2


def read_macho(path: str, content: Content) -> tuple[Executable, ...]:
    """Give the map of each slice; nothing for object files, symbol files and Java classes.

    Raises InputError: the load commands are damaged or lie outside the file.
    """
    found = (_read_slice(path, content, offset) for offset in _slices(content))
    return tuple(executable for executable in found if executable is not None)


def _slices(content: Content) -> Iterator[int]:
    head = read_part(content, 0, 8)
    if head[:4] not in FAT_MAGICS or len(head) < 8:
        yield 0
        return
    count = struct.unpack_from(">I", head, 4)[0]
    if count > MAX_SLICES:
        return
    size, form, at = (20, ">I", 8) if head[:4] == FAT_MAGICS[0] else (32, ">Q", 8)
    table = read_part(content, 8, size * count)
    for index in range(len(table) // size):
        yield struct.unpack_from(form, table, index * size + at)[0]


def _read_slice(path: str, content: Content, base: int) -> Executable | None:
    head = read_part(content, base, 32)
    if head[:4] not in MAGICS or len(head) < 32:
        raise InputError(path, f"expected a Mach-O header at byte {base}, got {head[:4]!r}")
    order = "<" if head[3:4] == b"\xfe" else ">"
    magic, _, _, kind, count, size = struct.unpack_from(order + "IIIIII", head)
    if kind not in (_EXECUTE, _DYLIB, _BUNDLE):
        return None
    wide = magic == 0xFEEDFACF
    if size > MAX_COMMANDS:
        raise InputError(path, f"expected at most {MAX_COMMANDS} bytes of load commands, got {size}")
    data = read_part(content, base + (32 if wide else 28), size)
    if len(data) < size:
        raise InputError(path, "the load commands lie outside the file")
    loaded: list[Region] = []
    sections: list[Region] = []
    at = 0
    for _ in range(count):
        if at + 8 > len(data):
            raise InputError(path, "the load commands are cut short")
        command, length = struct.unpack_from(order + "II", data, at)
        if length < 8:
            raise InputError(path, f"expected a load command of 8 bytes or more, got {length}")
        if command == (_SEGMENT_64 if wide else _SEGMENT):
            segment, inner = _segment(data[at : at + length], order, base, wide=wide)
            loaded += segment
            sections += inner
        at += length
    return Executable(
        format="macho", big_endian=order == ">", word=8 if wide else 4, sections=tuple(sections), loaded=tuple(loaded)
    )


def _segment(data: bytes, order: str, base: int, *, wide: bool) -> tuple[list[Region], list[Region]]:
    if len(data) < (72 if wide else 56):
        return [], []
    name = _name(data[8:24])
    form = order + ("QQQQIIII" if wide else "IIIIIIII")
    address, _, offset, size, _, protection, count, _ = struct.unpack_from(form, data, 24)
    segment = Region(name=name, address=address, offset=base + offset, size=size, writable=bool(protection & _WRITE))
    sections = []
    start, each = (72, 80) if wide else (56, 68)
    for at in range(start, min(len(data), start + each * count) - each + 1, each):
        address, size, offset = struct.unpack_from(order + ("QQI" if wide else "III"), data, at + 32)
        sections.append(
            Region(
                name=_name(data[at : at + 16]),
                address=address,
                offset=base + offset,
                size=size if offset else 0,
                writable=segment.writable,
            )
        )
    return [segment], sections


def _name(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("latin-1")
