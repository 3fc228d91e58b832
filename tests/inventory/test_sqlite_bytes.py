"""SQLite files that came as bytes: plain tables are read, everything else is refused."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory.sqlite_bytes import read_rows

ENDLESS = "WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n) SELECT a, a AS b FROM n"


def database(*statements: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    data: bytes = connection.serialize()
    connection.close()
    return data


GOOD = database(
    "CREATE TABLE T (a INTEGER PRIMARY KEY, b)",
    "INSERT INTO T VALUES (1, x'00ff'), (2, 'text'), (3, CAST(x'ff' AS TEXT))",
)


def rows(data: bytes) -> list[tuple[object, ...]]:
    return list(read_rows(data, "db", "T", ("a", "b")))


def test_rows_come_in_order_and_bad_text_does_not_matter() -> None:
    assert rows(GOOD) == [(1, b"\x00\xff"), (2, "text"), (3, "\ufffd")]


def test_a_database_in_the_mode_of_a_write_ahead_log_is_read() -> None:
    assert rows(GOOD[:18] + b"\2\2" + GOOD[20:]) == rows(GOOD)


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE TABLE other (a, b)",),
        (f"CREATE VIEW T AS {ENDLESS}",),
        ("CREATE VIRTUAL TABLE T USING fts5(a, b)",),
    ],
    ids=["absent", "view", "virtual"],
)
def test_only_plain_tables_are_read(statements: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="no table 'T'"):
        rows(database(*statements))


def test_a_generated_column_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custody.inventory.sqlite_bytes.MAX_STEPS", 1)
    data = database("CREATE TABLE T (a INTEGER PRIMARY KEY, b)", f"INSERT INTO T {ENDLESS} LIMIT 200000")
    with pytest.raises(InputError, match="interrupted"):
        rows(data)


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\0", b"x" * 4096, GOOD[:600]])
def test_what_is_no_database_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        rows(data)


def test_a_damaged_schema_whose_message_is_not_utf_8_is_refused() -> None:
    data = database("CREATE TABLE T (a, b)", "CREATE TABLE other (a)")
    data = data.replace(b"tableotherother", b"table\x80therother").replace(b"other (a)", b"other (a(")
    with pytest.raises(InputError, match="damaged SQLite database"):
        rows(data)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, len(GOOD) - 1), new=st.binary(min_size=1, max_size=8))
def test_changed_bytes_are_read_or_refused(at: int, new: bytes) -> None:
    try:
        rows(GOOD[:at] + new + GOOD[at + len(new) :])
    except InputError as error:
        assert error.where == "db"
