"""Debian's docker-registry, started on a free loopback port and ended again."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.interop.foreign import require

USER, PASSWORD = "releaser", "interop-only"
# bcrypt of PASSWORD, made with perl's crypt(): the registry reads no other kind, and Python has none of its own.
_HTPASSWD = f"{USER}:$2b$06$abcdefghijklmnopqrstuudkHgyXb4Zl2nd4B0Mhn8p3ravuzigwm\n"
_LISTENING = re.compile(r'msg="listening on 127\.0\.0\.1:(\d+)"')
_START_SECONDS = 20.0
_END_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Registry:
    """A running registry. address: `localhost:PORT`, as references begin; log: what it wrote."""

    address: str
    log: Path
    login: bool

    def requests(self, method: str) -> list[str]:
        """Give the paths that were asked with this method, in order."""
        return re.findall(rf'"{method} (/v2/\S*) HTTP', self.log.read_text())


@contextmanager
def running(folder: Path, *, login: bool = False) -> Iterator[Registry]:
    """Run a registry that keeps its data in `folder`; with `login` it asks everyone for USER and PASSWORD."""
    require("docker-registry")
    folder.mkdir(parents=True, exist_ok=True)
    settings: dict[str, object] = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        # Port 0: the system gives a free one, and the log says which; so no other process can take it in between.
        "http": {"addr": "127.0.0.1:0", "secret": "the same for one registry alone"},
    }
    if login:
        (folder / "htpasswd").write_text(_HTPASSWD)
        settings["auth"] = {"htpasswd": {"realm": "interop", "path": str(folder / "htpasswd")}}
    config = folder / "config.yml"
    config.write_text(json.dumps(settings))  # JSON is YAML
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(config)], stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        yield Registry(f"localhost:{_port(process, log)}", log, login)
    finally:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    """Wait until the registry answers, and give its port."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = _LISTENING.search(log.read_text())
        if found and _answers(int(found[1])):
            return int(found[1])
        time.sleep(0.05)
    raise RuntimeError(f"docker-registry did not start:\n{log.read_text()}")


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=2) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code == 401  # it asks for a login: it is there
    except OSError:
        return False
