"""deps.dev → licences, release date, home page of packages of seven ecosystems.

Reads: GetVersion of API v3, https://docs.deps.dev/api/v3/ and api.proto beside it.
Cannot know: checksums (a version's answer has none), authors.
"""

from __future__ import annotations

from custody.enrich.interface import Facts, Question, Service
from custody.enrich.words import all_of, listed, moment, part, pick, text_of, web
from custody.fields import Fields
from custody.model import Package

_SYSTEMS = {
    "cargo": "cargo",
    "gem": "rubygems",
    "golang": "go",
    "maven": "maven",
    "npm": "npm",
    "nuget": "nuget",
    "pypi": "pypi",
}
_PAGES = ("HOMEPAGE", "SOURCE_REPO", "ORIGIN")


def questions(package: Package, address: str) -> tuple[Question, ...]:
    """Ask for the version. The address is taken with and without the API's version at its end."""
    system, name, version = _SYSTEMS[package.purl.type], part(package.purl.full_name), part(package.purl.version)
    path = f"systems/{system}/packages/{name}/versions/{version}"
    versioned = address.endswith("/v3")
    return (
        Question(
            path=path if versioned else f"v3/{path}",
            gives=("licence_declared", "released", "homepage"),
        ),
    )


def read(answer: bytes, package: Package, question: Question) -> Facts:  # noqa: ARG001 - the seam's shape
    """Read a Version. How several licences belong together is unspecified; "non-standard" is one that has no id."""
    found = Fields.from_json(answer, "deps.dev").value
    names = [text_of(name) for name in listed(found.get("licenses"))]
    links: dict[str, str] = {}
    for link in listed(found.get("links")):
        links.setdefault(pick(link, "label"), web(pick(link, "url")))
    return Facts(
        licence=(None, ()) if "non-standard" in names else all_of(names),
        released=moment(pick(found, "publishedAt")),
        homepage=next((links[label] for label in _PAGES if links.get(label)), ""),
    )


SERVICE = Service(name="deps.dev", title="deps.dev", types=tuple(sorted(_SYSTEMS)), questions=questions, read=read)
