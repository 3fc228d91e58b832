"""Reading lock files: a bad entry is reported and does not hide the others; addresses lose their secrets.

    packages, skipped = read_each(lock, "package", read_package)
    without_credentials("https://user:secret@packages.example/x.whl")   # https://packages.example/x.whl
    nameless_project(file)                                              # pkg:generic/app/Pipfile.lock

A lock file stands for a project. A project that has a name is a package of its ecosystem; one without is named for
the lock file, so that what it asks for directly and what follows from that stay apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import File
from custody.model import Dependency, Package, Purl, Skipped

__all__ = [
    "contain_tops",
    "in_folder",
    "is_below",
    "join_path",
    "nameless_project",
    "parent",
    "read_each",
    "read_named",
    "skipped_by",
    "upward",
    "vcs_location",
    "without_credentials",
]

T = TypeVar("T")

_USERINFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)([^/?#]*)@")
_SECRET = re.compile(r"token|secret|passw|credential|signature|api[-_]?key|^(?:auth|key|sig)$", re.IGNORECASE)

_SCP = re.compile(r"((?:[^/@:]+@)?[^/@:]+):([^/].*)")


def skipped_by(error: InputError) -> Skipped:
    """Give the note that something could not be read, from the error that says why."""
    return Skipped(where=error.where, reason=f"{error.what}; {error.fix}" if error.fix else error.what)


def read_each(table: Fields, key: str, read: Callable[[Fields], T]) -> tuple[list[T], list[Skipped]]:
    """Read every table of the list `key`: what was read, and a note for each entry that `read` refused.

    Raises InputError: `key` is there and is no list.
    """
    results: list[T] = []
    skipped: list[Skipped] = []
    for index, item in enumerate(table.items(key)):
        path = f"{table.path}.{key}[{index}]" if table.path else f"{key}[{index}]"
        if not isinstance(item, dict):
            skipped.append(Skipped(where=f"{table.where}:{path}", reason=f"expected a table, got {str(item)[:60]!r}"))
            continue
        try:
            results.append(read(Fields(item, table.where, path)))
        except InputError as error:
            skipped.append(skipped_by(error))
    return results, skipped


def read_named(table: Fields, key: str, read: Callable[[str, Fields], T]) -> tuple[list[T], list[Skipped]]:
    """Read every table inside the table `key`, by name; the rest as `read_each`."""
    inner = table.table(key)
    results: list[T] = []
    skipped: list[Skipped] = []
    for name in inner.value:
        try:
            results.append(read(str(name), inner.table(name)))
        except InputError as error:
            skipped.append(skipped_by(error))
    return results, skipped


def without_credentials(address: str) -> str:
    """Give an address without user, password and tokens. The user of an SSH address (`git@`) is a name and stays."""
    match = _USERINFO.match(address)
    if match:
        scheme, user = match.group(1), match.group(2).partition(":")[0]
        keep = f"{user}@" if "ssh" in scheme and user else ""
        address = scheme + keep + address[match.end() :]
    head, question, rest = address.partition("?")
    if not question:
        return address
    query, hash_, fragment = rest.partition("#")
    kept = "&".join(pair for pair in query.split("&") if not _SECRET.search(pair.partition("=")[0]))
    return head + (f"?{kept}" if kept else "") + hash_ + fragment


def nameless_project(file: File) -> Package:
    """Give the project of a lock file where nothing names it: a generic package named for the file's path."""
    folder, name = parent(file.path), file.path.rpartition("/")[2]
    return Package(
        purl=Purl("generic", name, namespace=folder),
        name=file.path,
        locations=(file.location(),),
        purpose="APPLICATION",
        installed=False,
    )


def contain_tops(project: str, packages: Iterable[str], edges: Iterable[Dependency]) -> Iterator[Dependency]:
    """Let the project contain what no other package of its lock file needs.

    It is all that is known where no file says what the project asks for itself.
    """
    needed = {edge.target for edge in edges if edge.source != edge.target}
    for package in sorted({*packages} - needed - {project}):
        yield Dependency(source=project, target=package, relation="contains")


def parent(path: str) -> str:
    """Give the folder of a path, "" at the root."""
    return path.rpartition("/")[0]


def upward(folder: str) -> Iterator[str]:
    """Give a folder and all above it, up to the root ("")."""
    while folder:
        yield folder
        folder = parent(folder)
    yield ""


def in_folder(folder: str, name: str) -> str:
    """Give the path of what stands in a folder ("" is the root)."""
    return f"{folder}/{name}" if folder else name


def join_path(folder: str, relative: str) -> str | None:
    """Give the path that `relative` names from inside `folder`; None where it is absolute or leaves the root."""
    if relative.startswith("/"):
        return None
    parts = folder.split("/") if folder else []
    for part in relative.split("/"):
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def is_below(path: str, *folders: str) -> bool:
    """Say whether a folder with one of these names stands somewhere above `path`."""
    return not set(folders).isdisjoint(path.split("/")[:-1])


def vcs_location(kind: str, address: str, revision: str) -> str:
    """Give the place of a revision in a repository, `git+https://host/path@commit` (SPDX 2.3, section 7.7; PEP 610)."""
    scp = _SCP.fullmatch(address)
    if scp:  # git's own short form of an SSH address
        address = f"ssh://{scp.group(1)}/{scp.group(2)}"
    address = without_credentials(address)
    address = address if address.startswith(f"{kind}+") else f"{kind}+{address}"
    return f"{address}@{revision}" if revision else address
