"""`caseload audit`: sealing the log of events, where its chain ends, and whether it holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cases.errors import InvalidInputError
from cli.command import AsJson, answer_json, messages, opened_store, output, settings_of

if TYPE_CHECKING:
    from cases.seals import ChainHead, Verification
    from cli.contract.audit import AuditVerifyAnswer

app = typer.Typer(help="Seal the log of events, and verify that nobody has changed it since.")


@app.command()
def seal(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Seal all events that no seal has taken in yet; a running service does the same every minute."""
    from cli.contract.audit import AuditSealAnswer

    settings = settings_of(ctx)
    made = 0
    with opened_store(settings) as store:
        link = store.chain_head().link
        while (new := store.seal(settings.seal_key, upon=link)) is not None:
            made, link = made + 1, new.link
        last = store.chain_head()
    if as_json:
        answer_json(AuditSealAnswer(seals=made, seal=last.seal, head=last.head, events=last.events))
    else:
        output().print(f"new seals: {made}; {last.events} events are sealed, the last seal is {last.seal}")


@app.command()
def head(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Print where the chain ends, for safe keeping elsewhere; nothing is checked."""
    from cli.contract.audit import AuditHeadAnswer

    with opened_store(settings_of(ctx)) as store:
        end = store.chain_head()
    if as_json:
        answer_json(AuditHeadAnswer(seal=end.seal, head=end.head, events=end.events, sealed_at=end.sealed_at))
        return
    out = output()
    out.print(f"seal    {end.seal}")
    out.print(f"head    {end.head}")
    out.print(f"events  {end.events}")
    out.print(f"sealed  {end.sealed_at.isoformat() if end.sealed_at else 'nothing yet; run `caseload audit seal`'}")


@app.command()
def verify(
    ctx: typer.Context,
    head: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A head that was kept, from `audit head --json`; it must be in the chain."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Walk the whole chain and tell the first thing that is wrong; ends with 1 where something is."""
    settings = settings_of(ctx)
    kept = None if head is None else _kept(head)
    with opened_store(settings) as store:
        found = store.verify_seals(settings.seal_key, kept=kept)
    if as_json:
        answer_json(_answer(found))
    else:
        out = output()
        out.print(
            f"seals     {found.seals} hold" + (f", {found.unkeyed} made without a key" if found.unkeyed else "")
        )
        out.print(f"sealed    {found.sealed} events")
        if found.unsealed is not None:
            out.print(f"unsealed  {found.unsealed} events")
    if found.wrong is not None:
        messages().print(f"caseload: {found.wrong.what.value}: {found.wrong.says}")
        raise typer.Exit(1)


def _answer(found: Verification) -> AuditVerifyAnswer:
    from cli.contract.audit import AuditFinding, AuditVerifyAnswer

    wrong = found.wrong
    return AuditVerifyAnswer(
        holds=wrong is None,
        seals=found.seals,
        sealed=found.sealed,
        unsealed=found.unsealed,
        unkeyed=found.unkeyed,
        head=found.head.head,
        wrong=wrong and AuditFinding(what=wrong.what, says=wrong.says, seal=wrong.seal, event=wrong.event),
    )


def _kept(file: Path) -> ChainHead:
    """The head in a file that `audit head --json` wrote.

    Raises:
        InvalidInputError: It holds something else.
    """
    from pydantic import ValidationError

    from cases.seals import ChainHead
    from cli.contract.audit import AuditHeadAnswer

    try:
        end = AuditHeadAnswer.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(
            f"'--head' must be a file that `caseload audit head --json` wrote (got {file.name}: "
            f"{where + ': ' if where else ''}{first['msg']}); name that file",
            field="head",
        ) from error
    return ChainHead(end.seal, end.head, end.events, end.sealed_at)
