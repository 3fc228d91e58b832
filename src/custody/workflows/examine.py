"""What is in an artifact, and what is known about it: the part that `sbom`, `scan` and `release` share."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from custody import sbom
from custody.errors import InputError, UnavailableError, UsageError
from custody.workflows.input_file import is_standard_input, name_of, read_file

if TYPE_CHECKING:
    from custody.advisories import Chosen
    from custody.model import ExceptionGrant, Inventory, LayerContent, Progress, ScanReport
    from custody.sources.interface import Source
    from custody.workflows.caches import Caches
    from custody.workflows.interface import Listener

__all__ = ["SCOPES", "examine", "inventory_of", "opened", "read_file", "sbom_documents", "scan_inventory"]


@contextmanager
def opened(
    text: str, *, platform: str | None, name: str, version: str, exclude: Sequence[Path] = (), work: Path | None = None
) -> Iterator[Source]:
    """Open a source with scratch space that is gone afterwards, whatever happens."""
    from tempfile import TemporaryDirectory

    from custody.sources import open_source

    try:
        scratch = TemporaryDirectory(prefix="custody-", dir=work, ignore_cleanup_errors=True)
    except OSError as error:
        raise UnavailableError(str(work or "temporary folder"), f"no scratch space: {error.strerror}") from None
    with (
        scratch as folder,
        open_source(
            text, platform=platform, name=name, version=version, exclude=tuple(exclude), work=Path(folder)
        ) as source,
    ):
        yield source


MOST_SBOM_BYTES = 1 << 29
"""Up to this size a text file is read to see whether it is an SBOM: twenty times the largest one that was seen."""
_MOST_UNSEEN = 50_000  # new values between two looks for garbage: some megabytes
SCOPES = ("squashed", "all-layers")
"""What of an image counts: what a container would see, or what any of its layers brought."""


def inventory_of(
    source: Source,
    *,
    progress: Progress | None = None,
    exclude: Sequence[str] = (),
    scope: str = "squashed",
    caches: Caches | None = None,
) -> Inventory:
    """Read an open source once and list what is in it."""
    from custody.inventory import take_inventory, wanted_extractors, wanted_files  # slow: not for what is remembered
    from custody.model.globs import compile_excludes

    artifact = source.artifact
    layers: Iterator[LayerContent] = source.read(
        wanted_files(),
        progress,
        extractors=wanted_extractors(),
        excluded=compile_excludes(exclude) if exclude else None,
        cache=caches.layers if caches else None,
    )
    return take_inventory(
        artifact, layers, name=artifact.name, version=artifact.version, every_layer=scope == "all-layers"
    )


def examine(
    text: str,
    listener: Listener,
    *,
    platform: str | None,
    name: str = "",
    version: str = "",
    exclude: Sequence[str] = (),
    scope: str = "squashed",
    cached: bool = True,
) -> Inventory:
    """Give the inventory of a SOURCE, or the one that another tool (or we) wrote down.

    text: also `sbom:FILE`, or a file that is an SBOM. exclude: patterns of paths that are taken for not there; scope:
    one of `SCOPES`; cached: whether what is remembered of earlier runs is used, and this run remembered.
    """
    recorded = _as_sbom(text)
    if recorded is not None:
        return sbom.decode(*recorded)
    with _few_collections():
        return _listed(
            text, listener, platform=platform, name=name, version=version, exclude=exclude, scope=scope, cached=cached
        )


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage seldom: an inventory is a hundred thousand small values that stay, and looking takes a tenth."""
    before = gc.get_threshold()
    gc.set_threshold(_MOST_UNSEEN, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _listed(
    text: str,
    listener: Listener,
    *,
    platform: str | None,
    name: str,
    version: str,
    exclude: Sequence[str],
    scope: str,
    cached: bool,
) -> Inventory:
    from custody.sources import tell_source  # an SBOM needs nothing of how artifacts are read
    from custody.workflows.caches import open_caches

    listener.begin("inventory")
    kind, path = tell_source(text)
    if kind in ("dir", "file"):
        inventory = _looked_at(kind, Path(path), listener, exclude=exclude, name=name, version=version)
    else:
        caches = open_caches(name, version, scope, *exclude, off=not cached)
        with opened(text, platform=platform, name=name, version=version) as source:
            known = caches.load(source.artifact) if caches else None
            inventory = known or inventory_of(
                source, progress=listener.progress, exclude=exclude, scope=scope, caches=caches
            )
        if caches and known is None:
            caches.save(inventory)
    listener.end("inventory", f"{len(inventory.packages)} packages in {inventory.files} files")
    return inventory


def _looked_at(
    kind: str, path: Path, listener: Listener, *, exclude: Sequence[str], name: str, version: str
) -> Inventory:
    from custody.inventory import take_inventory, wanted_extractors, wanted_files
    from custody.model.globs import compile_excludes
    from custody.sources import look_at_directory, look_at_file

    excluded = compile_excludes(exclude) if exclude else None
    wanted, extractors = wanted_files(), wanted_extractors()
    if kind == "file":
        artifact, layer = look_at_file(
            path, wanted, extractors=extractors, excluded=excluded, name=name, version=version
        )
    else:
        artifact, layer = look_at_directory(
            path,
            wanted,
            extractors=extractors,
            excluded=excluded,
            progress=listener.progress,
            name=name,
            version=version,
        )
    return take_inventory(artifact, [layer], name=name, version=version)


def sbom_documents(
    inventory: Inventory, formats: Sequence[str], *, source: str, author: str, now: dt.datetime, version: str = ""
) -> dict[str, bytes]:
    """Write an inventory in SBOM formats; UsageError for a format, or a version of one, that is not there."""
    if not formats:
        return {}
    from custody.workflows.context import build_context

    folder = Path(source.removeprefix("dir:"))
    context = build_context(source, folder if folder.is_dir() else None, started_at=now, parameters={}, author=author)
    document = sbom.Document(inventory=inventory, created=now, context=context)
    return {form: sbom.encode(document, form, version) for form in formats}


def _as_sbom(text: str) -> tuple[bytes, str] | None:
    """Give (bytes, name) where `text` means an SBOM file, None where it means an artifact.

    Standard input and pipes are SBOMs: an artifact is read more than once, and they can be read once only.

    Raises UsageError: nothing is named; InputError: the file is not there, or an SBOM in a form that is not read.
    """
    named = text.startswith("sbom:")
    path = Path(text.removeprefix("sbom:"))
    if text in {"", "sbom:"}:
        raise UsageError("SOURCE", "it is empty", "name a path, an image, or an SBOM as sbom:FILE")
    if named or is_standard_input(path) or path.is_fifo():
        return read_file(path), name_of(path)
    if not path.is_file():
        return None
    data = read_file(path, sbom.HEAD_BYTES)
    if b"\0" in data[:1024]:  # no form of SBOM has one, but for XML in UTF-16, which must be named as `sbom:`
        return None
    if path.stat().st_size <= MOST_SBOM_BYTES:  # JSON and YAML may say at their end what they are
        data = read_file(path)
        if sbom.recognise(data) is not None:
            return data, str(path)
    if form := sbom.unread_form(data):
        # As an artifact it would be one opaque file, and a scan of it would find nothing.
        raise InputError(str(path), f"{form} is not read yet", "convert it to JSON")
    return None


def scan_inventory(
    inventory: Inventory,
    *,
    database: Chosen | Path | None,
    scanned_at: dt.datetime,
    now: dt.datetime,
    grants: Sequence[ExceptionGrant] = (),
) -> ScanReport:
    """Match an inventory against the advisory database; without a database the result is `unknown`.

    scanned_at: what the report says of itself; now: the real time, at which an exception is in force or is not.
    """
    from custody import advisories

    with advisories.open_signed(database) as opened_database:
        report = advisories.match(inventory, opened_database, now=scanned_at)
    return advisories.apply_exceptions(report, grants, now=now)
