"""`custody sbom --enrich`: a lock file without licences, a registry on this machine, and what becomes of both."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from custody import sbom
from custody.model import Package
from tests.enrich.simulator import Registry, Reply, registry

LOCK = {
    "name": "app",
    "version": "1.0.0",
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "app", "version": "1.0.0", "dependencies": {"ms": "2.1.3", "gone": "1.0.0"}},
        "node_modules/ms": {"version": "2.1.3"},
        "node_modules/gone": {"version": "1.0.0"},
    },
}


@pytest.fixture
def server() -> Iterator[Registry]:
    with registry() as here:
        here.replies["/ms/2.1.3"] = Reply(body=b'{"version":"2.1.3","license":"MIT","homepage":"https://ms.example"}')
        here.replies["/ms"] = Reply(body=b'{"time":{"created":"2011-01-01","2.1.3":"2020-12-08T13:54:35.123Z"}}')
        yield here


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "package-lock.json").write_text(json.dumps(LOCK))
    return folder


def run(home: Path, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "custody", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=home,
        env={"SOURCE_DATE_EPOCH": "1700000000", "PATH": "", "HOME": str(home), "GOROOT": str(home), **environment},
    )


def ms_of(file: Path) -> Package:
    inventory = sbom.decode(file.read_bytes(), str(file))
    return next(package for package in inventory.packages if package.name == "ms")


@pytest.mark.parametrize("form", ["spdx-json", "spdx3-json", "cyclonedx-json", "cyclonedx-xml"])
def test_what_was_added_and_from_where_stands_in_the_sbom(
    app: Path, server: Registry, tmp_path: Path, form: str
) -> None:
    file = tmp_path / "sbom"
    ended = run(tmp_path, "sbom", app, "--enrich-from", f"npm={server.address}", "-o", f"{form}={file}")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr == (
        "custody: enriched 1 of 3 packages: 1 licence, 1 release date, 1 home page; not found: 1; "
        "not asked: deps.dev (no address)\n"
    )
    ms = ms_of(file)
    assert (ms.licence_declared, ms.released, ms.homepage) == ("MIT", "2020-12-08T13:54:35Z", "https://ms.example")
    assert ms.enriched == (
        ("homepage", f"{server.address}/ms/2.1.3"),
        ("licence_declared", f"{server.address}/ms/2.1.3"),
        ("released", f"{server.address}/ms"),
    )
    assert f"{server.address}/ms/2.1.3" in file.read_text()


def test_nobody_is_asked_unless_the_user_wants_it(app: Path, server: Registry, tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text(f"registry={server.address}\n")
    ended = run(tmp_path, "sbom", app, CUSTODY_ENRICH=f"npm={server.address}")
    assert (ended.returncode, ended.stderr, server.paths) == (0, "", [])


@pytest.mark.parametrize("how", ["variable", "workspace", "client"])
def test_where_a_registry_is_need_not_stand_on_the_command_line(
    app: Path, server: Registry, tmp_path: Path, how: str
) -> None:
    if how == "workspace":
        (tmp_path / ".custody").mkdir()
        (tmp_path / ".custody" / "enrich.yaml").write_text(f"npm: {server.address}\n")
    if how == "client":
        (tmp_path / ".npmrc").write_text(f"registry={server.address}\n")
    environment = {"CUSTODY_ENRICH": f"npm={server.address}"} if how == "variable" else {}
    ended = run(tmp_path, "sbom", app, "--enrich", **environment)
    assert ended.returncode == 0
    assert "custody: enriched 1 of 3 packages: " in ended.stderr


def test_answers_are_remembered_in_the_cache_folder_unless_the_user_says_no(
    app: Path, server: Registry, tmp_path: Path
) -> None:
    arguments = ("sbom", app, "--enrich-from", f"npm={server.address}")
    for _ in range(2):
        assert run(tmp_path, *arguments, CUSTODY_CACHE=str(tmp_path / "cache")).returncode == 0
    asked = len(server.paths)
    assert sorted(server.paths) == ["/gone", "/gone/1.0.0", "/ms", "/ms/2.1.3"]
    assert run(tmp_path, *arguments, "--no-cache", CUSTODY_CACHE=str(tmp_path / "cache")).returncode == 0
    assert len(server.paths) == 2 * asked


def test_an_sbom_can_be_enriched_too(app: Path, server: Registry, tmp_path: Path) -> None:
    assert run(tmp_path, "sbom", app, "-o", f"spdx-json={tmp_path / 'a.spdx.json'}").returncode == 0
    file = tmp_path / "b.cdx.json"
    ended = run(
        tmp_path,
        "sbom",
        tmp_path / "a.spdx.json",
        "--enrich-from",
        f"npm={server.address}",
        "-o",
        f"cyclonedx-json={file}",
    )
    assert ended.returncode == 0
    assert ms_of(file).licence_declared == "MIT"


def test_a_registry_that_is_not_there_fails_nothing(app: Path, tmp_path: Path) -> None:
    ended = run(tmp_path, "sbom", app, "--enrich-from", "npm=http://127.0.0.1:9")
    assert ended.returncode == 0
    assert ended.stderr.splitlines() == [
        (
            "custody: warning: npm: cannot be reached: Connection refused; what it would have said is unknown; "
            "try again later"
        ),
        "custody: enriched 0 of 3 packages; unknown: npm (2 packages); not asked: deps.dev (no address)",
    ]


def test_a_bad_address_is_the_users_error_before_anything_is_read(tmp_path: Path) -> None:
    ended = run(tmp_path, "sbom", tmp_path / "missing", "--enrich-from", "npm=me:pw@host")
    assert ended.returncode == 2
    assert ended.stderr.startswith("custody: error: --enrich-from 'npm=host': not an address that can be asked; ")
