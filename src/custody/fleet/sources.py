"""What a fleet is made of: a list of SOURCEs, or a folder of SBOMs and image layouts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from custody.errors import InputError, UnavailableError

__all__ = ["document_digest", "sources_of"]

_ENDINGS = frozenset(
    {".json", ".jsonld", ".xml", ".spdx", ".yaml", ".yml", ".rdf", ".cdx", ".txt", ".purls", ".tag", ".tar"}
)
_CHUNK = 1 << 20


def sources_of(places: Sequence[str]) -> Iterator[str]:
    """Give each SOURCE, as `custody scan` takes it, once, in order.

    places: folders (every SBOM and OCI layout below them, by path), or files that are lists: a SOURCE on each line,
    `#` begins a comment, paths are relative to the list's folder; `-` is standard input.
    Raises UnavailableError: not there.
    """
    seen: set[str] = set()
    for place in places:
        found = _below(Path(place)) if place != "-" and Path(place).is_dir() else _listed(place)
        for source in found:
            if source not in seen:
                seen.add(source)
                yield source


def _below(folder: Path) -> Iterator[str]:
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        if (here / "oci-layout").is_file():
            yield f"oci:{here}"
            continue
        try:
            inside = sorted(here.iterdir())
        except OSError as error:
            raise UnavailableError(str(here), f"cannot be read: {(error.strerror or str(error)).lower()}") from None
        yield from (str(path) for path in inside if path.suffix.lower() in _ENDINGS and path.is_file())
        waiting += [path for path in reversed(inside) if path.is_dir() and not path.is_symlink()]


def _listed(place: str) -> Iterator[str]:
    import sys

    try:
        text = sys.stdin.read() if place == "-" else Path(place).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(place, "is no list of sources: it is not UTF-8", "write one SOURCE on each line") from None
    except OSError as error:
        raise UnavailableError(place, f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    base = Path() if place == "-" else Path(place).parent
    for line in text.splitlines():
        source = line.strip()
        if source and not source.startswith("#"):
            yield str(base / source) if (base / source).exists() else source


def document_digest(source: str) -> str:
    """Give the SHA-256 of the file that the source is, "" for what is no single file: that is read again each time."""
    path = Path(source.removeprefix("sbom:"))
    if not path.is_file():
        return ""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while data := file.read(_CHUNK):
                digest.update(data)
    except OSError:
        return ""  # whoever reads it next says why
    return digest.hexdigest()
