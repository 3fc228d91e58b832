"""Which commit a folder is at.

Commit, ref and remote are read from the repository's files. Only whether files differ from the commit is asked of
`git`, and not in the repository itself: its configuration may belong to whoever made the folder, and names programs
that git would run (CVE-2022-24765 and its kin: fsmonitor, filters). So git gets an empty configuration of ours, and of
the repository its objects and its index alone.

Formats: gitrepository-layout(5), git-config(1), git-worktree(1).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from custody.model import GitState

__all__ = ["git_state"]

TIMEOUT_SECONDS = 30.0  # `git status` over a large tree on a cold disk; after that, whether files differ is not known
_MAX_BYTES = 1 << 20  # of HEAD, a ref, or the configuration
_MAX_PACKED_BYTES = 256 << 20  # a repository with millions of refs has some hundred megabytes of them
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"refs/(?!.*\.\.)[^\x00-\x20\x7f~^:?*\[\\]+")
_SECTION = re.compile(r'\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\](.*)')
_SCP = re.compile(r"(?:[^@/\s]+@)?([^/:\s]+):(?!//)(\S+)")


def git_state(path: Path, *, timeout_seconds: float = TIMEOUT_SECONDS) -> GitState | None:
    """Give the state of the repository that the folder `path` is in; None where it is in none, or in one not readable.

    dirty: of the files below `path`, untracked ones included, ignored ones not; None where git is missing, fails, or
    takes longer than `timeout_seconds`. remote: the one that the branch follows, or `origin`, or the only one there is;
    never with a user, a password or a query in it, and "" where it is a path on this machine. Nothing of the repository
    is run, and nothing fetched.
    """
    found = _find(path)
    if found is None:
        return None
    top, git_dir = found
    common = _common(git_dir)
    head = _read(git_dir / "HEAD")
    ref = head.removeprefix("ref:").strip() if head.startswith("ref:") else ""
    if ref and not _REF.fullmatch(ref):
        return None
    commit = _resolve(git_dir, common, ref) if ref else head.strip()
    if not _COMMIT.fullmatch(
        commit
    ):  # a new repository without a commit, or refs in a form that we do not read (reftable)
        return None
    dirty = _is_dirty(path, top, git_dir, common, commit, timeout_seconds)
    return GitState(commit=commit, remote=_remote(common, ref), ref=ref, dirty=dirty)


def _find(path: Path) -> tuple[Path, Path] | None:
    """Give the working tree's top and its git directory."""
    try:
        here = path.resolve()
        for top in (here, *here.parents):
            dot_git = top / ".git"
            if dot_git.is_dir():
                return top, dot_git
            if dot_git.is_file():  # a linked working tree or a submodule
                target = _read(dot_git).removeprefix("gitdir:").strip()
                git_dir = (top / target).resolve()
                return (top, git_dir) if target and git_dir.is_dir() else None
    except OSError:
        return None
    return None


def _common(git_dir: Path) -> Path:
    """Give the directory that holds refs, objects and configuration: another one for a linked working tree."""
    shared = _read(git_dir / "commondir").strip()
    return (git_dir / shared).resolve() if shared else git_dir


def _resolve(git_dir: Path, common: Path, ref: str) -> str:
    """Give the commit of a ref; through symbolic refs, which are few."""
    for _ in range(5):
        value = (_read(git_dir / ref) or _read(common / ref)).strip()
        if not value.startswith("ref:"):
            return value or _packed(common, ref)
        ref = value.removeprefix("ref:").strip()
        if not _REF.fullmatch(ref):
            return ""
    return ""


def _packed(common: Path, ref: str) -> str:
    for line in _read(common / "packed-refs", _MAX_PACKED_BYTES).splitlines():
        commit, _, name = line.partition(" ")
        if name == ref:
            return commit
    return ""


def _read(path: Path, max_bytes: int = _MAX_BYTES) -> str:
    """Give a small file's text, "" where it is not there or too large to be what it should be."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError:
        return ""
    return data.decode("utf-8", "replace") if len(data) <= max_bytes else ""


def _remote(common: Path, ref: str) -> str:
    """Give the address of the remote, fit to be shown."""
    urls: dict[str, str] = {}
    follows = ""
    branch = ref.removeprefix("refs/heads/")
    for section, name, key, value in _settings(_read(common / "config")):
        if (section, key) == ("remote", "url"):
            urls.setdefault(name, value)
        elif (section, name, key) == ("branch", branch, "remote"):
            follows = value
    only = next(iter(urls)) if len(urls) == 1 else ""
    name = next((name for name in (follows, "origin", only) if name in urls), "")
    return _clean(urls.get(name, ""))


def _settings(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Give (section, subsection, key, value) of a git configuration; includes are not followed."""
    section = name = ""
    for line in text.splitlines():
        line = line.strip()
        found = _SECTION.match(line)
        if found:
            section, name = found[1].lower(), re.sub(r"\\(.)", r"\1", found[2] or "")
            line = found[3].strip()
        key, equals, value = line.partition("=")
        if equals and not line.startswith(("#", ";")):
            value = value.strip()
            if value.startswith('"'):
                value = re.sub(r"\\(.)", r"\1", value[1:].split('"')[0])
            else:
                value = re.split(r"\s[#;]", value)[0].strip()
            yield section, name, key.strip().lower(), value


def _clean(url: str) -> str:
    """Take from an address all that could be a secret; "" for what is no address that others could use."""
    if not url or not url.isprintable() or any(c.isspace() for c in url):
        return ""
    if "://" in url:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return ""
        if not host or parts.scheme == "file":
            return ""
        host = f"[{host}]" if ":" in host else host
        return urlunsplit((parts.scheme, host + port, parts.path, "", ""))
    scp = _SCP.fullmatch(url)
    return f"ssh://{scp[1]}/{scp[2].lstrip('/')}" if scp and len(scp[1]) > 1 else ""  # one letter: a drive, not a host


def _is_dirty(path: Path, top: Path, git_dir: Path, common: Path, commit: str, timeout_seconds: float) -> bool | None:
    """Ask git whether files below `path` differ from the commit, in a directory of ours with its objects and index."""
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(prefix="custody-git-") as name:
        ours = Path(name)
        (ours / "refs").mkdir()
        (ours / "HEAD").write_text(commit + "\n", encoding="ascii")
        sha256 = "[extensions]\n\tobjectFormat = sha256\n" if len(commit) == 64 else ""
        (ours / "config").write_text(f"[core]\n\trepositoryFormatVersion = 1\n{sha256}", encoding="ascii")
        exclude = _read(common / "info" / "exclude")
        if exclude:
            (ours / "info").mkdir()
            (ours / "info" / "exclude").write_text(exclude, encoding="utf-8")
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": name,
            "LC_ALL": "C",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_DIR": name,
            "GIT_WORK_TREE": str(top),
            "GIT_OBJECT_DIRECTORY": str(common / "objects"),
            "GIT_INDEX_FILE": str(git_dir / "index"),
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        command = [
            "git",
            "status",
            "--porcelain",
            "--untracked-files=normal",
            "--ignore-submodules=all",
            "--no-renames",
        ]
        try:
            answer = subprocess.run(
                [*command, "--", str(path.resolve())],
                env=environment,
                cwd=top,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout_seconds,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return bool(answer.stdout) if answer.returncode == 0 else None
