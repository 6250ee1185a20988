"""Feature frames made of given texts and vectors, for tests that need no encoder."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.frame import embedding_columns


def frame(words: list[str], vectors: np.ndarray) -> pd.DataFrame:
    found = pd.DataFrame(vectors.astype(np.float32), columns=embedding_columns(vectors.shape[1]))
    found.insert(0, "text", pd.Series(words, dtype="str"))
    found.insert(1, "signals", pd.Series([{} for _ in words], dtype=object))
    return found


def noise(n: int, d: int = 8) -> np.ndarray:
    vectors = np.random.default_rng(0).normal(size=(n, d))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
