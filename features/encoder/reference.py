"""The reference: the model on sentence-transformers and torch, as it was published."""

from __future__ import annotations

from collections.abc import Sequence

from features.encoder.batches import encode_texts
from features.encoder.chunks import Chunker, TokenIds
from features.encoder.protocol import Progress, Vectors
from features.encoder.source import find_source
from features.encoder.tokens import TokenVectors, read_tokens


class ReferenceEncoder:
    """An `Encoder` that runs a sentence-transformers model as it is.

    Args:
        source: A directory, a name in the local Hugging Face cache, or None for the embedded default.
        device: Where torch runs it ("cpu", "cuda"); None for the best there is.

    Raises:
        InvalidInputError: The model is not here, or is of an unsupported kind.
    """

    def __init__(self, source: str | None = None, *, device: str | None = None) -> None:
        found = find_source(source)
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        # Its bar for a load of half a second would stand in the midst of a command's own output.
        logging.disable_progress_bar()  # type: ignore[no-untyped-call] # transformers leaves it untyped
        self.model = SentenceTransformer(
            str(found.directory),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        ).eval()
        self.source = found
        self.hash = found.hash
        self.dimension = int(self.model.get_embedding_dimension() or 0)
        # Not the file's: sentence-transformers may have added lower-casing to it.
        self.tokenizer: str = self.model.tokenizer.backend_tokenizer.to_str()
        self._chunker = Chunker(self.tokenizer, max_tokens=found.max_tokens, pad_id=found.pad_id)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Unit vectors of `texts`, shape (len(texts), dimension), float32."""
        return encode_texts(texts, self._chunker, self._forward, self.dimension, progress)

    def token_vectors(self, text: str) -> TokenVectors:
        """The tokens of one text before pooling, by one forward pass."""
        return read_tokens(text, self._chunker, self._forward_tokens, self.source.pooling)

    def _forward(self, ids: TokenIds, mask: TokenIds) -> Vectors:
        return self._run(ids, mask, ("sentence_embedding",))[0]

    def _forward_tokens(self, ids: TokenIds, mask: TokenIds) -> tuple[Vectors, Vectors]:
        pooled, tokens = self._run(ids, mask, ("sentence_embedding", "token_embeddings"))
        return pooled, tokens

    def _run(self, ids: TokenIds, mask: TokenIds, outputs: Sequence[str]) -> list[Vectors]:
        import torch

        device = self.model.device
        batch = {
            "input_ids": torch.from_numpy(ids).to(device),
            "attention_mask": torch.from_numpy(mask).to(device),
        }
        with torch.inference_mode():
            found = self.model(batch)
            # Not each model has a normalising module; the compiled form always normalises.
            found["sentence_embedding"] = torch.nn.functional.normalize(found["sentence_embedding"].float(), dim=1)
        return [found[name].float().cpu().numpy() for name in outputs]
