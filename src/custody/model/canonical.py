"""JSON as bytes that two runs, two machines and two readers agree on."""

from __future__ import annotations

import json

__all__ = ["canonical_json", "pretty_json"]


def canonical_json(value: object) -> bytes:
    """Give compact JSON with sorted keys, UTF-8: what is signed and hashed.

    Lone surrogates (names that are not UTF-8) are escaped.
    """
    return _utf8(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False))


def pretty_json(value: object) -> bytes:
    """Give indented JSON in the given key order with a final newline: what people and `jq` read."""
    return _utf8(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # a surrogate stands for a byte of a file name; JSON can only carry it escaped
        return "".join(c if not "\ud800" <= c <= "\udfff" else f"\\u{ord(c):04x}" for c in text).encode("utf-8")
