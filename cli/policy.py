"""`caseload policy`: is a policy file valid?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.command import output, policy_of, settings_of

app = typer.Typer(help="Look at the policy: categories, severity levels, actions, reasons.")


# With one command of its own, typer would make `caseload policy` that command.
@app.callback()
def _policy() -> None:
    pass


@app.command()
def check(
    ctx: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(help="The policy file; without it the one that CASELOAD_TAXONOMY names, or the packaged."),
    ] = None,
) -> None:
    """Read a policy file as the service would, and say what it holds or at which line it is wrong."""
    policy = policy_of(settings_of(ctx, taxonomy=file))
    clauses = sum(len(category.sub_policies) for category in policy.categories)
    output().print(
        f"valid: version {policy.version}, {len(policy.categories)} categories with {clauses} sub-policies, "
        f"{len(policy.severity_levels)} severity levels, {len(policy.raise_rules)} raise rules, "
        f"{len(policy.actions)} actions, {len(policy.reasons)} reasons, {len(policy.category_map.changes)} changes"
    )
