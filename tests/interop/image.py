"""Makes a real Debian image, in several forms, and writes down what its own package managers say is in it.

    FOLDER/image.oci        OCI layout, gzip layers, tag `latest`
    FOLDER/image-zstd.oci   the same image with zstd layers
    FOLDER/multi.oci        an index of two platforms: the image, and its first layer alone as another architecture
    FOLDER/image.tar        docker-archive of the same image, layers not compressed
    FOLDER/truth/*.json     see truth.py; layers.json tells what each layer's tar holds

Run as a program, it makes the image into the folder it is given: `python -m tests.interop.image FOLDER`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.interop import layers, truth
from tests.interop.foreign import Unavailable, inside, require, run
from tests.interop.recipe import STEPS, HandmadeStep, bootstrap, suite
from tests.interop.truth import Known

_TOOLS = ("mmdebstrap", "umoci", "skopeo", "npm", "unshare", "chroot", "tar")
_RECIPE = ("foreign.py", "handmade.py", "image.py", "layers.py", "recipe.py", "truth.py")
_OURS = re.compile(r"[0-9a-f]{16}|making-\w+")
OCI_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True, slots=True)
class Image:
    """A built image and what is known of it."""

    folder: Path

    @property
    def oci(self) -> Path:
        return self.folder / "image.oci"

    @property
    def zstd(self) -> Path:
        return self.folder / "image-zstd.oci"

    @property
    def multi(self) -> Path:
        return self.folder / "multi.oci"

    @property
    def archive(self) -> Path:
        return self.folder / "image.tar"

    def told(self, name: str) -> Any:  # noqa: ANN401 - the tools' own JSON
        return json.loads((self.folder / "truth" / f"{name}.json").read_bytes())

    def installed(self) -> set[Known]:
        return {_known(row) for row in self.told("installed")}

    def deleted(self) -> set[Known]:
        return {_known(row) for row in self.told("deleted")}

    def manifest_digest(self, layout: Path | None = None) -> str:
        """Give the digest of the one manifest (or index) that the layout's index.json names."""
        [entry] = json.loads(((layout or self.oci) / "index.json").read_bytes())["manifests"]
        return str(entry["digest"])


def _known(row: dict[str, str]) -> Known:
    return Known(type=row["type"], name=row["name"], version=row["version"], arch=row["arch"])


def cached(cache: Path) -> Image:
    """Give the image of this recipe from the folder `cache`, making it when it is not there.

    Raises Unavailable: a tool, root or the network is missing.
    """
    recipe = hashlib.sha256(suite().encode())
    for name in _RECIPE:
        recipe.update(Path(__file__).with_name(name).read_bytes())
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / recipe.hexdigest()[:16]
    with _locked(cache / "lock"):
        if not folder.exists():
            # Images of earlier recipes, and what a killed run left; whatever else is in the folder is not ours.
            for stale in cache.iterdir():
                if _OURS.fullmatch(stale.name) and stale.is_dir():
                    shutil.rmtree(stale)
            check_machine()
            with tempfile.TemporaryDirectory(dir=cache, prefix="making-") as made:
                build(Path(made))
                shutil.rmtree(Path(made, "work"))
                # The temporary folder itself is for its maker alone; the finished one is for everybody to read.
                folder.mkdir(mode=0o755)
                for path in Path(made).iterdir():
                    path.rename(folder / path.name)
    return Image(folder)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes: one worker makes the image, the others wait for it."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def check_machine() -> None:
    """Raise Unavailable when this machine cannot make the image."""
    require(*_TOOLS)
    if os.geteuid() != 0:
        raise Unavailable("making a Debian root needs root")
    if not suite():
        raise Unavailable("this machine is not Debian, so its apt sources cannot make a Debian root")
    enter = ["unshare", "--mount", "--pid", "--fork", "true"]
    probe = subprocess.run(enter, capture_output=True, check=False, text=True)
    if probe.returncode:
        raise Unavailable(f"no right to make namespaces: {probe.stderr.strip()}")


def build(folder: Path) -> None:
    """Make every form of the image in `folder`; takes about two minutes, most of it waiting for the indexes."""
    work = folder / "work"
    work.mkdir()
    image = f"{folder / 'image.oci'}:latest"
    log = _Log()
    run(["umoci", "init", "--layout", folder / "image.oci"])
    run(["umoci", "new", "--image", image])
    bootstrap(work / "layer.tar", work)
    _append(image, work / "layer.tar", "mmdebstrap --variant=minbase")
    snapshots = [truth.read(_unpack(image, work))]
    log.step("mmdebstrap")
    for step in STEPS:
        bundle = work / "bundle"
        if isinstance(step, HandmadeStep):
            staged = work / "staged"
            staged.mkdir()
            inside(bundle / "rootfs", step.stage, out=staged)
            step.write(work / "layer.tar", staged)
            shutil.rmtree(staged)
            _append(image, work / "layer.tar", step.comment)
            # umoci squashes the whole image anew: whiteouts are applied by it, not by anything of ours.
            _unpack(image, work)
        else:
            step.change(bundle / "rootfs")
            history = ["--history.created_by", step.comment]
            run(["umoci", "repack", "--refresh-bundle", "--image", image, *history, bundle])
        snapshots.append(truth.read(bundle / "rootfs"))
        log.step(step.comment)
    # The last step unpacked the finished image anew, so the last snapshot is of what umoci reads out of it.
    truth.save(folder / "truth", snapshots, npm_tree=truth.npm_tree(work / "bundle/rootfs"))
    run(["umoci", "config", "--image", image, "--config.cmd", "python3", "--config.user", "1000"])
    run(["umoci", "gc", "--layout", folder / "image.oci"])
    _other_forms(folder)
    facts = layers.describe(folder / "image.oci")
    (folder / "truth/layers.json").write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n")
    log.step("other forms")


class _Log:
    """Says on stderr what is done and how long it took; pytest shows it with -s or on failure."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def step(self, comment: str) -> None:
        now = time.monotonic()
        print(f"{now - self._since:6.1f} s  {comment}", file=sys.stderr)  # noqa: T201 - it is the progress
        self._since = now


def _append(image: str, tar: Path, comment: str) -> None:
    run(["umoci", "raw", "add-layer", "--history.created_by", comment, "--image", image, tar])
    tar.unlink()


def _unpack(image: str, work: Path) -> Path:
    bundle = work / "bundle"
    if bundle.exists():
        shutil.rmtree(bundle)
    run(["umoci", "unpack", "--image", image, bundle])
    return bundle / "rootfs"


def _other_forms(folder: Path) -> None:
    source = f"oci:{folder / 'image.oci'}:latest"
    copy = ["skopeo", "copy", "--quiet"]
    run([*copy, source, f"docker-archive:{folder / 'image.tar'}:interop/image:latest"])
    run([*copy, "--dest-compress-format", "zstd", source, f"oci:{folder / 'image-zstd.oci'}:latest"])
    _write_multi(folder)


def _write_multi(folder: Path) -> None:
    """Write an index of two platforms; no tool here makes one out of two manifests."""
    multi = folder / "multi.oci"
    shutil.copytree(folder / "image.oci", multi, copy_function=os.link)
    (multi / "index.json").unlink()  # it is one file with the other layout's until then
    manifest = json.loads((folder / "image.oci/index.json").read_bytes())["manifests"][0]
    config = _blob(multi, _blob(multi, manifest)["config"])
    there = {"architecture": config["architecture"], "os": "linux"}
    elsewhere = {"architecture": "arm64" if config["architecture"] == "amd64" else "amd64", "os": "linux"}
    config |= {**elsewhere, "rootfs": {"type": "layers", "diff_ids": config["rootfs"]["diff_ids"][:1]}}
    config["history"] = config["history"][:1]
    bare = _blob(multi, manifest)
    bare["config"] |= _write_blob(multi, config)
    bare["layers"] = bare["layers"][:1]
    kept = {key: manifest[key] for key in ("mediaType", "digest", "size")}
    index = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [
            {**kept, "platform": there},
            {"mediaType": manifest["mediaType"], **_write_blob(multi, bare), "platform": elsewhere},
        ],
    }
    name = {"org.opencontainers.image.ref.name": "latest"}
    entry = {"mediaType": OCI_INDEX, **_write_blob(multi, index), "annotations": name}
    (multi / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))


def _blob(layout: Path, descriptor: dict[str, Any]) -> dict[str, Any]:
    document = json.loads((layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes())
    return dict(document)


def _write_blob(layout: Path, document: dict[str, Any]) -> dict[str, Any]:
    data = json.dumps(document, sort_keys=True).encode()
    digest = hashlib.sha256(data).hexdigest()
    (layout / "blobs/sha256" / digest).write_bytes(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


if __name__ == "__main__":
    print(cached(Path(sys.argv[1])).folder)  # noqa: T201 - its output
