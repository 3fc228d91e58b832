"""The official JSON schemas, as validators that check formats (dates, addresses) too."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

__all__ = ["faults"]


def _load(folder: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((folder / name).read_bytes()))


@cache
def _validator(folder: Path, name: str) -> jsonschema_rs.Draft7Validator:
    schemas = folder / "data" / "schemas"
    if name == "spdx-json":
        return jsonschema_rs.Draft7Validator(_load(schemas, "spdx-2.3.schema.json"), validate_formats=True)
    referenced = [_load(schemas, f"cyclonedx_{part}.schema.json") for part in ("spdx", "jsf-0.82")]
    return jsonschema_rs.Draft7Validator(
        _load(schemas, "cyclonedx-1.6.schema.json"),
        registry=jsonschema_rs.Registry([(schema["$id"], schema) for schema in referenced]),
        validate_formats=True,
    )


def faults(shared: Path, name: str, data: bytes) -> list[str]:
    """Give what the schema of our format `name` has against a document."""
    found = _validator(shared, name).iter_errors(json.loads(data))
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message[:200]}" for error in found]
