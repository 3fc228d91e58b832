"""Tells what is in the layers of an OCI layout, entry by entry, as Python's tarfile reads them."""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path
from typing import Any

_OPAQUE = ".wh..wh..opq"


def describe(layout: Path) -> list[dict[str, Any]]:
    """Give for each layer its digests and what is odd in its tar; counts, and the paths where they are few."""
    [entry] = json.loads((layout / "index.json").read_bytes())["manifests"]
    manifest = json.loads(_path(layout, entry).read_bytes())
    config = json.loads(_path(layout, manifest["config"]).read_bytes())
    history = [step for step in config["history"] if not step.get("empty_layer")]
    found = []
    for layer, diff_id, step in zip(manifest["layers"], config["rootfs"]["diff_ids"], history, strict=True):
        about = {"digest": layer["digest"], "diff_id": diff_id, "size": layer["size"], "comment": step["created_by"]}
        found.append({**about, **_tar_facts(_path(layout, layer))})
    return found


def _path(layout: Path, descriptor: dict[str, Any]) -> Path:
    return layout / "blobs" / str(descriptor["digest"]).replace(":", "/")


def _tar_facts(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = {key: [] for key in ("whiteouts", "opaque", "hard_links", "not_utf8", "long_names")}
    counts = dict.fromkeys(("entries", "directories", "symlinks", "devices", "pax"), 0)
    with tarfile.open(path, "r|*", errors="surrogateescape") as tar:
        for entry in tar:
            _count(entry, counts)
            name = "/" + entry.name.removeprefix("./")
            shown = os.fsencode(name).decode("utf-8", "backslashreplace")
            base = name.rsplit("/", 1)[-1]
            if base == _OPAQUE:
                facts["opaque"].append(shown)
            elif base.startswith(".wh."):
                facts["whiteouts"].append(shown)
            if entry.islnk():
                facts["hard_links"].append([shown, "/" + entry.linkname])
            if shown != name:
                facts["not_utf8"].append(shown)
            if len(name) > 256:
                facts["long_names"].append(shown)
    return {**counts, **{key: value for key, value in facts.items() if value}}


def _count(entry: tarfile.TarInfo, counts: dict[str, int]) -> None:
    counts["entries"] += 1
    counts["directories"] += entry.isdir()
    counts["symlinks"] += entry.issym()
    counts["devices"] += entry.isdev()
    counts["pax"] += bool(entry.pax_headers)
