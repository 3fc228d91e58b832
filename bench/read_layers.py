"""How fast an image is read: custody against gzip and tarfile of the standard library, side by side.

    python bench/read_layers.py LAYOUT [TAG]        an OCI image layout, as `skopeo copy … oci:LAYOUT:TAG` writes it
    python bench/read_layers.py --make FOLDER       makes one first: 3 layers, 900 MB that compress like real files

Both do the same work, each in a process of its own: verify the digest of every layer, inflate it, verify its diff_id,
list every name, and keep the files that catalogers of Debian, Python and npm want. The table shows wall and CPU time,
uncompressed bytes and members a second, and the largest memory; both must find the same names and bytes, or it fails.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import random
import resource
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

_WANTED = ("dpkg/status", ".dist-info/METADATA", ".dist-info/RECORD", "package.json", "os-release")
_MAKE_LAYERS = 3
_MAKE_BYTES = 300_000_000


def wanted(path: str) -> bool:
    """Say yes to what a handful of catalogers want."""
    return path.endswith(_WANTED)


def by_custody(layout: Path, tag: str) -> tuple[int, int, str]:
    """Read all layers with custody: (members, uncompressed bytes, digest over names and kept bytes)."""
    from custody.registry.layout import LayoutRepository
    from custody.sources.image import open_image

    repository = LayoutRepository(layout)
    source = open_image(repository, repository.resolve(tag), reference="bench")
    members, found = 0, hashlib.sha256()
    for content in source.read(wanted):
        for entry in content.entries:
            if entry.kind in ("whiteout", "opaque"):
                continue
            members += 1
            # custody also keeps what a wanted hard link points to; tarfile was not asked for that.
            _note(found, entry.path, entry.data if wanted(entry.path) else None)
    return members, 0, found.hexdigest()


def by_stdlib(layout: Path, tag: str) -> tuple[int, int, str]:
    """Read all layers with gzip and tarfile."""
    members, total, found = 0, 0, hashlib.sha256()
    manifest = _document(layout, _tagged(layout, tag))
    diff_ids = _document(layout, manifest["config"]["digest"])["rootfs"]["diff_ids"]
    for layer, diff_id in zip(manifest["layers"], diff_ids, strict=True):
        with _path(layout, layer["digest"]).open("rb") as file:
            stored = _Hashed(file)
            plain = _Hashed(gzip.GzipFile(fileobj=stored) if "gzip" in layer["mediaType"] else stored)
            with tarfile.open(fileobj=plain, mode="r|", errors="surrogateescape") as archive:
                for entry in archive:
                    path = entry.name.removeprefix("./").rstrip("/")
                    if not path or path == "." or "/.wh." in f"/{path}":
                        continue
                    members += 1
                    data = archive.extractfile(entry) if entry.isreg() and wanted(path) else None
                    _note(found, path, data.read() if data else None)
            plain.drain()
            stored.drain()
            total += plain.done
        if f"sha256:{stored.hash.hexdigest()}" != layer["digest"] or f"sha256:{plain.hash.hexdigest()}" != diff_id:
            sys.exit(f"bench: {layer['digest']} has another digest")
    return members, total, found.hexdigest()


class _Hashed(io.RawIOBase):
    """A stream that hashes what is read from it."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - a file or a gzip stream
        self._stream = stream
        self.hash = hashlib.sha256()
        self.done = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data: bytes = self._stream.read(size)
        self.hash.update(data)
        self.done += len(data)
        return data

    def drain(self) -> None:
        while self.read(1 << 20):
            pass


def _note(found: Any, path: str, data: bytes | None) -> None:  # noqa: ANN401 - a hash object
    found.update(path.encode("utf-8", "surrogateescape"))
    found.update(data or b"")


def _tagged(layout: Path, tag: str) -> str:
    entries = json.loads((layout / "index.json").read_bytes())["manifests"]
    named = [
        e for e in entries if not tag or (e.get("annotations") or {}).get("org.opencontainers.image.ref.name") == tag
    ]
    return str(named[0]["digest"])


def _path(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def _document(layout: Path, digest: str) -> dict[str, Any]:
    return dict(json.loads(_path(layout, digest).read_bytes()))


def make(folder: Path) -> None:
    """Make an image whose layers compress about three times, as layers of programs do."""
    from custody.model import Descriptor, Digest
    from custody.registry.layout import LayoutRepository
    from custody.registry.manifest import OCI_MANIFEST, Manifest, encode_manifest

    chance = random.Random(1)  # noqa: S311 - the same image each time
    words = [chance.randbytes(chance.randint(2, 12)) for _ in range(4000)]
    pool = b"".join(chance.choice(words) for _ in range(2_000_000))
    layout = LayoutRepository(folder, durable=False)
    layers, diff_ids = [], []
    for number in range(_MAKE_LAYERS):
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as archive:
            while plain.tell() < _MAKE_BYTES:
                size = int(chance.lognormvariate(8.5, 2)) % 8_000_000
                start = chance.randrange(max(1, len(pool) - size))
                entry = tarfile.TarInfo(f"usr/lib/layer{number}/{plain.tell() % 97}/file-{plain.tell()}.bin")
                entry.size = len(pool[start : start + size])
                archive.addfile(entry, io.BytesIO(pool[start : start + size]))
        data = plain.getvalue()
        stored = gzip.compress(data, 6, mtime=0)
        diff_ids.append(str(Digest.of(data)))
        layer = Descriptor(
            media_type="application/vnd.oci.image.layer.v1.tar+gzip", digest=Digest.of(stored), size=len(stored)
        )
        layout.put_blob(layer, (stored,))
        layers.append(layer)
    text = json.dumps(
        {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids}}
    ).encode()
    config = Descriptor(media_type="application/vnd.oci.image.config.v1+json", digest=Digest.of(text), size=len(text))
    layout.put_blob(config, (text,))
    manifest = Manifest(media_type=OCI_MANIFEST, artifact_type=config.media_type, config=config, layers=tuple(layers))
    layout.put_manifest(encode_manifest(manifest), OCI_MANIFEST, tag="latest")


_READERS = {"custody": by_custody, "stdlib": by_stdlib}


def measure(reader: str, layout: Path, tag: str) -> dict[str, Any]:
    """Run one reader in this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    members, total, found = _READERS[reader](layout, tag)
    return {
        "members": members,
        "bytes": total,
        "found": found,
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "memory": _largest_memory(),
    }


def _largest_memory() -> int:
    """Give the largest memory of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says begins with what the parent had
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Run each reader a few times in a process of its own, and print the best of each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("layout", type=Path)
    parser.add_argument("tag", nargs="?", default="")
    parser.add_argument("--make", action="store_true", help="make the layout first")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", choices=sorted(_READERS), help="run one reader here and print JSON")
    arguments = parser.parse_args()
    if arguments.make:
        make(arguments.layout)
    if arguments.one:
        print(json.dumps(measure(arguments.one, arguments.layout, arguments.tag)))
        return
    best: dict[str, dict[str, Any]] = {}
    for _ in range(arguments.runs):
        for reader in _READERS:
            command = [sys.executable, __file__, str(arguments.layout), *([arguments.tag] if arguments.tag else [])]
            done = subprocess.run([*command, "--one", reader], check=True, capture_output=True)
            result = json.loads(done.stdout)
            if reader not in best or result["wall"] < best[reader]["wall"]:
                best[reader] = result
    if best["custody"]["found"] != best["stdlib"]["found"]:
        sys.exit("bench: the two readers found different names or bytes")
    total = best["stdlib"]["bytes"]
    print(f"{total / 1e6:,.0f} MB uncompressed, {best['stdlib']['members']:,} members; best of {arguments.runs} runs")
    print(f"{'reader':<10}{'wall s':>8}{'CPU s':>8}{'MB/s':>8}{'members/s':>12}{'memory MB':>11}")
    for reader, result in best.items():
        rate = f"{total / 1e6 / result['wall']:>8,.0f}{result['members'] / result['wall']:>12,.0f}"
        print(f"{reader:<10}{result['wall']:>8.2f}{result['cpu']:>8.2f}{rate}{result['memory']:>11,}")


if __name__ == "__main__":
    main()
