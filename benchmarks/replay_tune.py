"""How the weights of the queue's order were chosen: `python benchmarks/replay_tune.py --vary WEIGHT=VALUE,VALUE …`.

All combinations of the values are tried around the packaged weights (or what --set makes of them), on the older
halves of the arrivals and on seeds 0 to 9 alone; benchmarks/replay.py reports on the newer halves and other seeds.
Each figure is the harm of our order over that of expected-cμ on the same streams: below 1, ours prevents more. Linear
harm must stay within 1.02 below a load of 1. benchmarks/replay_tune.txt is what was looked at.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product

from looks import environment
from replay_sets import arrival_sets

from cases.taxonomy_file import load_taxonomy
from evaluation.replay.arrivals import Setting, stream
from evaluation.replay.harm import DATED, LINEAR, UNDATED, Stakes, World
from evaluation.replay.measures import mean, measured, ratio
from evaluation.replay.orders import ExpectedCMu, Order, Ours, Outlook
from evaluation.replay.simulate import simulate
from evaluation.replay.study import DATED_SHARE, LOADS
from models.priority import Weights, load_weights

# The share of severity 1 that somebody took within its time to first touch; a share, no ratio.
IN_TIME = "severity 1 in time"
# In the older half one written case of 2,000,000 people reached carries three tenths of all harm, and ten cases six
# tenths, so that figures hang on how a model judged these. Without reach they hang on all cases alike.
NO_REACH = 1e12
TUNED = (
    "doubling_hours", "severity_1_at_least", "doubt", "sla_factor", "sla_share", "least_violation", "random_lane",
)  # fmt: skip


class Bench:
    """The streams, their stakes and what expected-cμ did on them: made once for all weights."""

    def __init__(self, seeds: range, plain: Setting, world: Weights, *, dated: bool) -> None:
        taxonomy = load_taxonomy()
        self.taxonomy, self.found = taxonomy, []
        truth = World(world, taxonomy)
        for name, (older, _) in arrival_sets().items():
            for load in LOADS:
                for share in (0.0, DATED_SHARE) if dated else (0.0,):
                    setting = replace(plain, load=load, deadlines=share)
                    drawn = [stream(older, setting, taxonomy, seed) for seed in seeds]
                    stakes = [Stakes.of(each.cases, truth) for each in drawn]
                    self.found.append((name, setting, older.times, drawn, stakes))
        self.plain = dict(self.harms(ExpectedCMu, world))

    def harms(
        self, make: Callable[[Outlook], Order], weights: Weights
    ) -> Iterator[tuple[tuple[str, float, str], list[float]]]:
        for name, setting, times, drawn, stakes in self.found:
            order = make(Outlook(weights, self.taxonomy, times))
            accounts = (DATED,) if setting.deadlines else UNDATED
            until = [math.inf if setting.load < 1 else each.ends for each in drawn]
            runs = [simulate(e.cases, order, setting.staff, u) for e, u in zip(drawn, until, strict=True)]
            figures = [measured(run, held, accounts) for run, held in zip(runs, stakes, strict=True)]
            for account in accounts:
                yield (name, setting.load, account), [each.harm[account] for each in figures]
            if not setting.deadlines:
                yield (name, setting.load, IN_TIME), [each.in_time[1] for each in figures]

    def row(self, weights: Weights) -> dict[tuple[str, float, str], float]:
        found = self.harms(Ours, weights)
        return {
            key: mean(each).value if key[2] == IN_TIME else ratio(each, self.plain[key]).value for key, each in found
        }


def line(label: str, found: Mapping[tuple[str, float, str], float]) -> str:
    names = list(dict.fromkeys(name for name, _, _ in found))
    harms = {key: value for key, value in found.items() if key[2] != IN_TIME}
    accounts = list(dict.fromkeys(account for _, _, account in harms))
    worst = max(value for (_, load, account), value in harms.items() if account == LINEAR and load < 1)
    means = [
        math.exp(sum(math.log(v) for (_, _, a), v in harms.items() if a == account) / (len(names) * len(LOADS)))
        for account in accounts
    ]
    cells = "  ".join(
        " ".join(f"{found[name, load, account]:.3f}" for load in LOADS)
        for account in (*accounts, IN_TIME)
        for name in names
    )
    return f"{label:<44} {worst:.3f} | " + " ".join(f"{m:.3f}" for m in means) + f" | {cells}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--weeks", type=int, default=1)
    parser.add_argument("--vary", action="append", default=[], metavar="WEIGHT=VALUE,VALUE")
    parser.add_argument("--set", action="append", default=[], metavar="WEIGHT=VALUE")
    parser.add_argument(
        "--reachless", action="store_true", help="a world, and orders, in which reach counts for nothing"
    )
    parser.add_argument("--others", action="store_true", help="each case with the reach of another of its level")
    parser.add_argument("--dated", action="store_true", help="with the account of deadlines too")
    options = parser.parse_args()
    given = dict(each.split("=") for each in options.set)
    base = replace(load_weights(), reach_unit=NO_REACH) if options.reachless else load_weights()
    centre = replace(base, **{name: float(value) for name, value in given.items()})
    varied = {name: [float(v) for v in values.split(",")] for name, values in (e.split("=") for e in options.vary)}
    about = {
        "seeds": options.seeds,
        "weeks": options.weeks,
        "centre": {name: getattr(centre, name) for name in TUNED},
    }
    print(json.dumps({**environment(), **about}))
    plain = Setting(1.0, weeks=options.weeks, others_attributes=options.others)
    bench = Bench(range(options.seeds), plain, base, dated=options.dated)
    accounts = ", ".join(dict.fromkeys(account for _, _, account in bench.plain if account != IN_TIME))
    print("harm over that of expected-cμ: the worst linear one below a load of 1 | geometric means of", accounts)
    print(
        "| then each of them, and the share of severity 1 in time, at loads .7 .9 1.1 of",
        ", ".join(dict.fromkeys(name for name, *_ in bench.found)),
    )
    for values in product(*varied.values()):
        changed = dict(zip(varied, values, strict=True))
        label = " ".join(f"{name} {value:g}" for name, value in changed.items()) or "as given"
        print(line(label, bench.row(replace(centre, **changed))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
