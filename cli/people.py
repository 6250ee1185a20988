"""`caseload person`: which people may use the console, what each may do, and signing in where no proxy does it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from cli.command import AsJson, answer_json, opened_store, output, policy_of, settings_of
from cli.rights import Queues, Roles, known_queues, known_roles, minute, queues_shown

app = typer.Typer(help="Let people in, each with roles of their own; a trusted proxy signs them in, or a code does.")

Name = Annotated[str, typer.Argument(help="The person's name, written as the proxy does.")]


@app.command()
def add(ctx: typer.Context, name: Name, role: Roles = None, queue: Queues = None) -> None:
    """Let NAME in."""
    settings = settings_of(ctx)
    roles, queues = known_roles(role), known_queues(queue, policy_of(settings))
    with opened_store(settings) as store:
        store.add_person(name, roles, queues)
    output().print(f"{name} is let in as {', '.join(roles)}, queues: {queues_shown(queues)}")


@app.command()
def change(ctx: typer.Context, name: Name, role: Roles = None, queue: Queues = None) -> None:
    """Give NAME these roles and queues in place of those of before."""
    settings = settings_of(ctx)
    roles, queues = known_roles(role), known_queues(queue, policy_of(settings))
    with opened_store(settings) as store:
        store.change_person(name, roles, queues)
    output().print(f"{name} is now {', '.join(roles)}, queues: {queues_shown(queues)}")


@app.command()
def remove(ctx: typer.Context, name: Name) -> None:
    """Let NAME in no more; a running service follows within seconds."""
    with opened_store(settings_of(ctx)) as store:
        store.remove_person(name)
    output().print(f"{name} is let in no more")


@app.command("sign-in")
def sign_in(ctx: typer.Context, name: Name) -> None:
    """Make a code with which NAME signs in to the console where no proxy does it; it works once."""
    from cases.store import CODE_LASTS

    settings = settings_of(ctx)
    with opened_store(settings) as store:
        code = store.make_sign_in_code(name)
    minutes = int(CODE_LASTS.total_seconds() // 60)
    output().print(f"http://{settings.host}:{settings.port}/sign-in#{code}", soft_wrap=True, highlight=False)
    output().print(f"open it within {minutes} minutes; it signs {name} in once")


@app.command("list")
def list_people(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the people, those removed too."""
    from cli.contract.rights import ListedPerson, PeopleAnswer

    with opened_store(settings_of(ctx)) as store:
        people = store.people()
    if as_json:
        answer_json(PeopleAnswer(people=[ListedPerson.model_validate(person) for person in people]))
        return
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("name", "roles", "queues", "since", "removed"):
        table.add_column(heading)
    for person in people:
        table.add_row(
            person.name,
            ", ".join(person.roles),
            queues_shown(person.queues),
            minute(person.created_at),
            minute(person.removed_at),
        )
    output().print(table if people else "nobody is let in yet; run `caseload person add NAME --role ROLE`")
