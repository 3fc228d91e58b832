"""Go's files and versions are read as Go reads them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory.catalogers.go_binary import _set_version
from custody.inventory.go_modules import (
    MAX_LINE,
    Module,
    go_purl,
    module_sum,
    parse_mod,
    parse_sum,
    release_of,
    version_key,
)
from custody.model import Purl


@pytest.mark.parametrize(
    ("path", "purl"),
    [
        ("github.com/Masterminds/semver/v3", "pkg:golang/github.com/Masterminds/semver/v3@v3.2.1"),
        ("gopkg.in/yaml.v3", "pkg:golang/gopkg.in/yaml.v3@v3.2.1"),
        ("stdlib", "pkg:golang/stdlib@v3.2.1"),
        ("k8s.io/kubernetes/staging/src/k8s.io/api", "pkg:golang/k8s.io/kubernetes/staging/src/k8s.io/api@v3.2.1"),
    ],
)
def test_a_module_path_stands_whole_and_as_written_in_the_purl(path: str, purl: str) -> None:
    assert str(go_purl(path, "v3.2.1")) == purl
    assert Purl.parse(purl).full_name == path
    assert Purl.parse(purl).subpath == ""


def test_versions_are_ordered_as_semantic_versions_are() -> None:
    ordered = [
        "not-a-version",
        "v0.0.0-20190101000000-abcdefabcdef",
        "v0.0.0-20240102030405-abcdefabcdef",
        "v0.9.0",
        "v1.0.0-alpha",
        "v1.0.0-alpha.1",
        "v1.0.0-alpha.beta",
        "v1.0.0-beta.2",
        "v1.0.0-beta.11",
        "v1.0.0-rc.1",
        "v1.0.0",
        "v1.2.0",
        "v1.10.0",
        "v2.0.0+incompatible",
        "v10.0.0",
        "v99999999999999999999999.0.0",
    ]
    for lower, higher in itertools.pairwise(ordered):
        assert version_key(lower) < version_key(higher)


@given(st.lists(st.text("v0123456789.-+abc", max_size=12), max_size=6))
def test_any_texts_can_be_ordered(versions: list[str]) -> None:
    turned = versions[::-1]
    assert sorted(versions, key=version_key) == sorted(turned, key=version_key)


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("go1.22.1", "1.22.1"),
        ("go1.22rc1", "1.22rc1"),
        ("go1.20.4 X:boringcrypto", "1.20.4"),
        ("go1.20.4 (Red Hat 1.20.4-1.el9)", "1.20.4"),
        ("devel go1.23-0a1b2c3 Mon Jan 1", ""),
        ("", ""),
    ],
)
def test_the_release_of_go(text: str, release: str) -> None:
    assert release_of(text) == release


def test_a_sum_is_a_sha_256() -> None:
    (checksum,) = module_sum("h1:4NM3Kl2HSDKUVBa5juma+7bOwyHR+nqTp7g/VgNTs+Q=")
    assert str(checksum.hex).startswith("e0d3372a5d874832")
    for text in ("", "h1:", "h1:AAAA", "h1:???", "h2:4NM3Kl2HSDKUVBa5juma+7bOwyHR+nqTp7g/VgNTs+Q=", "h1:é"):
        assert module_sum(text) == ()


def test_a_replacement_of_one_version_goes_before_one_of_all() -> None:
    mod = parse_mod(b"replace a.example/x => ./x\nreplace a.example/x v1.0.0 => b.example/x v1.1.0\n", "go.mod")
    assert mod.replacement(Module("a.example/x", "v1.0.0")) == Module("b.example/x", "v1.1.0")
    assert mod.replacement(Module("a.example/x", "v2.0.0")) == Module("./x")
    assert mod.replacement(Module("a.example/y", "v1.0.0")) is None


@pytest.mark.parametrize(
    ("line", "indirect"),
    [
        ("require a.example/x v1.0.0 // indirect", True),
        ("require a.example/x v1.0.0 //indirect", True),
        ("require a.example/x v1.0.0 // indirect; for tests", True),
        ("require a.example/x v1.0.0 // indirectly", False),
        ("require a.example/x v1.0.0 // not indirect", False),
        ("require a.example/x v1.0.0", False),
    ],
)
def test_what_is_only_indirect_says_so_in_a_comment(line: str, indirect: bool) -> None:
    ((module, said, number),) = parse_mod(f"\n{line}\n".encode(), "go.mod").needs
    assert (module, said, number) == (Module("a.example/x", "v1.0.0"), indirect, 2)


def test_bad_lines_are_noted_and_the_others_go_on() -> None:
    long = b"require a.example/" + b"x" * MAX_LINE + b" v1.0.0\n"
    mod = parse_mod(b"module a b\nrequire x\nreplace a b c => d\n" + long + b"require a.example/x v1.0.0\n", "go.mod")
    assert [note.where for note in mod.skipped] == [f"go.mod:{line}" for line in (1, 2, 3, 4)]
    assert [need for need, _, _ in mod.needs] == [Module("a.example/x", "v1.0.0")]


def test_a_go_mod_that_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        parse_mod(b"module \xff\n", "go.mod")


WORDS = st.sampled_from(
    ["module", "require", "replace", "(", ")", "=>", '"', "`", "//", "\\", "v1.0.0", "a.example/b", "\n", " "]
)


@settings(max_examples=300)
@given(st.lists(WORDS, max_size=40))
def test_any_words_give_modules_and_notes(words: list[str]) -> None:
    data = "".join(words).encode()
    for need, _, line in parse_mod(data, "go.mod").needs:
        assert need.path
        assert 1 <= line <= data.count(b"\n") + 1
    parse_sum(data)


@pytest.mark.parametrize(
    ("flags", "version"),
    [
        ("-s -w -X main.version=2.3.4", "v2.3.4"),
        ("-X=main.version=v2.3.4", "v2.3.4"),
        ("-X 'main.version=v2.3.4-rc.1'", "v2.3.4-rc.1"),
        ("-X corp.example/app/internal/build.Version=2.3.4 -X lib.example/x.Version=9.9.9", "v2.3.4"),
        ("-X other.example/version.gitVersion=2.3.4", "v2.3.4"),
        ("-X main.version=2.3.4 -X main.gitVersion=2.3.5", ""),
        ("-X main.version=dev", ""),
        ("-X main.goVersion=1.22.1", ""),
        ("-X main.conversion=1.2.3", ""),
        ("-X 'main.version=2.3.4", ""),
        ("", ""),
    ],
)
def test_a_version_that_the_linker_was_told_to_set_counts_where_it_is_plain(flags: str, version: str) -> None:
    assert _set_version(flags, "corp.example/app") == version
