"""`caseload caller`: who may call the service, each with a bearer key."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from cli.command import messages, opened_store, output, settings_of

app = typer.Typer(help="Let systems call the service, each under a name and with a key of its own.")

Name = Annotated[str, typer.Argument(help="The caller's name, as events will show it.")]


@app.command()
def add(ctx: typer.Context, name: Name) -> None:
    """Let NAME call the service. The key goes to stdout, now and never again; only its hash is kept."""
    with opened_store(settings_of(ctx)) as store:
        key = store.add_caller(name)
    typer.echo(key)
    messages().print("It is shown this once. Send it as `Authorization: Bearer KEY`.")


@app.command("list")
def list_callers(ctx: typer.Context) -> None:
    """List the callers, the revoked ones too."""
    with opened_store(settings_of(ctx)) as store:
        callers = store.callers()
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("name", "since", "revoked"):
        table.add_column(heading)
    for caller in callers:
        revoked = f"{caller.revoked_at:%Y-%m-%d %H:%M}" if caller.revoked_at else ""
        table.add_row(caller.name, f"{caller.created_at:%Y-%m-%d %H:%M}", revoked)
    output().print(table if callers else "nobody may call yet; run `caseload caller add NAME`")


@app.command()
def revoke(ctx: typer.Context, name: Name) -> None:
    """Let NAME's key in no more; a running service follows within seconds."""
    with opened_store(settings_of(ctx)) as store:
        store.revoke_caller(name)
    output().print(f"{name} is let in no more")
