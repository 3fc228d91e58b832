"""The commit of a folder: read from real repositories, without running or revealing anything of theirs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from custody.sources.git_state import _clean, git_state

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}


def git(folder: Path, *words: str | Path) -> str:
    done = subprocess.run(["git", "-C", folder, *words], env=ENVIRONMENT, capture_output=True, check=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "r"
    (folder / "app").mkdir(parents=True)
    (folder / "docs").mkdir()
    git(tmp_path, "init", "-q", "-b", "main", folder)
    (folder / "app" / "main.py").write_text("1\n")
    (folder / "docs" / "page.md").write_text("2\n")
    (folder / ".gitignore").write_text("build/\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x")
    return folder


def test_a_folder_in_no_repository_has_no_state(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None
    assert git_state(tmp_path / "missing") is None


def test_commit_ref_and_cleanness_are_what_git_says(repository: Path) -> None:
    state = git_state(repository)
    assert state is not None
    assert state.commit == git(repository, "rev-parse", "HEAD")
    assert (state.ref, state.remote, state.dirty) == ("refs/heads/main", "", False)
    assert git_state(repository / "app") == state


def test_changes_count_below_the_folder_alone_untracked_ones_too_ignored_ones_not(repository: Path) -> None:
    def dirty(folder: str = ".") -> bool | None:
        state = git_state(repository / folder)
        assert state is not None
        return state.dirty

    (repository / "app" / "build").mkdir()
    (repository / "app" / "build" / "x").write_text("ignored")
    assert dirty() is False
    (repository / "docs" / "new.md").write_text("untracked")
    assert (dirty(), dirty("app"), dirty("docs")) == (True, False, True)
    (repository / "docs" / "new.md").unlink()
    (repository / "app" / "main.py").write_text("changed\n")
    assert (dirty(), dirty("app"), dirty("docs")) == (True, True, False)
    git(repository, "add", ".")
    assert dirty() is True, "staged is not committed"
    git(repository, "commit", "-q", "-m", "y")
    assert dirty() is False


def test_detached_packed_and_sha256_repositories_are_read(repository: Path, tmp_path: Path) -> None:
    git(repository, "pack-refs", "--all")
    state = git_state(repository)
    assert state is not None
    assert state.commit == git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-q", "--detach")
    state = git_state(repository)
    assert state is not None
    assert (state.ref, state.dirty) == ("", False)
    other = tmp_path / "s"
    git(tmp_path, "init", "-q", "--object-format=sha256", other)
    (other / "f").write_text("1")
    git(other, "add", ".")
    git(other, "commit", "-q", "-m", "x")
    state = git_state(other)
    assert state is not None
    assert len(state.commit) == 64
    assert state.dirty is False


def test_a_linked_working_tree_is_read(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", "-b", "side", tmp_path / "w")
    git(repository, "remote", "add", "origin", "https://git.example/a")
    state = git_state(tmp_path / "w")
    assert state is not None
    assert (state.commit, state.ref) == (git(repository, "rev-parse", "HEAD"), "refs/heads/side")
    assert (state.remote, state.dirty) == ("https://git.example/a", False)


def test_a_repository_without_a_commit_has_no_state(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", tmp_path)
    assert git_state(tmp_path) is None


def test_the_remote_is_the_one_that_the_branch_follows(repository: Path) -> None:
    def remote() -> str:
        state = git_state(repository)
        assert state is not None
        return state.remote

    git(repository, "remote", "add", "mirror", "https://mirror.example/a")
    assert remote() == "https://mirror.example/a", "the only one"
    git(repository, "remote", "add", "second", "https://second.example/a")
    assert remote() == "", "none of two is preferred"
    git(repository, "remote", "add", "origin", "https://origin.example/a")
    assert remote() == "https://origin.example/a"
    git(repository, "config", "branch.main.remote", "second")
    assert remote() == "https://second.example/a"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("https://git.example/a/b.git", "https://git.example/a/b.git"),
        ("https://user:secret@git.example:8443/a.git?token=secret#secret", "https://git.example:8443/a.git"),
        ("https://secret@git.example/a", "https://git.example/a"),
        ("ssh://git:secret@git.example:22/a", "ssh://git.example:22/a"),
        ("git@git.example:a/b.git", "ssh://git.example/a/b.git"),
        ("https://[2001:db8::1]:8/a", "https://[2001:db8::1]:8/a"),
        ("/srv/repository", ""),
        ("../other", ""),
        ("file:///srv/repository", ""),
        ("C:\\repository", ""),
        ("https://git.example:port/a", ""),
        ("https://git.example/\x1b[31m", ""),
        ("ext::sh -c secret", ""),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_secrets_and_without_paths_of_this_machine(written: str, shown: str) -> None:
    assert _clean(written) == shown


def test_nothing_of_the_repository_is_run(repository: Path, tmp_path: Path) -> None:
    """Its configuration names programs for fsmonitor, a filter, a hook and a pager; git itself would run them."""
    mark = tmp_path / "ran"
    config = repository / ".git" / "config"
    config.write_text(
        config.read_text()
        + f"[core]\n\tfsmonitor = touch {mark}-1\n\tpager = touch {mark}-2\n\thooksPath = {tmp_path}/hooks\n"
        + f'[filter "evil"]\n\tclean = touch {mark}-3; cat\n\tprocess = touch {mark}-4\n\trequired = true\n'
        + f"[alias]\n\tstatus = !touch {mark}-5\n"
    )
    (repository / ".gitattributes").write_text("* filter=evil\n")
    (repository / "app" / "main.py").write_text("changed")
    state = git_state(repository)
    assert state is not None
    assert state.dirty is True
    assert list(tmp_path.glob("ran*")) == []
    subprocess.run(["git", "-C", repository, "status"], env=ENVIRONMENT, capture_output=True, check=False)
    assert list(tmp_path.glob("ran*")) != [], "or else this test shows nothing"


def test_nothing_in_the_repository_is_written(repository: Path) -> None:
    os.utime(repository / "app" / "main.py", (1, 1))  # git would refresh its index for that
    before = {p: p.stat().st_mtime_ns for p in (repository / ".git").rglob("*")}
    assert git_state(repository) is not None
    assert {p: p.stat().st_mtime_ns for p in (repository / ".git").rglob("*")} == before


def test_without_git_or_in_too_little_time_the_commit_is_known_and_the_rest_is_not(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = git_state(repository, timeout_seconds=0.0)
    monkeypatch.setenv("PATH", str(repository))
    none = git_state(repository)
    assert late is not None
    assert none is not None
    assert (late.dirty, none.dirty) == (None, None)
    assert late.commit == none.commit != ""


@pytest.mark.parametrize(
    "head",
    [
        "",
        "ref: ../../../etc/passwd\n",
        "ref: refs/../../x\n",
        "ref: refs/heads/main\n" * 3,
        "z" * 40,
        "\x00\xff",
        "a" * 3_000_000,
    ],
)
def test_a_broken_head_is_no_state(repository: Path, head: str) -> None:
    (repository / ".git" / "HEAD").write_text(head)
    assert git_state(repository) is None


def test_refs_that_point_at_each_other_are_no_state(repository: Path) -> None:
    (repository / ".git" / "refs" / "heads" / "main").write_text("ref: refs/heads/main\n")
    assert git_state(repository) is None


def test_a_broken_index_leaves_the_commit(repository: Path) -> None:
    (repository / ".git" / "index").write_bytes(b"DIRC" + bytes(40))
    state = git_state(repository)
    assert state is not None
    assert state.dirty is None
