"""A small model that knows what it knows: a head of a few dozen rows, calibrated on others that it never saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cases.seed.corpus import training_part
from cases.seed.harmless import harmless_paragraphs
from features.assemble import assemble
from features.encoder import Encoder
from features.frame import embedding_matrix, feature_frame
from features.passages import passage_spans
from models.artifact import ENCODER, load_artifact, save_artifact
from models.assurance import Assurance
from models.calibration import probabilities
from models.novelty import NoveltyDetector
from models.padding import PaddingDetector
from models.precedents import Precedents
from models.shortlist import Shortlister
from models.tiers import Tiers
from tests.serving.small_model import CATEGORIES, ROWS_A_CATEGORY, SmallModel

# So many that a p-value below one in a hundred is possible.
CALIBRATED_ON = 40


def assured_model(small: SmallModel, folder: Path) -> SmallModel:
    """`small`, the first of the small models, with an assurance. Its precedents are the rows that it learnt from."""
    judge = load_artifact(small.directory)
    by_category = {name: [c for c in training_part() if c.rubric.category == name] for name in CATEGORIES}
    # The second small model's rows lie between.
    start = 2 * ROWS_A_CATEGORY
    learnt = [row for found in by_category.values() for row in found[:ROWS_A_CATEGORY]]
    others = [row for found in by_category.values() for row in found[start : start + CALIBRATED_ON]]
    frames = [
        feature_frame(
            [assemble(r.title, r.description, channel=r.channel, attributes=r.attributes) for r in rows],
            judge.encoder,
        )
        for rows in (learnt, others)
    ]
    precedents = Precedents(
        embedding_matrix(frames[0]),
        [f"past-{number}" for number in range(len(learnt))],
        [row.rubric.category for row in learnt],
        [row.rubric.severity for row in learnt],
        [row.rubric.action for row in learnt],
    )
    logits = judge.category.decision_function(frames[1])
    chances = probabilities(logits)
    codes = np.searchsorted(judge.category.classes_, [row.rubric.category for row in others])
    judge.assurance = Assurance(
        shortlister=Shortlister.fit(chances, codes),
        tiers=Tiers.fit(chances, codes, {}),
        novelty=NoveltyDetector.fit(logits.max(axis=1), precedents.distance(embedding_matrix(frames[1]))),
        precedents=precedents,
        padding=_padding(judge.encoder),
    )
    directory = folder / "assured"
    sha256 = save_artifact(judge, directory, name="small", encoder_dir=small.directory / ENCODER)
    return SmallModel(directory, sha256)


def _padding(encoder: Encoder) -> PaddingDetector | None:
    texts = [assemble(row.title, row.description).text for row in training_part()[::16]]
    evidence = [(whose, text[slice(*span)]) for whose, text in enumerate(texts) for span in passage_spans(text)]
    harmless = [text[slice(*span)] for text in harmless_paragraphs() for span in passage_spans(text)]
    vectors = encoder.encode([*(passage for _, passage in evidence), *harmless])
    return PaddingDetector.fit(vectors[: len(evidence)], [whose for whose, _ in evidence], vectors[len(evidence) :])
