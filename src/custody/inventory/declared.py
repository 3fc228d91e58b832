"""What the catalogers want, known without importing one of them.

    wanted = wanted_files()                    # which files' content the sources are to keep
    extractors = wanted_extractors()           # what takes the little that matters out of the large ones
    for cataloger in declared_catalogers(): …  # its module is imported when its `parse` is first called

A hundred modules take a third of a second to import, and an image needs a dozen of them. So their declarations stand in
`declared.json` beside this, which `scripts/update_declarations.py` writes and a test holds equal to what the modules
say. A module that the file does not name is imported for its declaration, and one that is gone is left out: the folder
is the register here too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

import msgspec

from custody.inventory import catalogers as register
from custody.inventory.catalogers import declared_in, load_catalogers, outside_catalogers, sorted_by_name
from custody.inventory.interface import Cataloger, File, Found, Parse, Tree
from custody.model import Content, Extractor
from custody.model.globs import compile_globs

__all__ = [
    "TARGET",
    "CatalogerRow",
    "ExtractorRow",
    "Table",
    "declared_catalogers",
    "encode_table",
    "wanted_extractors",
    "wanted_files",
]

TARGET = Path(__file__).with_name("declared.json")


class ExtractorRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An extractor. place: "module:name" of its function; magics: as Latin-1."""

    name: str
    place: str
    magics: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    version: int = 1
    looks_inside: bool = False


class CatalogerRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the core must know of a cataloger before it runs. module: below `catalogers`; extractor: its name."""

    name: str
    module: str
    globs: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    extractor: str = ""


class Table(msgspec.Struct, frozen=True):
    """All declarations. core_globs, core_extractors: what the core asks for itself, whatever catalogers run."""

    core_globs: tuple[str, ...]
    core_extractors: tuple[str, ...]
    extractors: tuple[ExtractorRow, ...]
    catalogers: tuple[CatalogerRow, ...]


def encode_table(table: Table) -> bytes:
    """Write the table with a line for each declaration, so that a change reads as one."""
    rows = [(key, msgspec.to_builtins(getattr(table, key))) for key in Table.__struct_fields__]
    lines = [f'"{key}": [\n{_lines(items)}\n]' for key, items in rows]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _lines(items: Sequence[object]) -> str:
    return ",\n".join(msgspec.json.encode(item).decode() for item in items)


@cache
def _table() -> Table:
    return msgspec.json.decode(TARGET.read_bytes(), type=Table)


def wanted_files(catalogers: Sequence[Cataloger] | None = None) -> Callable[[str], bool]:
    """Give the question that the sources ask of each path, whether its content is to be kept.

    catalogers: those that will run; all registered ones where it is None.
    """
    chosen = declared_catalogers() if catalogers is None else catalogers
    return compile_globs([*_table().core_globs, *(glob for c in chosen for glob in (*c.globs, *c.beside))])


def wanted_extractors(catalogers: Sequence[Cataloger] | None = None) -> tuple[Extractor, ...]:
    """Give what takes the little that matters out of large files, for the sources; each once, sorted by name."""
    chosen = declared_catalogers() if catalogers is None else catalogers
    found = {c.extractor.name: c.extractor for c in chosen if c.extractor is not None}
    found |= {name: _extractors()[name] for name in _table().core_extractors}
    return tuple(found[name] for name in sorted(found))


@cache
def declared_catalogers() -> tuple[Cataloger, ...]:
    """Give all catalogers, sorted by name, as `load_catalogers` does; each imports its module when it first parses.

    Only what the core asks is there: `gives`, `cannot_know` and `ecosystems` are empty.
    Raises ValueError: two have one name.
    """
    try:
        modules = {name[:-3] for name in os.listdir(register.__path__[0]) if name.endswith(".py")}  # noqa: PTH208
    except OSError:  # in an archive, say
        return load_catalogers()
    rows = [row for row in _table().catalogers if row.module in modules]
    found = [_cataloger(row, _extractors()) for row in rows]
    for module in sorted(modules - {row.module for row in rows} - {"__init__"}):
        found += declared_in(module)
    return sorted_by_name([*found, *outside_catalogers()])


@cache
def _extractors() -> Mapping[str, Extractor]:
    return {row.name: _extractor(row) for row in _table().extractors}


def _extractor(row: ExtractorRow) -> Extractor:
    magics = tuple(text.encode("latin-1") for text in row.magics)

    def extract(path: str, content: Content) -> bytes:
        return _function(row.place)(path, content)

    return Extractor(
        name=row.name,
        extract=extract,
        magics=magics,
        globs=row.globs,
        version=row.version,
        looks_inside=row.looks_inside,
    )


@cache
def _function(place: str) -> Callable[[str, Content], bytes]:
    module, _, name = place.partition(":")
    found: Callable[[str, Content], bytes] = getattr(import_module(module), name)
    return found


def _cataloger(row: CatalogerRow, extractors: Mapping[str, Extractor]) -> Cataloger:
    def parse(file: File, tree: Tree) -> Iterable[Found]:
        return _parse_of(row.module, row.name)(file, tree)

    return Cataloger(
        name=row.name,
        parse=parse,
        globs=row.globs,
        folders=row.folders,
        extractor=extractors[row.extractor] if row.extractor else None,
        beside=row.beside,
    )


@cache
def _parse_of(module: str, name: str) -> Parse:
    return next(cataloger.parse for cataloger in declared_in(module) if cataloger.name == name)
