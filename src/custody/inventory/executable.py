"""What the three formats of programs have in common, for those who read on in them.

    program = read_elf(path, content)
    region = program.section(".go.buildinfo")
    program.at_address(content, 0x500000, 32)

Everything that stands in a program is a claim of whoever wrote it: each read is bounded here, whatever it asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

from custody.model import Content

__all__ = ["MAX_READ", "Executable", "Region", "read_part"]

MAX_READ = 16 << 20
"""Bytes that one read may give. The largest table or section that means something here stays far below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A section or segment. address: where it is loaded; offset, size: its bytes in the file."""

    name: str
    address: int
    offset: int
    size: int
    writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Executable:
    """The map of a program or library.

    format: "elf", "pe" or "macho". word: bytes of an address, 4 or 8. sections: empty where there are none of those
    that were asked for; table: whether there is a section table: "read", "unread" (too far off to ask for) or "none".
    loaded: what is mapped to memory, for addresses. notes: (owner, type, content) of ELF notes that are loaded. base:
    address to which PE's relative ones are added; resources: address and size of PE's resource directory; managed: a
    .NET assembly.
    """

    format: str
    big_endian: bool = False
    word: int = 8
    sections: tuple[Region, ...] = ()
    table: str = "read"
    loaded: tuple[Region, ...] = ()
    notes: tuple[tuple[str, int, bytes], ...] = ()
    base: int = 0
    resources: tuple[int, int] = (0, 0)
    managed: bool = False

    @property
    def order(self) -> str:
        """Give the byte order as `struct` writes it."""
        return ">" if self.big_endian else "<"

    def section(self, name: str) -> Region | None:
        """Give the first section of that name."""
        return next((region for region in self.sections if region.name == name), None)

    def offset_of(self, address: int) -> int | None:
        """Give where in the file the byte at `address` stands; None where it stands nowhere."""
        for region in self.loaded:
            if region.address <= address < region.address + region.size:
                return region.offset + address - region.address
        return None

    def at_address(self, content: Content, address: int, length: int) -> bytes:
        """Give up to `length` bytes from `address`, b"" where nothing is loaded there."""
        offset = self.offset_of(address)
        return b"" if offset is None else read_part(content, offset, length)


def read_part(content: Content, offset: int, length: int) -> bytes:
    """Read what of the asked part lies in the file, at most `MAX_READ` bytes."""
    if not 0 <= offset < content.size or length <= 0:
        return b""
    return content.read(offset, min(length, MAX_READ, content.size - offset))
