"""A repository in a registry: OCI distribution-spec v1.1, as a client.

Referrers: asked from the referrers API; where a registry has none, kept in the index under the tag `sha256-<hex>`
("Referrers Tag Schema"), which is read and written here.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from urllib3.exceptions import HTTPError

from custody.errors import InputError, UnavailableError
from custody.fields import Fields
from custody.model import Descriptor, Digest
from custody.registry.blob import CHUNK_BYTES, VerifyingReader, verified_chunks
from custody.registry.interface import MAX_MANIFEST_BYTES, BrokenError, MissingError
from custody.registry.listed import check_tag, fallback_tag, referrer_descriptor, some
from custody.registry.manifest import MANIFEST_TYPES, OCI_INDEX, Manifest, encode_manifest, parse_manifest
from custody.registry.reference import DEFAULT_TAG
from custody.registry.transport import Transport, drop, read_limited, unexpected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from urllib3.response import BaseHTTPResponse

    from custody.registry.interface import BlobReader, Repository
    from custody.registry.reference import Reference

__all__ = ["RegistryRepository"]

MAX_PAGES = 1000
"""Pages of a list that are followed: a registry that never ends its list must not hold us for ever."""

MAX_CHUNK_BYTES = 64 * 1024 * 1024
"""The largest piece that is kept in memory for a registry that wants its uploads in pieces."""

_ATTEMPTS_TO_LIST = 3  # two writers of one referrers index may overwrite each other: look, and write again
_ACCEPT = ", ".join(MANIFEST_TYPES)
_LINK = re.compile(r'<([^<>]*)>\s*;[^,]*\brel="?next"?')


class RegistryRepository:
    """One repository of one registry. No request is sent before the first method is called."""

    def __init__(self, reference: Reference, *, insecure: bool = False) -> None:
        """Name it by a reference (tag and digest aside). insecure: plain HTTP is allowed beyond this machine too."""
        self.name = reference.name
        self.host = reference.host
        self.path = reference.path
        self._http = Transport(reference, insecure=insecure)
        self._referrers_api: bool | None = None

    def close(self) -> None:
        """Close the connections; a later call opens them again."""
        self._http.close()

    # ── manifests ────────────────────────────────────────────────────────────────────────────────────────────────────

    def resolve(self, reference: str, /) -> Descriptor:
        """Ask what a tag or digest stands for; see `Repository.resolve`."""
        reference = reference or DEFAULT_TAG
        if ":" in reference:
            Digest.parse(reference, self.name)
        else:
            check_tag(reference, self.name)
        answer = self._ask("HEAD", f"manifests/{reference}", "look up", headers={"Accept": _ACCEPT})
        if answer.status == 404:
            drop(answer)
            raise self._missing(reference)
        if answer.status != 200:
            raise self._http.refused(answer, f"look up {self.path}:{reference}")
        drop(answer)
        digest = answer.headers.get("Docker-Content-Digest", reference if ":" in reference else "")
        size = answer.headers.get("Content-Length", "")
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        if not digest or not size.isdecimal() or media_type not in MANIFEST_TYPES:  # HEAD need not say any of it
            return self._pull(reference)[0]
        return Descriptor(media_type=media_type, digest=Digest.parse(digest, self.name), size=int(size))

    def manifest(self, digest: Digest, /) -> tuple[Descriptor, bytes]:
        """Pull a manifest; see `Repository.manifest`."""
        return self._pull(str(digest))

    def _pull(self, reference: str) -> tuple[Descriptor, bytes]:
        answer = self._ask("GET", f"manifests/{reference}", "pull", headers={"Accept": _ACCEPT})
        if answer.status == 404:
            drop(answer)
            raise self._missing(reference)
        if answer.status != 200:
            raise self._http.refused(answer, f"pull {self.path}:{reference}")
        where = f"{self.name}@{reference}" if ":" in reference else f"{self.name}:{reference}"
        data = read_limited(answer, MAX_MANIFEST_BYTES, where)
        stated = reference if ":" in reference else answer.headers.get("Docker-Content-Digest", "")
        digest = Digest.parse(stated, where) if stated else Digest.of(data)
        bare = Descriptor(media_type="", digest=digest, size=len(data))
        for _ in verified_chunks(bare, (data,), where):
            pass
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        # Some registries call every document plain JSON; then it says itself what it is.
        manifest = parse_manifest(data, where, media_type if media_type in MANIFEST_TYPES else "")
        return Descriptor(media_type=manifest.media_type, digest=digest, size=len(data)), data

    def _missing(self, reference: str) -> MissingError:
        if ":" in reference:
            return MissingError(f"{self.name}@{reference}", "no manifest with this digest there")
        try:
            there = f"tags that are: {some(self.tags())}"
        except UnavailableError:
            there = "check the name of the repository"
        return MissingError(f"{self.name}:{reference}", f"no tag {reference!r} there", there)

    def put_manifest(
        self, data: bytes, media_type: str, /, *, tag: str | None = None, child: bool = False
    ) -> Descriptor:
        """Push a manifest and list it as a referrer; see `Repository.put_manifest`."""
        del child
        digest = Digest.of(data)
        manifest = parse_manifest(data, f"{self.name}@{digest}", media_type)
        if tag is not None:
            check_tag(tag, self.name)
        headers = {"Content-Type": manifest.media_type}
        answer = self._ask("PUT", f"manifests/{tag or digest}", "push", headers=headers, body=data)
        if answer.status not in {200, 201, 202}:
            raise self._http.refused(answer, f"push {self.path}:{tag or digest}")
        drop(answer)
        kept = answer.headers.get("Docker-Content-Digest", str(digest))
        if kept != str(digest):
            raise unexpected(self.name, f"keeps another manifest than was pushed: expected {digest}, got {kept}")
        found = Descriptor(media_type=manifest.media_type, digest=digest, size=len(data))
        if manifest.subject is not None and "OCI-Subject" not in answer.headers:
            self._list_referrer(manifest.subject.digest, referrer_descriptor(found, manifest))
        return found

    # ── blobs ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def has_blob(self, digest: Digest, /) -> bool:
        """Ask whether a blob is there; see `Repository.has_blob`."""
        answer = self._ask("HEAD", f"blobs/{digest}", "look up")
        if answer.status not in {200, 404}:
            raise self._http.refused(answer, f"look up {self.path}@{digest}")
        drop(answer)
        return answer.status == 200

    @contextmanager
    def open_blob(self, descriptor: Descriptor, /) -> Iterator[BlobReader]:
        """Open a blob; a connection that breaks is taken up once where it broke. See `Repository.open_blob`."""
        download = _Download(self, descriptor)
        try:
            yield VerifyingReader(download, descriptor, download.where)
        finally:
            download.close()

    def fetch_blob(self, descriptor: Descriptor, start: int) -> BaseHTTPResponse:
        """Ask for the bytes of a blob from `start` on, and give the answer unread."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        answer = self._ask("GET", f"blobs/{descriptor.digest}", "pull", headers=headers)
        where = f"{self.name}@{descriptor.digest}"
        if answer.status == 404:
            drop(answer)
            raise MissingError(where, "the blob is missing there", "ask its publisher to push it again")
        if answer.status != (206 if start else 200):
            if start and answer.status == 200:
                answer.close()
                raise BrokenError(
                    where, f"the connection broke at byte {start}, and it cannot be taken up there", "try again"
                )
            raise self._http.refused(answer, f"pull {self.path}@{descriptor.digest}")
        begins = answer.headers.get("Content-Range", "")
        if start and not begins.startswith(f"bytes {start}-"):
            answer.close()
            raise unexpected(where, f"expected the bytes from {start} on, got {begins!r}")
        return answer

    def put_blob(self, descriptor: Descriptor, data: Iterable[bytes], /) -> None:
        """Push a blob: POST, then one PUT, or PATCHes for a registry that names a size. See `Repository.put_blob`."""
        where = f"{self.name}@{descriptor.digest}"
        answer = self._ask("POST", "blobs/uploads/", "push", body=b"")
        if answer.status != 202:
            raise self._http.refused(answer, f"push to {self.path}")
        drop(answer)
        pieces = verified_chunks(descriptor, data, where)
        location = self._location(answer)
        wanted = answer.headers.get("OCI-Chunk-Min-Length", "")
        if wanted.isdecimal() and 0 < int(wanted) < descriptor.size:
            location = self._push_pieces(location, pieces, int(wanted))
            pieces, length = iter(()), 0
        else:
            length = descriptor.size
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(length)}
        body = pieces if length else _drained(pieces)
        done = self._ask("PUT", _with_digest(location, descriptor.digest), "push", headers=headers, body=body)
        if done.status not in {201, 202, 204}:
            raise self._http.refused(done, f"push {self.path}@{descriptor.digest}")
        drop(done)

    def _push_pieces(self, location: str, pieces: Iterable[bytes], least: int) -> str:
        if least > MAX_CHUNK_BYTES:
            raise unexpected(self.name, f"wants pieces of at least {least} bytes; at most {MAX_CHUNK_BYTES} are sent")
        start = 0
        for piece in _regrouped(pieces, max(least, 8 * CHUNK_BYTES)):
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Range": f"{start}-{start + len(piece) - 1}",
                "Content-Length": str(len(piece)),
            }
            answer = self._ask("PATCH", location, "push", headers=headers, body=iter((piece,)))
            if answer.status != 202:
                raise self._http.refused(answer, f"push to {self.path}")
            drop(answer)
            location = self._location(answer)
            start += len(piece)
        return location

    def mount_blob(self, descriptor: Descriptor, source: Repository, /) -> bool:
        """Take a blob over from another repository of the same registry; see `Mounting.mount_blob`."""
        if not isinstance(source, RegistryRepository) or source.host != self.host or source.path == self.path:
            return False
        query = urlencode({"mount": str(descriptor.digest), "from": source.path})
        answer = self._ask("POST", f"blobs/uploads/?{query}", "push", body=b"")
        drop(answer)
        if answer.status == 202:  # it opened an upload instead: give that back
            drop(self._ask("DELETE", self._location(answer), "push"))
        return answer.status == 201

    def _location(self, answer: BaseHTTPResponse) -> str:
        location = answer.headers.get("Location")
        if not location:
            raise unexpected(self.name, "opened an upload without saying where")
        return location

    # ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def tags(self) -> tuple[str, ...]:
        """List the tags; see `Repository.tags`."""
        found: set[str] = set()
        for answer in self._pages(f"/v2/{self.path}/tags/list"):
            if answer.status == 404:
                drop(answer)
                break
            if answer.status != 200:
                raise self._http.refused(answer, f"list the tags of {self.path}")
            where = f"{self.name} (list of tags)"
            found |= set(Fields.from_json(read_limited(answer, MAX_MANIFEST_BYTES, where), where).texts("tags"))
        return tuple(sorted(found))

    def referrers(self, digest: Digest, /, artifact_type: str = "") -> tuple[Descriptor, ...]:
        """List what refers to `digest`; see `Repository.referrers`."""
        found = self._ask_referrers(digest)
        if found is None:
            listed = self._fallback_index(digest)
            found = list(listed.manifests) if listed else []
        unique = {descriptor.digest: descriptor for descriptor in found}
        return tuple(unique[key] for key in sorted(unique) if artifact_type in ("", unique[key].artifact_type))

    def _ask_referrers(self, digest: Digest) -> list[Descriptor] | None:
        """Ask the referrers API. None: this registry has none (then 404 comes even for what nothing refers to)."""
        if self._referrers_api is False:
            return None
        found: list[Descriptor] = []
        where = f"{self.name} (referrers of {digest})"
        for answer in self._pages(f"/v2/{self.path}/referrers/{digest}"):
            if answer.status in {400, 404, 405, 501} or (
                answer.status == 200 and not answer.headers.get("Content-Type", "").startswith(OCI_INDEX)
            ):
                drop(answer)
                self._referrers_api = False
                return None
            if answer.status != 200:
                raise self._http.refused(answer, f"list the referrers of {self.path}@{digest}")
            found += parse_manifest(read_limited(answer, MAX_MANIFEST_BYTES, where), where, OCI_INDEX).manifests
        self._referrers_api = True
        return found

    def _fallback_index(self, digest: Digest) -> Manifest | None:
        try:
            found, data = self._pull(fallback_tag(digest))
        except MissingError:
            return None
        where = f"{self.name}:{fallback_tag(digest)}"
        listed = parse_manifest(data, where, found.media_type)
        if not listed.is_index:
            raise InputError(where, f"expected an index of referrers, got {found.media_type!r}")
        return listed

    def _list_referrer(self, subject: Digest, entry: Descriptor) -> None:
        """Add a referrer to the index under the fallback tag. The API has no way to lock it, so look afterwards."""
        for _ in range(_ATTEMPTS_TO_LIST):
            listed = self._fallback_index(subject)
            manifests = listed.manifests if listed else ()
            if any(known.digest == entry.digest for known in manifests):
                return
            index = Manifest(
                media_type=OCI_INDEX,
                manifests=tuple(sorted((*manifests, entry), key=lambda d: d.digest)),
                annotations=listed.annotations if listed else (),
            )
            headers = {"Content-Type": OCI_INDEX}
            body = encode_manifest(index)
            answer = self._ask("PUT", f"manifests/{fallback_tag(subject)}", "push", headers=headers, body=body)
            if answer.status not in {200, 201, 202}:
                raise self._http.refused(answer, f"list a referrer of {self.path}@{subject}")
            drop(answer)
        listed = self._fallback_index(subject)
        if listed is None or all(known.digest != entry.digest for known in listed.manifests):
            raise UnavailableError(self.name, f"other writers keep replacing the referrers of {subject}", "try again")

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ask(
        self,
        method: str,
        path: str,
        operation: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] | None = None,
    ) -> BaseHTTPResponse:
        """Send a request. path: below this repository, or an address that the registry gave."""
        address = path if path.startswith(("/", "http:", "https:")) else f"/v2/{self.path}/{path}"
        return self._http.request(method, address, operation=f"{operation} {self.path}", headers=headers, body=body)

    def _pages(self, path: str) -> Iterator[BaseHTTPResponse]:
        for _ in range(MAX_PAGES):
            answer = self._ask("GET", path, "list")
            following = _LINK.search(answer.headers.get("Link", ""))
            yield answer
            if following is None:
                return
            path = following[1] if following[1].startswith(("/", "http")) else f"/v2/{self.path}/{following[1]}"
        raise unexpected(self.name, f"a list of more than {MAX_PAGES} pages")


class _Download:
    """The bytes of a blob, from one connection or, when that breaks, from two."""

    def __init__(self, repository: RegistryRepository, descriptor: Descriptor) -> None:
        self.where = f"{repository.name}@{descriptor.digest}"
        self._repository = repository
        self._descriptor = descriptor
        self._answer: BaseHTTPResponse | None = None
        self._done = 0
        self._resumed = False

    def read(self, size: int, /) -> bytes:
        if self._done == self._descriptor.size and self._done:
            try:
                return self._more(1)  # looks for a byte too many
            except HTTPError:
                return b""  # the blob is whole, whatever became of the connection
        while True:
            try:
                data = self._more(size)
            except HTTPError as error:
                if self._resumed:
                    raise BrokenError(
                        self.where, f"the connection broke twice, now at byte {self._done}", "try again"
                    ) from error
            else:
                self._done += len(data)
                # A server that closes early without having announced a length ends the stream as if it were whole.
                if data or self._done >= self._descriptor.size or self._resumed:
                    return data
            self._resumed = True
            self.close()

    def _more(self, size: int) -> bytes:
        if self._answer is None:
            self._answer = self._repository.fetch_blob(self._descriptor, self._done)
        return self._answer.read(size)

    def close(self) -> None:
        if self._answer is not None:
            # A connection in the middle of a blob is of no more use; one at its end goes back to the pool by itself.
            self._answer.close()
            self._answer = None


def _with_digest(location: str, digest: Digest) -> str:
    return f"{location}{'&' if '?' in location else '?'}digest={quote(str(digest), safe='')}"


def _drained(pieces: Iterable[bytes]) -> bytes:
    """Verify an empty blob, or what was sent in pieces before, and give the empty last body."""
    return b"".join(pieces)


def _regrouped(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Give the same bytes in pieces of `size`; only the last may be shorter."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)
