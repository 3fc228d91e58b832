"""ELF package notes → the packages of the operating system that programs and libraries were built as.

Reads: the note `.note.package` of ELF files (UAPI group, "Package Metadata for Executable Files", ELF_PACKAGE_METADATA
of systemd), through the extractor `program`.
Gives: name, version, supplier and home page where the note has them, source package (the note names the source, not
the binary package), cpe of the operating system is not given: it is another product.
Cannot know: edges, licence; which binary package of the source brought the file; the epoch of an rpm version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import without_credentials
from custody.inventory.metadata import one_paragraph
from custody.inventory.program import PROGRAM, read_program
from custody.model import Package, Purl, Skipped

__all__ = ["CATALOGER", "parse"]

_TYPES = ("deb", "rpm", "apk", "alpm")
_CPE_SYSTEM = re.compile(r"cpe:(?:/o|2\.3:o):([^:]+):([^:]+)(?::([^:]+))?")
_TYPE = re.compile(r"[a-z][a-z0-9.-]{0,40}")
_VENDORS = {"fedoraproject": "fedora"}
"""What CPE calls a distribution otherwise than its os-release does."""


def parse(file: File, _: Tree) -> Iterator[Found]:
    """Give the package that one program says to be of."""
    program = read_program(file)
    if program.fault("note"):
        yield Skipped(where=file.path, reason=program.fault("note"))
    note = program.note
    if not note:
        return
    name, version = note.get("name", "").strip(), note.get("version", "").strip()
    kind = note.get("type", "").strip().lower()
    if not name or not _TYPE.fullmatch(kind or "generic"):
        yield Skipped(where=file.path, reason=f"its package note has no name, or no type that is one: {kind[:40]!r}")
        return
    system, release = _system(note)
    is_system = kind in _TYPES
    architecture = note.get("architecture", "")
    build = f", build ID {program.build_id}" if program.build_id else ""
    qualifiers = (("arch", architecture), ("distro", f"{system}-{release}" if system and release else system))
    yield Package(
        purl=Purl(
            kind if is_system else "generic",
            name,
            version,
            system if is_system else "",
            qualifiers if is_system else (),
        ),
        name=name,
        version=version,
        locations=(file.location(f".note.package{build}"),),
        source_name=name if is_system else "",
        source_version=version if is_system else "",
        supplier=_supplier(note.get("maintainer", "")),
        homepage=without_credentials(note.get("sourceRepo", "")),
        copyright=one_paragraph(note.get("copyright", "")),
        cpes=(note["appCpe"],) if note.get("appCpe", "").startswith("cpe:2.3:") else (),
    )


def _system(note: dict[str, str]) -> tuple[str, str]:
    """Give the ID and VERSION_ID of the operating system, ("", "") where the note says nothing of it."""
    if note.get("os"):
        return note["os"], note.get("osVersion", "")
    match = _CPE_SYSTEM.match(note.get("osCpe", "") or note.get("osCPE", ""))
    if match is None:
        return "", ""
    vendor, product = match[1].lower(), match[2].lower()
    system = _VENDORS.get(vendor, vendor if product in ("linux", f"{vendor}_linux", "-", "*") else product)
    return system, "" if match[3] in (None, "-", "*") else match[3]


def _supplier(text: str) -> str:
    return f"Organization: {one_paragraph(text)}" if text.strip() else ""


CATALOGER = Cataloger(
    name="elf-package-notes",
    extractor=PROGRAM,
    parse=parse,
    gives=("name", "version", "source package", "supplier", "home page", "copyright", "cpe"),
    cannot_know=("edges", "licence", "which binary package brought the file"),
)
