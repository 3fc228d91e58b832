"""npm's registry → licence, checksums, people, home page, release date.

Reads: a version's document and, for the date, the package's:
https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md and responses/package-metadata.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from custody.enrich.interface import Facts, Licence, Question, Service
from custody.enrich.words import any_of, checksum, integrity, licence, line, listed, moment, part, person, pick, web
from custody.errors import InputError
from custody.fields import Fields
from custody.model import Package

MOST_PACKAGE_BYTES = 64 << 20
"""All versions of a package: the largest public ones have some 40 MB."""
_PERSON = re.compile(r"([^<(]*)(?:<([^>]*)>)?")


def questions(package: Package, address: str) -> tuple[Question, ...]:  # noqa: ARG001 - the seam's shape
    """Ask for the version, and for the package where the date is missing: only there it stands."""
    scope, name = package.purl.namespace, part(package.purl.name)
    path = f"@{part(scope.removeprefix('@'))}%2F{name}" if scope else name
    return (
        Question(
            path=f"{path}/{part(package.purl.version)}",
            kind="version",
            gives=("licence_declared", "homepage", "originator", "description", "download_location", "checksums"),
        ),
        Question(
            path=path, kind="package", gives=("released",), costly=True, max_bytes=MOST_PACKAGE_BYTES, brief=brief
        ),
    )


def brief(answer: bytes) -> bytes:
    """Keep of a package's document the dates and checksums: a hundredth of it."""
    found = Fields.from_json(answer, "npm").value
    versions = found.get("versions")
    kept = {
        version: {"dist": {key: pick(table, "dist", key) for key in ("integrity", "shasum")}}
        for version, table in (versions.items() if isinstance(versions, dict) else ())
    }
    times = found.get("time")
    return msgspec.json.encode({"time": times if isinstance(times, dict) else {}, "versions": kept})


def read(answer: bytes, package: Package, question: Question) -> Facts:
    """Read one of the two documents. Raises InputError: not JSON, or of another version."""
    found = Fields.from_json(answer, "npm").value
    version = package.purl.version
    if question.kind == "package":
        table = found.get("versions")
        dist = table.get(version) if isinstance(table, dict) else None
        # A proxy that writes its own dates, of when it fetched a version, has none for the package as a whole.
        times = found.get("time") if pick(found, "time", "created") else None
        return Facts(released=moment(pick(times, version)), known=_checksums(dist))
    if pick(found, "version") != version:
        raise InputError("npm", f"answers for version {pick(found, 'version')!r:.60}, asked for {version!r:.60}")
    checksums = _checksums(found)
    return Facts(
        licence=_licence(found),
        homepage=web(pick(found, "homepage")) or _repository(found),
        originator=_originator(found),
        description=line(pick(found, "description")),
        download_location=web(pick(found, "dist", "tarball")),
        checksums=checksums,
        known=checksums,
    )


def _repository(table: Mapping[str, Any]) -> str:
    """Give the repository as a page; a bare `user/name` is one of GitHub's, says npm's package-json(5)."""
    stated = pick(table, "repository", "url") or pick(table, "repository")
    return web(f"github:{stated}" if re.fullmatch(r"[\w.-]+/[\w.-]+", stated) else stated)


def _checksums(table: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any JSON value
    stated = (*integrity(pick(table, "dist", "integrity")), *checksum("sha1", pick(table, "dist", "shasum")))
    return tuple(sorted(set(stated)))


def _licence(table: Mapping[str, Any]) -> Licence:
    """Give the licence from `license`, or from the older list `licenses`, which offers a choice."""
    value = table.get("license") or table.get("licenses")
    names = [pick(item, "type") or pick(item, "name") or pick(item) for item in listed(value)]
    stated = [name for name in names if name]
    return licence(stated[0]) if len(stated) == 1 else any_of(stated)


def _originator(table: Mapping[str, Any]) -> str:
    for key in ("author", "maintainers", "contributors"):
        for value in listed(table.get(key))[:1]:
            match = _PERSON.match(pick(value))
            found = person(pick(value, "name"), pick(value, "email")) or (
                person(match[1], match[2] or "") if match else ""
            )
            if found:
                return found
    return ""


SERVICE = Service(name="npm", title="npm's registry", types=("npm",), questions=questions, read=read)
