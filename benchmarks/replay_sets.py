"""The arrivals that replay is proven on: the seed half-year, and two public records where the shared data are.

Theirs count 1 as the lowest; here hadoop_jira's Blocker is 1, Critical 2, Major 3, Minor and Trivial 4, and
uci_incidents' critical 1, high 2, moderate 3, low 4. Only times and levels are theirs; what a model said, category,
attributes and handling are drawn from the written cases of the same level and half.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from public_sets import DATA

from cases.taxonomy_file import load_taxonomy
from evaluation.replay.arrivals import Arrivals, Recorded
from evaluation.replay.halves import seed_by_time, split_by_time

LEVELS: Mapping[str, Mapping[int, int]] = {
    "hadoop_jira": {5: 1, 4: 2, 3: 3, 2: 4, 1: 4},
    "uci_incidents": {4: 1, 3: 2, 2: 3, 1: 4},
}


def public_record(name: str) -> tuple[Recorded, ...]:
    table = pd.read_parquet(DATA / f"{name}.parquet", columns=["created_at", "severity"])
    created = pd.to_datetime(table["created_at"], utc=True)
    levels = table["severity"].map(LEVELS[name])
    return tuple(Recorded(moment.to_pydatetime(), int(level)) for moment, level in zip(created, levels, strict=True))


def arrival_sets() -> dict[str, tuple[Arrivals, Arrivals]]:
    """By name: the older half, which weights are chosen on, and the newer, which they are reported on."""
    there = [name for name in LEVELS if (DATA / f"{name}.parquet").is_file()]
    policy = load_taxonomy()
    return {
        "seed": seed_by_time(policy),
        **{name: split_by_time(name, public_record(name), policy) for name in there},
    }
