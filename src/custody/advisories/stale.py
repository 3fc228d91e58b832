"""Keys of another edition: a database holds keys that the program that made it worked out.

Where this program orders the versions of an ecosystem in another way, or only now knows how to order them, old keys and
new ones must not be compared. An import works the records out anew; a reader says that it cannot tell.
"""

from __future__ import annotations

import sqlite3

from custody.errors import InputError

__all__ = ["stale_orderings"]


def stale_orderings(connection: sqlite3.Connection) -> set[str]:
    """Give the names of the orderings that our keys are not those of the database, of ecosystems that it holds."""
    from custody.advisories.versions import ordering_of

    stale: set[str] = set()
    probes: dict[str, list[tuple[str, bytes]]] = {}
    for name, version, key in connection.execute("SELECT ordering, version, key FROM probe"):
        probes.setdefault(name, []).append((version, key))
    orderings = [ordering_of(name) for (name,) in connection.execute("SELECT name FROM ecosystem WHERE total")]
    for ordering in {o.name: o for o in orderings if o is not None}.values():
        found = probes.get(ordering.name)
        try:
            if not found or any(ordering.key(version) != key for version, key in found):
                stale.add(ordering.name)
        except InputError:
            stale.add(ordering.name)
    return stale
