"""`python -m evaluation.replay.trial_process`: plays proposed weights against today's in a process of its own.

It is told what to play as one JSON object on its standard input, works at the lowest priority, and says what it does
as JSON objects, one a line: `{"progress": "…"}` now and then, and last `{"outcome": {…}}` or `{"problem": "…"}`.
Nothing that it says holds a case's text.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cases.errors import CaseloadError
from cases.store import CaseStore
from cases.taxonomy import Taxonomy
from cases.taxonomy_file import load_taxonomy
from evaluation.replay.arrivals import Arrivals
from evaluation.replay.halves import seed_by_time, split_by_time
from evaluation.replay.record import from_record
from evaluation.replay.trial import SEEDS, as_json, trial
from models.priority import parse_weights

# Fewer recorded cases are too few to draw streams from; the written half-year stands in for them.
FEWEST_RECORDED = 400


def play(told: Mapping[str, Any]) -> dict[str, Any]:
    """The outcome of what is told.

    Args:
        told: `database_url`; `taxonomy`, a path or null; `new` and `current`, files of weights; and, for a quicker
            look, `loads` and `seeds`.

    Raises:
        CaseloadError: The record, the policy or the weights are not as they must be.
    """
    policy = load_taxonomy(None if told["taxonomy"] is None else Path(told["taxonomy"]))
    new, current = (parse_weights(told[name], name) for name in ("new", "current"))
    _say(progress="reading the record")
    arrivals = _arrivals(told["database_url"], policy)
    more = {"loads": told["loads"]} if "loads" in told else {}
    outcome = trial(
        arrivals,
        policy,
        new,
        current,
        seeds=range(told.get("seeds", len(SEEDS))),
        say=lambda line: _say(progress=line),
        **more,
    )
    return as_json(outcome)


def _arrivals(database_url: str, policy: Taxonomy) -> Arrivals:
    """The newer half of the record where it holds enough; else that of the written half-year."""
    with CaseStore.open(database_url) as store:
        found = from_record(store.rows("cases"), store.rows("decisions"), store.rows("scores"), policy)
    if len(found.rows) < FEWEST_RECORDED:
        return seed_by_time(policy)[1]
    return split_by_time("your record", found.rows, policy)[1]


def _say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Play what standard input tells."""
    os.nice(19)
    try:
        _say(outcome=play(json.loads(sys.stdin.read())))
    except CaseloadError as error:
        _say(problem=str(error))
    except Exception as error:  # noqa: BLE001 - what it says might hold a case's text; its kind does not
        _say(problem=f"it stumbled ({type(error).__name__})")


if __name__ == "__main__":
    main()
