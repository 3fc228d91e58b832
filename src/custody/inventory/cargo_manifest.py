"""Cargo.toml: what a crate says of itself, and what it asks for and in which way.

Spec: the Cargo Book, "The Manifest Format", "Specifying Dependencies", "Workspaces"
(https://doc.rust-lang.org/cargo/reference/manifest.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Tree
from custody.inventory.lockfile import join_path, parent, without_credentials
from custody.inventory.metadata import declared_licence, one_paragraph, person
from custody.model import Package, Purl

__all__ = ["Need", "crate_purl", "describe", "is_public", "needs", "read_crate_name", "workspace_of"]

_TABLES = (("dependencies", "depends_on"), ("build-dependencies", "build"), ("dev-dependencies", "dev"))
_CRATE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,200}")
_PUBLIC = re.compile(r"[/.]crates\.io(?:-index)?/?$")
_AUTHOR = re.compile(r"([^<]*)(?:<([^>]*)>)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One dependency. name: of the crate, also where the manifest calls it otherwise; wanted: the range, "" for any.

    folder: of its manifest, where it is one of the same tree.
    """

    name: str
    relation: str
    wanted: str = ""
    place: str = ""
    folder: str = ""


def read_crate_name(text: str, where: str) -> str:
    """Give a crate's name. Raises InputError: no crate can be called that."""
    if not _CRATE.fullmatch(text):
        raise InputError(where, f"expected the name of a crate, got {text[:60]!r}")
    return text


def is_public(source: str) -> bool:
    """Say whether a source is the registry that is meant where none is named, by its index in git or over HTTP."""
    return _PUBLIC.search(source) is not None


def crate_purl(name: str, version: str, source: str = "") -> Purl:
    """Give the purl of a crate from `source` as Cargo.lock writes it ("registry+…", "git+…?tag=…#commit", "").

    Spec: purl-spec, type `cargo`, and the qualifiers `repository_url` and `vcs_url`.
    """
    kind, _, address = without_credentials(source).partition("+")
    if not address or is_public(source):
        return Purl("cargo", name, version)
    if kind == "git":
        place, _, commit = address.partition("#")
        place = place.partition("?")[0]
        return Purl("cargo", name, version, "", (("vcs_url", f"git+{place}@{commit}" if commit else f"git+{place}"),))
    return Purl("cargo", name, version, "", (("repository_url", address),))


def needs(manifest: Fields, workspace: Fields | None = None) -> Iterator[Need]:
    """Give what a manifest asks for, for all platforms; one that is asked for twice stands twice.

    workspace: the manifest of the workspace, for `{ workspace = true }`. Raises InputError: a dependency is neither
    a range nor a table.
    """
    shared = workspace.table("workspace").table("dependencies") if workspace else None
    tables = [manifest, *(table for _, table in manifest.tables("target"))]
    for table in tables:
        for key, relation in _TABLES:
            for name in (key, key.replace("-", "_")):  # the older spelling
                for alias in table.table(name).value:
                    yield _need(str(alias), table.table(name), relation, shared)


def _need(alias: str, table: Fields, relation: str, shared: Fields | None) -> Need:
    place = table.spot(alias)
    if isinstance(table.value[alias], str):
        return Need(name=read_crate_name(alias, place), relation=relation, wanted=table.text(alias), place=place)
    entry = table.table(alias)
    optional = entry.boolean("optional")
    if entry.value.get("workspace") is True and shared is not None and alias in shared:
        if isinstance(shared.value[alias], str):
            entry = Fields({"version": shared.value[alias]}, table.where)
        else:
            entry = shared.table(alias)
    name = read_crate_name(entry.text_or("package") or alias, place)
    if optional and relation == "depends_on":
        relation = "optional"
    folder = join_path(parent(table.where), entry.text("path")) if "path" in entry else None
    return Need(name=name, relation=relation, wanted=entry.text_or("version"), place=place, folder=folder or "")


def describe(package: Package, manifest: Fields, tree: Tree) -> Package:
    """Give a package with what its manifest says of licence, authors, home page and purpose.

    What the manifest takes from its workspace is looked up there. A field of a wrong type says nothing.
    """
    table = manifest.table("package")
    above = workspace_of(manifest, tree) if any(isinstance(v, dict) for v in table.value.values()) else None
    shared = above.table("workspace").table("package").value if above else {}

    def text(key: str) -> str:
        value = table.value.get(key)
        if isinstance(value, dict) and value.get("workspace") is True:
            value = shared.get(key)
        return value if isinstance(value, str) else ""

    authors = table.value.get("authors")
    first = next((author for author in authors if isinstance(author, str)), "") if isinstance(authors, list) else ""
    match = _AUTHOR.match(first)
    # The slash is how crates wrote OR before there were expressions.
    expression, texts = declared_licence(text("license").replace("/", " OR "))
    return replace(
        package,
        licence_declared=package.licence_declared or expression,
        licence_texts=package.licence_texts or texts,
        originator=person(match[1], match[2] or "") if match else "",
        homepage=without_credentials(text("homepage") or text("repository")),
        description=one_paragraph(text("description")),
    )


def workspace_of(manifest: Fields, tree: Tree) -> Fields | None:
    """Give the manifest of the workspace that a crate belongs to, its own included; None where it has none."""
    folder = parent(manifest.where)
    named = manifest.table("package").value.get("workspace")
    if isinstance(named, str):
        folders = [found] if (found := join_path(folder, named)) is not None else []
    else:
        folders = [folder]
        while folder:
            folder = parent(folder)
            folders.append(folder)
    for place in folders:
        found_file = tree.get(f"{place}/Cargo.toml" if place else "Cargo.toml")
        if found_file is not None:
            try:
                above = Fields.from_toml(found_file.data, found_file.path)
            except InputError:
                continue  # told where that file itself is read
            if isinstance(above.value.get("workspace"), dict):
                return above
    return None
