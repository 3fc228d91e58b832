"""Shared libraries that were copied into wheels → generic packages.

Reads: the rows of RECORD (https://packaging.python.org/en/latest/specifications/recording-installed-packages/) that
list shared libraries in `NAME.libs/` (auditwheel, delvewheel), `.libs/` and `.dylibs/` (delocate) folders, and METADATA
beside it.
Gives: name, checksum of the file, the distribution that contains it; the version only where the file's name states one.
Cannot know: where a library was taken from, its release (the number behind `.so` is the version of its interface and
stands in the location), its licence.

auditwheel turns `libssl.so.1.1` into `libssl-3f2a1b9c.so.1.1`: the digits are the start of the copied file's SHA-256.
They stay in the purl as its `file_name`, for two wheels seldom carry the same build of a library.

A library that is known by more than its file's name is that one package, and the file is its evidence: where the text
inside the file tells product and version (`classifiers`), or an SBOM of the distribution has one component of its name.
"""

from __future__ import annotations

import base64
import binascii
import csv
import re
from collections.abc import Iterator
from dataclasses import replace

from custody.errors import InputError
from custody.inventory.catalogers.binary_classifier import parse as recognise
from custody.inventory.catalogers.python_installed import identity, read_headers
from custody.inventory.embedded_sbom import decode_embedded
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import join_path, parent, skipped_by
from custody.inventory.program import PROGRAM
from custody.inventory.python_packages import pypi
from custody.inventory.system_packages import remembered
from custody.model import Checksum, Content, Dependency, Extractor, Package, Purl, Skipped

MAX_RECORD_BYTES = 64 << 20
"""Length of a RECORD; the largest in use (of packages with some hundred thousand data files) have 20 MB."""

_SYSTEMS = ("apk", "deb", "rpm")
"""What auditwheel names copied libraries by: the packages of the system that it copied them from."""
_CHUNK = 1 << 20
_ROW = re.compile(rb"^[^,\r\n]*libs/[^\r\n]*", re.MULTILINE)  # pip ends rows with CR LF, build tools with LF
_PLACE = re.compile(r"(?:^|/)(?:[^/]+\.libs|\.libs|\.dylibs)/(?P<file>[^/]+)$")
_LIBRARY = re.compile(
    r"(?P<base>.+?)(?P<hashes>(?:-[0-9a-f]{8})+|-[0-9a-f]{32})?(?P<ext>(?:\.[^./-]+)*?\.(?:so|dylib|dll))(?P<abi>(?:\.\d+)*)"
)
_VERSION = re.compile(r"(?P<name>.+?)-[rv]?(?P<version>\d+(?:\.\d+)+(?:\.dev|[-.]?(?:a|b|rc)\d*)?)")


def extract(path: str, content: Content) -> bytes:
    """Give the rows of a RECORD that list files in a folder of copied libraries. Raises InputError: far too long."""
    if content.size > MAX_RECORD_BYTES:
        raise InputError(path, f"a RECORD of {content.size} bytes is longer than {MAX_RECORD_BYTES}")
    rows: list[bytes] = []
    rest = b""
    for at in range(0, content.size, _CHUNK):
        data = rest + content.read(at, _CHUNK)
        data, _, rest = data.rpartition(b"\n")
        rows += _ROW.findall(data)
    rows += _ROW.findall(rest)
    return b"\n".join(rows)


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the libraries that a distribution brought, and that it contains them."""
    folder = parent(file.path)
    metadata = tree.get(f"{folder}/METADATA")
    owner = str(pypi(*identity(read_headers(metadata.data), metadata))) if metadata else ""
    stated = _stated(folder, tree)
    for line in file.data.decode("utf-8", "replace").splitlines():
        try:
            row = next(csv.reader([line]), [])
        except csv.Error as error:
            yield Skipped(where=file.path, reason=f"not a row of RECORD: {line[:80]!r}: {error}")
            continue
        package = _library(row, folder, file)
        if package is None or not tree.exists(package.locations[0].path):
            continue
        told = _recognised(package.locations[0].path, tree) or stated.get(_bare(package.name))
        if told is not None:  # a product, of which the file is a part: its hash is not that of the product
            package = replace(package, purl=told.purl, name=told.name, version=told.version, purpose=told.purpose)
        else:
            try:
                package = replace(package, checksums=_checksum(row, file))
            except InputError as error:
                yield skipped_by(error)
        yield package
        if owner:
            yield Dependency(source=owner, target=package.id, relation="contains")


def _recognised(path: str, tree: Tree) -> Package | None:
    """Give the product that the text inside a library tells, None where it tells none, or several."""
    program = remembered(tree, _programs).get(path)
    try:
        found = [item for item in recognise(program, tree) if isinstance(item, Package)] if program else []
    except InputError:  # said when that file itself is parsed
        return None
    return found[0] if len({package.id for package in found}) == 1 else None


def _programs(tree: Tree) -> dict[str, File]:
    return {file.path: file for file in tree.extracted(PROGRAM.name)}


def _stated(folder: str, tree: Tree) -> dict[str, Package]:
    """Give bare name → component of the distribution's own SBOMs. A name that two of them have tells neither."""
    found: dict[str, dict[str, Package]] = {}
    for file in tree.under(f"{folder}/sboms"):
        try:
            packages = decode_embedded(file.data, file.path, file).packages
        except InputError:  # said by the cataloger that reads them
            continue
        for package in packages:
            if package.version and package.purl.type in ("generic", *_SYSTEMS):
                found.setdefault(_bare(package.purl.name), {})[package.id] = package
    return {name: next(iter(all_.values())) for name, all_ in found.items() if len(all_) == 1}


def _bare(name: str) -> str:
    """Give a library's name without `lib` and the number of its series: libpng16, FreeType, libXau."""
    return name.lower().removeprefix("lib").rstrip("0123456789.-_")


def _library(row: list[str], folder: str, file: File) -> Package | None:
    """Read `pillow.libs/libXau-154567c4.so.6.0.0,sha256=<base64>,2100545`; None for what is no library."""
    found = _PLACE.search(row[0]) if row else None
    stated = _LIBRARY.fullmatch(found["file"]) if found else None
    path = join_path(parent(folder), row[0]) if row else None
    if found is None or stated is None or path is None:
        return None
    abi, middle = stated["abi"].lstrip("."), stated["ext"].rpartition(".")[0]
    if stated["ext"].endswith(".dylib"):  # macOS has the version of the interface before the ending
        abi, middle = middle.lstrip("."), ""
    # As it was called before: "libopenblas-r0" + ".3.23.so" is libopenblas-r0.3.23.so.
    original = stated["base"] + middle
    named = _VERSION.fullmatch(original)
    name, version = (named["name"], named["version"]) if named else (original, "")
    # The row says which file: the evidence is the library itself, and its place in RECORD where the hash is from.
    place = File(path=path, data=b"", layer=file.layer).location(f"interface version {abi}" if abi else "")
    return Package(
        purl=Purl("generic", name, version, qualifiers=(("file_name", found["file"]),)),
        name=name,
        version=version,
        locations=(place, file.location(row[0])),
    )


def _checksum(row: list[str], file: File) -> tuple[Checksum, ...]:
    """Read `sha256=` and URL-safe base64 without padding; a row of a cache file has none."""
    if len(row) < 2 or not row[1]:
        return ()
    algorithm, _, value = row[1].partition("=")
    try:
        digits = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
    except (binascii.Error, ValueError):
        digits = ""
    checksum = Checksum.parse(algorithm, digits)
    if checksum is None:
        raise InputError(file.at(row[0]), f"expected a hash like sha256=<base64>, got {row[1][:80]!r}")
    return (checksum,)


CATALOGER = Cataloger(
    name="python-bundled-libraries",
    extractor=Extractor(name="python-record", extract=extract, globs=("**/*.dist-info/RECORD",)),
    beside=("**/*.dist-info/METADATA", "**/*.dist-info/sboms/*"),
    gives=("name", "version", "checksum"),
    cannot_know=("version where the file's name does not tell it", "licence"),
    parse=parse,
)
