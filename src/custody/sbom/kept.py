"""What a document says that `custody.model` cannot hold, kept so that the same family of formats can say it again.

`Inventory.extra` and `Package.extra` hold (family, JSON object); here they are read and made. Only the family itself
knows what is inside; anybody can count it, to say what a conversion loses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from custody.model import Inventory

__all__ = ["extra_of", "kept_of", "lost_extras"]

Table = dict[str, Any]

_MANY = 1_000
_encode = msgspec.json.Encoder(order="deterministic").encode


def extra_of(family: str, kept: Mapping[str, object]) -> tuple[tuple[str, bytes], ...]:
    """Give the `extra` for what is kept: nothing for an empty object."""
    if not kept:
        return ()
    _put_in_order(kept)
    return ((family, _encode(kept)),)


def _put_in_order(kept: Mapping[str, object]) -> None:
    """Sort the keys of large tables: the encoder's own sorting takes n² steps where one key is out of order."""
    pending: list[object] = list(kept.values())
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending += value
        elif isinstance(value, dict):
            if len(value) > _MANY:
                items = sorted(value.items())
                value.clear()
                value.update(items)
            pending += value.values()


def kept_of(family: str, extra: Iterable[tuple[str, bytes]]) -> Table:
    """Give what a family kept: of several objects the lists are joined, and of other values the first one counts."""
    found: Table = {}
    for name, data in extra:
        if name != family:
            continue
        try:
            table = msgspec.json.decode(data)
        except (msgspec.DecodeError, ValueError, RecursionError):
            continue  # not ours: whoever made the inventory put it there, and nobody can read it
        for key, value in table.items() if isinstance(table, dict) else ():
            if isinstance(value, list) and isinstance(found.get(key), list):
                found[key] = found[key] + [item for item in value if item not in found[key]]
            else:
                found.setdefault(key, value)
    return found


def lost_extras(inventory: Inventory, family: str) -> list[str]:
    """Tell what other families of formats kept, which a document of this family cannot say; sorted lines."""
    lines = []
    for other in sorted({name for name, _ in inventory.extra} - {family}):
        for key, value in sorted(kept_of(other, inventory.extra).items()):
            count = f" ({len(value)})" if isinstance(value, list | dict) else ""
            lines.append(f"{other} document: {key}{count}")
    counts: dict[tuple[str, str], int] = {}
    for package in (inventory.root, *inventory.packages):
        for other in {name for name, _ in package.extra} - {family}:
            for key in kept_of(other, package.extra):
                counts[other, key] = counts.get((other, key), 0) + 1
    lines += [
        f"{other} package: {key} (of {count} package{'s' if count > 1 else ''})"
        for (other, key), count in sorted(counts.items())
    ]
    return lines
