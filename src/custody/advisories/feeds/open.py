"""Telling by content what a place holds, and opening it: OSV, KEV, EPSS, CVE records, CSAF and VEX documents.

    with open_feed("…/downloads") as feeds:         # a folder, a file or an address
        for feed in feeds:
            for record in feed.dump.records(): …

What a file is, its first bytes tell, whatever its name: of an archive those of its first documents. A file that is none
of the feeds is taken as an OSV record, so that it is counted and named where it is not one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from custody.advisories.ecosystems import ECOSYSTEMS
from custody.advisories.feeds import csaf, cve, epss, kev, osv
from custody.advisories.feeds.address import check_address, without_user
from custody.advisories.feeds.contents import open_stream, read_contents
from custody.advisories.feeds.download import Client, Fetched, client
from custody.advisories.interface import Dump
from custody.advisories.sources import Feed, shown
from custody.errors import InputError, UnavailableError
from custody.model import Advisory, Epss, Exploited, Progress, Skipped

__all__ = ["is_file_address", "kind_of", "open_feed", "open_path"]

_HEAD_BYTES = 1 << 16
_LOOKED_AT = 20
"""Documents of an archive that are looked at: what a distributor says of itself may come first."""
_ENDS = (".json", ".csv", ".zip", ".tar", ".tgz", ".gz", ".zst")
_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.zst")
_DETECTORS = (("kev", kev.looks_like), ("epss", epss.looks_like), ("cve", cve.looks_like), ("csaf", csaf.looks_like))


@contextmanager
def open_feed(place: str, *, fetch: Sequence[str] = (), progress: Progress | None = None) -> Iterator[list[Feed]]:
    """Give the feeds of a place; what was downloaded for them is gone afterwards.

    place: a folder, a file (.json, .csv, .zip, .tar; .gz and .zst of any), the address of such a file, or the base
    address of an OSV mirror. fetch: which ecosystems to take from a mirror. Raises UnavailableError: not there, or not
    to be fetched; InputError: holds nothing that could be a record; UsageError: an address that is refused.
    """
    scheme = place.partition(":")[0].lower()
    if "://" in place or scheme in ("http", "https", "file"):
        check_address(place)
    if scheme == "file":
        place = unquote(urlsplit(place).path)
    if scheme in ("http", "https"):
        whole = fetch or () if is_file_address(place) else fetch or osv.default_ecosystems()
        with client(progress=progress) as made:
            yield (
                _fetched(made, place)
                if not whole
                else [
                    Feed(dump=osv.ArchiveDump(_path(made.need(at)), at, name), kind="osv", origin=shown(place))
                    for name, base in osv.mirror_places(place, whole).items()
                    for at in (f"{base}/all.zip",)
                ]
            )
        return
    path = Path(place).expanduser()
    if fetch:
        archives = {name: Path(base, "all.zip") for name, base in osv.mirror_places(str(path), fetch).items()}
        dumps: list[Dump] = [osv.ArchiveDump(archive, str(archive), name) for name, archive in archives.items()]
    elif path.exists():
        dumps = open_path(path, str(path))
    else:
        raise UnavailableError(
            place, "no such file or folder", "give a folder, a file of a feed, or the address of an OSV mirror"
        )
    yield [Feed(dump=dump, kind=dump.kind, origin=shown(place)) for dump in dumps]


def _fetched(made: Client, place: str) -> list[Feed]:
    """Fetch one file, and tell what it is."""
    found = made.need(place)
    whole = osv.claimed(Path(unquote(urlsplit(place).path)))
    return [
        Feed(
            dump=dump,
            kind=dump.kind,
            origin=shown(place),
            place=place,
            etag=found.etag,
            last_modified=found.last_modified,
        )
        for dump in open_path(_path(found), without_user(place), whole)
    ]


def _path(found: Fetched) -> Path:
    if found.path is None:
        raise UnavailableError("", "answered that a file is the same which was never fetched")
    return found.path


def is_file_address(address: str) -> bool:
    """Say whether an address is that of one file, rather than the base of a mirror."""
    return urlsplit(address).path.endswith(_ENDS)


def open_path(path: Path, name: str, whole: str = "") -> list[Dump]:
    """Give the dumps of a file or folder. name: for messages; whole: an ecosystem that it holds completely, if OSV's.

    Raises InputError: holds nothing that could be a record.
    """
    if not path.is_dir():
        return [_dump(path, name, kind_of(path, name), whole or osv.claimed(path.absolute()))]
    groups: dict[tuple[str, str], list[Path]] = {}
    archives: list[Dump] = []
    for inside in sorted(path.rglob("*")):
        if not inside.name.endswith(_ENDS) or not inside.is_file():
            continue
        kind = kind_of(inside, str(inside))
        if kind == "osv" and inside.name.endswith(_ARCHIVES):
            archives.append(_dump(inside, str(inside), kind, osv.claimed(inside.absolute())))
            continue
        parts = (path.absolute().name, *inside.relative_to(path).parent.parts)
        of = next((part for part in reversed(parts) if part in ECOSYSTEMS), "") if kind == "osv" else ""
        groups.setdefault((kind, of), []).append(inside)
    dumps = [*archives, *(_several(path, kind, of, files) for (kind, of), files in sorted(groups.items()) if kind)]
    if not dumps:
        raise InputError(
            str(path),
            "holds no .zip and no .json file",
            "expected records of OSV, CVE, KEV, EPSS or CSAF, or folders named for ecosystems with an all.zip",
        )
    return dumps


def kind_of(path: Path, name: str) -> str:
    """Give what a file holds: "osv", "cve", "kev", "epss" or "csaf:redhat"; "" for a text that is none of them."""
    if path.name.endswith(_ARCHIVES):
        if osv.claimed(path.absolute()):  # the layout of a mirror says it, and a directory of 200,000 names is long
            return "osv"
        try:
            heads = [c for _, c in itertools.islice(read_contents(path, name), _LOOKED_AT) if isinstance(c, bytes)]
        except (InputError, UnavailableError):
            return "osv"  # whoever reads it says what is wrong
        kinds = [kind for kind in map(_kind, heads) if kind not in ("osv", "")]
        return kinds[0] if kinds else "osv"
    try:
        with open_stream(path, name) as stream:
            head = stream.read(_HEAD_BYTES)
    except Exception:  # noqa: BLE001 - gzip, zstd and the disk each have their own; whoever reads it all says what is wrong
        return "osv" if ".json" in path.name else ""
    return _kind(head) or ("osv" if ".json" in path.name else "")


def _kind(head: bytes) -> str:
    found = next((kind for kind, looks_like in _DETECTORS if looks_like(head)), "")
    if found == "csaf":
        publisher = csaf.publisher_of(head)
        return f"csaf:{publisher}" if publisher else "csaf"
    return found


def _dump(path: Path, name: str, kind: str, whole: str) -> Dump:
    if kind == "kev":
        return kev.KevDump(path, name)
    if kind == "epss":
        return epss.EpssDump(path, name)
    if kind == "cve":
        return cve.CveDump(path, name)
    if kind.startswith("csaf"):
        return csaf.CsafDump(path, name, kind.partition(":")[2])
    if path.name.endswith(".json") or (path.name.endswith(_ARCHIVES) and not path.name.endswith(".zip")):
        return osv.FilesDump([path], name, whole if path.name.endswith(_ARCHIVES) else "")
    if kind == "osv" and path.name.endswith((".json.gz", ".json.zst")):
        return osv.FilesDump([path], name, "")
    return osv.ArchiveDump(path, name, whole)


def _several(root: Path, kind: str, whole: str, files: Sequence[Path]) -> Dump:
    """Make one dump of many files of a kind."""
    name = str(root / whole) if whole and (root / whole).is_dir() else str(root)
    if kind == "osv":
        return osv.FilesDump(files, name, whole)
    return _Chain(name, kind, [_dump(file, str(file), kind, "") for file in files])


class _Chain:
    """Dumps of one kind, one after the other; one that is broken is skipped, since the others need not be."""

    whole = ""

    def __init__(self, name: str, kind: str, dumps: Sequence[Dump]) -> None:
        self.name = name
        self.kind = kind
        self.skipped: list[Skipped] = []
        self._dumps = dumps

    def records(self) -> Iterator[Advisory | Epss | Exploited]:
        for dump in self._dumps:
            try:
                yield from dump.records()
            except InputError as error:
                self.skipped.append(Skipped(where=error.where, reason=error.what))
            self.skipped += dump.skipped
