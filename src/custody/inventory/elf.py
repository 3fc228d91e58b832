"""ELF programs and libraries, as far as their maps go.

Spec: System V ABI, chapters 4 and 5 (https://gabi.xinuos.com/elf/); notes: elf(5).

Of a library of any size no more than the head is needed: its notes stand there. Its section table stands at the end,
and is asked for only where that is near.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from custody.errors import InputError
from custody.inventory.executable import Executable, Region, read_part
from custody.model import Content

__all__ = ["HEAD", "MAGIC", "read_elf"]

MAGIC = b"\x7fELF"
HEAD = 16 << 10
"""Bytes that are read first: headers, notes and, where Go linked the program, the section table."""
MAX_LIBRARY = 8 << 20
"""Bytes up to which a library's end is looked at. Large ones (there are gigabytes of them) have nothing there for us,
and asking would make the core hold each of them on disk.
"""
MAX_SECTIONS = 4096
MAX_SEGMENTS = 256
MAX_NAMES = 1 << 20
MAX_NOTES = 64 << 10
_LOAD, _INTERP, _NOTE = 1, 3, 4
_EXECUTABLE, _SHARED = 2, 3
_NO_BITS = 8
_WRITABLE = 2


def read_elf(path: str, content: Content, *, whole: bool = False, wanted: tuple[bytes, ...] = ()) -> Executable | None:
    """Give the map of a program or library; None for object files, kernel modules and core dumps.

    whole: with the section table of a large library, too. wanted: names of sections; where the file has none of them
    `sections` is empty, which spares nearly all files a look at their thirty rows.

    Raises InputError: the headers point outside the file.
    """
    head = read_part(content, 0, HEAD)
    wide, big = head[4:5] == b"\x02", head[5:6] == b"\x02"
    if head[4:5] not in (b"\x01", b"\x02") or head[5:6] not in (b"\x01", b"\x02") or len(head) < (64 if wide else 52):
        raise InputError(path, "the ELF header is cut short or no ELF header")
    order = ">" if big else "<"
    kind = struct.unpack_from(order + "H", head, 16)[0]
    if kind not in (_EXECUTABLE, _SHARED):
        return None
    fields = struct.unpack_from(order + ("QQIHHHHHH" if wide else "IIIHHHHHH"), head, 32 if wide else 28)
    program_offset, section_offset, _, _, program_size, program_count, section_size, section_count, names = fields
    segments = list(_segments(path, content, head, order, (program_offset, program_size, program_count), wide=wide))
    interpreter = any(region.name == str(_INTERP) for region in segments)
    table_end = section_offset + section_size * section_count
    near = content.size <= MAX_LIBRARY or table_end <= HEAD
    is_library = kind == _SHARED and not interpreter and ".so" in path.rpartition("/")[2]
    looks = section_count > 0 and (near or whole or not is_library)
    return Executable(
        format="elf",
        big_endian=big,
        word=8 if wide else 4,
        sections=_sections(
            path, content, order, (section_offset, section_size, section_count, names), wide=wide, wanted=wanted
        )
        if looks
        else (),
        table="read" if looks else "unread" if section_count else "none",
        loaded=tuple(region for region in segments if region.name == str(_LOAD)),
        notes=tuple(
            note
            for region in segments
            if region.name == str(_NOTE)
            for note in _notes(_part(content, head, region.offset, min(region.size, MAX_NOTES)), order)
        ),
    )


def _part(content: Content, head: bytes, offset: int, length: int) -> bytes:
    """Read a part, from what was read already where that has it."""
    return head[offset : offset + length] if offset + length <= len(head) else read_part(content, offset, length)


def _segments(
    path: str, content: Content, head: bytes, order: str, table: tuple[int, int, int], *, wide: bool
) -> Iterator[Region]:
    """Give the program headers; `Region.name` is their type's number."""
    offset, size, count = table
    if not count:
        return
    if size < (56 if wide else 32) or count > MAX_SEGMENTS:
        raise InputError(path, f"expected at most {MAX_SEGMENTS} program headers, got {count} of {size} bytes")
    data = _part(content, head, offset, size * count)
    if len(data) < size * count:
        raise InputError(path, "the program headers lie outside the file")
    for at in range(0, size * count, size):
        if wide:
            kind, flags, start, address, _, length = struct.unpack_from(order + "IIQQQQ", data, at)
        else:
            kind, start, address, _, length, _, flags = struct.unpack_from(order + "IIIIIII", data, at)
        yield Region(name=str(kind), address=address, offset=start, size=length, writable=bool(flags & _WRITABLE))


def _sections(
    path: str,
    content: Content,
    order: str,
    table: tuple[int, int, int, int],
    *,
    wide: bool,
    wanted: tuple[bytes, ...],
) -> tuple[Region, ...]:
    offset, size, count, names = table
    if size < (64 if wide else 40) or count > MAX_SECTIONS or names >= count:
        raise InputError(path, f"expected at most {MAX_SECTIONS} section headers, got {count} of {size} bytes")
    data = read_part(content, offset, size * count)
    if len(data) < size * count:
        raise InputError(path, "the section headers lie outside the file")
    form = order + ("IIQQQQ" if wide else "IIIIII")
    _, _, _, _, start, length = struct.unpack_from(form, data, names * size)
    texts = read_part(content, start, min(length, MAX_NAMES))
    if wanted and not any(name in texts for name in wanted):
        return ()
    rows = [struct.unpack_from(form, data, at) for at in range(0, size * count, size)]
    return tuple(
        Region(
            name=_text(texts, name),
            address=address,
            offset=begin,
            size=0 if kind == _NO_BITS else extent,
            writable=bool(flags & 1),
        )
        for name, kind, flags, address, begin, extent in rows
    )


def _text(texts: bytes, at: int) -> str:
    end = texts.find(b"\0", at, at + 256)
    return texts[at : end if end >= 0 else at + 256].decode("latin-1")


def _notes(data: bytes, order: str) -> Iterator[tuple[str, int, bytes]]:
    """Give the notes of a segment. All producers align to four bytes but for properties, which are of no use here."""
    at = 0
    while at + 12 <= len(data):
        name_size, size, kind = struct.unpack_from(order + "III", data, at)
        start = at + 12 + (name_size + 3 & ~3)
        if start + size > len(data):
            return
        owner = data[at + 12 : at + 12 + name_size].rstrip(b"\0").decode("latin-1")
        yield owner, kind, data[start : start + size]
        at = start + (size + 3 & ~3)
