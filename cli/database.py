"""`caseload db`: the record's schema, up, down, and where it stands."""

from __future__ import annotations

from typing import Annotated

import typer

from cases.errors import NotMigratedError
from cli.command import AsJson, answer_json, messages, opened_store, output, policy_of, settings_of

app = typer.Typer(help="Bring the record's database to a schema, and see where it stands.")


@app.command()
def upgrade(ctx: typer.Context) -> None:
    """Bring the database to this version's schema; an SQLite file is made where there is none."""
    from cases.store.migrate import current
    from cases.store.migrate import upgrade as migrate_up

    settings = settings_of(ctx)
    policy = policy_of(settings)
    before = current(settings.database_url)
    migrate_up(settings.database_url)
    with opened_store(settings) as store:
        # The view of first touch against SLA measures by the policy's times.
        store.register_policy(policy)
    after = current(settings.database_url)
    step = f"at {after} already" if before == after else f"{before or 'empty'} → {after}"
    output().print(f"{_shown(settings.database_url)}: {step}")


@app.command()
def downgrade(
    ctx: typer.Context,
    revision: Annotated[str, typer.Argument(help="The revision to go back to; `base` drops every table.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask; what the newer schema alone holds is lost.")
    ] = False,
) -> None:
    """Take the database back to an earlier schema; what only the newer one holds is lost."""
    from cases.store.migrate import current
    from cases.store.migrate import downgrade as migrate_down

    settings = settings_of(ctx)
    if not yes:
        shown = _shown(settings.database_url)
        typer.confirm(f"Take {shown} down to {revision} and lose what it cannot hold? (--yes skips this)", abort=True)
    migrate_down(settings.database_url, revision)
    output().print(f"{_shown(settings.database_url)}: now at {current(settings.database_url) or 'empty'}")


@app.command()
def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Say where the database is, at which schema, how much waits and which model serves."""
    from cases.store.migrate import current
    from cli.contract.record import DatabaseAnswer

    settings = settings_of(ctx)
    revision = current(settings.database_url)
    why, undecided, champion = "", None, None
    try:
        with opened_store(settings) as store:
            undecided, row = store.queue_length(), store.champion()
            champion = f"{row.name}/{row.version}" if row else None
    except NotMigratedError as error:
        why = str(error)
    answer = DatabaseAnswer(
        database=_shown(settings.database_url),
        revision=revision,
        ready=not why,
        undecided=undecided,
        champion=champion,
    )
    if as_json:
        answer_json(answer)
    else:
        out = output()
        out.print(f"database   {answer.database}")
        out.print(f"revision   {answer.revision or 'none'}, {'as it must be' if answer.ready else 'not ready'}")
        if answer.ready:
            out.print(f"undecided  {answer.undecided}")
            out.print(f"champion   {answer.champion or 'none; run `caseload train` and `caseload promote`'}")
    if why:
        messages().print(f"caseload: {why}")
        raise typer.Exit(1)


def _shown(url: str) -> str:
    """The database's URL without its password."""
    from cases.store.engine import database_url

    return database_url(url).render_as_string(hide_password=True)
