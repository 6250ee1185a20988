"""The compiled encoder beside its reference, in one run: `python benchmarks/encoder.py`.

Texts a second at three lengths, batches as they come, and the worst cosine between the two. Quote the ratio: absolute
times on shared machines drift.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from accuracy import environment

from cases.seed.corpus import training_part
from features.encoder import CompiledEncoder, Encoder, ReferenceEncoder, ensure_compiled

CACHE = Path(__file__).parent.parent / ".caseload" / "cache"
TEXTS, ROUNDS = 64, 3


def texts_of(words: int) -> list[str]:
    """Texts of about so many words, cut from the written cases."""
    stream = " ".join(case.description for case in training_part()).split()
    return [" ".join(stream[start : start + words]) for start in range(0, TEXTS * words, words)]


def best_rate(encoder: Encoder, texts: list[str]) -> float:
    """Texts a second, the best of some rounds."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        encoder.encode(texts)
        seconds.append(time.perf_counter() - started)
    return len(texts) / min(seconds)


def main() -> int:
    compiled = CompiledEncoder.load(ensure_compiled(None, CACHE))
    reference = ReferenceEncoder(None, device="cpu")
    print(json.dumps(environment() | {"precision": compiled.precision}))
    for words in (15, 60, 180):
        texts = texts_of(words)
        cosine = float((compiled.encode(texts) * reference.encode(texts)).sum(axis=1).min())
        ours, theirs = best_rate(compiled, texts), best_rate(reference, texts)
        print(
            f"{words:>4} words  compiled {ours:7.1f}/s  reference {theirs:7.1f}/s  ratio {ours / theirs:.2f}  "
            f"worst cosine {np.round(cosine, 6)}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
