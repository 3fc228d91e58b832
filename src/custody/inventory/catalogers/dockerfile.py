"""Dockerfile, Containerfile → the images that a build starts from.

Reads: https://docs.docker.com/reference/dockerfile/ (FROM with platform, ARG defaults and stages, COPY --from, RUN
--mount=from, the syntax directive, continuation lines, here-documents).
Gives: name, version (tag or digest), edges: the file depends on the base of its last stage; the images of other
stages, those that files are copied from, and the frontend are of the build.
Cannot know: what a variable without a default will be, what a tag stands for, what is in the images.

Such a file says what something else is made of: none of it is installed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from custody.inventory.image_reference import expand, image_package
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, nameless_project
from custody.model import Dependency, Skipped

_OTHERS = ("node_modules", "site-packages", "dist-packages", "vendor", "testdata")
_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*")
_HERE = re.compile(r"<<(-?)[\"']?([A-Za-z_]\w*)[\"']?")
_ARGUMENT = re.compile(r"""([A-Za-z_]\w*)(?:=("[^"]*"|'[^']*'|\S*))?""")
_FROM = re.compile(r"((?:--\S+\s+)*)(\S+)(?:\s+[Aa][Ss]\s+(\S+))?\s*")
_COPY_FROM = re.compile(r"(?:^|\s)--from=(\S+)")
MAX_INSTRUCTIONS = 5_000
"""Instructions of one file; a build of a hundred is long."""
MAX_HERE = 20
"""Here-documents that one instruction opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Instruction:
    name: str
    rest: str
    line: int


@dataclass(slots=True, kw_only=True)
class _Stage:
    """One `FROM`. base: as written there, variables filled in; copied: what else it takes files from, with the line."""

    name: str
    base: str
    line: int
    copied: list[tuple[str, int]]


def parse(file: File, tree: Tree) -> Iterator[Found]:  # noqa: ARG001 - the seam's signature
    """Give the images, and the file itself as what they are needed for."""
    if is_below(file.path, *_OTHERS):
        return
    text = file.data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    stages: list[_Stage] = []
    project = replace(nameless_project(file), purpose="FILE")
    found: list[tuple[str, int, str]] = []  # reference, line, relation
    frontend = _directives(text).get("syntax", "")
    if frontend:
        found.append((frontend, 1, "build"))
    yield from _read_stages(text, file, stages)
    if not stages:
        return
    yield project
    main = _chain(stages)
    for index, stage in enumerate(stages):
        if _earlier(stage.base, stages[:index]) is None:
            found.append((stage.base, stage.line, "depends_on" if index in main else "build"))
        found += [(copied, line, "build") for copied, line in stage.copied if not _is_stage(copied, stages[:index])]
    for reference, line, relation in found:
        if reference.lower() in ("", "scratch"):
            continue
        package = image_package(reference, file.location(f"line {line}"))
        if package is None:
            yield Skipped(where=file.at(f"line {line}"), reason=f"not an image reference: {reference[:80]!r}")
            continue
        yield package
        yield Dependency(source=project.id, target=package.id, relation=relation)


def _read_stages(text: str, file: File, stages: list[_Stage]) -> Iterator[Skipped]:
    """Fill in the stages; what a variable without a default keeps unknown is noted."""
    arguments: dict[str, str] = {}
    for item in _instructions(text):
        if item.name == "ARG" and not stages:
            for match in _ARGUMENT.finditer(item.rest):
                if match[2] is not None:
                    value = expand(match[2].strip("\"'"), arguments)
                    if value is not None:
                        arguments[match[1]] = value
        elif item.name == "FROM":
            found = _FROM.fullmatch(item.rest)
            if found is None:
                yield Skipped(where=file.at(f"line {item.line}"), reason=f"not a FROM: {item.rest[:80]!r}")
                continue
            base = expand(found[2].strip("\"'"), arguments)
            if base is None:
                reason = f"which image it is depends on a variable without a default: {found[2][:80]!r}"
                yield Skipped(where=file.at(f"line {item.line}"), reason=reason)
            stages.append(_Stage(name=(found[3] or "").lower(), base=base or "", line=item.line, copied=[]))
        elif stages and item.name in ("COPY", "ADD"):
            stages[-1].copied += [(name, item.line) for name in _COPY_FROM.findall(item.rest) if "$" not in name]
        elif stages and item.name == "RUN":
            stages[-1].copied += [(name, item.line) for name in _mounted(item.rest) if "$" not in name]


def _chain(stages: list[_Stage]) -> set[int]:
    """Give the indices of the last stage and of the stages that it is built upon."""
    index: int | None = len(stages) - 1
    chain: set[int] = set()
    while index is not None:
        chain.add(index)
        index = _earlier(stages[index].base, stages[:index])
    return chain


def _earlier(base: str, stages: list[_Stage]) -> int | None:
    named = [index for index, stage in enumerate(stages) if stage.name and stage.name == base.lower()]
    return named[-1] if named else None


def _is_stage(name: str, stages: list[_Stage]) -> bool:
    """Say whether `--from=` means a stage: by name, or by number counted from 0."""
    return _earlier(name, stages) is not None or name.isdigit()


def _mounted(rest: str) -> Iterator[str]:
    """Give what the mounts of a RUN come from: `--mount=type=bind,from=build,target=/x`."""
    for word in rest.split():
        if not word.startswith("--"):
            return
        for option in word.removeprefix("--mount=").split(",") if word.startswith("--mount=") else ():
            if option.startswith("from="):
                yield option.removeprefix("from=")


def _directives(text: str) -> dict[str, str]:
    """Give the parser directives: comments of the form `# name=value` at the very top."""
    found: dict[str, str] = {}
    for line in text.split("\n", 20)[:20]:
        match = _DIRECTIVE.fullmatch(line)
        if match is None:
            break
        found.setdefault(match[1].lower(), match[2])
    return found


def _instructions(text: str) -> Iterator[_Instruction]:
    """Give the instructions with their continuation lines joined, and without comments and here-documents."""
    escape = "`" if _directives(text).get("escape") == "`" else "\\"
    lines = text.split("\n")
    at = count = 0
    while at < len(lines) and count < MAX_INSTRUCTIONS:
        parts: list[str] = []
        start = at
        while at < len(lines):
            line = lines[at].strip()
            at += 1
            if line.startswith("#") or (parts and not line):
                continue
            if not line.endswith(escape):
                parts.append(line)
                break
            parts.append(line[:-1].rstrip())
        whole = " ".join(part for part in parts if part)
        name, _, rest = whole.partition(" ")
        if not name:
            continue
        count += 1
        name = name.upper()
        if name in ("RUN", "COPY", "ADD"):
            for match in islice(_HERE.finditer(rest), MAX_HERE):
                at = _behind(lines, at, match[2], strip=bool(match[1]))
        yield _Instruction(name=name, rest=rest.strip(), line=start + 1)


def _behind(lines: list[str], at: int, label: str, *, strip: bool) -> int:
    """Give the line behind a here-document; where it does not end, what follows is taken as instructions."""
    for index in range(at, len(lines)):
        if (lines[index].lstrip("\t") if strip else lines[index]) == label:
            return index + 1
    return at


CATALOGER = Cataloger(
    name="dockerfile",
    globs=(
        "**/Dockerfile",
        "**/Dockerfile.*",
        "**/*.Dockerfile",
        "**/*.dockerfile",
        "**/Containerfile",
        "**/Containerfile.*",
    ),
    gives=("name", "version", "edges", "relations", "project"),
    cannot_know=("licence", "what is in the images", "images named by a variable without a default"),
    parse=parse,
)
