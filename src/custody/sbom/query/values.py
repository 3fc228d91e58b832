"""JSON values as `jq` compares and combines them.

The order is null, false, true, numbers, texts, lists, objects; texts by their characters, lists item by item, objects
first by their sorted keys, then by the values in the order of the keys. Python's own `1 == True` must not be heard.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any, TypeAlias

__all__ = [
    "FilterError",
    "Value",
    "add",
    "contains",
    "divide",
    "kind",
    "modulo",
    "multiply",
    "order",
    "same",
    "shown",
    "subtract",
    "to_json",
    "to_text",
    "truth",
]

Value: TypeAlias = Any
"""None, bool, int, float, str, or a list or dict of them."""

MAX_LENGTH = 10_000_000
"""Characters of a text, or items of a list, that a sum or a repetition may make."""


class FilterError(ValueError):
    """Two values that do not go together: what `?` passes over."""


def kind(value: Value) -> str:
    """Give the name of a value's type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def truth(value: Value) -> bool:
    """Say whether a value counts as true: all but false and null."""
    return value is not None and value is not False


def order(value: Value) -> tuple[Any, ...]:
    """Give a key by which all values can be sorted and told apart."""
    if isinstance(value, str):
        return (4, value)
    if value is None or isinstance(value, bool):
        return (0 if value is None else 2 if value else 1,)
    if isinstance(value, int | float):
        return (3, value)
    if isinstance(value, list):
        return (5, [order(item) for item in value])
    keys = sorted(value)
    return (6, keys, [order(value[key]) for key in keys])


def same(left: Value, right: Value) -> bool:
    """Say whether two values are equal."""
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return order(left) == order(right)


def shown(value: Value) -> str:
    """Give a value for a message: its type, and how it begins."""
    text = to_json(value)
    return f"{kind(value)} ({text if len(text) < 20 else text[:17] + '...'})"


def _fault(left: Value, right: Value, what: str) -> FilterError:
    return FilterError(f"{shown(left)} and {shown(right)} cannot be {what}")


def add(left: Value, right: Value) -> Value:
    """Give the sum: of numbers, of texts, of lists, of objects; null adds nothing."""
    if left is None or right is None:
        return right if left is None else left
    kinds = {kind(left), kind(right)}
    if kinds == {"object"}:
        return {**left, **right}
    if kinds == {"number"}:
        return left + right
    if kinds in ({"string"}, {"array"}):
        if len(left) + len(right) > MAX_LENGTH:
            raise FilterError("a sum is too long")
        return left + right
    raise _fault(left, right, "added")


def subtract(left: Value, right: Value) -> Value:
    """Give the difference: of numbers, or of lists."""
    kinds = {kind(left), kind(right)}
    if kinds == {"number"}:
        return left - right
    if kinds == {"array"}:
        gone = [order(item) for item in right]
        return [item for item in left if order(item) not in gone]
    raise _fault(left, right, "subtracted")


def multiply(left: Value, right: Value) -> Value:
    """Give the product of numbers, a text some times over, or two objects merged to the bottom."""
    kinds = {kind(left), kind(right)}
    if kinds == {"number"}:
        return left * right
    if kinds == {"string", "number"} and isinstance(left, str):
        if right <= 0:
            return None
        if len(left) * right > MAX_LENGTH:
            raise FilterError("a repetition is too long")
        return left * max(1, int(right))
    if kinds == {"object"}:
        merged = dict(left)
        for key, value in right.items():
            both = isinstance(value, dict) and isinstance(merged.get(key), dict)
            merged[key] = multiply(merged[key], value) if both else value
        return merged
    raise _fault(left, right, "multiplied")


def divide(left: Value, right: Value) -> Value:
    """Give the quotient of numbers, or the pieces of a text."""
    kinds = {kind(left), kind(right)}
    if kinds == {"number"}:
        if right == 0:
            raise _fault(left, right, "divided because the divisor is zero")
        return left / right
    if kinds == {"string"}:
        return left.split(right) if right else list(left)
    raise _fault(left, right, "divided")


def contains(left: Value, right: Value) -> bool:
    """Say whether `right` is inside of `left`: part of a text, of a list in any order, of an object by its keys."""
    if kind(left) != kind(right):
        raise _fault(left, right, "compared by containment")
    if isinstance(left, str):
        return right in left
    if isinstance(left, list):
        return all(any(kind(a) == kind(b) and contains(a, b) for a in left) for b in right)
    if isinstance(left, dict):
        return all(key in left and kind(left[key]) == kind(b) and contains(left[key], b) for key, b in right.items())
    return same(left, right)


def modulo(left: Value, right: Value) -> Value:
    """Give the remainder of two whole numbers (fractions are cut off), with the sign of the first."""
    if {kind(left), kind(right)} != {"number"}:
        raise _fault(left, right, "divided")
    divisor = abs(int(right))
    if divisor == 0:
        raise _fault(left, right, "divided because the divisor is zero")
    rest = abs(int(left)) % divisor
    return -rest if left < 0 else rest


def to_json(value: Value, *, indent: int | None = None) -> str:
    """Give a value as JSON: 1.0 as 1, what is too large for a number as the largest one."""
    separators = (",", ": " if indent else ":")
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, indent=indent, separators=separators)


def to_text(value: Value) -> str:
    """Give a text as it is, and everything else as JSON."""
    return value if isinstance(value, str) else to_json(value)


def _plain(value: Value) -> Value:
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if math.isinf(value):
            return math.copysign(sys.float_info.max, value)
        return int(value) if value.is_integer() and abs(value) < 1e17 else value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value
