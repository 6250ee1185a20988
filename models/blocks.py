"""The feature frame as the matrices that a linear model takes: words, pieces of words, signals, embedding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction import DictVectorizer
from sklearn.preprocessing import MaxAbsScaler

from cases.errors import InvalidInputError
from features.frame import SIGNALS, TEXT, embedding_matrix
from models.terms import TermBlock, TermCounts, term_digests

_NOT_STORED = ("_signal_names", "_places")

# With few texts a word that was met once still helps; with many it is mostly a name or a slip.
_FEW_ROWS = 3000
# Signals are within -1..1 after scaling, and half a dozen are set at once: their sum should not outweigh the text.
_SIGNAL_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class CountedFrame:
    """A feature frame whose texts were read once, so that folds need not read them again."""

    words: TermCounts
    pieces: TermCounts
    signals: tuple[Mapping[str, float], ...]
    embedding: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.signals)

    def rows(self, index: npt.NDArray[np.intp]) -> CountedFrame:
        """Some of its rows."""
        return CountedFrame(
            self.words.rows(index),
            self.pieces.rows(index),
            tuple(self.signals[i] for i in index),
            self.embedding[index],
        )


@dataclass(frozen=True, slots=True)
class Blocks:
    """The parts of a design matrix, unweighted, all with n rows, float32.

    Attributes:
        lexical: CSR: TF-IDF of words beside TF-IDF of pieces; each half a unit row.
        signals: CSR, scaled; may have no columns.
        dense: Shape (n, d): unit rows.
    """

    lexical: sparse.csr_matrix
    signals: sparse.csr_matrix
    dense: npt.NDArray[np.float32]

    def weighted(self, lexical_weight: float, dense_weight: float) -> sparse.csr_matrix:
        """The design matrix, CSR float32; a block of weight 0 keeps its columns, empty."""
        # Everything is sparse, the embedding too: a sparse product adds each row up by itself, so a case's score
        # cannot depend on which others share its batch, as it does in a dense product.
        parts = [
            self.lexical * np.float32(lexical_weight),
            self.signals,
            sparse.csr_matrix(self.dense * np.float32(dense_weight)),
        ]
        design = sparse.hstack(parts, format="csr", dtype=np.float32)
        design.eliminate_zeros()
        return design


class FeatureBlocks(TransformerMixin, BaseEstimator):
    """Turns a feature frame into one weighted sparse matrix.

    Columns: words (runs of 1-2), pieces of words (3-5 characters), signals, embedding. Only vocabulary, idf and the
    signals' scale are learned; labels are not looked at.

    Args:
        lexical_weight: Factor of the words and pieces, ≥ 0.
        dense_weight: Factor of the embedding, ≥ 0.
        max_words: Most words and pairs of words kept.
        max_pieces: Most pieces kept.

    Attributes:
        words_, pieces_: The fitted `TermBlock`s.
        signal_digests_: Shape (signals,), uint64: the signals' names in column order, as `models.terms` keeps terms.
        signal_scale_: Shape (signals,): the largest magnitude met; larger ones count as it.
        dimension_: The embedding's length.
    """

    def __init__(
        self,
        lexical_weight: float = 1.0,
        dense_weight: float = 1.0,
        max_words: int = 100_000,
        max_pieces: int = 60_000,
    ) -> None:
        self.lexical_weight = lexical_weight
        self.dense_weight = dense_weight
        self.max_words = max_words
        self.max_pieces = max_pieces

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Learn from a feature frame (see `features.frame.feature_frame`); `y` is not used."""
        del y
        return self.fit_counted(count_frame(X))

    def fit_counted(self, counted: CountedFrame) -> Self:
        """Learn from a frame that was counted already."""
        few = len(counted) <= _FEW_ROWS
        self.words_ = _word_block(1 if few else 2, self.max_words).fit(counted.words)
        self.pieces_ = _piece_block(self.max_pieces).fit(counted.pieces)
        vectorizer = DictVectorizer(dtype=np.float32)
        signals = vectorizer.fit_transform(counted.signals)
        # A signal's name holds an attribute's value ("channel=email"), which may be anybody's word.
        self._signal_names = list(vectorizer.feature_names_)
        self.signal_digests_ = term_digests(self._signal_names)
        self.signal_scale_ = MaxAbsScaler().fit(signals).scale_ if self._signal_names else np.empty(0)
        self.__dict__.pop("_places", None)
        self.dimension_ = counted.embedding.shape[1]
        return self

    def transform(self, X: pd.DataFrame) -> sparse.csr_matrix:
        """The weighted design matrix of a feature frame, CSR of shape (n, columns), float32.

        Raises:
            InvalidInputError: The frame lacks a column, or its embedding has another length than the one learned on.
        """
        texts, signals, embedding = _read(X)
        if embedding.shape[1] != self.dimension_:
            raise InvalidInputError(
                f"'X' must have {self.dimension_} embedding columns (got {embedding.shape[1]}); "
                "use the encoder that the model was trained with",
                field="X",
            )
        lexical = sparse.hstack([self.words_.transform(texts), self.pieces_.transform(texts)], format="csr")
        return Blocks(lexical, self._scaled(signals), embedding).weighted(self.lexical_weight, self.dense_weight)

    def blocks(self, counted: CountedFrame) -> Blocks:
        """The unweighted blocks of a counted frame."""
        lexical = sparse.hstack([self.words_.weigh(counted.words), self.pieces_.weigh(counted.pieces)], format="csr")
        return Blocks(lexical, self._scaled(counted.signals), counted.embedding)

    @property
    def signal_names_(self) -> list[str]:
        """The signals' names in column order, in the process that fitted the blocks: they are not stored."""
        return list(self._signal_names)

    def signal_columns(self, names: Iterable[str]) -> list[tuple[str, int]]:
        """Those of the signals that are known, each with its column among the signals', in column order."""
        if "_places" not in self.__dict__:
            self._places = {digest: column for column, digest in enumerate(self.signal_digests_.tolist())}
        wanted = list(names)
        found = zip(wanted, term_digests(wanted).tolist(), strict=True)
        return sorted(
            ((name, self._places[digest]) for name, digest in found if digest in self._places), key=lambda one: one[1]
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name not in _NOT_STORED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Of artifacts of format 2, which held the names themselves.
        written = state.pop("signal_names_", None)
        super().__setstate__(state)
        if written is not None:
            self.signal_digests_ = term_digests(written)

    def _scaled(self, signals: tuple[Mapping[str, float], ...]) -> sparse.csr_matrix:
        place = dict(self.signal_columns({name for named in signals for name in named}))
        entries = [
            (row, place[name], float(np.clip(value / self.signal_scale_[place[name]], -1.0, 1.0)))
            for row, named in enumerate(signals)
            for name, value in named.items()
            if name in place
        ]
        shape = (len(signals), len(self.signal_scale_))
        if not entries:
            return sparse.csr_matrix(shape, dtype=np.float32)
        rows, columns, values = zip(*entries, strict=True)
        return sparse.csr_matrix((np.asarray(values, np.float32) * _SIGNAL_WEIGHT, (rows, columns)), shape=shape)


def count_frame(X: pd.DataFrame) -> CountedFrame:
    """Read a feature frame's texts once.

    Raises:
        InvalidInputError: It lacks a column that `features.frame.feature_frame` makes.
    """
    texts, signals, embedding = _read(X)
    return CountedFrame(_word_block().count(texts), _piece_block().count(texts), signals, embedding)


def _read(X: pd.DataFrame) -> tuple[list[str], tuple[Mapping[str, float], ...], npt.NDArray[np.float32]]:
    for column in (TEXT, SIGNALS):
        if not isinstance(X, pd.DataFrame) or column not in X.columns:
            raise InvalidInputError(
                f"'X' must be a feature frame with a column {column!r} (got {type(X).__name__}); "
                "make it with features.frame.feature_frame",
                field="X",
            )
    return X[TEXT].tolist(), tuple(X[SIGNALS]), embedding_matrix(X)


def _word_block(min_df: int = 1, max_terms: int = 100_000) -> TermBlock:
    return TermBlock("word", 1, 2, min_df=min_df, max_terms=max_terms)


def _piece_block(max_terms: int = 60_000) -> TermBlock:
    return TermBlock("char_wb", 3, 5, min_df=2, max_terms=max_terms)
