from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from evaluation.attacks import ATTACKS, Attack
from evaluation.robustness import AS_WRITTEN, Outcomes, Reported, outcomes
from features.assemble import AssembledCase
from models.judge import Judgement

CASES = [
    Reported("", "a threat to kill me", "threats", 1),
    Reported("", "another threat", "threats", 2),
    Reported("", "please refund me", "refund", 1),
    Reported("", "please refund them", "refund"),
]


def by_word(cases: Sequence[AssembledCase]) -> list[Judgement]:
    """A judge that knows two words, and takes a threat to be severe."""

    def said(text: str) -> Judgement:
        threat = "threat" in text
        chances = {"threats": 0.9 if threat else 0.2, "refund": 0.1 if threat else 0.8}
        return Judgement(chances, {1: 0.5, 2: 0.5}, "en", language_supported=True, severity_level=1 if threat else 2)

    return [said(case.text) for case in cases]


def test_each_attack_is_measured_against_the_same_cases_as_written() -> None:
    mangled = Attack("mangled", lambda text, _rng: text.replace("threat to", "thrt to"))
    found = {name: found.row(name) for name, found in outcomes(by_word, CASES, {"mangled": mangled}).items()}

    assert list(found) == [AS_WRITTEN, "mangled"]
    plain, attacked = found.values()
    assert (plain.n, plain.accuracy, plain.drop, plain.most_severe_lost) == (4, 1.0, 0.0, 0)
    assert plain.most_severe_recall == 0.5
    assert (attacked.n, attacked.accuracy, attacked.drop) == (4, 0.75, 0.25)
    assert (attacked.most_severe_recall, attacked.most_severe_lost) == (0.0, 1)


def test_attacks_that_assembly_undoes_cost_nothing() -> None:
    undone = {
        name: ATTACKS[name] for name in ("zero-width characters", "Cyrillic look-alikes", "mathematical letters")
    }
    assert [found.row(name).drop for name, found in outcomes(by_word, CASES, undone).items()] == [0.0] * 4


def test_recall_is_unknown_where_no_case_is_of_the_most_severe() -> None:
    found = outcomes(by_word, CASES[3:], {})[AS_WRITTEN].row(AS_WRITTEN)
    assert found.most_severe_recall is None


def test_folds_are_joined_case_by_case() -> None:
    whole = outcomes(by_word, CASES, {})[AS_WRITTEN]
    parts = [outcomes(by_word, CASES[:1], {})[AS_WRITTEN], outcomes(by_word, CASES[1:], {})[AS_WRITTEN]]
    joined = Outcomes.joined(parts)
    assert np.array_equal(joined.right, whole.right)
    assert joined.row("x").accuracy == pytest.approx(whole.row("x").accuracy)
    assert joined.row("x").most_severe_recall == whole.row("x").most_severe_recall
