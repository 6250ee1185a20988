"""Logging that cannot leak a case: a traceback keeps its files, lines and types, and loses what the exceptions say.

Libraries put rejected input into their errors' messages (pydantic and BentoML do), and servers log those. Our own
errors hold no text by rule, and are logged as messages of their own.
"""

from __future__ import annotations

import logging
import sys
import traceback

logger = logging.getLogger("caseload.serving")

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class WithoutMessages(logging.Filter):
    """Replaces the traceback of a record by one without the exceptions' messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through."""
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = told_without_messages(record.exc_info[1])
            record.exc_info = None
        return True


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


def configure() -> None:
    """Log to stderr: our own from INFO, everyone else's from WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(WithoutMessages())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("caseload").setLevel(logging.INFO)


def guard_present_handlers() -> None:
    """Put the filter on every handler there is: where BentoML's own command started us, its handlers print."""
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    for handler in {handler for logger in loggers for handler in logger.handlers}:
        if not any(isinstance(present, WithoutMessages) for present in handler.filters):
            handler.addFilter(WithoutMessages())


# On the logger too: whoever mounts the app elsewhere has handlers of their own.
logger.addFilter(WithoutMessages())
