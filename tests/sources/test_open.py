from __future__ import annotations

from pathlib import Path

import pytest

from custody.errors import InputError, UnavailableError, UsageError
from custody.registry.interface import MissingError
from custody.registry.layout import LayoutRepository
from custody.sources.open import open_source
from tests.sources.images import everything, put_image, tar


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def layout(tmp_path: Path) -> LayoutRepository:
    layout = LayoutRepository(tmp_path / "layout", durable=False)
    put_image(layout, [tar(("a", b"1"))], tag="1.0")
    put_image(layout, [tar(("b", b"2"))], tag="2.0")
    return layout


def test_a_layout_is_opened_by_tag_or_digest(layout: LayoutRepository, work: Path) -> None:
    wanted = layout.resolve("2.0")
    for text in (
        f"oci:{layout.path}:2.0",
        f"oci:{layout.path}@{wanted.digest}",
        f"oci:{layout.path}:1.0@{wanted.digest}",
    ):
        with open_source(text, work=work, name="app", version="2") as source:
            assert source.artifact.descriptor == wanted
            assert source.artifact.reference.endswith(f"@{wanted.digest}")
            assert [entry.path for content in source.read(everything) for entry in content.entries] == ["b"]
            assert (source.artifact.kind, source.artifact.name, source.artifact.version) == ("image", "app", "2")


def test_a_plain_path_is_told_by_what_it_holds(
    layout: LayoutRepository, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (layout.path / "index.json").write_bytes((layout.path / "index.json").read_bytes().replace(b'"2.0"', b'"latest"'))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "main.py").write_bytes(b"")
    (tmp_path / "notes.tar").write_bytes(tar(("a", b"")))
    monkeypatch.chdir(tmp_path)
    for text, kind in {
        "layout": "image",
        "folder": "directory",
        "./folder/": "directory",
        "folder/main.py": "file",
        "notes.tar": "file",
        str(tmp_path / "folder"): "directory",
        "dir:folder": "directory",
        "dir:layout": "directory",
        "file:notes.tar": "file",
    }.items():
        with open_source(text, work=work) as source:
            assert source.artifact.kind == kind, text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("./none", "./none: no such file or folder; expected dir:PATH, file:PATH"),
        ("/none/at/all", "no such file or folder"),
        ("none/", "no such file or folder"),
        ("image.tar", "image.tar: no such file or folder"),
        ("", "SOURCE: no such file or folder"),
        ("none", "none: no such file or folder; for an image of Docker Hub write docker.io/library/none"),
        ("dir:none", "dir:none: no such folder; check the path"),
        ("dir:", "no such folder"),
        ("file:none", "file:none: no such file; check the path"),
        ("oci:none:1.0", "oci:none:1.0: no such folder; check the path"),
        ("docker-archive:none.tar", "docker-archive:none.tar: no such file; check the path"),
        ("Team/App", "'App' cannot be a repository"),
    ],
)
def test_what_is_missing_gives_one_clear_line(
    text: str, message: str, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        open_source(text, work=work)
    assert message in str(caught.value)
    assert caught.value.exit_code == 3


def test_the_wrong_kind_is_told(layout: LayoutRepository, work: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for text, message in {
        f"dir:{tmp_path}/file": "not a folder; for a single file write file:PATH",
        f"file:{tmp_path}": "a folder, not a file; for a folder write dir:PATH",
        f"oci:{tmp_path}": "not an image layout: oci-layout is missing",
        f"docker-archive:{tmp_path}": "a folder, not a file",
    }.items():
        with pytest.raises(InputError, match=message):
            open_source(text, work=work)
    with pytest.raises(UsageError, match="an SBOM lists packages"):
        open_source("sbom:x.json", work=work)
    with pytest.raises(MissingError, match=r"tags that are: 1\.0, 2\.0"):
        open_source(f"oci:{layout.path}", work=work)
    with pytest.raises(MissingError, match=r"no tag '3\.0' here"):
        open_source(f"oci:{layout.path}:3.0", work=work)


def test_an_unknown_registry_is_not_reachable(work: Path) -> None:
    with pytest.raises(UnavailableError, match=r"registry\.invalid: look up team/app: unknown host") as caught:
        open_source("registry.invalid/team/app", work=work)
    assert caught.value.exit_code == 4


def test_opening_a_directory_loads_no_network(work: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "folder").mkdir()
    script = (
        "import sys; from pathlib import Path; from custody.sources.open import open_source\n"
        f"open_source('dir:{tmp_path}/folder', work=Path({str(work)!r}))\n"
        "print([m for m in ('urllib3', 'ssl', 'http.client', 'cryptography') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("end", ["", "/", ".tar"])
def test_an_address_with_a_password_is_refused_without_repeating_it(tmp_path: Path, end: str) -> None:
    for text in (f"https://user:secret@registry.example/app{end}", f"user:secret@registry.example/app{end}"):
        with pytest.raises(UsageError) as caught:
            open_source(text, work=tmp_path)
        assert "secret" not in str(caught.value)
