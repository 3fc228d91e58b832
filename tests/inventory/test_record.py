from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.inventory.record import decode_inventory, encode_inventory
from custody.model import Inventory
from tests.sbom.strategies import inventories


@settings(max_examples=30, deadline=None)
@given(inventories())
def test_what_was_written_is_read_back_whole(inventory: Inventory) -> None:
    again = decode_inventory(encode_inventory(inventory))
    assert again == inventory
    assert repr(again) == repr(inventory)  # also what equality leaves out


@settings(max_examples=30, deadline=None)
@given(inventories(), st.data())
def test_anything_else_is_none_or_an_inventory(inventory: Inventory, data: st.DataObject) -> None:
    record = encode_inventory(inventory)
    index = data.draw(st.integers(0, len(record) - 1))
    changed = record[:index] + bytes([data.draw(st.integers(0, 255))]) + record[index + 1 :]
    assert isinstance(decode_inventory(changed), (Inventory, type(None)))
    assert decode_inventory(record[:index]) is None


def test_only_values_of_the_model_come_out() -> None:
    records: tuple[object, ...] = (
        [99, 1],
        ["t", 1],
        ["x"],
        [],
        {},
        [[1]],
        "text",
        [0],
        [3, "sha256", "00"],
        [-1] * 5,
        ["s", ["t"]],
    )
    for record in records:
        assert decode_inventory(msgspec.msgpack.encode(record)) is None
    deep: list[object] = []
    for _ in range(500):
        deep = ["t", deep]
    assert decode_inventory(msgspec.msgpack.encode(deep)) is None
