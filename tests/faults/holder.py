"""A holder, run as `python -m tests.faults.holder URL SECONDS`: it claims a case and later tries to go on with it.

It writes the case's id and token, waits for a line, tries whatever a holder can do, and writes what came of each.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from datetime import timedelta

from cases.clock import utc_now
from cases.errors import CaseloadError
from cases.handling import HoldReason, SkipReason
from cases.record import Lease
from cases.store import CaseStore
from tests.cases.store.builders import VERDICT

HOLDER = "who fell silent"


def main(url: str, seconds: float) -> None:
    with CaseStore.open(url, utc_now) as store:
        got = store.claim_next(HOLDER, seconds)
        if got is None:
            raise SystemExit("nothing to claim")
        lease = got[1]
        sys.stdout.write(f"{lease.case_id}\t{lease.token}\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for attempt in attempts(store, lease):
            try:
                attempt()
            except CaseloadError as error:
                sys.stdout.write(f"{type(error).__name__}\n")
            else:
                sys.stdout.write("let through\n")


def attempts(store: CaseStore, lease: Lease) -> list[Callable[[], object]]:
    """All that a holder can do, with the lease's own token and with one that was guessed."""
    guessed = dataclasses.replace(lease, token=lease.token + 1)
    return [
        lambda: store.renew(lease, 60),
        lambda: store.release(lease.case_id, HOLDER, lease.token),
        lambda: store.decide(lease.case_id, VERDICT, holder=HOLDER, token=lease.token),
        lambda: store.skip(lease.case_id, HOLDER, lease.token, SkipReason.OTHER),
        lambda: store.hold(lease.case_id, HOLDER, lease.token, utc_now() + timedelta(hours=1), HoldReason.OTHER),
        lambda: store.escalate(lease.case_id, HOLDER, lease.token, "legal"),
        lambda: store.renew(guessed, 60),
        lambda: store.decide(lease.case_id, VERDICT, holder=HOLDER, token=guessed.token),
    ]


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
