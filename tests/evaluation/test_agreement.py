"""How far people agree, against what is known by hand and by the metric of ordered levels."""

from __future__ import annotations

import numpy as np
import pytest

from cases.quality import Answer
from evaluation.agreement import CategoryAgreement, Kappa, Pair, agreement, by_person
from evaluation.metrics import qwk
from evaluation.wilson import wilson


def pair(one: str, other: str, levels: tuple[int, int] = (2, 2), actions: tuple[str, str] = ("warn", "warn")) -> Pair:
    return Answer(one, levels[0], actions[0]), Answer(other, levels[1], actions[1])


def test_shares_come_with_wilsons_intervals():
    pairs = [
        pair("hate", "hate"),
        pair("hate", "spam", (1, 2)),
        pair("spam", "spam", (1, 4), ("warn", "none")),
        pair("spam", "spam", (3, 3), ("warn", "none")),
    ]
    found = agreement(pairs)
    assert found.pairs == 4
    assert (found.category, found.severity, found.severity_near) == (wilson(3, 4), wilson(2, 4), wilson(3, 4))
    assert (found.action, found.all_three) == (wilson(2, 4), wilson(1, 4))


def test_kappa_is_cohens_own_example_of_a_table():
    # 50 proposals, two readers: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no. Observed .7, by chance .5, so .4.
    pairs = [pair("yes", "yes")] * 20 + [pair("yes", "no")] * 5 + [pair("no", "yes")] * 10 + [pair("no", "no")] * 15
    found = agreement(pairs).category_kappa
    assert found.value == pytest.approx(0.4)
    assert found.why_not == ""


def test_the_weighted_kappa_is_that_of_the_models_severity_also_where_a_level_lies_unused_between():
    rng = np.random.default_rng(3)
    for levels in ([1, 2, 3, 4], [1, 2, 4]):
        first, second = rng.choice(levels, size=(2, 60))
        found = agreement([pair("x", "x", (int(a), int(b))) for a, b in zip(first, second, strict=True)])
        assert found.severity_kappa.value == pytest.approx(qwk(first - 1, np.eye(4)[second - 1]))


def test_an_undefined_kappa_says_why():
    nothing = agreement([])
    assert (nothing.pairs, nothing.category, nothing.by_category) == (0, None, ())
    assert nothing.category_kappa == nothing.severity_kappa == Kappa(None, "nothing was read twice")
    alike = agreement([pair("hate", "hate")] * 3)
    assert alike.category_kappa == Kappa(None, "all gave one and the same category")
    assert alike.severity_kappa == Kappa(None, "all gave one and the same severity")
    assert alike.category == wilson(3, 3)


def test_which_of_the_two_stands_first_makes_no_difference():
    pairs = [pair("a", "b", (1, 3)), pair("b", "b", (2, 1)), pair("c", "a", (4, 4)), pair("c", "c", (1, 1))]
    assert agreement(pairs) == agreement([(b, a) for a, b in pairs])


def test_it_tells_which_categories_are_taken_for_which():
    pairs = [pair("hate", "harassment")] * 2 + [
        pair("harassment", "hate"),
        pair("hate", "spam"),
        pair("spam", "spam"),
    ]
    assert agreement(pairs).by_category == (
        CategoryAgreement("hate", 4, 0, (("harassment", 3), ("spam", 1))),
        CategoryAgreement("harassment", 3, 0, (("hate", 3),)),
        CategoryAgreement("spam", 2, 1, (("hate", 1),)),
    )


def test_each_person_is_held_against_what_was_right():
    right, wrong = Answer("hate", 2, "warn"), Answer("spam", 3, "warn")
    told = by_person([("eve", wrong, right), ("ann", right, right), ("ann", wrong, right)])
    assert [(one.person, one.agreement.pairs, one.agreement.category) for one in told] == [
        ("ann", 2, wilson(1, 2)),
        ("eve", 1, wilson(0, 1)),
    ]
    assert by_person([]) == ()
