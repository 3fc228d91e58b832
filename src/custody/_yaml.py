"""YAML without its traps, for `Fields.from_yaml`.

The JSON-like core of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema): `yes` is a text, `0o17` and `1_000` are
texts, dates are texts. Duplicate keys, aliases, tags and several documents in one file are refused: each has been used
to make two readers see two different policies in one file.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from custody.errors import InputError

__all__ = ["load_yaml"]


class _Loader(yaml.SafeLoader):
    """A safe loader with the core schema's scalars only."""

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - PyYAML's signature
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "aliases are not allowed here", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ANN401, ARG002, FBT001, FBT002 - PyYAML's
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        return {str(self.construct_object(k, deep=True)): self.construct_object(v, deep=True) for k, v in node.value}


def _construct_map(loader: _Loader, node: Any) -> dict[Any, Any]:  # noqa: ANN401 - PyYAML's
    return loader.construct_mapping(node)


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_map)
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


def load_yaml(data: bytes, where: str) -> object:
    """Decode one YAML document to plain values; InputError says the line and column."""
    try:
        loader = _Loader(data.decode("utf-8"))
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except UnicodeDecodeError as error:
        raise InputError(where, f"not UTF-8: byte {error.start}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        raise InputError(place, f"not valid YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise InputError(where, f"not valid YAML: {str(error) or type(error).__name__}") from None
