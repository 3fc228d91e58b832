"""A registry of Rust crates → licence, checksum, home page, release date.

Reads: the web API (`/api/v1/crates/NAME/VERSION`), https://doc.rust-lang.org/cargo/reference/registry-web-api.html and
what the public one states; at an address that begins with `sparse+`, as in Cargo's configuration, the sparse index,
which has checksum and date only: https://doc.rust-lang.org/cargo/reference/registry-index.html.
"""

from __future__ import annotations

from custody.enrich.interface import Facts, Question, Service
from custody.enrich.words import checksum, licence, line, moment, part, person, pick, web
from custody.errors import InputError
from custody.fields import Fields
from custody.model import Package

MOST_INDEX_BYTES = 32 << 20
"""All versions of a crate; the largest public ones have some 2 MB."""


def questions(package: Package, address: str) -> tuple[Question, ...]:
    """Ask for the version, or for the crate's file of the index."""
    name, version = package.purl.name, package.purl.version
    if address.startswith("sparse+"):
        path = "/".join(part(step) for step in index_path(name.lower()))
        return (
            Question(
                path=path, kind="index", gives=("released", "checksums"), accept="*/*", max_bytes=MOST_INDEX_BYTES
            ),
        )
    return (
        Question(
            path=f"{'' if address.endswith('/crates') else 'api/v1/crates/'}{part(name)}/{part(version)}",
            kind="version",
            gives=("licence_declared", "released", "homepage", "originator", "description", "checksums"),
        ),
    )


def index_path(name: str) -> tuple[str, ...]:
    """Give the folders of a crate in an index ("Index files" of its specification), and its file."""
    if len(name) <= 2:
        return (str(len(name)), name)
    return ("3", name[0], name) if len(name) == 3 else (name[:2], name[2:4], name)


def read(answer: bytes, package: Package, question: Question) -> Facts:
    """Read either. Raises InputError: not JSON, or of another version."""
    version = package.purl.version
    if question.kind == "index":
        for row in answer.splitlines():
            found = Fields.from_json(row, "crates") if f'"{version}"'.encode() in row else None
            if found and pick(found.value, "vers") == version:
                known = checksum("sha256", pick(found.value, "cksum"))
                return Facts(released=moment(pick(found.value, "pubtime")), checksums=known, known=known)
        return Facts()
    table = Fields.from_json(answer, "crates").table("version").value
    if pick(table, "num") != version:
        raise InputError("crates", f"answers for version {pick(table, 'num')!r:.60}, asked for {version!r:.60}")
    known = checksum("sha256", pick(table, "checksum"))
    return Facts(
        licence=licence(pick(table, "license").replace("/", " OR ")),  # the slash is how crates wrote OR of old
        released=moment(pick(table, "created_at")),
        homepage=web(pick(table, "homepage")) or web(pick(table, "repository")),
        originator=person(pick(table, "published_by", "name")) if "published_by" in table else "",
        description=line(pick(table, "description")),
        checksums=known,
        known=known,
    )


SERVICE = Service(name="cargo", title="a registry of Rust crates", types=("cargo",), questions=questions, read=read)
