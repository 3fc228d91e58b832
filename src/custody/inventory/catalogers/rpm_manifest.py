"""Lists of packages in images without an rpm database → packages of Azure Linux and Mariner, distroless.

Reads: var/lib/rpmmanifest/container-manifest-2, one line for each package, its fields divided by tabs: name,
version-release, install time, build time, vendor, epoch, size, architecture, epoch again, source package (the query
format that Azure Linux builds its images with); etc/os-release. Gives: name, version, epoch, architecture, source
package, vendor, build time.  Cannot know: licences, edges, which files belong to it, checksums.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.os_release import OS_RELEASE_FILES, read_distribution
from custody.inventory.rpm_database import RpmRecord
from custody.inventory.rpm_packages import rpm_package, stated
from custody.model import Skipped

__all__ = ["CATALOGER", "parse"]

MAX_FAULTS = 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]*")
_NUMBER = re.compile(r"[0-9]{1,12}")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the packages of one manifest; a line that is none is skipped and the others go on."""
    distribution = read_distribution(tree)
    faults = 0
    for number, line in enumerate(file.data.decode("utf-8", "replace").split("\n"), start=1):
        if not line.strip():
            continue
        fields = [stated(field) for field in line.rstrip("\r").split("\t")]
        version, _, release = fields[1].rpartition("-") if len(fields) > 1 else ("", "", "")
        if len(fields) < 8 or not _NAME.fullmatch(fields[0]) or not version or not release or not version.isprintable():
            faults += 1
            if faults <= MAX_FAULTS:
                yield Skipped(where=file.at(f"line {number}"), reason="not a package of an rpm manifest: 10 fields")
            continue
        if fields[0] == "gpg-pubkey":
            continue
        record = RpmRecord(
            place=f"line {number}",
            name=fields[0],
            version=version,
            release=release,
            epoch=_number(fields[5]),
            arch=fields[7],
            source=fields[9] if len(fields) > 9 else "",
            vendor=fields[4],
            built=_number(fields[3]),
        )
        yield rpm_package(record, file, distribution)


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None


CATALOGER = Cataloger(
    name="rpm-manifest",
    globs=("var/lib/rpmmanifest/container-manifest-2",),
    parse=parse,
    beside=OS_RELEASE_FILES,
    ecosystems=("Azure Linux",),
    gives=("name", "version", "supplier", "source package", "release date"),
    cannot_know=("licence", "edges", "files", "checksum"),
)
