"""The table of shapes says what the official JSON schemas say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from custody.sbom.cyclonedx.shape import ODD, PLAIN, VERSIONS, shape
from custody.sbom.cyclonedx.shape_table import SHAPES
from custody.sbom.cyclonedx.sound import REQUIRED, WORDS
from tests.sbom.cyclonedx.schemas import JSON_VERSIONS, load

INNER = {"dependencies": "dependency", "dataset": "data", "serviceData": "flow"}
NAMES = [word[:-1] for word in SHAPES.split() if word.endswith(":")]
XML_ONLY = {"expression", "toolset"}


def alternatives(schema: dict[str, Any], node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """Give the tables that a value may be, lists looked into."""
    if not isinstance(node, dict):
        return
    if "$ref" in node:
        if node["$ref"].startswith("#/definitions/"):
            yield from alternatives(schema, schema["definitions"][node["$ref"].rpartition("/")[2]])
        return
    if "properties" in node:
        yield node
    for key in ("oneOf", "anyOf", "allOf", "items"):
        inner = node.get(key, ())
        for part in inner if isinstance(inner, list) else [inner]:
            yield from alternatives(schema, part)


def found(schema: dict[str, Any], required: dict[str, set[str]] | None = None) -> dict[str, set[str]]:
    """Give shape → the keys that the schema allows, for every shape that can be reached from a bom.

    required: gets those that must not be missing.
    """
    keys: dict[str, set[str]] = {}
    required = {} if required is None else required
    pending: list[tuple[Any, str]] = [(schema, "bom")]
    seen: set[tuple[int, str]] = set()
    for node, name in pending:
        for table in alternatives(schema, node):
            if (id(table), name) in seen:
                continue
            seen.add((id(table), name))
            stated = {key for key in table["properties"] if key not in ("$schema", "bomFormat", "specVersion")}
            if name in ("tools", "licences", "variables"):
                continue
            keys.setdefault(name, set()).update(stated)
            required.setdefault(name, set()).update(table.get("required", ()))
            parts = shape(name)
            pending += [
                (table["properties"][key], INNER.get(parts[key].type, parts[key].type))
                for key in stated & parts.keys()
                if parts[key].type not in PLAIN | {"classification"} and not parts[key].json_only
            ]
    return keys


@pytest.mark.parametrize("version", JSON_VERSIONS)
def test_each_shape_has_the_keys_of_its_version(shared: Path, version: str) -> None:
    level = VERSIONS.index(version)
    for name, stated in found(load(shared, f"cyclonedx-{version}.schema.json")).items():
        ours = {key for key, part in shape(name).items() if part.since <= level}
        stated -= {"ref"} if name == "data" else set()  # the other kind of item in a list of datasets
        assert ours >= stated, (name, "the schema has", stated - ours)
        late = ours - stated
        assert late == set(), (name, "the schema does not have", late)


def test_every_type_of_the_table_is_one() -> None:
    for name in NAMES:
        for part in shape(name).values():
            assert part.type in PLAIN | ODD | set(NAMES), (name, part.key)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("version", JSON_VERSIONS)
def test_what_must_not_be_missing_is_asked_for(shared: Path, version: str) -> None:
    required: dict[str, set[str]] = {}
    found(load(shared, f"cyclonedx-{version}.schema.json"), required)
    for name, keys in required.items():
        made = {"bomFormat", "specVersion", "version"} if name in ("bom", "component") else set()  # we write these
        either = {"name", "phase"} if name == "lifecycle" else set()
        assert keys - made - either <= set(REQUIRED.get(name, ())), name


def test_words_are_those_of_the_newest_schema(shared: Path) -> None:
    """Each list of words that is checked is an enumeration of the schema, word for word."""
    lists: set[frozenset[str]] = set()
    pending: list[Any] = [load(shared, "cyclonedx-1.7.schema.json")]
    for node in pending:
        if isinstance(node, dict):
            if isinstance(node.get("enum"), list):
                lists.add(frozenset(map(str, node["enum"])))
            pending += node.values()
        elif isinstance(node, list):
            pending += node
    for place, words in WORDS.items():
        assert words in lists, place
