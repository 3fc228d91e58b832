"""What npm's catalogers share: names, people, licences, integrity, and where a dependency is found.

    npm("@babel/core", "7.0.0")                     # pkg:npm/%40babel/core@7.0.0
    integrity("sha512-…", where)                    # (Checksum("sha512", "…hex…"),)
    candidates("app/node_modules/a", "b")           # app/node_modules/a/node_modules/b, app/node_modules/b, …

Specs: npm's manual page package-json(5), Subresource Integrity (https://www.w3.org/TR/SRI/),
https://nodejs.org/api/modules.html#loading-from-node_modules-folders.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import File
from custody.inventory.lock_graph import git_location
from custody.inventory.lockfile import without_credentials
from custody.inventory.metadata import declared_licence, one_paragraph, person
from custody.model import Checksum, Package, Purl

__all__ = [
    "RELATIONS",
    "Want",
    "address",
    "alias_target",
    "candidates",
    "described",
    "homepage",
    "identity",
    "integrity",
    "licence",
    "needs",
    "npm",
    "originator",
    "package_json",
    "read_name",
    "split_name",
    "wants",
]

RELATIONS = (
    ("dependencies", "depends_on"),
    ("optionalDependencies", "optional"),
    ("devDependencies", "dev"),
    ("peerDependencies", "peer"),
)
"""The tables of package.json that ask for packages, and what each means."""

_NAME = re.compile(r"(?:@[^@/\s%]+/)?[^@/\s%][^/\s%]*")
_PERSON = re.compile(r"([^<(]*)(?:<([^>]*)>)?")
_SHORT_REPOSITORY = re.compile(r"(?:(github|gitlab|bitbucket):)?([\w.-]+/[\w.-]+)")
_GIT = re.compile(r"git\+|git://|git@|ssh://git@|https?://[^#?]+\.git$")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}


def npm(name: str, version: str = "") -> Purl:
    """Give the purl of `@scope/name` or `name`; the case is kept, for old names differ by it."""
    scope, _, bare = name.rpartition("/")
    return Purl("npm", bare, version, namespace=scope)


def read_name(text: str, where: str) -> str:
    """Give a package's name; InputError names `where`."""
    if not _NAME.fullmatch(text) or text in (".", ".."):
        raise InputError(where, f"expected a package's name, got {text[:60]!r}")
    return text


def split_name(text: str) -> tuple[str, str]:
    """Split `name@rest` or `@scope/name@rest`; the rest is "" where there is none."""
    at = text.find("@", 1)
    return (text, "") if at < 0 else (text[:at], text[at + 1 :])


def package_json(file: File) -> Fields:
    """Read a package.json, as npm does with or without a byte-order mark. Raises InputError: not a JSON object."""
    return Fields.from_json(file.data.removeprefix(b"\xef\xbb\xbf"), file.path)


def alias_target(version: str) -> tuple[str, str] | None:
    """Give the (name, version) behind an alias `npm:name@version`, None for anything else."""
    if not version.startswith("npm:"):
        return None
    return split_name(version[4:])


class Want(NamedTuple):
    """One package that another asks for. range: as written ("^1.2", "npm:ms@2", "workspace:*"); kind: the relation."""

    name: str
    range: str
    kind: str


def needs(table: Fields) -> Iterator[tuple[str, str]]:
    """Give the (name, relation) of all that a package asks for.

    What is optional too is optional: npm lists it in both tables.
    """
    for want in wants(table):
        yield want.name, want.kind


def wants(table: Fields) -> Iterator[Want]:
    """Give all that a package asks for, as `needs`, with the ranges."""
    optional = set(_names(table, "optionalDependencies"))
    for key, relation in RELATIONS:
        for name in _names(table, key):
            if relation != "depends_on" or name not in optional:
                wanted = table.value[key][name]
                yield Want(name, wanted if isinstance(wanted, str) else "", relation)


def _names(table: Fields, key: str) -> list[str]:
    value = table.value.get(key)  # very old packages have a list or a text here, which names no versions
    return [name for name in value if _NAME.fullmatch(name)] if isinstance(value, dict) else []


def candidates(folder: str, name: str) -> Iterator[str]:
    """Give the folders in which Node looks for `name` when a file in `folder` asks for it, the nearest first."""
    parts = folder.split("/") if folder else []
    for length in range(len(parts), -1, -1):
        if length and parts[length - 1] == "node_modules":
            continue
        yield "/".join([*parts[:length], "node_modules", name])


def integrity(text: str, where: str) -> tuple[Checksum, ...]:
    """Read `sha512-<base64> sha1-<base64>`; options after "?" are dropped. InputError names `where`."""
    found = set()
    for part in text.split():
        algorithm, _, value = part.partition("?")[0].partition("-")
        try:
            checksum = Checksum.parse(algorithm, base64.b64decode(value, validate=True).hex())
        except (binascii.Error, ValueError):
            checksum = None
        if checksum is None:
            raise InputError(where, f"expected an integrity like sha512-<base64>, got {part[:80]!r}")
        found.add(checksum)
    return tuple(sorted(found))


def address(value: object) -> str:
    """Give where a package was fetched from, without credentials; "" for what else old npm writes there (`false`).

    A revision of a repository, `git+https://host/path#<commit>` or `…#commit=<commit>`, becomes
    `git+https://host/path@<commit>` (SPDX 2.3, section 7.7); the SHA-1 that yarn puts behind "#" is no part of an
    address.
    """
    if not isinstance(value, str):
        return ""
    place, _, fragment = value.partition("#")
    short = _SHORT_REPOSITORY.fullmatch(place)
    if short and short.group(1):  # github:user/repository
        place = f"git+https://{_HOSTS[short.group(1)]}/{short.group(2)}"
    parameters = dict(pair.partition("=")[::2] for pair in fragment.split("&"))
    if _GIT.match(place) or "commit" in parameters:
        return git_location(place, parameters.get("commit", "" if "=" in fragment else fragment))
    return without_credentials(place if _SHA1.fullmatch(fragment) else value)


def licence(table: Fields) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Give the licence from `license`, or from the older list `licenses`, which offers a choice.

    Old packages have a table with `type` where a text should stand.
    """
    value = table.value.get("license", table.value.get("licence"))
    if not value:
        value = table.value.get("licenses")
    names = [_licence_name(item) for item in (value if isinstance(value, list) else [value])]
    stated = [name for name in names if name]
    if not stated:
        return None, ()
    return declared_licence(stated[0] if len(stated) == 1 else " OR ".join(f"({name})" for name in stated))


def _licence_name(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("type") or value.get("name")
    return value.strip() if isinstance(value, str) else ""


def originator(table: Fields) -> str:
    """Give the author, else the first maintainer or contributor.

    Each is a text, "Jane Doe <jane@mail.example> (https://jane.example)", or a table with `name` and `email`.
    """
    for key in ("author", "maintainers", "contributors"):
        value = table.value.get(key)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, str):
            match = _PERSON.match(value)
            found = person(match.group(1), match.group(2) or "") if match else ""
        elif isinstance(value, dict):
            found = person(*(item if isinstance(item, str) else "" for item in (value.get("name"), value.get("email"))))
        else:
            found = ""
        if found:
            return found
    return ""


def homepage(table: Fields) -> str:
    """Give the home page, else the repository, as an address that a browser opens; "" where neither is one."""
    value = table.value.get("homepage")
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return without_credentials(one_paragraph(value))
    value = table.value.get("repository")
    value = value.get("url") if isinstance(value, dict) else value
    if not isinstance(value, str):
        return ""
    short = _SHORT_REPOSITORY.fullmatch(value)
    if short:
        return f"https://{_HOSTS[short.group(1) or 'github']}/{short.group(2)}"
    plain = re.sub(r"^git\+|\.git$", "", re.sub(r"^git://", "https://", value))
    return without_credentials(plain) if plain.startswith(("http://", "https://")) else ""


def identity(table: Fields, *, project: bool = False) -> Purl:
    """Give the purl of the package that a package.json describes; that of a project may lack the version.

    Raises InputError: no name, or no version where one must stand.
    """
    name = read_name(table.text("name"), table.spot("name"))
    return npm(name, table.text_or("version") if project else table.text("version"))


def described(table: Fields, purl: Purl) -> Package:
    """Give the installed package that a package.json describes.

    Fields that only describe are read with leniency: people write anything there. The checksum and address are those
    that npm up to 6 left in the file.
    """
    expression, texts = licence(table)
    stated = table.value.get("_integrity")
    description = table.value.get("description")
    try:
        checksums = integrity(stated, "") if isinstance(stated, str) else ()
    except InputError:
        checksums = ()
    return Package(
        purl=purl,
        name=purl.full_name,
        version=purl.version,
        licence_declared=expression,
        licence_texts=texts,
        checksums=checksums,
        originator=originator(table),
        homepage=homepage(table),
        download_location=address(table.value.get("_resolved")),
        description=one_paragraph(description) if isinstance(description, str) else "",
    )
