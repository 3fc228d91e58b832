"""The command under test, run as a user runs it: as a process of its own, in a folder and a home of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.interop.truth import Known, normal

NAME, VERSION = "demo", "1.2.3"
_TIMEOUT_SECONDS = 300.0
# Whatever the machine's user has set must not decide a test.
_NOT_OURS = re.compile(r"^(CUSTODY_|XDG_|DOCKER_|REGISTRY_|SOURCE_DATE_EPOCH$|(?i:.*_proxy)$)")


def custody(
    *words: str | Path, cwd: Path, env: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `custody` in the folder `cwd`; prefix: a command that runs it, such as unshare."""
    home = cwd / "home"
    home.mkdir(parents=True, exist_ok=True)
    own = {key: value for key, value in os.environ.items() if not _NOT_OURS.match(key)}
    return subprocess.run(
        [*prefix, sys.executable, "-m", "custody", *map(str, words)],
        cwd=cwd,
        env={**own, "HOME": str(home), "COLUMNS": "160", **(env or {})},
        capture_output=True,
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=_TIMEOUT_SECONDS,
    )


@dataclass(frozen=True, slots=True)
class Released:
    """A release that was made. folder: where; layout, reference: its two targets; result: the finished process."""

    folder: Path
    layout: Path
    reference: str
    result: subprocess.CompletedProcess[str]

    @property
    def output(self) -> Path:
        return self.folder / "release"

    def document(self, name: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads((self.output / name).read_bytes())

    @property
    def digest(self) -> str:
        """Give the artifact's digest, as the release says it."""
        return str(self.document("release.json")["artifact"]["digest"])


def release(
    source: str, folder: Path, *, registry: str, repository: str, env: Mapping[str, str] | None = None
) -> Released:
    """Release `source` to a layout in `folder` and to a registry."""
    layout, reference = folder / "layout", f"{registry}/{repository}:{VERSION}"
    words = ["release", source, "--name", NAME, "--version", VERSION]
    targets = ["--to", f"oci:{layout}", "--to", reference]
    result = custody(*words, *targets, "--output", "release", cwd=folder, env=env)
    return Released(folder, layout, reference, result)


def spdx_purls(document: Mapping[str, Any]) -> dict[str, str]:
    """Give SPDX id → purl for the packages that have one."""
    return {
        package["SPDXID"]: ref["referenceLocator"]
        for package in document["packages"]
        for ref in package.get("externalRefs", ())
        if ref["referenceType"] == "purl"
    }


def cyclonedx_components(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the components that have a purl, nested ones too."""
    todo = list(document.get("components", ()))
    while todo:
        component = todo.pop()
        if "purl" in component:
            yield component
        todo += component.get("components", ())


def cyclonedx_purls(document: Mapping[str, Any]) -> set[str]:
    """Give the purls of a CycloneDX document's components."""
    return {component["purl"] for component in cyclonedx_components(document)}


def cyclonedx_layers(document: Mapping[str, Any]) -> dict[Known, set[str]]:
    """Give package → the digests of the layers that brought it."""
    return {
        split_purl(component["purl"]).known(): {
            row["value"] for row in component.get("properties", ()) if row["name"] == "custody:layer"
        }
        for component in cyclonedx_components(document)
    }


@dataclass(frozen=True, slots=True)
class Parts:
    """A purl in its parts, decoded; read here anew, so that a mistake in the reader under test cannot hide itself."""

    type: str
    namespace: str
    name: str
    version: str
    qualifiers: dict[str, str]

    def known(self) -> Known:
        name = f"{self.namespace}/{self.name}" if self.type == "npm" and self.namespace else self.name
        return Known(
            type=self.type,
            name=normal(name) if self.type == "pypi" else name,
            version=self.version,
            arch=self.qualifiers.get("arch", ""),
        )


def split_purl(text: str) -> Parts:
    """Read a purl as the package-url specification says."""
    rest, _, query = text.removeprefix("pkg:").partition("#")[0].partition("?")
    path, _, version = rest.rpartition("@") if "@" in rest else (rest, "", "")
    type_, _, path = path.partition("/")
    namespace, _, name = path.rpartition("/")
    qualifiers = {key: values[0] for key, values in parse_qs(query.replace("+", "%2B")).items()}
    return Parts(type_, unquote(namespace), unquote(name), unquote(version), qualifiers)
