"""Registries for tests: one in this process, and Debian's docker-registry where it is installed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registry.simulator import Simulator, serve

# For the password "open sesame", by crypt(3) with cost 5: docker-registry takes bcrypt only.
HTPASSWD = "alice:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n"


@pytest.fixture(autouse=True)
def no_credentials(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder for Docker's config.json, so that no test finds the credentials of whoever runs it."""
    folder = tmp_path_factory.mktemp("docker-config")
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with serve(Simulator()) as running:
        yield running


@pytest.fixture(scope="session")
def docker_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give `host:port` of a docker-registry that lets everybody in."""
    yield from _docker_registry(tmp_path_factory.mktemp("registry"), "")


@pytest.fixture(scope="session")
def docker_registry_with_password(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give `host:port` of a docker-registry that lets in alice with her password."""
    folder = tmp_path_factory.mktemp("registry-password")
    (folder / "htpasswd").write_text(HTPASSWD)
    yield from _docker_registry(folder, f"auth:\n  htpasswd:\n    realm: test\n    path: {folder}/htpasswd\n")


def _docker_registry(folder: Path, extra: str) -> Iterator[str]:
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    config = folder / "config.yml"
    config.write_text(
        "version: 0.1\nlog:\n  level: error\nstorage:\n"
        f"  filesystem:\n    rootdirectory: {folder}/data\n  delete:\n    enabled: true\n"
        f"http:\n  addr: {address}\n{extra}"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(config)], stdout=log, stderr=log)
    try:
        _wait(address, process, folder / "log")
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            pytest.fail(f"docker-registry ended: {log.read_text()[-2000:]}")
        try:
            urllib.request.urlopen(f"http://{address}/", timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("docker-registry does not answer")
