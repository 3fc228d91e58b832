"""PE programs and libraries, and the version that they state.

Spec: "PE Format" and "VS_VERSIONINFO structure" of the Windows documentation.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from custody.errors import InputError
from custody.inventory.executable import Executable, Region, read_part
from custody.model import Content

__all__ = ["MAGIC", "read_pe", "version_strings"]

MAGIC = b"MZ"
MAX_SECTIONS = 96
"""The Windows loader takes no more."""
MAX_VERSION = 64 << 10
MAX_ENTRIES = 256
"""Entries of one resource folder that are looked at."""
_VERSION = 16
_WRITE, _CODE = 0x80000000, 0x20


def read_pe(path: str, content: Content) -> Executable | None:
    """Give the map of a program or library; None for a program of DOS.

    Raises InputError: the headers are cut short.
    """
    head = read_part(content, 0, 64)
    if len(head) < 64:
        return None
    start = struct.unpack_from("<I", head, 60)[0]
    header = read_part(content, start, 24)
    if header[:4] != b"PE\0\0" or len(header) < 24:
        return None
    count, size = struct.unpack_from("<H", header, 6)[0], struct.unpack_from("<H", header, 20)[0]
    optional = read_part(content, start + 24, size)
    table = read_part(content, start + 24 + size, 40 * count)
    if len(optional) < size or size < 28 or len(table) < 40 * count or count > MAX_SECTIONS:
        raise InputError(path, "the PE headers are cut short or damaged")
    wide = optional[:2] == b"\x0b\x02"
    base = struct.unpack_from("<Q", optional, 24)[0] if wide and size >= 32 else 0
    base = base if wide or size < 32 else struct.unpack_from("<I", optional, 28)[0]
    sections = tuple(_section(table[at : at + 40], base) for at in range(0, 40 * count, 40))
    folders = 112 if wide else 96
    return Executable(
        format="pe",
        word=8 if wide else 4,
        sections=sections,
        loaded=sections,
        base=base,
        resources=_folder(optional, folders, 2, base),
        managed=_folder(optional, folders, 14, base)[1] > 0,
    )


def _section(row: bytes, base: int) -> Region:
    _, address, size, offset = struct.unpack_from("<IIII", row, 8)
    flags = struct.unpack_from("<I", row, 36)[0]
    name = row[:8].rstrip(b"\0").decode("latin-1")
    writable = bool(flags & _WRITE) and not flags & _CODE
    return Region(name=name, address=base + address, offset=offset, size=size, writable=writable)


def _folder(optional: bytes, start: int, index: int, base: int) -> tuple[int, int]:
    """Give address and size of one data directory, (0, 0) where there is none."""
    at = start + 8 * index
    if len(optional) < at + 8 or struct.unpack_from("<I", optional, start - 4)[0] <= index:
        return 0, 0
    address, size = struct.unpack_from("<II", optional, at)
    return (base + address, size) if address and size else (0, 0)


def version_strings(executable: Executable, content: Content) -> dict[str, str]:
    """Give the texts of the version resource (ProductName, FileVersion, …), in its first language.

    A damaged resource gives what can be read of it, or nothing.
    """
    root, _ = executable.resources
    if not root:
        return {}
    types = _entries(executable, content, root, root)
    versions = next((at for number, at, inner in types if number == _VERSION and inner), 0)
    for _, name, inner in _entries(executable, content, root, versions) if versions else ():
        for _, leaf, deeper in _entries(executable, content, root, name) if inner else ():
            row = b"" if deeper else executable.at_address(content, leaf, 16)
            if len(row) == 16:
                address, size = struct.unpack_from("<II", row)
                return _texts(executable.at_address(content, executable.base + address, min(size, MAX_VERSION)))
    return {}


def _entries(executable: Executable, content: Content, root: int, folder: int) -> Iterator[tuple[int, int, bool]]:
    """Give (number, address, whether it is a folder) of each entry; the number of a named one is -1."""
    head = executable.at_address(content, folder, 16)
    if len(head) < 16:
        return
    named, numbered = struct.unpack_from("<HH", head, 12)
    count = min(named + numbered, MAX_ENTRIES)
    rows = executable.at_address(content, folder + 16, 8 * count)
    for at in range(0, len(rows) - 7, 8):
        name, offset = struct.unpack_from("<II", rows, at)
        number = -1 if name & 0x80000000 else name
        yield number, root + (offset & 0x7FFFFFFF), bool(offset & 0x80000000)


def _texts(data: bytes) -> dict[str, str]:
    """Read VS_VERSIONINFO: blocks of (length, value length, type, key, padding, value, padding, children)."""
    found: dict[str, str] = {}
    for key, _, start, end in _blocks(data, 0, len(data)):
        if key != "VS_VERSION_INFO":
            return {}
        for kind, _, inner, inner_end in _blocks(data, start, end):
            for _, _, first, last in _blocks(data, inner, inner_end) if kind == "StringFileInfo" else ():
                for name, value, _, _ in _blocks(data, first, last):
                    if value and name not in found:
                        found[name] = value
                if found:
                    return found
    return found


def _blocks(data: bytes, at: int, end: int) -> Iterator[tuple[str, str, int, int]]:
    """Give (key, value as text, where its children start, where it ends) of each block from `at` to `end`."""
    while at + 6 <= end:
        length, value_length, kind = struct.unpack_from("<HHH", data, at)
        stop = min(at + length, end)
        if length < 6:
            return
        key_end = at + 6
        while key_end + 1 < stop and data[key_end : key_end + 2] != b"\0\0":
            key_end += 2
        key = data[at + 6 : key_end].decode("utf-16-le", "replace")
        value_start = key_end + 2 + 3 & ~3
        width = value_length * 2 if kind == 1 else value_length
        value_end = min(value_start + width, stop)
        value = data[value_start:value_end].decode("utf-16-le", "replace").partition("\0")[0] if kind == 1 else ""
        yield key, value.strip(), value_end + 3 & ~3, stop
        at = stop + 3 & ~3
