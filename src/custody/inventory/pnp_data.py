"""Yarn's Plug'n'Play data: which packages a project runs with, and where each of them lies.

    for entry in read_pnp(data, where):
        entry.name, entry.reference         # "ms", "npm:2.1.3"
        entry.location                      # ".yarn/cache/ms-npm-2.1.3-….zip/node_modules/ms"
        entry.needs                         # (("debug", "npm:4.4.3"), …)

Spec: https://yarnpkg.com/advanced/pnp-spec. The data stand as a text in `.pnp.cjs` (`.pnp.js` before yarn 3), or alone
in `.pnp.data.json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from custody.errors import InputError
from custody.fields import Fields
from custody.inventory.jsonc import plain_json

__all__ = ["PnpEntry", "read_pnp"]

_INLINE = re.compile(rb"(?:RAW_RUNTIME_STATE\s*=|JSON\.parse\()\s*'((?:[^'\\]++|\\.)*+)'", re.DOTALL)
_CALL = re.compile(rb"hydrateRuntimeState\(\s*(?=\{)")
_ESCAPES = {b"\n": b"", b"n": b"\n", b"t": b"\t", b"r": b"\r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PnpEntry:
    """One package. reference: None for the project at the top; needs: (name, reference), an alias by its real name."""

    name: str
    reference: str
    location: str
    needs: tuple[tuple[str, str], ...]
    is_root: bool = False


def read_pnp(data: bytes, where: str) -> list[PnpEntry]:
    """Give the packages. Raises InputError: no such data, or damaged."""
    document = _document(data, where)
    roots = {(root.text_or("name"), root.text_or("reference")) for root in document.each("dependencyTreeRoots")}
    entries: list[PnpEntry] = []
    for name, rows in _pairs(document.items("packageRegistryData"), document.spot("packageRegistryData")):
        for reference, row in _pairs(rows, document.spot(f"packageRegistryData.{name}")):
            if name is None or reference is None:
                continue  # the top of the project once more, without its name
            if not isinstance(row, dict):
                raise InputError(document.spot(f"packageRegistryData.{name}"), "expected a table")
            entry = Fields(row, where, f"packageRegistryData.{name}.{reference}")
            entries.append(
                PnpEntry(
                    name=name,
                    reference=reference,
                    location=entry.text_or("packageLocation"),
                    needs=tuple(_needs(entry)),
                    is_root=(name, reference) in roots,
                )
            )
    return entries


def _document(data: bytes, where: str) -> Fields:
    if where.endswith(".json"):
        return Fields.from_json(data, where)
    found = _INLINE.search(data)
    if found:
        text = re.sub(rb"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), found[1], flags=re.DOTALL)
        return Fields.from_json(text, where)
    call = _CALL.search(data)  # yarn 2 writes the table itself, as a program has it: with trailing commas
    if not call:
        raise InputError(where, "no data of Plug'n'Play in it", "run `yarn install` and scan again")
    try:
        value, _ = json.JSONDecoder().raw_decode(plain_json(data[call.end() :]).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(where, f"not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(where, "expected a table")
    return Fields(value, where)


def _pairs(rows: object, where: str) -> Iterator[tuple[str | None, object]]:
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, list) or len(row) != 2 or not (row[0] is None or isinstance(row[0], str)):
            raise InputError(where, f"expected a list of pairs, got {str(row)[:60]!r}")
        yield row[0], row[1]


def _needs(entry: Fields) -> Iterator[tuple[str, str]]:
    for name, reference in _pairs(entry.items("packageDependencies"), entry.spot("packageDependencies")):
        if isinstance(reference, str) and name:
            yield name, reference
        elif isinstance(reference, list) and len(reference) == 2 and all(isinstance(text, str) for text in reference):
            yield reference[0], reference[1]
