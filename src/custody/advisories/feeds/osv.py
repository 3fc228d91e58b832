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
from pathlib import Path
from urllib.parse import quote

from custody.advisories.ecosystems import ECOSYSTEMS
from custody.advisories.feeds.archive import read_archive
from custody.advisories.feeds.contents import read_contents
from custody.advisories.feeds.record import parse_record
from custody.errors import InputError
from custody.model import Advisory, Skipped

__all__ = ["DEFAULT_MIRROR", "ArchiveDump", "FilesDump", "claimed", "default_ecosystems", "mirror_places"]

DEFAULT_MIRROR = "https://osv-vulnerabilities.storage.googleapis.com"


def default_ecosystems() -> tuple[str, ...]:
    """Give what `db update` fetches unless told otherwise: the ecosystems whose versions we can order."""
    from custody.advisories.versions import orderings

    return tuple(sorted({name for o in orderings() for name in o.ecosystems} & ECOSYSTEMS))


class ArchiveDump:
    """The records of one zip archive."""

    kind = "osv"

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


class FilesDump:
    """The records of files and archives of any form that `contents` reads, such as `.tar.zst`."""

    kind = "osv"

    def __init__(self, paths: Sequence[Path], name: str, whole: str) -> None:
        """Take the files in order, a name for messages, and the ecosystem they claim to hold."""
        self.name = name
        self.whole = whole
        self.skipped: list[Skipped] = []
        self._paths = paths

    def records(self) -> Iterator[Advisory]:
        """Yield the records that can be read. InputError where an archive is broken."""
        for path in self._paths:
            for where, content in read_contents(path, str(path)):
                try:
                    if isinstance(content, InputError):
                        raise content
                    advisory = parse_record(content, where)
                except InputError as error:
                    self.skipped.append(Skipped(where=error.where, reason=error.what))
                else:
                    yield advisory


def mirror_places(base: str, ecosystems: Sequence[str]) -> dict[str, str]:
    """Give by ecosystem where a mirror has what belongs to it, without a slash at the end.

    base: an address or a folder. InputError: a name that is not an OSV ecosystem.
    """
    for name in ecosystems:
        if name not in ECOSYSTEMS:
            raise InputError(
                "ecosystem", f"{name!r} is not an OSV ecosystem", f"expected one of {', '.join(sorted(ECOSYSTEMS))}"
            )
    quoted = "://" in base
    return {name: f"{base.rstrip('/')}/{quote(name) if quoted else name}" for name in ecosystems}


def claimed(path: Path) -> str:
    """Give the ecosystem for which an archive or its folder is named, "" for none."""
    return next((name for name in (path.parent.name, path.stem) if name in ECOSYSTEMS), "")
