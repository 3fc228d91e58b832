"""Headers of rpm packages: what a database keeps of each package, and what stands before the payload of a package file.

    read_header(blob).text(NAME)            # "bash"

Spec: https://rpm-software-management.github.io/rpm/manual/format_v4.html and format_header.html, `rpmtag.h`. A header
is two numbers (entries, bytes of data), 16 bytes for each entry (tag, type, offset, count), then the data; all
big-endian.
"""

from __future__ import annotations

import struct

from custody.errors import InputError

__all__ = ["HEADER_MAGIC", "MAX_ENTRIES", "MAX_HEADER_BYTES", "RpmHeader", "read_header"]

HEADER_MAGIC = b"\x8e\xad\xe8\x01\0\0\0\0"
"""Before each header in a package file; the databases leave it out."""

MAX_ENTRIES = 65_535
MAX_HEADER_BYTES = 256 * 1024 * 1024
"""rpm's own limits (`headerverify`): what is larger rpm itself refuses."""

NAME, VERSION, RELEASE, EPOCH, SUMMARY = 1000, 1001, 1002, 1003, 1004
BUILDTIME, VENDOR, LICENSE, PACKAGER, URL, ARCH = 1006, 1011, 1014, 1015, 1020, 1022
OLDFILENAMES, SOURCERPM = 1027, 1044
PROVIDENAME, REQUIREFLAGS, REQUIRENAME = 1047, 1048, 1049
SOURCEPACKAGE = 1106
DIRINDEXES, BASENAMES, DIRNAMES = 1116, 1117, 1118
RECOMMENDNAME, SUGGESTNAME, MODULARITYLABEL = 5046, 5049, 5096

_SIZES = {2: 1, 3: 2, 4: 4, 5: 8}
_CODES = {2: "B", 3: "H", 4: "I", 5: "Q"}


class RpmHeader:
    """The entries of one header, read when they are asked for; those of another type than asked for count as absent."""

    __slots__ = ("_data", "_entries", "_where")

    def __init__(self, entries: dict[int, tuple[int, int, int]], data: bytes, where: str) -> None:
        """Take tag → (type, offset, count), and the data that the offsets count in."""
        self._entries = entries
        self._data = data
        self._where = where

    def __contains__(self, tag: int) -> bool:
        """Say whether the header has the tag."""
        return tag in self._entries

    def text(self, tag: int) -> str:
        """Give a text, the first one of several; "" where there is none."""
        found = self.texts(tag, first=True)
        return found[0] if found else ""

    def texts(self, tag: int, *, first: bool = False) -> list[str]:
        """Give all texts of a tag; [] where there are none. Raises InputError: they leave the header."""
        kind, offset, count = self._entries.get(tag, (0, 0, 0))
        if kind not in (6, 8, 9):
            return []
        if first or kind == 6:
            count = min(count, 1)
        if count == 1:
            end = self._data.find(b"\0", offset)
            if end < 0:
                raise self._fault(tag)
            return [_decode(self._data[offset:end])]
        # One split of what follows is much faster than one search for each of thousands of file names.
        found = self._data[offset:].split(b"\0", count)
        if len(found) <= count:
            raise self._fault(tag)
        return _decode(b"\0".join(found[:count])).split("\0") if count else []

    def numbers(self, tag: int) -> list[int]:
        """Give the numbers of a tag; [] where there are none. Raises InputError: they leave the header."""
        kind, offset, count = self._entries.get(tag, (0, 0, 0))
        if kind not in _SIZES:
            return []
        if offset + count * _SIZES[kind] > len(self._data):
            raise self._fault(tag)
        return list(struct.unpack_from(f">{count}{_CODES[kind]}", self._data, offset))

    def number(self, tag: int) -> int | None:
        """Give the first number of a tag, None where there is none."""
        found = self.numbers(tag)
        return found[0] if found else None

    def folders(self) -> dict[str, list[str]]:
        """Give the package's files: directory with its last "/" → base names."""
        folders: dict[str, list[str]] = {}
        names = self.texts(BASENAMES)
        if names:
            directories, indexes = self.texts(DIRNAMES), self.numbers(DIRINDEXES)
            if len(indexes) != len(names):
                raise self._fault(DIRINDEXES)
            for name, index in zip(names, indexes, strict=True):
                if index >= len(directories):
                    raise self._fault(DIRINDEXES)
                folders.setdefault(directories[index], []).append(name)
        else:
            for path in self.texts(OLDFILENAMES):  # before rpm 4.0
                folder, slash, name = path.rpartition("/")
                folders.setdefault(folder + slash, []).append(name)
        return folders

    def _fault(self, tag: int) -> InputError:
        return InputError(self._where, f"damaged rpm header: the data of tag {tag} leaves it")


def read_header(blob: bytes, where: str) -> RpmHeader:
    """Read a header without its magic. Raises InputError: it is not one, or leaves `blob`."""
    if len(blob) < 8:
        raise InputError(where, "damaged rpm header: shorter than 8 bytes")
    entries, size = struct.unpack_from(">II", blob)
    start = 8 + 16 * entries
    if not 0 < entries <= MAX_ENTRIES or start + size > len(blob):
        raise InputError(where, f"damaged rpm header: {entries} entries and {size} bytes do not fit {len(blob)}")
    found: dict[int, tuple[int, int, int]] = {}
    for tag, kind, offset, count in struct.iter_unpack(">IIII", blob[8:start]):
        if offset > size:  # of a region's trailer the offset is negative; nothing reads it
            continue
        found.setdefault(tag, (kind, offset, min(count, size)))
    return RpmHeader(found, blob[start : start + size], where)


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace")
