"""Words and pieces of words, weighed by how rare they are (TF-IDF), counted once and weighed per fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

# No token holds a line break: words are made of letters, and pieces of words are padded with spaces.
_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class TermCounts:
    """How often each term occurs in each text.

    Attributes:
        counts: CSR, shape (n, all terms), integer.
        terms: Shape (all terms,), object: the terms in column order.
    """

    counts: sparse.csr_matrix
    terms: npt.NDArray[np.object_]

    def rows(self, index: npt.NDArray[np.intp]) -> TermCounts:
        """The counts of some of the texts."""
        return TermCounts(self.counts[index], self.terms)


class TermBlock(BaseEstimator):
    """TF-IDF of one kind of term: tf = 1 + ln(count), idf = ln((1 + n) / (1 + df)) + 1, rows of unit length.

    The same numbers as scikit-learn's `TfidfVectorizer(sublinear_tf=True)`. That class reads a text and weighs it in
    one step; here `count` reads, which is nearly all of the cost, and `fit` weighs, so that each fold of a
    cross-validation has its own vocabulary and idf without reading again. The vocabulary is kept as one string, which
    a file holds in a thousandth of the time that a dictionary of 60,000 numbers takes.

    Args:
        analyzer: "word" or "char_wb" (pieces within word boundaries).
        ngram_min: Shortest run, in words or characters.
        ngram_max: Longest run.
        min_df: A term in fewer texts is dropped.
        max_terms: The commonest so many are kept.

    Attributes:
        vocabulary_: The kept terms in column order, separated by line breaks.
        idf_: Shape (terms,), float32.
    """

    def __init__(
        self,
        analyzer: str = "word",
        ngram_min: int = 1,
        ngram_max: int = 2,
        min_df: int = 1,
        max_terms: int = 100_000,
    ) -> None:
        self.analyzer = analyzer
        self.ngram_min = ngram_min
        self.ngram_max = ngram_max
        self.min_df = min_df
        self.max_terms = max_terms

    def count(self, texts: Sequence[str]) -> TermCounts:
        """Read the texts: the counts of all terms in at least `min_df` of them."""
        counter = self._counter_for(None)
        try:
            counts = counter.fit_transform(texts)
        except ValueError:  # no text holds a term
            return TermCounts(sparse.csr_matrix((len(texts), 0), dtype=np.int64), np.empty(0, dtype=object))
        # What is too rare among all texts is too rare among some of them, and most pieces are.
        kept = np.flatnonzero(np.bincount(counts.indices, minlength=counts.shape[1]) >= self.min_df)
        return TermCounts(counts.tocsr()[:, kept], counter.get_feature_names_out()[kept])

    def fit(self, counted: TermCounts) -> Self:
        """Choose the vocabulary and learn idf from counted texts."""
        df = np.bincount(counted.counts.indices, minlength=counted.counts.shape[1])
        kept = np.flatnonzero(df >= self.min_df)
        if len(kept) > self.max_terms:
            total = np.asarray(counted.counts.sum(axis=0)).ravel()[kept]
            # Stable, so that terms of equal count are kept in alphabetical order on every machine.
            kept = np.sort(kept[np.argsort(-total, kind="stable")[: self.max_terms]])
        self.vocabulary_ = _SEPARATOR.join(counted.terms[kept])
        n = counted.counts.shape[0]
        self.idf_ = (np.log((1 + n) / (1 + df[kept])) + 1).astype(np.float32)
        self._columns = kept
        self.__dict__.pop("_reader", None)
        return self

    @property
    def terms_(self) -> list[str]:
        """The kept terms in column order."""
        return self.vocabulary_.split(_SEPARATOR) if self.vocabulary_ else []

    def weigh(self, counted: TermCounts) -> sparse.csr_matrix:
        """The TF-IDF rows of counted texts, CSR of shape (n, terms), float32.

        Args:
            counted: Counted together with the texts that the block was fitted on: the same terms in the same order.
        """
        return self._weighed(counted.counts[:, self._columns])

    def transform(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """The TF-IDF rows of texts, CSR of shape (n, terms), float32; empty for a text without a known term."""
        if not self.vocabulary_:
            return sparse.csr_matrix((len(texts), 0), dtype=np.float32)
        if "_reader" not in self.__dict__:
            self._reader = self._counter_for(self.terms_)
        return self._weighed(self._reader.transform(texts).tocsr())

    def _weighed(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        rows = counts.astype(np.float32)
        rows.sort_indices()
        np.log(rows.data, out=rows.data)
        rows.data += 1.0
        rows.data *= self.idf_[rows.indices]
        return normalize(rows, copy=False)

    def _counter_for(self, vocabulary: list[str] | None) -> CountVectorizer:
        return CountVectorizer(
            analyzer=self.analyzer,
            ngram_range=(self.ngram_min, self.ngram_max),
            vocabulary=vocabulary,
        )

    def __getstate__(self) -> dict[str, Any]:
        # The reader is rebuilt from the vocabulary when first needed; the columns are those of counts long gone.
        return {name: value for name, value in super().__getstate__().items() if name not in ("_reader", "_columns")}
