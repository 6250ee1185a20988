"""What a report tells besides what it measures: the model, its data, and figures measured elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Fact = str | int | float


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Which model it is and what it was made from.

    Attributes:
        name: As it is registered.
        version: As it is registered.
        made: When it was trained, aware UTC, ISO 8601.
        model: By name: what it is (encoder, chosen setting, SHA-256, ...).
        data: By name: what it learnt from and was measured on (source, rows, split, left out, ...).
        held_out: Whether it is known that the model learnt from none of the rows.
        caveats: Sentences that whoever reads a figure must know ("These are written examples: ...").
    """

    name: str
    version: str
    made: str
    model: Mapping[str, Fact] = field(default_factory=dict)
    data: Mapping[str, Fact] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()
    held_out: bool = True


@dataclass(frozen=True, slots=True)
class RobustnessRow:
    """The same rows under one way of disguising a text.

    Attributes:
        attack: Its name; the row without any comes first.
        n: Rows.
        accuracy: Share of suggestions that are right, 0..1.
        drop: Of accuracy against the row without attack, 0..1; negative where it rose.
        most_severe_recall: Share of the most severe cases still shown as such, 0..1; None where there are none.
        most_severe_lost: How many that were shown as such no longer are.
    """

    attack: str
    n: int
    accuracy: float
    drop: float
    most_severe_recall: float | None = None
    most_severe_lost: int = 0
