"""Where in a text a TF-IDF block's terms stand, and how its counts change when a part is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.preprocessing import normalize

from models.terms import TermBlock

# scikit-learn's default: a word is two letters or digits at least.
_WORD = re.compile(r"\b\w\w+\b")
_CHUNK = re.compile(r"\S+")
_TAIL, _HEAD = re.compile(r"\S*\Z"), re.compile(r"\S*")

Span = tuple[int, int]


class TermReader:
    """Reads single texts for a fitted `TermBlock`; threads may share one.

    Args:
        block: Fitted; its pieces of words, if it is of these, of two characters or more.
    """

    def __init__(self, block: TermBlock) -> None:
        self._block = block
        self._by_word = block.analyzer == "word"
        self._known = block.known

    def __len__(self) -> int:
        """How many terms the block knows."""
        return len(self._known)

    def credits(self, text: str, contributions: Mapping[int, float]) -> npt.NDArray[np.float64]:
        """What terms contribute, spread over the characters that they stand on.

        A term's contribution is shared equally by its occurrences, and there by the characters of its words.

        Args:
            text: As the block reads it.
            contributions: By the term's column; each of them occurs in the text.

        Returns:
            Shape (len(text),), float64; sums to the contributions.
        """
        lowered, places = _lowered(text)
        columns: dict[str, int | None] = {}
        found = []
        for term, spans in self._located(lowered):
            if term not in columns:
                columns[term] = self._known.column(term)
            if (column := columns[term]) in contributions and column is not None:
                found.append((column, spans))
        times: dict[int, int] = {}
        for known, _ in found:
            times[known] = times.get(known, 0) + 1
        steps = np.zeros(len(lowered) + 1)
        for known, spans in found:
            share = contributions[known] / times[known] / sum(end - start for start, end in spans)
            for start, end in spans:
                steps[start] += share
                steps[end] -= share
        credit = np.zeros(len(text))
        np.add.at(credit, places, np.cumsum(steps)[:-1])
        return credit

    def rows_without(self, text: str, spans: Sequence[Span]) -> sparse.csr_matrix:
        """The TF-IDF rows of `text` as it is, then with a space in place of each span, one at a time.

        Only what stands around a span is read again, so that the cost is the text's length and not its product with
        the number of spans.

        Returns:
            CSR of shape (1 + len(spans), terms), float32: what `TermBlock.transform` says of these texts.
        """
        if not len(self._known):
            return sparse.csr_matrix((1 + len(spans), 0), dtype=np.float32)
        lowered, places = _lowered(text)
        whole = self._known.count([lowered])
        if not spans:
            return self._weighed(whole)
        within = [(int(np.searchsorted(places, start)), int(np.searchsorted(places, end))) for start, end in spans]
        windows = self._word_windows(lowered, within) if self._by_word else self._piece_windows(lowered, within)
        before, after = (self._known.count(texts) for texts in zip(*windows, strict=True))
        repeated = sparse.vstack([whole] * len(spans))
        return self._weighed(sparse.vstack([whole, repeated - before + after], format="csr"))

    def _word_windows(self, text: str, spans: Sequence[Span]) -> Iterator[tuple[str, str]]:
        """Per span, a short text with it and one without it whose counts differ as those of the whole texts do."""
        found = np.array([match.span() for match in _WORD.finditer(text)], dtype=np.intp).reshape(-1, 2)
        reach = self._block.ngram_max - 1
        for start, end in spans:
            first = int(np.searchsorted(found[:, 1], start, side="right"))
            last = max(first, int(np.searchsorted(found[:, 0], end)))
            left = " ".join(text[s:e] for s, e in found[max(0, first - reach) : first])
            right = " ".join(text[s:e] for s, e in found[last : last + reach])
            # A word that the span cuts through is read whole on one side, and as what is left of it on the other.
            from_, to = (
                (min(start, int(found[first, 0])), max(end, int(found[last - 1, 1])))
                if first < last
                else (start, end)
            )
            yield (
                f"{left} {text[from_:to]} {right}",
                f"{left} {text[from_:start]} {text[end:to]} {right}",
            )

    def _piece_windows(self, text: str, spans: Sequence[Span]) -> Iterator[tuple[str, str]]:
        """The same for pieces of words, of which only those near the span's ends can reach across them."""
        reach = 2 * self._block.ngram_max
        for start, end in spans:
            # In a script without spaces a "word" is a page: beyond the reach both sides hold the same pieces.
            left = _TAIL.search(text, max(0, start - reach), start)
            right = _HEAD.match(text, end, min(len(text), end + reach))
            head, tail = left.group() if left else "", right.group() if right else ""
            yield f"{head}{text[start:end]}{tail}", f"{head} {tail}"

    def _weighed(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        rows = sparse.csr_matrix(counts, dtype=np.float32)
        rows.eliminate_zeros()
        rows.sort_indices()
        rows.data = (np.log(rows.data) + np.float32(1)) * self._block.idf_[rows.indices]
        return normalize(rows, copy=False)

    def _located(self, lowered: str) -> Iterator[tuple[str, list[Span]]]:
        shortest, longest = self._block.ngram_min, self._block.ngram_max
        if self._by_word:
            words = [match.span() for match in _WORD.finditer(lowered)]
            for size in range(shortest, longest + 1):
                for first in range(len(words) - size + 1):
                    spans = words[first : first + size]
                    yield " ".join(lowered[start:end] for start, end in spans), spans
            return
        for match in _CHUNK.finditer(lowered):
            padded = f" {match.group()} "
            for size in range(shortest, longest + 1):
                for first in range(max(1, len(padded) - size + 1)):
                    start, end = match.start() + first - 1, match.start() + first - 1 + size
                    inside = (max(start, match.start()), min(end, match.end()))
                    yield padded[first : first + size], [inside]
                # A word that is shorter than the piece counts once, as a whole.
                if size >= len(padded):
                    break


def _lowered(text: str) -> tuple[str, npt.NDArray[np.intp]]:
    """`text` in lower case, and for each of its characters the place of the one that it came from."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered, np.arange(len(text))
    # A few letters become two ("İ").
    return lowered, np.repeat(np.arange(len(text)), [len(letter.lower()) for letter in text])
