"""GitHub workflows and actions → the actions, reusable workflows and images that they use.

Reads: .github/workflows/*.yml and action.yml, https://docs.github.com/en/actions/reference/workflows-and-actions
(`uses` of steps and jobs, containers and services of jobs, `runs.image` of container actions).
Gives: name, version (the ref after "@"), edges: the file uses them, as part of a build; actions of the same repository
lead to their own file.
Cannot know: licences, what a tag or a branch stands for.

The package is the repository, as advisories name it, and a path inside it is the purl's subpath. A ref that is a commit
is the version: it is what runs. The comment that people put behind it (`@11bd719… # v4.2.2`) is a claim that nothing
checks, so it is told in the description and never taken for the version: a wrong one would hide a bad commit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from custody.inventory.foreign_yaml import Value, as_list, as_table, as_text, line_of, read_yaml
from custody.inventory.image_reference import image_package
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, join_path, nameless_project
from custody.inventory.metadata import one_paragraph
from custody.model import Dependency, Package, Purl, Skipped

_OTHERS = ("node_modules", "site-packages", "dist-packages", "vendor", "testdata")
_USES = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)/([A-Za-z0-9._-]+)((?:/[^@\s]+)?)@(\S+)")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_COMMENT = re.compile(r"""uses['"]?\s*:\s*['"]?[^\s'"#]+['"]?\s+#\s*(.*?)\s*""")
_WORKFLOWS = ".github/workflows/"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """One place where something is used. image: it is an image reference, without `docker://`."""

    text: str
    place: str
    line: int = 0
    image: bool = False


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give what a workflow or an action uses. Raises InputError: it is not YAML."""
    if is_below(file.path, *_OTHERS):
        return
    uses = [use for document in read_yaml(file.data, file.path) for use in _uses(as_table(document))]
    if not uses and _WORKFLOWS not in f"/{file.path}":
        return
    project = replace(nameless_project(file), purpose="FILE")
    yield project
    lines = file.data.decode("utf-8", "replace").split("\n")
    for use in uses:
        text = use.text
        if "${{" in text:
            yield Skipped(where=file.at(use.place), reason=f"what it uses is worked out when it runs: {text[:80]!r}")
            continue
        if text.startswith("./") and not use.image:
            target = _local(text, file, tree)
            if target is not None:
                other = nameless_project(target)
                yield Dependency(source=project.id, target=other.id, relation="build")
            continue
        package = _package(use, file, lines)
        if package is None:
            yield Skipped(where=file.at(use.place), reason=f"not an action, a workflow or an image: {text[:80]!r}")
            continue
        yield package
        yield Dependency(source=project.id, target=package.id, relation="build")


def _uses(document: dict[str, Value]) -> Iterator[_Use]:
    for name, job in as_table(document.get("jobs")).items():
        table = as_table(job)
        place = f"jobs.{name}"
        if "uses" in table:
            yield _Use(text=as_text(table["uses"]), place=f"{place}.uses", line=line_of(table["uses"]))
        yield from _steps(table.get("steps"), f"{place}.steps")
        yield from _container(table.get("container"), f"{place}.container")
        for service, value in as_table(table.get("services")).items():
            yield from _container(value, f"{place}.services.{service}")
    runs = as_table(document.get("runs"))
    yield from _steps(runs.get("steps"), "runs.steps")
    image = as_text(runs.get("image"))
    if image.startswith("docker://"):
        yield _Use(text=image, place="runs.image")


def _steps(steps: Value, place: str) -> Iterator[_Use]:
    for index, step in enumerate(as_list(steps)):
        used = as_table(step).get("uses")
        if used is not None:
            yield _Use(text=as_text(used), place=f"{place}[{index}].uses", line=line_of(used))


def _container(value: Value, place: str) -> Iterator[_Use]:
    """Read a container: an image, or a table with one; an empty one means none."""
    image = as_text(value) or as_text(as_table(value).get("image"))
    if image:
        yield _Use(text=image, place=place if isinstance(value, str) else f"{place}.image", image=True)


def _local(text: str, file: File, tree: Tree) -> File | None:
    """Give the file of an action or workflow in the same repository. Its top is where `.github` lies.

    Spec: "Metadata syntax": a path is relative to the workspace, which is the checked-out repository.
    """
    head, mark, _ = f"/{file.path}".partition("/.github/")
    top = head.strip("/") if mark else ""
    path = join_path(top, text)
    if path is None:
        return None
    names = (path,) if path.endswith((".yml", ".yaml")) else (f"{path}/action.yml", f"{path}/action.yaml")
    return next((found for name in names if (found := tree.get(name.strip("/")))), None)


def _package(use: _Use, file: File, lines: list[str]) -> Package | None:
    location = file.location(use.place)
    if use.image or use.text.startswith("docker://"):
        return image_package(use.text.removeprefix("docker://"), location)
    match = _USES.fullmatch(use.text)
    if match is None:
        return None
    owner, repository, path, ref = match.groups()
    said = _comment(lines, use.line) if _COMMIT.fullmatch(ref) else ""
    return Package(
        purl=Purl("githubactions", repository.lower(), ref, owner.lower(), subpath=_clean(path)),
        name=f"{owner}/{repository}{path}",
        version=ref,
        locations=(location,),
        description=f"said to be {said} by the comment beside it" if said else "",
        installed=False,
    )


def _clean(path: str) -> str:
    return "/".join(part for part in path.split("/") if part not in ("", ".", ".."))


def _comment(lines: list[str], line: int) -> str:
    """Give the comment behind a pinned action."""
    text = lines[line - 1].strip().removeprefix("- ") if 0 < line <= len(lines) else ""
    match = _COMMENT.fullmatch(text) if len(text) < 1000 else None
    return one_paragraph(match[1])[:60] if match else ""


CATALOGER = Cataloger(
    name="github-actions",
    globs=(
        "**/.github/workflows/*.yml",
        "**/.github/workflows/*.yaml",
        "**/action.yml",
        "**/action.yaml",
    ),
    gives=("name", "version", "edges", "relations", "project", "description"),
    cannot_know=("licence", "what a tag or a branch stands for"),
    ecosystems=("GitHub Actions",),
    parse=parse,
)
