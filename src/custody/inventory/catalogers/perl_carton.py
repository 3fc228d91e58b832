"""cpanfile.snapshot → CPAN distributions.

Reads: cpanfile.snapshot version 1.0 of Carton and Carmel, and the cpanfile beside it
for what the project asks for itself. A cpanfile is Perl: read line by line, never run.
Gives: name with its author, version, edges (a requirement names a module; the distribution that provides it is meant),
the project with what it needs, what its tests and development need as dev.
Cannot know: licences, checksums; modules that come with Perl itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import rooted
from custody.inventory.lockfile import join_path, nameless_project, parent
from custody.inventory.perl_packages import cpan, read_pathname
from custody.model import Dependency, Package, Skipped

_REQUIRES = re.compile(r"(?P<kind>requires|recommends|suggests|(?:\w+_)requires)\s*\(?\s*['\"](?P<name>[\w:]+)['\"]")
_ON = re.compile(r"on\s*\(?\s*['\"]?(?P<phase>\w+)['\"]?\s*(?:=>|,)\s*sub\s*\{")
_PHASES = {"test": "dev", "develop": "dev", "author": "dev", "build": "build", "configure": "build"}


@dataclass(slots=True)
class _Entry:
    """One distribution."""

    title: str
    line: int
    pathname: str = ""
    provides: list[str] = field(default_factory=list)
    requirements: list[str] = field(default_factory=list)


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the locked distributions, the project that they are locked for, and who needs whom."""
    entries = list(_entries(file))
    project = nameless_project(file)
    yield project
    packages: list[tuple[_Entry, Package]] = []
    for entry in entries:
        archive = read_pathname(entry.pathname)
        if archive is None:
            reason = f"expected the path of an archive, got {entry.pathname[:80]!r}"
            yield Skipped(where=file.at(f"line {entry.line}"), reason=reason)
            continue
        package = Package(
            purl=cpan(archive.name, archive.version, archive.author),
            name=archive.name,
            version=archive.version,
            locations=(file.location(f"line {entry.line}"),),
            installed=False,
        )
        packages.append((entry, package))
        yield package
    provider = {module: package.id for entry, package in packages for module in entry.provides}
    edges = [
        Dependency(source=package.id, target=provider[module])
        for entry, package in packages
        for module in entry.requirements
        if module in provider
    ]
    manifest = tree.get(join_path(parent(file.path), "cpanfile") or "")
    for module, relation in _direct(manifest) if manifest else ():
        if module in provider:
            edges.append(Dependency(source=project.id, target=provider[module], relation=relation))
    yield from rooted(project.id, (package.id for _, package in packages), edges)


def _entries(file: File) -> Iterator[_Entry]:
    """Read the file's indented lists."""
    entry, key = None, ""
    lines = file.data.decode("utf-8", "replace").splitlines()
    if not any(line.startswith("DISTRIBUTIONS") for line in lines):
        raise InputError(file.path, "expected a line DISTRIBUTIONS", "run carton install")
    for number, line in enumerate(lines, 1):
        depth, words = len(line) - len(line.lstrip()), line.split()
        if not words or line.startswith("#"):
            continue
        if depth == 2:
            if entry:
                yield entry
            entry, key = _Entry(title=words[0], line=number), ""
        elif depth == 4 and entry:
            key = words[0].rstrip(":")
            if key == "pathname":
                entry.pathname = words[1] if len(words) > 1 else ""
        elif depth == 6 and entry and key in ("provides", "requirements"):
            (entry.provides if key == "provides" else entry.requirements).append(words[0])
    if entry:
        yield entry


def _direct(manifest: File) -> Iterator[tuple[str, str]]:
    """Give (module, relation) of what a cpanfile asks for. A phase lasts until the line that closes its block."""
    phases: list[str] = []
    for line in manifest.data.decode("utf-8", "replace").splitlines():
        code = re.sub(r"(?<!\\)#.*", "", line)[:1000]
        opened = _ON.search(code)
        if opened:
            phases.append(_PHASES.get(opened["phase"], "depends_on"))
        elif code.rstrip().endswith("{"):
            phases.append(phases[-1] if phases else "depends_on")
        for match in _REQUIRES.finditer(code):
            kind = match["kind"]
            stated = _PHASES.get(kind.removesuffix("_requires")) if kind.endswith("_requires") else None
            phase = stated or (phases[-1] if phases else "depends_on")
            yield match["name"], phase if kind.endswith("requires") else "optional"
        if (re.match(r"\s*\}", code) and phases) or (opened and code.rstrip().endswith(("};", "}"))):
            phases.pop()


CATALOGER = Cataloger(
    name="perl-carton",
    globs=("**/cpanfile.snapshot",),
    beside=("**/cpanfile",),
    gives=("name", "version", "edges", "relations", "project"),
    cannot_know=("licence", "checksum", "modules that come with Perl"),
    parse=parse,
)
