"""The encoder that serves: OpenVINO and a tokenizer, no torch."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from features.encoder.batches import encode_texts
from features.encoder.chunks import Chunker, TokenIds
from features.encoder.layout import GRAPH, POOLED, TOKENIZER, TOKENS, EncoderCard, read_card
from features.encoder.protocol import Progress, Vectors
from features.encoder.tokens import TokenVectors, read_tokens


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
        # One request uses all cores; a second at the same time would only take turns with it.
        with self._one_at_a_time:
            # Shared, so that only what is asked for is copied: the tokens' vectors are hundreds of times the pooled.
            self._request.infer({"input_ids": ids, "attention_mask": mask}, share_outputs=True)
            return [self._request.get_tensor(name).data.copy() for name in outputs]


def import_openvino() -> Any:  # noqa: ANN401 - OpenVINO ships no types
    """OpenVINO, kept from looking an analytics host up, which it does on import whatever `DO_NOT_TRACK` says.

    Without its telemetry package it falls back to a stub of its own.
    """
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment] # None is how an import is forbidden
    import openvino

    return openvino
