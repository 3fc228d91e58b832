"""etc/os-release → the operating system.

Reads: os-release, https://www.freedesktop.org/software/systemd/man/latest/os-release.html
Gives: name, version, homepage.  Cannot know: licence, checksum, what it consists of.
"""

from __future__ import annotations

from collections.abc import Iterator

from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.os_release import OS_RELEASE_FILES, distribution_file, parse_os_release
from custody.model import Package, Purl, Skipped


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give one package of purpose OPERATING_SYSTEM; nothing for an os-release that another one outranks."""
    chosen = distribution_file(tree)
    if chosen is None or chosen.path != file.path:
        return
    distribution = parse_os_release(file.data)
    if distribution is None:
        yield Skipped(where=file.path, reason="no distribution is named: neither ID nor ID_LIKE")
        return
    yield Package(
        purl=Purl("generic", distribution.id, distribution.version),
        name=distribution.id,
        version=distribution.version,
        description=distribution.name,
        locations=(file.location(),),
        purpose="OPERATING_SYSTEM",
    )


CATALOGER = Cataloger(
    name="os-release",
    globs=OS_RELEASE_FILES,
    parse=parse,
    gives=("name", "version", "description"),
    cannot_know=("licence", "checksum", "edges"),
)
