"""From a sentence-transformers model to OpenVINO's form of it; the one step that needs torch."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cases.errors import ArtifactError
from features.encoder.compiled import import_openvino
from features.encoder.layout import (
    CARD,
    GRAPH,
    POOLED,
    TOKENIZER,
    TOKENS,
    WEIGHTS,
    EncoderCard,
    file_sha256,
    read_card,
    write_card,
)
from features.encoder.reference import ReferenceEncoder
from features.encoder.source import find_source


def ensure_compiled(source: str | None, cache_dir: Path) -> Path:
    """The compiled form of a model, compiled now if `cache_dir` does not hold it yet or holds a damaged one.

    Safe from several processes at once: one compiles, the others wait.

    Args:
        source: A directory, a name in the local Hugging Face cache, or None for the embedded default.
        cache_dir: Where compiled encoders are kept, one directory per encoder's hash.

    Raises:
        InvalidInputError: The model is not here, or is of an unsupported kind.
    """
    encoders = cache_dir / "encoders"
    directory = encoders / find_source(source).hash
    encoders.mkdir(parents=True, exist_ok=True)
    with _locked(encoders / "lock"):
        if (directory / CARD).exists():
            try:
                read_card(directory)
            except ArtifactError:
                shutil.rmtree(directory)
            else:
                return directory
        return compile_encoder(source, directory)


def compile_encoder(source: str | None, directory: Path) -> Path:
    """Compile a model into `directory`, which appears at once and whole; one that is there is replaced.

    Raises:
        InvalidInputError: The model is not here, or is of an unsupported kind.
    """
    reference = ReferenceEncoder(source, device="cpu")
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".compiling-") as scratch:
        unfinished = Path(scratch) / directory.name
        unfinished.mkdir()
        _write_graph(reference, unfinished / GRAPH)
        (unfinished / TOKENIZER).write_text(reference.tokenizer, encoding="utf-8")
        files = {name: file_sha256(unfinished / name) for name in (GRAPH, WEIGHTS, TOKENIZER)}
        card = EncoderCard(
            hash=reference.hash,
            dimension=reference.dimension,
            max_tokens=reference.source.max_tokens,
            pooling=reference.source.pooling,
            pad_id=reference.source.pad_id,
            source_weights_sha256=reference.source.weights_sha256,
            files=files,
        )
        write_card(card, unfinished)
        shutil.rmtree(directory, ignore_errors=True)
        unfinished.replace(directory)
    return directory


def _write_graph(reference: ReferenceEncoder, path: Path) -> None:
    """Trace transformer, pooling and normalisation as one graph of two outputs, and save it as OpenVINO's IR."""
    import torch

    openvino = import_openvino()
    whole = _whole_encoder(reference)
    # Of unequal lengths, so that the trace keeps the attention mask.
    ids = torch.full((2, 16), reference.source.pad_id, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for row, length in enumerate((16, 10)):
        ids[row, :length] = torch.arange(1000, 1000 + length) % reference.model.tokenizer.vocab_size
        mask[row, :length] = 1
    with _quiet_transformers(), warnings.catch_warnings(), torch.no_grad():
        # Tracing is deprecated in torch and still the way that OpenVINO's converter documents; what the tracer warns
        # of (lengths taken for constants) is disproved by the tests on other lengths and batches.
        warnings.simplefilter("ignore")
        graph = openvino.convert_model(whole, example_input={"input_ids": ids, "attention_mask": mask})
    for output, name in zip(graph.outputs, (POOLED, TOKENS), strict=True):
        output.get_tensor().set_names({name})
    # Half the size for a cosine of .999999: the weights are widened again when the graph is loaded.
    openvino.save_model(graph, path, compress_to_fp16=True)


def _whole_encoder(reference: ReferenceEncoder) -> Any:  # noqa: ANN401 - torch is imported only here
    """A torch module from token ids and mask to unit vectors, and to the tokens' vectors before pooling."""
    import torch

    transformer = reference.model[0].model
    by_mean = reference.source.pooling == "mean"

    class WholeEncoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            hidden = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            if by_mean:
                kept = attention_mask.unsqueeze(-1).to(hidden.dtype)
                pooled = (hidden * kept).sum(1) / kept.sum(1)
            else:
                pooled = hidden[:, 0]
            return torch.nn.functional.normalize(pooled, dim=1), hidden

    return WholeEncoder().eval()


@contextlib.contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Without a warning about a loss function, which tracing asks for and nobody needs."""
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
