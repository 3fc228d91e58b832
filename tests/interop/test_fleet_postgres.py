"""The fleet's SQL is one text for two engines: PostgreSQL and DuckDB must answer it in the same way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from custody.advisories.versions import orderings
from custody.errors import InputError
from custody.fleet import queries
from custody.fleet.engine import fill, open_engine
from tests.interop import postgres
from tests.interop.conftest import unavailable
from tests.interop.foreign import Unavailable

pytestmark = pytest.mark.interop

VECTORS = Path(__file__).parent.parent / "vectors"
Tables = dict[str, tuple[tuple[tuple[str, str], ...], list[tuple[Any, ...]]]]
_TYPES = {"INTEGER": "integer", "VARCHAR": 'text COLLATE "C"', "BLOB": "bytea", "BOOLEAN": "boolean"}


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    try:
        with postgres.running(tmp_path_factory.mktemp("pg") / "cluster") as folder:
            yield folder
    except Unavailable as reason:
        unavailable(reason)


def versions() -> list[tuple[str, str, bytes]]:
    """Give (ordering, version, key) of real and nasty versions of every ordering that has vectors."""
    found = []
    for ordering in orderings():
        path = VECTORS / "versions" / f"{ordering.name}.txt"
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        texts = sorted({word for line in lines[:400] if line[:1] != "#" for word in line.split() if word not in "<=>"})
        for text in texts:
            try:
                found.append((ordering.name, text, ordering.key(text)))
            except InputError:  # a vector may say that a text is none
                continue
    return found


def tables() -> Tables:
    """Make a fleet of those versions: every third one bounds a range, every fifth is listed."""

    def chance(*of: object) -> int:
        return int.from_bytes(hashlib.sha256(repr(of).encode()).digest()[:4], "big")

    known = versions()
    assert len(known) > 2000
    asked = [(n, eco, f"name-{chance(n) % 7}", text, key) for n, (eco, text, key) in enumerate(known)]
    by_ecosystem: dict[str, list[bytes]] = {}
    for _, ecosystem, _, _, key in asked:
        by_ecosystem.setdefault(ecosystem, []).append(key)
    spans = []
    for n, ecosystem, name, _, low in asked[::3]:
        keys = by_ecosystem[ecosystem]
        spans.append((ecosystem, name, low, max(low, keys[chance("high", n) % len(keys)])))
    listed = [(ecosystem, name, text) for _, ecosystem, name, text, _ in asked[::5]]
    words = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN")

    def findings(salt: str) -> list[tuple[int, str, str, str]]:
        named = {(n, chance(salt, n, i) % 40) for n, *_ in asked[::4] for i in range(3)}
        return sorted(
            (n, f"CVE-{i}", words[chance(n, i) % 5], "vex" if chance(salt, i, n) % 9 == 0 else "") for n, i in named
        )

    finding = (("package", "INTEGER"), ("id", "VARCHAR"), ("severity", "VARCHAR"), ("suppressed", "VARCHAR"))
    holds = sorted({(a, chance(a, i) % len(asked), chance(i, a) % 8 > 0) for a in range(60) for i in range(80)})
    return {
        "package": ((("number", "INTEGER"), ("purl", "VARCHAR")), [(n, f"pkg:generic/x@{n}") for n, *_ in asked]),
        "asked": (
            (
                ("package", "INTEGER"),
                ("ecosystem", "VARCHAR"),
                ("name", "VARCHAR"),
                ("version", "VARCHAR"),
                ("key", "BLOB"),
            ),
            asked,
        ),
        "span": ((("ecosystem", "VARCHAR"), ("name", "VARCHAR"), ("low", "BLOB"), ("high", "BLOB")), spans),
        "listed": ((("ecosystem", "VARCHAR"), ("name", "VARCHAR"), ("version", "VARCHAR")), listed),
        "holds": ((("artifact", "INTEGER"), ("package", "INTEGER"), ("judged", "BOOLEAN")), holds),
        "finding": (finding, findings("now")),
        "made": (finding, findings("now")),
        "was": (finding, sorted({row[:2]: row for row in (*findings("then")[::3], *findings("now")[::2])}.values())),
    }


def in_duckdb(held: Tables, scratch: Path) -> dict[str, list[tuple[Any, ...]]]:
    with open_engine(scratch) as connection:
        for table, (columns, rows) in held.items():
            fill(connection, table, columns, rows)
        return {name: connection.execute(getattr(queries, name)).fetchall() for name in queries.__all__}


async def in_postgres(held: Tables, socket: Path) -> dict[str, list[tuple[Any, ...]]]:
    import asyncpg

    connection = await asyncpg.connect(host=str(socket), user="postgres", database="postgres")
    try:
        for table, (columns, rows) in held.items():
            made = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in columns)
            await connection.execute(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({made})")
            await connection.copy_records_to_table(table, records=rows)
        return {name: [tuple(r) for r in await connection.fetch(getattr(queries, name))] for name in queries.__all__}
    finally:
        await connection.close()


def test_both_engines_answer_the_same_text_in_the_same_way(socket: Path, tmp_path: Path) -> None:
    held = tables()
    ours, theirs = in_duckdb(held, tmp_path), asyncio.run(in_postgres(held, socket))
    assert set(ours) == {"CANDIDATES", "COUNTS", "DIFFERENCE", "PER_ARTIFACT"}
    for name, rows in ours.items():
        assert len(rows) > 3, name
        assert rows == theirs[name], name


def test_the_range_test_is_what_python_says(socket: Path, tmp_path: Path) -> None:
    held = tables()
    spans, listed = held["span"][1], held["listed"][1]
    expected = {
        n
        for n, ecosystem, name, version, key in held["asked"][1]
        if any(e == ecosystem and s == name and low <= key < high for e, s, low, high in spans)
        or (ecosystem, name, version) in listed
    }
    assert [n for (n,) in asyncio.run(in_postgres(held, socket))["CANDIDATES"]] == sorted(expected)
    assert 0 < len(expected) < len(held["asked"][1])
