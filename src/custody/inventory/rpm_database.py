"""rpm's databases, whatever their container → records that say what we want to know of each package.

    extract_database(path, content)          # JSON, at the time when the file passes by
    read_database(data, path)                # what the JSON says

A database of a large system has 200 MB, most of which are file sizes, digests and change logs. So it is read where its
layer passes by, and only this is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from custody.errors import InputError
from custody.inventory import rpm_header as tags
from custody.inventory.rpm_berkeley import is_berkeley, read_berkeley
from custody.inventory.rpm_header import RpmHeader, read_header
from custody.inventory.rpm_ndb import is_ndb, read_ndb
from custody.inventory.sqlite_bytes import SQLITE_MAGIC, read_rows
from custody.model import Content, Extractor

__all__ = ["RPM_DATABASE", "RpmDatabase", "RpmFault", "RpmRecord", "database_rank", "read_database", "record_of"]

MAX_DATABASE_BYTES = 1024 * 1024 * 1024
"""Held in memory while it is read; a desktop with every package of Fedora stays under half of it."""

MAX_FAULTS = 20
"""Damaged records told one by one; in a file with more of them the rest is counted."""

FOLDERS = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
NAMES = ("rpmdb.sqlite", "Packages.db", "Packages")
"""Where several stand side by side, after a change of the container, the first one counts: there rpm goes on."""

_KEYS = "gpg-pubkey"  # rpm lists the keys that it trusts as if they were packages


class RpmRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One package. place: where in the database; folders: directory with its last "/" → names of the files in it."""

    place: str
    name: str
    version: str
    release: str
    epoch: int | None = None
    arch: str = ""
    source: str = ""
    vendor: str = ""
    licence: str = ""
    url: str = ""
    summary: str = ""
    built: int | None = None
    modularity: str = ""
    provides: list[str] = []
    requires: list[str] = []
    recommends: list[str] = []
    suggests: list[str] = []
    folders: dict[str, list[str]] = {}

    @property
    def version_release(self) -> str:
        """Give the version as purls have it: without the epoch."""
        return f"{self.version}-{self.release}" if self.release else self.version


class RpmFault(msgspec.Struct, frozen=True, kw_only=True):
    """A record that cannot be read."""

    place: str
    reason: str


class RpmDatabase(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept of one database."""

    packages: list[RpmRecord]
    faults: list[RpmFault]


def read_database(data: bytes, where: str) -> RpmDatabase:
    """Read what `extract_database` gave. Raises InputError: it did not give this."""
    try:
        return msgspec.json.decode(data, type=RpmDatabase)
    except msgspec.MsgspecError as error:
        raise InputError(where, f"not what was taken out of an rpm database: {error}") from None


def extract_database(path: str, content: Content) -> bytes:
    """Give the records of a database as JSON; b"" for an empty file. Raises InputError: it is no rpm database."""
    if not content.size:
        return b""
    if content.size > MAX_DATABASE_BYTES:
        raise InputError(path, f"not read: {content.size} bytes, more than {MAX_DATABASE_BYTES}")
    packages: list[RpmRecord] = []
    faults: list[RpmFault] = []
    count = 0
    for place, blob in _blobs(content.read(0, content.size), path):
        try:
            if isinstance(blob, InputError):
                raise blob
            record = record_of(read_header(blob, f"{path}:{place}"), place)
        except InputError as error:
            count += 1
            if count <= MAX_FAULTS:
                last = "; too many of them: the rest is not listed" if count == MAX_FAULTS else ""
                faults.append(RpmFault(place=place, reason=f"{error.what}{last}"))
            continue
        if record.name != _KEYS:
            packages.append(record)
    packages.sort(key=lambda record: (record.name, record.version, record.release, record.arch, record.place))
    return msgspec.json.encode(RpmDatabase(packages=packages, faults=faults))


def _blobs(data: bytes, where: str) -> Iterator[tuple[str, bytes | InputError]]:
    if data.startswith(SQLITE_MAGIC):
        for number, blob in read_rows(data, where, "Packages", ("hnum", "blob")):
            place = f"record {number}"
            yield place, blob if isinstance(blob, bytes) else InputError(where, "damaged: the header is no blob")
    elif is_ndb(data):
        yield from read_ndb(data, where)
    elif is_berkeley(data[:16]):
        yield from read_berkeley(data, where)
    else:
        raise InputError(where, "not an rpm database: neither SQLite nor ndb nor a Berkeley DB hash")


def record_of(header: RpmHeader, place: str) -> RpmRecord:
    """Give the record for a header. Raises InputError: it is damaged, or has no name or version."""
    name, version = header.text(tags.NAME), header.text(tags.VERSION)
    if not name or not version or not name.isprintable() or not version.isprintable():
        raise InputError(place, f"damaged rpm header: name {name[:60]!r}, version {version[:60]!r}")
    return RpmRecord(
        place=place,
        name=name,
        version=version,
        release=header.text(tags.RELEASE),
        epoch=header.number(tags.EPOCH),
        arch=header.text(tags.ARCH) if tags.SOURCERPM in header else "src",  # only source packages have none
        source=header.text(tags.SOURCERPM),
        vendor=header.text(tags.VENDOR),
        licence=header.text(tags.LICENSE),
        url=header.text(tags.URL),
        summary=header.text(tags.SUMMARY),
        built=header.number(tags.BUILDTIME),
        modularity=header.text(tags.MODULARITYLABEL),
        provides=sorted(set(header.texts(tags.PROVIDENAME))),
        requires=sorted({need for need in header.texts(tags.REQUIRENAME) if not need.startswith("rpmlib(")}),
        recommends=sorted(set(header.texts(tags.RECOMMENDNAME))),
        suggests=sorted(set(header.texts(tags.SUGGESTNAME))),
        folders=header.folders(),
    )


def database_rank(path: str) -> int:
    """Give the place of a database among those of its folder: the lowest one counts."""
    return NAMES.index(path.rpartition("/")[2])


RPM_DATABASE = Extractor(
    name="rpm-database",
    extract=extract_database,
    globs=tuple(f"{folder}/{name}" for folder in FOLDERS for name in NAMES),
)
