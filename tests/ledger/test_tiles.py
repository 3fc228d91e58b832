"""Tile paths and contents, with the examples of the specification."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError
from custody.ledger.tiles import encode_entries, parse_entries, parse_hashes, tile_path, tile_width


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ((0, 1234067), "tile/0/x001/x234/067"),  # the specification's own example
        ((0, 0), "tile/0/000"),
        ((2, 999, 255), "tile/2/999.p/255"),
        ((1, 1000, 1), "tile/1/x001/000.p/1"),
        (("entries", 12, 256), "tile/entries/012"),
        ((63, 123456789, 7), "tile/63/x123/x456/789.p/7"),
    ],
)
def test_paths(arguments: tuple[int, int], path: str) -> None:
    assert tile_path(*arguments) == path


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    """273 full and one of 112 at level 0, one full and one of 17 at level 1, one of 1 at level 2."""
    widths = {level: [tile_width(level, n, 70_000) for n in range(275)] for level in range(4)}
    assert widths[0] == [256] * 273 + [112, 0]
    assert widths[1][:3] == [256, 17, 0]
    assert widths[2][:2] == [1, 0]
    assert set(widths[3]) == {0}
    assert [tile_width(level, 0, 256) for level in range(3)] == [256, 1, 0]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_entries_survive_the_round_trip(entries: list[bytes]) -> None:
    assert parse_entries(encode_entries(entries), len(entries), "t") == entries


@given(st.binary(max_size=60), st.integers(0, 5))
def test_only_input_errors_come_out_of_the_parser(data: bytes, width: int) -> None:
    with contextlib.suppress(InputError):
        assert encode_entries(parse_entries(data, width, "t")) == data


def test_lengths_must_fit() -> None:
    assert encode_entries([b"", b"ab"]) == b"\0\0\0\2ab"
    assert len(encode_entries([b"x" * 65_535])) == 65_537
    with pytest.raises(InputError, match="an entry of 65536 bytes; a log takes at most 65535"):
        encode_entries([b"x" * 65_536])
    with pytest.raises(InputError, match="t: expected 2 entries, got 1"):
        parse_entries(b"\0\1a", 2, "t")
    with pytest.raises(InputError, match="t: ends in the middle of an entry, number 1 of 2"):
        parse_entries(b"\0\1a\0\2b", 2, "t")
    with pytest.raises(InputError, match="t: expected 2 hashes, 64 bytes, got 63 bytes"):
        parse_hashes(b"x" * 63, 2, "t")
