"""Hex → licences, home page, checksum, release date.

Reads: a release and its package, https://github.com/hexpm/specifications/blob/main/apiary.apib (`checksum` is that of
the outer tarball).
"""

from __future__ import annotations

from custody.enrich.interface import Facts, Question, Service
from custody.enrich.words import all_of, checksum, line, listed, moment, part, pick, text_of, web
from custody.errors import InputError
from custody.fields import Fields
from custody.model import Package


def questions(package: Package, address: str) -> tuple[Question, ...]:
    """Ask for the release, then for the package. An organisation has packages of its own."""
    base = "" if address.endswith("/api") else "api/"
    if package.purl.namespace:
        base += f"repos/{part(package.purl.namespace)}/"
    name = f"{base}packages/{part(package.purl.name)}"
    return (
        Question(
            path=f"{name}/releases/{part(package.purl.version)}",
            kind="release",
            gives=("released", "checksums"),
            checks=True,
        ),
        Question(path=name, kind="package", gives=("licence_declared", "homepage", "description")),
    )


def read(answer: bytes, package: Package, question: Question) -> Facts:
    """Read one of the two. Raises InputError: not JSON, or of another version."""
    found = Fields.from_json(answer, "Hex").value
    if question.kind == "release":
        if pick(found, "version") != package.purl.version:
            raise InputError("Hex", f"answers for version {pick(found, 'version')!r:.60}")
        known = checksum("sha256", pick(found, "checksum"))
        return Facts(released=moment(pick(found, "inserted_at")), checksums=known, known=known)
    meta = found.get("meta")
    links = meta.get("links") if isinstance(meta, dict) else None
    pages = [web(text_of(text)) for _, text in sorted(links.items())] if isinstance(links, dict) else []
    return Facts(
        licence=all_of(text_of(name) for name in listed(meta.get("licenses")))
        if isinstance(meta, dict)
        else (None, ()),
        homepage=next((page for page in pages if page), ""),
        description=line(pick(meta, "description")),
    )


SERVICE = Service(name="hex", title="Hex", types=("hex",), questions=questions, read=read)
