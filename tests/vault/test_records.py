"""Records: what is kept comes back, exceptions end when they end, and a damaged file is said to be damaged."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from custody.errors import InputError, UnavailableError, UsageError
from custody.model import Digest, Evidence, ExceptionGrant, Signer, Statement
from custody.vault import Records, Release, Workspace

NOW = dt.datetime(2026, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
GRANT = ExceptionGrant(
    id="CVE-2024-1",
    package="pkg:pypi/jinja2",
    reason="not reachable: templates are ours",
    owner="ann@example.com",
    approver="bob@example.com",
    granted_at=NOW,
    expires=NOW + 30 * DAY,
)
RELEASE = Release(
    name="demo",
    version="1.2.3",
    digest=Digest.of(b"artifact"),
    outcome="allowed",
    released_at=NOW,
    kind="directory",
    reference="dir:demo",
    policy="p",
    policy_digest=Digest.of(b"policy"),
    targets=("oci:./a", "registry.example/demo:1.2.3"),
    ledger_index=41,
)


def test_a_release_comes_back_whole_and_each_run_is_kept(tmp_path: Path) -> None:
    with Workspace.open(tmp_path).records() as records:
        assert records.add_release(RELEASE) == 1
        bare = Release(name="other", version="1", digest=Digest.of(b"o"), outcome="undecided", released_at=NOW)
        assert records.add_release(bare) == 2
        assert records.add_release(RELEASE) == 3
    with Workspace.open(tmp_path).records() as records:
        first, second, third = records.releases()
        assert (first.number, second.number, third.number) == (1, 2, 3)
        assert first == Release(**{name: getattr(RELEASE, name) for name in RELEASE.__slots__} | {"number": 1})
        assert second.targets == ()
        assert second.policy_digest is None
        assert [r.number for r in records.releases(name="demo")] == [1, 3]
        assert [r.number for r in records.releases(digest=Digest.of(b"o"))] == [2]
        assert records.releases(name="none") == ()


def test_evidence_is_indexed_by_artifact_and_replaced_when_seen_again(tmp_path: Path) -> None:
    artifact = Digest.of(b"artifact")
    statement = Statement.about("demo", artifact, "https://spdx.dev/Document", {})
    bad = Evidence(digest=Digest.of(b"1"), statement=statement, problem="is not signed by x", size=9)
    good = Evidence(digest=Digest.of(b"1"), statement=statement, signer=Signer(key_id="ab"), size=9, name="sbom")
    vsa = Evidence(digest=Digest.of(b"2"), statement=Statement.about("d", artifact, "a:vsa", {}))
    with Records.open(tmp_path / "r.db") as records:
        for evidence in (bad, vsa, good):
            records.add_evidence(artifact, evidence, recorded_at=NOW)
        rows = records.evidence_of(artifact)
        assert [(r.predicate_type, r.bundle) for r in rows] == [
            ("a:vsa", Digest.of(b"2")),
            ("https://spdx.dev/Document", Digest.of(b"1")),
        ]
        assert rows[0].signer is None
        assert rows[1].signer == Signer(key_id="ab")
        assert (rows[1].problem, rows[1].name, rows[1].size, rows[1].recorded_at) == ("", "sbom", 9, NOW)
        assert len(records.evidence_of(artifact, predicate_type="a:vsa")) == 1
        assert records.evidence_of(Digest.of(b"other")) == ()


def test_an_exception_counts_from_its_grant_to_its_end(tmp_path: Path) -> None:
    with Records.open(tmp_path / "r.db") as records:
        number = records.add_exception(GRANT)
        (kept,) = records.exceptions(NOW)
        assert kept.number == number == 1
        assert kept.grant.origin == "custody exception 1"
        for name in ("id", "package", "reason", "owner", "approver", "granted_at", "expires"):
            assert getattr(kept.grant, name) == getattr(GRANT, name)
        assert records.exceptions(NOW - DAY) == (), "not before it was granted"
        assert len(records.exceptions(NOW + 30 * DAY - dt.timedelta(seconds=1))) == 1
        assert records.exceptions(NOW + 30 * DAY) == (), "expires is the first moment at which it counts no more"
        assert len(records.exceptions(NOW + 99 * DAY, include_expired=True)) == 1


def test_an_exception_that_was_ended_stays_on_record(tmp_path: Path) -> None:
    with Records.open(tmp_path / "r.db") as records:
        records.add_exception(GRANT)
        ended = records.end_exception(1, now=NOW + DAY, by="eve", reason="fixed in 2.11")
        assert records.exceptions(NOW + DAY) == ()
        assert len(records.exceptions(NOW)) == 1, "what was decided before stays explainable"
        assert records.exceptions(NOW + DAY, include_expired=True) == (ended,)
        assert (ended.ended_at, ended.ended_by, ended.end_reason) == (NOW + DAY, "eve", "fixed in 2.11")
        with pytest.raises(UsageError, match="exception 1 has ended already"):
            records.end_exception(1, now=NOW + 2 * DAY, by="eve")
        with pytest.raises(UsageError, match="there is no exception 2; see `custody exception list"):
            records.end_exception(2, now=NOW, by="eve")


def test_exceptions_come_with_the_next_to_expire_first(tmp_path: Path) -> None:
    from dataclasses import replace

    with Records.open(tmp_path / "r.db") as records:
        for days in (30, 5, 10):
            records.add_exception(replace(GRANT, expires=NOW + days * DAY))
        assert [e.number for e in records.exceptions(NOW)] == [2, 3, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"owner": ""}, "say who answers for it with --owner"),
        ({"id": ""}, "expected a vulnerability"),
        ({"expires": None}, "has no end; say until when it holds with --expires DATE"),
        ({"expires": NOW}, "would end on 2026-05-06T07:08:09Z, which has passed"),
    ],
)
def test_an_exception_needs_an_owner_and_an_end(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    from dataclasses import replace

    with Records.open(tmp_path / "r.db") as records:
        with pytest.raises(UsageError, match=message):
            records.add_exception(replace(GRANT, **changes))  # type: ignore[arg-type]
        assert records.exceptions(NOW, include_expired=True) == ()


def filled(path: Path) -> bytes:
    with Records.open(path) as records:
        for _ in range(60):
            records.add_release(RELEASE)
        records.add_exception(GRANT)
    assert not path.with_name(path.name + "-wal").exists(), "closing writes everything into the one file"
    return path.read_bytes()


def fault(path: Path) -> str:
    """Read everything, and give the error."""
    try:
        with Records.open(path) as records:
            records.releases()
            records.exceptions(NOW, include_expired=True)
            records.evidence_of(RELEASE.digest)
    except (InputError, UnavailableError) as error:
        return str(error)
    return ""


def test_a_file_cut_short_at_any_page_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    data = filled(path)
    for length in range(100, len(data) - 1, 1500):
        path.write_bytes(data[:length])
        with pytest.raises(InputError, match=r"r\.db: the database is damaged: .*; restore it from a copy, or move it"):
            Records.open(path)


def test_changed_bytes_never_end_in_anything_but_our_errors(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    data = filled(path)
    refused = 0
    for at in range(0, len(data), 199):
        hostile = bytearray(data)
        hostile[at] ^= 0xFF
        path.write_bytes(hostile)
        refused += bool(fault(path))
    assert refused > 20, "changes in free space are not seen"


def test_what_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    path.write_bytes(b"hello" * 1000)
    with pytest.raises(InputError, match="the database is damaged: file is not a database"):
        Records.open(path)
    assert path.read_bytes() == b"hello" * 1000


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    Records.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(InputError, match=r"made by a newer version of custody \(form 99\); use that version"):
        Records.open(path)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from custody.vault import records as module

    path = tmp_path / "r.db"
    filled(path)
    broken = (*module._MIGRATIONS, "CREATE TABLE extra (x); CREATE TABLE releases (x)")
    monkeypatch.setattr(module, "_MIGRATIONS", broken)
    with pytest.raises(InputError, match="table releases already exists"):
        Records.open(path)
    monkeypatch.setattr(module, "_MIGRATIONS", broken[:-1])
    with Records.open(path) as records:
        assert len(records.releases()) == 60
    assert sqlite3.connect(path).execute("SELECT name FROM sqlite_master WHERE name = 'extra'").fetchall() == []


def test_a_later_migration_keeps_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from custody.vault import records as module

    path = tmp_path / "r.db"
    filled(path)
    before = len(module._MIGRATIONS)
    monkeypatch.setattr(module, "_MIGRATIONS", (*module._MIGRATIONS, "CREATE TABLE extra (x)"))
    with Records.open(path) as records:
        assert len(records.releases()) == 60
    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (before + 1,)


def test_a_workspace_of_the_first_form_keeps_its_exceptions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from custody.vault import records as module

    path = tmp_path / "r.db"
    with monkeypatch.context() as old:
        old.setattr(module, "_MIGRATIONS", module._MIGRATIONS[:1])
        Records.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO exceptions (id, package, reason, owner, approver, granted_at, expires) VALUES"
        " ('CVE-1', '', 'r', 'o', '', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z')"
    )
    connection.commit()
    connection.close()
    with Records.open(path) as records:
        (kept,) = records.exceptions(NOW)
        assert (kept.grant.id, kept.grant.justification) == ("CVE-1", "")
        records.add_exception(replace(GRANT, justification="component_not_present"))
        _, added = sorted(records.exceptions(NOW), key=lambda row: row.number)
        assert added.grant.justification == "component_not_present"
        with pytest.raises(UsageError, match="no justification is called 'because'; expected one of component_not_pr"):
            records.add_exception(replace(GRANT, justification="because"))


def test_a_file_in_use_and_a_file_in_a_missing_folder_are_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custody.vault.records._BUSY_SECONDS", 0.1)
    path = tmp_path / "r.db"
    with Records.open(path) as records:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError, match="the database cannot be used: database is locked"):
            records.add_release(RELEASE)
        other.execute("ROLLBACK")
        records.add_release(RELEASE)
        other.close()
    with pytest.raises(UnavailableError, match="unable to open database file"):
        Records.open(tmp_path / "none" / "r.db")


def test_a_full_disk_is_unavailable_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    filled(path)
    with Records.open(path) as records:
        pages = records._connection.execute("PRAGMA page_count").fetchone()[0]
        records._connection.execute(f"PRAGMA max_page_count = {pages}")
        big = Release(name="x" * 100_000, version="1", digest=Digest.of(b"o"), outcome="denied", released_at=NOW)
        with pytest.raises(UnavailableError, match="database or disk is full"):
            records.add_release(big)
    with Records.open(path) as records:
        assert len(records.releases()) == 60


def test_several_may_open_it_at_once_for_the_first_time(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with Records.open(tmp_path / "r.db") as records:
                records.add_release(RELEASE)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Records.open(tmp_path / "r.db") as records:
        assert len(records.releases()) == 6
