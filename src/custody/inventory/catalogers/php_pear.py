"""Installed PEAR and PECL packages: `.registry/*.reg` → pear packages.

Reads: the registry of installed packages that `pear` and `pecl` keep, package.xml 1.0 and 2.0 in PHP's serialized form
(https://pear.php.net/manual/en/guide.developers.package2.php); packages of another channel than PEAR's own stand below
`.channel.<name>`.
Gives: name with its channel, version, licence, author, description, release date, edges (optional ones marked so).
Cannot know: checksums, download locations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import parent
from custody.inventory.metadata import declared_licence, one_paragraph, person
from custody.inventory.php_values import unserialize
from custody.model import Dependency, Package, Purl

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(?:/[A-Za-z0-9._-]+)*")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the one package that the registry entry describes, and its edges."""
    value = unserialize(file.data, file.path)
    if not isinstance(value, dict):
        raise InputError(file.path, "expected a serialized array")
    table = Fields(value, file.path)
    name = _name(table.text("name" if "name" in table else "package"), file)
    channel = table.text_or("channel") or _channel_of(file)
    version = _version(table)
    if not version:
        raise table.fault("version", "missing, expected a text")
    licence, texts = declared_licence(_content(table.value.get("license", table.value.get("release_license"))))
    lead = next(_rows(table.value.get("lead", table.value.get("maintainers"))), None)
    package = Package(
        purl=_pear(channel, name, version, file),
        name=name,
        version=version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        originator=person(_text(lead, "name"), _text(lead, "email")),
        description=one_paragraph(_content(table.value.get("summary"))),
        released=_date(table),
    )
    yield package
    yield from sorted(set(_edges(package, table, file, tree)))


def _name(text: str, file: File) -> str:
    if not _NAME.fullmatch(text):
        raise InputError(file.at("name"), f"expected a package's name, got {text[:60]!r}")
    return text


def _pear(channel: str, name: str, version: str, file: File) -> Purl:
    if not _CHANNEL.fullmatch(channel):
        raise InputError(file.at("channel"), f"expected a channel's name, got {channel[:60]!r}")
    return Purl("pear", name, version, namespace=channel)


def _channel_of(file: File) -> str:
    """Give the channel of a package.xml 1.0, which knew only PEAR's own and PECL's."""
    folder = parent(file.path).rpartition("/")[2]
    if not folder.startswith(".channel."):
        raise InputError(file.at("channel"), "missing: nothing says which channel the package is from")
    return folder.removeprefix(".channel.")


def _version(table: Fields) -> str:
    value = table.value.get("version")
    return _text(value, "release") if isinstance(value, dict) else value if isinstance(value, str) else ""


def _date(table: Fields) -> str:
    text = table.text_or("date") or table.text_or("release_date")
    return text if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else ""


def _content(value: object) -> str:
    """Give an element's text; with attributes beside it, it stands under `_content`."""
    return _text(value, "_content") if isinstance(value, dict) else value if isinstance(value, str) else ""


def _text(table: object, key: str) -> str:
    value = table.get(key) if isinstance(table, dict) else None
    return value if isinstance(value, str) else ""


def _rows(value: object) -> Iterator[dict[str, object]]:
    """Give the tables of an element that may stand once or several times."""
    if isinstance(value, dict):
        rows = value.values() if "0" in value else [value]
        yield from (row for row in rows if isinstance(row, dict))


def _edges(package: Package, table: Fields, file: File, tree: Tree) -> Iterator[Dependency]:
    """Give the edges to the packages of the same registry; extensions and PHP itself are what the machine must have."""
    dependencies = table.value.get("dependencies")
    for group, relation in (("required", "depends_on"), ("optional", "optional")):
        asked = dependencies.get(group) if isinstance(dependencies, dict) else None
        for key in ("package", "subpackage"):
            for row in _rows(asked.get(key) if isinstance(asked, dict) else None):
                target = _installed(_text(row, "name"), _text(row, "channel"), file, tree)
                if target:
                    yield Dependency(source=package.id, target=target, relation=relation)


def _installed(name: str, channel: str, file: File, tree: Tree) -> str | None:
    """Give the id of an installed package; files are named for it in lower case."""
    if not _NAME.fullmatch(name):
        return None
    top = re.sub(r"/\.channel\.[^/]*$", "", parent(file.path))
    for folder in (top, f"{top}/.channel.{channel.lower().replace('/', '_')}"):
        other = tree.get(f"{folder}/{name.lower()}.reg")
        try:
            table = unserialize(other.data, other.path) if other else None
        except InputError:
            continue
        if other and isinstance(table, dict):
            fields = Fields(table, other.path)
            if (fields.text_or("channel") or channel) == channel:
                return str(_pear(channel, _text(table, "name") or name, _version(fields), other))
    return None


CATALOGER = Cataloger(
    name="php-pear",
    globs=("**/.registry/*.reg", "**/.registry/.channel.*/*.reg"),
    gives=("name", "version", "licence", "author", "description", "release date", "edges", "relations"),
    cannot_know=("checksum", "download"),
    parse=parse,
)
