"""What the catalogers of PHP share: packages, projects and needs as Composer writes them.

    read_package(entry, file, installed=False)      # one entry of composer.lock or installed.json
    edges_among(entries)                            # requirements, also those that another package provides or replaces

Specs: https://getcomposer.org/doc/04-schema.md; purl-spec type `composer`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import File, Tree
from custody.inventory.lock_graph import git_location
from custody.inventory.lockfile import join_path, nameless_project, skipped_by, without_credentials
from custody.inventory.metadata import declared_licence, one_paragraph, person
from custody.model import Checksum, Dependency, Package, Purl, Skipped

__all__ = [
    "Entry",
    "Project",
    "composer",
    "edges_among",
    "edges_from",
    "is_platform",
    "licence",
    "read_package",
    "read_project",
]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A package with what it requires, and the names that it stands in for."""

    package: Package
    needs: tuple[str, ...] = ()
    stands_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The project as composer.json describes it. needs: (name, relation), None where there is no composer.json."""

    package: Package
    needs: tuple[tuple[str, str], ...] | None = None
    skipped: tuple[Skipped, ...] = ()


def composer(name: str, version: str, where: str) -> Purl:
    """Give the purl of `vendor/name`; InputError names `where`."""
    if not _NAME.fullmatch(name):
        raise InputError(where, f"expected a package's name like vendor/name, got {name[:60]!r}")
    vendor, _, bare = name.partition("/")
    return Purl("composer", bare, version, namespace=vendor)


def is_platform(name: str) -> bool:
    """Say whether a name is not a package but something that the machine must have: php, ext-json, lib-curl.

    All packages have a vendor before a "/". What the machine really has is for its own catalogers to find.
    """
    return "/" not in name


def read_package(entry: Fields, file: File, *, installed: bool) -> Entry:
    """Read one package of composer.lock or installed.json."""
    name, version = entry.text("name"), entry.text("version")
    stated, texts = licence(entry)
    dist, source = entry.table("dist"), entry.table("source")
    checksum = Checksum.parse("sha1", dist.text_or("shasum"))
    first = next((item for item in entry.items("authors") if isinstance(item, dict)), {})
    author, mail = (str(first.get(key) or "") for key in ("name", "email"))
    package = Package(
        purl=composer(name, version, entry.spot("name")),
        name=name,
        version=version,
        locations=(file.location(entry.path),),
        licence_declared=stated,
        licence_texts=texts,
        checksums=(checksum,) if checksum else (),
        originator=person(author, mail),
        homepage=entry.text_or("homepage"),
        description=one_paragraph(entry.text_or("description")),
        download_location=_download(dist, source),
        released=_moment(entry.text_or("time")),
        installed=installed,
    )
    needs = tuple(need for need in _names(entry, "require") if not is_platform(need))
    return Entry(package=package, needs=needs, stands_for=(*_names(entry, "replace"), *_names(entry, "provide")))


def _download(dist: Fields, source: Fields) -> str:
    """Give the archive, else the commit; a path on the machine that made the lock file is no such place."""
    if "://" in dist.text_or("url"):
        return without_credentials(dist.text_or("url"))
    address, kind = source.text_or("url"), source.text_or("type")
    return git_location(address, source.text_or("reference")) if kind == "git" else without_credentials(address)


def _moment(text: str) -> str:
    """Give `2023-10-27T15:32:31+00:00` in the form for UTC; other zones are not worked out, "" for them."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\+00:00|Z)?)?", text)
    return "" if match is None else f"{match[1]}T{match[2]}Z" if match[2] else match[1]


def licence(table: Fields) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Give the licence: a text, or a list to choose from (Composer's schema: "disjunctive")."""
    value = table.value.get("license")
    stated = [
        text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str) and text.strip()
    ]
    if len(stated) > 1:
        stated = [" or ".join(text if text.startswith("(") else f"({text})" for text in stated)]
    return declared_licence(stated[0]) if stated else (None, ())


def _names(table: Fields, key: str) -> list[str]:
    value = table.value.get(key)  # PHP writes an empty table as a list
    return [str(name).lower() for name in value] if isinstance(value, dict) else []


def read_project(folder: str, file: File, tree: Tree) -> Project:
    """Give the project whose composer.json stands in `folder`; `file` names it where nothing else does."""
    nameless = nameless_project(file)
    manifest = tree.get(join_path(folder, "composer.json") or "")
    if manifest is None:
        return Project(package=nameless)
    try:
        table = Fields.from_json(manifest.data, manifest.path)
        needs = [(name, "depends_on") for name in _names(table, "require")]
        needs += [(name, "dev") for name in _names(table, "require-dev")]
        project = Project(package=nameless, needs=tuple(need for need in needs if not is_platform(need[0])))
        if "name" not in table:
            return project
        stated, texts = licence(table)
        name, version = table.text("name"), table.text_or("version")
        package = replace(
            nameless,
            purl=composer(name, version, table.spot("name")),
            name=name,
            version=version,
            locations=(manifest.location(), file.location()),
            licence_declared=stated,
            licence_texts=texts,
            description=one_paragraph(table.text_or("description")),
            homepage=table.text_or("homepage"),
        )
    except InputError as error:
        return Project(package=nameless, skipped=(skipped_by(error),))
    return replace(project, package=package)


def edges_among(entries: Sequence[Entry]) -> Iterator[Dependency]:
    """Give who requires whom."""
    by_name = _by_name(entries)
    for entry in entries:
        for need in entry.needs:
            for target in by_name.get(need, ()):
                yield Dependency(source=entry.package.id, target=target)


def edges_from(project: str, needs: Iterable[tuple[str, str]], entries: Iterable[Entry]) -> Iterator[Dependency]:
    """Give the edges from the project to what it asks for itself."""
    by_name = _by_name(entries)
    for name, relation in needs:
        for target in by_name.get(name, ()):
            yield Dependency(source=project, target=target, relation=relation)


def _by_name(entries: Iterable[Entry]) -> Mapping[str, list[str]]:
    """Give name → ids: packages of that name, else those that replace or provide it."""
    named: dict[str, list[str]] = {}
    standing: dict[str, list[str]] = {}
    for entry in entries:
        named.setdefault(entry.package.purl.full_name, []).append(entry.package.id)
        for name in entry.stands_for:
            standing.setdefault(name, []).append(entry.package.id)
    return {**standing, **named}
