"""RubyGems → licences, checksum, home page, people, release date.

Reads: API version 2 of the RubyGems guides: one version of one gem.
"""

from __future__ import annotations

from custody.enrich.interface import Facts, Question, Service
from custody.enrich.words import all_of, checksum, line, listed, moment, part, person, pick, text_of, web
from custody.errors import InputError
from custody.fields import Fields
from custody.model import Package


def questions(package: Package, address: str) -> tuple[Question, ...]:  # noqa: ARG001 - the seam's shape
    """Ask for the version, on the platform that the purl names."""
    platform = package.purl.qualifier("platform")
    query = f"?platform={part(platform)}" if platform else ""
    return (
        Question(
            path=f"api/v2/rubygems/{part(package.purl.name)}/versions/{part(package.purl.version)}.json{query}",
            gives=("licence_declared", "released", "homepage", "originator", "description", "checksums"),
        ),
    )


def read(answer: bytes, package: Package, question: Question) -> Facts:  # noqa: ARG001 - the seam's shape
    """Read a version. Raises InputError: not JSON, or of another version."""
    found = Fields.from_json(answer, "RubyGems").value
    version = pick(found, "version") or pick(found, "number")
    if version != package.purl.version:
        raise InputError("RubyGems", f"answers for version {version!r:.60}, asked for {package.purl.version!r:.60}")
    known = checksum("sha256", pick(found, "sha"))
    wanted, there = package.purl.qualifier("platform") or "ruby", pick(found, "platform") or "ruby"
    return Facts(
        licence=all_of(text_of(name) for name in listed(found.get("licenses"))),
        released=moment(pick(found, "built_at") or pick(found, "version_created_at")),
        homepage=web(pick(found, "homepage_uri")) or web(pick(found, "source_code_uri")),
        originator=person(pick(found, "authors")),
        description=line(pick(found, "summary") or pick(found, "info")),
        checksums=known if wanted == there else (),
        known=known if wanted == there else (),
    )


SERVICE = Service(name="rubygems", title="RubyGems", types=("gem",), questions=questions, read=read)
