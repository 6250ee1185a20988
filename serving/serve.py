"""`caseload serve`: one process that listens, serves and ends on a signal.

BentoML's app runs under uvicorn in this process, as BentoML's own worker runs it. Its supervisor is left out: it
opens two unauthenticated control ports, and its workers outlive it when it is killed. Restarting is the init
system's job.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from cases.errors import CaseloadError, InvalidInputError
from cases.settings import Settings
from cases.store import CaseStore
from cases.taxonomy_file import load_taxonomy
from serving.observing import logs, tracing

# Longer than a load balancer's: the side that closes an idle connection first should be the one that opens it.
_KEEP_ALIVE_SECONDS = 75
_FINISH_WITHIN_SECONDS = 30
_BACKLOG = 2_048


def serve(settings: Settings, *, listening: Callable[[str], None] = lambda _url: None) -> None:
    """Serve until SIGINT or SIGTERM; requests in progress are finished first.

    Args:
        settings: As the process was started with.
        listening: Called with the service's URL once it accepts requests. The model may still be loading.

    Raises:
        InvalidInputError: The port is taken, or the host is none of this machine's; `field` says which.
        NotMigratedError, StoreUnavailableError: The record cannot be used.
        TaxonomyError: The policy file is not valid.
    """
    with _ending_on_sigterm(), closing(listening_socket(settings.host, settings.port)) as bound:
        with CaseStore.open(settings.database_url):
            pass  # later it is opened as often as needed; at the start somebody is there to read why it fails
        load_taxonomy(settings.taxonomy)
        logs.configure(settings.log_format)
        with tempfile.TemporaryDirectory(prefix="caseload-metrics-") as metrics:
            _tell_bentoml(settings, metrics)
            _run(settings, bound, listening)


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """SIGTERM as SIGINT: uvicorn passes both on when it has finished, and dying of one would skip our clean-up."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket bound to `host` and `port`.

    Raises:
        InvalidInputError: The port is taken or forbidden, or the host is none of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise InvalidInputError(
            f"'host' must be an address of this machine (got {host!r}); set CASELOAD_HOST to 127.0.0.1 or 0.0.0.0",
            field="host",
        ) from error
    bound = socket.socket(family, kind, protocol)
    # Lets us start right after an earlier service has ended; it does not let two listen at once.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise _cannot_bind(host, port, error) from error
    return bound


def _cannot_bind(host: str, port: int, error: OSError) -> InvalidInputError:
    if error.errno == errno.EADDRINUSE:
        return InvalidInputError(
            f"'port' must be free (got {port}, which another process listens on); stop that one or set CASELOAD_PORT "
            "to another",
            field="port",
        )
    if error.errno == errno.EACCES:
        return InvalidInputError(
            f"'port' must be one that this user may open (got {port}); set CASELOAD_PORT above 1023", field="port"
        )
    return InvalidInputError(
        f"'host' must be an address of this machine (got {host!r}: {error.strerror}); set CASELOAD_HOST to 127.0.0.1 "
        "or 0.0.0.0",
        field="host",
    )


def _tell_bentoml(settings: Settings, metrics: str) -> None:
    """BentoML reads its own settings from the environment when it is imported."""
    os.environ["BENTOML_DO_NOT_TRACK"] = "true"
    os.environ.setdefault("BENTOML_HOME", str(settings.home / "bentoml"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics


def _run(settings: Settings, bound: socket.socket, listening: Callable[[str], None]) -> None:
    import uvicorn

    from serving.service import build_service

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                listening(_url(bound))

    config = uvicorn.Config(
        build_service(settings).to_asgi(),
        log_config=None,
        access_log=False,
        server_header=False,
        # uvicorn would take the peer's address from X-Forwarded-For; a proxy is believed by where it connects from.
        proxy_headers=False,
        lifespan="on",
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_FINISH_WITHIN_SECONDS,
    )
    server = Server(config)
    try:
        server.run(sockets=[bound])
    except SystemExit as error:
        raise CaseloadError("the service must start (got an error on the way); the log above says which") from error
    finally:
        tracing.stop()


def _url(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    name = f"[{host}]" if bound.family == socket.AF_INET6 else host
    return f"http://{name}:{port}"
