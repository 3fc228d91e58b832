"""YAML: the shape of JSON, and none of the traps of YAML."""

from __future__ import annotations

import pytest

from custody.errors import InputError
from custody.sbom.spdx.yaml_text import read_yaml, write_yaml
from tests.sbom.spdx.rich import rich


def test_every_field_comes_back() -> None:
    assert read_yaml(write_yaml(rich()), "x") == rich()


@pytest.mark.parametrize(
    "text", ["\x00\x7f\x85\xa0\u2028\ufeff\ufffe", "a: b # c", "- x", "", " ", "\U0001f600", "null", "1.10"]
)
def test_any_text_comes_back(text: str) -> None:
    table = {"a": text, "b": [text, {"c": text}], "d": {}, "e": []}
    assert read_yaml(write_yaml(table), "x") == table


def test_plain_words_are_texts_but_for_a_few() -> None:
    data = b"v: 1.10\nw: 0o17\nx: yes\ny: true\nz: ~\nd: 2026-01-01\nlineNumber: 12\nn: 12\nq: 'true'\n"
    assert read_yaml(data, "x") == {
        "v": "1.10",
        "w": "0o17",
        "x": "yes",
        "y": True,
        "z": None,
        "d": "2026-01-01",
        "lineNumber": 12,
        "n": "12",
        "q": "true",
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: &x 1\nb: *x\n", "x:2:4: aliases are not allowed here"),
        (b"a: 1\na: 2\n", "x:2:1: the key 'a' stands twice"),
        (b"a: 1\n---\nb: 2\n", "x:2:1: expected one document"),
        (b"[a]: 1\n", "x:1:1: a key must be a text"),
        (b"- a\n", "x: expected a table at the top"),
        (b"", "x: expected a table at the top"),
        (b"a: \xff", "x: not UTF-8: byte 3"),
        (b"a: [" * 200, "x:1:201: more than 100 levels"),
    ],
)
def test_a_trap_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_yaml(data, "x")
    assert str(caught.value) == message


@pytest.mark.parametrize("data", [b"a: [1", b"a: \x01", b"\x00", b"a: 'x", b"%TAG x\n", b"a:\n\t- b"])
def test_what_is_no_yaml_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^x(:\d+:\d+)?: not valid YAML: "):
        read_yaml(data, "x")
