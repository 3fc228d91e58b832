"""What is no HCL ends, in an InputError."""

from __future__ import annotations

import pytest

from custody.errors import InputError
from custody.inventory.hcl import UNKNOWN, read_hcl


@pytest.mark.parametrize(
    "text", ["a = [)]", "a = [}", "a = [[1, )", "a = {b = ]}", "a = [1 2 )", "a =\n", "a =", "a = ["]
)
def test_a_bracket_that_nothing_opened_ends_the_reading(text: str) -> None:
    with pytest.raises(InputError, match="not valid HCL"):
        read_hcl(text.encode(), "main.tf")


def test_what_is_worked_out_is_stepped_over() -> None:
    block = read_hcl(b'a = [for x in y : x]\nb = [1, f(2), {c = "d"}]\ne = x ? 1 : 2\n', "main.tf")
    assert block.attributes == {"a": UNKNOWN, "b": ["1", UNKNOWN, {"c": "d"}], "e": UNKNOWN}
