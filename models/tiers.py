"""Three tiers of trust in a suggestion: apply it, show it as a suggestion among few, or say nothing.

A suggestion is applied from the smallest probability on at which the suggestions of its category are right often
enough, by rows that the model was not fitted on: selective prediction with a precision to keep (El-Yaniv and Wiener
2010, "On the foundations of noise-free selective classification"). Few rows say little of a share of .95, and chance
helps to choose among their thresholds. So the share must also hold where the probabilities, which are calibrated over
all rows, are counted in as fifty rows that are right as often as they say, and one more row as wrong, as conformal
risk control does (Angelopoulos et al. 2022; arXiv:2208.02814). Simulated with
calibrated probabilities, four categories and a target of .95, precision on new rows was .952 with 300 rows a category
(.932 by the share alone) and .947 with 1,000 (.940).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from cases.errors import ArtifactError, InvalidInputError

Floats = npt.NDArray[np.float64]
Tier = Literal["apply", "suggest", "abstain"]

PRECISION_TARGET = 0.95
# Rows at or above a threshold without which a share says nothing.
FEWEST = 20
# What the probabilities themselves count for.
_PRIOR_ROWS = 50
_SAME = 1e-9
# Targets whose thresholds are kept beside those of today's, so that a policy owner can ask what another would leave.
TARGETS = np.arange(50, 101) / 100
# Of the categories that the 90 % shortlist may hold for it to help; a longer one is not read.
LONGEST_SHORTLIST = 5


@dataclass(frozen=True, slots=True)
class TierRow:
    """How far suggestions are applied, in a category or in all.

    Attributes:
        code: The suggested column; None for all rows together.
        target: The precision asked for; None for all rows together, whose targets may differ.
        threshold: Probability from which on it is applied, inf for never; None for all rows together.
        suggested: Rows whose suggestion it is.
        applied: Those of them at or above the threshold.
        share: applied / suggested, 0 where none is suggested.
        precision: Share of the applied that are right; None where none is applied.
    """

    code: int | None
    target: float | None
    threshold: float | None
    suggested: int
    applied: int
    share: float
    precision: float | None


@dataclass(frozen=True, slots=True)
class Tiers:
    """The threshold of each category.

    Attributes:
        thresholds: Shape (k,), float64: probability from which on a suggestion is applied; inf for never.
        targets: Shape (k,), float64, (0, 1]: the precision that it was chosen for.
        by_target: Shape (k, 51): the thresholds that `TARGETS` would have; None in models from before they were kept.
    """

    thresholds: Floats
    targets: Floats
    by_target: Floats | None = None

    @classmethod
    def fit(
        cls,
        probabilities: Floats,
        codes: npt.NDArray[np.integer],
        targets: Mapping[int, float] | None = None,
        default: float = PRECISION_TARGET,
    ) -> Self:
        """Choose thresholds on rows that the model was not fitted on.

        Args:
            probabilities: Shape (m, k), rows summing to 1.
            codes: Shape (m,), the true column of each row.
            targets: Precision asked for by column, each in (0, 1].
            default: Of the columns that `targets` leaves out.

        Raises:
            InvalidInputError: There are not as many codes as rows, or a target is not in (0, 1].
        """
        if probabilities.ndim != 2 or len(codes) != len(probabilities):
            raise InvalidInputError(
                f"'codes' must be one a row of 'probabilities' (got {len(codes)} for {len(probabilities)} rows); "
                "give out-of-fold rows",
                field="codes",
            )
        k = probabilities.shape[1]
        wanted = np.array([float((targets or {}).get(code, default)) for code in range(k)])
        if not ((wanted > 0) & (wanted <= 1)).all():
            raise InvalidInputError(
                f"'targets' must be above 0 and at most 1 (got {wanted.min()}..{wanted.max()}); give a precision "
                "such as 0.95",
                field="targets",
            )
        suggested, top = probabilities.argmax(axis=1), np.asarray(probabilities, dtype=np.float64).max(axis=1)
        right = suggested == codes
        found = np.empty((k, 1 + len(TARGETS)))
        for code, target in enumerate(wanted):
            own = suggested == code
            # A category with too few suggestions is held to what holds over all of them.
            rows = own if own.sum() >= FEWEST else np.ones_like(own)
            found[code] = _smallest_thresholds(top[rows], right[rows], np.array([target, *TARGETS]))
        return cls(found[:, 0], wanted, found[:, 1:])

    def at(self, target: float) -> Self | None:
        """The tiers had each category this target, which is one of `TARGETS`; None where that is not known."""
        place = int(np.argmin(np.abs(TARGETS - target)))
        if self.by_target is None or abs(TARGETS[place] - target) > _SAME:
            return None
        return type(self)(self.by_target[:, place], np.full(len(self.targets), target), self.by_target)

    def tier(
        self, probabilities: Floats, shortlist_sizes: Sequence[int] | npt.NDArray[np.integer], silent: npt.ArrayLike
    ) -> list[Tier]:
        """The tier of each row.

        Args:
            probabilities: Shape (n, k), columns as fitted.
            shortlist_sizes: n lengths of the 90 % shortlists.
            silent: n booleans: nothing may be suggested, whatever the probability (an unlearnt language, a case
                unlike all decided so far).
        """
        applied = self._applied(probabilities)
        muted = np.asarray(silent, dtype=np.bool_)
        return [
            "abstain" if mute else "apply" if sure else "suggest" if size <= LONGEST_SHORTLIST else "abstain"
            for sure, size, mute in zip(applied, shortlist_sizes, muted, strict=True)
        ]

    def table(self, probabilities: Floats, codes: npt.NDArray[np.integer]) -> tuple[TierRow, ...]:
        """A row for each category, and last one for all, on rows whose truth is known; shapes as in `fit`."""
        suggested, applied = probabilities.argmax(axis=1), self._applied(probabilities)
        right = suggested == codes
        rows = [
            _row(int(code), float(self.targets[code]), float(self.thresholds[code]), applied[own], right[own])
            for code in range(len(self.thresholds))
            for own in (suggested == code,)
        ]
        return (*rows, _row(None, None, None, applied, right))

    def to_store(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON settings that `from_store` reads."""
        arrays = {"thresholds": self.thresholds, "targets": self.targets}
        return arrays if self.by_target is None else {**arrays, "by_target": self.by_target}, {}

    @classmethod
    def from_store(cls, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Self:
        """What `to_store` wrote.

        Raises:
            ArtifactError: It does not fit together.
        """
        del settings  # there are none
        try:
            thresholds, targets = (np.asarray(arrays[name], dtype=np.float64) for name in ("thresholds", "targets"))
        except (KeyError, TypeError, ValueError) as error:
            raise _refused(type(error).__name__) from error
        # A NaN compares with nothing and would apply nothing in silence.
        if thresholds.ndim != 1 or thresholds.shape != targets.shape or np.isnan([thresholds, targets]).any():
            raise _refused(f"shapes {thresholds.shape} and {targets.shape}, or a NaN")
        by_target = arrays.get("by_target")
        if by_target is not None:
            by_target = np.asarray(by_target, dtype=np.float64)
            if by_target.shape != (len(thresholds), len(TARGETS)) or np.isnan(by_target).any():
                raise _refused(f"shape {by_target.shape} by target, or a NaN")
        return cls(thresholds, targets, by_target)

    def _applied(self, probabilities: Floats) -> npt.NDArray[np.bool_]:
        if probabilities.ndim != 2 or probabilities.shape[1] != len(self.thresholds):
            raise ValueError(
                f"'probabilities' must have {len(self.thresholds)} columns (got shape {probabilities.shape}); "
                "use the head's"
            )
        found: npt.NDArray[np.bool_] = probabilities.max(axis=1) >= self.thresholds[probabilities.argmax(axis=1)]
        return found


def _smallest_thresholds(top: Floats, right: npt.NDArray[np.bool_], targets: Floats) -> list[float]:
    """For each target the smallest value of `top` at or above which rows are right often enough, as the module says;
    inf for none.
    """
    order = np.argsort(-top, kind="stable")
    ranked, count = top[order], np.arange(1, len(top) + 1)
    hits, expected = np.cumsum(right[order]), np.cumsum(ranked) / count
    share = np.minimum(hits / count, (hits + _PRIOR_ROWS * expected) / (count + _PRIOR_ROWS + 1))
    # Rows of one probability are above it together or not at all.
    last_of_its_kind = np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)]
    fit = last_of_its_kind & (count >= FEWEST)
    met = [np.flatnonzero(fit & (share >= target)) for target in targets]
    return [float(ranked[places[-1]]) if len(places) else float("inf") for places in met]


def _row(
    code: int | None,
    target: float | None,
    threshold: float | None,
    applied: npt.NDArray[np.bool_],
    right: npt.NDArray[np.bool_],
) -> TierRow:
    n = int(applied.sum())
    precision = float(right[applied].mean()) if n else None
    return TierRow(code, target, threshold, len(applied), n, n / max(len(applied), 1), precision)


def _refused(got: str) -> ArtifactError:
    return ArtifactError(
        f"'tiers' must be a threshold and a target a category (got {got}); promote it again from the tracker, "
        "or roll back"
    )
