from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer

from models.terms import TermBlock

TEXTS = [
    "The course copies my lecture word for word, word for word.",
    "They will not refund the course",
    "Refund REFUND refund, please: the café's course!",
    "someone posted my address in a review",
    "",
    "a review that was paid for, and a course that was not",
]


@pytest.mark.parametrize(("analyzer", "low", "high", "min_df"), [("word", 1, 2, 1), ("char_wb", 3, 5, 2)])
def test_the_weights_are_scikit_learns_tfidf(analyzer: str, low: int, high: int, min_df: int):
    block = TermBlock(analyzer, low, high, min_df=min_df)
    counted = block.count(TEXTS)
    block.fit(counted)
    theirs = TfidfVectorizer(
        analyzer=analyzer, ngram_range=(low, high), min_df=min_df, sublinear_tf=True, dtype=np.float32
    )
    expected = theirs.fit_transform(TEXTS).toarray()
    assert block.terms_ == list(theirs.get_feature_names_out())
    assert block.weigh(counted).toarray() == pytest.approx(expected, abs=1e-6)
    assert block.transform(TEXTS).toarray() == pytest.approx(expected, abs=1e-6)


def test_a_folds_vocabulary_and_rarity_are_learnt_from_its_own_texts():
    counted = TermBlock().count(TEXTS)
    kept, held_out = np.array([0, 1, 3]), np.array([2, 5])
    block = TermBlock().fit(counted.rows(kept))
    read_anew = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit([TEXTS[row] for row in kept])
    expected = read_anew.transform([TEXTS[row] for row in held_out]).toarray()
    assert block.terms_ == list(read_anew.get_feature_names_out()), "no term of the held-out texts"
    assert block.weigh(counted.rows(held_out)).toarray() == pytest.approx(expected, abs=1e-6)


def test_the_commonest_terms_are_kept_and_ties_go_by_the_alphabet():
    block = TermBlock("word", 1, 1, max_terms=3)
    block.fit(block.count(["delta delta delta", "alpha charlie bravo bravo"]))
    assert block.terms_ == ["alpha", "bravo", "delta"]


@pytest.mark.parametrize("texts", [["", "?"], ["one two", "three four"]])
def test_texts_without_a_term_to_keep_have_empty_rows(texts: list[str]):
    block = TermBlock("word", 1, 1, min_df=2)
    block.fit(block.count(texts))
    assert block.terms_ == []
    assert block.transform(["one", "refund"]).shape == (2, 0)


def test_what_is_stored_holds_no_counts_and_transforms_the_same():
    block = TermBlock()
    block.fit(block.count(TEXTS))
    expected = block.transform(TEXTS)
    stored = block.__getstate__()
    assert {name for name in stored if name.endswith("_") or name.startswith("_")} <= {
        "_digests",
        "idf_",
        "_sklearn_version",
    }
    revived = clone(block)
    revived.__setstate__(stored)
    assert (revived.transform(TEXTS) != expected).nnz == 0


def test_no_term_can_be_read_from_what_is_stored_and_what_format_2_stored_is_read_as_before():
    block = TermBlock("word", 1, 2)
    block.fit(block.count(TEXTS))
    stored = block.__getstate__()
    assert not [value for value in stored.values() if isinstance(value, str) and "lecture" in value]
    of_before = {name: value for name, value in stored.items() if name != "_digests"}
    revived = clone(block)
    revived.__setstate__(of_before | {"vocabulary_": "\n".join(block.terms_)})
    assert (revived.transform(TEXTS) != block.transform(TEXTS)).nnz == 0
