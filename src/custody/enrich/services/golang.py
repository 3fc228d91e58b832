"""A Go module proxy → release date, and the commit where the proxy says it.

Reads: `$base/$module/@v/$version.info`, https://go.dev/ref/mod#goproxy-protocol.
Cannot know: licences, people.
"""

from __future__ import annotations

import re

from custody.enrich.interface import Facts, Question, Service
from custody.enrich.words import moment, part, pick, web
from custody.errors import InputError
from custody.fields import Fields
from custody.model import Package


def questions(package: Package, address: str) -> tuple[Question, ...]:  # noqa: ARG001 - the seam's shape
    """Ask for the version. The standard library is no module."""
    name = package.purl.full_name
    if name == "stdlib" or not package.purl.version.startswith("v"):
        return ()
    module = "/".join(part(_escaped(step)) for step in name.split("/"))
    return (
        Question(
            path=f"{module}/@v/{part(_escaped(package.purl.version))}.info",
            gives=("released", "download_location"),
        ),
    )


def _escaped(text: str) -> str:
    """Write capitals as the protocol does, so that file systems without case can be proxies: `!azure`."""
    return re.sub("[A-Z]", lambda match: f"!{match[0].lower()}", text)


def read(answer: bytes, package: Package, question: Question) -> Facts:  # noqa: ARG001 - the seam's shape
    """Read an Info. Raises InputError: not JSON, or of another version."""
    found = Fields.from_json(answer, "the Go proxy").value
    version = pick(found, "Version")
    if version != package.purl.version:
        raise InputError("the Go proxy", f"answers for version {version!r:.60}, asked for {package.purl.version!r:.60}")
    place, commit = web(pick(found, "Origin", "URL")), pick(found, "Origin", "Hash")
    is_git = pick(found, "Origin", "VCS") == "git" and re.fullmatch("[0-9a-f]{40,64}", commit)
    return Facts(
        released=moment(pick(found, "Time")), download_location=f"git+{place}@{commit}" if place and is_git else ""
    )


SERVICE = Service(name="golang", title="a Go module proxy", types=("golang",), questions=questions, read=read)
