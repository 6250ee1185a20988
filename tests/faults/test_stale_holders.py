"""A holder whose process stands still past the end of its lease, and then goes on as if nothing had happened."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cases.clock import utc_now
from cases.store import CaseStore
from tests.cases.store.builders import VERDICT, report
from tests.faults.sizes import STALE_HOLDERS

ROOT = Path(__file__).parents[2]
LEASE_SECONDS = 1.0
# What it may take beyond the lease until another has the case.
GRACE_SECONDS = 5.0


@pytest.mark.slow
@pytest.mark.alone
def test_a_stale_holder_is_replaced_in_time_and_can_do_nothing(
    store_url: str, quote: Callable[[str], None], request: pytest.FixtureRequest
) -> None:
    longest, refused = 0.0, 0
    with CaseStore.open(store_url, utc_now) as store:
        for number in range(STALE_HOLDERS):
            store.file_reports([report(number)], actor="intake")
            holder = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.holder", store_url, str(LEASE_SECONDS)],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            request.addfinalizer(holder.kill)
            assert holder.stdout is not None
            case_id, token = holder.stdout.readline().split("\t")
            holder.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            while (got := store.claim_next("the next one", 60)) is None:
                assert time.monotonic() - began < LEASE_SECONDS + GRACE_SECONDS
                time.sleep(0.02)
            longest = max(longest, time.monotonic() - began)
            case, lease = got
            assert (case.id, lease.token) == (case_id, int(token) + 1)
            holder.send_signal(signal.SIGCONT)
            outcomes = holder.communicate("go on\n", timeout=30)[0].split()
            assert outcomes == ["StaleLeaseError"] * 8
            refused += len(outcomes)
            decision = store.decide(case.id, VERDICT, holder="the next one", token=lease.token)
            assert [kept.id for kept in store.decisions(case.id)] == [decision.id]
    quote(f"{STALE_HOLDERS} stale holders: replaced at most {longest:.2f} s after a claim of {LEASE_SECONDS:g} s, "
          f"{refused} of {refused} stale writes refused")  # fmt: skip
