"""custody release: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from custody.cli import options
from custody.cli.program import HELP

if TYPE_CHECKING:
    from custody.advisories import Chosen


@click.command("release", short_help=HELP["release"])
@click.argument("source")
@click.option("--name", required=True, help="What the artifact is called; a policy knows it by this name.")
@click.option("--version", required=True, help="Its version.")
@click.option("--policy", type=options.INPUT, help="The policy that it must satisfy before it is published.")
@click.option("--to", "targets", multiple=True, metavar="TARGET", help="oci:DIR[:TAG] or host/repo[:tag]; may repeat.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("release"),
    show_default=True,
    help="The release folder.",
)
@click.option("--author", default="", help='Who answers for the SBOM: "Organization: Example" or "Person: A. Name".')
@options.signing_key
@options.database
@options.platform
@options.output_json
@click.pass_context
def COMMAND(
    ctx: click.Context,
    *,
    source: str,
    name: str,
    version: str,
    policy: Path | None,
    targets: tuple[str, ...],
    output: Path,
    author: str,
    key: Path | None,
    passphrase_file: Path | None,
    database: Chosen,
    platform: str | None,
    form: str,
) -> int:
    """Make a release of SOURCE.

    List what is in it, write its SBOM, scan it, sign and attest all of that, let the policy decide, publish artifact
    and evidence to every target, log each step, and write a report.

    SOURCE is dir:PATH, file:PATH, oci:DIR[:TAG], docker-archive:FILE, an image reference host/repo:tag, or a plain
    path, recognised by what it holds.

    Exit code 1: the policy denies it; nothing was published. 4: a target could not be reached; the others are
    published.
    """
    from custody.cli.progress import listener
    from custody.cli.summary import release_json, release_text
    from custody.workflows.context import actor, document_time, now
    from custody.workflows.release import ReleaseRequest, release

    request = ReleaseRequest(
        source=source,
        name=name,
        version=version,
        output=output,
        workspace=options.workspace_of(ctx),
        actor=actor(),
        clock=now,
        document_time=document_time(),
        targets=targets,
        policy=policy,
        platform=platform,
        key=key,
        passphrase=options.passphrase(passphrase_file),
        database=database,
        author=author,
    )
    result = release(request, listener(quiet=form == "json"))
    click.echo(release_json(result) if form == "json" else release_text(result), nl=False)
    return result.exit_code
