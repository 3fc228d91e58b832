"""A small application, a small image, and the command line as a user calls it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

POLICY = """\
apiVersion: v1
kind: Policy
metadata: {name: app-policy}
spec:
  containers:
    - name: app
      signature: {required: true}
      vulnerabilities: {maxSeverity: "MEDIUM", unknown: allow}
"""

LOCK = {
    "name": "front",
    "version": "1.0.0",
    "lockfileVersion": 3,
    "requires": True,
    "packages": {
        "": {"name": "front", "version": "1.0.0", "dependencies": {"left-pad": "1.3.0"}},
        "node_modules/left-pad": {"version": "1.3.0", "license": "WTFPL"},
    },
}


def custody(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, timeout_seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder, with a home and settings of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CUSTODY_", "SOURCE_DATE_"))}
    environment = {
        **kept,
        "HOME": str(cwd),
        "XDG_CACHE_HOME": str(cwd / "cache"),
        "CUSTODY_ACTOR": "tester",
        **(env or {}),
    }
    return subprocess.run(
        [sys.executable, "-m", "custody", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_seconds,
    )


def make_application(folder: Path) -> Path:
    """Make a folder with one npm lock file and a bit of source."""
    folder.mkdir(parents=True)
    (folder / "package-lock.json").write_text(json.dumps(LOCK))
    (folder / "main.js").write_text("console.log(1)\n")
    return folder


def make_image_archive(
    path: Path, *layers: Mapping[str, bytes], compress: Callable[[bytes], bytes] = lambda data: data
) -> Path:
    """Make a docker-archive as `docker save` has it, with one layer for each table of files."""
    blobs, names, diff_ids = {}, [], []
    for number, files in enumerate(layers):
        data = _tar(files)
        diff_ids.append("sha256:" + hashlib.sha256(data).hexdigest())
        names.append(f"layer{number}/layer.tar")
        blobs[names[-1]] = compress(data)
    config = json.dumps(
        {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}, "config": {}}
    ).encode()
    blobs["config.json"] = config
    manifest = [{"Config": "config.json", "RepoTags": ["team/app:1.0"], "Layers": names}]
    blobs["manifest.json"] = json.dumps(manifest).encode()
    path.write_bytes(_tar(blobs))
    return path


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def released(folder: Path) -> dict[str, bytes]:
    """Give every file of a release folder by its name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
