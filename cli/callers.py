"""`caseload caller`: which systems may call the service, each with a bearer key, and what each may do."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from cli.command import AsJson, answer_json, messages, opened_store, output, policy_of, settings_of
from cli.rights import Queues, Roles, duration, end_after, known_queues, known_roles, minute, queues_shown

app = typer.Typer(help="Let systems call the service, each under a name, with a key and with roles of its own.")

Name = Annotated[str, typer.Argument(help="The caller's name, as events will show it.")]
Expires = Annotated[
    str | None,
    typer.Option("--expires", metavar="DURATION", help="How long the key lasts: 12h, 90d. For ever if not."),
]
Overlap = Annotated[
    str,
    typer.Option("--overlap", metavar="DURATION", help="How long the key of before is let in beside the new one."),
]


@app.command()
def add(ctx: typer.Context, name: Name, role: Roles = None, queue: Queues = None, expires: Expires = None) -> None:
    """Let NAME call the service. The key goes to stdout, now and never again; only its hash is kept."""
    settings = settings_of(ctx)
    roles, queues, ends = known_roles(role), known_queues(queue, policy_of(settings)), end_after(expires)
    with opened_store(settings) as store:
        key = store.add_caller(name, roles, queues, ends)
    typer.echo(key)
    messages().print("It is shown this once. Send it as `Authorization: Bearer KEY`.")


@app.command()
def rotate(ctx: typer.Context, name: Name, overlap: Overlap = "24h", expires: Expires = None) -> None:
    """Give NAME another key, on stdout; the one of before is let in for a while longer. Roles and queues stay."""
    with opened_store(settings_of(ctx)) as store:
        key = store.rotate_caller(name, duration(overlap, "--overlap"), end_after(expires))
    typer.echo(key)
    messages().print(f"It is shown this once. The key of before is let in for {overlap} more.")


@app.command("list")
def list_callers(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the callers, the revoked ones too."""
    from cli.contract.rights import CallersAnswer, ListedCaller

    with opened_store(settings_of(ctx)) as store:
        callers = store.callers()
    if as_json:
        answer_json(CallersAnswer(callers=[ListedCaller.model_validate(caller) for caller in callers]))
        return
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("name", "roles", "queues", "since", "until", "old key until", "revoked"):
        table.add_column(heading)
    for caller in callers:
        table.add_row(
            caller.name,
            ", ".join(caller.roles),
            queues_shown(caller.queues),
            minute(caller.created_at),
            minute(caller.expires_at),
            minute(caller.old_expires_at),
            minute(caller.revoked_at),
        )
    output().print(table if callers else "nobody may call yet; run `caseload caller add NAME --role ROLE`")


@app.command()
def revoke(ctx: typer.Context, name: Name) -> None:
    """Let NAME's keys in no more; a running service follows within seconds."""
    with opened_store(settings_of(ctx)) as store:
        store.revoke_caller(name)
    output().print(f"{name} is let in no more")
