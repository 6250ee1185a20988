from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features.encoder import Progress, Vectors


class CountingEncoder:
    """A fast stand-in: the vector of a text is made from its letters. It counts what it was asked."""

    def __init__(self, dimension: int = 8, hash_: str = "f" * 64) -> None:
        self.hash = hash_
        self.dimension = dimension
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.asked += texts
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for letter in "x" + text:
                vectors[row, ord(letter) % self.dimension] += 1
        if progress is not None:
            progress(len(texts), len(texts))
        units: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-9)
        return units
