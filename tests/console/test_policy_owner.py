"""What a policy owner works with: targets and what they leave, examples, weights with a replay before they count."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from cases.identity import Role
from cases.ids import ScoreId, new_id
from cases.suggested import TierCounts
from cases.weights_trial import TrialState
from evaluation.calibration_bins import CalibrationVerdict, calibration_bins
from evaluation.held_out import CategoryCoverage, Coverage, HeldOutFigures, as_json
from models.artifact import MANIFEST, add_held_out
from models.priority import load_weights, weights_text
from models.tiers import TARGETS
from serving.console.overseeing.weights import MOST_BYTES
from serving.console.overseeing.weights_words import in_words
from tests.console.conftest import Console, a_console
from tests.console.test_overseeing import decide_all, file_some
from tests.serving.conftest import Place, wait_until
from tests.serving.small_model import SmallModel

CATEGORY = "intellectual_property"
NEW = weights_text().replace("doubling_hours: 96", "doubling_hours: 24")


def owner(console: Console) -> TestClient:
    return console.sign_in("pat", Role.POLICY_OWNER)


def figures() -> HeldOutFigures:
    """At .60 all is applied, at .95 a third."""
    low, high = (90, 0, 0, 60), (30, 50, 10, 29)
    by_target = tuple(Coverage(float(target), *(low if target < 0.7 else high)) for target in TARGETS)
    coverage = CategoryCoverage(CATEGORY, by_target[45], by_target)
    confidence = np.array([0.55, 0.65, 0.95, 0.96])
    bins = calibration_bins(confidence, confidence > 0.6)
    return HeldOutFigures(120, (coverage,), CalibrationVerdict(0.03, 0.02, 0.04), tuple(bins))


@pytest.fixture
def figured(place: Place, tmp_path: Path) -> Iterator[Console]:
    """A console over a model that was trained since figures are kept in it."""
    folder = tmp_path / "figured"
    shutil.copytree(place.models[0].directory, folder, copy_function=os.link)
    # The other files are links to those of the model that all tests share.
    written = (folder / MANIFEST).read_bytes()
    (folder / MANIFEST).unlink()
    (folder / MANIFEST).write_bytes(written)
    sha256 = add_held_out(folder, as_json(figures()))
    told = replace(place, models=(SmallModel(folder, sha256), place.models[1]))
    told.promote()
    yield from a_console(told, blind_share=0.0)


def test_a_target_stands_with_the_coverage_that_it_leaves(figured: Console) -> None:
    page = owner(figured).get("/policy").text
    assert "33 % applied, 56 % suggested, nothing said of 11 %" in page
    assert "are of 120 cases" in page
    assert "not known for this model" not in page


def test_another_target_is_asked_for_and_nothing_changes(figured: Console) -> None:
    visitor, before = owner(figured), figured.services.taxonomy.precision_targets
    page = visitor.get("/policy", params={"category": CATEGORY, "target": "0.6"}).text
    asked = page.partition('id="moved"')[2].partition("</div>")[0]
    assert "With a target of 60 %" in asked
    assert "100 % applied, 0 % suggested, nothing said of 0 %" in asked
    assert "60 of 90 right" in asked
    assert "At 95 %, as trained" in asked
    assert figured.services.taxonomy.precision_targets == before
    assert 'id="moved"' not in visitor.get("/policy", params={"category": "nonsense", "target": "0.6"}).text
    assert visitor.get("/policy", params={"category": CATEGORY, "target": "3"}).status_code == 422


def test_a_model_from_before_figures_were_kept_says_that_they_are_not_known(console: Console) -> None:
    page = owner(console).get("/policy?category=hate&target=0.6").text
    assert "not known for this model" in page
    assert 'id="moved"' not in page


def test_what_was_decided_last_is_shown_as_an_example_by_title_only_to_whoever_may_see_it(console: Console) -> None:
    file_some(console, 5)
    decide_all(console, "ada", *[CATEGORY] * 5)
    page = owner(console).get("/policy").text
    section = page.partition(f'id="c-{CATEGORY}"')[2].partition("</section>")[0]
    assert section.count('href="/cases/') == 3
    assert "Copied lecture" in section
    kept = console.sign_in("pam", Role.POLICY_OWNER, queues=["legal"]).get("/policy").text
    assert "Copied lecture" not in kept
    assert kept.count("a case of another team") == 3


def test_the_live_share_of_each_tier_and_how_the_applied_came_out(console: Console) -> None:
    cases = file_some(console, 4)
    store = console.place.store
    scores = store.latest_scores([case.id for case in cases])
    assert {score.tier for score in scores.values()} == {"suggest"}
    [first] = {max(score.category, key=score.category.__getitem__) for score in scores.values()}
    applied = [replace(scores[case.id], id=ScoreId(new_id()), tier="apply") for case in cases[:2]]
    store.record_scores(applied, ranked_by="x")
    decide_all(console, "ada", *[first] * 4)
    assert store.tier_counts(timedelta(days=1)) == {first: TierCounts(first, {"suggest": 2, "apply": 2}, 2, 2)}
    row = owner(console).get("/policy").text.partition(f'<a href="#c-{first}">')[2].partition("</tr>")[0]
    assert "50 % · 50 % · 0 %" in row
    assert "<strong>100 %</strong>" in row


def test_each_weight_is_told_in_words_with_its_unit(console: Console) -> None:
    page = owner(console).get("/weights").text
    told = {each.field for each in in_words(load_weights())}
    assert all(f"<code>{field}</code>" in page for field in told)
    assert "<strong>96 hours</strong>" in page
    assert "They are those of the service&#39;s file" in page or "They are those of the service's file" in page
    assert told == {
        "harm_per_hour", "severity_1_at_least", "doubt", "least_violation", "exposure.reach_unit",
        "exposure.minor_involved", "exposure.imminent", "exposure.deadline", "exposure.deadline_hours", "sla.factor",
        "sla.share", "doubling_hours", "handling.minutes", "handling.least_minutes", "random_lane", "by_hand",
    }  # fmt: skip


def test_only_a_policy_owner_sees_weights_and_nobody_else_adopts_any(console: Console) -> None:
    lead = console.sign_in("lee", Role.LEAD)
    assert "/weights" not in lead.get("/").text
    for method, path in (("GET", "/weights"), ("POST", "/weights/replay"), ("POST", "/weights/adopt")):
        assert lead.request(method, path, data={"seq": 1, "sha256": "a"}).status_code == 403, path
    foreign = owner(console)
    answer = foreign.post("/weights/replay", data={"weights": NEW}, headers={"Origin": "http://elsewhere"})
    assert answer.status_code == 403
    assert console.place.store.latest_weights_trial() is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (NEW.replace("doubt: 0.95", "doubt: 3"), "weights: &#39;doubt&#39; must be above 0 and at most 1 (got 3)"),
        (NEW.replace("doubt:", "dout:"), "&#39;dout&#39; must be one of"),
        (NEW.replace("factor: 1 ", "factor: one "), "&#39;sla.factor&#39; must be a number"),
        ("harm: [", "weights line"),
        ("", "must be a mapping of keys"),
        ("[" * 5000, "must be YAML"),
    ],
)
def test_a_problem_names_its_field_and_what_was_typed_stays(console: Console, text: str, says: str) -> None:
    answer = owner(console).post("/weights/replay", data={"weights": text})
    assert answer.status_code == 422
    notice = answer.text.partition('id="wrong"')[2].partition("</div>")[0]
    assert says in notice
    assert 'aria-invalid="true"' in answer.text
    if "dout" in text:
        assert "dout: 0.95" in answer.text
    assert console.place.store.latest_weights_trial() is None


def test_a_file_that_is_no_file_of_weights_is_refused(console: Console) -> None:
    visitor = owner(console)
    for sent, says in ((b"\xff\xfe", "must be UTF-8"), (b"#" * (MOST_BYTES + 1), "must be at most 64 KB")):
        answer = visitor.post("/weights/replay", data={"weights": ""}, files={"file": ("w.yaml", sent)})
        assert (answer.status_code, says in answer.text) == (422, True)


@pytest.fixture
def quick(console: Console) -> Console:
    """Replays of a moment: one load, two streams."""
    console.services.trying.smaller.update(loads=[0.7], seeds=2)
    return console


def ended(console: Console) -> TrialState:
    """Until the replay has ended."""

    def over() -> bool:
        trial = console.place.store.latest_weights_trial()
        return trial is not None and trial.state is not TrialState.RUNNING

    wait_until(over, 150)
    trial = console.place.store.latest_weights_trial()
    assert trial is not None
    return trial.state


@pytest.mark.slow
def test_a_proposal_is_replayed_looked_at_and_adopted_and_the_open_queue_follows(quick: Console) -> None:
    [case] = file_some(quick, 1)
    visitor, before = owner(quick), quick.services.ranking.digest
    sent = visitor.post("/weights/replay", data={"weights": ""}, files={"file": ("new.yaml", NEW.encode())})
    assert (sent.status_code, sent.headers["location"]) == (303, "/weights")
    running = visitor.get("/weights").text
    assert 'hx-get="/weights/progress"' in running
    assert '<meta http-equiv="refresh"' in running
    assert "Adopt these weights" not in running
    assert "HX-Refresh" not in visitor.get("/weights/progress").headers
    second = visitor.post("/weights/replay", data={"weights": NEW})
    assert (second.status_code, "must wait for the replay" in second.text) == (409, True)

    assert ended(quick) is TrialState.DONE
    assert visitor.get("/weights/progress").headers["HX-Refresh"] == "true"
    page = visitor.get("/weights").text
    assert page.count("<svg role=") == 3
    for figure in (
        "Harm-hours, linear",
        "Severity 1 touched in time",
        "Severity 2 touched in time",
        "Longest wait of severity 1",
    ):
        assert f'<th scope="row">{figure}</th>' in page
    assert quick.services.ranking.digest == before

    trial = quick.place.store.latest_weights_trial()
    assert trial is not None
    other = visitor.post("/weights/adopt", data={"seq": trial.seq, "sha256": "a" * 64})
    assert other.status_code == 409
    adopted = visitor.post("/weights/adopt", data={"seq": trial.seq, "sha256": trial.sha256})
    assert adopted.headers["location"] == "/weights?adopted=1"
    wait_until(lambda: quick.services.ranking.digest != before)
    assert quick.services.ranking.weights.doubling_hours == 24
    wait_until(lambda: quick.place.store.case(case.id).ranked_by == quick.services.ranking.digest)
    page = visitor.get("/weights?adopted=1").text
    assert "by pat" in page
    assert "<strong>24 hours</strong>" in page
    # What it was held against counts no longer, so the same replay is not enough to adopt it again.
    assert "disabled>Adopt" in page
    again = visitor.post("/weights/adopt", data={"seq": trial.seq, "sha256": trial.sha256})
    assert again.status_code == 409


def test_a_replay_that_takes_too_long_is_ended_and_can_be_begun_again(quick: Console) -> None:
    quick.services.trying._seconds = 0.2  # noqa: SLF001 - the limit is ten minutes
    visitor = owner(quick)
    visitor.post("/weights/replay", data={"weights": NEW})
    assert ended(quick) is TrialState.FAILED
    page = visitor.get("/weights").text
    assert "came to nothing: it took longer" in page
    assert "Adopt these weights" not in page
    assert visitor.post("/weights/replay", data={"weights": NEW}).status_code == 303


def test_a_policy_without_the_written_cases_words_says_why_nothing_can_be_replayed(quick: Console) -> None:
    quick.services.trying.smaller["taxonomy"] = "/nowhere/policy.yaml"
    owner(quick).post("/weights/replay", data={"weights": NEW})
    assert ended(quick) is TrialState.FAILED
    trial = quick.place.store.latest_weights_trial()
    assert trial is not None
    assert "'taxonomy' must be a readable file" in trial.progress
