"""The main job on examples/whisperengine, as a person would do it: a denial, three exceptions, an approval.

Everything happens in the folder `demo/`, which is made anew each time; no network is used. Each command is printed
before it runs, so that the screen can be read as a tour; each exit code is checked, so that a demo that is wrong fails.
"""

from __future__ import annotations

import datetime as dt
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo"
EXAMPLE = "../examples/whisperengine"
RELEASE = (
    *("release", EXAMPLE, "--name", "whisperengine", "--version", "1.2.3", "--policy", f"{EXAMPLE}/policy.yaml"),
    *("--to", "oci:./registry-a", "--to", "oci:./registry-b", "--output", "release/"),
)
EXCEPTIONS = {
    "CVE-2024-39689": "the service trusts one pinned host, not the bundle of roots",
    "CVE-2024-34069": "the debugger is never enabled outside a development machine",
    "CVE-2026-27601": "it sees one flat message at a time, never anything nested",
}


def custody(*arguments: str, expect: int = 0) -> None:
    """Run one command and show it; stop the demo when it ends otherwise than it should."""
    print(f"\n$ custody {shlex.join(arguments)}", flush=True)
    environment = {**os.environ, "CUSTODY_DB": ""}  # the database that comes with custody, whatever was imported here
    ended = subprocess.run([sys.executable, "-m", "custody", *arguments], cwd=DEMO, env=environment, check=False)
    if ended.returncode != expect:
        sys.exit(f"demo: expected exit code {expect}, got {ended.returncode}")


def tell(text: str) -> None:
    """Print a line of the story."""
    print(f"\n── {text}", flush=True)


def main() -> None:
    """Tell the story."""
    shutil.rmtree(DEMO, ignore_errors=True)
    DEMO.mkdir()
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=90)).date().isoformat()
    tell("A first try. The policy allows nothing above MEDIUM, so this is denied, and nothing is published.")
    custody(*RELEASE, expect=1)
    tell("The team looks at what is left, and somebody answers for it until a day.")
    for identifier, reason in EXCEPTIONS.items():
        custody(
            *("exception", "add", identifier, "--reason", reason),
            *("--owner", "maya@whisperengine.example", "--approver", "security@whisperengine.example"),
            *("--expires", until),
        )
    tell("Again. Every finding that counts is within the policy now.")
    custody(*RELEASE)
    tell("Anyone with the public key can check what was published; no network is needed.")
    custody("verify", "oci:./registry-a:1.2.3", "--key", "release/custody.pub")
    custody("policy", "check", "oci:./registry-b:1.2.3", "--policy", f"{EXAMPLE}/policy.yaml")
    custody("audit", "verify")
    custody(
        *("report", "--format", "nist-ssdf", "--sbom", "release/sbom-latest.spdx.json"),
        *("--output", "compliance-report.pdf"),
    )
    page = DEMO.relative_to(ROOT) / "release" / "index.html"
    tell(f"Done. Open {page} in a browser; the report is demo/compliance-report.pdf.")


if __name__ == "__main__":
    main()
