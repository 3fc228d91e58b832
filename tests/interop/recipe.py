"""The layers of the image, in order: what each runs, where, and why it is there.

Versions of what is named are pinned; what they depend on is whatever the indexes give on the day, so nothing here says
what the image holds: truth.py asks the package managers.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.interop import handmade
from tests.interop.foreign import inside, run
from tests.interop.truth import NPM_ROOT, VENV

_APT = "apt-get -o APT::Sandbox::User=root -qq"
_INSTALL = f"{_APT} install -y --no-install-recommends"
_CLEAN = "apt-get clean; rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/*.log /root/.cache"
_PIP = f"{VENV}/bin/pip install --quiet --only-binary :all:"
_TARGET = f"{_PIP} --no-deps --no-compile --target"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A layer: `change` works on the root, and what differs afterwards is the layer."""

    comment: str
    change: Callable[[Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandmadeStep:
    """A layer whose tar `write` makes itself, from what `stage` installs into a folder of its own."""

    comment: str
    stage: str  # a shell script; it writes below /run/out
    write: Callable[[Path, Path], None]  # (the tar to write, the staged folder)


def debian(rootfs: Path) -> None:
    """Debian packages: two architectures, one on hold, three that will be removed."""
    inside(
        rootfs,
        f"""
        {_APT} update
        {_INSTALL} python3 python3-venv python3-yaml python3-requests python3-toml tree nano
        other=i386; [ "$(dpkg --print-architecture)" = amd64 ] || other=armhf
        dpkg --add-architecture "$other"
        {_APT} update 2>/dev/null || true  # a mirror may lack the other architecture's updates; the next line will tell
        {_INSTALL} gcc-12-base:"$other"
        apt-mark hold libyaml-0-2 >/dev/null
        {_CLEAN}
        """,
    )


def python(rootfs: Path) -> None:
    """A virtual environment with old and new packages, and folders filled with `pip install --target`."""
    inside(
        rootfs,
        f"""
        python3 -m venv {VENV}
        {_PIP} flask==1.0.2 werkzeug==0.15.2 jinja2==2.10.1 markupsafe==2.1.5 requests==2.19.1 \
          pyyaml==6.0.1 zope.event==4.6 ruamel.yaml==0.18.6 rich==13.7.1 sqlparse==0.4.1
        {_TARGET} /opt/plugins six==1.15.0 tomli==2.0.1
        {_TARGET} /opt/legacy toml==0.10.1
        {_TARGET} /opt/tools pathspec==0.9.0
        {_TARGET} /opt/again packaging==20.9
        """,
    )


def node(rootfs: Path) -> None:
    """An npm tree with scopes, nested versions and an alias.

    Its lock also names what is not there: a development dependency, and an optional one for another system.
    """
    web = rootfs / NPM_ROOT.strip("/")
    web.mkdir(parents=True)
    manifest = {
        "name": "storefront",
        "version": "0.3.1",
        "private": True,
        "dependencies": {
            "@babel/code-frame": "7.18.6",
            "chokidar": "3.5.3",
            "express": "4.16.0",
            "lodash": "4.17.15",
            "lodash-before": "npm:lodash@4.17.11",
            "minimist": "1.2.0",
            "moment": "2.24.0",
            "ws": "7.2.0",
        },
        "devDependencies": {"left-pad": "1.3.0"},
    }
    (web / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")
    _npm(web, "install")


def application(rootfs: Path) -> None:
    """The application's own files: links of every kind, and lists of what was wanted rather than what is there."""
    app = rootfs / "opt/app"
    app.mkdir(parents=True)
    # A build copies its requirements in; one of these pins is stale after the next layer, one was never installed.
    (app / "requirements.txt").write_text("flask==1.0.2\njinja2==2.10.1\nsqlparse==0.4.1\nnever-installed==1.0\n")
    (app / "main.py").write_text("print('ready')\n")
    (app / "main-again.py").hardlink_to(app / "main.py")
    (app / "current").symlink_to("../../srv/web")
    (app / "loop").symlink_to("loop")
    (app / "nowhere").symlink_to("/no/such/place")
    (rootfs / "srv/site").symlink_to("web")
    # As an installer with a store of its own does it: the metadata is a second name of a file whose first name, and
    # with it the bytes in the tar, is in the store.
    inside(
        rootfs,
        f"""
        {_TARGET} /opt/linked attrs==21.4.0
        mkdir /opt/.store
        ln /opt/linked/attrs-21.4.0.dist-info/METADATA /opt/.store/metadata
        ln /opt/linked/attrs-21.4.0.dist-info/RECORD /opt/.store/record
        """,
    )


def removals(rootfs: Path) -> None:
    """Each way a package leaves: purged, removed but for its configuration, uninstalled, replaced, deleted by hand."""
    inside(
        rootfs,
        f"""
        dpkg --purge tree python3-toml
        dpkg --remove nano
        rm -rf /var/log/apt /var/log/*.log
        {VENV}/bin/pip uninstall --quiet --yes sqlparse
        {_PIP} --upgrade jinja2==3.1.6
        rm -rf /opt/tools
        rm -rf /opt/again
        {_TARGET} /opt/again packaging==23.2
        """,
    )
    web = rootfs / NPM_ROOT.strip("/")
    _npm(web, "uninstall", "moment")
    _npm(web, "install", "ws@7.5.9")


def _npm(web: Path, *command: str) -> None:
    settings = ("--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    run(["npm", *command, *settings], cwd=web)


STEPS: tuple[Step | HandmadeStep, ...] = (
    Step(comment="apt-get install", change=debian),
    Step(comment="python3 -m venv; pip install", change=python),
    Step(comment="npm install", change=node),
    Step(comment="COPY application", change=application),
    Step(comment="remove, uninstall, upgrade", change=removals),
    HandmadeStep(
        comment="opaque directories, a directory become link, PAX names",
        stage=f"""
        {_TARGET} /run/out/plugins colorama==0.4.6
        {_TARGET} /run/out/tools iniconfig==2.0.0
        {_TARGET} /run/out/long pluggy==1.5.0
        """,
        write=lambda tar, staged: handmade.write_pax_layer(tar, staged=staged),
    ),
    HandmadeStep(
        comment="GNU names, hard links",
        stage=f"{_TARGET} /run/out/gnu tomlkit==0.12.5",
        write=lambda tar, staged: handmade.write_gnu_layer(tar, staged=staged),
    ),
)


def bootstrap(tar: Path, work: Path) -> None:
    """Make the first layer: Debian's essential packages and apt, from the machine's own apt sources."""
    sources = work / "debian.sources"
    known = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
    for path in known:
        if path.is_file() and path.read_text().strip():
            sources = work / path.name
            shutil.copyfile(path, sources)
            break
    run(["mmdebstrap", "--variant=minbase", "--skip=output/dev", suite(), tar, sources])


def suite() -> str:
    """Give the code name of the machine's Debian: its apt sources are of that suite."""
    release = Path("/etc/os-release")
    fields = dict(line.split("=", 1) for line in release.read_text().splitlines() if "=" in line)
    return fields.get("VERSION_CODENAME", "").strip('"') if fields.get("ID", "").strip('"') == "debian" else ""
