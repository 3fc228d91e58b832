from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError, UsageError
from custody.registry.reference import parse_reference, split_scheme

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "name", "tag"),
    [
        ("alpine", "docker.io/library/alpine", ""),
        ("alpine:3", "docker.io/library/alpine", "3"),
        ("team/app", "docker.io/team/app", ""),
        ("index.docker.io/alpine", "docker.io/library/alpine", ""),
        ("docker.io/alpine:3", "docker.io/library/alpine", "3"),
        ("localhost/app", "localhost/app", ""),
        ("localhost:5000/app:1", "localhost:5000/app", "1"),
        ("registry.example/a/b/c_d--e.f:V1.2_x-y", "registry.example/a/b/c_d--e.f", "V1.2_x-y"),
        ("registry.example:443/app", "registry.example:443/app", ""),
        ("[::1]:5000/app:1", "[::1]:5000/app", "1"),
        ("HOST/app", "HOST/app", ""),
    ],
)
def test_an_image_reference_is_read_as_docker_reads_it(text: str, name: str, tag: str) -> None:
    for digest in ("", f"@{DIGEST}"):
        found = parse_reference(text + digest)
        assert (found.name, found.tag, str(found.digest or "")) == (name, tag, digest.removeprefix("@"))
        assert found.pointer == (digest.removeprefix("@") or tag)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "/",
        "registry.example/",
        "registry.example/App",
        "registry.example/a//b",
        "registry.example/a:tag:tag",
        "registry.example/a:",
        "registry.example/a:-x",
        "registry.example/a:" + "t" * 129,
        "registry.example/a@sha256:abc",
        "registry.example/a@md5:" + "a" * 32,
        "registry.example/a_-b",
        "bad host.example/a",
        "-host.example/a",
        "registry.example:port/a",
        "registry.example/" + "a" * 250,
        "registry.example/a\n",
    ],
)
def test_what_no_registry_could_have_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_reference(text)


def test_upper_case_gets_a_hint() -> None:
    with pytest.raises(InputError, match="repository names are lower case"):
        parse_reference("registry.example/Team/App")


def test_a_layout_may_have_a_tag_and_colons_in_its_path(tmp_path: Path) -> None:
    plain, odd = tmp_path / "plain", tmp_path / "odd:1"
    odd.mkdir()
    assert parse_reference(f"oci:{plain}").path == str(plain)
    assert (parse_reference(f"oci:{plain}:1.0").path, parse_reference(f"oci:{plain}:1.0").tag) == (str(plain), "1.0")
    assert (parse_reference(f"oci:{odd}").path, parse_reference(f"oci:{odd}").tag) == (str(odd), "")
    assert (parse_reference(f"oci:{odd}:2").path, parse_reference(f"oci:{odd}:2").tag) == (str(odd), "2")
    both = parse_reference(f"oci:./x:1@{DIGEST}")
    assert (both.path, both.tag, both.pointer, both.name) == ("./x", "1", DIGEST, "oci:./x")
    assert parse_reference("oci:a:b/c").path == "a:b/c"


@pytest.mark.parametrize("text", ["oci:", "oci:@" + DIGEST, "oci:dir:-tag", "oci:dir:"])
def test_a_layout_without_folder_or_with_a_bad_tag_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_reference(text)


def test_other_schemes_are_no_place_for_images() -> None:
    assert split_scheme("docker-archive:a:b") == ("docker-archive", "a:b")
    assert split_scheme("registry.example:5000/a") == ("", "registry.example:5000/a")
    with pytest.raises(UsageError):
        parse_reference("dir:x")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("localhost:5000", True),
        ("a.localhost", True),
        ("127.0.0.1:5000", True),
        ("127.1.2.3", True),
        ("[::1]:5000", True),
        ("[::1]", True),
        ("127.0.0.1.example", False),
        ("localhost.example:5000", False),
        ("10.0.0.1:5000", False),
        ("[::2]:5000", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, loopback: bool) -> None:
    assert parse_reference(f"{host}/app").is_loopback is loopback


@given(st.text(max_size=80))
def test_any_text_gives_a_reference_or_one_of_two_errors(text: str) -> None:
    with suppress(InputError, UsageError):
        found = parse_reference(text)
        assert found.path
        if found.scheme == "registry":
            assert parse_reference(str(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "https://user:secret@registry.example/app:1",
        "https://user:sec/ret@registry.example/app:1",
        "https://user:sec?ret@registry.example/app:1",
        "user:secret@registry.example/app:1",
        "secret@registry.example/app",
        f"user:secret@registry.example/app:1@{DIGEST}",
        "user:secret@registry.example/app@sha256:xyz",
        "registry.example/secret@app",
        "https://registry.example/app?token=secret",
        "oci://user:secret@registry.example/app",
        "docker://user:secret@registry.example/app",
    ],
)
def test_a_user_or_a_scheme_is_refused_and_no_password_is_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(text)
    assert "secret" not in str(caught.value)
    assert "app" in caught.value.where


def test_a_digest_and_a_folder_may_have_their_at_sign() -> None:
    assert parse_reference(f"registry.example/app:1@{DIGEST}").tag == "1"
    assert parse_reference("oci:./me@home").path == "./me@home"
    with pytest.raises(InputError):
        parse_reference("registry.example/app@sha256:abc")
