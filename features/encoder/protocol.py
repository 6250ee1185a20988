"""What every encoder offers, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
# Called with (texts done, texts in all); done rises to all.
Progress = Callable[[int, int], None]


class Encoder(Protocol):
    """Texts to unit vectors that lie close together when the texts mean the same."""

    @property
    def hash(self) -> str:
        """64 hexadecimal digits that stand for weights, tokenizer, pooling, token limit and chunking.

        Equal hash, equal vectors (to a cosine of .9995 between one way of running it and another).
        """

    @property
    def dimension(self) -> int:
        """The vectors' length."""

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Unit vectors of `texts`, shape (len(texts), dimension), float32; (0, dimension) for no texts."""
