"""Tuning the encoder on decided cases: what `caseload train --budget thorough` tries, and keeps only if it pays.

Each category has a prototype on the unit sphere; a case's embedding is drawn to its own and pushed off the others
(a normalised softmax: Wang et al. 2017, arXiv:1704.06369; it is supervised contrastive learning with one proxy a
class). Severity levels and clauses
have prototypes too, of less weight, so that one embedding serves all judgements.

What an encoder says of a case that it was tuned on proves nothing. So it is tuned twice: once without a fifth of the
cases, whose answers about that fifth are what pooling, calibration, novelty and the decision to keep a tuned encoder
at all are fitted on; and once on all of them.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from features.encoder import ReferenceEncoder
from features.encoder.protocol import Vectors
from models.assurance import NEIGHBOURS
from models.dense import DenseLinear, TunedHead
from models.neighbours import knn_distance
from models.search import Budget, assign_folds

Say = Callable[[str], None]
Codes = npt.NDArray[np.intp]

_BATCH = 32
# Batches of similar length waste no work on padding; sorted within so many batches, so that order stays random.
_WINDOW = 8
# What matters of a case stands within so many tokens nearly always, and attention costs their square.
_TOKENS = 128
# Logits are cosines times this, as in `models.dense.Definitions`.
_SCALE = 20.0
_SMOOTHING = 0.1
_ENCODER_RATE, _PROTOTYPE_RATE, _WARM_UP = 3e-4, 5e-3, 0.1
_SEED = 0
# Of a token of English, for an estimate before there are tokens.
_CHARACTERS = 4
# One part in so many is held out, so tuning costs 1 + 4/5 times its epochs.
_PARTS = 5
_ENOUGH_STEPS, _MOST_EPOCHS = 300, 12


@dataclass(frozen=True, slots=True)
class TuningPlan:
    """How long a budget tunes, so that equal data give an equal model: it counts tokens, never seconds.

    Attributes:
        token_passes: Tokens that may be read for learning, in all. Two cores without an accelerator read about 2,900
            a second at full depth and 3,600 at half.
        fewest_epochs: Where not even so many fit, the encoder stays as it came.
        most_epochs: More do not help where an epoch has steps enough.
        whole: Whether all layers learn, or the upper half.
    """

    token_passes: int
    fewest_epochs: int
    most_epochs: int
    whole: bool


PLANS: Mapping[Budget, TuningPlan] = {
    "standard": TuningPlan(1_400_000, fewest_epochs=2, most_epochs=4, whole=False),
    "thorough": TuningPlan(4_300_000, fewest_epochs=1, most_epochs=5, whole=True),
}
"""By budget: about 5 and 25 minutes; "quick" does not tune."""


@dataclass(frozen=True, slots=True)
class Target:
    """Labels that an encoder is tuned to tell apart.

    Attributes:
        codes: Shape (n,), 0..classes-1; -1 where a row has none.
        classes: How many there are.
        share: Its weight in the loss.
    """

    codes: Codes
    classes: int
    share: float


@dataclass(frozen=True, slots=True)
class TuningData:
    """What an encoder is tuned on: n assembled texts and their labels, by name; `category` is among them."""

    texts: Sequence[str]
    targets: Mapping[str, Target]

    def rows(self, index: npt.NDArray[np.intp]) -> TuningData:
        """Some of its rows."""
        return TuningData(
            [self.texts[int(row)] for row in index],
            {name: Target(t.codes[index], t.classes, t.share) for name, t in self.targets.items()},
        )


@dataclass(frozen=True, slots=True)
class TunedEncoder:
    """An encoder tuned on all rows, saved, with what one tuned without a part of them said of that.

    Attributes:
        directory: A sentence-transformers model.
        heads: By target: its layer, with the held-out part's logits; NaN for other rows.
        distances: Shape (n,): the held-out part's mean distance to the five nearest of the others; NaN for these.
        epochs: How often each row was seen.
    """

    directory: Path
    heads: Mapping[str, TunedHead]
    distances: npt.NDArray[np.float64]
    epochs: int


def epochs_within(texts: Sequence[str], plan: TuningPlan) -> int:
    """How many epochs the plan allows; 0 where it allows fewer than are worth it."""
    tokens = sum(min(_TOKENS, 2 + len(text) // _CHARACTERS) for text in texts)
    # Few cases make few steps an epoch, and it is steps that move an encoder.
    enough = min(_MOST_EPOCHS, max(plan.most_epochs, math.ceil(_ENOUGH_STEPS * _BATCH / max(1, len(texts)))))
    epochs = min(enough, math.floor(plan.token_passes / max(1.0, tokens * (2 - 1 / _PARTS))))
    return epochs if epochs >= plan.fewest_epochs else 0


def tune(
    source: str | None,
    data: TuningData,
    groups: Sequence[object] | None,
    plan: TuningPlan,
    directory: Path,
    say: Say,
) -> TunedEncoder | None:
    """Tune on all rows into `directory`, and once without a part of them; None where the plan does not allow it.

    Args:
        source: The encoder to start from, as `features.encoder.ReferenceEncoder` takes it.
        data: The training part.
        groups: One per row; a group is held out as a whole.
        plan: How long.
        directory: Where to save the tuned model; must not exist.
        say: Told when a step begins.
    """
    epochs = epochs_within(data.texts, plan)
    if epochs < 1:
        return None
    parts = assign_folds(data.targets["category"].codes, groups, _PARTS)
    kept, rows = np.flatnonzero(parts != 0), np.flatnonzero(parts == 0)
    say(f"tuning the encoder on {len(kept)} cases, {epochs} epochs, to see what it says of {len(rows)} others")
    encoder, heads = _tuned(source, data.rows(kept), plan, epochs)
    vectors = _encoded(encoder, data.rows(rows).texts)
    held_out = {name: np.full((len(parts), target.classes), np.nan) for name, target in data.targets.items()}
    for name, head in heads.items():
        held_out[name][rows] = head.logits(vectors)
    distances = np.full(len(parts), np.nan)
    distances[rows] = knn_distance(vectors, _encoded(encoder, data.rows(kept).texts), NEIGHBOURS).distance
    say(f"tuning the encoder on all {len(data.texts)} cases, {epochs} epochs")
    encoder, heads = _tuned(source, data, plan, epochs)
    encoder.model.save(str(directory), create_model_card=False)
    tuned = {name: TunedHead(head, held_out[name]) for name, head in heads.items()}
    return TunedEncoder(directory, tuned, distances, epochs)


def _tuned(
    source: str | None, data: TuningData, plan: TuningPlan, epochs: int
) -> tuple[ReferenceEncoder, dict[str, DenseLinear]]:
    """An encoder tuned on all of `data`, with its prototypes as a linear layer for each target."""
    import torch

    torch.manual_seed(_SEED)
    threads = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    encoder = ReferenceEncoder(source)
    start = _encoded(encoder, data.texts)
    device = encoder.model.device
    prototypes = {
        name: torch.tensor(_means(start, target), device=device, requires_grad=True)
        for name, target in data.targets.items()
    }
    _freeze(encoder, whole=plan.whole)
    _descend(encoder, prototypes, data, epochs)
    torch.set_num_threads(threads)
    encoder.model.eval()
    layers = {
        name: DenseLinear(
            _SCALE * torch.nn.functional.normalize(p, dim=1).detach().cpu().numpy().T.astype(np.float64),
            np.zeros(len(p)),
        )
        for name, p in prototypes.items()
    }
    return encoder, layers


def _encoded(encoder: ReferenceEncoder, texts: Sequence[str]) -> Vectors:
    """Unit vectors in half the time: within a cosine of .9999, as the compiled form computes them too."""
    import torch

    with torch.autocast(encoder.model.device.type, dtype=torch.bfloat16):
        return encoder.encode(texts)


def _freeze(encoder: ReferenceEncoder, *, whole: bool) -> None:
    """Keep from learning what need not: the vocabulary's vectors, and the lower half of the layers where asked."""
    transformer = encoder.model[0].model
    # They are half the weights, most of them of words that these cases lack.
    transformer.get_input_embeddings().requires_grad_(requires_grad=False)
    layers = getattr(getattr(transformer, "encoder", None), "layer", None)
    if whole or layers is None:
        return
    transformer.embeddings.requires_grad_(requires_grad=False)
    for layer in layers[: len(layers) // 2]:
        layer.requires_grad_(requires_grad=False)


def _descend(encoder: ReferenceEncoder, prototypes: Mapping[str, Any], data: TuningData, epochs: int) -> None:
    import torch

    weights = [p for p in encoder.model.parameters() if p.requires_grad]
    groups = [{"params": weights, "lr": _ENCODER_RATE}]
    groups.append({"params": list(prototypes.values()), "lr": _PROTOTYPE_RATE, "weight_decay": 0.0})
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    steps = epochs * math.ceil(len(data.texts) / _BATCH)

    def pace(step: int) -> float:
        return min((step + 1) / (_WARM_UP * steps), max(0.0, (steps - step) / ((1 - _WARM_UP) * steps)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, pace)
    encoder.model.train()
    random = np.random.default_rng(_SEED)
    for _ in range(epochs):
        for rows in _batches(data.texts, random):
            optimiser.zero_grad()
            _loss(encoder, prototypes, data.rows(rows)).backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
            schedule.step()


def _loss(encoder: ReferenceEncoder, prototypes: Mapping[str, Any], batch: TuningData) -> Any:  # noqa: ANN401 - torch's
    import torch
    from torch.nn.functional import cross_entropy, normalize

    device = encoder.model.device
    tokens = encoder.model.tokenizer(
        list(batch.texts), padding=True, truncation=True, max_length=_TOKENS, return_tensors="pt"
    ).to(device)
    # Half the memory traffic; the weights stay in single precision.
    with torch.autocast(device.type, dtype=torch.bfloat16):
        vectors = encoder.model(dict(tokens))["sentence_embedding"]
    vectors = normalize(vectors.float(), dim=1)
    losses = []
    for name, target in batch.targets.items():
        rows = np.flatnonzero(target.codes >= 0)
        if len(rows):
            logits = _SCALE * vectors[rows] @ normalize(prototypes[name], dim=1).T
            truth = torch.from_numpy(target.codes[rows]).to(device)
            losses.append(target.share * cross_entropy(logits, truth, label_smoothing=_SMOOTHING))
    return torch.stack(losses).sum()


def _batches(texts: Sequence[str], random: np.random.Generator) -> list[npt.NDArray[np.intp]]:
    """All rows once, in batches of similar length, in random order."""
    order = random.permutation(len(texts))
    batches: list[npt.NDArray[np.intp]] = []
    for start in range(0, len(order), _BATCH * _WINDOW):
        window = np.array(sorted(order[start : start + _BATCH * _WINDOW], key=lambda row: len(texts[row])))
        batches += [window[first : first + _BATCH] for first in range(0, len(window), _BATCH)]
    return [batches[place] for place in random.permutation(len(batches))]


def _means(vectors: Vectors, target: Target) -> Vectors:
    """The mean direction of each class's vectors; that of all vectors for a class without any."""
    means = np.repeat(vectors.mean(axis=0, keepdims=True), target.classes, axis=0)
    for code in range(target.classes):
        if (target.codes == code).any():
            means[code] = vectors[target.codes == code].mean(axis=0)
    units: Vectors = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
    return units
