"""The functions of the filter language, by name and number of arguments.

Each one is made once from its arguments, which are filters themselves, and gives a filter: from one value to any number
of values. What a function means is what `jq` means by it; all of them end, and none reads anything but its value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeAlias

from custody.sbom.query.pattern import PatternError, compile_pattern
from custody.sbom.query.values import FilterError, Value, add, contains, kind, order, shown, to_json, to_text, truth

__all__ = ["FUNCTIONS", "Run", "iterate"]

Run: TypeAlias = Callable[[Value], Iterator[Value]]
Make: TypeAlias = Callable[..., Run]


def iterate(value: Value) -> Iterator[Value]:
    """Give the items of a list, or the values of an object."""
    if isinstance(value, list):
        return iter(value)
    if isinstance(value, dict):
        return iter(value.values())
    raise FilterError(f"cannot iterate over {shown(value)}")


# ── how functions are made ───────────────────────────────────────────────────────────────────────────────────────────


def _plain(function: Callable[[Value], Value]) -> Make:
    """Make one that gives one value for its input."""

    def run(value: Value) -> Iterator[Value]:
        yield function(value)

    return lambda: run


def _with(function: Callable[[Value, Value], Value]) -> Make:
    """Make one that gives one value for its input and each value of its argument."""
    return lambda argument: lambda value: (function(value, item) for item in argument(value))


def _keyed(function: Callable[[list[tuple[Value, Value]]], Value]) -> Make:
    """Make one that sees a list's items with what a filter gives for each: (key, item)."""

    def make(by: Run) -> Run:
        def run(value: Value) -> Iterator[Value]:
            yield function([(order(list(by(item))), item) for item in _items(value)])

        return run

    return make


def _only(*kinds: str) -> Make:
    def run(value: Value) -> Iterator[Value]:
        if kind(value) in kinds:
            yield value

    return lambda: run


def _items(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise FilterError(f"expected an array, got {shown(value)}")
    return value


def _text(value: Value, function: str) -> str:
    if not isinstance(value, str):
        raise FilterError(f"{function} needs a string, got {shown(value)}")
    return value


# ── one value to one value ───────────────────────────────────────────────────────────────────────────────────────────


def _length(value: Value) -> Value:
    if value is None:
        return 0
    if isinstance(value, bool):
        raise FilterError(f"{shown(value)} has no length")
    return abs(value) if isinstance(value, int | float) else len(value)


def _keys(value: Value) -> Value:
    if isinstance(value, dict):
        return sorted(value)
    if isinstance(value, list):
        return list(range(len(value)))
    raise FilterError(f"{shown(value)} has no keys")


def _sum(value: Value) -> Value:
    total = None
    parts: list[str] = []
    for item in iterate(value):
        if isinstance(item, str) and (parts or total is None):  # texts are joined at the end, not one by one
            parts.append(item)
        elif parts and item is not None:
            total, parts = add("".join(parts), item), []
        else:
            total = add(total, item)
    return "".join(parts) if parts else total


def _sorted(value: Value) -> Value:
    return sorted(_items(value), key=order)


def _unique(pairs: list[tuple[Value, Value]]) -> Value:
    return [group[0] for group in _groups(pairs)]


def _groups(pairs: list[tuple[Value, Value]]) -> list[list[Value]]:
    groups: list[list[Value]] = []
    last: Value = None
    for key, item in sorted(pairs, key=_first):
        if groups and key == last:
            groups[-1].append(item)
        else:
            groups.append([item])
        last = key
    return groups


def _first(pair: tuple[Value, Value]) -> Value:
    return pair[0]


def _min(pairs: list[tuple[Value, Value]]) -> Value:
    return min(pairs, key=_first)[1] if pairs else None


def _max(pairs: list[tuple[Value, Value]]) -> Value:
    return max(reversed(pairs), key=_first)[1] if pairs else None  # of equal ones the last


def _self(function: Callable[[list[tuple[Value, Value]]], Value]) -> Make:
    return _plain(lambda value: function([(order(item), item) for item in _items(value)]))


def _flatten(value: Value, depth: Value = 1_000_000) -> Value:
    if not isinstance(depth, int) or depth < 0:
        raise FilterError("flatten depth must not be negative")
    flat: list[Value] = []
    for item in iterate(value):
        flat += _flatten(item, depth - 1) if isinstance(item, list) and depth > 0 else [item]
    return flat


def _reverse(value: Value) -> Value:
    if value is None or value == "":
        return []
    return _items(value)[::-1]


def _number(value: Value) -> Value:
    if kind(value) == "number":
        return value
    try:
        found = float(_text(value, "tonumber"))
    except ValueError:
        raise FilterError(f"{shown(value)} is no number") from None
    return int(found) if found.is_integer() else found


def _entries(value: Value) -> Value:
    if not isinstance(value, dict):
        raise FilterError(f"{shown(value)} has no keys")
    return [{"key": key, "value": item} for key, item in value.items()]


def _from_entries(value: Value) -> Value:
    found: dict[str, Value] = {}
    for entry in iterate(value):
        if not isinstance(entry, dict):
            raise FilterError(f"expected an object with key and value, got {shown(entry)}")
        names = [entry[name] for name in ("key", "k", "name", "Name", "Key", "K") if truth(entry.get(name))]
        values = [entry[name] for name in ("value", "v", "Value", "V") if name in entry]
        key = names[0] if names else None
        found[key if isinstance(key, str) else to_json(key)] = values[0] if values else None
    return found


def _cells(value: Value, separator: str, text: Callable[[str], str]) -> str:
    cells = []
    for item in _items(value):
        if isinstance(item, list | dict):
            raise FilterError(f"{shown(item)} does not fit into a cell")
        cells.append(text(item) if isinstance(item, str) else "" if item is None else to_json(item))
    return separator.join(cells)


def _tsv(value: Value) -> str:
    escapes = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
    return _cells(value, "\t", lambda text: text.translate(escapes))


def _csv(value: Value) -> str:
    return _cells(value, ",", lambda text: '"' + text.replace('"', '""') + '"')


def _recurse(value: Value) -> Iterator[Value]:
    pending = [value]
    while pending:
        item = pending.pop()
        yield item
        if isinstance(item, list | dict):
            pending += reversed(list(iterate(item)))


# ── with arguments ───────────────────────────────────────────────────────────────────────────────────────────────────


def _has(value: Value, key: Value) -> Value:
    if isinstance(value, dict) and isinstance(key, str):
        return key in value
    if isinstance(value, list) and kind(key) == "number":
        return 0 <= key < len(value)
    raise FilterError(f"cannot check whether {shown(value)} has {shown(key)}")


def _starts(value: Value, start: Value) -> Value:
    return _text(value, "startswith").startswith(_text(start, "startswith"))


def _ends(value: Value, end: Value) -> Value:
    return _text(value, "endswith").endswith(_text(end, "endswith"))


def _trim(value: Value, start: Value) -> Value:
    return value.removeprefix(start) if isinstance(value, str) and isinstance(start, str) else value


def _trim_end(value: Value, end: Value) -> Value:
    return value.removesuffix(end) if isinstance(value, str) and isinstance(end, str) else value


def _split(value: Value, separator: Value) -> Value:
    text, mark = _text(value, "split"), _text(separator, "split")
    if not text:
        return []
    return text.split(mark) if mark else list(text)


def _join(value: Value, separator: Value) -> Value:
    texts = []
    for item in iterate(value):
        if isinstance(item, list | dict):
            raise FilterError(f"{shown(item)} cannot be joined to a string")
        texts.append("" if item is None else to_text(item))
    return _text(separator, "join").join(texts) if texts else ""


def _test(value: Value, pattern: Value, flags: Value = None) -> Value:
    text, wanted = _text(value, "test"), _text(pattern, "test")
    unknown = set(to_text(flags or "")) - set("gin")
    if unknown:
        raise FilterError(f"of the flags of test only i is known, got {min(unknown)!r}")
    try:
        return compile_pattern(wanted, ignore_case="i" in (flags or ""))(text)
    except PatternError as error:
        raise FilterError(str(error)) from None


def _make_test(pattern: Run, flags: Run) -> Run:
    return lambda value: (_test(value, p, f) for f in flags(value) for p in pattern(value))


def _select(by: Run) -> Run:
    return lambda value: (value for answer in by(value) if truth(answer))


def _map(by: Run) -> Run:
    def run(value: Value) -> Iterator[Value]:
        yield [out for item in iterate(value) for out in by(item)]

    return run


def _map_values(by: Run) -> Run:
    def run(value: Value) -> Iterator[Value]:
        if isinstance(value, dict):
            yield {key: out for key, item in value.items() for out in islice(by(item), 1)}
        else:
            yield [out for item in iterate(value) for out in islice(by(item), 1)]

    return run


def _with_entries(by: Run) -> Run:
    def run(value: Value) -> Iterator[Value]:
        yield _from_entries([out for entry in _entries(value) for out in by(entry)])

    return run


def _first_of(many: Run) -> Run:
    return lambda value: islice(many(value), 1)


def _limit(count: Run, many: Run) -> Run:
    def run(value: Value) -> Iterator[Value]:
        for most in count(value):
            if kind(most) != "number":
                raise FilterError(f"limit needs a number, got {shown(most)}")
            yield from islice(many(value), max(0, int(most)))

    return run


def _any_of(by: Run) -> Run:
    return lambda value: iter([any(truth(answer) for item in iterate(value) for answer in by(item))])


def _all_of(by: Run) -> Run:
    return lambda value: iter([all(truth(answer) for item in iterate(value) for answer in by(item))])


def _last(value: Value) -> Value:
    return None if value is None else (_items(value) or [None])[-1]


def _head(value: Value) -> Value:
    return None if value is None else (_items(value) or [None])[0]


FUNCTIONS: dict[tuple[str, int], Make] = {
    ("length", 0): _plain(_length),
    ("keys", 0): _plain(_keys),
    ("not", 0): _plain(lambda value: not truth(value)),
    ("empty", 0): lambda: lambda value: iter(()),  # noqa: ARG005 - a filter that gives nothing
    ("add", 0): _plain(_sum),
    ("any", 0): _plain(lambda value: any(map(truth, iterate(value)))),
    ("all", 0): _plain(lambda value: all(map(truth, iterate(value)))),
    ("any", 1): _any_of,
    ("all", 1): _all_of,
    ("sort", 0): _plain(_sorted),
    ("sort_by", 1): _keyed(lambda pairs: [item for _, item in sorted(pairs, key=_first)]),
    ("group_by", 1): _keyed(_groups),
    ("unique", 0): _self(_unique),
    ("unique_by", 1): _keyed(_unique),
    ("min", 0): _self(_min),
    ("max", 0): _self(_max),
    ("min_by", 1): _keyed(_min),
    ("max_by", 1): _keyed(_max),
    ("flatten", 0): _plain(_flatten),
    ("flatten", 1): _with(_flatten),
    ("reverse", 0): _plain(_reverse),
    ("first", 0): _plain(_head),
    ("last", 0): _plain(_last),
    ("first", 1): _first_of,
    ("limit", 2): _limit,
    ("has", 1): _with(_has),
    ("in", 1): _with(lambda value, table: _has(table, value)),
    ("contains", 1): _with(contains),
    ("inside", 1): _with(lambda value, outer: contains(outer, value)),
    ("startswith", 1): _with(_starts),
    ("endswith", 1): _with(_ends),
    ("ltrimstr", 1): _with(_trim),
    ("rtrimstr", 1): _with(_trim_end),
    ("split", 1): _with(_split),
    ("join", 1): _with(_join),
    ("test", 1): _with(_test),
    ("test", 2): _make_test,
    ("ascii_downcase", 0): _plain(lambda value: _cased(value, str.lower)),
    ("ascii_upcase", 0): _plain(lambda value: _cased(value, str.upper)),
    ("tostring", 0): _plain(to_text),
    ("tojson", 0): _plain(to_json),
    ("tonumber", 0): _plain(_number),
    ("type", 0): _plain(kind),
    ("to_entries", 0): _plain(_entries),
    ("from_entries", 0): _plain(_from_entries),
    ("with_entries", 1): _with_entries,
    ("select", 1): _select,
    ("map", 1): _map,
    ("map_values", 1): _map_values,
    ("recurse", 0): lambda: _recurse,
    ("values", 0): _only("boolean", "number", "string", "array", "object"),
    ("nulls", 0): _only("null"),
    ("booleans", 0): _only("boolean"),
    ("numbers", 0): _only("number"),
    ("strings", 0): _only("string"),
    ("arrays", 0): _only("array"),
    ("objects", 0): _only("object"),
    ("scalars", 0): _only("null", "boolean", "number", "string"),
    ("@csv", 0): _plain(_csv),
    ("@tsv", 0): _plain(_tsv),
    ("@text", 0): _plain(to_text),
    ("@json", 0): _plain(to_json),
}
"""(Name, number of arguments) → what makes the filter."""


def _cased(value: Value, change: Callable[[str], str]) -> str:
    return "".join(change(c) if c.isascii() else c for c in _text(value, "ascii_downcase"))
