"""The catalogers of Ruby, PHP, .NET and a dozen smaller languages, whatever bytes they are given."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory.erlang_terms import Atom, read_elixir, read_erlang
from custody.inventory.lock_graph import base64_checksum, rooted
from custody.inventory.lua_values import read_assignments, read_return
from custody.inventory.nuget_packages import exact_version
from custody.inventory.opam_file import needs, read_opam, texts
from custody.inventory.perl_packages import read_pathname
from custody.inventory.php_values import read_literal, unserialize
from custody.inventory.r_packages import licence
from custody.inventory.ruby_gems import best_fitting
from custody.model import Dependency, Package
from tests.inventory.catalogers.hostile import places, replaced
from tests.inventory.catalogers.oracle import CATALOGERS
from tests.inventory.catalogers.test_build_files import check, good_files, look
from tests.inventory.catalogers.test_hostile_input import ANY_JSON

FAMILIES = (
    "ruby-",
    "php-",
    "dotnet-",
    "dart-",
    "elixir-",
    "erlang-",
    "swift-",
    "cocoapods",
    "r-",
    "julia-",
    "haskell-",
    "perl-",
    "lua-",
    "ocaml-",
    "wordpress",
)
NAMES = sorted(name for name in CATALOGERS if name.startswith(FAMILIES))
JSON = sorted(
    {
        "php-composer-lock",
        "php-composer-installed",
        "dotnet-packages-lock",
        "dotnet-deps",
        "dotnet-assets",
        "swift-package-resolved",
        "r-renv",
        "haskell-cabal-plan",
        "perl-meta",
    }
)
FUZZ = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
MARKS = "[]{}()<>:\"'#%&*-=~,;.|@/\\ \n\tab1"


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_a_good_file_cut_short_or_changed(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    path = data.draw(st.sampled_from(sorted(files)))
    content = files[path]
    at = data.draw(st.integers(0, max(0, len(content) - 1)))
    new = data.draw(st.one_of(st.none(), st.binary(max_size=2), st.text(alphabet=MARKS, max_size=3).map(str.encode)))
    files[path] = content[:at] if new is None else content[:at] + new + content[at + 1 :]
    check(name, files)


@pytest.mark.parametrize("name", NAMES)
@FUZZ
@given(data=st.data())
def test_any_bytes(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    anything = st.one_of(st.binary(max_size=200), st.text(alphabet=MARKS, max_size=200).map(str.encode))
    files[data.draw(st.sampled_from(sorted(files)))] = data.draw(anything)
    check(name, files)


@pytest.mark.parametrize("name", JSON)
@FUZZ
@given(data=st.data())
def test_a_value_of_another_type_in_json(name: str, data: st.DataObject) -> None:
    files = dict(data.draw(st.sampled_from(good_files(name))))
    path = data.draw(st.sampled_from([path for path in sorted(files) if files[path].lstrip()[:1] in (b"{", b"[")]))
    document = json.loads(files[path])
    place = data.draw(st.sampled_from(places(document)))
    files[path] = json.dumps(replaced(document, place, data.draw(ANY_JSON))).encode()
    check(name, files)


DEEP = 50_000


@pytest.mark.parametrize(
    ("name", "path", "data"),
    [
        ("cocoapods", "Podfile.lock", b"PODS: " + b"[" * DEEP),
        ("dart-pubspec", "pubspec.lock", b"packages: " + b"[" * DEEP),
        ("dotnet-packages-config", "packages.config", b"<packages>" * DEEP),
        ("elixir-mix", "mix.lock", b"[" * DEEP),
        ("elixir-mix", "mix.lock", b"%{a: " * DEEP),
        ("erlang-rebar", "rebar.lock", b"{" * DEEP),
        ("lua-rocks", "a-1.rockspec", b"package = " + b"{" * DEEP),
        ("lua-rocks", "a-1.rockspec", b"package = " + b"(" * DEEP),
        ("lua-rocks", "a-1.rockspec", b"package = {[" * DEEP),
        ("ocaml-opam", "a.opam", b"depends: " + b"[" * DEEP),
        ("ocaml-opam", "a.opam", b"depends: " + b"!" * DEEP),
        ("ocaml-opam", "a.opam", b"a { " * DEEP),
        ("php-composer-installed", "composer/installed.php", b"<?php return " + b"array(" * DEEP),
        ("php-pear", ".registry/a.reg", b"a:1:{i:0;" * DEEP),
    ],
)
def test_values_nested_without_end(name: str, path: str, data: bytes) -> None:
    assert [type(item) for item in look(name, {path: data})] == [InputError]


@pytest.mark.parametrize(
    ("name", "path", "data"),
    [
        ("ruby-installed", "specifications/a-1.gemspec", b's.name = "' + b"\\" * 200_000),
        ("ruby-installed", "specifications/a-1.gemspec", b's.name = ["a"' + b', "a"' * 100_000),
        ("ruby-bundler", "Gemfile.lock", b"GEM\n  specs:\n" + b"    a (1" * 50_000),
        ("php-pear", ".registry/a.reg", b"a:9999999999:{" + b"i:0;N;" * 50_000),
        ("php-composer-installed", "composer/installed.php", b"<?php " + b"return" * 50_000),
        ("wordpress", "wp-content/plugins/a/a.php", b"<?php /* Plugin Name: a" + b" " * 200_000),
        ("elixir-mix", "mix.exs", b"{:a," * 100_000),
        ("lua-rocks", "a-1.rockspec", b"--[" + b"=" * 100_000),
        ("lua-rocks", "a-1.rockspec", b"a = [==[" * 50_000),
        ("ocaml-opam", "a.opam", b'"""' + b'"' * 100_000),
        ("ocaml-opam", "a.opam", b"(*" * 50_000),
        ("perl-carton", "cpanfile.snapshot", b"DISTRIBUTIONS\n  A-1\n    pathname: " + b"A/" * 100_000),
        ("r-description", "DESCRIPTION", b"Package: a\nVersion: 1\nBuilt: x\nMaintainer:" + b" <" * 100_000),
        ("haskell-cabal-freeze", "cabal.project.freeze", b"constraints: a" + b" +a" * 50_000 + b"!"),
    ],
)
def test_long_lines_take_no_more_than_linear_time(name: str, path: str, data: bytes) -> None:
    """Each of these would run for minutes if a pattern tried all ways to cut it."""
    files = {path: data, "mix.lock": b"%{}"} if name == "elixir-mix" else {path: data}
    look(name, files)


def test_a_long_lock_file_is_read_in_linear_time() -> None:
    count = 5000
    rows = "".join(f"    p{n} (1.0)\n      p{n + 1}\n" for n in range(count))
    found = look("ruby-bundler", {"Gemfile.lock": f"GEM\n  remote: https://gems.example/\n  specs:\n{rows}".encode()})
    assert sum(isinstance(item, Package) for item in found) == count + 1
    assert sum(isinstance(item, Dependency) for item in found) == count


@pytest.mark.parametrize("name", NAMES)
def test_every_package_of_a_lock_file_is_reached_from_a_project(name: str) -> None:
    for files in good_files(name):
        found = look(name, files)
        packages = {item.id: item for item in found if isinstance(item, Package)}
        if any(package.installed and package.purpose != "APPLICATION" for package in packages.values()):
            continue
        reached = {id_ for id_, package in packages.items() if package.purpose == "APPLICATION"}
        edges = [item for item in found if isinstance(item, Dependency)]
        for _ in packages:
            reached |= {edge.target for edge in edges if edge.source in reached}
        assert set(packages) <= reached


def test_a_plugin_is_told_by_its_first_eight_kilobytes() -> None:
    path, header = "wp-content/plugins/a/a.php", b"/* Plugin Name: A\nVersion: 1 */"
    assert [item.id for item in look("wordpress", {path: b"<?php\n" + header}) if isinstance(item, Package)] == [
        "pkg:wordpress-plugin/a@1"
    ]
    assert look("wordpress", {path: b"<?php\n" + b"//\n" * 2800 + header}) == []


# ── the readers ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("requirement", "fitting"),
    [
        ("~> 1.2", ["1.2", "1.9", "1.10.1"]),
        ("~> 1.2.0", ["1.2"]),
        ("~> 1.9", ["1.9", "1.10.1"]),
        ("~> 2.a", ["2.0.0.rc1", "2.0"]),
        (">= 1.9, < 2", ["1.9", "1.10.1", "2.0.0.rc1"]),
        ("= 2", ["2.0"]),
        ("!= 2.0", ["1.2", "1.9", "1.10.1", "2.0.0.rc1"]),
        ("> 1.10.1", ["2.0.0.rc1", "2.0"]),
        ("<= 1.9", ["1.2", "1.9"]),
    ],
)
def test_a_gem_requirement_allows_what_rubygems_says(requirement: str, fitting: list[str]) -> None:
    """`Gem::Requirement.new(…).satisfied_by?` of RubyGems 3.3 gave these."""
    versions = ["1.2", "1.9", "1.10.1", "2.0.0.rc1", "2.0"]
    asked = requirement.split(", ")
    assert [version for version in versions if best_fitting(asked, [version])] == fitting
    assert best_fitting(asked, versions) == fitting[-1]


def test_everything_hangs_on_the_project() -> None:
    edges = [Dependency(source="a", target="b"), Dependency(source="b", target="a"), Dependency(source="c", target="c")]
    edges += [Dependency(source="p", target="d", relation="dev"), Dependency(source="d", target="gone")]
    assert [(e.source, e.relation, e.target) for e in rooted("p", ["d", "c", "b", "a"], edges)] == [
        ("a", "depends_on", "b"),
        ("b", "depends_on", "a"),
        ("p", "dev", "d"),
        ("p", "contains", "c"),
        ("p", "contains", "a"),
    ]


def test_a_checksum_that_is_none_is_none() -> None:
    assert base64_checksum("sha512", "AAAA") is None
    assert base64_checksum("sha512", "no base64!") is None


def test_php_literals() -> None:
    text = rb"""<?php // return no
    return array('a' => 1, "b" => ['x', true, NULL, -1.5], # c
      'p' => __DIR__ . '/../' . 'q', 'quote' => 'it\'s \n', );"""
    assert read_literal(text, "f") == {
        "a": 1,
        "b": {"0": "x", "1": True, "2": None, "3": -1.5},
        "p": "/../q",
        "quote": r"it's \n",
    }


def test_serialized_php_counts_bytes() -> None:
    assert unserialize('a:2:{s:3:"aé";b:1;i:7;d:0.5;}'.encode(), "f") == {"aé": True, "7": 0.5}
    with pytest.raises(InputError, match="byte 5: the text does not end after 2 bytes"):
        unserialize('a:1:{s:2:"aé";N;}'.encode(), "f")


def test_terms_of_erlang_and_elixir() -> None:
    assert read_erlang(b'%% c\n{"1", [{<<"a"/utf8>>, {pkg, \'B c\', -3}}, <<>>, #{x => 1.5}]}. ok.', "f") == [
        ("1", [("a", ("pkg", "B c", -3)), "", {"x": 1.5}]),
        "ok",
    ]
    found = read_elixir(b'# c\n%{"a": {:hex, :"b c", nil}, "k" => [only: :dev, "q r": true], x: "\\"#{y"}', "f")
    assert found == {"a": ("hex", "b c", None), "k": [("only", "dev"), ("q r", True)], "x": '"#{y'}
    assert isinstance(found["a"][0], Atom)


def test_lua_values() -> None:
    text = b"""#!/usr/bin/lua
    local a, b = "1.0", "-1" -- no
    --[==[ long
    ]] comment ]==]
    package = 'x'; version = a .. b
    t = { 1, [2] = "two", ["k-k"] = [[
long]], n = { 0x10, -2.5 }, }
    t.more = nil
    t.n = "set"
    """
    assert read_assignments(text, "f") == {
        "package": "x",
        "version": "1.0-1",
        "t": {"1": 1, "2": "two", "k-k": "long", "n": "set", "more": None},
    }
    assert read_return(b"local v = '1'\nreturn { a = v }", "f") == {"a": "1"}


def test_opam_files() -> None:
    fields = read_opam(
        b"""name: "x" # c
        depends: [ "a" {>= "1" & (os = "linux" | build)} ("b" | "c" {with-test}) "d" {!build & dev} ]
        (* comment *) flags: light-uninstall
        url { src: "https://x.example" checksum: ["md5=0" "sha256=1"] }
        description: \"\"\"two
        "lines\"\"\"
        name: "never" """,
        "f",
    )
    assert texts(fields["name"]) == ["x"]
    assert [(need.name, need.relation) for need in needs(fields["depends"])] == [
        ("a", "build"),
        ("b", "depends_on"),
        ("c", "dev"),
        ("d", "dev"),
    ]
    assert texts(fields["url.checksum"]) == ["md5=0", "sha256=1"]
    assert texts(fields["description"]) == ['two\n        "lines']
    assert texts(fields["flags"]) == []


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("GPL-2 | GPL-3", "GPL-2.0-only OR GPL-3.0-only"),
        ("GPL (>= 2)", "GPL-2.0-or-later"),
        ("LGPL (>= 2.1) | file LICENSE", "LGPL-2.1-or-later"),
        ("MIT + file LICENSE", "MIT"),
        ("file LICENSE", None),
        ("Part of R 4.2.2", None),
        ("BSD_2_clause + file LICENCE", "BSD-2-Clause"),
        ("", None),
    ],
)
def test_licences_as_r_writes_them(text: str, expression: str | None) -> None:
    assert licence(text)[0] == expression


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.2.0", "1.2.0"),
        ("[1.2.0]", "1.2.0"),
        ("[1.0,2.0)", ""),
        ("1.*", ""),
        ("(1.0,)", ""),
        ("", ""),
        ("3.0.0-b.1+x", "3.0.0-b.1+x"),
    ],
)
def test_the_version_that_a_nuget_range_names(text: str, version: str) -> None:
    assert exact_version(text) == version


@pytest.mark.parametrize(
    ("text", "archive"),
    [
        ("D/DA/DAGOLDEN/Class-Tiny-1.008.tar.gz", ("DAGOLDEN", "Class-Tiny", "1.008")),
        ("J/JO/JOHN/sub/dir/X-v1.2.3-TRIAL.zip", ("JOHN", "X", "v1.2.3-TRIAL")),
        ("GAAS/libwww-perl-6.05.tgz", ("GAAS", "libwww-perl", "6.05")),
        ("X/nothing", None),
    ],
)
def test_where_a_distribution_stands(text: str, archive: tuple[str, str, str] | None) -> None:
    assert read_pathname(text) == archive
