"""requirements.txt → PyPI packages.

Reads: requirements files as pip does (line continuation, comments, `-r`, `-e`, `--hash`, addresses, repositories,
markers), and the `# via` notes of pip-compile and uv,
https://pip.pypa.io/en/stable/reference/requirements-file-format/
Gives: name, the version where a line pins one with `==`, edges from `# via`, the checksum where a line has just one
hash.
Cannot know: versions of open requirements (the specifier stands in the location), licences, edges without `# via`.

Every requirement is listed, whatever its marker says: which ones hold is decided on the target. A line with several
hashes names several files; which of them is installed is decided there too, so no checksum is stated for it.
Constraints (`-c`) ask for nothing. Requirements files inside installed packages say nothing about this artifact and
are not read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from packaging.requirements import Requirement

from custody.errors import InputError
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, join_path, parent, skipped_by, without_credentials
from custody.inventory.python_packages import normalise, pinned, pypi, read_hash, read_name, read_requirement, wheel_at
from custody.inventory.python_project import BESIDE, Project, read_project
from custody.model import Dependency, Location, Package, Skipped

MAX_INCLUDES = 100
"""Files that one requirements file may include, directly or not; more is a mistake or an attack."""

_OPTION = re.compile(r"(-r|--requirement|-c|--constraint|-e|--editable)(?:\s*=\s*|\s+|(?<=-[rce]))(\S.*)")
_PER_LINE = re.compile(r"(?<!\s)\s+(--[a-z-]+)(?:=|\s+)(\"[^\"]*\"|'[^']*'|\S+)")
_COMMENT = re.compile(r"(?:^|(?<!\s)\s+)#(.*)$")  # the look back keeps a long gap from being tried at each place
_ADDRESS = re.compile(r"(?:[a-z]+\+)?[a-z]+://|file:", re.IGNORECASE)
_NAMED_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^]]*\])?\s*@\s*\S")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_VIA = re.compile(
    r"-c\s+.+|(?:-r\s+(?P<file>.+))|(?:(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?(?:\s+\((?P<origin>[^)]+)\))?)"
)
_ARCHIVE = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".tar.xz", ".tgz")
_DEV_WORDS = {"dev", "develop", "development", "doc", "docs", "lint", "test", "tests", "testing"}
"""Words in a file's name that say, by custom, that what it lists is for those who work on the project."""
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)", re.MULTILINE)


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the packages that a requirements file and its includes ask for, and the project that asks."""
    if "constraints" in file.path.rpartition("/")[2] or is_below(
        file.path, "site-packages", "dist-packages", "node_modules"
    ):
        return
    rows, skipped = _read_all(file, tree)
    yield from skipped
    project = read_project(file, tree)
    yield from project.skipped
    yield project.package
    packages: dict[str, set[str]] = {}
    for row in rows:
        yield row.package
        packages.setdefault(row.package.purl.name, set()).add(row.package.id)
    yield from sorted(set(_edges(rows, packages, project, file.path)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One logical line. number: of its first physical line, from 1; notes: the comments in it and below it."""

    number: int
    text: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One requirement. via: names that need it; direct: False where the notes say that only other packages need it."""

    package: Package
    via: tuple[str, ...]
    direct: bool


def _read_all(file: File, tree: Tree) -> tuple[list[_Row], list[Skipped]]:
    """Read a file and what it includes, each file once, in the order in which pip reads them."""
    rows: list[_Row] = []
    skipped: list[Skipped] = []
    waiting, seen = [file], {file.path}
    while waiting:
        current = waiting.pop()
        included = []
        for line in _lines(current):
            where = current.at(f"line {line.number}")
            option = _OPTION.match(line.text)
            try:
                if option and option.group(1) in ("-r", "--requirement"):
                    path = join_path(parent(current.path), option.group(2).strip().strip("\"'"))
                    other = tree.get(path) if path else None
                    if other is None:
                        reason = "the included file was not found, or is not one that is read"
                        skipped.append(Skipped(where=where, reason=f"{reason}: {option.group(2)[:200]!r}"))
                    elif other.path not in seen and len(seen) < MAX_INCLUDES:
                        seen.add(other.path)
                        included.append(other)
                elif option and option.group(1) in ("-c", "--constraint"):
                    continue
                elif option or not line.text.startswith("-"):
                    row = _row(line, option.group(2) if option else line.text, current, tree)
                    rows += [row] if row else []
            except InputError as error:
                skipped.append(skipped_by(error))
        waiting += reversed(included)
    return rows, skipped


def _lines(file: File) -> Iterator[_Line]:
    """Join continued lines, take comments off and hand them over as notes.

    Spec: Requirements File Format, "Structure".
    """
    pending: _Line | None = None
    number, joined, comments, start = 0, "", [], 0
    for physical in [*_decode(file.data).splitlines(), ""]:
        number += 1
        comment = _COMMENT.search(physical)
        if comment:
            physical = physical[: comment.start()]
            comments.append(comment.group(1))
        elif physical.endswith("\\"):
            start = start if joined else number
            joined += physical[:-1] + " "
            continue
        text = (joined + physical).strip()
        if text:
            if pending:
                yield pending
            pending = _Line(number=start if joined else number, text=text, notes=tuple(comments))
        elif pending:
            pending = _Line(number=pending.number, text=pending.text, notes=(*pending.notes, *comments))
        joined, comments = "", []
    if pending:
        yield pending


def _decode(data: bytes) -> str:
    """Decode as pip does: by byte order mark, else by a coding line, else as UTF-8.

    A byte that does not fit shows as the replacement character.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    coding = _CODING.match(b"\n".join(data.split(b"\n", 2)[:2]))
    try:
        return data.decode(codecs.lookup(coding.group(1).decode("ascii")).name if coding else "utf-8", "replace")
    except (LookupError, UnicodeError):
        return data.decode("utf-8", "replace")


def _row(line: _Line, text: str, file: File, tree: Tree) -> _Row | None:
    """Read one requirement; None for the folder of the project itself, which is no package beside it."""
    where = file.at(f"line {line.number}")
    hashes = [read_hash(value.strip("\"'")) for option, value in _PER_LINE.findall(text) if option == "--hash"]
    text = _PER_LINE.sub("", text).strip()
    via, direct = _via(line.notes)
    if _NAMED_ADDRESS.match(text):
        package = _named(read_requirement(text, where))
    elif _ADDRESS.match(text):
        package = _at_address(text, where)
    elif text.startswith((".", "/", "~")) or text.partition("[")[0].endswith(_ARCHIVE) or _is_path(text):
        found = _at_path(text, where, file, tree)
        if found is None:
            return None
        package = found
    else:
        package = _named(read_requirement(text, where))
    detail = package.locations[0].where if package.locations else ""
    checksums = {*package.checksums, *(known for known in hashes if known)} if len(hashes) <= 1 else set()
    package = replace(
        package, locations=(file.location(f"line {line.number}{detail}"),), checksums=tuple(sorted(checksums))
    )
    return _Row(package=package, via=via, direct=direct)


def _named(requirement: Requirement) -> Package:
    """Give the package of a dependency specifier (PEP 508); its location says what the version alone does not."""
    name, version, url = normalise(requirement.name), pinned(requirement), requirement.url or ""
    if url:
        version = (wheel_at(url) or ("", ""))[1]
    detail = f": {requirement.specifier}" if requirement.specifier and not version else ""
    detail += f"; {requirement.marker}" if requirement.marker else ""
    return _package(name, version, url, detail)


def _at_address(text: str, where: str) -> Package:
    """Give the package at an address without a name before it; `#egg=` or a wheel's file name may state it."""
    address, _, marker = text.partition(" ; ")
    address = address.strip()
    egg, wheel = _EGG.search(address), wheel_at(address)
    if not egg and not wheel:
        raise InputError(
            where, f"no name for what is at {without_credentials(address)[:200]!r}", "write `name @ address`"
        )
    name, version = wheel or (egg.group(1) if egg else "", "")
    return _package(read_name(name, where), version, address, f"; {marker.strip()}" if marker else "")


def _at_path(text: str, where: str, file: File, tree: Tree) -> Package | None:
    """Give the package in a local folder or wheel; None for the project's own folder."""
    relative = re.split(r"\[|\s*;", text, maxsplit=1)[0].strip()
    wheel = wheel_at(relative)
    if wheel:
        return _package(wheel[0], wheel[1], "", f": {relative}")
    path = join_path(parent(file.path), relative)
    if path == parent(file.path):
        return None
    inner = tree.get(f"{path}/pyproject.toml") if path else None
    name = read_project(inner, tree).package if inner else None
    if name is None or name.purl.type != "pypi":
        raise InputError(
            where, f"no name for what is in {relative[:200]!r}", "write `name @ address`, or give it a pyproject.toml"
        )
    return _package(name.name, name.version, "", f": {relative}")


def _is_path(text: str) -> bool:
    """Say whether a text is a path with a folder in it: no "/" may stand in a name, extras or versions."""
    return "/" in text.partition("@")[0].partition(";")[0].partition("#")[0]


def _package(name: str, version: str, address: str, detail: str) -> Package:
    """Give a package whose single location holds only `detail`, for `_row` to complete."""
    fragment = address.partition("#")[2]
    stated = [read_hash(part) for part in fragment.split("&")]
    return Package(
        purl=pypi(name, version),
        name=name,
        version=version,
        checksums=tuple(checksum for checksum in stated if checksum),
        download_location=without_credentials(address),
        locations=(Location(path="", cataloger="", where=detail),),
        installed=False,
    )


def _via(notes: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """Give the names that a `# via` note lists, and whether the project itself asks.

    pip-compile and uv write `via a, b`, or `via` and one name a line: `a`, `-r requirements.in`, `project
    (pyproject.toml)`.
    """
    names: list[str] = []
    direct, inside = False, False
    for note in notes:
        text = note.strip()
        opening = text == "via" or text.startswith("via ")
        if not opening and not inside:
            continue
        matches = [
            _VIA.fullmatch(part.strip()) for part in (text.removeprefix("via").split(",") if opening else [text])
        ]
        inside = opening or any(matches)
        for match in matches:
            if match and (match["file"] or match["origin"]):
                direct = True
            elif match and match["name"]:
                names.append(normalise(match["name"]))
    return tuple(names), direct


def _edges(rows: Iterable[_Row], packages: Mapping[str, set[str]], project: Project, path: str) -> Iterator[Dependency]:
    """Give the edges that the notes state, and those from the project, of the kind that its own file says if any."""
    words = set(re.split(r"[-_.]", path.rpartition("/")[2].lower()))
    custom = "depends_on" if words.isdisjoint(_DEV_WORDS) else "dev"
    stated: dict[str, set[str]] = {}
    for need in project.needs or ():
        stated.setdefault(need.name, set()).add(need.relation)
    for row in rows:
        sources = {source for name in row.via for source in packages.get(name, ())}
        for source in sources:
            yield Dependency(source=source, target=row.package.id)
        if row.direct or not sources:
            for relation in stated.get(row.package.name, {custom}):
                yield Dependency(source=project.package.id, target=row.package.id, relation=relation)


CATALOGER = Cataloger(
    name="python-requirements",
    globs=("**/*requirements*.txt", "**/requirements/*.txt"),
    beside=BESIDE,
    gives=("name", "version", "licence", "edges", "relations", "project", "checksum", "download"),
    cannot_know=("version that is left open", "licence of dependencies", "edges that no `# via` note states"),
    ecosystems=("PyPI",),
    parse=parse,
)
