"""Python packages in archives: wheels, zipped eggs, zip applications.

Reads: METADATA of wheels (https://packaging.python.org/en/latest/specifications/binary-distribution-format/), PKG-INFO
and requires.txt of eggs (https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html), and the distributions
inside zip applications (PEP 441, pex, shiv).
Gives: name, version, licence, author, home page, description; the checksum of a wheel or egg; what an application
contains, and how that depends on each other.
Cannot know: what packages without metadata an application has copied.

A wheel in a tree is there to be installed: it counts as a promise, like the entry of a lock file. A zipped egg inside
an environment is installed, since Python imports from it, and a zip application runs as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import msgspec

from custody.errors import InputError
from custody.inventory.catalogers import python_installed
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import is_below, nameless_project, parent, skipped_by
from custody.inventory.squash import tree_of
from custody.inventory.zip_reader import Limits, read_members
from custody.model import Checksum, Content, Dependency, Extractor, Package, Skipped

_WANTED = (
    ".dist-info/METADATA",
    ".egg-info/PKG-INFO",
    ".egg-info/requires.txt",
    "EGG-INFO/PKG-INFO",
    "EGG-INFO/requires.txt",
)
_LIMITS = Limits(directory_bytes=64 << 20, members=200_000, member_bytes=8 << 20, total_bytes=256 << 20)
"""The wheels with most files have some ten thousand; a description of one megabyte is already rare."""
_CHUNK = 1 << 20


class _Taken(msgspec.Struct, frozen=True, array_like=True):
    """What matters of one archive. problems: (member, why it could not be read)."""

    sha256: str
    files: tuple[tuple[str, bytes], ...]
    problems: tuple[tuple[str, str], ...]


def extract(path: str, content: Content) -> bytes:
    """Give the metadata of the distributions in an archive, b"" where there is none. Raises InputError: no zip file."""
    found = read_members(content, lambda name: name.endswith(_WANTED), where=path, limits=_LIMITS)
    if not found.data and not found.problems:
        if path.endswith((".whl", ".egg")):
            raise InputError(path, "no metadata in it: not a wheel or egg", "build it again")
        return b""
    digest = hashlib.sha256()
    for at in range(0, content.size, _CHUNK):
        digest.update(content.read(at, _CHUNK))
    taken = _Taken(digest.hexdigest(), tuple(sorted(found.data.items())), found.problems)
    return msgspec.msgpack.encode(taken)


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the one package of a wheel or egg, or an application with all that it contains."""
    try:
        taken = msgspec.msgpack.decode(file.data, type=_Taken)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InputError(file.path, f"what was taken out of it cannot be read: {error}") from None
    for name, why in taken.problems:
        yield Skipped(where=file.at(name), reason=why)
    kind = file.path.rpartition(".")[2]
    if kind == "whl":
        for package in _own(taken, file):
            yield replace(package, installed=False)
    elif kind == "egg":
        yield from _egg(taken, file, tree)
    else:
        yield from _application(taken, file)


def _own(taken: _Taken, file: File) -> Iterator[Package]:
    """Give the package that an archive is: its metadata stands at the top."""
    for name, data in taken.files:
        if name.count("/") == 1 and name.endswith(("/METADATA", "/PKG-INFO")):
            inner = File(path=file.at(name), data=data, layer=file.layer)
            package = python_installed.described(python_installed.read_headers(data), inner)
            checksums = (Checksum("sha256", taken.sha256),)
            yield replace(package, locations=(file.location(name),), checksums=checksums)


def _egg(taken: _Taken, file: File, tree: Tree) -> Iterator[Found]:
    installed = is_below(file.path, "site-packages", "dist-packages")
    for package in _own(taken, file):
        yield replace(package, installed=installed)
        needs = dict(taken.files).get("EGG-INFO/requires.txt", b"")
        if installed:
            rows = python_installed.egg_requirements(needs, file.path)
            yield from python_installed.edges(package, rows, parent(file.path), tree)


def _application(taken: _Taken, file: File) -> Iterator[Found]:
    """Read the inside as one environment: pex keeps each distribution in a folder of its own, on one search path."""
    inside: dict[str, bytes] = {}
    names: dict[str, str] = {}
    for name, data in taken.files:
        folder, _, last = name.rpartition("/")
        path = f"{file.path}/{folder.rpartition('/')[2]}/{last}"
        inside[path] = data
        names.setdefault(path, name)
    environment = tree_of(inside, layer=file.layer)
    ids: list[str] = []
    edges: list[Dependency] = []
    for member in environment.matching(python_installed.GLOBS):
        try:
            for found in python_installed.parse(member, environment):
                if isinstance(found, Package):
                    yield replace(found, locations=(file.location(names[member.path]),))
                    ids.append(found.id)
                elif isinstance(found, Dependency):
                    edges.append(found)
        except InputError as error:
            yield skipped_by(InputError(file.at(names[member.path]), error.what, error.fix))
    if ids:
        project = replace(nameless_project(file), installed=True, checksums=(Checksum("sha256", taken.sha256),))
        yield project
        yield from rooted(project.id, ids, edges)


CATALOGER = Cataloger(
    name="python-archives",
    extractor=Extractor(
        name="python-archive",
        extract=extract,
        globs=tuple(f"**/*.{kind}" for kind in ("whl", "egg", "pyz", "pyzw", "pex")),
    ),
    beside=python_installed.GLOBS,
    gives=("name", "version", "licence", "edges", "project", "checksum", "author", "home page", "description"),
    cannot_know=("packages without metadata inside applications",),
    ecosystems=("PyPI",),
    parse=parse,
)
