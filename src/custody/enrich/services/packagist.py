"""Packagist, or another Composer repository → licence, people, home page, release date, place.

Reads: `p2/VENDOR/NAME.json`, "Getting package data" of its API, where each version lists what differs from
the one before it (`"minified": "composer/2.0"`).
"""

from __future__ import annotations

from typing import Any

from custody.enrich.interface import Facts, Question, Service
from custody.enrich.words import any_of, checksum, line, listed, moment, part, person, pick, text_of, web
from custody.fields import Fields
from custody.model import Package

MOST_PACKAGE_BYTES = 32 << 20
"""All versions of a package; the largest public ones have some 5 MB."""
_UNSET = "__unset"


def questions(package: Package, address: str) -> tuple[Question, ...]:  # noqa: ARG001 - the seam's shape
    """Ask for the package; branches stand in a file of their own."""
    version = package.purl.version
    branch = "~dev" if version.startswith("dev-") or version.endswith("-dev") else ""
    return (
        Question(
            path=f"p2/{part(package.purl.namespace)}/{part(package.purl.name)}{branch}.json",
            gives=(
                "licence_declared",
                "released",
                "homepage",
                "originator",
                "description",
                "download_location",
                "checksums",
            ),
            max_bytes=MOST_PACKAGE_BYTES,
        ),
    )


def read(answer: bytes, package: Package, question: Question) -> Facts:  # noqa: ARG001 - the seam's shape
    """Read a package's versions. Raises InputError: not JSON."""
    root = Fields.from_json(answer, "Packagist")
    rows = root.table("packages").value.get(package.purl.full_name)
    wanted = package.purl.version.removeprefix("v")
    found: dict[str, Any] = {}
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict):
            continue
        found = {**found, **row} if root.value.get("minified") == "composer/2.0" else row
        found = {key: value for key, value in found.items() if value != _UNSET}
        if pick(found, "version").removeprefix("v") == wanted:
            return _facts(found)
    return Facts()


def _facts(table: dict[str, Any]) -> Facts:
    author = next(iter(listed(table.get("authors"))), None)
    known = checksum("sha1", pick(table, "dist", "shasum"))
    return Facts(
        licence=any_of(name for name in map(text_of, listed(table.get("license"))) if name),
        released=moment(pick(table, "time")),
        homepage=web(pick(table, "homepage")) or web(pick(table, "source", "url")),
        originator=person(pick(author, "name"), pick(author, "email")),
        description=line(pick(table, "description")),
        download_location=web(pick(table, "dist", "url")),
        checksums=known,
        known=known,
    )


SERVICE = Service(
    name="packagist", title="Packagist or a Composer repository", types=("composer",), questions=questions, read=read
)
