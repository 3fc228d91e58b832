"""Fixtures of the tests against foreign tools. Each skips with its reason where this machine cannot serve it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.interop import docker_registry, image
from tests.interop.command import Released, release
from tests.interop.docker_registry import Registry
from tests.interop.foreign import Unavailable, require, run
from tests.interop.image import Image


def unavailable(reason: Unavailable) -> NoReturn:
    """Skip; or fail where whoever runs the tests wants none left out."""
    if os.environ.get("CUSTODY_TEST_REQUIRE_INTEROP"):
        pytest.fail(f"CUSTODY_TEST_REQUIRE_INTEROP is set, and {reason}", pytrace=False)
    pytest.skip(str(reason))


@pytest.fixture(scope="session")
def skopeo() -> Callable[..., str]:
    """Give a function that runs skopeo and returns what it printed."""
    try:
        require("skopeo")
    except Unavailable as reason:
        unavailable(reason)
    return lambda *words: run(["skopeo", *words])


@pytest.fixture(scope="session")
def debian_image(request: pytest.FixtureRequest) -> Image:
    """Give the real Debian image: from the cache, or made now, which takes about three minutes."""
    chosen = os.environ.get("CUSTODY_TEST_CACHE")
    cache = Path(chosen) if chosen else request.config.cache.mkdir("interop-image")
    try:
        return image.cached(cache)
    except Unavailable as reason:
        unavailable(reason)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Give a running docker-registry that lets everyone in."""
    yield from _registry(tmp_path_factory.mktemp("registry"), login=False)


@pytest.fixture(scope="session")
def registry_with_login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Give a running docker-registry that wants `docker_registry.USER` and `PASSWORD`."""
    yield from _registry(tmp_path_factory.mktemp("registry-login"), login=True)


def _registry(folder: Path, *, login: bool) -> Iterator[Registry]:
    try:
        require("docker-registry")
    except Unavailable as reason:
        unavailable(reason)
    with docker_registry.running(folder, login=login) as started:
        yield started


@pytest.fixture(scope="session")
def released(
    debian_image: Image, registry: Registry, skopeo: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Released]:
    """Give a function that releases the image from one kind of source: once, however many tests ask for it.

    Kinds: oci, zstd, docker-archive, registry, index (of two platforms).
    """
    made: dict[str, Released] = {}
    in_registry = f"{registry.address}/base/image:latest"

    def source(kind: str) -> str:
        if kind == "registry":
            from_layout = f"oci:{debian_image.oci}:latest"
            skopeo("copy", "--quiet", "--dest-tls-verify=false", from_layout, f"docker://{in_registry}")
            return in_registry
        return {
            "oci": f"oci:{debian_image.oci}",
            "zstd": f"oci:{debian_image.zstd}:latest",
            "docker-archive": f"docker-archive:{debian_image.archive}",
            "index": f"oci:{debian_image.multi}:latest",
        }[kind]

    def make(kind: str) -> Released:
        if kind not in made:
            folder = tmp_path_factory.mktemp(f"release-{kind}")
            made[kind] = release(source(kind), folder, registry=registry.address, repository=f"team/{kind}")
        done = made[kind].result
        if done.returncode:
            pytest.fail(f"custody release of {kind}: exit {done.returncode}\n{done.stderr[-4000:]}", pytrace=False)
        return made[kind]

    return make
