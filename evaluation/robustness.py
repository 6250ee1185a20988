"""How a judge holds up when the texts it judges are in disguise, beside the same texts as they were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cases.record import Attributes
from evaluation.attacks import ATTACKS, LONG_ATTACKS, Attack
from evaluation.report.inputs import RobustnessRow
from features.assemble import AssembledCase, assemble
from models.judge import Judgement

AS_WRITTEN = "none"
"""The name of the row without any attack."""

MOST_ROWS = 100
"""So many rows are disguised at most. Each attack reads them again, past the cache of embeddings: all rows of a large
record would take an hour, and a hundred show a drop of a tenth."""

LONG_EVERY = 8
"""Of those, each eighth comes under the attacks whose texts are as long as all the others' together."""

Judging = Callable[[Sequence[AssembledCase]], Sequence[Judgement]]


@dataclass(frozen=True, slots=True)
class Reported:
    """A case as it was reported, and what is right for it.

    Attributes:
        severity: 1 the most severe; 0 where nobody says.
    """

    title: str
    description: str
    category: str
    severity: int = 0
    channel: str = ""
    attributes: Attributes | None = None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What was said of n cases, each under its attack and as written.

    Attributes:
        right, right_as_written: Shape (n,): whether the suggestion is right.
        severe: Shape (n,): whether the case is one of the most severe.
        shown, shown_as_written: Shape (n,): whether it is shown as one.
    """

    right: npt.NDArray[np.bool_]
    right_as_written: npt.NDArray[np.bool_]
    severe: npt.NDArray[np.bool_]
    shown: npt.NDArray[np.bool_]
    shown_as_written: npt.NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: Sequence[Outcomes]) -> Outcomes:
        """Those of several folds, at least one, as one."""
        names = ("right", "right_as_written", "severe", "shown", "shown_as_written")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def row(self, attack: str) -> RobustnessRow:
        """The report's row; `drop` is against the same cases as written."""
        accuracy = float(self.right.mean())
        return RobustnessRow(
            attack=attack,
            n=len(self.right),
            accuracy=accuracy,
            drop=float(self.right_as_written.mean()) - accuracy,
            most_severe_recall=float(self.shown[self.severe].mean()) if self.severe.any() else None,
            most_severe_lost=int((self.severe & self.shown_as_written & ~self.shown).sum()),
        )


def robustness_rows(judging: Judging, cases: Sequence[Reported]) -> list[RobustnessRow]:
    """A report's table: evenly spaced cases, `MOST_ROWS` at most, as written and under each attack there is.

    Args:
        judging: A judge that did not learn from them.
        cases: At least one.
    """
    places = np.unique(np.linspace(0, len(cases) - 1, min(len(cases), MOST_ROWS)).round().astype(int))
    some = [cases[place] for place in places]
    return [outcome.row(name) for name, outcome in under_all(judging, some).items()]


def under_all(judging: Judging, cases: Sequence[Reported]) -> dict[str, Outcomes]:
    """`outcomes` under each attack there is, those of long texts on every `LONG_EVERY`th case."""
    few = outcomes(judging, cases[::LONG_EVERY], LONG_ATTACKS)
    return outcomes(judging, cases, ATTACKS) | {name: found for name, found in few.items() if name != AS_WRITTEN}


def outcomes(
    judging: Judging, cases: Sequence[Reported], attacks: Mapping[str, Attack], seed: int = 0
) -> dict[str, Outcomes]:
    """By attack, what `judging` makes of `cases`; first those as written, under `AS_WRITTEN`.

    Args:
        judging: A judge that did not learn from them.
        cases: At least one.
        attacks: By name.
        seed: Each case draws by this and by its place.
    """
    severe = np.array([case.severity == 1 for case in cases])
    plain = _answers(judging, cases, [(case.title, case.description) for case in cases])
    found = {AS_WRITTEN: Outcomes(plain[0], plain[0], severe, plain[1], plain[1])}
    for name, attack in attacks.items():
        texts = [attack.apply(case.title, case.description, seed + row) for row, case in enumerate(cases)]
        right, shown = _answers(judging, cases, texts)
        found[name] = Outcomes(right, plain[0], severe, shown, plain[1])
    return found


def _answers(
    judging: Judging, cases: Sequence[Reported], texts: Sequence[tuple[str, str]]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether each suggestion is right, and whether each case is shown as one of the most severe."""
    assembled = [
        assemble(title, description, channel=case.channel, attributes=case.attributes)
        for case, (title, description) in zip(cases, texts, strict=True)
    ]
    judgements = judging(assembled)
    right = [
        max(said.category, key=lambda name: said.category[name]) == case.category
        for case, said in zip(cases, judgements, strict=True)
    ]
    return np.array(right), np.array([said.severity_level == 1 for said in judgements])
