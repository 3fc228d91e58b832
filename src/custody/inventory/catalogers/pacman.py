"""pacman's database → packages of Arch Linux, Manjaro, SteamOS and MSYS2.

Reads: var/lib/pacman/local/*/desc (alpm-db-desc(5)): a line `%NAME%`, its values, an empty line; etc/os-release. Gives:
name, version with epoch, architecture, base package, licence, packager, home page, build time; edges (depends, and
optional ones that are installed) by name and by what packages provide; from the operating system to what a person
asked for (`%REASON%`); which files belong to it.  Cannot know: checksums of the package files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.metadata import declared_licence, one_paragraph
from custody.inventory.os_release import OS_RELEASE_FILES, read_distribution
from custody.inventory.system_packages import Providers, asked_for, moment, remembered, supplier, system_purl
from custody.model import Dependency, Distribution, Package, Purl
from custody.model.licence import combine

__all__ = ["CATALOGER", "parse", "read_desc"]

DESC_FILES = ("var/lib/pacman/local/*/desc",)

_FIELD = re.compile(r"%([A-Z0-9]+)%")
_NAME = re.compile(r"[A-Za-z0-9@_+][A-Za-z0-9@._+-]*")
_VERSION = re.compile(r"[A-Za-z0-9._+~:-]+")


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the package of one `desc` with its edges. Raises InputError: it has no name or version."""
    system = remembered(tree, _System)
    fields = read_desc(file)
    package = _package(fields, file, system.distribution)
    yield package
    seen = {package.id}
    for names, relation in ((fields.get("DEPENDS", ()), "depends_on"), (fields.get("OPTDEPENDS", ()), "optional")):
        targets = {target for name in names for target in system.providers.of(_bare(name))} - seen
        yield from (Dependency(source=package.id, target=t, relation=relation) for t in sorted(targets))
        seen |= targets
    if fields.get("REASON", ["0"])[:1] == ["0"]:  # 1: it came as a dependency
        yield from asked_for(tree, (package.id,))


def read_desc(file: File) -> dict[str, list[str]]:
    """Give the values of each field. Raises InputError: no name or version, or not such a file."""
    fields: dict[str, list[str]] = {}
    values: list[str] | None = None
    for line in file.data.decode("utf-8", "replace").splitlines():
        match = _FIELD.fullmatch(line.strip())
        if match:
            values = fields.setdefault(match[1], [])
        elif line.strip():
            if values is None:
                raise InputError(file.path, f"not a description of pacman: {line[:60]!r} before the first field")
            values.append(line.strip())
    for key, allowed in (("NAME", _NAME), ("VERSION", _VERSION)):
        value = fields.get(key, [""])[:1]
        if not value or not allowed.fullmatch(value[0]):
            raise InputError(file.path, f"expected a %{key}%, got {''.join(value)[:60]!r}")
    return fields


class _System:
    """Who provides what. One file for each package, and each needs all the others to resolve its edges."""

    def __init__(self, tree: Tree) -> None:
        self.distribution = read_distribution(tree)
        self.providers = Providers()
        for file in tree.matching(DESC_FILES):
            try:
                fields = read_desc(file)
            except InputError:  # told when the file itself is read
                continue
            package = str(_purl(fields, self.distribution))
            self.providers.add(package, [fields["NAME"][0], *map(_bare, fields.get("PROVIDES", ()))])


def _package(fields: dict[str, list[str]], file: File, distribution: Distribution | None) -> Package:
    name, version = fields["NAME"][0], fields["VERSION"][0]
    base = _first(fields, "BASE")
    licence, texts = _licence(fields.get("LICENSE", ()))
    built = _first(fields, "BUILDDATE")
    packager = _first(fields, "PACKAGER")
    return Package(
        purl=_purl(fields, distribution),
        name=name,
        version=version,
        locations=(file.location(),),
        licence_declared=licence,
        licence_texts=texts,
        source_name=base,
        source_version=version if base else "",  # all packages of one PKGBUILD share its version
        supplier="" if packager == "Unknown Packager" else supplier(packager),
        homepage=_first(fields, "URL"),
        description=one_paragraph(_first(fields, "DESC")),
        released=moment(int(built)) if re.fullmatch("[0-9]{1,12}", built) else "",
    )


def _purl(fields: dict[str, list[str]], distribution: Distribution | None) -> Purl:
    return system_purl("alpm", fields["NAME"][0], fields["VERSION"][0], _first(fields, "ARCH"), distribution)


def _first(fields: dict[str, list[str]], key: str) -> str:
    return next(iter(fields.get(key, ())), "")


def _bare(text: str) -> str:
    """Give the name in `libfoo.so=1-64`, `bash>=5` and `python: for the scripts`."""
    return re.split(r"[<>=:]", text, maxsplit=1)[0].strip()


def _licence(values: list[str] | tuple[()]) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Join several entries by AND: of the old form, one name an entry, nobody said that one may choose."""
    found = [declared_licence(value) for value in values]
    stated = [expression for expression, _ in found if expression is not None]
    texts = {name: words for _, pairs in found for name, words in pairs}
    return (combine(stated), tuple(sorted(texts.items()))) if stated else (None, ())


CATALOGER = Cataloger(
    name="pacman",
    globs=DESC_FILES,
    parse=parse,
    beside=OS_RELEASE_FILES,
    gives=(
        "name",
        "version",
        "licence",
        "edges",
        "relations",
        "supplier",
        "source package",
        "home page",
        "description",
        "release date",
        "files",
    ),
    cannot_know=("checksum",),
)
