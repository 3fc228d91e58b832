"""Programs of no package manager → well-known products, by the version text inside them.

Reads: ELF, PE and Mach-O programs whose names stand in the table `classifiers`, through the extractor `program`, and
the few files of the table that are text.
Gives: name, version, cpe (what the vulnerability database NVD calls it), and the place of the text as evidence.
Cannot know: who built it, with what patches: a distribution's own build is told by the distribution's database, and
what that owns is shown as its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from custody.inventory.classifiers import CLASSIFIERS, Classifier, classifiers_for
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import parent
from custody.inventory.program import PROGRAM, Match, read_program
from custody.model import Package, Purl

__all__ = ["CATALOGER", "parse"]


_JAVA = ("openjdk", "oracle-jdk")
_HOME_DEPTH = 6
"""Folders above a Java's libjvm.so, at most, that its home is: `jre/lib/amd64/server` of Java 8 is the deepest."""


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the products that one file is."""
    # Hard links (the applets of BusyBox) carry what was taken under the first name; only the right names count.
    names = {row.name for row in classifiers_for(file.path)}
    for match in read_program(file).matches:
        row = _rows().get(match.name)
        if row is None or match.name not in names:
            continue
        if match.name not in _JAVA or not _says_release(file.path, tree):
            yield _package(row, match, file)


def _says_release(path: str, tree: Tree) -> bool:
    """Say whether the home of a Java has its `release` file, which says more of it, and is read elsewhere."""
    for _ in range(_HOME_DEPTH):
        path = parent(path)
        if path and tree.exists(f"{path}/release"):
            return True
    return False


@cache
def _rows() -> dict[str, Classifier]:
    return {row.name: row for row in CLASSIFIERS}


def _package(row: Classifier, match: Match, file: File) -> Package:
    kind, _, path = row.purl.partition("/")
    namespace, _, name = path.rpartition("/")
    version = match.version + match.update
    return Package(
        purl=Purl(kind, name, version, namespace),
        name=row.name,
        version=version,
        locations=(file.location(f"{match.text!r} at byte {match.offset}"),),
        cpes=tuple(
            f"cpe:2.3:a:{product}:{_escaped(match.version)}:{_escaped(match.update) or '*'}:*:*:*:*:*:*"
            for product in row.cpes
        ),
        purpose="APPLICATION",
    )


def _escaped(text: str) -> str:
    """Write a text as a component of a CPE 2.3 name: all but letters, digits, ".", "-" and "_" behind a backslash."""
    return re.sub(r"([^A-Za-z0-9._-])", r"\\\1", text.lower())


CATALOGER = Cataloger(
    name="binary-classifier",
    extractor=PROGRAM,
    parse=parse,
    gives=("name", "version", "cpe"),
    cannot_know=("edges", "licence", "patches of whoever built it"),
)
