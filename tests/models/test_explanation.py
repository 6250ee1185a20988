from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from cases.errors import InvalidInputError
from cases.seed.corpus import training_part
from features.assemble import AssembledCase, assemble
from features.frame import feature_frame
from features.sentences import sentence_spans
from models.artifact import load_artifact
from models.explanation import MAX_SENTENCES, Explainer, explain
from models.judge import Judge
from tests.serving.conftest import small_models
from tests.serving.small_model import SmallModel

__all__ = ["small_models"]

# The first test here waits for torch, and for the encoder to be compiled.
pytestmark = pytest.mark.slow

WRITTEN = [
    assemble(case.title, case.description, channel=case.channel, attributes=case.attributes)
    for case in training_part()
]
LONG = [case for case in WRITTEN if len(sentence_spans(case.text)) >= 5][::7][:40]
TWO_SIDED = assemble(
    "",
    "I am writing on a Tuesday. They refuse to refund my money for the course. My regards to all of your team.",
    channel="email",
    attributes={"reach": 120, "minor_involved": True},
)


@pytest.fixture(scope="module")
def judge(small_models: tuple[SmallModel, SmallModel]) -> Judge:
    return load_artifact(small_models[0].directory)


@pytest.fixture(scope="module")
def explainer(judge: Judge) -> Explainer:
    return Explainer(judge.category, judge.encoder)


def log_odds_without_each_sentence(judge: Judge, case: AssembledCase, category: str) -> np.ndarray:
    """By how much the log-odds drop, each text without a sentence encoded and read from its first character on."""
    variants = [
        replace(case, text=f"{case.text[:start]} {case.text[end:]}") for start, end in sentence_spans(case.text)
    ]
    p = judge.category.predict_proba(feature_frame([case, *variants], judge.encoder))
    found = p[:, list(judge.category.classes_).index(category)]
    odds = np.log(found / (1 - found))
    return odds[0] - odds[1:]


def rank_correlations(judge: Judge, explainer: Explainer) -> np.ndarray:
    found = []
    for case in LONG:
        explanation = explainer.explain(case)
        shares = [sentence.share for sentence in explanation.sentences]
        found.append(spearmanr(shares, log_odds_without_each_sentence(judge, case, explanation.category)).statistic)
    return np.array(found)


@pytest.mark.parametrize("case", [LONG[0], LONG[1], TWO_SIDED, assemble("", "hi"), assemble("", "")])
def test_the_parts_add_up_to_the_logit(judge: Judge, explainer: Explainer, case: AssembledCase) -> None:
    logits = judge.category.decision_function(feature_frame([case], judge.encoder))[0]
    for code, category in enumerate(judge.category.classes_):
        found = explainer.explain(case, str(category))
        words, signals = (sum(part.contribution for part in parts) for parts in (found.words, found.signals))
        assert words + signals + found.dense + found.intercept == pytest.approx(found.logit, abs=1e-6)
        # bfloat16 may see one text a little differently in another batch.
        assert found.logit == pytest.approx(logits[code] - logits.mean(), abs=0.02)


def test_a_words_contribution_is_what_the_models_weights_say(judge: Judge, explainer: Explainer) -> None:
    head = judge.category
    case = assemble("", "refund refund plagiarism")
    found = explainer.explain(case, "refund_dispute")
    row = head.blocks_.transform(feature_frame([case], judge.encoder)).toarray()[0].astype(np.float64)
    code = list(head.classes_).index("refund_dispute")
    each = row * (head.weights_[:, code] - head.weights_.mean(axis=1)) / head.temperature_
    # The terms themselves are not in an artifact: the word, and its pieces of 3 to 5 characters.
    words, pieces = head.blocks_.words_.known, head.blocks_.pieces_.known
    padded = " refund "
    parts = [padded[at : at + size] for size in (3, 4, 5) for at in range(len(padded) - size + 1)]
    columns = [words.column("refund"), *(len(words) + c for part in parts if (c := pieces.column(part)) is not None)]
    of_refund = sum(each[column] for column in columns if column is not None)
    assert [word.term for word in found.words][:2] == ["refund", "refund"]
    assert found.words[0].contribution == pytest.approx(found.words[1].contribution, rel=0.2)
    assert sum(word.contribution for word in found.words[:2]) == pytest.approx(of_refund, rel=0.1)


def test_words_alone_are_explained_alike_without_the_encoder(explainer: Explainer) -> None:
    found = explainer.explain(TWO_SIDED, "refund_dispute").words
    alone = explainer.words(TWO_SIDED.text, "refund_dispute")
    assert [word.term for word in alone] == [word.term for word in found]
    np.testing.assert_allclose([w.contribution for w in alone], [w.contribution for w in found], atol=1e-6)


def test_words_and_sentences_stand_where_they_say(explainer: Explainer) -> None:
    for case in [*LONG[::5], TWO_SIDED]:
        found = explainer.explain(case)
        assert [(s.start, s.end) for s in found.sentences] == sentence_spans(case.text)
        assert all(case.text[word.start : word.end] == word.term for word in found.words)
        assert all(one.end <= other.start for one, other in itertools.pairwise(found.words))


def test_the_sentence_and_the_words_that_tell_weigh_most(judge: Judge) -> None:
    found = explain(judge, TWO_SIDED)
    assert found.category == "refund_dispute"
    shares = {TWO_SIDED.text[s.start : s.end]: s.share for s in found.sentences}
    assert max(shares, key=shares.__getitem__) == "They refuse to refund my money for the course."
    assert max(found.words, key=lambda word: word.contribution).term in {"refuse", "refund", "money"}
    assert {signal.name for signal in found.signals} <= {"channel=email", "log_reach", "minor_involved"}


def test_sentence_shares_rank_as_encoding_each_text_anew_ranks_them(judge: Judge, explainer: Explainer) -> None:
    assert len(LONG) == 40
    assert rank_correlations(judge, explainer).mean() >= 0.95


def test_one_reading_alone_ranks_sentences_nearly_so(judge: Judge) -> None:
    assert rank_correlations(judge, Explainer(judge.category, judge.encoder, reread_tokens=0)).mean() >= 0.6


def test_a_long_case_is_explained_by_neighbouring_sentences(explainer: Explainer) -> None:
    case = assemble("", "He will not give my money back. " * 400)
    found = explainer.explain(case)
    assert len(found.sentences) <= MAX_SENTENCES
    assert (found.sentences[0].start, found.sentences[-1].end) == (0, len(case.text))


def test_an_empty_case_has_nothing_that_speaks(explainer: Explainer) -> None:
    found = explainer.explain(assemble("", ""))
    assert (found.sentences, found.words, found.signals) == ((), (), ())


def test_a_category_that_the_model_does_not_know_is_refused(explainer: Explainer) -> None:
    with pytest.raises(InvalidInputError, match=r"'category' must be one that the model knows \(got 'weather'\)"):
        explainer.explain(TWO_SIDED, "weather")
