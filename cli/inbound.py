"""`caseload inbound`: which systems may send reports signed, in place of a key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cases.errors import InvalidInputError
from cli.command import AsJson, answer_json, messages, opened_store, output, settings_of
from cli.rights import duration, minute

app = typer.Typer(help="Let systems send reports that they sign, without a key: docs/inbound.md says how.")

Source = Annotated[str, typer.Argument(help="The reports' source, which stands in the path.")]
SecretFile = Annotated[
    str | None,
    typer.Option("--secret-file", metavar="FILE", help="A file that holds the secret alone; - reads it from stdin."),
]


@app.command()
def add(
    ctx: typer.Context,
    source: Source,
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="How it signs: zendesk or generic.")],
    secret_file: SecretFile = None,
) -> None:
    """Let SOURCE send reports. Zendesk makes its own secret; a generic source is given one on stdout, once."""
    from cases.inbound import InboundKind
    from cases.webhooks import new_secret

    if kind not in set(InboundKind):
        raise InvalidInputError(
            f"'--kind' must be one of {', '.join(InboundKind)} (got {len(kind)} characters); choose one",
            field="--kind",
        )
    made = new_secret() if kind == InboundKind.GENERIC and secret_file is None else None
    secret = made or _read(secret_file)
    with opened_store(settings_of(ctx)) as store:
        store.add_inbound(source, InboundKind(kind), secret)
    if made is not None:
        typer.echo(made)
        messages().print("It is shown this once.")
    messages().print(f"It posts to /v1/inbound/{kind}/{source}.")


@app.command()
def rotate(
    ctx: typer.Context,
    source: Source,
    secret_file: SecretFile = None,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="DURATION", help="How long the secret of before is taken too.")
    ] = "24h",
) -> None:
    """Give SOURCE another secret; the one of before is taken for a while longer."""
    from cases.inbound import InboundKind
    from cases.webhooks import new_secret

    with opened_store(settings_of(ctx)) as store:
        known = {each.source: each.kind for each in store.inbound_sources()}
        made = new_secret() if known.get(source) is InboundKind.GENERIC and secret_file is None else None
        store.rotate_inbound(source, made or _read(secret_file), duration(overlap, "--overlap"))
    if made is not None:
        typer.echo(made)
    messages().print(f"The secret of before is taken for {overlap} more.")


@app.command("list")
def list_inbound(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the sources, those removed too; never a secret."""
    from cli.contract.inbound import InboundAnswer, ListedSource

    with opened_store(settings_of(ctx)) as store:
        sources = store.inbound_sources()
    if as_json:
        answer_json(InboundAnswer(sources=[ListedSource.model_validate(each) for each in sources]))
        return
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("source", "kind", "since", "old secret until", "removed"):
        table.add_column(heading)
    for each in sources:
        table.add_row(
            each.source, each.kind, minute(each.created_at), minute(each.old_until), minute(each.removed_at)
        )
    output().print(table if sources else "no system sends reports signed yet; run `caseload inbound add SOURCE`")


@app.command()
def remove(ctx: typer.Context, source: Source) -> None:
    """Take nothing more from SOURCE; its secrets are deleted."""
    with opened_store(settings_of(ctx)) as store:
        store.remove_inbound(source)
    output().print(f"nothing more is taken from {source}")


def _read(file: str | None) -> str:
    """The secret in a file.

    Raises:
        InvalidInputError: None was named.
        OSError: It cannot be read.
    """
    if file is None:
        raise InvalidInputError(
            "'--secret-file' must name a file that holds the secret (got none); Zendesk shows it on the webhook's "
            "page",
            field="--secret-file",
        )
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8", errors="replace")
    return text.strip()
