"""Runs under the Python of a virtual environment with the libraries of SPDX: reads files, and prints what is wrong.

    python spdx_oracle.py FOLDER

Of files that differ in their extension alone, the JSON one is what the others are compared with. Prints one line for
each fault; nothing when all is well. What our own notes say is not compared: they differ with what a form can hold.
"""

from __future__ import annotations

import dataclasses
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FORMS = (".spdx", ".spdx.yaml", ".spdx.rdf")


def plain(value: Any) -> Any:  # noqa: ANN401
    """Give a value of the library as texts, lists and tables that can be compared."""
    if dataclasses.is_dataclass(value):
        names = [field.name.lstrip("_") for field in dataclasses.fields(value)]
        return {name: plain(getattr(value, name)) for name in names if name != "document_namespace"}
    if isinstance(value, list):
        return sorted((plain(item) for item in value), key=repr)
    if hasattr(value, "symbols") and hasattr(value, "render"):  # a licence: the library loses brackets in RDF
        return sorted(str(symbol) for symbol in value.symbols)
    if isinstance(value, str):
        return "(our note)" if value.startswith('{"custody":') else value.strip()
    return value if isinstance(value, bool | int | type(None)) else str(value)


def differences(left: Any, right: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401
    """Give where two plain values differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left:
            yield from differences(left[key], right.get(key), f"{path}.{key}")
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif left != right:
        yield f"{path}: {left!r:.200} is {right!r:.200}"


def spdx2(folder: Path) -> Iterator[str]:
    """Read SPDX 2 with spdx-tools."""
    from spdx_tools.spdx.parser.error import SPDXParsingError  # type: ignore[import-not-found]
    from spdx_tools.spdx.parser.parse_anything import parse_file  # type: ignore[import-not-found]
    from spdx_tools.spdx.validation.document_validator import (  # type: ignore[import-not-found]
        validate_full_spdx_document,
    )

    for file in sorted(folder.glob("*.spdx.json")):
        first = None
        for form in (".spdx.json", *FORMS):
            name = file.name.replace(".spdx.json", form)
            try:
                document = parse_file(str(folder / name))
            except SPDXParsingError as error:
                yield f"{name}: {error.get_messages()[:3]}"
                continue
            yield from (f"{name}: {m.validation_message}" for m in validate_full_spdx_document(document))
            found = plain(document)
            first = first or found
            yield from (f"{name}: {line}" for line in differences(first, found))


def spdx3(folder: Path) -> Iterator[str]:
    """Read SPDX 3 with the classes that are generated from its model."""
    from spdx_python_model import v3_0_1  # type: ignore[import-not-found]

    for file in sorted(folder.glob("*.spdx3.json")):
        found = v3_0_1.SHACLObjectSet()
        try:
            with file.open("rb") as stream:
                v3_0_1.JSONLDDeserializer().read(stream, found)
        except Exception as error:  # noqa: BLE001 - whatever it says, it is about our file
            yield f"{file.name}: {error}"
            continue
        yield from (f"{file.name}: {name} is not there" for name in sorted(found.missing_ids))
        packages = [item for item in found.foreach() if type(item).__name__ == "software_Package"]
        if len(packages) < 2:
            yield f"{file.name}: {len(packages)} packages"


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    for line in (*spdx2(Path(sys.argv[1])), *spdx3(Path(sys.argv[1]))):
        sys.stdout.write(f"{line}\n")
