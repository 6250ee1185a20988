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
STORM_SECONDS = 120.0 if SOAK else 12.0
SHUTDOWNS = 20 if SOAK else 2
HALF_LOAD_SECONDS = 1_800.0 if SOAK else 45.0
SETTLING_SECONDS = 300.0 if SOAK else 15.0
WINDOW_SECONDS = 180.0 if SOAK else 12.0
# Requests of one key at once: the default, and fewer where the storm is short, or a slow machine would never be full.
LET_IN = 256 if SOAK else 64
CAPACITY_SECONDS = 30.0 if SOAK else 6.0
