"""System package managers and package files: the fine print, and that no bytes bring them down."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory import Cataloger, SquashedTree, load_catalogers, take_inventory, tree_of
from custody.inventory.apk_database import read_names
from custody.inventory.catalogers.homebrew import _licence as homebrew_licence
from custody.inventory.catalogers.nix import _purl as nix_purl
from custody.inventory.catalogers.opkg import _cpes
from custody.inventory.catalogers.portage import _licence as portage_licence
from custody.inventory.catalogers.portage import _tree_of, _wanted
from custody.inventory.interface import Found
from custody.inventory.squash import laid_out
from custody.inventory.system_packages import Providers, moment, supplier, system_purl
from custody.inventory.walk import started_by
from custody.model import (
    Artifact,
    Dependency,
    Descriptor,
    Digest,
    Distribution,
    Entry,
    HeldContent,
    Package,
    Purl,
    Skipped,
)

CASES = Path(__file__).resolve().parent.parent.parent / "cases" / "inventory"
CATALOGERS = {cataloger.name: cataloger for cataloger in load_catalogers()}
NAMES = (
    "apk",
    "apk-file",
    "conda",
    "deb-file",
    "homebrew",
    "ipk-file",
    "nix",
    "opkg",
    "pacman",
    "pacman-file",
    "portage",
    "rpm",
    "rpm-file",
    "rpm-manifest",
    "snap",
)
FUZZ = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
RELATIONS = {"contains", "depends_on", "optional", "build"}


def look(cataloger: Cataloger, files: dict[str, bytes]) -> list[Found]:
    """Give what a cataloger yields of a tree; an InputError counts as the Skipped that the core makes of it."""
    found: list[Found] = []
    entries = []
    extractor = cataloger.extractor
    for path, data in files.items():
        taken = b""
        if extractor is not None:
            try:
                taken = extractor.extract(path, HeldContent(data))
            except InputError as error:
                found.append(Skipped(where=error.where, reason=error.what))
        extracts = ((extractor.name, taken),) if taken and extractor is not None else ()
        entries.append(Entry(path=path, kind="file", size=len(data), data=data, extracts=extracts))
    tree = SquashedTree()
    tree.add(laid_out(entries), None)
    for file in started_by(cataloger, tree):
        try:
            found += cataloger.parse(file, tree)
        except InputError as error:
            found.append(Skipped(where=error.where, reason=error.what))
    return found


def packages(name: str, files: dict[str, str]) -> dict[str, Package]:
    found = look(CATALOGERS[name], {path: text.encode() for path, text in files.items()})
    return {item.name: item for item in found if isinstance(item, Package)}


def edges(name: str, files: dict[str, str]) -> set[tuple[str, str, str]]:
    found = look(CATALOGERS[name], {path: text.encode() for path, text in files.items()})
    return {
        (Purl.parse(item.source).name, Purl.parse(item.target).name, item.relation)
        for item in found
        if isinstance(item, Dependency)
    }


# ── shared ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("id", "version", "text"),
    [
        ("rhel", "9.3", "pkg:rpm/redhat/a@1?arch=x86_64&distro=rhel-9.3"),
        ("opensuse-leap", "15.5", "pkg:rpm/opensuse/a@1?arch=x86_64&distro=opensuse-leap-15.5"),
        ("sles", "15.5", "pkg:rpm/suse/a@1?arch=x86_64&distro=sles-15.5"),
        ("fedora", "39", "pkg:rpm/fedora/a@1?arch=x86_64&distro=fedora-39"),
        ("arch", "", "pkg:rpm/arch/a@1?arch=x86_64&distro=arch"),
    ],
)
def test_the_vendor_in_a_purl(id: str, version: str, text: str) -> None:
    assert str(system_purl("rpm", "a", "1", "x86_64", Distribution(id=id, version=version))) == text


def test_without_an_os_release_the_vendor_is_not_guessed() -> None:
    assert str(system_purl("apk", "a", "1", "", None)) == "pkg:apk/a@1"


@pytest.mark.parametrize(
    ("seconds", "text"), [(1_700_000_000, "2023-11-14T22:13:20Z"), (0, ""), (None, ""), (-5, ""), (10**15, "")]
)
def test_a_moment(seconds: int | None, text: str) -> None:
    assert moment(seconds) == text


def test_providers_do_not_grow_without_end() -> None:
    providers = Providers()
    for number in range(1000):
        providers.add(f"pkg:rpm/p{number}@1", ["virtual", f"p{number}"])
    assert len(providers.of("virtual")) == 100
    assert "p999" in providers
    assert providers.of("absent") == []


def test_nobody_is_no_supplier() -> None:
    assert supplier(" <x@y.example>") == ""


def artifact() -> Artifact:
    descriptor = Descriptor(media_type="m", digest=Digest.of(b"x"), size=1)
    return Artifact(kind="directory", name="root", version="", descriptor=descriptor, reference="x")


def test_a_system_contains_its_packages_and_a_package_file_that_lies_about_is_not_installed() -> None:
    deb = (CASES / "deb-file/each-compression_ok/tree/pool/libdemo1_xz.deb").read_bytes()
    extractor = CATALOGERS["deb-file"].extractor
    assert extractor is not None
    taken = extractor.extract("x.deb", HeldContent(deb))
    entries = [
        Entry(path="etc/os-release", kind="file", data=b"ID=alpine\nVERSION_ID=3.19.1\n"),
        Entry(path="lib/apk/db/installed", kind="file", data=b"P:musl\nV:1-r0\n\nP:zlib\nV:1-r0\n"),
        Entry(path="etc/apk/world", kind="file", data=b"zlib\n"),
        Entry(path="x.deb", kind="file", extracts=(("deb", taken),)),
    ]
    found = take_inventory(artifact(), [laid_out(entries)])
    told = {(d.source, Purl.parse(d.target).name, d.relation) for d in found.dependencies}
    system = "pkg:generic/alpine@3.19.1"
    assert told == {
        (found.root.id, "alpine", "contains"),
        (system, "musl", "contains"),
        (system, "zlib", "contains"),
        (system, "zlib", "depends_on"),
    }


# ── dpkg ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_removed_package_whose_configuration_stays_is_not_listed() -> None:
    """dpkg shows it as `rc`; its name, version and dependencies still stand in the status."""
    status = "Package: a\nStatus: deinstall ok config-files\nVersion: 1\nDepends: b\n\nPackage: b\nVersion: 1\n"
    assert set(packages("dpkg", {"var/lib/dpkg/status": status})) == {"b"}
    opkg = "Package: a\nStatus: deinstall user config-files\nVersion: 1\n\nPackage: b\nVersion: 1\n"
    assert set(packages("opkg", {"usr/lib/opkg/status": opkg})) == {"b"}


# ── apk ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_names_in_lists_of_apk() -> None:
    assert list(read_names("a !b c>=1 d~2 e@edge so:libx.so.1=1.2 /bin/sh")) == [
        "a", "c", "d", "e", "so:libx.so.1", "/bin/sh",
    ]  # fmt: skip


def test_apk_takes_a_file_for_what_is_asked_for_by_its_path() -> None:
    database = "P:a\nV:1\nD:/usr/bin/tool\n\nP:b\nV:1\nF:usr\nF:usr/bin\nR:tool\nF:\nR:top\n\nP:c\nV:1\nD:/top a\n"
    found = edges("apk", {"lib/apk/db/installed": database})
    assert found == {("a", "b", "depends_on"), ("c", "a", "depends_on"), ("c", "b", "depends_on")}


# ── rpm ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_write_ahead_log_with_transactions_is_told() -> None:
    data = (CASES / "rpm/sqlite_ok/tree/var/lib/rpm/rpmdb.sqlite").read_bytes()
    path = "var/lib/rpm/rpmdb.sqlite"
    for log, told in ((b"", 0), (b"\0" * 32, 0), (b"\0" * 4000, 1)):
        entries = [
            Entry(path=path, kind="file", extracts=(("rpm-database", _extract("rpm", path, data)),)),
            Entry(path=f"{path}-wal", kind="file", data=log),
        ]
        tree = SquashedTree()
        tree.add(laid_out(entries), None)
        [file] = started_by(CATALOGERS["rpm"], tree)
        skipped = [item for item in CATALOGERS["rpm"].parse(file, tree) if isinstance(item, Skipped)]
        assert [item.where for item in skipped] == [f"{path}-wal"] * told


def _extract(name: str, path: str, data: bytes) -> bytes:
    extractor = CATALOGERS[name].extractor
    assert extractor is not None
    return extractor.extract(path, HeldContent(data))


def test_a_file_is_found_under_the_path_that_a_link_leads_to() -> None:
    """`/bin/demo-sh` is asked for, the package has `/usr/bin/demo-sh`: one file where `bin` is a link."""
    path = "var/lib/rpm/rpmdb.sqlite"
    data = (CASES / "rpm/sqlite_ok/tree" / path).read_bytes()
    for links, found in (((), False), ((Entry(path="bin", kind="symlink", target="usr/bin"),), True)):
        entries = [Entry(path=path, kind="file", extracts=(("rpm-database", _without_rich(path, data)),)), *links]
        tree = SquashedTree()
        tree.add(laid_out(entries), None)
        [file] = started_by(CATALOGERS["rpm"], tree)
        targets = {
            Purl.parse(item.target).name
            for item in CATALOGERS["rpm"].parse(file, tree)
            if isinstance(item, Dependency) and item.relation == "depends_on" and "demo-tools" in item.source
        }
        assert ("demo-plugin" in targets) is found


def _without_rich(path: str, data: bytes) -> bytes:
    """Leave only the file among what leads to demo-plugin."""
    taken = _extract("rpm", path, data)
    return taken.replace(b'"(demo-plugin if demo-abi)",', b"").replace(b'"(missing-a or demo-plugin)",', b"")


# ── portage ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "flags", "atoms"),
    [
        ("a/b >=c/d-1.2_rc3-r1:2/3=[x,-y] !e/f !!g/h", "", ["a/b", "c/d"]),
        ("x? ( a/b ) !x? ( c/d )", "x", ["a/b"]),
        ("x? ( a/b ) !x? ( c/d )", "", ["c/d"]),
        ("x? ( y? ( a/b ) c/d )", "x", ["c/d"]),
        ("|| ( a/b absent/x ( c/d e/f ) )", "", ["a/b", "c/d", "e/f"]),
        ("=c/d-1.2*", "", ["c/d"]),
        ("c/d-tools-extra-3", "", []),
        ("", "", []),
    ],
)
def test_dependencies_of_gentoo(text: str, flags: str, atoms: list[str]) -> None:
    there = {"a/b", "c/d", "e/f", "g/h"}.__contains__
    assert list(_wanted(_tree_of(text, frozenset(flags.split()), "x", "RDEPEND"), there)) == atoms


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("GPL-2+ MIT", "GPL-2.0-or-later AND MIT"),
        ("|| ( LGPL-3 Apache-2.0 ) BSD", "(LGPL-3.0-only OR Apache-2.0) AND BSD-3-Clause"),
        ("x? ( MIT )", None),
        ("", None),
    ],
)
def test_licences_of_gentoo(text: str, expression: str | None) -> None:
    assert portage_licence(text, frozenset(), "x")[0] == expression


def test_a_deep_dependency_is_refused() -> None:
    with pytest.raises(InputError, match="nested too deep"):
        _tree_of("( " * 500 + "a/b" + " )" * 500, frozenset(), "x", "RDEPEND")


# ── the others ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        ('"MIT"', "MIT"),
        ('any_of: ["MIT", "Apache-2.0"]', "MIT OR Apache-2.0"),
        ('all_of: ["MIT", any_of: ["GPL-2.0-only", "BSD-3-Clause"]]', "MIT AND (GPL-2.0-only OR BSD-3-Clause)"),
        ('any_of: ["MIT", { all_of: ["ISC", "Zlib"] }]', "MIT OR ISC AND Zlib"),
        ('"GPL-2.0-only" => { with: "Classpath-exception-2.0" }', "GPL-2.0-only WITH Classpath-exception-2.0"),
        ('all_of: ["MIT", "GPL-2.0-only" => { with: "Classpath-exception-2.0" }]',
         "MIT AND GPL-2.0-only WITH Classpath-exception-2.0"),
        (":cannot_represent", None),
        ("", None),
    ],
)  # fmt: skip
def test_licences_of_homebrew(value: str, expression: str | None) -> None:
    assert homebrew_licence(value)[0] == expression


def test_words_of_homebrew_that_are_no_licence_are_kept_as_they_are() -> None:
    expression, texts = homebrew_licence('any_of: ["MIT", ')
    assert expression is not None
    assert expression.startswith("LicenseRef-")
    assert dict(texts) == {expression: 'any_of: ["MIT",'}


HASH = "0c3yw0ys1kpk9d0yi4zks10m7w4slp6q"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (f"{HASH}-glibc-2.38-27", ("glibc", "2.38-27", "")),
        (f"{HASH}-openssl-3.0.12-dev", ("openssl", "3.0.12", "dev")),
        (f"{HASH}-python3.11-pyyaml-6.0", ("python3.11-pyyaml", "6.0", "")),
        (f"{HASH}-gcc-wrapper-12.3.0", ("gcc-wrapper", "12.3.0", "")),
        (f"{HASH}-linux-headers-6.5", ("linux-headers", "6.5", "")),
        (f"{HASH}-source", None),
        (f"{HASH}-hello-2.12.drv", None),
        (f"{HASH}-hello-2.12.tar.gz", None),
        (f"{HASH}-nss-cacert", None),
        ("glibc-2.38", None),
        ("e" * 32 + "-glibc-2.38", None),  # no "e" in Nix's base 32
    ],
)
def test_names_in_the_store_of_nix(name: str, found: tuple[str, str, str] | None) -> None:
    purl = nix_purl(name)
    assert (None if purl is None else (purl.name, purl.version, purl.qualifier("output"))) == found


@pytest.mark.parametrize(
    ("text", "cpes"),
    [
        ("cpe:/a:busybox:busybox", ("cpe:2.3:a:busybox:busybox:*:*:*:*:*:*:*:*",)),
        ("cpe:/a:gnu:c%2b%2b_lib", ("cpe:2.3:a:gnu:c\\+\\+_lib:*:*:*:*:*:*:*:*",)),
        ("busybox", ()),
    ],
)
def test_cpes_of_openwrt(text: str, cpes: tuple[str, ...]) -> None:
    assert _cpes(text) == cpes


def test_two_environments_of_conda_are_kept_apart() -> None:
    def record(name: str, version: str, *depends: str) -> str:
        needs = ", ".join(f'"{need}"' for need in depends)
        return f'{{"name": "{name}", "version": "{version}", "depends": [{needs}]}}'

    files = {
        "one/conda-meta/a.json": record("a", "1", "b >=1", "python_abi 3.9.* *_cp39"),
        "one/conda-meta/b.json": record("b", "1"),
        "two/conda-meta/b.json": record("b", "2", "forge::A"),
    }
    found = look(CATALOGERS["conda"], {path: text.encode() for path, text in files.items()})
    assert [item for item in found if isinstance(item, Dependency)] == [
        Dependency(source="pkg:conda/a@1", target="pkg:conda/b@1")
    ]


def test_conda_channels_lose_their_token() -> None:
    text = (
        '{"name": "a", "version": "1", "subdir": "linux-64", "channel": "https://u:p@conda.example/t/x/linux-64", '
        '"url": "https://u:p@conda.example/t/x/linux-64/a.conda", "fn": "a.conda", "timestamp": 1700000000}'
    )
    package = packages("conda", {"conda-meta/a.json": text})["a"]
    assert package.id == "pkg:conda/a@1?channel=x&subdir=linux-64&type=conda"
    assert package.download_location == "https://conda.example/t/x/linux-64/a.conda"
    assert package.released == "2023-11-14T22:13:20Z"
    bare = packages(
        "conda", {"conda-meta/a.json": '{"name": "a", "version": "1", "channel": "https://u:p@conda.example"}'}
    )
    assert bare["a"].id == "pkg:conda/a@1?channel=conda.example"


# ── package files ───────────────────────────────────────────────────────────────────────────────────────────────────


class Counted:
    """Content that remembers how far it was read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)
        self.end = 0

    def read(self, offset: int, length: int, /) -> bytes:
        self.end = max(self.end, min(offset + length, self.size))
        return self._data[offset : offset + length]


def test_of_a_static_library_only_the_start_is_read() -> None:
    content = Counted((CASES / "deb-file/each-compression_ok/tree/lib/libx.a").read_bytes() + b"\0" * 10_000)
    extractor = CATALOGERS["deb-file"].extractor
    assert extractor is not None
    assert extractor.extract("x.a", content) == b""
    assert content.end < 100


@pytest.mark.parametrize("suffix", ["gz", "xz"])
def test_a_bomb_is_refused(suffix: str) -> None:
    import gzip
    import io
    import lzma
    import tarfile

    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, size in (("md5sums", 70 * 1024 * 1024), ("control", 10)):
            member = tarfile.TarInfo(name)
            member.size = size
            archive.addfile(member, io.BytesIO(bytes(size)))
    packed = gzip.compress(raw.getvalue(), 1) if suffix == "gz" else lzma.compress(raw.getvalue(), preset=0)
    head = f"{'control.tar.' + suffix:16}{0:12}{0:6}{0:6}{644:8}{len(packed):10}`\n".encode()
    deb = b"!<arch>\n" + b"debian-binary   0           0     0     644     4         `\n2.0\n" + head + packed
    with pytest.raises(InputError, match="before its description"):
        _extract("deb-file", "x.deb", deb)


def test_a_member_larger_than_any_control_archive_is_refused() -> None:
    deb = b"!<arch>\n" + b"debian-binary   0           0     0     644     4         `\n2.0\n"
    deb += f"{'control.tar.gz':16}{0:12}{0:6}{0:6}{644:8}{10**9:10}`\n".encode()
    with pytest.raises(InputError, match=r"refused: control.tar.gz has 1000000000 bytes"):
        _extract("deb-file", "x.deb", deb)


# ── hostile ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def good_files(name: str) -> tuple[dict[str, bytes], ...]:
    trees = []
    for case in sorted((CASES / name).glob("*_ok")):
        folder = case / "tree"
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        trees.append({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths})
    assert trees
    return tuple(trees)


def check(name: str, files: dict[str, bytes]) -> None:
    found = look(CATALOGERS[name], files)
    assert found == look(CATALOGERS[name], files)
    for item in found:
        if isinstance(item, Package):
            assert Purl.parse(item.id) == item.purl
            assert item.name
            assert item.locations
        elif isinstance(item, Dependency):
            assert item.relation in RELATIONS
        else:
            assert item.reason


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_good_files_cut_short_or_changed(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    path = data.draw(st.sampled_from(sorted(files)))
    content = files[path]
    at = data.draw(st.integers(0, max(0, len(content) - 1)))
    new = data.draw(st.one_of(st.none(), st.binary(min_size=1, max_size=3)))
    files[path] = content[:at] if new is None else content[:at] + new + content[at + len(new) :]
    check(name, files)


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_any_bytes(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    files[data.draw(st.sampled_from(sorted(files)))] = data.draw(st.binary(max_size=300))
    check(name, files)


WORDS = st.lists(
    st.sampled_from(
        ["(", ")", "||", "x?", "!x?", "!a/b", "a/b", "c/d-1:0", "%NAME%", "%VERSION%", "a", "1", "\n", "\n\n", "P:a",
         "V:1", "D:b", "p:b", "F:x", "R:y", "license", "any_of:", '["MIT",', "]", "=>", "{", "}", "name:", "-", "x=1"]
    ),
    max_size=25,
)  # fmt: skip


@pytest.mark.parametrize("name", ["apk", "homebrew", "pacman", "portage", "snap"])
@FUZZ
@given(data=st.data())
def test_words_of_the_format_in_any_order(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    path = data.draw(st.sampled_from(sorted(files)))
    words = data.draw(WORDS)
    files[path] = b"".join(word.encode() + (b"" if word.startswith("\n") else b" ") for word in words)
    check(name, files)


@pytest.mark.parametrize(
    ("name", "path", "unit"),
    [
        ("apk", "lib/apk/db/installed", "P:p%d\nV:1\nD:v p%d\np:v\n\n"),
        ("opkg", "usr/lib/opkg/status", "Package: p%d\nVersion: 1\nProvides: v\nDepends: v, p%d\n\n"),
        ("rpm-manifest", "var/lib/rpmmanifest/container-manifest-2", "p%d\t1-1\t1\t%d\tv\t(none)\t1\tx\t0\tx\n"),
    ],
)
def test_many_packages_take_no_more_than_linear_time(name: str, path: str, unit: str) -> None:
    start = time.process_time()
    data = "".join(unit % (n, n + 1) for n in range(4000)).encode()
    assert len(look(CATALOGERS[name], {path: data})) >= 4000
    assert time.process_time() - start < 10  # half of one; minutes where every package is held against every other


def test_folders_of_pacman_take_no_more_than_linear_time() -> None:
    files = {
        f"var/lib/pacman/local/p{n}-1/desc": f"%NAME%\np{n}\n\n%VERSION%\n1\n\n%DEPENDS%\np{n + 1}\n".encode()
        for n in range(3000)
    }
    start = time.process_time()
    tree = tree_of(files)
    count = sum(1 for file in started_by(CATALOGERS["pacman"], tree) for _ in CATALOGERS["pacman"].parse(file, tree))
    assert count == 3000 + 2999
    assert time.process_time() - start < 10
