"""From what a person writes to the source it names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from custody.errors import InputError, UsageError
from custody.registry.layout import LayoutRepository
from custody.registry.open import is_layout, open_repository
from custody.registry.reference import Reference, parse_reference, refuse_address, split_scheme
from custody.sources.directory import open_directory, open_file
from custody.sources.docker_archive import looks_like_archive, open_archive
from custody.sources.image import open_image

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custody.sources.interface import Source

__all__ = ["open_source", "tell_source"]

_FORMS = "expected dir:PATH, file:PATH, oci:DIR[:tag], docker-archive:FILE, host/repository:tag, or a path"


def open_source(
    text: str,
    *,
    work: Path,
    platform: str | None = None,
    name: str = "",
    version: str = "",
    exclude: Iterable[Path] = (),
    insecure: bool = False,
) -> Source:
    """Open the artifact that `text` names.

    text: `dir:PATH`, `file:PATH`, `oci:DIR[:tag][@digest]`, `docker-archive:FILE[:tag]`, an image reference
    `host/repository[:tag][@digest]`, or a path, recognised by what it holds.
    work: an empty scratch folder that stays as long as the source is used.
    platform: "os/architecture[/variant]" for an index of several; name, version: what the releaser calls it.
    exclude: paths that a directory leaves out; insecure: plain HTTP is allowed beyond this machine.
    Raises InputError: it is not there, or not what it should be. UnavailableError: it cannot be reached or read.
    """
    scheme, rest = split_scheme(text)
    if not scheme:
        scheme, rest = _recognise(text)
    if scheme == "sbom":
        raise UsageError(text, "an SBOM lists packages; it is no artifact to read", _FORMS)
    if scheme == "dir":
        return open_directory(
            _there(rest, text, folder=True), work=work, name=name, version=version, exclude=tuple(exclude)
        )
    if scheme == "file":
        return open_file(_there(rest, text, folder=False), work=work, name=name, version=version)
    if scheme == "docker-archive":
        path, tag = _archive_path(rest, text)
        archive = open_archive(path, work=work)
        try:
            return open_image(
                archive,
                archive.resolve(tag),
                reference=text,
                platform=platform,
                name=name,
                version=version,
                close=archive.close,
            )
        except BaseException:
            archive.close()
            raise
    reference = parse_reference(f"oci:{rest}" if scheme == "oci" else rest)
    return _open_reference(reference, platform, name, version, insecure=insecure)


def tell_source(text: str) -> tuple[str, str]:
    """Say what `text` names: ("dir" or "file", its path) where it is on this disk and no image, else ("image", text).

    Raises InputError: it is a path, and nothing is there.
    """
    scheme, rest = split_scheme(text)
    if not scheme:
        scheme, rest = _recognise(text)
    if scheme not in {"dir", "file"}:
        return "image", text
    return scheme, str(_there(rest, text, folder=scheme == "dir"))


def _open_reference(reference: Reference, platform: str | None, name: str, version: str, *, insecure: bool) -> Source:
    repository = open_repository(reference, insecure=insecure)
    if isinstance(repository, LayoutRepository):
        _there(reference.path, str(reference), folder=True)
        repository.check()
    close = getattr(repository, "close", None)
    try:
        descriptor = repository.resolve(reference.pointer)
        resolved = str(reference) if reference.digest else f"{reference}@{descriptor.digest}"
        return open_image(
            repository,
            descriptor,
            reference=resolved,
            platform=platform,
            name=name,
            version=version,
            close=close,
        )
    except BaseException:
        if close is not None:
            close()
        raise


def _recognise(text: str) -> tuple[str, str]:
    """Tell what a plain argument is by what it holds; what is no path must be an image reference."""
    path = Path(text)
    if text and path.is_dir():
        return ("oci" if is_layout(path) else "dir"), text
    if text and path.exists():
        return ("docker-archive" if looks_like_archive(path) else "file"), text
    if not text.startswith((".", "/", "~")):
        refuse_address(text)
    if text.startswith((".", "/", "~")) or text.endswith((".tar", ".tar.gz", ".tgz", "/")) or not text:
        raise InputError(text or "SOURCE", "no such file or folder", _FORMS)
    if "/" not in text and ":" not in text and "@" not in text:
        # A bare word could be an image of Docker Hub. More often it is a path with a slip in it, and asking the network
        # about somebody's folder names would give them away.
        raise InputError(text, "no such file or folder", f"for an image of Docker Hub write docker.io/library/{text}")
    return "registry", text


def _there(path: str, text: str, *, folder: bool) -> Path:
    found = Path(path)
    if not path or not found.exists():
        raise InputError(text, f"no such {'folder' if folder else 'file'}", "check the path")
    if folder and not found.is_dir():
        raise InputError(text, "not a folder", "for a single file write file:PATH")
    if not folder and found.is_dir():
        raise InputError(text, "a folder, not a file", "for a folder write dir:PATH")
    return found


def _archive_path(rest: str, text: str) -> tuple[Path, str]:
    """Split FILE[:tag], where both may have colons: the longest FILE that is there counts."""
    path, tag = rest, ""
    while not Path(path).exists() and ":" in path:
        path, _, more = path.rpartition(":")
        tag = f"{more}:{tag}" if tag else more
    return _there(path, text, folder=False) if Path(path).exists() else _there(rest, text, folder=False), tag
