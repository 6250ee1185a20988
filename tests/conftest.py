"""What holds for all tests: on a busy machine slow is not wrong, and how the run itself ends."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

# A test that is about time measures it itself, in CPU seconds of its thread.
settings.register_profile("caseload", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("caseload")

_status = pytest.StashKey[int]()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[_status] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End without the interpreter's own teardown, in which the pools of threads of three native libraries (OpenVINO,
    torch, Arrow) that this one process has loaded are undone in an order that nobody orders: seen once to crash after
    all tests had passed. How a service ends, which is a process of its own, has tests of its own (tests/faults).
    """
    if _status in config.stash and "PYTEST_XDIST_WORKER" not in os.environ:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[_status])
