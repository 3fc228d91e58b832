"""Programs built by Go → the modules that they were built of.

Reads: what Go's linker writes into ELF, PE and Mach-O programs (debug/buildinfo, since Go 1.13 for modules; "go version
-m" prints it), through the extractor `program`.
Gives: name, version, checksum (the h1: sums), project (the main module, with the version that the build recorded: a
tag, or what was set with -ldflags -X), release date (vcs.time), edges from the main module to all others, standard
library.
Cannot know: which module needs which, for the build does not record it; licences.

A replaced module is not in the program: what replaced it is. A program packed by UPX says nothing, and is noted.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from custody.errors import InputError
from custody.fields import parse_time
from custody.inventory.go_modules import MAX_TOKEN, Module, go_purl, is_folder, is_module_path, module_sum, release_of
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import nameless_project
from custody.inventory.program import PROGRAM, read_program
from custody.model import Dependency, Package, Skipped

__all__ = ["CATALOGER", "parse"]

_DEVELOPED = "(devel)"
_VARIABLE = re.compile(r"(?:^|[./_])(?:build|git|app|release|server|client)?_?(?:version|tag)$", re.IGNORECASE)
_SEMANTIC = re.compile(r"v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")


@dataclass(slots=True)
class _Build:
    """The module information, line by line. modules: (module, sum, the module that it replaces or None)."""

    path: str = ""
    main: tuple[Module, str] | None = None
    modules: list[tuple[Module, str, Module | None]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    bad: list[str] = field(default_factory=list)


def parse(file: File, _: Tree) -> Iterator[Found]:
    """Give the modules of one program."""
    program = read_program(file)
    if program.fault("go"):
        yield Skipped(where=file.path, reason=program.fault("go"))
    if program.packed:
        yield Skipped(where=file.path, reason="packed by UPX: what it was built of is not known; unpack it with upx -d")
    if program.go is None:
        return
    build = _read(program.go.modules)
    library = _standard_library(program.go.version, file)
    yield library
    packages = [_package(module, text, old, file) for module, text, old in build.modules]
    yield from packages
    main = _main(build, program.go.version, file)
    if main is None and packages:  # a single file was built: the program itself stands for what has no name
        main = replace(nameless_project(file), installed=True)
    if main is not None:
        yield main
        targets = {package.id for package in (*packages, library)} - {main.id}
        yield from (Dependency(source=main.id, target=target) for target in sorted(targets))
    for reason in build.bad:
        yield Skipped(where=file.path, reason=reason)


def _read(text: str) -> _Build:
    build = _Build()
    for line in text.split("\n"):
        verb, *words = line.split("\t")
        if verb in ("mod", "dep", "=>") and not _is_module(verb, words):
            build.bad.append(f"a line of its build information names no module: {line[:80]!r}")
        elif verb == "path":
            build.path = words[0] if words else ""
        elif verb == "mod":
            build.main = (Module(words[0], _version(words[1])), "".join(words[2:3]))
        elif verb == "dep":
            build.modules.append((Module(words[0], _version(words[1])), "".join(words[2:3]), None))
        elif verb == "=>" and build.modules:
            old = build.modules[-1][0]
            new = Module(words[0], _version(words[1]))
            # A folder has no name of its own that anybody else would know: the module keeps its name, and no version.
            if is_folder(new.path):
                build.modules[-1] = (Module(old.path), "", old)
            else:
                build.modules[-1] = (new, "".join(words[2:3]), old)
        elif verb == "build" and words and "=" in words[0]:
            key, _, value = words[0].partition("=")
            build.settings[key] = _unquoted(value)
    return build


def _is_module(verb: str, words: list[str]) -> bool:
    is_named = len(words) > 1 and max(map(len, words)) <= MAX_TOKEN
    return is_named and (is_module_path(words[0]) or (verb == "=>" and is_folder(words[0])))


def _version(text: str) -> str:
    """Give a version, "" for a module that was built from a folder."""
    return "" if text in (_DEVELOPED, "v0.0.0-00010101000000-000000000000") else text


def _unquoted(value: str) -> str:
    """Read a text that Go quotes where it has spaces."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in '"`':
        return re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] == '"' else value[1:-1]
    return value


def _standard_library(version: str, file: File) -> Package:
    release = release_of(version)
    return Package(
        purl=go_purl("stdlib", release),
        name="stdlib",
        version=release,
        locations=(file.location(f"built with {version}"),),
        cpes=(f"cpe:2.3:a:golang:go:{release}:*:*:*:*:*:*:*",) if release else (),
    )


def _package(module: Module, text: str, old: Module | None, file: File) -> Package:
    where = f"in place of {old.path} {old.version}".rstrip() if old else "dep"
    return Package(
        purl=go_purl(module.path, module.version),
        name=module.path,
        version=module.version,
        locations=(file.location(where),),
        checksums=module_sum(text),
    )


def _main(build: _Build, release: str, file: File) -> Package | None:
    if build.main is None:
        return None
    (path, version), text = (build.main[0].path, build.main[0].version), build.main[1]
    settings = build.settings
    parts = [build.path, release, "/".join(filter(None, (settings.get("GOOS", ""), settings.get("GOARCH", ""))))]
    parts += [f"{key}={settings[key]}" for key in ("CGO_ENABLED", "vcs.revision", "vcs.modified") if key in settings]
    version = version or _set_version(settings.get("-ldflags", ""), path)
    return Package(
        purl=go_purl(path, version),
        name=path,
        version=version,
        locations=(file.location(" ".join(filter(None, parts))),),
        checksums=module_sum(text),
        released=_time(settings.get("vcs.time", "")),
        purpose="APPLICATION",
    )


def _time(text: str) -> str:
    try:
        parse_time(text, "vcs.time")
    except InputError:
        return ""
    return text


def _set_version(flags: str, path: str) -> str:
    """Give the version that the build set a variable to, as module versions are written; "" where that is not plain.

    Of several variables those of the main module count, and only where they agree.
    """
    try:
        words = shlex.split(flags)
    except ValueError:
        return ""
    pairs = [word.partition("=") for flag, word in pairwise(words) if flag in ("-X", "--X")]
    pairs += [word.removeprefix("-X").lstrip("=").partition("=") for word in words if re.match(r"-X=?[^=]+=", word)]
    versions = {
        name: f"v{value.removeprefix('v')}"
        for name, _, value in pairs
        if _VARIABLE.search(name) and _SEMANTIC.fullmatch(value)
    }
    own = {value for name, value in versions.items() if name.startswith(("main.", f"{path}.", f"{path}/"))}
    candidates = own or set(versions.values())
    return candidates.pop() if len(candidates) == 1 else ""


CATALOGER = Cataloger(
    name="go-binary",
    extractor=PROGRAM,
    parse=parse,
    ecosystems=("Go",),
    gives=("name", "version", "edges", "project", "checksum", "release date", "cpe"),
    cannot_know=("licence", "edges between modules", "what a program packed by UPX was built of"),
)
