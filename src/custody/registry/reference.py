"""References as a person writes them, taken apart.

    registry.example:5000/team/app:1.2.3@sha256:…      [host[:port]/]repository[:tag][@digest]
    oci:DIR[:tag][@digest]                             an image layout on disk

Grammar: github.com/distribution/reference, as Docker reads it: without a host it is Docker Hub, without a namespace
there `library/`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from custody.errors import InputError, UsageError
from custody.model import Digest

__all__ = [
    "DEFAULT_TAG",
    "SCHEMES",
    "Reference",
    "is_digest",
    "is_tag",
    "parse_reference",
    "refuse_address",
    "split_scheme",
]

SCHEMES = ("dir", "docker-archive", "file", "oci", "sbom")
"""Words before a colon that say what follows; for an image of such a name write `docker.io/library/file:1`."""

DEFAULT_TAG = "latest"
_HUB, _HUB_OLD, _HUB_NAMESPACE = "docker.io", "index.docker.io", "library"

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_HOST = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST_SUFFIX = re.compile(r"@([a-z0-9]+:[0-9a-fA-F]+)\Z")
_LIKE_DIGEST = re.compile(r"sha[0-9]+:|[a-z0-9]+:[0-9a-fA-F]{32}")
_MAX_NAME = (
    255  # distribution-spec v1.1, "Pulling manifests": clients may limit host and name together to 255 characters
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A place for artifacts and, perhaps, one of them.

    scheme: "registry" or "oci"; host: with port, "" for a layout; path: repository in the registry, or folder.
    """

    scheme: str
    host: str
    path: str
    tag: str = ""
    digest: Digest | None = None

    @property
    def name(self) -> str:
        """Give the place alone: `host/repository` or `oci:DIR`."""
        return f"oci:{self.path}" if self.scheme == "oci" else f"{self.host}/{self.path}"

    @property
    def pointer(self) -> str:
        """Give what `Repository.resolve` takes: the digest (a tag beside it says nothing more), else the tag."""
        return str(self.digest) if self.digest else self.tag

    def __str__(self) -> str:
        """Give the whole reference."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}@{self.digest}" if self.digest else f"{self.name}{tag}"

    @property
    def is_loopback(self) -> bool:
        """Say whether the registry is on this machine, so that plain HTTP gives nothing away."""
        host = self.host.rsplit(":", 1)[0] if not self.host.endswith("]") else self.host
        try:
            return ipaddress.ip_address(host.strip("[]")).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")


def split_scheme(text: str) -> tuple[str, str]:
    """Give (scheme, rest), with scheme "" where none of `SCHEMES` stands before the first colon."""
    scheme, colon, rest = text.partition(":")
    return (scheme, rest) if colon and scheme in SCHEMES else ("", text)


def is_digest(text: str) -> bool:
    """Say whether `text` is meant as a digest, whether or not it is a good one."""
    return text.startswith(("sha256:", "sha384:", "sha512:"))


def is_tag(text: str) -> bool:
    """Say whether `text` can be a tag."""
    return _TAG.fullmatch(text) is not None


def parse_reference(text: str) -> Reference:
    """Read the reference of an image or of a place for images.

    Raises UsageError: another scheme, an address, a user; InputError: nothing that a registry or a layout could have.
    """
    refuse_address(text)
    scheme, rest = split_scheme(text)
    if scheme == "oci":
        return _parse_layout(text, rest)
    if scheme:
        raise UsageError(
            text, f"{scheme}: is not a place for images", "expected oci:DIR[:tag] or host/repository[:tag]"
        )
    return _parse_image(text)


def refuse_address(text: str) -> None:
    """Raise UsageError where an image reference is written as a URL, or with a user before an `@`.

    Nothing that stands before the `@` is repeated in the message: it may be a password. A layout's folder may have an
    `@` in its name.
    """
    scheme, rest = split_scheme(text)
    if scheme:
        if "://" in text:
            raise UsageError(_bare(text), f"{scheme}: takes a path, not a URL", f"expected {scheme}:PATH")
        return
    body, at, digest = rest.rpartition("@")
    if not at or not _LIKE_DIGEST.match(digest):
        body = rest
    if "@" in body:
        what = "a reference has no user and no password in it"
        raise UsageError(_bare(text), what, "run `docker login`; its credentials are used")
    if "://" in body:
        raise UsageError(_bare(text), "an image reference is no URL", "leave out what stands before the host")


def _bare(text: str) -> str:
    """Give what of a reference can be repeated: from the host on, as far as the query."""
    body, at, digest = text.rpartition("@")
    if not at or not _LIKE_DIGEST.match(digest):
        body, at, digest = text, "", ""
    shown = re.split(r"[?#]", body.rpartition("@")[2].rpartition("://")[2])[0]
    return f"{shown}{at}{digest}"


def _parse_layout(text: str, rest: str) -> Reference:
    rest, digest = _cut_digest(text, rest)
    folder, colon, tag = rest.rpartition(":")
    # A folder whose name has a colon is there or is not: where it is, the colon is part of its name.
    if not colon or "/" in tag or Path(rest).is_dir():
        folder, tag = rest, ""
    elif not is_tag(tag):
        raise InputError(text, f"{tag!r} cannot be a tag", "expected oci:DIR[:tag][@digest]")
    if not folder:
        raise InputError(text, "the folder is missing", "expected oci:DIR[:tag][@digest]")
    return Reference(scheme="oci", host="", path=folder, tag=tag, digest=digest)


def _parse_image(text: str) -> Reference:
    rest, digest = _cut_digest(text, text)
    first, slash, others = rest.partition("/")
    if slash and (set(first) & set(".:[") or first == "localhost" or first != first.lower()):
        host, rest = first, others
    else:
        host = _HUB
    host = _HUB if host == _HUB_OLD else host
    path, _, tag = rest.partition(":")
    if host == _HUB and "/" not in path:
        path = f"{_HUB_NAMESPACE}/{path}"
    form = "expected [host[:port]/]repository[:tag][@digest]"
    if not _HOST.fullmatch(host):
        raise InputError(text, f"{host!r} cannot be a host", form)
    if not _REPOSITORY.fullmatch(path):
        lower = "; repository names are lower case" if path != path.lower() else ""
        raise InputError(text, f"{path!r} cannot be a repository", form + lower)
    if ":" in rest and not is_tag(tag):
        raise InputError(text, f"{tag!r} cannot be a tag", form)
    if len(host) + len(path) >= _MAX_NAME:
        raise InputError(text, f"host and repository are longer than {_MAX_NAME} characters")
    return Reference(scheme="registry", host=host, path=path, tag=tag, digest=digest)


def _cut_digest(text: str, rest: str) -> tuple[str, Digest | None]:
    found = _DIGEST_SUFFIX.search(rest)
    return (rest, None) if found is None else (rest[: found.start()], Digest.parse(found[1], text))
