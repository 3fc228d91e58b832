"""The official CycloneDX schemas of every version: JSON with jsonschema-rs, XML with lxml where it is installed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

__all__ = ["JSON_VERSIONS", "XML_SCHEMAS", "json_faults", "load", "xml_faults"]

JSON_VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
XML_SCHEMAS = ("1.4", "1.5", "1.6")
"""Versions whose XML schema lies in the shared data."""


@cache
def load(shared: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((shared / "data" / "schemas" / name).read_bytes()))


@cache
def _validator(shared: Path, version: str) -> jsonschema_rs.Draft7Validator:
    others = [load(shared, f"cyclonedx_{part}.schema.json") for part in ("spdx", "jsf-0.82", "cryptography-defs")]
    return jsonschema_rs.Draft7Validator(
        load(shared, f"cyclonedx-{version}.schema.json"),
        registry=jsonschema_rs.Registry([(schema["$id"], schema) for schema in others]),
        validate_formats=True,
    )


def json_faults(shared: Path, version: str, data: bytes) -> list[str]:
    found = _validator(shared, version).iter_errors(json.loads(data))
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message[:200]}" for error in found]


@cache
def _schema(shared: Path, version: str) -> Any:  # noqa: ANN401 - lxml has no types here
    etree = pytest.importorskip("lxml.etree", reason="lxml checks documents against XML schemas; it is not installed")
    folder = shared / "data" / "schemas"

    class Local(etree.Resolver):  # type: ignore[misc,name-defined]
        def resolve(self, url: str, _public: str, context: object) -> object:
            return self.resolve_filename(str(folder / "cyclonedx_spdx.xsd"), context) if "spdx" in url else None

    parser = etree.XMLParser()
    parser.resolvers.add(Local())
    return etree.XMLSchema(etree.parse(str(folder / f"cyclonedx_bom-{version}.xsd"), parser))


def xml_faults(shared: Path, version: str, data: bytes) -> list[str]:
    schema = _schema(shared, version)
    etree = pytest.importorskip("lxml.etree")
    return [] if schema.validate(etree.fromstring(data)) else [str(error)[:200] for error in schema.error_log]
