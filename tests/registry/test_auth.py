from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.registry.auth import Challenge, Credentials, find_credentials, parse_challenges


def test_challenges_are_read() -> None:
    header = (
        'Basic realm="a \\"quoted\\" realm", Bearer realm="https://auth.example/token",service=registry.example,'
        'scope="repository:a/b:pull,push", Negotiate'
    )
    assert parse_challenges(header) == (
        Challenge(scheme="basic", parameters=(("realm", 'a "quoted" realm'),)),
        Challenge(
            scheme="bearer",
            parameters=(
                ("realm", "https://auth.example/token"),
                ("service", "registry.example"),
                ("scope", "repository:a/b:pull,push"),
            ),
        ),
        Challenge(scheme="negotiate"),
    )
    assert parse_challenges("") == ()


@given(st.one_of(st.text(max_size=60), st.text('Bearer realm="x", \\=', max_size=60)))
def test_any_header_is_read_without_an_error(header: str) -> None:
    for challenge in parse_challenges(header):
        assert challenge.scheme


def test_passwords_are_not_shown() -> None:
    assert "secret" not in repr(Credentials(user="alice", password="secret", identity_token="secret"))


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("registry.example:5000", "registry.example:5000"),
        ("https://registry.example", "registry.example"),
        ("https://registry.example/v2/", "registry.example"),
        ("https://index.docker.io/v1/", "docker.io"),
    ],
)
def test_docker_keeps_hosts_under_several_names(tmp_path: Path, key: str, host: str) -> None:
    auth = base64.b64encode(b"alice:with:colons").decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {key: {"auth": auth}}}))
    assert find_credentials(host, tmp_path) == Credentials(user="alice", password="with:colons")
    assert find_credentials("other.example", tmp_path) is None


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert find_credentials("registry.example", tmp_path) is None
    (tmp_path / "config.json").write_text('{"auths": {"registry.example": {}}}')
    assert find_credentials("registry.example", tmp_path) is None
