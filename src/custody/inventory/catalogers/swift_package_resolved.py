"""Package.resolved → Swift packages.

Reads: Package.resolved version 1 to 3, of the Swift package manager and of Xcode
(https://docs.swift.org/package-manager/, "Resolving dependency versions").
Gives: name with its host and owner, version, the commit that it was taken at; the project contains them.
Cannot know: licences, checksums, which package needs which, what the project asks for itself: Package.swift is code.

A package that is pinned to a branch or a commit has no version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lock_graph import git_location, rooted
from custody.inventory.lockfile import nameless_project, read_each
from custody.model import Package, Purl

_ADDRESS = re.compile(
    r"(?:[a-z+]+://)?(?:[^@/]*@)?(?P<host>[^:/]+)(?::\d+)?[:/]/*(?P<path>[^?#]+?)(?:\.git)?/*", re.IGNORECASE
)
_IDENTITY = re.compile(r"(?P<scope>[A-Za-z0-9][A-Za-z0-9-]*)\.(?P<name>[A-Za-z0-9][A-Za-z0-9_-]*)")


def parse(file: File, _tree: Tree) -> Iterator[Found]:
    """Give the pinned packages and the project that contains them."""
    document = Fields.from_json(file.data, file.path)
    version = document.integer("version")
    if version not in (1, 2, 3):
        raise document.fault("version", f"expected 1, 2 or 3, got {version}")
    table = document.table("object") if version == 1 else document
    packages, skipped = read_each(table, "pins", lambda pin: _read(pin, file))
    yield from skipped
    project = nameless_project(file)
    yield project
    yield from packages
    yield from rooted(project.id, (package.id for package in packages), ())


def _read(pin: Fields, file: File) -> Package:
    state = pin.table("state")
    address = pin.text_or("location") or pin.text_or("repositoryURL")
    version = state.text_or("version")
    is_registry = pin.text_or("kind") == "registry"
    namespace, name = _from_identity(pin) if is_registry else _from_address(address, pin)
    has_host = bool(namespace) and not is_registry
    return Package(
        purl=Purl("swift", name, version, namespace=namespace),
        name=f"{namespace}/{name}" if namespace else name,
        version=version,
        locations=(file.location(pin.path),),
        download_location=git_location(address, state.text_or("revision")) if has_host else "",
        installed=False,
    )


def _from_identity(pin: Fields) -> tuple[str, str]:
    match = _IDENTITY.fullmatch(pin.text("identity"))
    if match is None:
        raise pin.fault("identity", f"expected scope.name, got {pin.text('identity')[:60]!r}")
    return match["scope"], match["name"]


def _from_address(address: str, pin: Fields) -> tuple[str, str]:
    """Give (host/owner, name); a path on the machine has no host, so its identity is all there is."""
    match = _ADDRESS.fullmatch(address)
    parts = [part for part in match["path"].split("/") if part not in ("", ".", "..")] if match else []
    if match is None or not parts or address.startswith(("/", ".", "file:")):
        name = pin.text_or("identity") or pin.text("package")
        if not re.fullmatch(r"[\w .-]+", name):
            raise InputError(pin.at, f"expected the address of a repository, got {address[:60]!r}")
        return "", name
    return "/".join([match["host"].lower(), *parts[:-1]]), parts[-1]


CATALOGER = Cataloger(
    name="swift-package-resolved",
    globs=("**/Package.resolved", "**/.package.resolved"),
    gives=("name", "version", "project", "download"),
    cannot_know=("licence", "checksum", "edges"),
    ecosystems=("SwiftURL",),
    parse=parse,
)
