"""Write an SBOM in another format, and say what that loses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from custody import sbom
from custody.workflows.context import build_context
from custody.workflows.input_file import name_of, read_file

__all__ = ["Converted", "convert"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """An SBOM in other formats.

    documents: by format; unread: what of the file could not be read, and why; losses: format → what it does not say
    that the file does.
    """

    documents: dict[str, bytes]
    unread: tuple[str, ...]
    losses: dict[str, tuple[str, ...]]


def convert(file: Path, formats: Sequence[str], *, version: str = "", author: str = "", now: dt.datetime) -> Converted:
    """Read an SBOM of any format, whoever wrote it, and write it in others.

    version: of the formats' specification, "" for each one's own default. Raises InputError: it is no SBOM;
    UsageError: a format, or a version of one, that is not written.
    """
    name = name_of(file)
    inventory = sbom.decode(read_file(file), name)
    context = build_context(name, None, started_at=now, parameters={}, author=author)
    document = sbom.Document(inventory=inventory, created=now, context=context)
    return Converted(
        documents={form: sbom.encode(document, form, version) for form in formats},
        unread=tuple(
            f"{item.where.removeprefix(f'{name}:')}: {item.reason}"
            for item in inventory.skipped
            if item.where.startswith(f"{name}:")  # what is noted of the file as a whole is no loss of this conversion
        ),
        losses={form: tuple(sbom.losses(document, form, version)) for form in formats},
    )
