"""Many texts through an encoder, in batches of equal length, whatever runs the batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from features.encoder.chunks import Chunker, TokenIds, pooled
from features.encoder.protocol import Progress, Vectors

# Larger batches were no faster on a CPU (measured at 32 and 128) and cost memory.
BATCH = 32
# Texts cut at once: enough to fill batches with pieces of one length, few enough to keep their tokens in memory.
SLAB = 2048

Forward = Callable[[TokenIds, TokenIds], Vectors]


def encode_texts(
    texts: Sequence[str],
    chunker: Chunker,
    forward: Forward,
    dimension: int,
    progress: Progress | None = None,
) -> Vectors:
    """Unit vectors of `texts`, shape (len(texts), dimension), float32.

    Args:
        texts: Any number of texts of any length.
        chunker: Cuts them.
        forward: Token ids and attention mask of a batch to its vectors, shape (batch, dimension).
        dimension: The vectors' length.
        progress: Told after each batch; a text in work counts by the share of its slab that is done.
    """
    vectors = np.empty((len(texts), dimension), dtype=np.float32)
    for start in range(0, len(texts), SLAB):
        slab = texts[start : start + SLAB]
        chunks = chunker.cut(slab)
        pieces = np.empty((len(chunks), dimension), dtype=np.float32)
        # Pieces of one length side by side waste no work on padding; the longest first, so that memory peaks at once.
        order = sorted(range(len(chunks)), key=lambda place: -len(chunks[place].ids))
        for first in range(0, len(order), BATCH):
            places = order[first : first + BATCH]
            pieces[places] = forward(*chunker.batch([chunks[place] for place in places]))
            if progress is not None:
                share = min(first + BATCH, len(order)) / len(order)
                progress(start + int(share * len(slab)), len(texts))
        vectors[start : start + len(slab)] = pooled(chunks, pieces, len(slab))
    return vectors
