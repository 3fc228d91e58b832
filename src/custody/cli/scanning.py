"""Options of `custody scan`, and what their texts mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from custody.errors import UsageError

if TYPE_CHECKING:
    from custody.workflows.scan import FailOn

__all__ = ["FAIL_ON_HELP", "OUTPUT_HELP", "author", "by_cpe", "check_formats", "parse_fail_on", "setting_aside"]

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(dir_okay=False, path_type=Path)
_SEVERITIES = ("low", "medium", "high", "critical")

OUTPUT_HELP = (
    "table, json, sarif, html, openvex, cyclonedx-json, …; to a file, or to the screen. May be repeated.  "
    "[default: table]"
)
FAIL_ON_HELP = (
    "Exit with 1 when a finding is this severe or worse (low, medium, high, critical), has this risk or more (risk=N "
    "of 100; risk means 70), or is known to be exploited (kev); and when that cannot be known. May be repeated."
)


def setting_aside(function: F) -> F:
    """Add --ignore-file, --vex and --key: what takes findings out of the count."""
    text = "Public key: VEX statements attached to the image count where it verifies them. May be repeated."
    function = click.option("--key", "keys", type=_FILE, multiple=True, help=text)(function)
    text = "VEX statements: OpenVEX, CSAF or CycloneDX. May be repeated."
    function = click.option("--vex", type=_FILE, multiple=True, help=text)(function)
    text = "Findings to set aside, each with a reason and an end.  [default: .custody-ignore.yaml, where it is there]"
    return click.option("--ignore-file", type=_FILE, help=text)(function)


def by_cpe(function: F) -> F:
    """Add --by-cpe and --by-cpe-for-all, as one parameter `by_cpe`."""
    text = "Ask by CPE names about every package that has one."
    function = click.option("--by-cpe-for-all", "by_cpe", flag_value="all", type=str, help=text)(function)
    text = "Ask by CPE names about what no ecosystem's advisories cover; such findings have low confidence, and count."
    option = click.option("--by-cpe", "by_cpe", flag_value="uncovered", default="never", type=str, help=text)
    return option(function)


def author(function: F) -> F:
    """Add --author and --namespace: who states what an OpenVEX or a CSAF document says."""
    text = "With -o openvex or csaf: who states it, a person or an organisation."
    function = click.option("--author", default="", metavar="NAME", help=text)(function)
    text = "With -o csaf: an address of the author's, such as https://psirt.team.example."
    return click.option("--namespace", default="", metavar="URL", help=text)(function)


def check_formats(wanted: Sequence[tuple[str, Path | None]], author: str = "", namespace: str = "") -> None:
    """Raise UsageError for an output format that is not there, or for one that has to name its author."""
    forms = [form for form, _ in wanted if form not in ("table", "json")]
    if not forms:
        return
    from custody.workflows.scan_documents import VEX, formats
    from custody.workflows.vex_out import Author, check_vex

    known = formats()
    for form in forms:
        if form not in known:
            raise UsageError(f"-o {form}", "unknown format", f"expected one of {', '.join(known)}")
    if vex := [form for form in forms if form in VEX]:
        check_vex(vex, Author(name=author, namespace=namespace))


def parse_fail_on(texts: Sequence[str]) -> list[FailOn]:
    """Read the texts of --fail-on; UsageError for one that means nothing."""
    if not texts:
        return []
    from custody.advisories.risk import RISK_THRESHOLD
    from custody.workflows.scan import FailOn

    found = []
    for text in texts:
        word, equals, number = text.strip().lower().partition("=")
        if word in _SEVERITIES and not equals:
            found.append(FailOn(severity=word.upper()))
        elif word == "kev" and not equals:
            found.append(FailOn(kev=True))
        elif word == "risk":
            found.append(FailOn(risk=_number(number) if equals else RISK_THRESHOLD))
        else:
            expected = f"expected {', '.join(_SEVERITIES)}, risk, risk=N or kev"
            raise UsageError("--fail-on", f"it cannot be {text!r}", expected)
    return found


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise UsageError("--fail-on", f"expected a risk from 0 to 100, got {text!r}", "write it as risk=70")
    return value
