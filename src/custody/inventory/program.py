"""The extractor of programs and libraries: in one pass, all that some cataloger wants to know of one.

    taken = PROGRAM.extract("usr/bin/app", content)      # b"" for nearly all
    read_program(file).go.modules                        # in a cataloger, from `File.data`

Most programs of an image are libraries that have nothing for anybody, so the order is: the head, which says what the
file is; notes, which stand in the head; the section table; then only the sections that it names. A file is read whole
only where its name is one of `classifiers`.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterator

import msgspec

from custody.errors import InputError
from custody.inventory import elf, macho, pe
from custody.inventory.classifiers import MAX_MATCH, Classifier, classifiers_for, text_globs
from custody.inventory.executable import Executable, read_part
from custody.inventory.go_build import read_go_build
from custody.inventory.interface import File
from custody.model import Content, Extractor

__all__ = ["PROGRAM", "Go", "Match", "Program", "read_program"]

MAX_AUDITABLE = 8 << 20
"""Bytes of a crate list, inflated; the largest programs written in Rust have two hundred kilobytes."""
MAX_CLASSIFIED = 1 << 30
"""Bytes of a program that are searched for its version; browsers come to 300 MB."""
MAX_TEXT = 16 << 20
"""The same of a file that is no program: PHP archives have some megabytes."""
MAX_FACTS = 64
"""Texts of a version resource or package note that are kept, and how many characters of each: `MAX_FACT`."""
MAX_FACT = 1000
_WINDOW = 1 << 20
_SECTIONS = (b".go.buildinfo", b".dep-v0")
_PACKAGE_NOTE = ("FDO", 0xCAFE1A7E)
_BUILD_ID = ("GNU", 3)
_GO_ID = ("Go", 4)
_PACKED = re.compile(rb"UPX!")
_PACKED_HEAD = 1024
"""Where the packer's mark stands: right behind the headers of what it made."""


class Go(msgspec.Struct, frozen=True, omit_defaults=True):
    """What Go's linker wrote: its version, and the module information as text."""

    version: str
    modules: str = ""


class Match(msgspec.Struct, frozen=True, omit_defaults=True):
    """A version text. name: of the row of `classifiers`; update: what CPE writes apart; text: what matched."""

    name: str
    version: str
    offset: int
    text: str
    update: str = ""


class Program(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that is known of one file.

    format: "elf", "pe", "macho" or "text". crates: of cargo-auditable, as JSON; note: the package note; version_info:
    texts of a PE version resource, also of a .NET assembly (`managed`). faults: (for which cataloger, why) of what was
    there and could not be read.
    """

    format: str
    build_id: str = ""
    go: Go | None = None
    crates: str = ""
    note: dict[str, str] = {}
    version_info: dict[str, str] = {}
    managed: bool = False
    packed: bool = False
    matches: tuple[Match, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()

    def fault(self, about: str) -> str:
        """Give why what a cataloger looks for could not be read, "" where nothing is wrong."""
        return dict(self.faults).get(about, "")


def read_program(file: File) -> Program:
    """Give what was taken out of a program. Raises InputError: it is not what this extractor gives."""
    try:
        return msgspec.json.decode(file.data, type=Program)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(file.path, f"not what was taken out of a program: {error}") from None


def extract(path: str, content: Content) -> bytes:
    """Take out of a program what catalogers want, as JSON; b"" where there is nothing.

    Raises InputError: its headers are damaged.
    """
    head = read_part(content, 0, 64)
    rows = classifiers_for(path)
    if head[:4] == elf.MAGIC:
        found = _from_elf(path, content)
    elif head[:2] == pe.MAGIC:
        found = _from_pe(path, content)
    elif head[:4] in (*macho.MAGICS, *macho.FAT_MAGICS):
        found = _from_macho(path, content)
    else:
        rows = tuple(row for row in rows if row.is_text)
        found = {"format": "text"} if rows else None
    if found is None:
        return b""
    if rows:
        limit = MAX_TEXT if found["format"] == "text" else MAX_CLASSIFIED
        rows = tuple(row for row in rows if found["format"] == "text" or not row.is_text)
        found["matches"] = tuple(_matches(path, content, rows, limit))
    if not any(value for key, value in found.items() if key not in ("format", "build_id", "managed")):
        return b""
    return msgspec.json.encode(msgspec.convert(found, Program))


def _from_elf(path: str, content: Content) -> dict[str, object] | None:
    program = elf.read_elf(path, content, wanted=_SECTIONS)
    if program is None:
        return None
    notes = {(owner, kind): text for owner, kind, text in reversed(program.notes)}
    if program.table == "unread" and _GO_ID in notes:
        program = elf.read_elf(path, content, whole=True, wanted=_SECTIONS) or program
    found: dict[str, object] = {"format": "elf", "build_id": notes.get(_BUILD_ID, b"").hex()}
    if _PACKAGE_NOTE in notes:
        _put(found, "note", lambda: _package_note(path, notes[_PACKAGE_NOTE]))
    if _PACKED.search(read_part(content, 0, _PACKED_HEAD)):
        found["packed"] = True
    _put_common(found, path, program, content)
    return found


def _from_pe(path: str, content: Content) -> dict[str, object] | None:
    program = pe.read_pe(path, content)
    if program is None:
        return None
    texts = sorted(pe.version_strings(program, content).items())
    found: dict[str, object] = {
        "format": "pe",
        "managed": program.managed,
        "version_info": {key[:MAX_FACT]: text[:MAX_FACT] for key, text in texts[:MAX_FACTS]},
    }
    _put_common(found, path, program, content)
    return found


def _from_macho(path: str, content: Content) -> dict[str, object] | None:
    found: dict[str, object] = {"format": "macho"}
    for program in macho.read_macho(path, content):
        # Slices of one file are one program, built several times.
        _put_common(found, path, program, content)
        if found.get("go") or found.get("crates"):
            break
    return found


def _put_common(found: dict[str, object], path: str, program: Executable, content: Content) -> None:
    section = program.section(".dep-v0")
    if section is not None:
        data = read_part(content, section.offset, section.size)
        _put(found, "crates", lambda: _inflated(path, data))
    _put(found, "go", lambda: _go(path, program, content))


def _put(found: dict[str, object], key: str, read: Callable[[], object]) -> None:
    """Set what `read` gives; what it refuses is noted, and hides nothing else of the file."""
    try:
        value = read()
    except InputError as error:
        faults = found.setdefault("faults", [])
        assert isinstance(faults, list)  # noqa: S101 - set two lines above
        faults.append((key, error.what))
    else:
        if value:
            found[key] = value


def _go(path: str, program: Executable, content: Content) -> Go | None:
    build = read_go_build(path, program, content)
    return None if build is None else Go(version=build[0], modules=build[1])


def _inflated(path: str, data: bytes) -> str:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, MAX_AUDITABLE)
    except zlib.error as error:
        raise InputError(path, f"the crate list is damaged: {error}") from None
    if not inflater.eof:
        raise InputError(path, f"the crate list is cut short, or has more than {MAX_AUDITABLE} bytes")
    return text.decode("utf-8", "replace")


def _package_note(path: str, data: bytes) -> dict[str, str]:
    try:
        values = json.loads(data.rstrip(b"\0").decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"the package note is not valid JSON: {error}") from None
    if not isinstance(values, dict):
        raise InputError(path, "the package note is no JSON object")
    texts = sorted((key, value) for key, value in values.items() if isinstance(value, str))
    return {key[:MAX_FACT]: value[:MAX_FACT] for key, value in texts[:MAX_FACTS]}


def _matches(path: str, content: Content, rows: tuple[Classifier, ...], limit: int) -> Iterator[Match]:
    """Give the first match of each row, window by window, until all are found.

    A row with `unless` needs the whole file: what it is built into may say so anywhere.
    """
    open_rows = list(rows)
    first: dict[int, Match] = {}
    refused: set[int] = set()
    for start in range(0, min(content.size, limit), _WINDOW):
        window = read_part(content, start, _WINDOW + MAX_MATCH)
        for row in list(open_rows):
            key = id(row)
            if any(text in window for text in row.unless):
                refused.add(key)
                open_rows.remove(row)
                continue
            if key not in first:
                match = _first(path, row, window, start)
                if match is not None:
                    first[key] = match
            if key in first and not row.unless:
                open_rows.remove(row)
        if not open_rows:
            break
    for row in rows:
        if id(row) in first and id(row) not in refused:
            yield first[id(row)]


def _first(path: str, row: Classifier, window: bytes, start: int) -> Match | None:
    minor = row.minor.search(path.rpartition("/")[2]) if row.minor else None
    found = [match for pattern in row.patterns if (match := _fitting(pattern, window, minor)) is not None]
    if not found:
        return None
    match = min(found, key=lambda match: match.start())
    return Match(
        name=row.name,
        version=match["version"].decode("ascii"),
        offset=start + match.start(),
        text=" ".join(re.sub(rb"[^\x20-\x7e]+", b" ", match[0]).decode("ascii").split())[:80],
        update=match.groupdict(b"").get("update", b"").decode("ascii"),
    )


def _fitting(pattern: re.Pattern[bytes], window: bytes, minor: re.Match[str] | None) -> re.Match[bytes] | None:
    """Give the first match of which the version agrees with what the file's name says of it."""
    for match in pattern.finditer(window):
        if minor is None or f"{match['version'].decode('ascii')}.".startswith(f"{minor[1]}."):
            return match
    return None


PROGRAM = Extractor(
    name="program",
    extract=extract,
    magics=(elf.MAGIC, pe.MAGIC, *macho.MAGICS, *macho.FAT_MAGICS),
    globs=text_globs(),
)
