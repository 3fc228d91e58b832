"""Package files that lie about, not installed: .deb, .rpm, .apk (Alpine), .ipk, .pkg.tar.zst (Arch).

Reads: control files (deb-control(5)), rpm headers (format_header.html), .PKGINFO (apk-package(5), alpm-pkginfo(5)).
Gives: name, version, architecture, licence, source package, supplier, home page, build time where the format has them,
and the SHA-256 of the file.  Cannot know: of which distribution they are; edges, since nothing says what they will be
installed beside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from custody.errors import InputError
from custody.inventory import package_archives as archives
from custody.inventory.dpkg_status import Stanza, read_stanzas
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.inventory.rpm_packages import rpm_package
from custody.inventory.system_packages import moment, supplier
from custody.model import Checksum, Extractor, Package, Purl, Skipped
from custody.model.licence import combine

__all__ = ["CATALOGERS"]

_ARCH_SUFFIXES = ("zst", "xz", "gz")
_NAME = re.compile(r"[A-Za-z0-9@_+][A-Za-z0-9@._+-]*")


def parse_deb(file: File, tree: Tree) -> Iterator[Found]:
    """Give the package of a .deb; file: what the extractor took."""
    del tree
    yield from _from_control(file, "deb")


def parse_ipk(file: File, tree: Tree) -> Iterator[Found]:
    """Give the package of an .ipk; file: what the extractor took."""
    del tree
    yield from _from_control(file, "opkg")


def _from_control(file: File, type: str) -> Iterator[Found]:
    found = archives.read_package_file(file.data, file.path)
    for stanza in read_stanzas(File(path=file.path, data=found.control.encode("utf-8", "replace"), layer=file.layer)):
        if isinstance(stanza, Skipped):
            yield stanza
            continue
        yield _from_stanza(stanza, file, type, found)


def _from_stanza(stanza: Stanza, file: File, type: str, found: archives.PackageFile) -> Package:
    fields = stanza.fields
    # OpenWrt and builders outside of Debian state it here; in Debian's own it stands among the files.
    licence, texts = declared_licence(fields.get("license", ""))
    source_name, source_version = stanza.source() if type == "deb" else ("", "")
    return Package(
        purl=Purl(type, stanza.name, stanza.version, "", (("arch", stanza.architecture),)),
        name=stanza.name,
        version=stanza.version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        checksums=_checksum(found),
        source_name=source_name,
        source_version=source_version,
        supplier=supplier(fields.get("maintainer", "")),
        homepage=fields.get("homepage", ""),
        description=one_paragraph(fields.get("description", "").partition("\n")[0]),
        installed=False,
    )


def parse_rpm(file: File, tree: Tree) -> Iterator[Found]:
    """Give the package of an .rpm; file: what the extractor took."""
    del tree
    found = archives.read_package_file(file.data, file.path)
    if found.rpm is None:
        raise InputError(file.path, "not what was taken out of an .rpm")
    package = rpm_package(found.rpm, file, None)
    yield replace(package, locations=(file.location(),), checksums=_checksum(found), installed=False)


def parse_apk(file: File, tree: Tree) -> Iterator[Found]:
    """Give the package of an .apk of Alpine; file: what the extractor took."""
    del tree
    yield _from_pkginfo(file, "apk")


def parse_alpm(file: File, tree: Tree) -> Iterator[Found]:
    """Give the package of a .pkg.tar.*; file: what the extractor took."""
    del tree
    yield _from_pkginfo(file, "alpm")


def _from_pkginfo(file: File, type: str) -> Package:
    found = archives.read_package_file(file.data, file.path)
    fields: dict[str, list[str]] = {}
    for line in found.control.splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            fields.setdefault(key.strip(), []).append(value.strip())

    def first(key: str) -> str:
        return next(iter(fields.get(key, ())), "")

    name, version, built = first("pkgname"), first("pkgver"), first("builddate")
    if not _NAME.fullmatch(name) or not version or not version.isprintable():
        raise InputError(f"{file.path}:.PKGINFO", f"expected pkgname and pkgver, got {name[:60]!r}, {version[:60]!r}")
    licences = [declared_licence(value) for value in fields.get("license", ())]
    stated = [expression for expression, _ in licences if expression is not None]
    base = first("origin") or first("pkgbase")
    maker = first("maintainer") or first("packager")
    return Package(
        purl=Purl(type, name, version, "", (("arch", first("arch")),)),
        name=name,
        version=version,
        locations=(file.location(),),
        licence_declared=combine(stated) if stated else None,
        licence_texts=tuple(sorted({words for _, pairs in licences for words in pairs})),
        checksums=_checksum(found),
        source_name=base,
        source_version=version if base else "",
        supplier=supplier("" if maker == "Unknown Packager" else maker),
        homepage=first("url"),
        description=one_paragraph(first("pkgdesc")),
        released=moment(int(built)) if re.fullmatch("[0-9]{1,12}", built) else "",
        installed=False,
    )


def _checksum(found: archives.PackageFile) -> tuple[Checksum, ...]:
    checksum = Checksum.parse("sha256", found.sha256)
    return (checksum,) if checksum is not None else ()


_GIVES = ("name", "version", "checksum", "supplier", "home page", "description")

CATALOGERS = (
    Cataloger(
        name="deb-file",
        extractor=Extractor(name="deb", extract=archives.extract_deb, magics=(b"!<arch>\n",)),
        parse=parse_deb,
        gives=(*_GIVES, "licence", "source package"),
        cannot_know=("edges",),
    ),
    Cataloger(
        name="rpm-file",
        extractor=Extractor(name="rpm", extract=archives.extract_rpm, magics=(b"\xed\xab\xee\xdb",)),
        parse=parse_rpm,
        gives=(*_GIVES, "licence", "source package", "release date"),
        cannot_know=("edges",),
    ),
    Cataloger(
        name="apk-file",
        extractor=Extractor(name="apk", extract=archives.extract_pkginfo, globs=("**/*.apk",)),
        parse=parse_apk,
        gives=(*_GIVES, "licence", "source package", "release date"),
        cannot_know=("edges",),
    ),
    Cataloger(
        name="ipk-file",
        extractor=Extractor(name="ipk", extract=archives.extract_tarred_control, globs=("**/*.ipk",)),
        parse=parse_ipk,
        gives=(*_GIVES, "licence"),
        cannot_know=("edges",),
    ),
    Cataloger(
        name="pacman-file",
        extractor=Extractor(
            name="alpm",
            extract=archives.extract_pkginfo,
            globs=tuple(f"**/*.pkg.tar.{suffix}" for suffix in _ARCH_SUFFIXES),
        ),
        parse=parse_alpm,
        gives=(*_GIVES, "licence", "source package", "release date"),
        cannot_know=("edges",),
    ),
)
