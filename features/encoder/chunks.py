"""A text as pieces that an encoder can read whole, and the pieces' vectors as one.

An encoder sees a few hundred tokens and drops the rest without a word. So a long text is cut, at the beginnings of
words, into equal pieces without overlap; the text's vector is the mean of the pieces' vectors, each weighted by its
tokens, brought to unit length.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

# Part of an encoder's hash: raise it with any change here that alters a vector.
CHUNKING_VERSION = 1

# What one text can cost is bounded, or a few hostile ones would hold up the queue. At 256 tokens sixteen pieces are
# about 3,000 words; of a longer text, sixteen pieces evenly spread are read, the first and the last among them.
MAX_CHUNKS = 16
# Cutting costs time too: beyond this length only the first and the last half of it are cut into pieces at all. What
# matters stands at the start (the complaint) or at the end (the newest reply) more often than in between.
MAX_CHARACTERS = 100_000

TokenIds = npt.NDArray[np.int64]
TokenSpans = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a text.

    Attributes:
        text_index: Which text it is of.
        ids: Token ids with the encoder's special tokens around them; at most its token limit.
        weight: How many tokens are the text's own, at least 1 (an empty text is one empty piece).
    """

    text_index: int
    ids: list[int]
    weight: int


class Chunker:
    """Cuts texts for one encoder.

    Args:
        tokenizer: The tokenizer's JSON.
        max_tokens: The encoder's limit, special tokens included.
        pad_id: The token that fills a batch.
    """

    def __init__(self, tokenizer: str, *, max_tokens: int, pad_id: int) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer)
        # Models are often published with the cut and the filling of their training switched on.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        # "[SEP]" in a case's text is five characters that somebody typed, not a control token.
        self._tokenizer.encode_special_tokens = True
        framed = self._tokenizer.encode("a")
        own = [place for place, special in enumerate(framed.special_tokens_mask) if not special]
        self._before = framed.ids[: own[0]]
        self._after = framed.ids[own[-1] + 1 :]
        self._room = max_tokens - len(self._before) - len(self._after)
        self._pad_id = pad_id

    def cut(self, texts: Sequence[str]) -> list[Chunk]:
        """The pieces of each text, in order."""
        encodings = self._tokenizer.encode_batch([_ends(text) for text in texts], add_special_tokens=False)
        return [chunk for index, encoding in enumerate(encodings) for chunk in self._chunks(index, encoding)]

    def locate(self, text: str) -> list[tuple[Chunk, TokenSpans]]:
        """The pieces of one text as `cut` gives them, each with where its tokens stand in the text.

        Returns:
            Pieces, each with spans of shape (len(ids), 2), int64: [start, end) in characters, (-1, -1) for the
            special tokens around it.
        """
        encoding = self._tokenizer.encode(_ends(text), add_special_tokens=False)
        spans = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        if len(text) > MAX_CHARACTERS:
            half = MAX_CHARACTERS // 2
            spans[spans[:, 0] > half] += len(text) - 2 * half - 1
        located = []
        for start, end in self._pieces(encoding):
            framed = np.full((len(self._before) + end - start + len(self._after), 2), -1, dtype=np.int64)
            framed[len(self._before) : len(self._before) + end - start] = spans[start:end]
            located.append((self._chunk(0, encoding.ids[start:end]), framed))
        return located

    def batch(self, chunks: Sequence[Chunk]) -> tuple[TokenIds, TokenIds]:
        """Token ids and attention mask of some pieces, each of shape (len(chunks), longest), int64."""
        longest = max(len(chunk.ids) for chunk in chunks)
        ids = np.full((len(chunks), longest), self._pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, chunk in enumerate(chunks):
            ids[row, : len(chunk.ids)] = chunk.ids
            mask[row, : len(chunk.ids)] = 1
        return ids, mask

    def _chunks(self, text_index: int, encoding: Encoding) -> list[Chunk]:
        ids = encoding.ids
        return [self._chunk(text_index, ids[start:end]) for start, end in self._pieces(encoding)]

    def _pieces(self, encoding: Encoding) -> list[tuple[int, int]]:
        size = len(encoding.ids)
        return [(0, size)] if size <= self._room else _spread(_spans(encoding.word_ids, self._room))

    def _chunk(self, text_index: int, ids: list[int]) -> Chunk:
        return Chunk(text_index, [*self._before, *ids, *self._after], max(1, len(ids)))


def _ends(text: str) -> str:
    half = MAX_CHARACTERS // 2
    return text if len(text) <= MAX_CHARACTERS else f"{text[:half]}\n{text[-half:]}"


def _spans(words: Sequence[int | None], room: int) -> list[tuple[int, int]]:
    """Where to cut tokens of `words` into pieces of at most `room`, about equal, of whole words if possible."""
    spans = []
    start = 0
    while start < len(words):
        left = len(words) - start
        size = math.ceil(left / math.ceil(left / room))
        end = start + size
        if end < len(words):
            # No further back than half a piece: a "word" of hundreds of tokens is cut where it must be.
            end = next(
                (place for place in range(end, end - size // 2, -1) if words[place] != words[place - 1]),
                end,
            )
        spans.append((start, end))
        start = end
    return spans


def _spread(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    if len(spans) <= MAX_CHUNKS:
        return spans
    step = (len(spans) - 1) / (MAX_CHUNKS - 1)
    return [spans[round(place * step)] for place in range(MAX_CHUNKS)]


def pooled(chunks: Sequence[Chunk], vectors: npt.NDArray[np.float32], n_texts: int) -> npt.NDArray[np.float32]:
    """The texts' vectors from their pieces'.

    Args:
        chunks: Pieces of texts 0..n_texts - 1, at least one of each.
        vectors: Of the pieces, shape (len(chunks), d).
        n_texts: How many texts there are.

    Returns:
        Unit vectors of shape (n_texts, d), float32.
    """
    sums = np.zeros((n_texts, vectors.shape[1]), dtype=np.float64)
    weights = np.array([chunk.weight for chunk in chunks], dtype=np.float64)
    np.add.at(sums, [chunk.text_index for chunk in chunks], vectors * weights[:, None])
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    units: npt.NDArray[np.float32] = (sums / np.maximum(norms, np.finfo(np.float32).tiny)).astype(np.float32)
    return units
