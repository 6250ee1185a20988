"""The decided cases most like a new one, exactly the most alike by embedding, with what was decided."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from cases.errors import ArtifactError, InvalidInputError
from models.erasable import SALT_BYTES, erased_rows
from models.neighbours import NEAREST, NeighbourSearch, Vectors

# How far down a precedent that was decided otherwise is looked for.
DISSENT_WITHIN = 50


@dataclass(frozen=True, slots=True)
class Precedent:
    """A decided case that is like the one asked about.

    Attributes:
        case_id: Its id.
        similarity: Cosine of the two embeddings, -1..1.
        category: What was decided.
        severity: The level decided; None where none was.
        action: The action decided; "" where none was.
    """

    case_id: str
    similarity: float
    category: str
    severity: int | None
    action: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Precedents that do not only agree: "4 of 5 like this were decided otherwise".

    Attributes:
        precedents: k at most, nearest first. Where all of the nearest agree, the last of them made room for the
            nearest of the first `DISSENT_WITHIN` that was decided otherwise, if there is one.
        suggested: The category that they are compared with.
        otherwise: How many of the k nearest were decided otherwise. It counts the truly nearest, so it is 0 where a
            dissenting one had to be fetched from farther away.
        nearest: How many that is a share of: k, or fewer where there are not so many.
    """

    precedents: tuple[Precedent, ...]
    suggested: str
    otherwise: int
    nearest: int


class Precedents:
    """The decided cases, ready to be searched.

    Args:
        vectors: Shape (n, d), float32, of length 1 (0 for a text without words): their embeddings.
        case_ids: n ids, each once.
        categories: n decided categories.
        severities: n decided levels, 1 or more; None where there is none.
        actions: n decided actions; "" where there is none.

    Raises:
        InvalidInputError: They are not of one length, an id comes twice, or a vector is longer than 1 or not finite.
    """

    def __init__(
        self,
        vectors: Vectors,
        case_ids: Sequence[str],
        categories: Sequence[str],
        severities: Sequence[int | None],
        actions: Sequence[str],
    ) -> None:
        n = len(case_ids)
        if vectors.ndim != 2 or {len(vectors), len(categories), len(severities), len(actions)} != {n}:
            raise InvalidInputError(
                f"'vectors' must be one a case (got shape {vectors.shape} for {n} ids, {len(categories)} categories, "
                f"{len(severities)} severities, {len(actions)} actions); give a row for each decided case",
                field="vectors",
            )
        self._ids = tuple(case_ids)
        self._place = {case_id: place for place, case_id in enumerate(case_ids)}
        if len(self._place) != n:
            raise InvalidInputError(
                f"'case_ids' must be different (got {n} ids of {len(self._place)} cases); keep the last decision",
                field="case_ids",
            )
        # Of equally similar cases the one of the smaller id comes first, whatever order they were given in.
        self._order = np.empty(n, dtype=np.intp)
        self._order[sorted(range(n), key=self._ids.__getitem__)] = np.arange(n)
        self._categories, self._severities, self._actions = tuple(categories), tuple(severities), tuple(actions)
        self._search = NeighbourSearch(vectors)

    def __len__(self) -> int:
        return len(self._ids)

    def nearest(
        self, query: Vectors, k: int = NEAREST, exclude: Sequence[Collection[str]] | None = None
    ) -> list[list[Precedent]]:
        """The k most similar cases of each query, most similar first, equal ones by id; fewer where there are not k.

        Exactly those that scoring every case in float64 would give; an answer depends on its own query alone.

        Args:
            query: Shape (q, d), float32, of length 1 at most.
            k: ≥ 1.
            exclude: q collections of case ids left out, as the case itself; ids that are not here do not matter.

        Raises:
            ValueError: The query's shape does not fit, or `exclude` is not one a query.
            InvalidInputError: A query is longer than 1 or not finite.
        """
        if query.ndim != 2 or query.shape[1] != self._search.vectors.shape[1] or k < 1:
            raise ValueError(
                f"'query' must be of shape (q, {self._search.vectors.shape[1]}) and 'k' at least 1 (got "
                f"{query.shape} and {k}); embed with the encoder of the precedents"
            )
        if exclude is not None and len(exclude) != len(query):
            raise ValueError(f"'exclude' must be one a query (got {len(exclude)} for {len(query)}); use () for none")
        omitted = [[self._place[case_id] for case_id in ids if case_id in self._place] for ids in exclude or ()]
        found = self._search.nearest(query, k, omitted or [[]] * len(query), self._order)
        return [
            [self._precedent(int(row), float(similarity)) for row, similarity in zip(rows, similarities, strict=True)]
            for rows, similarities in found
        ]

    def with_dissent(
        self,
        query: Vectors,
        k: int = NEAREST,
        suggested: Sequence[str] | None = None,
        exclude: Sequence[Collection[str]] | None = None,
    ) -> list[Comparison]:
        """The k nearest of each query, one of which was decided otherwise where any of the nearest 50 was.

        Args:
            query: Shape (q, d), as in `nearest`.
            k: ≥ 1.
            suggested: q categories to compare with; None for that of most of each query's k nearest.
            exclude: As in `nearest`.

        Raises:
            ValueError: As in `nearest`, or `suggested` is not one a query.
        """
        if suggested is not None and len(suggested) != len(query):
            raise ValueError(
                f"'suggested' must be one a query (got {len(suggested)} for {len(query)}); give each its own"
            )
        found = self.nearest(query, max(k, DISSENT_WITHIN), exclude)
        compared = [_majority(near[:k]) for near in found] if suggested is None else suggested
        return [_comparison(near, k, category) for near, category in zip(found, compared, strict=True)]

    def distance(
        self, query: Vectors, k: int = NEAREST, exclude: Sequence[Collection[str]] | None = None
    ) -> npt.NDArray[np.float64]:
        """Mean cosine distance to the k nearest, shape (q,), 0..2, as `Neighbours.distance`; arguments as above."""
        similar = [sum(precedent.similarity for precedent in near) for near in self.nearest(query, k, exclude)]
        return 1.0 - np.array(similar, dtype=np.float64) / k

    def to_store(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON settings that `from_store` reads."""
        levels = np.array([0 if level is None else level for level in self._severities], dtype=np.int32)
        categories, category_codes = _coded(self._categories)
        actions, action_codes = _coded(self._actions)
        arrays: dict[str, np.ndarray] = {
            "vectors": self._search.vectors,
            "severities": levels,
            "categories": category_codes,
            "actions": action_codes,
            # So that what an erased row's seal was made of cannot even be guessed; see `models.erasable`.
            "salts": np.frombuffer(os.urandom(SALT_BYTES * len(self)), dtype=np.uint8).reshape(-1, SALT_BYTES),
        }
        return arrays, {"case_ids": list(self._ids), "categories": categories, "actions": actions}

    @classmethod
    def from_store(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """What `to_store` wrote, without the rows that were erased since.

        Raises:
            ArtifactError: It does not fit together.
        """
        try:
            # Artifacts from before rows could be erased have no salts.
            kept = ~erased_rows(arrays) if "salts" in arrays else np.ones(len(settings["case_ids"]), dtype=np.bool_)
            rows = np.flatnonzero(kept)
            return cls(
                np.asarray(arrays["vectors"], dtype=np.float32)[kept],
                [str(settings["case_ids"][row]) for row in rows],
                _decoded(settings["categories"], arrays["categories"][kept]),
                [int(level) or None for level in arrays["severities"][kept]],
                _decoded(settings["actions"], arrays["actions"][kept]),
            )
        except (KeyError, IndexError, TypeError, ValueError, InvalidInputError) as error:
            raise ArtifactError(
                f"'precedents' must be a vector, an id and a decision a case (got {type(error).__name__}); promote "
                "it again from the tracker, or roll back"
            ) from error

    def _precedent(self, row: int, similarity: float) -> Precedent:
        return Precedent(self._ids[row], similarity, self._categories[row], self._severities[row], self._actions[row])


def _comparison(near: list[Precedent], k: int, suggested: str) -> Comparison:
    shown = near[:k]
    otherwise = sum(precedent.category != suggested for precedent in shown)
    if not otherwise:
        # k is 50 at most here, or there is nothing further to look at.
        farther = [precedent for precedent in near[k:DISSENT_WITHIN] if precedent.category != suggested][:1]
        shown = shown[: k - len(farther)] + farther
    return Comparison(tuple(shown), suggested, otherwise, min(k, len(near)))


def _majority(near: list[Precedent]) -> str:
    """The category of most; of equally many, that of the nearest. "" of none."""
    # A Counter keeps the order of first meeting among equals.
    return next((category for category, _ in Counter(p.category for p in near).most_common(1)), "")


def _coded(names: Sequence[str]) -> tuple[list[str], npt.NDArray[np.int32]]:
    known = sorted(set(names))
    place = {name: code for code, name in enumerate(known)}
    return known, np.array([place[name] for name in names], dtype=np.int32)


def _decoded(known: Sequence[str], codes: npt.NDArray[np.integer]) -> list[str]:
    if (codes < 0).any():
        raise ValueError("'codes' must be 0 or more (got fewer); write them anew")
    return [str(known[code]) for code in codes]
