r"""What Go's linker writes into a program: the version of Go and the modules that it was built of.

Spec: the package debug/buildinfo of Go, and the comments at the top of its source; "go version -m" prints the same.

    \xff Go buildinf:  pointer size (1 byte)  flags (1 byte: 1 big endian, 2 texts follow)  …  texts
"""

from __future__ import annotations

import struct

from custody.errors import InputError
from custody.inventory.executable import Executable, Region, read_part
from custody.model import Content

__all__ = ["read_go_build"]

MAGIC = b"\xff Go buildinf:"
ALIGNED = 16
MAX_SCAN = 16 << 20
"""Bytes of a data segment that are searched. The linker puts the blob at or near its start."""
MAX_MODULES = 4 << 20
"""Bytes of module information; Kubernetes has 40 thousand."""
MAX_VERSION = 1024
_WINDOW = 1 << 20
_FRAME = 16
"""Bytes of the marks around the module information, by which a running program finds its own."""


def read_go_build(path: str, executable: Executable, content: Content) -> tuple[str, str] | None:
    """Give Go's version ("go1.22.1") and the module information as text ("" for a build without modules).

    None: not built by Go. Raises InputError: what the linker wrote is damaged.
    """
    for region in _regions(executable):
        at = _find(content, region)
        if at is None:
            continue
        head = read_part(content, at, 32)
        if len(head) < 32:
            raise InputError(path, "Go build information is cut short")
        version, modules = _inline(path, content, at) if head[15] & 2 else _pointed(executable, content, head)
        if not version:
            return None  # a program that carries the mark without a version: Go's own tools say nothing of it either
        return version.decode("utf-8", "replace"), _unframed(modules).decode("utf-8", "replace")
    return None


def _regions(executable: Executable) -> list[Region]:
    """Give where the blob may stand: its own section, else the data that can be written."""
    if executable.format != "pe":
        section = executable.section(".go.buildinfo") or executable.section("__go_buildinfo")
        if section is not None:
            return [section]
        # A table that does not name it says that there is none. Where nobody looked at the table (of large libraries
        # without the note that Go's linker leaves in the head) none is expected.
        if executable.table != "none":
            return []
    return [region for region in executable.loaded if region.writable]


def _find(content: Content, region: Region) -> int | None:
    """Give where the blob stands. It is aligned by its address, which a region need not be."""
    end = min(region.size, MAX_SCAN)
    for start in range(0, end, _WINDOW):
        window = read_part(content, region.offset + start, min(_WINDOW + len(MAGIC), end - start))
        at = window.find(MAGIC)
        while at >= 0:
            if (region.address + start + at) % ALIGNED == 0:
                return region.offset + start + at
            at = window.find(MAGIC, at + 1)
    return None


def _inline(path: str, content: Content, at: int) -> tuple[bytes, bytes]:
    """Read two texts, each behind its length (Go 1.18 and later)."""
    texts = []
    at += 32
    for limit in (MAX_VERSION, MAX_MODULES):
        head = read_part(content, at, 10)
        length = shift = size = 0
        for byte in head:
            length |= (byte & 0x7F) << shift
            shift, size = shift + 7, size + 1
            if not byte & 0x80:
                break
        else:
            raise InputError(path, "Go build information is cut short")
        text = read_part(content, at + size, min(length, limit))
        if len(text) < length:
            raise InputError(path, f"Go build information is cut short: {length} bytes announced, {len(text)} there")
        texts.append(text)
        at += size + length
    return texts[0], texts[1]


def _pointed(executable: Executable, content: Content, head: bytes) -> tuple[bytes, bytes]:
    """Read two texts that are pointed at: pointer → (address, length) → text (before Go 1.18)."""
    word, order = head[14], ">" if head[15] & 1 else "<"
    if word not in (4, 8):
        return b"", b""
    form = order + ("Q" if word == 8 else "I")
    texts = []
    for index, limit in ((0, MAX_VERSION), (1, MAX_MODULES)):
        pointer = struct.unpack_from(form, head, 16 + index * word)[0]
        row = executable.at_address(content, pointer, 2 * word)
        address, length = struct.unpack(order + ("QQ" if word == 8 else "II"), row) if len(row) == 2 * word else (0, 0)
        texts.append(executable.at_address(content, address, length) if length <= limit else b"")
    return texts[0], texts[1]


def _unframed(modules: bytes) -> bytes:
    """Cut off the marks around the module information; without them it is none."""
    if len(modules) >= 2 * _FRAME + 1 and modules[-_FRAME - 1 : -_FRAME] == b"\n":
        return modules[_FRAME:-_FRAME]
    return b""
