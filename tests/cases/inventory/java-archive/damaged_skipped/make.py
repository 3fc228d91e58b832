"""Writes `tree/`: archives that are damaged or none. Run: python make.py."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

TREE = Path(__file__).resolve().parent / "tree"


def jar(members: dict[str, bytes]) -> bytes:
    """Make a jar with stored members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def main() -> None:
    """Write all of them."""
    shutil.rmtree(TREE, ignore_errors=True)
    TREE.mkdir()
    good = jar({"META-INF/MANIFEST.MF": b"Implementation-Version: 1.0\n", "a/A.class": b"class"})
    (TREE / "cut-short-1.0.jar").write_bytes(good[:-30])
    (TREE / "text-1.0.jar").write_bytes(b"version https://git-lfs.example/spec/v1\n")
    (TREE / "one-bit-1.0.jar").write_bytes(good.replace(b"Version: 1.0", b"Version: 1.1", 1))
    descriptor = "META-INF/maven/com.example/a/pom"
    inside = {
        "lib/good-1.0.jar": good,
        "lib/bad-1.0.jar": good[:50],
        f"{descriptor}.xml": b"<project><artifactId>a</project>",
        f"{descriptor}.properties": b"groupId=com.example\nartifactId=a\nversion=${revision}\n",
        "META-INF/maven/x y/z/pom.properties": b"version=1\n",
        "META-INF/sbom/a.cdx.json": b"{}",
    }
    (TREE / "a-1.0.jar").write_bytes(jar(inside))
    unpacked = TREE / "META-INF" / "maven" / "x" / "y"
    unpacked.mkdir(parents=True)
    (unpacked / "pom.properties").write_bytes(b"groupId=x y\n")


if __name__ == "__main__":
    main()
