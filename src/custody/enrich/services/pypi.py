"""A Python package index → licence, people, home page, release date, checksum where a version has one file.

Reads: the JSON API of the Warehouse documentation; where an index has none, the simple API of PEP 691 (the dates and
checksums of files). Which file of several is ours nobody knows here, so they are only held against ours.
"""

from __future__ import annotations

import re
from email.utils import getaddresses
from typing import Any

import msgspec
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, canonicalize_version
from packaging.utils import parse_sdist_filename as parse_sdist
from packaging.utils import parse_wheel_filename as parse_wheel
from packaging.version import InvalidVersion

from custody.enrich.interface import Facts, Licence, Question, Service
from custody.enrich.words import all_of, checksum, licence, line, listed, moment, part, person, pick, text_of, web
from custody.errors import InputError
from custody.fields import Fields
from custody.model import Checksum, Package

SIMPLE = "application/vnd.pypi.simple.v1+json"
MOST_PACKAGE_BYTES = 64 << 20
"""All files of a package: the largest public ones have some 10 MB."""
_HOME_LABELS = ("homepage", "home", "source", "sourcecode", "repository", "code", "github", "documentation")


def questions(package: Package, address: str) -> tuple[Question, ...]:
    """Ask the JSON API, else the simple one. An address that ends in `/simple`, as pip's does, stands beside it."""
    name, version = part(package.purl.name), part(package.purl.version)
    simple = Question(
        path=f"{'' if address.endswith('/simple') else 'simple/'}{name}/",
        kind="simple",
        gives=("released", "checksums", "download_location"),
        accept=SIMPLE,
        max_bytes=MOST_PACKAGE_BYTES,
        brief=brief,
    )
    return (
        Question(
            path=f"{'../' if address.endswith('/simple') else ''}pypi/{name}/{version}/json",
            kind="json",
            gives=(
                "licence_declared",
                "released",
                "homepage",
                "originator",
                "description",
                "checksums",
                "download_location",
            ),
            otherwise=simple,
        ),
    )


def brief(answer: bytes) -> bytes:
    """Keep of a package's files what is read here: a fifth of it."""
    keys = ("filename", "url", "upload-time")
    files = [
        {**{key: pick(file, key) for key in keys}, "hashes": {"sha256": pick(file, "hashes", "sha256")}}
        for file in _files(Fields.from_json(answer, "PyPI").value.get("files"))
    ]
    return msgspec.json.encode({"files": files})


def read(answer: bytes, package: Package, question: Question) -> Facts:
    """Read one of the two documents. Raises InputError: not JSON, or of another version."""
    found = Fields.from_json(answer, "PyPI").value
    if question.kind == "simple":
        wanted = canonicalize_version(package.purl.version)
        return _of_files([file for file in _files(found.get("files")) if _version(pick(file, "filename")) == wanted])
    info = found.get("info")
    version = pick(info, "version")
    if canonicalize_version(version) != canonicalize_version(package.purl.version):
        raise InputError("PyPI", f"answers for version {version!r:.60}, asked for {package.purl.version!r:.60}")
    files = _of_files(_files(found.get("urls")))
    return Facts(
        licence=_licence(info),
        released=files.released,
        homepage=_homepage(info),
        originator=_originator(info),
        description=line(pick(info, "summary")),
        download_location=files.download_location,
        checksums=files.checksums,
        known=files.known,
    )


def _files(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _of_files(files: list[Any]) -> Facts:
    """Give what the files of one version say: a version is released when its first file is there."""
    known: set[Checksum] = set()
    times = []
    for file in files:
        known.update(checksum("sha256", pick(file, "digests", "sha256") or pick(file, "hashes", "sha256")))
        times.append(moment(pick(file, "upload_time_iso_8601") or pick(file, "upload-time")))
    only = files[0] if len(files) == 1 else None
    return Facts(
        released=min((time for time in times if time), default=""),
        download_location=web(pick(only, "url")),
        checksums=tuple(known) if only is not None else (),
        known=tuple(sorted(known)),
    )


def _version(file: str) -> str:
    """Give the version that a file's name has, in the form to compare, "" where it has none."""
    try:
        version = parse_wheel(file)[1] if file.endswith(".whl") else parse_sdist(file)[1]
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return ""
    return canonicalize_version(version)


def _licence(info: Any) -> Licence:  # noqa: ANN401 - any JSON value
    """Give the licence as of installed packages: expression, else the words that name one, else the classifiers."""
    expression = pick(info, "license_expression")
    if expression:
        return licence(expression)
    stated = licence(pick(info, "license"))
    names = [text_of(name) for name in listed(info.get("classifiers"))]
    classified = all_of(name for name in names if name.lower().startswith("license ::"))
    unnamed = stated[0] is None or (stated[1] and not classified[1])
    return classified if classified[0] and unnamed else stated


def _originator(info: Any) -> str:  # noqa: ANN401
    for role in ("author", "maintainer"):
        name, address = pick(info, role), pick(info, f"{role}_email")
        pairs = getaddresses([address[:2000]]) if address else []
        first = next((pair for pair in pairs if any(pair)), ("", ""))
        if name or any(first):
            return person(name or first[0], first[1])
    return ""


def _homepage(info: Any) -> str:  # noqa: ANN401
    stated = web(pick(info, "home_page"))
    table = info.get("project_urls")
    if stated or not isinstance(table, dict):
        return stated
    labelled = {re.sub(r"[\W_]+", "", str(label).lower()): web(text_of(text)) for label, text in table.items()}
    return next((labelled[label] for label in _HOME_LABELS if labelled.get(label)), "")


SERVICE = Service(name="pypi", title="a Python package index", types=("pypi",), questions=questions, read=read)
