"""Why a category was suggested: what each sentence and each word of the case did to it.

The head is one linear model on words, signals and embedding, so a logit is a sum, and what a word adds to it is no
estimate. The embedding is no sum over words; there a sentence is left out and the difference told (occlusion: Zeiler
and Fergus 2014): exactly, by reading again what is left, where the text is short enough, and else by its tokens' part
in the one reading that was made.

A head's logits may be raised by a constant for all classes without changing anything. So logits and weights are
taken minus their mean over the classes: what speaks for all of them speaks for none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.special import logsumexp

from cases.errors import InvalidInputError
from features.assemble import AssembledCase
from features.encoder.tokens import TokenEncoder
from features.frame import SIGNALS, TEXT, embedding_columns
from features.sentences import sentence_spans
from models.blocks import Blocks, FeatureBlocks
from models.occurrences import Span, TermReader
from models.softmax import LinearModel

# Of a longer text neighbouring sentences are told as one: nobody reads a hundred shares, and each costs a row.
MAX_SENTENCES = 100
# What may be read again so that sentences are left out exactly: what the longest text takes, and ten sentences of a
# usual case take a quarter of. Beyond it the first reading must do (a rank correlation of about .75 with the exact).
REREAD_TOKENS = 4096
# Below it a contribution is what rounding left of none.
_NOTHING = 1e-9
_RUN, _WORD = re.compile(r"\S+"), re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class SentenceShare:
    """A sentence and what it did.

    Attributes:
        start, end: Where it stands in the case's assembled text, [start, end) in characters.
        share: By how much the category's log-odds drop (natural logarithm) when it is left out; negative where it
            speaks against the category.
    """

    start: int
    end: int
    share: float


@dataclass(frozen=True, slots=True)
class WordShare:
    """A word and what it, its pieces and its pairs with its neighbours added to the category's logit.

    Attributes:
        term: As it is written.
        start, end: Where it stands in the case's assembled text, [start, end) in characters.
        contribution: Logit minus the mean of all classes' logits; negative where it speaks against the category.
    """

    term: str
    start: int
    end: int
    contribution: float


@dataclass(frozen=True, slots=True)
class SignalShare:
    """A signal ("channel=email") and what it added to the category's logit."""

    name: str
    contribution: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a category. `logit` = sum of the words' + sum of the signals' contributions + `dense` + `intercept`.

    Attributes:
        category: Which.
        sentences: In the text's order, not overlapping.
        words: In the text's order; words that did nothing are left out.
        signals: By name; those that did nothing are left out.
        dense: What the embedding added.
        intercept: What the category has before anything is read.
        logit: Calibrated, minus the mean of all classes' logits.
    """

    category: str
    sentences: tuple[SentenceShare, ...]
    words: tuple[WordShare, ...]
    signals: tuple[SignalShare, ...]
    dense: float
    intercept: float
    logit: float


class LinearHead(Protocol):
    """What can be explained: one whose logits are (design @ weights + intercepts) / temperature."""

    classes_: npt.NDArray[Any]
    blocks_: FeatureBlocks
    weights_: npt.NDArray[np.float32]
    intercepts_: npt.NDArray[np.float32]
    temperature_: float


class Explainer:
    """Explains a head's categories; threads may share one.

    Making one indexes the head's vocabulary, which takes about as long as explaining a case: keep it.

    Args:
        head: Fitted.
        encoder: The one that it was fitted with.
        reread_tokens: Most tokens that a case may take beyond its one reading; 0 for none.
    """

    def __init__(self, head: LinearHead, encoder: TokenEncoder, reread_tokens: int = REREAD_TOKENS) -> None:
        self._head = head
        self._reread_tokens = reread_tokens
        self._encoder = encoder
        self._blocks = head.blocks_
        self._words, self._pieces = TermReader(self._blocks.words_), TermReader(self._blocks.pieces_)
        self._categories = [str(label) for label in head.classes_]
        weights = head.weights_.astype(np.float64)
        self._weights = (weights - weights.mean(axis=1, keepdims=True)) / head.temperature_
        intercepts = head.intercepts_.astype(np.float64)
        self._intercepts = (intercepts - intercepts.mean()) / head.temperature_

    def explain(self, case: AssembledCase, category: str | None = None) -> Explanation:
        """Why `category`, by default the one that the head finds likeliest.

        Raises:
            InvalidInputError: The head does not know the category.
        """
        spans = _at_most(MAX_SENTENCES, sentence_spans(case.text))
        tokens = self._encoder.token_vectors(case.text)
        vectors = tokens.without([(0, 0), *spans], self._reread_tokens)
        design = self._designs(case, spans, vectors)
        logits = LinearModel(self._head.weights_, self._head.intercepts_).logits(design) / self._head.temperature_
        code = int(logits[0].argmax()) if category is None else self._code(category)
        odds = _log_odds(logits, code)
        contributions = self._contributions(design[0], code)
        words, pieces, signals, dense = np.split(contributions, np.cumsum(self._widths()))
        intercept = float(self._intercepts[code])
        return Explanation(
            category=self._categories[code],
            sentences=tuple(
                SentenceShare(start, end, float(odds[0] - left))
                for (start, end), left in zip(spans, odds[1:], strict=True)
            ),
            words=self._word_shares(case.text, words, pieces),
            signals=tuple(
                SignalShare(name, float(signals[place]))
                for name, place in self._blocks.signal_columns(case.signals)
                if signals[place]
            ),
            dense=float(dense.sum()),
            intercept=intercept,
            logit=float(contributions.sum()) + intercept,
        )

    def words(self, text: str, category: str) -> tuple[WordShare, ...]:
        """What each word of an assembled text adds to the logit of `category`, without asking the encoder.

        Raises:
            InvalidInputError: The head does not know the category.
        """
        rows = [reader.rows_without(text, []) for reader in (self._words, self._pieces)]
        lexical = sparse.hstack(rows, format="csr") * np.float32(self._blocks.lexical_weight)
        values = lexical.toarray().ravel() * self._weights[: lexical.shape[1], self._code(category)]
        words, pieces = np.split(values, [len(self._words)])
        return self._word_shares(text, words, pieces)

    def _designs(
        self, case: AssembledCase, spans: Sequence[Span], vectors: npt.NDArray[np.float32]
    ) -> sparse.csr_matrix:
        """The case's design row, then one without each span."""
        rows = [reader.rows_without(case.text, spans) for reader in (self._words, self._pieces)]
        lexical = sparse.hstack(rows, format="csr")
        signals = self._blocks.transform(_frame(case, vectors[0]))[:, self._signal_columns()]
        repeated = sparse.csr_matrix(sparse.vstack([signals] * len(vectors)))
        blocks = Blocks(lexical, repeated, vectors)
        return blocks.weighted(self._blocks.lexical_weight, self._blocks.dense_weight)

    def _signal_columns(self) -> slice:
        words, pieces, signals = self._widths()
        return slice(words + pieces, words + pieces + signals)

    def _widths(self) -> tuple[int, int, int]:
        return len(self._words), len(self._pieces), len(self._blocks.signal_scale_)

    def _contributions(self, row: sparse.csr_matrix, code: int) -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = row.toarray().ravel().astype(np.float64) * self._weights[:, code]
        return found

    def _word_shares(
        self, text: str, words: npt.NDArray[np.float64], pieces: npt.NDArray[np.float64]
    ) -> tuple[WordShare, ...]:
        credit = np.zeros(len(text))
        for reader, values in ((self._words, words), (self._pieces, pieces)):
            credit += reader.credits(text, {place: float(values[place]) for place in np.flatnonzero(values).tolist()})
        return tuple(
            WordShare(text[start:end], start, end, total)
            for start, end, total in _by_word(text, credit)
            if abs(total) > _NOTHING
        )

    def _code(self, category: str) -> int:
        if category not in self._categories:
            raise InvalidInputError(
                f"'category' must be one that the model knows (got {category!r}); "
                f"choose one of {', '.join(self._categories[:20])}",
                field="category",
            )
        return self._categories.index(category)


class ExplainableJudge(Protocol):
    """A judge as far as it is explained: its category head and its encoder."""

    @property
    def category(self) -> LinearHead:
        """The head."""

    @property
    def encoder(self) -> TokenEncoder:
        """The encoder that it was fitted with."""


def explain(judge: ExplainableJudge, case: AssembledCase, category: str | None = None) -> Explanation:
    """Why `judge` suggests `category` (the likeliest by default) for one case; for many, keep an `Explainer`."""
    return Explainer(judge.category, judge.encoder).explain(case, category)


def _frame(case: AssembledCase, vector: npt.NDArray[np.float32]) -> pd.DataFrame:
    """A feature frame of the case's signals and a vector, without its text."""
    frame = pd.DataFrame(vector[None], columns=embedding_columns(len(vector)))
    frame.insert(0, TEXT, pd.Series([""], dtype="str"))
    frame.insert(1, SIGNALS, pd.Series([dict(case.signals)], dtype="object"))
    return frame


def _at_most(most: int, spans: Sequence[Span]) -> list[Span]:
    """The spans, neighbours joined into groups of about one size where there are more than `most`."""
    size = -(-len(spans) // most)
    return [(group[0][0], group[-1][1]) for group in (spans[i : i + size] for i in range(0, len(spans), size or 1))]


def _log_odds(logits: npt.NDArray[np.float64], code: int) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = logits[:, code] - logsumexp(np.delete(logits, code, axis=1), axis=1)
    return found


def _by_word(text: str, credit: npt.NDArray[np.float64]) -> Iterator[tuple[int, int, float]]:
    """Each word, and the credit of its characters and of the punctuation behind it (before it, at a run's start)."""
    for run in _RUN.finditer(text):
        words = [match.span() for match in _WORD.finditer(text, *run.span())] or [run.span()]
        starts = [run.start(), *(start for start, _ in words[1:]), run.end()]
        for (start, end), first, last in zip(words, starts, starts[1:], strict=False):
            yield start, end, float(credit[first:last].sum())
