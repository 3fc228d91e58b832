"""Layers laid over each other: what a running container would see, and who put it there.

    tree = SquashedTree()
    for content in layers:                      # bottom first
        tree.add(content, content.layer.diff_id)
    tree.get("etc/os-release").data

Spec: OCI image-spec v1.1, layer.md, "Whiteouts" and "Applying Changesets". Where it is silent we do as containerd does:
a name below a symlinked directory lands where the link leads, inside the root.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import intern
from typing import Any, TypeAlias

from custody.inventory.interface import File
from custody.inventory.path_index import PathIndex
from custody.model import Descriptor, Digest, Entry, Layer, LayerContent
from custody.model.globs import compile_globs

__all__ = ["SquashedTree", "laid_out", "tree_of"]

MAX_LINKS = 40
"""Symlinks followed for one path before it counts as a loop: Linux's own limit (path_resolution(7))."""


_Extracts: TypeAlias = tuple[tuple[str, bytes], ...]


class _Kept:
    """A file of which something was kept; `older` is the version of the same path below it that it replaced."""

    __slots__ = ("data", "extracts", "layer", "older")

    def __init__(self, data: bytes | None, extracts: _Extracts, layer: int, older: _Kept | None) -> None:
        self.data = data
        self.extracts = extracts
        self.layer = layer
        self.older = older

    def part(self, extract: str) -> bytes | None:
        """Give the content, or what the extractor of that name took."""
        return dict(self.extracts).get(extract) if extract else self.data


class _Sort:
    """A node that is known by name only."""

    __slots__ = ()


# Most of the nodes of an image are files that nobody reads: they all share one object. A directory is a plain dict.
_PLAIN = _Sort()
_SPECIAL = _Sort()
_Folder: TypeAlias = dict[str, Any]
"""Name → `_Folder`, `str` (a symlink's target), `_Kept`, `_PLAIN` or `_SPECIAL`.

Spelled `Any`, since mypy has no recursive alias of dict values that are also told apart by `isinstance`.
"""


class _LoopError(Exception):
    """More than `MAX_LINKS` symlinks in one path."""


class SquashedTree:
    """The `Tree` that catalogers see. Layers are added from the bottom up; afterwards it is only read."""

    def __init__(self) -> None:
        """Make an empty root."""
        self._root: _Folder = {}
        self._layers: list[Digest | None] = []
        self._index: tuple[PathIndex[_Kept], PathIndex[object]] | None = None
        # directory as entries name it → its real path and node
        self._parents: dict[str, tuple[str, _Folder]] = {"": ("", self._root)}
        self._kept: set[str] = set()  # real paths that held content at some time
        self._odd: set[str] = set()  # real paths of links and of devices, for those that a cataloger would have read

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────

    def add(self, content: LayerContent, layer: Digest | None) -> None:
        """Lay one layer over what is there. layer: what `File.layer` says of its files."""
        self._layers.append(layer)
        self._index = None
        self._forget_parents()
        # Markers hide what lower layers hold, wherever in the layer they stand, and nothing of their own layer: so they
        # come first.
        hidden = [entry for entry in content.entries if entry.kind in ("whiteout", "opaque")]
        if hidden:
            replaced = {*content.folders, *(entry.path for entry in content.entries if entry.kind == "directory")}
            for entry in hidden:
                self._hide(entry, replaced)
        for path in content.folders:
            self._make_folder(path)
        waiting = [entry for entry in content.entries if self._place(entry) is False]
        for folder, names in content.names:
            self._name(folder, names)
        for entry in waiting:  # a hard link to one that stands behind it
            if self._link(entry) is False:
                self._odd.add(self._put(entry.path, _SPECIAL))

    def _name(self, folder: str, names: tuple[str, ...]) -> None:
        """Put the files of a folder that are known by name only."""
        _, node = self._parents.get(folder) or self._parent(folder)
        if node and any(isinstance(node.get(name), (dict, str)) for name in node.keys() & names):
            self._forget_parents()
        node.update(dict.fromkeys(names, _PLAIN))

    def _hide(self, entry: Entry, replaced: set[str]) -> None:
        path = entry.path if entry.kind == "opaque" else entry.path.rpartition("/")[0]
        for index, char in enumerate(path + "/"):
            # Where this layer puts a directory over a symlink, nothing below the link's target is meant.
            if char == "/" and path[:index] in replaced and isinstance(self._look(path[:index], follow=False)[1], str):
                return
        folder = self._look(path)[1]
        if isinstance(folder, dict):
            if entry.kind == "opaque":
                folder.clear()
            else:
                folder.pop(entry.path.rpartition("/")[2], None)

    def _place(self, entry: Entry) -> bool:
        """Put one entry; False for a hard link whose target is not there (yet)."""
        kind = entry.kind
        if kind == "file":
            if entry.data is None and not entry.extracts:
                self._put(entry.path, _PLAIN)
            else:
                self._keep(entry.path, entry.data, entry.extracts)
        elif kind == "directory":
            self._make_folder(entry.path)
        elif kind == "symlink":
            self._odd.add(self._put(entry.path, entry.target))
        elif kind == "hardlink":
            return self._link(entry)
        elif kind == "other":
            self._odd.add(self._put(entry.path, _SPECIAL))
        return True

    def _link(self, entry: Entry) -> bool:
        if entry.data is not None or entry.extracts:
            self._keep(entry.path, entry.data, entry.extracts)
            return True
        node = self._look(entry.target, follow=False)[1]
        if node is None or isinstance(node, dict):
            return False
        if isinstance(node, _Kept):
            self._keep(entry.path, node.data, node.extracts)
        else:
            self._odd.add(self._put(entry.path, node))
        return True

    def _put(self, path: str, node: object) -> str:
        """Set a node that is no directory, whatever stood there; give its real path."""
        head, _, name = path.rpartition("/")
        real, folder = self._parents.get(head) or self._parent(head)
        if isinstance(folder.get(name), (dict, str)):
            self._forget_parents()
        folder[intern(name)] = node
        return f"{real}/{name}" if real else name

    def _keep(self, path: str, data: bytes | None, extracts: _Extracts) -> None:
        head, _, name = path.rpartition("/")
        _, folder = self._parents.get(head) or self._parent(head)
        older = folder.get(name)
        layer = len(self._layers) - 1
        while isinstance(older, _Kept) and older.layer == layer:  # twice in one layer: the last one counts
            older = older.older
        self._kept.add(self._put(path, _Kept(data, extracts, layer, older if isinstance(older, _Kept) else None)))

    def _make_folder(self, path: str) -> None:
        """Make `path` itself a directory: one that is there keeps its content, all else (a symlink too) is replaced."""
        head, _, name = path.rpartition("/")
        _, folder = self._parents.get(head) or self._parent(head)
        node = folder.get(name)
        if not isinstance(node, dict) and path:
            if isinstance(node, str):
                self._forget_parents()
            folder[intern(name)] = {}

    def _parent(self, path: str) -> tuple[str, _Folder]:
        """Give the directory where names below `path` land: symlinks are followed, missing directories are made."""
        try:
            real, node = self._walk(path)
        except _LoopError:  # nothing can stand below a loop, so the directory that this layer means replaces it
            self._make_folder(path)
            real, node = self._walk(path)
        if not isinstance(node, dict):
            node = self._root
            for name in real.split("/"):
                inner = node.get(name)
                if not isinstance(inner, dict):
                    inner = node[intern(name)] = {}
                node = inner
        found = self._parents[path] = (real, node)
        return found

    def _forget_parents(self) -> None:
        self._parents = {"": ("", self._root)}

    # ── finding the way ─────────────────────────────────────────────────────────────────────────────────────

    def _walk(self, path: str, *, follow: bool = True) -> tuple[str, object]:
        """Give the real path and the node there, None where nothing stands; the last name is followed if `follow`.

        `..` stops at the root, an absolute target starts there. Where a name is missing the rest is taken as written.
        """
        names: list[str] = []
        nodes: list[object] = [self._root]
        todo = path.split("/")[::-1]
        links = 0
        while todo:
            name = todo.pop()
            if name in ("", "."):
                continue
            if name == "..":
                if names:
                    names.pop()
                    nodes.pop()
                continue
            here = nodes[-1]
            node = here.get(name) if isinstance(here, dict) else None
            if isinstance(node, str) and (follow or any(part not in ("", ".") for part in todo)):
                links += 1
                if links > MAX_LINKS:
                    raise _LoopError
                if node.startswith("/"):
                    names, nodes = [], [self._root]
                todo += node.split("/")[::-1]
                continue
            names.append(name)
            nodes.append(node)
        return "/".join(names), nodes[-1]

    def _look(self, path: str, *, follow: bool = True) -> tuple[str, object]:
        try:
            return self._walk(path, follow=follow)
        except _LoopError:
            return "", None

    # ── reading: see `Tree` ─────────────────────────────────────────────────────────────────────────────────

    def get(self, path: str) -> File | None:
        """Give a file's content, following symlinks; see `Tree.get`."""
        real, node = self._look(path)
        return self._file(real, node) if isinstance(node, _Kept) and node.data is not None else None

    def exists(self, path: str) -> bool:
        """Say whether anything stands at `path`; see `Tree.exists`."""
        return self._look(path)[1] is not None

    def resolve(self, path: str) -> str | None:
        """Give `path` without symlinks; see `Tree.resolve`."""
        real, node = self._look(path)
        if node is None and (not real or isinstance(self._look(path, follow=False)[1], str)):
            return None
        return real

    def under(self, folder: str) -> list[File]:
        """Give the kept files below `folder`; see `Tree.under`."""
        return [
            self._file(path, node)
            for path, node in sorted(self._below(folder), key=_first)
            if isinstance(node, _Kept) and node.data is not None
        ]

    def names_under(self, folder: str) -> list[str]:
        """Give what stands below `folder` but directories; see `Tree.names_under`."""
        return sorted(path for path, _ in self._below(folder))

    def matching(self, globs: Sequence[str]) -> list[File]:
        """Give the kept files that match; see `Tree.matching`.

        A symlink that matches counts as well, unless the file it leads to matches under its own name.
        """
        matches = compile_globs(globs)
        kept = self._indexes()[0].of(globs)
        found = [self._file(path, node) for path, node in kept if node.data is not None and matches(path)]
        for path, node in self._odd_nodes(globs):
            real, target = self._look(path)
            if isinstance(node, str) and isinstance(target, _Kept) and target.data is not None and not matches(real):
                found.append(self._file(path, target))
        return sorted(found, key=lambda file: file.path)

    def extracted(self, name: str) -> list[File]:
        """Give the files of which an extractor took something; see `Tree.extracted`."""
        kept = self._indexes()[0].everything
        return [self._file(path, node, name) for path, node in kept if node.extracts and node.part(name) is not None]

    def history(self, path: str, extract: str = "") -> tuple[File, ...]:
        """Give the older versions of a file, oldest first; see `Tree.history`."""
        real, node = self._look(path)
        versions = []
        while isinstance(node, _Kept):
            versions.append((node, node.part(extract)))
            node = node.older
        return tuple(self._file(real, kept, extract) for kept, part in versions[:0:-1] if part is not None)

    # ── for the core ────────────────────────────────────────────────────────────────────────────────────────

    def unread(self, globs: Sequence[str]) -> list[tuple[str, str]]:
        """Give (path, why) of links and devices that match but whose content is not there to read, sorted.

        Links to a file that is read under its own name, to a directory, and out of the artifact's reach to nothing are
        left out.
        """
        found = []
        for path, node in self._odd_nodes(globs):
            target = self._look(path)[1]
            if node is _SPECIAL:
                found.append((path, "not a regular file"))
            elif target in (_PLAIN, _SPECIAL):
                found.append((path, "a link to a file whose content was not read"))
        return sorted(found)

    def count_files(self) -> int:
        """Give how many files stand in the tree; links and devices do not count."""
        count = 0
        folders = [self._root]
        while folders:
            for node in folders.pop().values():
                if isinstance(node, dict):
                    folders.append(node)
                elif node is _PLAIN or isinstance(node, _Kept):
                    count += 1
        return count

    def linked_folders(self) -> dict[str, list[str]]:
        """Give for each directory that symlinks lead to (real path) the paths of those links, sorted."""
        found: dict[str, list[str]] = {}
        for path, node in self._indexes()[1].everything:
            real, target = self._look(path)
            if isinstance(node, str) and isinstance(target, dict):
                found.setdefault(real, []).append(path)
        return {real: sorted(links) for real, links in found.items()}

    def _odd_nodes(self, globs: Sequence[str]) -> Iterator[tuple[str, object]]:
        matches = compile_globs(globs)
        return (item for item in self._indexes()[1].of(globs) if matches(item[0]))

    def _indexes(self) -> tuple[PathIndex[_Kept], PathIndex[object]]:
        """Give what still stands of the kept files, and of links and devices; made anew after a layer was added."""
        if self._index is None:
            kept: list[tuple[str, _Kept]] = []
            odd: list[tuple[str, object]] = []
            for path in sorted(self._kept):
                real, node = self._look(path, follow=False)
                if real == path and isinstance(node, _Kept):
                    kept.append((path, node))
            for path in sorted(self._odd):
                real, node = self._look(path, follow=False)
                if real == path and node is not None and not isinstance(node, (dict, _Kept)):
                    odd.append((path, node))
            self._index = (PathIndex(kept), PathIndex(odd))
        return self._index

    def _below(self, folder: str) -> Iterator[tuple[str, object]]:
        real, node = self._look(folder)
        stack = [(real + "/" if real else "", node)]
        while stack:
            prefix, node = stack.pop()
            if isinstance(node, dict):
                for name, inner in node.items():
                    if isinstance(inner, dict):
                        stack.append((f"{prefix}{name}/", inner))
                    else:
                        yield prefix + name, inner

    def _file(self, path: str, node: _Kept, extract: str = "") -> File:
        return File(path=path, data=node.part(extract) or b"", layer=self._layers[node.layer])


def tree_of(
    files: Mapping[str, bytes], *, links: Mapping[str, str] | None = None, layer: Digest | None = None
) -> SquashedTree:
    """Make a tree of one layer. files: path → content; links: path → a symlink's target."""
    tree = SquashedTree()
    entries = [Entry(path=path, kind="file", size=len(data), data=data) for path, data in files.items()]
    entries += [Entry(path=path, kind="symlink", target=target) for path, target in (links or {}).items()]
    tree.add(laid_out(entries), layer)
    return tree


def laid_out(entries: Iterable[Entry]) -> LayerContent:
    """Give the content of a layer that holds these entries and comes from nowhere."""
    nowhere = Descriptor(media_type="", digest=Digest.of(b""), size=0)
    return LayerContent(layer=Layer(index=0, descriptor=nowhere), entries=tuple(entries))


def _first(pair: tuple[str, object]) -> str:
    return pair[0]
