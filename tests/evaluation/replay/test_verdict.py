from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from cases.errors import InvalidInputError
from evaluation.bootstrap import Interval
from evaluation.replay.arrivals import Setting
from evaluation.replay.harm import ACCOUNTS
from evaluation.replay.measures import RunFigures
from evaluation.replay.page import replay_page
from evaluation.replay.play import Played
from evaluation.replay.study import CURRENT, FIRST, NEW, OURS, AtLoad, Plan, replay, replay_against
from evaluation.replay.verdict import contrast, verdict
from models.priority import Weights
from tests.evaluation.replay.small_worlds import FINE, few_arrivals, policy

TODAY = Weights()
# Whoever waits gains at once, so that nearly all go by time of receipt.
AGEING = Weights(doubling_hours=0.05, severity_1_at_least=1.0)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(few_arrivals(minutes=20), policy(), Setting(1.0, staff=1), loads=(0.8, 1.1), seeds=range(5))


@pytest.fixture(scope="module")
def found(plan: Plan) -> list[AtLoad]:
    return replay(plan, TODAY)


@pytest.fixture(scope="module")
def worse(plan: Plan) -> list[Mapping[str, AtLoad]]:
    """What comes of holding weights that age too fast against today's."""
    return replay_against(plan, AGEING, TODAY)


def test_all_orders_are_played_by_all_accounts(found: list[AtLoad]):
    for each in found:
        assert next(iter(each.undated.figures)) == FIRST
        assert list(each.undated.figures)[-1] == OURS
        for account in ("linear", "step", "quadratic", "deadline"):
            assert each.of(account).closed(FIRST, FIRST, account).value == 0.0
            assert each.of(account).versus(OURS, FIRST, account).value < 1.0
            assert each.of(account).closed(OURS, FIRST, account).value > 0.0
        assert each.undated.overtaking[OURS].waits_broken == 0
        assert each.undated.overtaking[OURS].pairs_broken == 0


def test_the_clairvoyant_order_does_least_linear_harm(found: list[AtLoad]):
    for each in found:
        best = sum(each.undated.clairvoyant["linear"])
        assert all(sum(each.undated.harm(order, "linear")) >= best for order in each.undated.figures)


def test_from_a_load_of_1_on_some_are_left_over(found: list[AtLoad]):
    below, beyond = found
    assert below.undated.undecided(OURS).value == 0.0
    assert beyond.undated.undecided(OURS).value > 10.0


def test_worse_weights_are_told_from_todays_and_what_gets_worse_is_named(
    plan: Plan, worse: list[Mapping[str, AtLoad]]
):
    contrasts = [contrast(each) for each in worse]
    assert [each.better for each in contrasts] == [CURRENT, CURRENT]
    assert all(each.harm["linear"].low > 1.0 for each in contrasts)
    assert any("severity 1 in time" in line for each in contrasts for line in each.worse)
    assert contrasts[0].by_its_own == {}
    assert verdict(contrasts) == "today's weights prevent more harm at load 0.8, 1.1; keep them"
    turned = [contrast(each) for each in replay_against(plan, TODAY, AGEING)]
    assert verdict(turned).startswith("the new weights prevent more harm at load 0.8, 1.1")
    for one, other in zip(contrasts, turned, strict=True):
        assert one.harm["linear"].value == pytest.approx(1 / other.harm["linear"].value)


def test_weights_held_against_themselves_are_not_told_apart(plan: Plan):
    contrasts = [contrast(each) for each in replay_against(plan, TODAY, Weights())]
    assert [(each.better, each.worse) for each in contrasts] == [("", ()), ("", ())]
    assert verdict(contrasts).startswith("the seeds cannot tell the two apart")


def test_weights_that_state_another_harm_are_judged_by_both(plan: Plan):
    other = Weights(harm_per_hour={1: 1.003, 2: 1.002, 3: 1.001, 4: 1.0}, severity_1_at_least=1.0)
    both = replay_against(plan, other, TODAY)
    contrasts = [contrast(each) for each in both]
    assert all(each.by_its_own["linear"].value < each.harm["linear"].value for each in contrasts)
    # A file that sees nearly no difference between levels loses by today's harm, and by its own it does not.
    beyond = contrasts[1]
    assert (beyond.better, beyond.harm["linear"].low > 1.0) == (CURRENT, True)
    assert "by the harm that the new weights state" in beyond.sentence
    page = replay_page(plan, [each[CURRENT] for each in both], contrasts, verdict(contrasts))
    assert "The same by the harm that the new weights state" in page


def test_where_no_case_has_to_wait_there_is_nothing_to_tell_apart(plan: Plan, worse: list[Mapping[str, AtLoad]]):
    idle = replace(plan, setting=Setting(1.0, staff=10), loads=(0.01,))
    (found,) = replay(idle, TODAY)
    assert math.isnan(found.undated.closed(OURS, FIRST, "linear").value)
    (both,) = replay_against(idle, AGEING, TODAY)
    told = contrast(both)
    assert (told.harm["linear"], told.worse, told.better) == (Interval(1.0, 1.0, 1.0), (), "")
    said = "no case had to wait under either, so there is nothing to tell apart in harm"
    assert told.sentence == f"load 0.01: {said}"
    assert verdict([told]) == f"at load 0.01 {said}: replay a higher load"
    # Beside loads at which there is something to tell it takes nothing from what these say.
    beside = verdict([told, *map(contrast, worse)])
    assert beside.startswith("today's weights prevent more harm at load 0.8, 1.1; keep them; at load 0.01 no case")
    assert verdict([told, *(contrast(each) for each in replay_against(plan, TODAY, AGEING))]).startswith(
        "the new weights prevent more harm at load 0.8, 1.1; "
    )
    for page in (replay_page(idle, [found]), replay_page(idle, [both[CURRENT]], [told], verdict([told]))):
        assert "nan" not in page


def test_where_no_case_does_harm_there_is_nothing_to_tell_apart(plan: Plan):
    rows = tuple(replace(row, category=FINE) for row in plan.arrivals.rows)
    harmless = replace(plan, arrivals=replace(plan.arrivals, rows=rows), loads=(0.8,))
    told = contrast(replay_against(harmless, AGEING, TODAY)[0])
    assert all(math.isnan(each.value) for each in told.harm.values())
    assert told.sentence == "load 0.8: no case did harm under either, so there is nothing to tell apart in harm"
    assert verdict([told]).endswith("nothing to tell apart in harm: replay cases that do")
    assert "nan" not in replay_page(harmless, replay(harmless, TODAY))


def by_hand(**orders: Sequence[Mapping[int, tuple[float, float]]]) -> AtLoad:
    """What orders came to: of each seed, by level, the share in time and the worst wait. All did the same harm."""
    figures = {
        {"first": FIRST, "ours": OURS}.get(order, order): tuple(
            RunFigures(
                dict.fromkeys(ACCOUNTS, 100.0),
                1.0,
                {level: in_time for level, (in_time, _) in levels.items()},
                {level: wait for level, (_, wait) in levels.items()},
                0,
            )
            for levels in seeds
        )
        for order, seeds in orders.items()
    }
    played = Played(Setting(0.9), 10.0, figures, {}, {}, {})
    return AtLoad(played, played)


def test_a_level_that_one_stream_lacks_is_compared_over_the_others():
    fine, ill = {1: (0.9, 2.0), 3: (1.0, 9.0)}, {1: (0.5, 4.0), 3: (1.0, 9.0)}
    # The third stream has no severity 1, and in the fourth nobody knows yet whether it was taken in time.
    without, unknown = {3: (1.0, 9.0)}, {1: (math.nan, 3.0), 3: (1.0, 9.0)}
    told = contrast({CURRENT: by_hand(current=[fine, fine, without, fine], new=[ill, ill, without, unknown])})
    assert told.worse == (
        "severity 1 in time 90.0 % → 50.0 %",
        "worst wait of severity 1 2.0 h → 3.7 h",
    )


def test_of_one_stream_alone_nothing_is_said_to_get_worse():
    fine, ill, without = {1: (0.9, 2.0)}, {1: (0.5, 4.0)}, {3: (1.0, 9.0)}
    assert contrast({CURRENT: by_hand(current=[fine, without], new=[ill, without])}).worse == ()


def test_one_seed_or_no_load_is_refused(plan: Plan):
    with pytest.raises(InvalidInputError, match="'seeds' must be at least 2"):
        Plan(plan.arrivals, plan.taxonomy, plan.setting, seeds=(1,))
    with pytest.raises(InvalidInputError, match="'loads' must name a load"):
        Plan(plan.arrivals, plan.taxonomy, plan.setting, loads=())


class Closed(HTMLParser):
    """Finds what would ask something of another machine, or run."""

    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "img", "iframe", "object"}:
            self.outside.append(tag)
        self.outside += [name for name, _ in attrs if name in {"src", "href", "srcset", "onload", "style"}]


def test_the_page_needs_nothing_else_and_shows_each_load(plan: Plan, found: list[AtLoad]):
    page = replay_page(plan, found)
    closed = Closed()
    closed.feed(page)
    assert closed.outside == []
    assert "Content-Security-Policy" in page
    for load in ("0.8", "1.1"):
        assert f"Load {load}" in page
    images = re.findall(r"<svg.*?</svg>", page)
    assert len(images) == 6
    for image in images:
        ET.fromstring(image)  # noqa: S314  our own drawing
    assert "held for each" in page
    assert "nan" not in page


def test_the_page_of_two_files_says_what_follows(plan: Plan, worse: list[Mapping[str, AtLoad]]):
    contrasts = [contrast(each) for each in worse]
    page = replay_page(plan, [each[CURRENT] for each in worse], contrasts, verdict(contrasts))
    assert "today&#x27;s weights prevent more harm" in page
    assert "severity 1 in time" in page
    assert NEW in page


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param([{1: (0.9, 2.0), 3: (1.0, 9.0)}, {3: (1.0, 9.0)}], id="in one stream"),
        pytest.param([{3: (1.0, 9.0)}, {3: (1.0, 9.0)}], id="in none"),
        pytest.param([{1: (math.nan, 2.0), 3: (1.0, 9.0)}] * 2, id="not known whether in time"),
        pytest.param([{}, {}], id="no cases"),
    ],
)
def test_a_page_of_streams_that_lack_a_level_holds_no_nan(plan: Plan, seeds: list[Mapping[int, tuple[float, float]]]):
    page = replay_page(plan, [by_hand(first=seeds, ours=seeds)])
    assert "nan" not in page
    waits = ("2.0" if 1 in seeds[0] else "none", "none", "9.0" if seeds[0] else "none", "none")
    assert " · ".join(waits) in page


def test_played_figures_are_paired_by_seed(found: list[AtLoad]):
    played: Played = found[0].undated
    assert played.versus(OURS, OURS, "linear") == Interval(1.0, 1.0, 1.0)
    assert len(played.harm(OURS, "linear")) == 5
