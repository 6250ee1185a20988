"""Two small models for tests: the real estimators, the real encoder and the real artifact, on a few dozen rows."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cases.seed.corpus import WrittenCase, training_part
from cases.taxonomy_file import load_taxonomy
from features.assemble import assemble
from features.encoder import CompiledEncoder, ensure_compiled
from features.frame import feature_frame
from models.artifact import save_artifact
from models.category import CategoryClassifier
from models.judge import Judge
from models.severity import SeverityClassifier

CATEGORIES = ("intellectual_property", "review_manipulation", "child_safety", "refund_dispute", "no_violation")
ROWS_A_CATEGORY = 12


@dataclass(frozen=True)
class SmallModel:
    """An artifact on disk."""

    directory: Path
    sha256: str


@functools.cache
def small_models_in(base: Path) -> tuple[SmallModel, SmallModel]:
    """The two models of a test run whose temporary folder is `base`, trained when first asked for."""
    # The encoder is compiled where its own tests have it too; workers of pytest-xdist share one.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return train_small_models(base / "small-models", cache_dir=shared / "compiled")


def train_small_models(folder: Path, *, cache_dir: Path) -> tuple[SmallModel, SmallModel]:
    """Two models that learn from different rows, and so judge differently."""
    encoder_dir = ensure_compiled(None, cache_dir)
    encoder = CompiledEncoder.load(encoder_dir)
    by_category = {name: [c for c in training_part() if c.rubric.category == name] for name in CATEGORIES}
    models = []
    for number, start in enumerate((0, ROWS_A_CATEGORY)):
        rows = [row for found in by_category.values() for row in found[start : start + ROWS_A_CATEGORY]]
        judge = _fitted(rows, encoder)
        directory = folder / f"model-{number}"
        models.append(SmallModel(directory, save_artifact(judge, directory, name="small", encoder_dir=encoder_dir)))
    return models[0], models[1]


def _fitted(rows: Sequence[WrittenCase], encoder: CompiledEncoder) -> Judge:
    assembled = [assemble(r.title, r.description, channel=r.channel, attributes=r.attributes) for r in rows]
    frame = feature_frame(assembled, encoder)
    # One setting instead of a search: these judge quickly made, not well.
    category = CategoryClassifier(C=10.0, lexical_weight=1.0, dense_weight=3.0, n_jobs=1)
    severity = SeverityClassifier(C=10.0, lexical_weight=1.0, dense_weight=3.0, n_jobs=1)
    return Judge(
        category.fit(frame, [row.rubric.category for row in rows]),
        severity.fit(frame, [row.rubric.severity for row in rows]),
        encoder,
        load_taxonomy(),
    )
