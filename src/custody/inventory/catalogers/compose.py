"""Compose files → the images that their services run.

Reads: compose*.yaml and docker-compose*.yaml, https://docs.docker.com/reference/compose-file/ (image, build with
additional contexts, interpolation with defaults, anchors and merge keys).
Gives: name, version (tag or digest), edges: the file depends on the images of its services, those of a profile are
optional; a service that is built leads to the Dockerfile it is built from.
Cannot know: what a variable without a default will be (.env files hold secrets and are not read), what a tag stands
for, what is in the images.

The image of a service with `build` is made there and is not one that it is made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from custody.inventory.foreign_yaml import Value, as_list, as_table, as_text, read_yaml
from custody.inventory.image_reference import expand, image_package
from custody.inventory.interface import Cataloger, File, Found, Tree
from custody.inventory.lockfile import is_below, join_path, nameless_project, parent
from custody.model import Dependency, Package, Skipped

_OTHERS = ("node_modules", "site-packages", "dist-packages", "vendor", "testdata")
_ADDRESS = ("http://", "https://", "git://", "git@", "github.com/")
_IMAGE_CONTEXT = "docker-image://"


def parse(file: File, tree: Tree) -> Iterator[Found]:
    """Give the images of a Compose file. Raises InputError: it is not YAML."""
    if is_below(file.path, *_OTHERS):
        return
    project: Package | None = None
    for document in read_yaml(file.data, file.path):
        services = as_table(as_table(document).get("services"))
        if services and project is None:
            project = replace(nameless_project(file), purpose="FILE")
            yield project
        for name, service in services.items():
            if project is not None:
                yield from _service(name, as_table(service), project, file, tree)


def _service(name: str, service: dict[str, Value], project: Package, file: File, tree: Tree) -> Iterator[Found]:
    place = f"services.{name}"
    build = service.get("build")
    if build is None:
        relation = "optional" if as_list(service.get("profiles")) else "depends_on"
        yield from _image(as_text(service.get("image")), f"{place}.image", relation, project, file)
        return
    table = as_table(build)
    context = as_text(build) or as_text(table.get("context")) or "."
    dockerfile = as_text(table.get("dockerfile")) or "Dockerfile"
    inside = None if context.startswith(_ADDRESS) or "$" in context + dockerfile else join_path(_folder(file), context)
    path = join_path(inside, dockerfile) if inside is not None else None
    target = tree.get(path) if path else None
    if target is not None:
        yield Dependency(source=project.id, target=nameless_project(target).id, relation="build")
    contexts = table.get("additional_contexts")
    values = list(as_table(contexts).values()) or [str(item).partition("=")[2] for item in as_list(contexts)]
    for value in values:
        text = str(value)
        if text.startswith(_IMAGE_CONTEXT):
            yield from _image(
                text.removeprefix(_IMAGE_CONTEXT), f"{place}.build.additional_contexts", "build", project, file
            )


def _image(reference: str, place: str, relation: str, project: Package, file: File) -> Iterator[Found]:
    if not reference:
        return
    written = expand(reference, {})
    package = image_package(written, file.location(place)) if written else None
    if package is None:
        why = "not an image reference" if written else "which image it is depends on a variable without a default"
        yield Skipped(where=file.at(place), reason=f"{why}: {reference[:80]!r}")
        return
    yield package
    yield Dependency(source=project.id, target=package.id, relation=relation)


def _folder(file: File) -> str:
    return parent(file.path)


CATALOGER = Cataloger(
    name="compose",
    globs=(
        "**/compose.yaml",
        "**/compose.yml",
        "**/compose.*.yaml",
        "**/compose.*.yml",
        "**/docker-compose*.yaml",
        "**/docker-compose*.yml",
    ),
    beside=("**/Dockerfile", "**/Dockerfile.*", "**/*.Dockerfile", "**/Containerfile"),
    gives=("name", "version", "edges", "relations", "project"),
    cannot_know=("licence", "what is in the images", "images named by a variable without a default"),
    parse=parse,
)
