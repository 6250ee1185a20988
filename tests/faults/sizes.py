"""How long the fault tests run: briefly in CI, at the quoted length in `make soak`."""

from __future__ import annotations

import os

SOAK = os.environ.get("CASELOAD_SOAK") == "1"

CLAIMS = 200_000 if SOAK else 10_000
PROCESSES, THREADS = 4, 16
CLAIMERS = PROCESSES * THREADS
RACES = 1_000 if SOAK else 100
RACERS = 50
SERVICE_KILLS = 100 if SOAK else 10
DATABASE_KILLS = 20 if SOAK else 2
STALE_HOLDERS = 20 if SOAK else 3
SWAPS = 200 if SOAK else 20
