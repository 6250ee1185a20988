"""The model's page: whether its numbers hold, what could take its place, whether what comes in has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cases.decision import SuggestionShown, Verdict
from cases.identity import Role
from cases.ids import ScoreId, new_id
from cases.record import HeldOutFigure, NewReport
from cases.store import CaseStore
from serving.console.overseeing.shares import FEW
from tests.cases.store.builders import file_one, score
from tests.cases.store.conftest import NOON, SetClock
from tests.console.conftest import Console
from tests.console.test_overseeing import decide_all, file_some
from tests.console.test_policy_owner import figured, figures
from tests.serving.conftest import wait_until

__all__ = ["figured"]


def page_of(console: Console, path: str = "/model") -> str:
    visitor = console.sign_in("dee", Role.DATA_SCIENTIST)
    answer = visitor.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def between(page: str, start: str, end: str) -> str:
    return page.partition(start)[2].partition(end)[0]


def test_calibration_is_drawn_of_blind_decisions_once_there_are_enough(blind: Console) -> None:
    file_some(blind, 3)
    decide_all(blind, "ada", "intellectual_property", "hate", "hate")
    few = between(page_of(blind), 'id="calibration"', 'id="challengers"')
    assert f"3 decided by the model that serves; from {FEW} on it is drawn" in few
    assert "<svg" not in few
    store, sha256 = blind.place.store, blind.place.models[0].sha256
    answers = store.blind_answers(timedelta(days=1), sha256)
    assert [each.right for each in answers].count(True) == 1
    assert all(0 < each.confidence <= 1 for each in answers)
    assert store.blind_answers(timedelta(days=1), "f" * 64) == []
    for number in range(FEW):
        decide_blind(store, blind.file(external_id=f"B-{number}", subject_ref=f"b-{number}").id)
    page = between(
        blind.sign_in("dan", Role.DATA_SCIENTIST).get("/model").text, 'id="calibration"', 'id="challengers"'
    )
    assert f"of {FEW + 3} cases" in page
    assert page.count("<svg role=") == 1
    assert "style=" not in page


def decide_blind(store: CaseStore, case_id: str) -> None:
    """As the page does where the suggestion is hidden."""
    case = store.case(case_id)  # type: ignore[arg-type]
    found = store.latest_score(case.id)
    assert found is not None
    _, lease = store.claim(case.id, "ada", 900)
    ranked = sorted(found.category, key=lambda name: -found.category[name])[:3]
    shown = SuggestionShown(found.id, tuple(ranked), hidden=True)
    store.decide(case.id, Verdict(ranked[0], 3, "warn", "clear_breach"), holder="ada", token=lease.token, shown=shown)


def test_calibration_of_the_cases_held_out_is_drawn_from_the_artifact(figured: Console) -> None:
    page = between(page_of(figured), 'id="calibration"', 'id="challengers"')
    error = figures().calibration
    assert f"<strong>{error.ece:.3f}</strong>" in page
    assert "of 120 cases; a perfect model would show 0.020, up to 0.040 is allowed" in page
    assert page.count('id="held-out-title"') == 1


def test_models_that_could_serve_stand_with_their_figures_and_the_one_that_serves_says_so(console: Console) -> None:
    assert "models are noted when they are trained" in page_of(console)
    told = {"accuracy": HeldOutFigure(0.912, 0.88, 0.94), "ece": HeldOutFigure(0.031)}
    store = console.place.store
    store.add_challenger("small", "1", console.place.models[0].sha256, held_out=321, figures=told)
    store.add_challenger("small", "2", console.place.models[1].sha256, held_out=322, figures={})
    page = between(console.sign_in("dan", Role.DATA_SCIENTIST).get("/model").text, 'id="challengers"', 'id="drift"')
    newest, oldest = page.partition("small/2")[2].split("small/1")
    assert "serves" not in newest
    assert "not told" in newest
    assert '<span class="small">serves</span>' in oldest
    assert '0.912 <span class="muted">(0.880 to 0.940)</span>' in oldest
    assert "<td>0.031</td>" in oldest


def test_a_few_cases_are_told_to_be_too_few_for_drift(console: Console) -> None:
    file_some(console, 2)
    page = page_of(console).partition('id="drift"')[2]
    assert page.count("too few to say") == 6
    assert "<details>" not in page


def test_what_has_changed_in_what_comes_in_is_told_by_feature(console: Console) -> None:
    now, store = datetime.now(UTC), console.place.store
    reports = [
        NewReport(
            source="helpdesk",
            external_id=f"D-{number}",
            title="",
            description="This course is a copy of my own lecture. " * (1 if days < 14 else 9),
            channel="email",
            subject_kind="course",
            subject_ref=f"d-{number}",
            received_at=now - timedelta(days=days, minutes=number),
        )
        for number, days in enumerate([2] * 60 + [20] * 90)
    ]
    filed = store.file_reports(reports, actor="tests", gather_hours=0)
    ids = [each.case_id for each in filed]
    wait_until(lambda: len(store.latest_scores(ids)) == len(ids), 90)
    page = page_of(console).partition('id="drift"')[2]
    rows = {row.partition("</th>")[0]: row for row in page.split('<th scope="row">')[1:]}
    assert "<strong>changed</strong>" in rows["Length of the text"]
    assert "no more than chance" in rows["Language"]
    assert '<td class="number">90</td><td class="number">60</td>' in rows["Language"]
    assert "Length of the text, before and now" in page


def test_the_cases_of_a_period_are_told_by_their_latest_score_without_what_was_erased_or_merged(
    store: CaseStore,
) -> None:
    first, second, gone = (file_one(store, number, received_at=NOON) for number in (1, 2, 3))
    store.record_scores([score(first, category={"hate": 0.6, "spam": 0.4}, tier="apply", novelty_p=0.4)])
    store.record_scores([replace(score(first, category={"spam": 0.7, "hate": 0.3}), id=ScoreId(new_id()))])
    store.record_scores([score(gone)])
    store.merge(gone.id, second.id, by="eve")
    [told] = store.scored_cases(NOON - timedelta(days=1), NOON)
    assert (told.category, told.confidence, told.received_at) == ("spam", 0.7, NOON)
    assert told.characters == len(first.content.title) + len(first.content.description)
    assert store.scored_cases(NOON, NOON + timedelta(days=1)) == []
    assert store.blind_answers(timedelta(days=1), "m") == []
    assert store.tier_counts(timedelta(days=1))["spam"].decided == 0


def test_examples_are_the_latest_decisions_that_stand(store: CaseStore, clock: SetClock) -> None:
    for number in range(4):
        clock.forward(minutes=1)
        case, lease = store.claim(file_one(store, number, title=f"case {number}").id, "ada", 900)
        store.decide(case.id, Verdict("hate", 2, "warn", "clear_breach"), holder="ada", token=lease.token)
    found = store.examples(3)
    assert [each.title for each in found["hate"]] == ["case 3", "case 2", "case 1"]
    assert {each.queue for each in found["hate"]} == {"main"}
    assert list(found) == ["hate"]


@pytest.mark.parametrize("path", ["/model?days=0", "/model?recent=9999", "/policy?days=x"])
def test_a_time_that_is_none_is_refused(console: Console, path: str) -> None:
    assert console.sign_in("pat", Role.POLICY_OWNER).get(path).status_code == 422
