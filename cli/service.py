"""`caseload serve`: the HTTP API and the scoring service, until interrupted."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.command import messages, settings_of

app = typer.Typer()


@app.command()
def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="The address to bind to; wins over CASELOAD_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on; wins over CASELOAD_PORT.")] = None,
) -> None:
    """Serve the HTTP API until Ctrl-C or SIGTERM; requests in progress are finished first."""
    settings = settings_of(ctx, host=host, port=port)
    from serving.observing.logs import logger
    from serving.serve import serve as serve_until_interrupted

    def told(url: str) -> None:
        if settings.log_format == "json":
            # Whoever reads objects stumbles over a line that is none.
            logger.info("listens at %s", url)
        else:
            messages().print(f"Caseload listens at {url}")

    serve_until_interrupted(settings, listening=told)
