"""Programs that GraalVM's native-image compiled → the Java packages in them, from the SBOM inside.

Reads: the symbols `sbom` and `sbom_length` of an ELF program: where a CycloneDX document stands, packed with gzip, and
its length in 8 bytes, https://docs.oracle.com/en/graalvm/jdk/21/docs/guides/use-sbom-support/
Gives: name, version, licence and edges as the document has them, and the program that the packages are in.
Cannot know: what a program holds that was built without `--enable-sbom`; programs for macOS and Windows.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace

from custody.errors import InputError
from custody.inventory.elf import MAGIC, read_elf
from custody.inventory.executable import Executable, Region, read_part
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import parent
from custody.model import Content, Extractor, Package, Purl

MAX_SBOM_BYTES = 64 << 20
"""Of the document when it is unpacked; a component takes some hundred bytes."""
MAX_PACKED_BYTES = 16 << 20

_TABLES = ((".dynsym", ".dynstr"), (".symtab", ".strtab"))
_NAMES = (b"sbom", b"sbom_length")
_HEAP = ".svm_heap"
"""A section that every program of GraalVM has: only there the full symbol table, which may be large, is looked at."""


MIN_LIBRARY_BYTES = 2 << 20
"""A shared library of GraalVM carries its runtime, 5 MB at least. Nearly all other libraries are smaller than this."""


def extract(path: str, content: Content) -> bytes:
    """Give the document, b"" for a program without one. Raises InputError: it is announced, and cannot be unpacked."""
    if ".so" in path.rpartition("/")[2] and content.size < MIN_LIBRARY_BYTES:
        return b""
    try:
        program = read_elf(path, content)
    except InputError:
        return b""  # whoever reads all programs says what is wrong with it
    if program is None or program.word != 8:
        return b""
    found = _symbols(program, content)
    if len(found) != len(_NAMES):
        return b""
    where = f"{path}:sbom"
    length = program.at_address(content, found[b"sbom_length"], 8)
    size = int.from_bytes(length, "big" if program.big_endian else "little") if len(length) == 8 else 0
    if not 0 < size <= MAX_PACKED_BYTES:
        raise InputError(where, f"an SBOM of {size} bytes; from 1 to {MAX_PACKED_BYTES} are read")
    unpack = zlib.decompressobj(wbits=31)
    try:
        data = unpack.decompress(program.at_address(content, found[b"sbom"], size), MAX_SBOM_BYTES)
    except zlib.error as error:
        raise InputError(where, f"an SBOM that cannot be unpacked: {error}") from None
    if not unpack.eof:
        raise InputError(where, f"an SBOM that is cut short, or longer than {MAX_SBOM_BYTES} bytes")
    return data


def _symbols(program: Executable, content: Content) -> dict[bytes, int]:
    """Give the addresses of the two symbols, where they are there."""
    for symbols, names in _TABLES if program.section(_HEAP) else _TABLES[:1]:
        table, texts = program.section(symbols), program.section(names)
        if table is not None and texts is not None:
            found = _look_up(program, content, table, texts)
            if found:
                return found
    return {}


def _look_up(program: Executable, content: Content, table: Region, texts: Region) -> dict[bytes, int]:
    strings = read_part(content, texts.offset, texts.size)
    offsets = {strings.find(b"\0" + name + b"\0") + 1: name for name in _NAMES}
    offsets.pop(0, None)
    if len(offsets) != len(_NAMES):
        return {}
    entry = struct.Struct(program.order + "IBBHQQ")  # Elf64_Sym: name, info, other, section, value, size
    data = read_part(content, table.offset, table.size)
    found = {}
    for name, _, _, _, value, _ in entry.iter_unpack(data[: len(data) - len(data) % entry.size]):
        if name in offsets:
            found[offsets[name]] = value
    return found


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the packages that the document names, and who needs whom. Raises InputError: it is no SBOM."""
    # Every program of an image is looked at, in a process that needs none of these.
    from custody.inventory.embedded_sbom import decode_embedded
    from custody.inventory.java_tree import without_default_type
    from custody.inventory.lock_graph import rooted

    del tree
    sbom = decode_embedded(file.data, file.at("sbom"), file)
    ids = {package.id: str(without_default_type(package.purl)) for package in sbom.packages}
    for package in sbom.packages:
        place = file.location(f"sbom:{package.locations[0].where}")
        yield replace(package, purl=without_default_type(package.purl), locations=(place,))
    if sbom.roots:
        root = ids[sbom.roots[0]]
    else:
        program = Package(
            purl=Purl("generic", file.path.rpartition("/")[2], namespace=parent(file.path)),
            name=file.path,
            locations=(file.location(),),
            purpose="APPLICATION",
        )
        yield program
        root = program.id
    edges = [replace(edge, source=ids[edge.source], target=ids[edge.target]) for edge in sbom.dependencies]
    yield from rooted(root, ids.values(), edges)
    yield from sbom.skipped


CATALOGER = Cataloger(
    name="graalvm-native-image",
    extractor=Extractor(name="graalvm-sbom", extract=extract, magics=(MAGIC,)),
    gives=("name", "version", "licence", "edges", "project"),
    cannot_know=("programs without an SBOM", "programs for macOS and Windows"),
    ecosystems=("Maven",),
    parse=parse,
)
