"""custody download: evidence as it is, verified or not."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options
from custody.cli.program import HELP
from custody.errors import InputError


@click.group("download", short_help=HELP["download"])
def COMMAND() -> None:
    """Fetch what is attached to an artifact. Nothing is verified here: see `custody verify-attestation`."""


@COMMAND.command("attestation")
@click.argument("artifact")
@click.option("--type", "kind", default="", metavar="TYPE", help="Only this predicate type; a short name or a URI.")
@click.option("--bundle", is_flag=True, help="Print whole Sigstore bundles, not their envelopes.")
def attestation(*, artifact: str, kind: str, bundle: bool) -> None:
    """Print every attestation of ARTIFACT, one line of JSON each (its DSSE envelope)."""
    from custody.model import predicate_types
    from custody.workflows.verify import bundle_line, envelope_line, find

    found = find(artifact, keys=())
    for problem in found.skipped:
        click.echo(f"custody: not read: {problem}", err=True)
    wanted = predicate_types(kind) if kind else None
    bundles = [b for b in found.bundles if wanted is None or b.evidence.predicate_type in wanted]
    if not bundles:
        raise InputError(artifact, f"there is no {kind or 'attestation'} to download")
    for item in bundles:
        click.echo(bundle_line(item) if bundle else envelope_line(item))


@COMMAND.command("sbom")
@click.argument("artifact")
@click.option("--output", type=options.FILE, help="Where to write it.  [default: the screen]")
def sbom(*, artifact: str, output: Path | None) -> None:
    """Print the SPDX document attached to ARTIFACT."""
    from custody.cli.output import deliver
    from custody.model import predicate_types, pretty_json
    from custody.workflows.verify import find

    kinds = predicate_types("spdxjson")
    bundles = [b for b in find(artifact, keys=()).bundles if b.evidence.predicate_type in kinds]
    if not bundles:
        raise InputError(artifact, "there is no SPDX document to download")
    deliver(pretty_json(bundles[-1].evidence.statement.predicate), output)
