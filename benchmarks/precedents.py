"""How long the nearest precedents take: `python benchmarks/precedents.py`.

Milliseconds a query, one query at a time on one thread, beside scoring every case (one product of matrix and vector
on all threads, and a partial sort): the fastest, the median and the 95th percentile. On a machine that others use the
fastest says what the work costs, the others how long it waits for a core; the load before and after is printed.

The vectors are made of the written cases' own: v = case + s (another - a third), brought to length 1, so that they
have the directions of real ones; s = .5 is a history of close kin, s = .8 one of looser kin. "even" are directions
spread evenly, which no history is: the bounds rule out nothing, and it shows what the worst case costs. Ten answers
of each are compared with those of scoring every case.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from accuracy import environment

from cases.seed.corpus import training_part
from features.encoder import CompiledEncoder, ensure_compiled
from models.precedents import Precedents

CACHE = Path(__file__).parent.parent / ".caseload" / "cache"
SIZES, QUERIES, SEED = (10_000, 50_000, 200_000), 100, 0
Vectors = npt.NDArray[np.float32]


def written_vectors() -> Vectors:
    return CompiledEncoder.load(ensure_compiled(None, CACHE)).encode([case.description for case in training_part()])


def spread(real: Vectors, n: int, s: float, rng: np.random.Generator) -> Vectors:
    first, second, third = rng.integers(0, len(real), size=(3, n))
    return unit(real[first] + np.float32(s) * (real[second] - real[third]))


def load() -> str:
    """Jobs that were running or waited for a core in the last minute, on how many cores."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def unit(vectors: npt.NDArray[np.floating]) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def timed(ask: Callable[[Vectors], object], queries: Vectors) -> tuple[float, float, float]:
    """The fastest, the median and the 95th percentile, ms."""
    found = []
    for row in range(len(queries)):
        started = time.perf_counter()
        ask(queries[row : row + 1])
        found.append(1000 * (time.perf_counter() - started))
    return min(found), float(np.median(found)), float(np.percentile(found, 95))


def measure(name: str, vectors: Vectors, queries: Vectors) -> None:
    n = len(vectors)
    started = time.perf_counter()
    categories = [f"category {i % 20}" for i in range(n)]
    precedents = Precedents(vectors, [f"{i:08d}" for i in range(n)], categories, [1] * n, [""] * n)
    ready = time.perf_counter() - started

    def every(query: Vectors) -> npt.NDArray[np.intp]:
        similar = vectors @ query[0]
        best = np.argpartition(similar, n - 5)[n - 5 :]
        return best[np.lexsort((best, -similar[best]))]

    for query in queries[:10]:
        # By similarity, since equal ones may come in another order in float32.
        ours = [precedent.similarity for precedent in precedents.nearest(query[None])[0]]
        if not np.allclose(ours, (vectors @ query)[every(query[None])], atol=1e-6):
            raise SystemExit(f"{name}, {n}: not what scoring every case finds")
    suggested = ["category 0"]
    figures = [
        timed(precedents.nearest, queries),
        timed(lambda query: precedents.with_dissent(query, 5, suggested), queries),
        timed(every, queries),
    ]
    cells = "  ".join(f"{low:6.1f} {median:6.1f} {high:6.1f}" for low, median, high in figures)
    print(f"{name:>7} {n:>8,}  {cells}  {figures[2][1] / figures[0][1]:5.1f}  {ready:5.1f}", flush=True)


def main() -> int:
    real = written_vectors()
    rng = np.random.default_rng(SEED)
    print(
        json.dumps(
            environment()
            | {"written cases": len(real), "dimensions": real.shape[1], "queries": QUERIES, "load": load()}
        )
    )
    print(f"{'':>7} {'':>8}  {'nearest 5':^20}  {'with dissent':^20}  {'every case':^20}  ratio  ready")
    print(f"{'made':>7} {'cases':>8}" + f"  {'best':>6} {'p50':>6} {'p95':>6}" * 3 + f"  {'p50':>5}  {'s':>5}")
    for n in SIZES:
        for s in (0.5, 0.8):
            measure(f"s = {s}", spread(real, n, s, rng), spread(real, QUERIES, s, rng))
        even = unit(rng.normal(size=(n + QUERIES, real.shape[1])))
        measure("even", even[QUERIES:], even[:QUERIES])
    print(f"load at the end: {load()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
