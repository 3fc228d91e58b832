"""OSV dumps: records from a folder, a zip archive or a mirror.

Spec: https://google.github.io/osv.dev/data/#data-dumps: `<base>/<Ecosystem>/all.zip`, one `<ID>.json` for each
record. A folder may hold the same layout, or loose .json files at any depth.

What a dump claims to hold completely matters, since "no advisory" means nothing where nobody looked. A claim is
taken from the layout only: the folder that is named for an ecosystem, or an archive called `all….zip` whose every
record names one and the same ecosystem. Loose records make no claim; whoever imports them may (`ecosystems=` of
`import_osv`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from custody.advisories.ecosystems import ECOSYSTEMS
from custody.advisories.feeds.address import check_address
from custody.advisories.feeds.archive import MAX_RECORD_BYTES, read_archive
from custody.advisories.feeds.record import parse_record
from custody.advisories.interface import Dump
from custody.errors import InputError, UnavailableError
from custody.model import Advisory, Progress, Skipped

__all__ = ["DEFAULT_ECOSYSTEMS", "DEFAULT_MIRROR", "open_osv", "parse_record"]

DEFAULT_MIRROR = "https://osv-vulnerabilities.storage.googleapis.com"
DEFAULT_ECOSYSTEMS = ("PyPI", "npm", "Debian", "Ubuntu")
"""What `db update` fetches unless told otherwise: the ecosystems whose versions we can order."""


class ArchiveDump:
    """The records of one zip archive."""

    def __init__(self, path: Path, where: str, whole: str) -> None:
        """Take the file, its name for messages and the ecosystem it claims to hold, "" to find out or for none."""
        self.name = where
        self.whole = whole
        self.skipped: list[Skipped] = []
        self._path = path

    def records(self) -> Iterator[Advisory]:
        """Yield the records; afterwards `whole` is settled. InputError where the archive itself is no zip."""
        common: set[str] | None = None
        for name, content in read_archive(self._path, self.name):
            try:
                if isinstance(content, InputError):
                    raise content
                advisory = parse_record(content, f"{self.name}:{name}")
            except InputError as error:
                self.skipped.append(Skipped(where=error.where, reason=error.what))
                continue
            if not self.whole and self._path.name.startswith("all"):
                named = {a.ecosystem.partition(":")[0] for a in advisory.affected}
                common = named if common is None else common & named
            yield advisory
        if not self.whole and common and len(common) == 1:
            self.whole = next(iter(common & ECOSYSTEMS), "")


class FolderDump:
    """The loose .json files below one folder, or one such file."""

    def __init__(self, paths: Sequence[Path], name: str, whole: str) -> None:
        """Take the files in order, a name for messages, and the ecosystem they claim to hold."""
        self.name = name
        self.whole = whole
        self.skipped: list[Skipped] = []
        self._paths = paths

    def records(self) -> Iterator[Advisory]:
        """Yield the records that can be read."""
        for path in self._paths:
            try:
                advisory = parse_record(_load(path), str(path))
            except InputError as error:
                self.skipped.append(Skipped(where=error.where, reason=error.what))
            else:
                yield advisory


def _load(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_RECORD_BYTES + 1)
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror or error}") from None
    if len(data) > MAX_RECORD_BYTES:
        raise InputError(str(path), f"larger than {MAX_RECORD_BYTES >> 20} MiB")
    return data


@contextmanager
def open_osv(source: str, *, fetch: Sequence[str] = (), progress: Progress | None = None) -> Iterator[list[Dump]]:
    """Give the dumps of a source; what was downloaded for them is gone afterwards.

    source: a folder, a .zip or .json file, the address of a .zip, or the base address of a mirror (https, http, file).
    fetch: which ecosystems to take from a mirror; where empty, all that a folder holds, or `DEFAULT_ECOSYSTEMS` from a
    network. Raises UnavailableError: not there, or not to be fetched; InputError: holds nothing that could be a record;
    UsageError: an address that `check_address` refuses.
    """
    scheme = source.partition(":")[0].lower()
    if "://" in source or scheme in ("http", "https", "file"):
        check_address(source)
    if scheme == "file":
        source = unquote(urlsplit(source).path)
    if scheme in ("http", "https"):
        from custody.advisories.feeds.download import downloaded

        addresses = {"": source} if source.endswith(".zip") else _mirror(source, fetch or DEFAULT_ECOSYSTEMS)
        with downloaded(list(addresses.values()), progress=progress) as files:
            yield [
                ArchiveDump(file, address, name or _claimed(Path(unquote(urlsplit(address).path))))
                for (name, address), file in zip(addresses.items(), files, strict=True)
            ]
        return
    path = Path(source).expanduser()
    if path.is_dir():
        yield (
            [_archive(Path(name)) for name in _mirror(str(path), fetch, quoted=False).values()]
            if fetch
            else _folder(path)
        )
    elif path.suffix == ".json" and path.exists():
        yield [FolderDump([path], str(path), "")]
    elif path.exists():
        yield [_archive(path)]
    else:
        raise UnavailableError(
            source, "no such file or folder", "give a folder, a .zip, or the address of an OSV mirror"
        )


def _mirror(base: str, ecosystems: Sequence[str], *, quoted: bool = True) -> dict[str, str]:
    unknown = [name for name in ecosystems if name not in ECOSYSTEMS]
    if unknown:
        raise InputError(
            "ecosystem", f"{unknown[0]!r} is not an OSV ecosystem", f"expected one of {', '.join(sorted(ECOSYSTEMS))}"
        )
    return {name: f"{base.rstrip('/')}/{quote(name) if quoted else name}/all.zip" for name in ecosystems}


def _archive(path: Path) -> ArchiveDump:
    return ArchiveDump(path, str(path), _claimed(path.absolute()))


def _claimed(path: Path) -> str:
    """Give the ecosystem for which the archive or its folder is named, "" for none."""
    return next((name for name in (path.parent.name, path.stem) if name in ECOSYSTEMS), "")


def _folder(root: Path) -> list[Dump]:
    """Sort what lies below a folder into dumps.

    Each archive is one; loose files are one for each folder that is named for an ecosystem, and one for the rest.
    """
    dumps: list[Dump] = []
    loose: dict[str, list[Path]] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix == ".zip" and path.is_file():
            dumps.append(_archive(path))
        elif path.suffix == ".json" and path.is_file():
            inside = (root.absolute().name, *path.relative_to(root).parent.parts)
            loose.setdefault(next((part for part in reversed(inside) if part in ECOSYSTEMS), ""), []).append(path)
    dumps += [
        FolderDump(paths, str(root / whole) if (root / whole).is_dir() else str(root), whole)
        for whole, paths in sorted(loose.items())
    ]
    if not dumps:
        raise InputError(
            str(root),
            "holds no .zip and no .json file",
            "expected OSV records, or folders named for ecosystems with an all.zip",
        )
    return dumps
