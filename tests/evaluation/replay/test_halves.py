from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from cases.errors import InvalidInputError
from cases.taxonomy import Taxonomy, inline_taxonomy
from evaluation.replay.arrivals import Recorded, Setting, stream
from evaluation.replay.case import Prediction, moment
from evaluation.replay.halves import halves, seed_by_time, split_by_time
from tests.evaluation.replay.small_worlds import FINE, few_arrivals, policy

OTHER = inline_taxonomy(["late", "broken"], 3)


def told(count: int = 20) -> list[Recorded]:
    """Cases in the words of `OTHER` of which all is known."""
    said = Prediction({1: 0.2, 2: 0.3, 3: 0.5}, {"late": 0.6, "broken": 0.4})
    return [
        Recorded(moment(5.0 * place), 1 + place % 3, ("late", "broken")[place % 2], 10.0, {}, said)
        for place in range(count)
    ]


def test_the_older_half_is_all_received_before_the_newer():
    rows = few_arrivals(101).rows
    older, newer = halves(tuple(reversed(rows)))
    assert (len(older), len(newer)) == (50, 51)
    assert older[-1].received_at <= newer[0].received_at
    with pytest.raises(InvalidInputError, match="'arrivals' must hold two cases or more"):
        halves(rows[:1])


def test_the_newer_half_is_replayed_with_the_handling_times_of_the_older():
    older, newer = seed_by_time(policy())
    assert max(row.received_at for row in older.rows) <= min(row.received_at for row in newer.rows)
    assert older.times == newer.times
    spent = Counter[str]()
    for row in older.rows:
        spent[row.category] += row.minutes or 0
    category, _ = spent.most_common(1)[0]
    own = [row.minutes or 0 for row in older.rows if row.category == category]
    assert newer.times.by_category[category] == pytest.approx(np.mean(own), rel=0.05)
    assert {level: len(found) for level, found in newer.pool.rows.items()} == Counter(r.severity for r in newer.rows)


def without(name: str) -> Taxonomy:
    return replace(policy(), categories=tuple(c for c in policy().categories if c.id != name))


@pytest.mark.parametrize(
    ("other", "got"),
    [
        (OTHER, r"levels 1, 2, 3; without [a-z_]+, [a-z_]+, [a-z_]+ and 17 more\)"),
        (replace(policy(), severity_levels=policy().severity_levels[:3], severity_costs=()), r"levels 1, 2, 3\)"),
        (without(FINE), r"without no_violation\)"),
    ],
)
def test_the_written_cases_are_not_replayed_under_a_policy_of_other_words(other: Taxonomy, got: str):
    complaint = rf"'taxonomy' must have the packaged policy's levels and categories .*\(got {got}; .*--arrivals"
    with pytest.raises(InvalidInputError, match=complaint):
        seed_by_time(other)
    bare = [Recorded(row.received_at, row.severity) for row in told()]
    with pytest.raises(InvalidInputError, match=complaint):
        split_by_time("bare", bare, other)


@pytest.mark.parametrize("lacks", ["prediction", "minutes"])
def test_one_case_that_does_not_tell_all_is_enough_to_draw_from_them(lacks: str):
    rows = [*told(), replace(told(21)[-1], **{lacks: None})]
    with pytest.raises(InvalidInputError, match="for every case"):
        split_by_time("one", rows, OTHER)
    # Where the older half does not tell, nothing is drawn: it only teaches handling times.
    rows = [replace(told()[0], **{lacks: None}), *told()[1:]]
    assert len(split_by_time("one", rows, OTHER)[1].rows) == 10


def test_a_record_that_tells_all_is_replayed_under_any_policy():
    _, newer = split_by_time("own", told(), OTHER)
    assert {row.category for rows in newer.pool.rows.values() for row in rows} == {"late", "broken"}
    assert newer.times.overall == pytest.approx(10.0)
    found = stream(newer, Setting(0.5, staff=1), OTHER, 0)
    assert {case.truth.category for case in found.cases} == {"late", "broken"}


def test_a_policy_with_a_category_more_has_all_the_words():
    more = replace(policy(), categories=(*policy().categories, *OTHER.categories))
    assert seed_by_time(more) == seed_by_time(policy())
