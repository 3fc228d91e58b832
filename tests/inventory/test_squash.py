"""The squashed tree agrees with a plain model of the layer rules; each hard case has a test of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.inventory.squash import MAX_LINKS, SquashedTree, laid_out, tree_of
from custody.model import Digest, Entry

LAYERS = [Digest.of(bytes([number])) for number in range(9)]


def file(path: str, data: bytes | None = b"") -> Entry:
    return Entry(path=path, kind="file", data=data)


def link(path: str, target: str) -> Entry:
    return Entry(path=path, kind="symlink", target=target)


def hard(path: str, target: str) -> Entry:
    return Entry(path=path, kind="hardlink", target=target)


def folder(path: str) -> Entry:
    return Entry(path=path, kind="directory")


def gone(path: str) -> Entry:
    return Entry(path=path, kind="whiteout")


def opaque(path: str) -> Entry:
    return Entry(path=path, kind="opaque")


def squash(*layers: list[Entry]) -> SquashedTree:
    tree = SquashedTree()
    for number, entries in enumerate(layers):
        tree.add(laid_out(entries), LAYERS[number])
    return tree


def data(tree: SquashedTree, path: str) -> bytes | None:
    found = tree.get(path)
    return found.data if found else None


# ── whiteouts and opaque directories ─────────────────────────────────────────────────────────────────────────────────


def test_a_whiteout_removes_a_file_and_a_whole_directory() -> None:
    tree = squash([file("a/b", b"1"), file("a/c/d", b"2"), file("x", b"3")], [gone("a/c"), gone("x")])
    assert tree.names_under("") == ["a/b"]


def test_a_whiteout_spares_its_own_layer_whatever_the_order() -> None:
    tree = squash([file("a", b"old")], [file("a", b"new"), gone("a")])
    assert data(tree, "a") == b"new"
    assert tree.history("a") == ()


def test_an_opaque_directory_hides_lower_layers_only_wherever_the_marker_stands() -> None:
    lower = [file("d/old", b"1"), file("d/both", b"2")]
    for upper in ([opaque("d"), file("d/both", b"3")], [file("d/both", b"3"), opaque("d")]):
        tree = squash(lower, upper)
        assert tree.names_under("") == ["d/both"]
        assert data(tree, "d/both") == b"3"
        assert tree.history("d/both") == ()


def test_a_whiteout_of_what_never_was_there_is_harmless() -> None:
    assert squash([gone("a/b"), opaque("c")], [file("a/b", b"1")]).names_under("") == ["a/b"]


def test_a_whiteout_reaches_through_a_symlinked_directory() -> None:
    tree = squash([file("usr/lib/x", b"1"), link("lib", "usr/lib")], [gone("lib/x")])
    assert not tree.exists("usr/lib/x")


def test_a_directory_that_replaces_a_link_does_not_hide_what_the_link_led_to() -> None:
    tree = squash([file("usr/lib/x", b"1"), link("lib", "usr/lib")], [folder("lib"), gone("lib/x"), opaque("lib")])
    assert data(tree, "usr/lib/x") == b"1"
    assert tree.names_under("lib") == []


# ── changes of type ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_over_a_directory_hides_everything_below() -> None:
    tree = squash([file("a/b/c", b"1")], [file("a", b"2")])
    assert tree.names_under("") == ["a"]


def test_a_directory_over_a_file_begins_empty() -> None:
    tree = squash([file("a", b"1")], [folder("a"), file("a/b", b"2")])
    assert tree.names_under("") == ["a/b"]
    assert tree.get("a") is None
    assert tree.exists("a")


def test_a_directory_over_a_symlink_replaces_it() -> None:
    tree = squash([file("usr/x", b"1"), link("a", "usr")], [folder("a"), file("a/y", b"2")])
    assert tree.names_under("") == ["a/y", "usr/x"]


def test_a_directory_over_a_directory_keeps_its_content() -> None:
    assert squash([file("a/b", b"1")], [folder("a"), file("a/c")]).names_under("") == ["a/b", "a/c"]


def test_a_name_below_a_link_lands_where_the_link_leads() -> None:
    tree = squash([folder("usr/lib"), link("lib", "usr/lib")], [file("lib/x", b"1")])
    assert tree.names_under("") == ["lib", "usr/lib/x"]
    assert [found.path for found in tree.matching(["**/x"])] == ["usr/lib/x"]


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_symlinks_are_followed_and_named_without_links() -> None:
    tree = tree_of({"usr/lib/os-release": b"1"}, links={"etc/os-release": "../usr/lib/os-release", "e": "/etc"})
    found = tree.get("e/os-release")
    assert found is not None
    assert (found.path, found.data) == ("usr/lib/os-release", b"1")


@pytest.mark.parametrize("target", ["../../../../x", "/../x", "/x", "./../x"])
def test_no_symlink_leaves_the_root(target: str) -> None:
    assert data(tree_of({"x": b"1"}, links={"a/b": target}), "a/b") == b"1"


def test_a_path_with_dots_stays_inside_the_root() -> None:
    assert data(tree_of({"x": b"1"}), "../../x") == b"1"


def test_loops_and_dangling_links_are_nothing() -> None:
    tree = tree_of({}, links={"a": "b", "b": "a", "c": "c/c", "d": "nowhere"})
    for path in ("a", "b", "c", "d", "a/x"):
        assert tree.get(path) is None
        assert not tree.exists(path)
        assert tree.resolve(path) is None


def test_forty_links_are_followed_and_no_more() -> None:
    links = {f"l{n}": f"l{n + 1}" for n in range(MAX_LINKS + 1)}
    tree = tree_of({f"l{MAX_LINKS + 1}": b"1"}, links=links)
    assert data(tree, "l1") == b"1"
    assert data(tree, "l0") is None


def test_resolve_follows_parents_of_what_is_not_there() -> None:
    tree = tree_of({"usr/lib/x": b""}, links={"lib": "usr/lib"})
    assert tree.resolve("lib/none") == "usr/lib/none"
    assert tree.resolve("lib/x") == "usr/lib/x"
    assert tree.resolve("") == ""


def test_a_file_below_a_loop_replaces_it() -> None:
    assert squash([link("a", "a")], [file("a/x", b"1")]).names_under("") == ["a/x"]


def test_a_hard_link_has_the_content_of_its_target_in_this_layer_or_below() -> None:
    tree = squash([file("a", b"1")], [file("b", b"2"), hard("c", "b"), hard("d", "a")])
    assert (data(tree, "c"), data(tree, "d")) == (b"2", b"1")


def test_a_hard_link_outlives_its_target() -> None:
    assert data(squash([file("a", b"1"), hard("b", "a")], [gone("a")]), "b") == b"1"


def test_a_hard_link_before_its_target_is_found_in_a_second_look() -> None:
    assert data(squash([hard("b", "a"), file("a", b"1")]), "b") == b"1"


def test_a_hard_link_to_nothing_or_to_what_was_not_kept_is_listed_as_unread() -> None:
    tree = squash(
        [file("big", None), hard("a.lock", "nowhere"), hard("b.lock", "big"), Entry(path="c.lock", kind="other")]
    )
    assert tree.get("a.lock") is None
    assert [path for path, _ in tree.unread(["*.lock"])] == ["a.lock", "b.lock", "c.lock"]


def test_a_link_to_a_file_that_was_read_is_not_unread() -> None:
    tree = squash(
        [file("x.lock", b"1"), link("y.lock", "x.lock"), link("z.lock", "none"), link("d.lock", "dir"), folder("dir")]
    )
    assert tree.unread(["*.lock"]) == []


def test_a_link_matches_only_where_its_target_does_not() -> None:
    tree = squash([file("a.lock", b"1"), file("kept.txt", b"2"), link("b.lock", "a.lock"), link("c.lock", "kept.txt")])
    assert [(found.path, found.data) for found in tree.matching(["*.lock"])] == [("a.lock", b"1"), ("c.lock", b"2")]


def test_linked_folders_tell_every_way_to_a_directory() -> None:
    tree = tree_of({"usr/lib/x": b""}, links={"lib": "usr/lib", "lib64": "lib", "f": "usr/lib/x"})
    assert tree.linked_folders() == {"usr/lib": ["lib", "lib64"]}


# ── history ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_history_tells_older_versions_and_their_layers_oldest_first() -> None:
    tree = squash([file("a", b"1")], [file("x")], [file("a", b"2")], [file("a", b"3")])
    now = tree.get("a")
    assert now is not None
    assert (now.data, now.layer) == (b"3", LAYERS[3])
    assert [(old.data, old.layer) for old in tree.history("a")] == [(b"1", LAYERS[0]), (b"2", LAYERS[2])]


@pytest.mark.parametrize("between", [[gone("d/a")], [gone("d")], [opaque("d")], [link("d/a", "x")], [folder("d/a")]])
def test_history_ends_where_the_file_was_gone(between: list[Entry]) -> None:
    tree = squash([file("d/a", b"1")], [file("d/a", b"2")], between, [gone("d/a")], [file("d/a", b"3")])
    assert tree.history("d/a") == ()


def test_a_name_that_stands_twice_in_one_layer_has_one_version() -> None:
    tree = squash([file("a", b"0")], [file("a", b"1"), file("a", b"2")])
    assert data(tree, "a") == b"2"
    assert [old.data for old in tree.history("a")] == [b"0"]


def test_under_and_count() -> None:
    tree = squash(
        [file("a/b/c", b"1"), file("a/d", None), link("a/l", "b"), Entry(path="a/dev", kind="other"), file("e")]
    )
    assert [found.path for found in tree.under("a")] == ["a/b/c"]
    assert [found.path for found in tree.under("a/l")] == ["a/b/c"]
    assert tree.names_under("a") == ["a/b/c", "a/d", "a/dev", "a/l"]
    assert tree.count_files() == 3


# ── against a plain model ────────────────────────────────────────────────────────────────────────────────────────────

Node = tuple[str, object]  # ("directory", None), ("symlink", target), ("other", None), ("file", None or versions)
State = dict[str, Node]


class Model:
    """All paths in one flat table, searched from end to end for each question: slow, and nothing is remembered."""

    def __init__(self) -> None:
        self.state: State = {}

    def real(self, path: str, *, follow: bool, links: int = 0) -> tuple[str, int]:
        """Give the path without links and how many were followed; -1 links for a loop."""
        done = ""
        todo = [part for part in path.split("/") if part not in ("", ".")]
        while todo:
            part = todo.pop(0)
            if part == "..":
                done = done.rpartition("/")[0]
                continue
            step = f"{done}/{part}" if done else part
            kind, value = self.state.get(step, ("", None))
            if kind == "symlink" and (follow or todo):
                links += 1
                if links > MAX_LINKS:
                    return "", -1
                target = str(value)
                done = "" if target.startswith("/") else done
                todo = [p for p in target.split("/") if p not in ("", ".")] + todo
            else:
                done = step
        return done, links

    def drop(self, path: str, *, itself: bool) -> None:
        for name in list(self.state):
            if name.startswith(path + "/") or path == "" or (itself and name == path):
                del self.state[name]

    def make_folders(self, path: str) -> None:
        for end in [n for n, c in enumerate(path + "/") if c == "/"] if path else []:
            if self.state.get(path[:end], ("", None))[0] != "directory":
                self.drop(path[:end], itself=True)
                self.state[path[:end]] = ("directory", None)

    def landing(self, path: str) -> str:
        """Give the real path of an entry, its parents made."""
        head, _, name = path.rpartition("/")
        real, links = self.real(head, follow=True)
        if links < 0:
            real = self.landing(head)
            self.drop(real, itself=True)
        self.make_folders(real)
        return f"{real}/{name}" if real else name

    def add(self, entries: list[Entry], layer: Digest) -> None:
        folders = {entry.path for entry in entries if entry.kind == "directory"}
        for entry in entries:
            if entry.kind in ("whiteout", "opaque"):
                self.hide(entry, folders)
        late = [entry for entry in entries if not self.place(entry, layer)]
        for entry in late:
            if not self.place(entry, layer):
                path = self.landing(entry.path)
                self.drop(path, itself=True)
                self.state[path] = ("other", None)

    def hide(self, entry: Entry, folders: set[str]) -> None:
        where, _, name = entry.path.rpartition("/")
        if entry.kind == "opaque":
            where = entry.path
        parts = where.split("/")
        for prefix in ("/".join(parts[:n]) for n in range(1, len(parts) + 1)):
            real, links = self.real(prefix, follow=False)
            if prefix in folders and links >= 0 and self.state.get(real, ("", 0))[0] == "symlink":
                return
        real, links = self.real(where, follow=True)
        if links >= 0 and (real == "" or self.state.get(real, ("", 0))[0] == "directory"):
            target = real if entry.kind == "opaque" else (f"{real}/{name}" if real else name)
            self.drop(target, itself=entry.kind != "opaque")

    def place(self, entry: Entry, layer: Digest) -> bool:
        kind, value = entry.kind, None
        if kind in ("whiteout", "opaque"):
            return True
        if kind == "hardlink":
            target, links = self.real(entry.target, follow=False)
            kind, value = self.state.get(target, ("", None)) if links >= 0 else ("", None)
            if kind in ("", "directory"):
                return False
            content = value[-1][1] if isinstance(value, tuple) else None
            value = content if kind == "file" else value
        elif kind == "symlink":
            value = entry.target
        elif kind == "file":
            value = entry.data
        path = self.landing(entry.path)
        old = self.state.get(path, ("", None))
        if kind == "directory" and old[0] == "directory":
            return True
        self.drop(path, itself=True)
        if kind == "file" and isinstance(value, bytes):
            before = old[1] if old[0] == "file" and isinstance(old[1], tuple) else ()
            value = (*(version for version in before if version[0] != layer), (layer, value))
        self.state[path] = (kind, value)
        return True


NAMES = ["a", "b", "c"]
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
targets = st.sampled_from(["a", "b", "../b", "/c", "a/b", "..", ".", "/", "../..", "b/../c", "c/a", "/a/b"])
entries = st.one_of(
    st.builds(file, paths, st.one_of(st.none(), st.binary(min_size=1, max_size=1))),
    st.builds(folder, paths),
    st.builds(link, paths, targets),
    st.builds(hard, paths, paths),
    st.builds(gone, paths),
    st.builds(opaque, paths),
    st.builds(lambda path: Entry(path=path, kind="other"), paths),
)


def all_paths(depth: int = 3) -> Iterator[str]:
    for name in NAMES:
        yield name
        if depth > 1:
            yield from (f"{name}/{rest}" for rest in all_paths(depth - 1))


@settings(max_examples=150, deadline=None)
@given(layers=st.lists(st.lists(entries, max_size=8), min_size=1, max_size=4))
def test_any_sequence_of_layers_gives_what_the_plain_model_gives(layers: list[list[Entry]]) -> None:
    tree, model = SquashedTree(), Model()
    for number, layer in enumerate(layers):
        tree.add(laid_out(layer), LAYERS[number])
        model.add(layer, LAYERS[number])
    assert tree.names_under("") == sorted(path for path, (kind, _) in model.state.items() if kind != "directory")
    assert tree.count_files() == sum(kind == "file" for kind, _ in model.state.values())
    for path in all_paths():
        real, links = model.real(path, follow=True)
        kind, value = model.state.get(real, ("directory" if real == "" and links >= 0 else "", None))
        assert tree.exists(path) is (links >= 0 and kind != "")
        versions = value if kind == "file" and isinstance(value, tuple) and links >= 0 else ()
        found = tree.get(path)
        seen = [(f.layer, f.data) for f in (*tree.history(path), *([found] if found else ()))]
        assert seen == list(versions)
        assert found is None or found.path == real
    kept = sorted(path for path, (kind, value) in model.state.items() if kind == "file" and isinstance(value, tuple))
    assert [found.path for found in tree.under("")] == kept
    regular = [found.path for found in tree.matching(["**/*"]) if found.path in kept]
    assert regular == kept
