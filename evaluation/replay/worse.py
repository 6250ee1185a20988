"""What a worse model would have said, and handling times that are not as the queue reckons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import numpy as np

from evaluation.replay.case import Prediction

Label = TypeVar("Label", int, str)
Worse = Callable[[Prediction], Prediction]


def mixed_with(marginal: Prediction, share: float) -> Worse:
    """A model that knows less: its answer mixed with what is said without looking.

    Args:
        marginal: How often each level and category comes.
        share: In [0, 1]: of the answer that is the marginal.
    """
    return lambda said: Prediction(
        _mixed(said.severity, marginal.severity, share), _mixed(said.category, marginal.category, share)
    )


def at_temperature(temperature: float) -> Worse:
    """A model that is as right but worse calibrated: below 1 it is too sure of itself, above 1 not sure enough.

    p^(1 / temperature), normalised, which is what dividing the logits comes to.
    """
    return lambda said: Prediction(_tempered(said.severity, temperature), _tempered(said.category, temperature))


def minutes_off(categories: Iterable[str], by: float, seed: int) -> dict[str, float]:
    """For half of the categories, by lot, handling takes 1 + `by` times what it takes else, for the others 1 - `by`.

    The same factor for all would change the load and no order.
    """
    names = sorted(categories)
    longer = set(np.random.default_rng(seed).permutation(len(names))[: len(names) // 2].tolist())
    return {name: 1 + by if place in longer else 1 - by for place, name in enumerate(names)}


def _mixed(said: Mapping[Label, float], without: Mapping[Label, float], share: float) -> dict[Label, float]:
    mixed: dict[Label, float] = {label: (1 - share) * chance for label, chance in said.items()}
    for label, chance in without.items():
        mixed[label] = mixed.get(label, 0.0) + share * chance
    return mixed


def _tempered(said: Mapping[Label, float], temperature: float) -> dict[Label, float]:
    raised = {label: chance ** (1 / temperature) for label, chance in said.items()}
    total = sum(raised.values())
    return {label: chance / total for label, chance in raised.items()}
