"""Image references as Dockerfiles, Compose files and charts write them, and what they are as packages.

    image_package("ghcr.io/org/app:1.2", file.location("line 3"))       # pkg:docker/org/app@1.2?repository_url=ghcr.io
    expand("${BASE:-debian}:12", {})                                    # "debian:12"

A digest names one image wherever it lies, so such a reference is of type `oci`; a tag is what a registry says today,
and its type is `docker`. A reference with neither has no version: what `latest` will be is not written there.

Specs: https://github.com/distribution/reference (grammar and familiar names); purl types `docker` and `oci`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from custody.model import CHECKSUM_LENGTHS, Location, Package, Purl

__all__ = ["expand", "image_package"]

_REFERENCE = re.compile(
    r"(?:(?P<host>localhost(?::\d+)?|[A-Za-z0-9][A-Za-z0-9-]*(?::\d+|(?:\.[A-Za-z0-9-]+)+(?::\d+)?)|\[[0-9a-f:]+\](?::\d+)?)/)?"
    r"(?P<path>[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+:[0-9a-f]+))?"
)
_DOCKER_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")
"""The registry that is meant where none is written: its own names for itself are left out, so that one image has one
purl."""
_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?:(?P<op>:?[-+?])(?P<word>[^{}$]*))?\})"
)


def image_package(reference: str, location: Location) -> Package | None:
    """Give the image as a package that is not installed, None where `reference` is not one."""
    match = _REFERENCE.fullmatch(reference)
    if match is None or len(reference) > 1000:
        return None
    host, path = (match["host"] or "").lower(), match["path"]
    host = "" if host in _DOCKER_HUB else host
    if not host:
        path = path.removeprefix("library/")
    namespace, _, name = path.rpartition("/")
    tag, digest = match["tag"] or "", match["digest"] or ""
    if digest:
        algorithm, _, value = digest.partition(":")
        if len(value) != CHECKSUM_LENGTHS.get(algorithm):
            return None
        where = f"{host}/{path}" if host else path
        qualifiers = (("repository_url", where if host or namespace else ""), ("tag", tag))
        purl = Purl("oci", name, digest, qualifiers=qualifiers)
    else:
        purl = Purl("docker", name, tag, namespace, qualifiers=(("repository_url", host),))
    return Package(
        purl=purl,
        name=f"{host}/{path}" if host else path,
        version=digest or tag,
        locations=(location,),
        purpose="CONTAINER",
        installed=False,
    )


def expand(text: str, values: Mapping[str, str]) -> str | None:
    """Give a text with its `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:+other}` filled in.

    None where a variable has neither a value nor a default: what it will be is known only where it runs.
    Spec: Dockerfile reference, "Environment replacement"; Compose specification, "Interpolation".
    """
    parts: list[str] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        if match["escaped"]:
            parts.append("$")
            continue
        value = values.get(match["bare"] or match["name"])
        op, word = match["op"] or "", match["word"] or ""
        there = value is not None and (bool(value) or not op.startswith(":"))
        if op.endswith("+"):
            parts.append(word if there else "")
        elif there:
            parts.append(value or "")
        elif op.endswith("-"):
            parts.append(word)
        else:
            return None
    parts.append(text[end:])
    done = "".join(parts)
    return done if "$" not in done or "$$" in text else None
