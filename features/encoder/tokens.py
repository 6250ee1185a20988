"""A text's tokens as an encoder sees them before pooling, and what its vector would be without some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from features.encoder.chunks import Chunker, TokenIds, TokenSpans
from features.encoder.protocol import Encoder, Vectors

# Token ids and attention mask of a batch to (pooled vectors (batch, d), token vectors (batch, longest, d)).
TokenForward = Callable[[TokenIds, TokenIds], tuple[Vectors, Vectors]]

# A piece's number and which of its tokens are kept, shape (tokens of the piece,).
Reading = tuple[int, npt.NDArray[np.bool_]]

# Pieces at once: the token vectors of one batch are kept whole.
_BATCH = 8
_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """One text's tokens, t of them in some pieces, as one forward pass left them.

    Attributes:
        vectors: Shape (t, d), float32: the last hidden state, special tokens included.
        spans: Shape (t, 2), int64: where each stands in the text, (-1, -1) for special tokens.
        pieces: Shape (t,), int64, rising from 0: which piece each is of.
        pooling: "mean" or "cls", the encoder's.
        reread: Pooled vectors, shape (readings, d), of pieces read again without some of their tokens.
    """

    vectors: Vectors
    spans: TokenSpans
    pieces: TokenIds
    pooling: str
    reread: Callable[[Sequence[Reading]], Vectors]

    def pooled(self) -> Vectors:
        """The text's unit vector, shape (d,), float32: what `Encoder.encode` says of it."""
        found: Vectors = self.without([(0, 0)])[0]
        return found

    def without(self, spans: Sequence[tuple[int, int]], reread_tokens: int = 0) -> Vectors:
        """The text's unit vector without what stands in each span, one span at a time.

        By default from the one forward pass that was made: the span's tokens are left out of the mean. That costs a
        sum, and is a likeness only: the other tokens have seen those that are left out. Read again without them, each
        piece that a span touches once, the vector is that of a text in which they were never written, but for where
        a long text is cut. An encoder that pools by its first token is always read again.

        A token is left out if its last character is in the span. A piece without a token left counts for nothing; if
        that is so of all pieces, what is left is the special tokens around nothing, as of an empty text.

        Args:
            spans: [start, end) in characters.
            reread_tokens: How many tokens may be read again; where all spans together take more, none are.

        Returns:
            Unit vectors of shape (len(spans), d), float32.
        """
        last = self.spans[:, 1] - 1
        kept = [(last < start) | (last >= end) for start, end in spans]
        touched = [np.unique(self.pieces[~keep]).tolist() for keep in kept]
        readings = [
            (piece, keep[self.pieces == piece])
            for keep, pieces in zip(kept, touched, strict=True)
            for piece in pieces
        ]
        sums = np.zeros((len(spans), self.vectors.shape[1]))
        again: Iterator[Vectors] | None = None
        if self.pooling != "mean" or sum(int(keep.sum()) for _, keep in readings) <= reread_tokens:
            again = iter(self.reread(readings))
        whole = [self._whole(self.pieces == piece) for piece in range(self.pieces[-1] + 1)]
        for row, (keep, pieces) in enumerate(zip(kept, touched, strict=True)):
            found = dict(enumerate(whole))
            for piece in pieces:
                found[piece] = self._mean(keep & (self.pieces == piece)) if again is None else next(again)
            sums[row] = sum(weight * _unit(found[piece]) for piece, weight in self._weights(keep))
        return _unit(sums).astype(np.float32)

    def _weights(self, kept: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
        """The pieces that count, each with how many of its own tokens are left."""
        own = self.spans[:, 1] > 0
        weights = np.bincount(self.pieces[kept & own], minlength=self.pieces[-1] + 1)
        if not weights.any():
            weights[:] = 1
        return [(int(piece), int(weights[piece])) for piece in np.flatnonzero(weights)]

    def _whole(self, inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.floating]:
        return self._mean(inside) if self.pooling == "mean" else self.vectors[inside][0]

    def _mean(self, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.floating]:
        mean: npt.NDArray[np.floating] = self.vectors[chosen].mean(axis=0, dtype=np.float64)
        return mean


class TokenEncoder(Encoder, Protocol):
    """An `Encoder` that also tells what the vector of a text is made of."""

    def token_vectors(self, text: str) -> TokenVectors:
        """The tokens of one text before pooling, by one forward pass."""


def read_tokens(text: str, chunker: Chunker, forward: TokenForward, pooling: str) -> TokenVectors:
    """One text through an encoder, its tokens kept."""
    located = chunker.locate(text)
    chunks = [chunk for chunk, _ in located]
    vectors: list[Vectors] = []
    for first in range(0, len(chunks), _BATCH):
        batch = chunks[first : first + _BATCH]
        _, tokens = forward(*chunker.batch(batch))
        vectors += [tokens[row, : len(chunk.ids)] for row, chunk in enumerate(batch)]

    def reread(readings: Sequence[Reading]) -> Vectors:
        shortened = [
            replace(chunks[piece], ids=np.array(chunks[piece].ids)[kept].tolist()) for piece, kept in readings
        ]
        found = np.empty((len(readings), vectors[0].shape[1]), dtype=np.float32)
        order = sorted(range(len(readings)), key=lambda place: -len(shortened[place].ids))
        for first in range(0, len(order), _BATCH):
            places = order[first : first + _BATCH]
            found[places] = forward(*chunker.batch([shortened[place] for place in places]))[0]
        return found

    pieces = np.repeat(np.arange(len(chunks)), [len(chunk.ids) for chunk in chunks])
    spans = np.concatenate([found for _, found in located])
    return TokenVectors(np.concatenate(vectors), spans, pieces, pooling, reread)


def _unit(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    found: npt.NDArray[np.floating] = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(_SMALLEST)
    return found
