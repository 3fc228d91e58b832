"""A Maven repository → licences, home page, organisation, checksum; what a project leaves to its parents from them.

Reads: the artifact's project file and its SHA-1, https://maven.apache.org/pom.html and
https://maven.apache.org/repository/layout.html. Several licences offer a choice (pom.html, "Licenses").
Cannot know: release dates.
"""

from __future__ import annotations

import re

from custody.enrich.interface import Facts, Licence, Question, Service
from custody.enrich.markup import Element, read_markup
from custody.enrich.words import any_of, checksum, licence, line, part, person, web
from custody.model import Package

MOST_PARENTS = 8
"""How far up licences are looked for; the longest chain that was seen had five."""
_FIELDS = ("licence_declared", "homepage", "supplier", "originator", "description")
_INHERITED = ("licence_declared", "supplier")


def questions(package: Package, address: str) -> tuple[Question, ...]:  # noqa: ARG001 - the seam's shape
    """Ask for the artifact's checksum and for the project file."""
    purl = package.purl
    if not purl.namespace:
        return ()
    kind, classifier = purl.qualifier("type") or "jar", purl.qualifier("classifier")
    base = _path(purl.namespace, purl.name, purl.version)
    file = f"{base}{f'-{part(classifier)}' if classifier else ''}.{part(kind)}.sha1"
    return (
        Question(path=file, kind="sha1", gives=("checksums",), accept="*/*", checks=True),
        Question(path=f"{base}.pom", kind="pom:0", gives=_FIELDS, accept="*/*"),
    )


def _path(group: str, name: str, version: str) -> str:
    folders = "/".join(part(step) for step in group.split("."))
    return f"{folders}/{part(name)}/{part(version)}/{part(name)}-{part(version)}"


def read(answer: bytes, package: Package, question: Question) -> Facts:
    """Read a checksum, or a project file. Raises InputError: no XML that can be read."""
    if question.kind == "sha1":
        words = answer[:200].decode("ascii", "replace").split()
        found = checksum("sha1", words[0]) if words else ()
        return Facts(checksums=found, known=found)
    project = read_markup(answer, "Maven", "project")
    height = int(question.kind.partition(":")[2])
    stated = _licence(project)
    organisation = line(_filled(project.text("organization", "name"), package))
    supplier = f"Organization: {organisation}" if organisation else ""
    further = () if stated[0] and supplier else _parent(project, height)
    if height:
        return Facts(licence=stated, supplier=supplier, further=further)
    return Facts(
        licence=stated,
        supplier=supplier,
        homepage=web(_filled(project.text("url"), package)) or web(_filled(project.text("scm", "url"), package)),
        originator=person(
            _filled(project.text("developers", "developer", "name"), package),
            _filled(project.text("developers", "developer", "email"), package),
        ),
        description=line(_filled(project.text("description") or project.text("name"), package)),
        further=further,
    )


def _licence(project: Element) -> Licence:
    """Give the licences: by name where that says which one is meant, else by the address beside it."""
    words = []
    for entry in project.each("licenses", "license"):
        name, place = entry.text("name"), entry.text("url")
        by_name = licence(name)
        words.append(place if place and (by_name[0] is None or (by_name[1] and not licence(place)[1])) else name)
    return any_of(word for word in words if word)


def _parent(project: Element, height: int) -> tuple[Question, ...]:
    """Give the question for the parent, () where there is none or its place is not written out."""
    names = [project.text("parent", key) for key in ("groupId", "artifactId", "version")]
    if height >= MOST_PARENTS or not all(names) or any("$" in name or "[" in name for name in names):
        return ()
    return (Question(path=f"{_path(*names)}.pom", kind=f"pom:{height + 1}", gives=_INHERITED, accept="*/*"),)


def _filled(text: str, package: Package) -> str:
    """Fill in the properties that every project has; "" where another one is left."""
    known = {
        "project.artifactId": package.purl.name,
        "project.groupId": package.purl.namespace,
        "project.version": package.purl.version,
    }
    text = re.sub(r"\$\{([\w.]{1,100})\}", lambda match: known.get(match[1], match[0]), text)
    return "" if "${" in text else text


SERVICE = Service(name="maven", title="a Maven repository", types=("maven",), questions=questions, read=read)
