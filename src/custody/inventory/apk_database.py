"""The database of apk (Alpine Linux, Wolfi, OpenWrt), package by package.

Spec: apk(5) and apk-v2(5), https://wiki.alpinelinux.org/wiki/Apk_spec, "Installed Database V2": one `letter:value` a
line, an empty line after each package. `F:` opens a directory, `R:` names a file in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from custody.inventory.interface import File
from custody.model import Skipped

__all__ = ["APK_DATABASES", "ApkRecord", "installed_files", "read_names", "read_records"]

APK_DATABASES = ("lib/apk/db/installed", "usr/lib/apk/db/installed")

MAX_FAULTS = 20
"""Broken packages told one by one; a file with more of them is no database of apk, and one line says so."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9+._-]*")
_VERSION = re.compile(r"[A-Za-z0-9._+~:-]+")
_RELATION = re.compile(r"[<>=~]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApkRecord:
    """One package. fields: by letter; line: where it begins, counted from 1."""

    name: str
    version: str
    line: int
    fields: dict[str, str] = field(compare=False)


def read_records(file: File) -> Iterator[ApkRecord | Skipped]:
    """Give each package of a database, and what cannot be read."""
    faults = 0
    for line, text in _blocks(file.data):
        fields: dict[str, str] = {}
        fault = ""
        for number, row in enumerate(text.split("\n")):
            letter, colon, value = row.partition(":")
            if letter == "F" and colon:  # from here on only files
                break
            if len(letter) != 1 or not colon:
                fault = f"line {number + 1} of this package is no `letter:value`"
                break
            fields.setdefault(letter, value.strip())
        name, version = fields.get("P", ""), fields.get("V", "")
        if name.startswith("."):  # what `apk add --virtual` makes up to hold dependencies together: no files, no build
            continue
        if not fault and not _NAME.fullmatch(name):
            fault = f"expected a package name in `P:`, got {name[:60]!r}"
        if not fault and not _VERSION.fullmatch(version):
            fault = f"{name} has the bad version {version[:60]!r}"
        if not fault:
            yield ApkRecord(name=name, version=version, line=line, fields=fields)
            continue
        faults += 1
        if faults <= MAX_FAULTS:
            last = "; too many of them: the rest is not listed" if faults == MAX_FAULTS else ""
            yield Skipped(where=file.at(f"line {line}"), reason=f"not a package of an apk database: {fault}{last}")


def _blocks(data: bytes) -> Iterator[tuple[int, str]]:
    line = 1
    for block in data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n"):
        text = block.strip("\n")
        if text:
            yield line + len(block) - len(block.lstrip("\n")), text
        line += block.count("\n") + 2


def read_names(text: str) -> Iterator[str]:
    """Give the names in a list of dependencies or provisions, without versions and repository tags.

    Conflicts (`!name`) are left out. `so:libc.musl-x86_64.so.1=1` → "so:libc.musl-x86_64.so.1".
    """
    for word in text.split():
        if not word.startswith("!"):
            name = _RELATION.split(word, maxsplit=1)[0].partition("@")[0]
            if name:
                yield name


def installed_files(data: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Give (name, paths of its files) for each package of a database; paths are without a leading "/"."""
    for block in data.split(b"\n\n"):
        name, folder = "", b""
        paths: list[bytes] = []
        for row in block.split(b"\n"):
            start = row[:2]
            if start == b"R:":
                paths.append(folder + row[2:])
            elif start == b"F:":
                folder = row[2:] + b"/" if len(row) > 2 else b""
            elif start == b"P:":
                name = row[2:].decode("utf-8", "replace").strip()
        if paths:
            yield name, paths
