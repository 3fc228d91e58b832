"""The rules of whatever format a document is in.

SPDX 2.1 and 2.2 are judged by the rules of 2.3, beside the three fields that were mandatory before; the forms that are
not JSON by the JSON that says the same, so places are given in its names.
"""

from __future__ import annotations

from typing import Any

from custody.errors import InputError
from custody.sbom.formats import FORMATS
from custody.sbom.json_bytes import encode_json, read_object
from custody.sbom.validate.cyclonedx import validate_cyclonedx
from custody.sbom.validate.problem import Problem
from custody.sbom.validate.spdx3 import validate_spdx3
from custody.sbom.validate.spdx23 import validate_spdx23

__all__ = ["validate_document"]

_BEFORE = ("SPDX-2.0", "SPDX-2.1", "SPDX-2.2")
_MANDATORY = {"licenseConcluded": "7.13", "licenseDeclared": "7.15", "copyrightText": "7.17"}
"""Mandatory in a package until SPDX 2.2, with the number that the section has since 2.2."""


def validate_document(data: bytes, where: str) -> list[Problem] | None:
    """Give what is wrong with a document of any format; None where its format has no rules.

    Raises InputError: it is no SBOM, or cannot be read.
    """
    form = next((form for form in FORMATS.values() if form.recognises(data)), None)
    if form is None:
        raise InputError(where, "not an SBOM of a known format", "`custody validate --help` names them")
    if form.name == "spdx3-json":
        return validate_spdx3(data, where)
    if form.name == "spdx-json":
        return _spdx2(read_object(data, where), data, where, ())
    if form.name == "spdx-yaml":
        from custody.sbom.spdx.yaml_text import read_yaml

        return _spdx2(read_yaml(data, where), None, where, ())
    if form.name == "spdx-rdf":
        from custody.sbom.spdx.rdf_read import read_rdf

        return _spdx2(read_rdf(data, where), None, where, ())
    if form.name == "spdx-tag-value":
        from custody.sbom.spdx.tag_value_read import read_tag_value

        table, notes = read_tag_value(data, where)
        return _spdx2(table, None, where, tuple(notes))
    if form.name == "cyclonedx-json":
        return validate_cyclonedx(read_object(data, where), where)
    if form.name == "cyclonedx-xml":
        from custody.sbom.cyclonedx.xml_read import read_xml

        return validate_cyclonedx(read_xml(data, where), where)
    return None


def _spdx2(table: dict[str, Any], data: bytes | None, where: str, notes: tuple[tuple[str, str], ...]) -> list[Problem]:
    """Judge the table of an SPDX 2 document. data: its bytes where it is JSON, and of no other version than 2.3."""
    problems = [
        Problem(where=f"{where}:{place}", rule="R6", severity="error", message=reason) for place, reason in notes
    ]
    inner = table.get("Document")
    if isinstance(inner, dict):
        table, data = inner, None
    if table.get("spdxVersion") in _BEFORE:
        problems += _mandatory(table, where)
        table, data = {**table, "spdxVersion": "SPDX-2.3"}, None
    if data is None:
        try:
            data = encode_json(table)
        except (TypeError, ValueError, UnicodeEncodeError) as error:
            raise InputError(where, f"has text that is no Unicode: {error}") from None
    return problems + validate_spdx23(data, where)


def _mandatory(table: dict[str, Any], where: str) -> list[Problem]:
    packages = table.get("packages")
    return [
        Problem(
            where=f"{where}:packages[{index}].{key}",
            rule=rule,
            severity="error",
            message=f"missing, and {table['spdxVersion']} asks for it",
        )
        for index, package in enumerate(packages if isinstance(packages, list) else ())
        if isinstance(package, dict)
        for key, rule in _MANDATORY.items()
        if key not in package
    ]
