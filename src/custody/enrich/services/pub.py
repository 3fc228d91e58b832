"""A Dart package repository → home page, checksum, release date, place.

Reads: https://github.com/dart-lang/pub/blob/master/doc/repository-spec-v2.md (all versions of a package).
Cannot know: licences, which stand only inside the packages.
"""

from __future__ import annotations

from custody.enrich.interface import Facts, Question, Service
from custody.enrich.words import checksum, line, listed, moment, part, pick, web
from custody.fields import Fields
from custody.model import Package

MOST_PACKAGE_BYTES = 32 << 20
"""All versions of a package; the largest public ones have some 2 MB."""


def questions(package: Package, address: str) -> tuple[Question, ...]:  # noqa: ARG001 - the seam's shape
    """Ask for the package."""
    return (
        Question(
            path=f"api/packages/{part(package.purl.name)}",
            gives=("released", "homepage", "description", "download_location", "checksums"),
            accept="application/vnd.pub.v2+json",
            max_bytes=MOST_PACKAGE_BYTES,
        ),
    )


def read(answer: bytes, package: Package, question: Question) -> Facts:  # noqa: ARG001 - the seam's shape
    """Read a package's versions. Raises InputError: not JSON."""
    rows = Fields.from_json(answer, "pub").value.get("versions")
    for row in rows if isinstance(rows, list) else listed(rows):
        if pick(row, "version") == package.purl.version:
            known = checksum("sha256", pick(row, "archive_sha256"))
            return Facts(
                released=moment(pick(row, "published")),
                homepage=web(pick(row, "pubspec", "homepage")) or web(pick(row, "pubspec", "repository")),
                description=line(pick(row, "pubspec", "description")),
                download_location=web(pick(row, "archive_url")),
                checksums=known,
                known=known,
            )
    return Facts()


SERVICE = Service(name="pub", title="a Dart package repository", types=("pub",), questions=questions, read=read)
