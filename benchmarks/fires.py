"""How often quiet streams are told as fires, and how soon real ones are: `python benchmarks/fires.py`.

Bursts: twenty categories of .2 to 60 cases a day with days, nights and weekends; days differ by chance alone, or by a
coefficient of variation of .3 or .6 (evaluation/trends/streams.py). A look each quarter of an hour, as if for weeks.

New kinds: of the written cases n are taken as if all had come in within 72 hours and been called novel by mistake.
How often some of them make a group is what chance does; how often a case and its further reports, the same matter in
others' words, lie within the distance of each other is what it is for.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cases.seed.corpus import WrittenCase, training_part
from evaluation.trends.new_kinds import DISTANCE, new_kinds
from evaluation.trends.streams import DAY, KNOWN_DAYS, false_fires, hours_until_found, stream
from features.assemble import assemble
from features.encoder import CompiledEncoder, ensure_compiled

CACHE = Path(__file__).parent.parent / ".caseload" / "cache"
RATES = np.geomspace(0.2, 60, 20)
LUMPY, WEEKS, SEED, TRIALS = (0.0, 0.3, 0.6), 26, 7, 40
# A category that sees so many a day, how many more come in, within how many hours.
BURSTS = ((2.0, 8, 1.0), (2.0, 5, 1.0), (10.0, 20, 24.0), (20.0, 40, 24.0), (60.0, 120, 24.0))
DRAWN, DRAWS, ENCODED = (30, 60, 100, 200), 200, 1_400
Vectors = npt.NDArray[np.float32]


def bursts() -> None:
    print(f"false fires a week, {len(RATES)} categories, {WEEKS} weeks, a look each quarter of an hour")
    print(f"{'days vary by':>14}  {'fires':>5}  {'a week':>6}")
    for lumpy in LUMPY:
        rng = np.random.default_rng(SEED)
        streams = [stream(rng, KNOWN_DAYS + 7 * WEEKS, rate, lumpy=lumpy) for rate in RATES]
        fires = false_fires(streams, WEEKS)
        print(f"{lumpy:>14}  {fires:>5}  {fires / WEEKS:>6.2f}", flush=True)
    print(f"\nhours from the first of them until it is told, {TRIALS} times each, a look each five minutes")
    headings = {"usual a day": 12, "more": 4, "within h": 8, "days vary by": 12, "found": 5, "median": 6, "90 %": 5}
    print("  ".join(f"{name:>{width}}" for name, width in headings.items()))
    for usual, more, within in BURSTS:
        for lumpy in LUMPY[:2]:
            waited = [_waited(usual, more, within, lumpy, seed) for seed in range(TRIALS)]
            told = [hours for hours in waited if hours is not None]
            middle, late = np.quantile(told, [0.5, 0.9]) if told else (np.nan, np.nan)
            row = f"{usual:>12.0f}  {more:>4}  {within:>8.0f}  {lumpy:>12}  {len(told) / TRIALS:>5.0%}"
            print(f"{row}  {middle:>6.1f}  {late:>5.1f}", flush=True)


def _waited(usual: float, more: int, within: float, lumpy: float, seed: int) -> float | None:
    rng = np.random.default_rng([SEED, seed])
    streams = [stream(rng, KNOWN_DAYS + 3, rate, lumpy=lumpy) for rate in (*RATES, usual)]
    begin = KNOWN_DAYS * DAY + 3600.0 * rng.integers(0, 24)
    came_in = begin + np.sort(3600 * within * rng.random(more))
    return hours_until_found(streams, len(RATES), came_in, hours=within + 6)


def kinds() -> None:
    rng = np.random.default_rng(SEED)
    cases = training_part()
    encoder = CompiledEncoder.load(ensure_compiled(None, CACHE))
    some = [cases[row] for row in rng.choice(len(cases), ENCODED, replace=False)]
    vectors = encoder.encode([_text(case, case.description) for case in some])
    print(f"\nhow often n cases that have nothing to do with each other hold a group of four, {DRAWS} draws")
    print("n  " + "  ".join(f"{n:>5}" for n in DRAWN))
    shares = [np.mean([_has_a_kind(vectors, rng, n) for _ in range(DRAWS)]) for n in DRAWN]
    print("   " + "  ".join(f"{share:>5.1%}" for share in shares))
    told_again = [case for case in cases if case.further_reports]
    first = encoder.encode([_text(case, case.description) for case in told_again])
    again = encoder.encode([_text(case, case.further_reports[0].description) for case in told_again])
    alike = np.einsum("ij,ij->i", first, again) >= 1 - DISTANCE
    print(f"two reports of one matter lie within {DISTANCE} of each other: {alike.mean():.0%} of {len(alike)}")


def _has_a_kind(vectors: Vectors, rng: np.random.Generator, n: int) -> bool:
    drawn = vectors[rng.choice(len(vectors), n, replace=False)]
    return bool(new_kinds([str(row) for row in range(n)], drawn))


def _text(case: WrittenCase, description: str) -> str:
    return assemble(case.title, description, channel=case.channel, attributes=case.attributes).text


if __name__ == "__main__":
    bursts()
    kinds()
    sys.exit(0)
