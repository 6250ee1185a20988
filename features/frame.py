"""The table that estimators take: text, signals and the text's embedding, one row a case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.assemble import AssembledCase
from features.encoder.protocol import Encoder, Progress

TEXT = "text"
SIGNALS = "signals"


def feature_frame(
    cases: Sequence[AssembledCase],
    encoder: Encoder,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """The feature frame of `cases`, in their order, with a fresh index.

    Returns:
        n rows; column `text` (str), column `signals` (object: a dict of name to float), then one float32 column per
        dimension of the embedding: `e000` … `e383` for the default encoder.
    """
    texts = [case.text for case in cases]
    # Equal texts are encoded once: the same case is judged with and without some of its attributes.
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    vectors = encoder.encode(list(places), progress)[[places[text] for text in texts]]
    # One block for all dimensions: inserting them one by one would fragment the frame.
    frame = pd.DataFrame(vectors, columns=embedding_columns(encoder.dimension), copy=False)
    frame.insert(0, TEXT, pd.Series(texts, dtype="str", index=frame.index))
    frame.insert(1, SIGNALS, pd.Series([dict(case.signals) for case in cases], dtype="object", index=frame.index))
    return frame


def embedding_columns(dimension: int) -> list[str]:
    """The embedding's column names for a dimension ≥ 1, at least three digits wide so that they sort."""
    width = max(3, len(str(dimension - 1)))
    return [f"e{index:0{width}d}" for index in range(dimension)]


def embedding_matrix(frame: pd.DataFrame) -> npt.NDArray[np.float32]:
    """The embedding part of a feature frame, shape (n, d), float32."""
    names = [name for name in frame.columns if name[:1] == "e" and name[1:].isdigit()]
    return frame[names].to_numpy(dtype=np.float32)
