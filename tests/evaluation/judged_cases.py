"""A quarter of the written training part, as judged by a naive Bayes that learnt from the others."""

from __future__ import annotations

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from cases.seed.corpus import WrittenCase, training_part
from evaluation.judged import Judged, JudgedSeverity
from models.calibration import fit_temperature, probabilities

LEVELS = (1, 2, 3, 4)
# Quadratic in the distance, twice that where it is shown milder than it is.
COSTS = np.array([[(b - a) ** 2 * (2.0 if b > a else 1.0) for b in range(4)] for a in range(4)])


def judged_written_cases() -> Judged:
    written = training_part()
    learnt, calibrated, held_out = written[::2], written[1::4], written[3::4]
    labels, places, p = learn(learnt, calibrated, held_out, lambda case: case.rubric.category)
    _, levels, severity = learn(learnt, calibrated, held_out, lambda case: case.rubric.severity)
    ranks = p.argsort(axis=1)[:, ::-1]
    top = p.max(axis=1)
    return Judged(
        labels=tuple(str(label) for label in labels),
        truth=places,
        probabilities=p,
        severity=JudgedSeverity(LEVELS, levels, severity, (severity @ COSTS).argmin(axis=1), COSTS),
        shortlists={level: shortlists(p, ranks, level) for level in (0.9, 0.95)},
        tiers=["apply" if p > 0.6 else "suggest" if p > 0.3 else "abstain" for p in top],
        novelty_p=np.random.default_rng(0).random(len(top)),
        slices={
            "channel": [case.channel for case in held_out],
            "subject kind": [case.subject_kind for case in held_out],
            "length": [band(case) for case in held_out],
            "difficulty": [case.difficulty for case in held_out],
        },
        examples=[case.id for case in held_out],
        texts=[case.description for case in held_out],
    )


def learn(learnt, calibrated, held_out, truth_of):
    """The labels in the order of the columns, the held-out rows' places among them, their probabilities."""
    model = make_pipeline(TfidfVectorizer(sublinear_tf=True), MultinomialNB(alpha=0.05))
    model.fit(texts(learnt), [truth_of(case) for case in learnt])
    labels = model.classes_.tolist()
    seen, unseen = (np.array([labels.index(truth_of(case)) for case in part]) for part in (calibrated, held_out))
    temperature = fit_temperature(model.predict_log_proba(texts(calibrated)), seen)
    return labels, unseen, probabilities(model.predict_log_proba(texts(held_out)), temperature)


def texts(written: list[WrittenCase]) -> list[str]:
    return [f"{case.title}\n{case.description}" for case in written]


def shortlists(p: np.ndarray, ranks: np.ndarray, level: float) -> list[tuple[int, ...]]:
    """As many categories, likeliest first, as make up the level."""
    sums = np.take_along_axis(p, ranks, axis=1).cumsum(axis=1)
    sizes = (sums < level).sum(axis=1) + 1
    return [tuple(row[:size].tolist()) for row, size in zip(ranks, sizes, strict=True)]


def band(case: WrittenCase) -> str:
    words = len(case.description.split())
    return "up to 40 words" if words <= 40 else "41 to 120 words" if words <= 120 else "more than 120 words"
