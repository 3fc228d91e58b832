"""A NuGet feed → licence expression, people, home page, release date.

Reads: the registration index, whose pages stand in it or at an address beside it,
https://learn.microsoft.com/nuget/api/registration-base-url-resource. The address is that of the registrations
(`RegistrationsBaseUrl`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from custody.enrich.interface import Facts, Question, Service
from custody.enrich.words import licence, line, listed, moment, part, person, pick, web
from custody.fields import Fields
from custody.model import Package

MOST_BYTES = 32 << 20
"""Pages of 64 versions each stand in the index of a package with few of them."""
_FIELDS = ("licence_declared", "released", "homepage", "originator", "description", "download_location")


def questions(package: Package, address: str) -> tuple[Question, ...]:  # noqa: ARG001 - the seam's shape
    """Ask for the package's index."""
    return (
        Question(
            path=f"{part(package.purl.name.lower())}/index.json", kind="index", gives=_FIELDS, max_bytes=MOST_BYTES
        ),
    )


def read(answer: bytes, package: Package, question: Question) -> Facts:
    """Read an index, or one page of it. Raises InputError: not JSON."""
    found = Fields.from_json(answer, "NuGet").value
    wanted = package.purl.version.lower().partition("+")[0]
    pages = listed(found.get("items")) if question.kind == "index" else [found]
    for entry, content in _entries(pages):
        if pick(entry, "version").lower().partition("+")[0] == wanted:
            return _facts(entry, content)
    name = f"{part(package.purl.name.lower())}/"
    further = [_beside(page, name) for page in pages if question.kind == "index" and _may_hold(page, wanted)]
    return Facts(further=tuple(Question(path=path, kind="page", gives=_FIELDS) for path in further if path))


def _entries(pages: list[Any]) -> Iterator[tuple[Any, str]]:
    for page in pages:
        rows = page.get("items") if isinstance(page, dict) else None
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict):
                yield row.get("catalogEntry"), pick(row, "packageContent")


def _may_hold(page: Any, wanted: str) -> bool:  # noqa: ANN401 - any JSON value
    """Say whether a page without its items can have the version: compared by its numbers, as SemVer and NuGet do."""
    low, high = _numbers(pick(page, "lower")), _numbers(pick(page, "upper"))
    return isinstance(page, dict) and not page.get("items") and low <= _numbers(wanted) <= high


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(text) for text in re.findall(r"\d{1,9}", version.partition("-")[0])][:4]
    return (*numbers, *(0,) * (4 - len(numbers)))


def _beside(page: Any, name: str) -> str:  # noqa: ANN401
    """Give the path of a page below the feed's address: where else it may say to look, nobody looks."""
    path = pick(page, "@id").partition("#")[0]
    rest = path.rpartition(f"/{name}")[2] if f"/{name}" in path else ""
    return f"{name}{rest}" if re.fullmatch(r"page/[\w.%+-]+/[\w.%+-]+\.json", rest) else ""


def _facts(entry: Any, content: str) -> Facts:  # noqa: ANN401
    authors = ", ".join(pick(name) for name in listed(entry.get("authors")))
    return Facts(
        licence=licence(pick(entry, "licenseExpression")),
        released=moment(pick(entry, "published")),  # the year 1900, which is no time here, marks what is unlisted
        homepage=web(pick(entry, "projectUrl")),
        originator=person(authors),
        description=line(pick(entry, "summary") or pick(entry, "description")),
        download_location=web(content),
    )


SERVICE = Service(name="nuget", title="a NuGet feed", types=("nuget",), questions=questions, read=read)
