"""The advisory database on its way: signed, exported to a file, pushed to a registry or layout, and taken from there.

What a publisher signed stays signed by the publisher: see `advisories.exchange` for the forms and for what is checked.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from custody import advisories
from custody.advisories import exchange
from custody.advisories.database import Database, place_of
from custody.advisories.placing import digest_of, put_bundle
from custody.advisories.signature import MAX_BUNDLE_BYTES, DatabaseSignature, sign_file
from custody.advisories.storage import connect
from custody.errors import InputError, UnavailableError, UsageError, VerificationError
from custody.model import Descriptor, Digest, format_time

if TYPE_CHECKING:
    from custody.advisories import Chosen
    from custody.registry import Repository
    from custody.workflows.interface import Listener

__all__ = ["export_database", "import_exported", "pull_database", "push_database", "sign_database"]

_CHUNK_BYTES = 1 << 20


def sign_database(
    path: Path, listener: Listener, *, sign_key: Path | None, passphrase: bytes | None, now: dt.datetime
) -> list[str]:
    """Read a database whole, and sign it as it is; give what a person should know about it.

    Raises InputError: it is not what was imported; UnavailableError: it, or the key, cannot be read or written.
    """
    key = advisories.signing_key(sign_key, passphrase=passphrase)
    for warning in key.warnings:
        listener.warn(warning)
    before = _digest(path)
    with Database(connect(path), path) as database:
        database.verify()
    digest, bundle = sign_file(path, key, name=path.name, now=now)
    if digest != before:
        raise VerificationError(str(path), "it was changed while it was read", "do it again")
    place = put_bundle(path, digest, bundle)
    return [f"{path} was read whole and signed by the key {key.key_id[:16]}: {place}"]


def _digest(path: Path) -> Digest:
    try:
        with path.open("rb") as file:
            return digest_of(file)
    except OSError:
        connect(path).close()  # it says what is wrong
        raise


def export_database(target: Path, listener: Listener, *, database: Chosen) -> list[str]:
    """Write the database and its signature to one file; give what a person should know about it."""
    path = _there(database)
    listener.begin("export")
    with exchange.opened_pair(database, path) as (signature, bundle, file):
        size = exchange.export(bundle, file, target, progress=listener.progress)
    listener.end("export", str(target))
    return [f"{target}: {_megabytes(size)}, {_told(signature)}"]


def import_exported(place: Path, listener: Listener, *, database: Chosen, allow_older: bool) -> list[str]:
    """Put an exported database in place, once its signature and digest are found right."""
    listener.begin("import")
    with exchange.opened_export(place) as (bundle, packed):
        received = exchange.receive(
            bundle,
            lambda: nullcontext(packed),
            str(place),
            database=database,
            path=database.path or advisories.default_path(),
            allow_older=allow_older,
            progress=listener.progress,
        )
    listener.end("import", str(received.path))
    return _received(received)


def push_database(
    target: str,
    listener: Listener,
    *,
    database: Chosen,
    sign_key: Path | None,
    passphrase: bytes | None,
    now: dt.datetime,
) -> list[str]:
    """Put the database and its signature into a repository, under a tag; give what a person should know about it.

    sign_key: sign it anew with this key, for those who trust that one. Raises what reading the database does, and
    UnavailableError: the repository cannot be reached or written.
    """
    from custody.registry import open_repository, parse_reference
    from custody.registry.manifest import EMPTY, EMPTY_DATA, OCI_MANIFEST, Manifest, encode_manifest
    from custody.signing import BUNDLE_MEDIA_TYPE

    reference = parse_reference(target)
    if not reference.tag or reference.digest is not None:
        raise UsageError(target, "expected a tag to push to", "name it, as in host/repository:tag or oci:DIR:tag")
    path = _there(database)
    repository = open_repository(reference)
    listener.begin("push")
    with exchange.opened_pair(database, path) as (signature, bundle, file), tempfile.TemporaryFile() as packed:
        if sign_key is not None:
            key = advisories.signing_key(sign_key, passphrase=passphrase)
            signed, bundle = sign_file(path, key, name=path.name, now=now)
            if signed != signature.digest:
                raise VerificationError(str(path), "the advisory database was replaced meanwhile", "push again")
        size = exchange.compress(file, packed, progress=listener.progress)
        packed.seek(0)
        layers = (
            Descriptor(
                media_type=exchange.DATABASE_TYPE,
                digest=digest_of(packed),
                size=size,
                annotations=(("org.opencontainers.image.title", exchange.DATABASE_NAME),),
            ),
            Descriptor(
                media_type=BUNDLE_MEDIA_TYPE,
                digest=Digest.of(bundle),
                size=len(bundle),
                annotations=(("org.opencontainers.image.title", exchange.BUNDLE_NAME),),
            ),
        )
        sent = 0
        for descriptor, content in ((EMPTY, [EMPTY_DATA]), (layers[1], [bundle]), (layers[0], _pieces(packed))):
            if not repository.has_blob(descriptor.digest):
                repository.put_blob(descriptor, content)
                sent += descriptor.size
        manifest = Manifest(
            media_type=OCI_MANIFEST,
            artifact_type=exchange.ARTIFACT_TYPE,
            config=EMPTY,
            layers=layers,
            annotations=(("org.opencontainers.image.created", format_time(signature.imported_at)),),
        )
        found = repository.put_manifest(encode_manifest(manifest), OCI_MANIFEST, tag=reference.tag)
    listener.end("push", str(reference))
    return [f"{reference}@{found.digest}: {_megabytes(sent)} sent, {_told(signature)}"]


def pull_database(source: str, listener: Listener, *, database: Chosen, allow_older: bool) -> list[str]:
    """Take the database that a repository has under a name; nothing more is fetched than its signature if it is there.

    Raises VerificationError: as `exchange.receive`; InputError: the name is of another kind of artifact.
    """
    from custody.registry import open_repository, parse_reference
    from custody.registry.manifest import parse_manifest

    reference = parse_reference(source)
    repository = open_repository(reference)
    listener.begin("update")
    digest = reference.digest or repository.resolve(reference.pointer).digest
    where = f"{reference.name}@{digest}"
    descriptor, data = repository.manifest(digest)
    manifest = parse_manifest(data, where, descriptor.media_type)
    if manifest.artifact_type != exchange.ARTIFACT_TYPE:
        kind = manifest.artifact_type or manifest.media_type
        raise InputError(where, f"expected an artifact of type {exchange.ARTIFACT_TYPE}, got {kind}")
    packed, bundle = _layers(manifest.layers, where)
    received = exchange.receive(
        _small(repository, bundle, where),
        lambda: repository.open_blob(packed),
        str(reference),
        database=database,
        path=database.path or advisories.default_path(),
        allow_older=allow_older,
        progress=listener.progress,
    )
    listener.end("update", str(received.path))
    return _received(received)


def _layers(layers: tuple[Descriptor, ...], where: str) -> tuple[Descriptor, Descriptor]:
    from custody.signing import BUNDLE_MEDIA_TYPE

    found = []
    for wanted in (exchange.DATABASE_TYPE, BUNDLE_MEDIA_TYPE):
        of_type = [layer for layer in layers if layer.media_type == wanted]
        if len(of_type) != 1:
            raise InputError(where, f"expected one layer of type {wanted}, got {len(of_type)}", "push it again")
        found += of_type
    return found[0], found[1]


def _small(repository: Repository, descriptor: Descriptor, where: str) -> bytes:
    if descriptor.size > MAX_BUNDLE_BYTES:
        raise InputError(where, f"a signature of {descriptor.size} bytes; at most {MAX_BUNDLE_BYTES} are read")
    with repository.open_blob(descriptor) as reader:
        return reader.read()


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_CHUNK_BYTES):
        yield piece


def _there(database: Chosen) -> Path:
    path = place_of(database.path)
    if path is None:
        fix = "run `custody db update` or `custody db import` first"
        raise UnavailableError(str(advisories.default_path()), "no advisory database there", fix)
    return path


def _received(received: exchange.Received) -> list[str]:
    if received.state is None:
        return [f"{received.path} is the same already: nothing was fetched, {_told(received.signature)}"]
    total = sum(count for _, count in received.state.ecosystems)
    lines = [f"{received.path} holds {total} records now, {_told(received.signature)}"]
    return lines + [f"  {name:<14} {count:>7}" for name, count in received.state.ecosystems]


def _told(signature: DatabaseSignature) -> str:
    newest = "" if signature.newest is None else f"; newest advisory {format_time(signature.newest)}"
    return f"signed by the key {signature.key_id[:16]} on {signature.signed_at:%Y-%m-%d}{newest}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size} bytes"
