"""What a layer's members become: entries for what matters, bare names for the rest.

Nearly all members of a layer are directories and files that nobody reads. They are known by name only, folder by
folder, which takes a fifth of the time and memory of an entry each. What depends on the order of the archive (a name
twice, a name below a link of the same layer) always becomes an entry.
"""

from __future__ import annotations

import marshal
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from custody.errors import InputError
from custody.model import Entry, HeldContent, LayerContent, Skipped
from custody.sources.helpers import Helpers
from custody.sources.passing import PassingContent

if TYPE_CHECKING:
    from collections.abc import Callable

    from custody.model import Content, Extractor, Layer, Wanted
    from custody.sources.members import Passing
    from custody.sources.tar import Member

__all__ = [
    "MAX_ENTRIES",
    "MAX_KEPT_BYTES",
    "MAX_WANTED_BYTES",
    "Aside",
    "Collected",
    "Extractors",
    "clean",
    "extract_all",
]

MAX_WANTED_BYTES = 256 * 1024 * 1024
"""The largest file that is kept whole: what catalogers read (an RPM database) is below it."""

MAX_KEPT_BYTES = 1024 * 1024 * 1024
"""How much of one layer is kept in memory; ordinary layers keep some 10 MB."""

MAX_ENTRIES = 2_000_000
"""Names in one layer. The largest real layers have a quarter of that."""

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_META = ".wh..wh."  # what AUFS kept for itself: runtimes step over it
_HEAD = 8  # bytes by which a file is told
_SMALL_BYTES = 128 * 1024  # of a file that is handed to another process: less than it takes to write it there


def clean(name: str) -> str | None:
    """Give a name as a path below the root: no leading "/", no ".", no ".."; "" is the root, None is outside of it."""
    name = name.removeprefix("./")
    if not name.startswith(("/", ".")) and "/." not in name and "//" not in name and "\0" not in name:
        return name.removesuffix("/")  # as nearly every name is
    if "\0" in name:
        return None
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


class Extractors:
    """Tells by the first bytes or the name which extractors look at a file."""

    __slots__ = ("_globs", "_magics", "_named")

    def __init__(self, extractors: tuple[Extractor, ...]) -> None:
        """Take all that run."""
        from custody.model.globs import compile_globs

        self._magics: dict[bytes, list[tuple[bytes, Extractor]]] = {}
        for extractor in extractors:
            for magic in extractor.magics:
                self._magics.setdefault(magic[:2], []).append((magic, extractor))
        self._named = [(compile_globs(extractor.globs), extractor) for extractor in extractors if extractor.globs]
        self._globs = compile_globs(glob for extractor in extractors for glob in extractor.globs)

    def by_name(self, path: str) -> bool:
        """Say whether any of them asks for a file of this name, whatever is in it."""
        return self._globs(path)

    def of(self, path: str, head: bytes) -> list[Extractor]:
        """Give those for a file with these first bytes, in the order they were given."""
        candidates = self._magics.get(head[:2], ())
        found = [extractor for magic, extractor in candidates if head.startswith(magic)]
        if self._globs(path):
            found += [extractor for matches, extractor in self._named if matches(path) and extractor not in found]
        return found


def extract_all(
    chosen: list[Extractor], path: str, content: Content
) -> tuple[tuple[tuple[str, bytes], ...], list[tuple[str, str]]]:
    """Give what each extractor takes out of a file, and (where, why) of what they refuse."""
    found: list[tuple[str, bytes]] = []
    refused: list[tuple[str, str]] = []
    for extractor in chosen:
        try:
            taken = extractor.extract(path, content)
        except InputError as error:
            refused.append((error.where or path, f"{error.what}; {error.fix}" if error.fix else error.what))
            continue
        if taken:
            found.append((extractor.name, taken))
    return tuple(sorted(found)), refused


class Aside:
    """Small files whose extractors run in another process: there may be thousands of licence texts in a layer.

    Whether an extractor looks at one is known by its name and first bytes; what it takes, only at the end.
    """

    def __init__(self, extractors: Extractors) -> None:
        """Start the process."""
        self._helpers = Helpers(lambda task: _aside(extractors, task), 1)
        self._indices: list[int] = []

    def give(self, index: int, path: str, data: bytes) -> None:
        """Hand over a file. index: of its entry."""
        self._helpers.give(marshal.dumps((path, data)))
        self._indices.append(index)

    def fill(self, entries: list[Entry], skipped: set[Skipped]) -> None:
        """Put into the entries what was taken; note what was refused."""
        for index, result in zip(self._indices, self._helpers.results(), strict=True):
            extracts, refused = marshal.loads(result)  # noqa: S302 - from our own fork
            entries[index] = replace(entries[index], extracts=extracts)
            skipped.update(Skipped(where=where, reason=reason) for where, reason in refused)
        self._indices = []

    def close(self) -> None:
        """End the process."""
        self._helpers.end()


def _aside(extractors: Extractors, task: bytes) -> bytes:
    path, data = marshal.loads(task)  # noqa: S302 - from our own fork
    return marshal.dumps(extract_all(extractors.of(path, data[:_HEAD]), path, HeldContent(data)))


@dataclass(slots=True)
class Collected:
    """The members of one layer so far.

    where: names the layer; excluded: paths that are taken for not there; aside: what runs extractors on small files, if
    anything does.
    """

    where: str
    wanted: Wanted
    extractors: Extractors
    excluded: Callable[[str], bool] | None = None
    entries: list[Entry] = field(default_factory=list)
    folders: dict[str, None] = field(default_factory=dict)
    names: dict[str, dict[str, None]] = field(default_factory=dict)
    skipped: set[Skipped] = field(default_factory=set)
    kept: int = 0
    aside: Aside | None = None
    _count: int = 0
    _noted: set[str] = field(default_factory=set)  # paths of entries: what comes later at or below them is one too
    _links: set[str] = field(default_factory=set)  # those of them that are no plain file of this layer
    _absolute: int = 0
    _first_absolute: str = ""

    def take(self, member: Member, archive: Passing) -> None:
        """Take the member at hand. Raises InputError: too many names."""
        name = member.name
        if name.startswith("/"):
            self._absolute += 1
            self._first_absolute = self._first_absolute or name
        path = clean(name)
        if path is None:
            return self._skip(name, "refused: the name leaves the root")
        if not path:
            return None  # the root itself: every layer has it, and it says nothing
        self._count += 1
        if self._count > MAX_ENTRIES:
            raise InputError(self.where, f"refused: more than {MAX_ENTRIES} names")
        folder, _, base = path.rpartition("/")
        if base.startswith(_WHITEOUT):
            return self._whiteout(folder, base, path)
        if self.excluded is not None and self.excluded(path):
            return None
        kind = member.kind
        if kind == "file":
            return self._file(member, archive, path, folder, base)
        if kind == "directory":
            return self._folder(path)
        target = member.target
        if kind == "hardlink":
            inside = clean(target)
            if not inside:
                return self._skip(name, f"refused: a hard link whose target leaves the root ({target!r})")
            target = inside
            folder, _, base = target.rpartition("/")
            if base in self.names.get(folder, ()):  # a link takes what stands there now
                self._note(Entry(path=target, kind="file"))
        self._note(Entry(path=path, kind=kind, size=member.size, mode=member.mode, target=target))
        return None

    def _file(self, member: Member, archive: Passing, path: str, folder: str, base: str) -> None:
        data: bytes | None = None
        extracts: tuple[tuple[str, bytes], ...] = ()
        if self.wanted(path):
            data = self._data(member, archive, path)
        if member.stored:
            head = data[:_HEAD] if data is not None else archive.peek(_HEAD) if member.pieces is None else b""
            chosen = self.extractors.of(path, head)
            if chosen and self.aside is not None and member.pieces is None and member.size <= _SMALL_BYTES:
                small = data if data is not None else archive.data(member)
                self._note(Entry(path=path, kind="file", size=member.size, mode=member.mode, data=data))
                self.aside.give(len(self.entries) - 1, path, small)
                return
            if chosen:
                extracts = self._extract(chosen, member, archive, path, data)
        if data is not None or extracts or path in self._noted:
            entry = Entry(path=path, kind="file", size=member.size, mode=member.mode, data=data, extracts=extracts)
            self._note(entry)
            return
        names = self.names.get(folder)
        if names is None:
            if self._is_linked(folder):
                self._note(Entry(path=path, kind="file", size=member.size, mode=member.mode))
                return
            names = self.names[folder] = {}
        if self.names.get(path) is not None or path in self.folders:
            self._replace(path)
        names[base] = None

    def _folder(self, path: str) -> None:
        head, _, base = path.rpartition("/")
        if path in self._noted or self._is_linked(head):
            self.entries.append(Entry(path=path, kind="directory"))
            self._noted.add(path)
            self._links.discard(path)
            return
        if head in self.names:
            self.names[head].pop(base, None)
        self.folders[path] = None

    def _note(self, entry: Entry) -> None:
        path = entry.path
        head, _, base = path.rpartition("/")
        if head in self.names:
            self.names[head].pop(base, None)
        if path in self.names or path in self.folders:
            self._replace(path)
        self.entries.append(entry)
        self._noted.add(path)
        if entry.kind != "file":
            self._links.add(path)

    def _replace(self, path: str) -> None:
        """Forget what stood below a directory of this layer that something else takes the place of."""
        below = path + "/"
        self.names = {f: names for f, names in self.names.items() if f != path and not f.startswith(below)}
        self.folders = {f: None for f in self.folders if f != path and not f.startswith(below)}

    def _is_linked(self, folder: str) -> bool:
        """Say whether a folder or one above it is a link (or a directory in its place) of this layer."""
        if not self._links:
            return False
        while folder:
            if folder in self._links:
                return True
            folder = folder.rpartition("/")[0]
        return False

    def _whiteout(self, folder: str, base: str, path: str) -> None:
        deleted = base[len(_WHITEOUT) :]
        if base == _OPAQUE:
            self.entries.append(Entry(path=folder, kind="opaque"))
        elif base.startswith(_META):
            self._skip(path, "bookkeeping of AUFS, not a file of the image")
        elif deleted in ("", ".", ".."):  # "..": it would delete the directory above
            self._skip(path, "refused: a whiteout of no name below its directory")
        else:
            self.entries.append(Entry(path=f"{folder}/{deleted}" if folder else deleted, kind="whiteout"))

    def _data(self, member: Member, archive: Passing, path: str) -> bytes | None:
        if member.size > MAX_WANTED_BYTES:
            self._skip(path, f"not read: {member.size} bytes, more than {MAX_WANTED_BYTES}")
            return None
        if self.kept + member.size > MAX_KEPT_BYTES:
            self._skip(path, f"not read: more than {MAX_KEPT_BYTES} bytes of its layer are kept already")
            return None
        self.kept += member.size
        return archive.data(member)

    def _extract(
        self, chosen: list[Extractor], member: Member, archive: Passing, path: str, data: bytes | None
    ) -> tuple[tuple[str, bytes], ...]:
        with PassingContent(member, archive, data) as content:
            found, refused = extract_all(chosen, path, content)
        for where, reason in refused:
            self._skip(where, reason)
        self.kept += sum(len(taken) for _, taken in found)
        return found

    def _skip(self, name: str, reason: str) -> None:
        self.skipped.add(Skipped(where=name, reason=reason))

    def content(self, layer: Layer) -> LayerContent:
        """Give all that was taken, as the content of `layer`."""
        if self.aside is not None:
            self.aside.fill(self.entries, self.skipped)
        return LayerContent(
            layer=layer,
            entries=tuple(self.entries),
            folders=tuple(self.folders),
            names=tuple((folder, tuple(names)) for folder, names in self.names.items() if names),
            skipped=tuple(sorted(self.notes())),
        )

    def notes(self) -> set[Skipped]:
        """Give what was skipped, and one note for all absolute names: an archive made of them would give thousands."""
        if not self._absolute:
            return self.skipped
        reason = f"{self._absolute} absolute names, the first {self._first_absolute!r}: read as relative to the root"
        return self.skipped | {Skipped(where=self.where, reason=reason)}
