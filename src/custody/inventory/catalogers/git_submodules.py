"""Git submodules → the repositories that a checkout is put together from.

Reads: .gitmodules, https://git-scm.com/docs/gitmodules. Gives: name, where the repository is, and that the checkout
contains it.
Cannot know: at which commit a submodule is: that stands in git's own files, which are no part of what is delivered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, join_path, nameless_project, parent, without_credentials
from custody.model import Dependency, Package, Purl, Skipped

_SECTION = re.compile(r'\s*\[\s*submodule\s+"((?:[^"\\]|\\.)*)"\s*\]\s*')
_PAIR = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)\s*=\s*(.*?)\s*")
_HUB = re.compile(
    r"(?:https?://|ssh://git@|git://|git@)(github|gitlab|bitbucket)\.(?:com|org)[/:]([^/]+)/(.+?)(?:\.git)?/?"
)
_SCP = re.compile(r"(?:([\w.-]+)@)?([\w.-]+):(?!//)([^\s]+)")
_OTHERS = ("node_modules", "site-packages", "dist-packages", "vendor", "testdata")
MAX_LINE = 4096
MAX_SUBMODULES = 5000


@dataclass(slots=True, kw_only=True)
class _Submodule:
    name: str
    line: int
    url: str = ""
    path: str = ""


def parse(file: File, tree: Tree) -> Iterator[Found]:  # noqa: ARG001 - the seam's signature
    """Give the submodules; one without an address is noted."""
    if is_below(file.path, *_OTHERS):
        return
    submodules = list(_read(file))[:MAX_SUBMODULES]
    if not submodules:
        return
    project = replace(nameless_project(file), purpose="FILE")
    yield project
    for submodule in submodules:
        place = f"submodule {submodule.name}"
        package = _package(submodule, file, place)
        if package is None:
            yield Skipped(where=file.at(f"line {submodule.line}"), reason=f"no address of a repository for {place!r}")
            continue
        yield package
        yield Dependency(source=project.id, target=package.id, relation="contains")


def _read(file: File) -> Iterator[_Submodule]:
    """Give the sections of the file. Spec: git-config(1), "Syntax"; comments begin with # or ;."""
    current: _Submodule | None = None
    for number, line in enumerate(file.data.decode("utf-8-sig", "replace").split("\n"), 1):
        if len(line) > MAX_LINE or line.lstrip().startswith(("#", ";")):
            continue
        section, pair = _SECTION.fullmatch(line), _PAIR.fullmatch(line)
        if section:
            if current is not None:
                yield current
            current = _Submodule(name=re.sub(r"\\(.)", r"\1", section[1]), line=number)
        elif line.lstrip().startswith("["):
            if current is not None:
                yield current
            current = None
        elif pair and current is not None:
            value = pair[2].strip('"')
            if pair[1].lower() == "url":
                current.url = value
            elif pair[1].lower() == "path":
                current.path = value
    if current is not None:
        yield current


def _package(submodule: _Submodule, file: File, place: str) -> Package | None:
    """Give the repository. A relative address is relative to one that only git knows, so it names nothing."""
    url = submodule.url
    if not url or url.startswith(("./", "../", "/")):
        return None
    hub, scp = _HUB.fullmatch(url), _SCP.fullmatch(url)
    address = without_credentials(f"ssh://{scp[1] or 'git'}@{scp[2]}/{scp[3]}" if scp and "://" not in url else url)
    name = re.sub(r"(\.git)?/*$", "", address).rpartition("/")[2]
    if not name:
        return None
    purl = (
        Purl(hub[1], hub[3].rpartition("/")[2], "", f"{hub[2]}/{hub[3]}".rpartition("/")[0])
        if hub
        else Purl("generic", name, qualifiers=(("vcs_url", f"git+{address}"),))
    )
    where = join_path(parent(file.path), submodule.path)
    return Package(
        purl=purl,
        name=f"{hub[2]}/{hub[3]}" if hub else name,
        locations=(file.location(f"{place} in {where}" if where else place),),
        download_location=f"git+{address}",
        installed=False,
    )


CATALOGER = Cataloger(
    name="git-submodules",
    globs=("**/.gitmodules",),
    gives=("name", "project", "download"),
    cannot_know=("version", "licence", "edges"),
    parse=parse,
)
