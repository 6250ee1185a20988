"""The encoder that serves: OpenVINO and a tokenizer, no torch."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from features.encoder.batches import encode_texts
from features.encoder.chunks import Chunker, TokenIds
from features.encoder.layout import GRAPH, POOLED, TOKENIZER, TOKENS, EncoderCard, read_card
from features.encoder.protocol import Progress, Vectors
from features.encoder.tokens import TokenVectors, read_tokens

# OpenVINO keeps what it made for each shape of a batch that it meets, half a megabyte each. A calm service meets many
# small batches of all lengths: these are filled up to one of a few shapes, which on texts of sixty words saves sixty
# megabytes within the first three thousand batches. Large ones are what a storm is scored in, where each part of the
# time counts: they are left as they are.
TOKENS_STEP = 16
ROWS = (1, 2, 3, 4, 6)


class CompiledEncoder:
    """An `Encoder` that runs what `compile_encoder` wrote; threads may share one.

    It computes in bfloat16 where the processor does so natively (a vector is then within a cosine of .9995 of the
    reference's, and of what it is in another batch) and in float32 elsewhere.

    Attributes:
        hash: See `Encoder.hash`.
        dimension: The vectors' length.
        precision: "bf16" or "f32", as this machine computes.
    """

    def __init__(self, card: EncoderCard, directory: Path) -> None:
        self.hash = card.hash
        self.dimension = card.dimension
        self._pooling = card.pooling
        self._max_tokens, self._pad_id = card.max_tokens, card.pad_id
        tokenizer = (directory / TOKENIZER).read_text(encoding="utf-8")
        self._chunker = Chunker(tokenizer, max_tokens=card.max_tokens, pad_id=card.pad_id)
        core = import_openvino().Core()
        # The plugin takes a bfloat16 hint on any processor with AVX-512 and then emulates it, thirty times slower.
        native = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self.precision = "bf16" if native else "f32"
        compiled = core.compile_model(
            directory / GRAPH,
            "CPU",
            {"INFERENCE_PRECISION_HINT": self.precision, "NUM_STREAMS": 1},
        )
        self._request = compiled.create_infer_request()
        self._one_at_a_time = threading.Lock()

    @classmethod
    def load(cls, directory: Path) -> Self:
        """The encoder in `directory`, its files verified first.

        Raises:
            ArtifactError: A file is missing, or not what was compiled.
        """
        return cls(read_card(directory), directory)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Unit vectors of `texts`, shape (len(texts), dimension), float32."""
        return encode_texts(texts, self._chunker, self._forward, self.dimension, progress)

    def token_vectors(self, text: str) -> TokenVectors:
        """The tokens of one text before pooling, by one forward pass."""
        return read_tokens(text, self._chunker, self._forward_tokens, self._pooling)

    def _forward(self, ids: TokenIds, mask: TokenIds) -> Vectors:
        (vectors,) = self._infer(ids, mask, (POOLED,))
        return vectors

    def _forward_tokens(self, ids: TokenIds, mask: TokenIds) -> tuple[Vectors, Vectors]:
        pooled, tokens = self._infer(ids, mask, (POOLED, TOKENS))
        return pooled, tokens

    def _infer(self, ids: TokenIds, mask: TokenIds, outputs: Sequence[str]) -> list[Vectors]:
        rows, tokens = ids.shape
        shape = filled_shape(rows, tokens, self._max_tokens)
        fed = {"input_ids": _filled(ids, shape, self._pad_id), "attention_mask": _filled(mask, shape, 0)}
        # One request uses all cores; a second at the same time would only take turns with it.
        with self._one_at_a_time:
            # Shared, so that only what is asked for is copied: the tokens' vectors are hundreds of times the pooled.
            self._request.infer(fed, share_outputs=True)
            told = [self._request.get_tensor(name).data[:rows] for name in outputs]
            return [(one if one.ndim == 2 else one[:, :tokens]).copy() for one in told]


def filled_shape(rows: int, tokens: int, max_tokens: int) -> tuple[int, int]:
    """The shape up to which a batch of `rows` texts of at most `tokens` tokens is filled; large ones are not."""
    if rows > ROWS[-1]:
        return rows, tokens
    filled = -(-tokens // TOKENS_STEP) * TOKENS_STEP
    return next(some for some in ROWS if some >= rows), max(tokens, min(filled, max_tokens))


def _filled(batch: TokenIds, shape: tuple[int, int], value: int) -> TokenIds:
    """Each row filled up with `value`, then the batch with its last row: of one without a token no mean is there."""
    if batch.shape == shape:
        return batch
    rows, tokens = batch.shape
    filled = np.full(shape, value, dtype=batch.dtype)
    filled[:rows, :tokens] = batch
    filled[rows:, :tokens] = batch[-1]
    return filled


def import_openvino() -> Any:  # noqa: ANN401 - OpenVINO ships no types
    """OpenVINO, kept from looking an analytics host up, which it does on import whatever `DO_NOT_TRACK` says.

    Without its telemetry package it falls back to a stub of its own.
    """
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment] # None is how an import is forbidden
    import openvino

    return openvino
