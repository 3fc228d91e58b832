"""Conda environments → the packages installed in them.

Reads: conda-meta/*.json (one for each package, as conda, mamba and rattler write them; conda's "PrefixRecord"),
pkgs/*/info/about.json of the package cache for home page and summary. Gives: name, version, build, channel, platform,
licence, address and checksums of the package file, build time; edges (`depends`) inside the environment; which files
belong to it.  Cannot know: the supplier; what was asked for, where the tool did not record it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import parent, without_credentials
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.inventory.system_packages import moment, remembered
from custody.model import Checksum, Dependency, Package, Purl

__all__ = ["CATALOGER", "parse"]

RECORDS = "**/conda-meta/*.json"
ABOUT = "**/pkgs/*/info/about.json"

_NAME = re.compile(r"\s*(?:[^\s:]*::)?([A-Za-z0-9_][A-Za-z0-9_.-]*)")
_SUFFIXES = (".tar.bz2", ".conda")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the package of one record with its edges to others of the same environment."""
    record = Fields.from_json(file.data, file.path)
    if "name" not in record and "version" not in record:  # conda keeps files of its own there too: frozen, state
        return
    package = _package(record, file, tree)
    yield package
    installed = remembered(tree, _Environments).by_folder.get(parent(file.path), {})
    targets = {installed[name] for need in record.texts("depends") if (name := _name(need)) in installed}
    yield from (Dependency(source=package.id, target=target) for target in sorted(targets - {package.id}))


class _Environments:
    """conda-meta folder → name → package id."""

    def __init__(self, tree: Tree) -> None:
        self.by_folder: dict[str, dict[str, str]] = {}
        for file in tree.matching((RECORDS,)):
            try:
                record = Fields.from_json(file.data, file.path)
                self.by_folder.setdefault(parent(file.path), {})[record.text("name")] = str(_purl(record))
            except InputError:  # told when the file itself is read
                continue


def _name(spec: str) -> str:
    match = _NAME.match(spec)
    return match[1].lower() if match else ""


def _purl(record: Fields) -> Purl:
    """Spec: purl-spec, type `conda`: qualifiers build, channel, subdir, type."""
    file_name = record.text_or("fn")
    qualifiers = (
        ("build", record.text_or("build")),
        ("channel", _channel(record)),
        ("subdir", record.text_or("subdir")),
        ("type", next((suffix[1:] for suffix in _SUFFIXES if file_name.endswith(suffix)), "")),
    )
    return Purl("conda", record.text("name"), record.text("version"), "", qualifiers)


def _channel(record: Fields) -> str:
    """Give the channel's own name: `conda-forge` for an address that ends in /conda-forge/linux-64."""
    address = without_credentials(record.text_or("channel")).split("?", 1)[0].rstrip("/")
    subdir = record.text_or("subdir")
    if subdir and address.endswith(f"/{subdir}"):
        address = address[: -len(subdir) - 1]
    return address.rpartition("/")[2]


def _package(record: Fields, file: File, tree: Tree) -> Package:
    purl = _purl(record)
    licence, texts = declared_licence(record.text_or("license"))
    about = _about(record, file, tree)
    checksums = [Checksum.parse(name, record.text_or(name)) for name in ("md5", "sha256")]
    stamp = record.value.get("timestamp")
    # conda writes milliseconds, some tools seconds; a time in seconds is below 10^11 until the year 5138.
    seconds = int(stamp / 1000 if stamp > 10**11 else stamp) if isinstance(stamp, int) else None
    return Package(
        purl=purl,
        name=purl.name,
        version=purl.version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        checksums=tuple(item for item in checksums if item is not None),
        homepage=_stated(about, "home"),
        download_location=without_credentials(record.text_or("url")),
        description=one_paragraph(_stated(about, "summary")),
        released=moment(seconds),
    )


def _about(record: Fields, file: File, tree: Tree) -> dict[str, object]:
    """Give what the package says of itself, where the package cache is still there."""
    stem = record.text_or("fn")
    for suffix in _SUFFIXES:
        stem = stem.removesuffix(suffix)
    prefix = parent(parent(file.path))
    bases = [prefix, prefix.rpartition("/envs/")[0]] if "/envs/" in f"/{prefix}" else [prefix]
    folders = [f"{base}/pkgs/{stem}" if base else f"pkgs/{stem}" for base in bases]
    folders.append(record.text_or("extracted_package_dir").lstrip("/"))
    for folder in folders if stem else ():
        about = tree.get(f"{folder}/info/about.json")
        if about is not None:
            try:
                return dict(Fields.from_json(about.data, about.path).value)
            except InputError:
                return {}
    return {}


def _stated(about: dict[str, object], key: str) -> str:
    value = about.get(key)
    return value if isinstance(value, str) else ""


CATALOGER = Cataloger(
    name="conda",
    globs=(RECORDS,),
    parse=parse,
    beside=(ABOUT,),
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "checksum",
        "download",
        "home page",
        "description",
        "release date",
        "files",
    ),
    cannot_know=("supplier",),
)
