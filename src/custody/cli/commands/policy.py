"""custody policy: check a policy file, or an artifact against it."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli import options
from custody.cli.program import HELP


@click.group("policy", short_help=HELP["policy"])
def COMMAND() -> None:
    """Check what has to be proven before an artifact may be used."""


@COMMAND.command("check")
@click.argument("artifact", required=False)
@click.option("--policy", type=options.INPUT, required=True, help="The policy file.")
@click.option(
    "--name",
    default="",
    help="The artifact's name, as the policy calls it.  [default: from its signed evidence, else its reference]",
)
@options.keys
@options.output_json
@click.pass_context
def check(
    ctx: click.Context, *, artifact: str | None, policy: Path, name: str, keys: tuple[Path, ...], form: str
) -> int:
    """Check ARTIFACT (oci:DIR[:TAG] or host/repo:tag) against the policy, on the evidence that is attached to it.

    Without ARTIFACT only the policy file itself is checked. Exit code 1: denied.
    """
    from custody.workflows.context import now
    from custody.workflows.keys import trusted_keys
    from custody.workflows.policy_check import check_artifact, decision_json, load_policy

    loaded = load_policy(policy)
    if artifact is None:
        names = ", ".join(container.name for container in loaded.containers)
        click.echo(f"{policy}: valid; {loaded.name} covers {names}")
        return 0
    trusted = trusted_keys(options.workspace_of(ctx), keys)
    decision = check_artifact(artifact, loaded, name=name, keys=trusted, now=now())
    if form == "json":
        click.echo(decision_json(decision), nl=False)
        return 0 if decision.allowed else 1
    click.echo(f"{artifact}  {'ALLOWED' if decision.allowed else 'DENIED'} by {decision.policy_name}")
    for verdict in decision.verdicts:
        mark = {"pass": "✓", "fail": "✗", "unknown": "?"}[verdict.outcome]
        cites = "".join(f"  evidence {digest.short}" for digest in verdict.evidence)
        click.echo(f"  {mark} {verdict.rule:<16} {verdict.reason}{cites}")
        for detail in verdict.details:
            click.echo(f"      {detail}")
    return 0 if decision.allowed else 1


@COMMAND.command("rules")
def rules() -> None:
    """List the rules that a policy can use."""
    from custody.cli.tables import table
    from custody.policy import RULES

    click.echo(table(("RULE", "DEMANDS"), [(name, rule.summary) for name, rule in RULES.items()]), nl=False)
