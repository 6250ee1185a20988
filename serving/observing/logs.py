"""Logging that cannot leak a case: a traceback keeps its files, lines and types, and loses what the exceptions say.

Libraries put rejected input into their errors' messages (pydantic and BentoML do), and servers log those. Our own
errors hold no text by rule, and are logged as messages of their own.

With `CASELOAD_LOG_FORMAT=json` each line is one JSON object, and each request has its own.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime

from cases.settings import LogFormat
from serving.observing import tracing
from serving.observing.request_context import request_id, trace_id

logger = logging.getLogger("caseload.serving")
# One line for each request; only where lines are for machines, as there are thousands.
access = logging.getLogger("caseload.access")

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

# Where a record keeps fields of its own: `logger.info("request", extra={TOLD: {"ms": 3.1}})`.
TOLD = "caseload_told"


class WithoutMessages(logging.Filter):
    """Replaces the traceback of a record by one without the exceptions' messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through."""
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = told_without_messages(record.exc_info[1])
            record.exc_info = None
        return True


class JsonLines(logging.Formatter):
    """A record as one JSON object on one line: `time`, `level`, `logger`, `event`, the request's and the trace's ids
    where there are any, what the record tells beside, and `error`, a traceback without messages.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        ids = {"request_id": request_id.get(), "trace_id": tracing.current_trace_id() or trace_id.get()}
        told |= {name: value for name, value in ids.items() if value}
        told |= getattr(record, TOLD, {})
        error = record.exc_text
        if record.exc_info and record.exc_info[1] is not None:  # of a handler that has no filter
            error = told_without_messages(record.exc_info[1])
        if error:
            told["error"] = error
        return json.dumps(told, ensure_ascii=False)


def told_without_messages(error: BaseException) -> str:
    """The traceback of `error` and of what caused it, the deepest cause first, each exception by its type alone."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    lines = []
    for link in reversed(chain):
        lines += ["Traceback (messages left out):"]
        # Names and numbers only: a line of source is ours, but an f-string's value in a newer traceback is not.
        frames = traceback.extract_tb(link.__traceback__)
        lines += [f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}' for frame in frames]
        lines += [type(link).__qualname__]
    return "\n".join(lines)


def configure(log_format: LogFormat = "text") -> None:
    """Log to stderr: our own from INFO, everyone else's from WARNING, and requests where lines are JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(WithoutMessages())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("caseload").setLevel(logging.INFO)
    _write_as([handler], log_format)


def guard_present_handlers(log_format: LogFormat = "text") -> None:
    """Put the filter on every handler there is: where BentoML's own command started us, its handlers print."""
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    present = {handler for logger in loggers for handler in logger.handlers}
    for handler in present:
        if not any(isinstance(found, WithoutMessages) for found in handler.filters):
            handler.addFilter(WithoutMessages())
    _write_as(present, log_format)


def _write_as(handlers: Iterable[logging.Handler], log_format: LogFormat) -> None:
    access.setLevel(logging.INFO if log_format == "json" else logging.WARNING)
    if log_format == "json":
        for handler in handlers:
            handler.setFormatter(JsonLines())


# On the loggers too: whoever mounts the app elsewhere has handlers of their own.
logger.addFilter(WithoutMessages())
access.addFilter(WithoutMessages())
