"""A process of claimers, run as `python -m tests.faults.claimers URL PROCESS THREADS`: they claim until none is left.

It prints "ready", waits for a line, claims, and prints one line a claim: the case's id and the holder.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from cases.clock import utc_now
from cases.ids import CaseId
from cases.store import CaseStore


def main(url: str, process: str, threads: int) -> None:
    with CaseStore.open(url, utc_now) as store:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()

        def work(number: int) -> list[tuple[CaseId, str]]:
            holder, mine = f"associate {process}-{number}", []
            while (got := store.claim_next(holder, 3600)) is not None:
                mine.append((got[0].id, holder))
            return mine

        with ThreadPoolExecutor(threads) as pool:
            for mine in pool.map(work, range(threads)):
                for case_id, holder in mine:
                    sys.stdout.write(f"{case_id}\t{holder}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
