"""Words and pieces of words, weighed by how rare they are (TF-IDF), counted once and weighed per fold.

What is kept of a term is its digest, 64 bits: enough to know it again when it comes, and nothing that can be read. A
name that one person wrote in one case is a term, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self
from zlib import crc32

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize
from sklearn.utils import murmurhash3_32

_NOT_STORED = ("_known", "_columns", "_terms")

# Of artifacts of format 2, which held the terms themselves: no token holds a line break.
_SEPARATOR = "\n"

Digests = npt.NDArray[np.uint64]


def term_digests(terms: Iterable[str]) -> Digests:
    """The terms' digests, shape (n,). Two of a million terms are alike once in 10^7 models."""
    return np.fromiter((_digest(term) for term in terms), dtype=np.uint64)


def _digest(term: str) -> int:
    told = term.encode("utf-8", "surrogatepass")
    # Two quick hashes of different kinds: every piece of every text that is scored goes through here.
    digest: int = murmurhash3_32(told, 0, True) << 32 | crc32(told)  # noqa: FBT003 - "positive"; by name it is slower
    return digest


class KnownTerms:
    """Counts terms in texts, knowing them by their digests alone; threads may share one.

    Args:
        analyzer: "word" or "char_wb".
        ngram_range: Shortest and longest run.
        digests: Shape (terms,): in column order.
    """

    def __init__(self, analyzer: str, ngram_range: tuple[int, int], digests: Digests) -> None:
        self._read = CountVectorizer(analyzer=analyzer, ngram_range=ngram_range).build_analyzer()
        self._columns = {digest: column for column, digest in enumerate(digests.tolist())}
        self._size = len(digests)

    def __len__(self) -> int:
        """How many terms there are."""
        return self._size

    def column(self, term: str) -> int | None:
        """The column of a term, None where it is not known."""
        return self._columns.get(_digest(term))

    def count(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """How often each known term occurs in each text, CSR of shape (n, terms), int64, columns ascending."""
        known = self._columns.get
        starts, columns, times = [0], list[int](), list[int]()
        for text in texts:
            found = {
                column: count
                for term, count in Counter(self._read(text)).items()
                if (column := known(_digest(term))) is not None
            }
            columns += sorted(found)
            times += map(found.__getitem__, columns[starts[-1] :])
            starts.append(len(columns))
        return sparse.csr_matrix(
            (np.array(times, dtype=np.int64), np.array(columns, dtype=np.intp), np.array(starts, dtype=np.intp)),
            shape=(len(texts), len(self)),
        )


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
    cross-validation has its own vocabulary and idf without reading again. The vocabulary is kept as digests
    (`term_digests`), in an array that a file holds in no time.

    Args:
        analyzer: "word" or "char_wb" (pieces within word boundaries).
        ngram_min: Shortest run, in words or characters.
        ngram_max: Longest run.
        min_df: A term in fewer texts is dropped.
        max_terms: The commonest so many are kept.

    Attributes:
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
        counter = self._counter()
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
        self._terms = counted.terms[kept]
        # Made when first asked for: of each fold's vocabulary nobody does.
        self._digests: Digests | None = None
        n = counted.counts.shape[0]
        self.idf_ = (np.log((1 + n) / (1 + df[kept])) + 1).astype(np.float32)
        self._columns = kept
        self.__dict__.pop("_known", None)
        return self

    @property
    def terms_(self) -> list[str]:
        """The kept terms in column order, while the block is in the process that fitted it: they are not stored."""
        return list(self._terms)

    @property
    def digests_(self) -> Digests:
        """The kept terms' digests in column order, shape (terms,)."""
        if self._digests is None:
            self._digests = term_digests(self._terms)
        return self._digests

    @property
    def known(self) -> KnownTerms:
        """What counts the kept terms in a text."""
        if "_known" not in self.__dict__:
            self._known = KnownTerms(self.analyzer, (self.ngram_min, self.ngram_max), self.digests_)
        return self._known

    def weigh(self, counted: TermCounts) -> sparse.csr_matrix:
        """The TF-IDF rows of counted texts, CSR of shape (n, terms), float32.

        Args:
            counted: Counted together with the texts that the block was fitted on: the same terms in the same order.
        """
        return self._weighed(counted.counts[:, self._columns])

    def transform(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """The TF-IDF rows of texts, CSR of shape (n, terms), float32; empty for a text without a known term."""
        if not len(self.idf_):
            return sparse.csr_matrix((len(texts), 0), dtype=np.float32)
        return self._weighed(self.known.count(texts))

    def _weighed(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        rows = counts.astype(np.float32)
        rows.sort_indices()
        np.log(rows.data, out=rows.data)
        rows.data += 1.0
        rows.data *= self.idf_[rows.indices]
        return normalize(rows, copy=False)

    def _counter(self) -> CountVectorizer:
        return CountVectorizer(analyzer=self.analyzer, ngram_range=(self.ngram_min, self.ngram_max))

    def __getstate__(self) -> dict[str, Any]:
        # The terms themselves stay here; the columns are those of counts long gone.
        if "_terms" in self.__dict__:
            _ = self.digests_
        return {name: value for name, value in super().__getstate__().items() if name not in _NOT_STORED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        written = state.pop("vocabulary_", None)
        super().__setstate__(state)
        if written is not None:
            self._digests = term_digests(written.split(_SEPARATOR) if written else ())
