"""`caseload webhook`: who is told of events, what they were told, and telling them again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cases.errors import InvalidInputError
from cli.command import AsJson, answer_json, messages, opened_store, output, settings_of
from cli.rights import duration, minute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases.telling import Told
    from cases.webhooks import Delivery, Webhook

app = typer.Typer(help="Tell other systems of events: docs/webhooks.md says of which, and how they are signed.")

WebhookArgument = Annotated[str, typer.Argument(metavar="ID", help="The receiver's id, from `webhook list`.")]


@app.command()
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="Where to; https, and at a public address.")],
    event: Annotated[
        list[str] | None,
        typer.Option("--event", metavar="NAME", help="What it is told of; repeat it for more. All if not given."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell the system at URL of what happens from now. Its secret goes to stdout, now and never again."""
    from cases.webhooks import checked_url
    from cli.contract.webhooks import WebhookAddedAnswer

    settings = settings_of(ctx)
    where, told = checked_url(url, settings.receivers_networks, field="URL"), _known(event)
    with opened_store(settings) as store:
        webhook, secret = store.add_webhook(where, told)
    if as_json:
        answer_json(WebhookAddedAnswer(webhook_id=webhook.id, secret=secret))
        return
    typer.echo(secret)
    messages().print(f"It is shown this once. The receiver's id is {webhook.id}.")


@app.command("list")
def list_webhooks(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the receivers, those removed too; never a secret."""
    from cli.contract.webhooks import ListedWebhook, WebhooksAnswer

    with opened_store(settings_of(ctx)) as store:
        webhooks = store.webhooks()
    if as_json:
        answer_json(WebhooksAnswer(webhooks=[ListedWebhook.of(webhook) for webhook in webhooks]))
        return
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("id", "url", "events", "since", "old secret until", "state"):
        table.add_column(heading)
    for webhook in webhooks:
        table.add_row(
            webhook.id,
            webhook.url,
            ", ".join(webhook.events),
            minute(webhook.created_at),
            minute(webhook.old_until),
            _state(webhook),
        )
    output().print(table if webhooks else "nobody is told yet; run `caseload webhook add URL`")


@app.command()
def rotate(
    ctx: typer.Context,
    webhook: WebhookArgument,
    overlap: Annotated[
        str,
        typer.Option("--overlap", metavar="DURATION", help="How long it is signed with the old secret too."),
    ] = "24h",
) -> None:
    """Give a receiver another secret, on stdout; for a while each message is signed with both."""
    from cases.webhooks import WebhookId

    with opened_store(settings_of(ctx)) as store:
        secret = store.rotate_webhook(WebhookId(webhook), duration(overlap, "--overlap"))
    typer.echo(secret)
    messages().print(f"It is shown this once. The old one signs beside it for {overlap} more.")


@app.command()
def pause(ctx: typer.Context, webhook: WebhookArgument) -> None:
    """Send a receiver nothing until it is resumed; what happens meanwhile waits."""
    from cases.webhooks import WebhookId

    with opened_store(settings_of(ctx)) as store:
        store.pause_webhook(WebhookId(webhook))
    output().print(f"{webhook} is sent nothing")


@app.command()
def resume(ctx: typer.Context, webhook: WebhookArgument) -> None:
    """Send to a receiver again, what has waited first."""
    from cases.webhooks import WebhookId

    with opened_store(settings_of(ctx)) as store:
        store.resume_webhook(WebhookId(webhook))
    output().print(f"{webhook} is sent what has waited, and what comes")


@app.command()
def remove(ctx: typer.Context, webhook: WebhookArgument) -> None:
    """Tell a receiver nothing more; its secrets and what it was not told are deleted."""
    from cases.webhooks import WebhookId

    with opened_store(settings_of(ctx)) as store:
        store.remove_webhook(WebhookId(webhook))
    output().print(f"{webhook} is told nothing more")


@app.command()
def dead(
    ctx: typer.Context,
    webhook: Annotated[
        str | None, typer.Argument(metavar="ID", help="To this receiver alone; to all if not given.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what was given up, the newest first."""
    from cases.webhooks import DeliveryState, WebhookId
    from cli.contract.webhooks import DeadLettersAnswer, ListedDelivery

    with opened_store(settings_of(ctx)) as store:
        found = store.deliveries(
            limit, state=DeliveryState.DEAD, webhook_id=None if webhook is None else WebhookId(webhook)
        )
    if as_json:
        answer_json(DeadLettersAnswer(deliveries=[ListedDelivery.of(delivery) for delivery in found]))
        return
    output().print(_table(found) if found else "nothing was given up")


@app.command()
def replay(
    ctx: typer.Context,
    webhook: Annotated[str | None, typer.Argument(metavar="ID", help="The receiver's id.")] = None,
    delivery: Annotated[
        int | None, typer.Option("--delivery", metavar="N", help="This one delivery, from `webhook dead`.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="WHEN", help="All since then that is kept: a time with its zone, or 4h, 3d ago."
        ),
    ] = None,
) -> None:
    """Send a receiver again what was given up, or all since a time; or one delivery. Ids of messages stay."""
    from cases.webhooks import WebhookId

    if (webhook is None) == (delivery is None) or (delivery is not None and since is not None):
        raise InvalidInputError(
            "'ID' must be given, with or without --since, or else --delivery alone (got neither or both); give one",
            field="ID",
        )
    begin = _since(since)
    with opened_store(settings_of(ctx)) as store:
        if webhook is not None:
            count = store.replay_webhook(WebhookId(webhook), begin)
        else:
            store.replay_delivery(delivery or 0)
            count = 1
    output().print(f"deliveries that are sent again: {count}")


def _known(given: Sequence[str] | None) -> tuple[Told, ...]:
    from cases.telling import Told

    strange = [name for name in given or () if name not in set(Told)]
    if strange:
        raise InvalidInputError(
            f"'--event' must be one of {', '.join(Told)} (got {len(strange[0])} characters); correct it",
            field="--event",
        )
    return tuple(Told(name) for name in given) if given else tuple(Told)


def _since(text: str | None) -> datetime | None:
    from cases.clock import as_utc, utc_now

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return utc_now() - duration(text, "--since")
    return as_utc(moment, field="--since")


def _state(webhook: Webhook) -> str:
    if webhook.removed_at is not None:
        return f"removed {minute(webhook.removed_at)}"
    if webhook.paused_at is not None:
        return f"paused {minute(webhook.paused_at)} ({webhook.paused_because})"
    return "active"


def _table(found: Sequence[Delivery]) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("delivery", "receiver", "event", "about", "happened", "attempts", "last status", "given up"):
        table.add_column(heading)
    for each in found:
        table.add_row(
            str(each.id),
            each.webhook_id,
            each.kind,
            each.about,
            minute(each.event_at),
            str(each.attempts),
            each.last_status,
            minute(each.done_at),
        )
    return table
