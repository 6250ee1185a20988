"""`caseload fires`: which new fires burn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.command import AsJson, answer_json, opened_store, output, settings_of
from cli.rights import minute

if TYPE_CHECKING:
    from cases.fires import Fire

app = typer.Typer()


@app.command("fires")
def list_fires(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the bursts and the new kinds of case that burn, the newest first."""
    from cli.contract.fires import FiresAnswer, ListedFire

    with opened_store(settings_of(ctx)) as store:
        found = store.fires(limit, burning=None if everything else True)
    if as_json:
        answer_json(FiresAnswer(fires=[ListedFire.of(fire) for fire in found]))
        return
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("began", "what", "about", "came in", "usual", "teams", "state"):
        table.add_column(heading)
    for fire in found:
        table.add_row(
            minute(fire.started_at),
            fire.kind.replace("_", " "),
            _about(fire),
            f"{fire.latest} in {fire.window.total_seconds() / 3600:.0f} h",
            "" if fire.expected is None else f"{fire.expected:.1f}",
            ", ".join(fire.teams),
            "burns" if fire.burns else f"over {minute(fire.ended_at)} ({fire.ended_because})",
        )
    output().print(table if found else "nothing burns")


def _about(fire: Fire) -> str:
    return fire.category or " ".join(fire.subject or ()) or "cases like each other"
