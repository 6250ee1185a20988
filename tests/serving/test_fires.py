"""New fires, the whole way: from reports over HTTP to a signed message, the list and the metric."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from caseload_client import Client, FireEnded, FireStarted, webhooks
from cases.clock import utc_now
from cases.errors import ModelMissingError
from cases.fires import FireKind, Sighting
from cases.identity import Role
from cases.record import NewReport
from cases.store import CaseStore
from cases.taxonomy_file import load_taxonomy
from cases.telling import Told
from evaluation.trends.bursts import BASELINE
from models.artifact import load_artifact
from serving.chores.fires import LEAST_ON_SUBJECT, Fires
from serving.scoring.scores import LoadedModel
from tests.cases.store.builders import file_one, report, score
from tests.cases.store.conftest import NOON, SetClock
from tests.serving.assured_model import assured_model
from tests.serving.conftest import Place, Running, a_report
from tests.serving.receiver import a_receiver
from tests.serving.service_process import service_process
from tests.serving.small_model import SmallModel

TAXONOMY = load_taxonomy()
DAY = timedelta(days=1)
LECTURE = "Lecture four of this course is my own recording with another voice laid over it."


def no_model() -> LoadedModel:
    raise ModelMissingError("none")


def a_watch(store: CaseStore, clock: SetClock, model: LoadedModel | None = None) -> Fires:
    return Fires(lambda: store, no_model if model is None else lambda: model, TAXONOMY, clock, every=60)


def two_a_day(store: CaseStore) -> None:
    """Four weeks in which two cases a day came in, scored as hate."""
    usual = [
        report(1_000 + number, received_at=NOON - timedelta(hours=2) - number * DAY / 2)
        for number in range(2 * BASELINE.days)
    ]
    filed = store.file_reports(usual, actor="intake")
    store.record_scores([score(store.case(each.case_id)) for each in filed])


def come_in(store: CaseStore, clock: SetClock, count: int, *, first: int = 0, **changes: object) -> None:
    moments = [clock.now - timedelta(minutes=number + 1) for number in range(count)]
    for number, moment in enumerate(moments, start=first):
        case = file_one(store, number, received_at=moment, **changes)
        if store.latest_score(case.id) is None:
            store.record_scores([score(case)])


def test_a_burst_of_a_category_is_found_with_its_figures_teams_and_cases(store: CaseStore, clock: SetClock) -> None:
    two_a_day(store)
    watch = a_watch(store, clock)
    watch.step()
    assert store.fires(10) == []
    come_in(store, clock, 8)
    for _ in range(3):
        watch.step()
    [fire] = store.fires(10)
    assert (fire.kind, fire.category, fire.count, fire.window) == (
        FireKind.BURST_OF_CATEGORY, "hate", 8, timedelta(hours=1),
    )  # fmt: skip
    assert fire.teams == TAXONOMY.category("hate").teams
    assert 0 < (fire.expected or 0) < 0.5
    assert 0 < (fire.p_value or 0) < 1e-6
    # The newest first.
    assert [store.case(case_id).received_at for case_id in fire.case_ids] == sorted(
        (store.case(case_id).received_at for case_id in fire.case_ids), reverse=True
    )
    assert len(fire.case_ids) == 8
    # A quiet day is one without a sign of it in either window.
    clock.forward(hours=30)
    watch.step()
    assert store.fires(10)[0].ended_at is None or store.fires(10)[0].ended_at == clock.now
    clock.forward(hours=25)
    watch.step()
    assert not store.fires(10)[0].burns


def test_a_pile_on_is_seen_from_reports_though_they_are_one_case(store: CaseStore, clock: SetClock) -> None:
    two_a_day(store)
    come_in(store, clock, LEAST_ON_SUBJECT - 1, subject_kind="course", subject_ref="c-1")
    watch = a_watch(store, clock)
    watch.step()
    assert store.fires(10) == []
    come_in(store, clock, 3, first=50, subject_kind="course", subject_ref="c-1")
    watch.step()
    [fire] = store.fires(10)
    assert (fire.kind, fire.subject, fire.count) == (FireKind.BURST_ON_SUBJECT, ("course", "c-1"), 12)
    assert len(fire.case_ids) == 1


@pytest.fixture(scope="module")
def judging(tmp_path_factory: pytest.TempPathFactory, small_models: tuple[SmallModel, SmallModel]) -> LoadedModel:
    made = assured_model(small_models[0], tmp_path_factory.mktemp("judging"))
    return LoadedModel(load_artifact(made.directory, made.sha256), "small", "1", made.sha256)


def test_novel_cases_that_are_like_each_other_are_a_new_kind(
    store: CaseStore, clock: SetClock, judging: LoadedModel
) -> None:
    scheme = (
        "A bot asks learners for their wallet's seed phrase and says that the course pays out tokens.",
        "Students are told to type the seed phrase of their wallet to receive the course's tokens.",
        "Someone promises tokens for this course if I give my crypto wallet's seed phrase to a bot.",
        "The course pays tokens, a bot says, once I hand over the seed phrase of my wallet.",
    )
    odd = ("The parrot in unit two recites tide tables.", "Our choir needs a larger boat by Thursday.")
    for number, text in enumerate((*scheme[:3], *odd)):
        come_in(store, clock, 1, first=number, description=text)
    scored = store.queue(10)
    store.record_scores([score(case, novelty_p=0.002) for case in scored])
    watch = a_watch(store, clock, judging)
    watch.step()
    assert store.fires(10) == []
    case = file_one(store, 9, received_at=clock.now, title="title 0", description=scheme[3])
    store.record_scores([score(case, novelty_p=0.002)])
    watch.step()
    watch.step()
    [fire] = store.fires(10)
    assert (fire.kind, fire.count, fire.expected, fire.p_value) == (FireKind.NEW_KIND, 4, None, None)
    told = {store.case(case_id).content.description for case_id in fire.case_ids}
    assert told == set(scheme)
    # Without a model nobody can say that it is over.
    clock.forward(hours=200)
    a_watch(store, clock).step()
    assert store.fires(10)[0].burns
    watch.step()
    assert not store.fires(10)[0].burns


@contextmanager
def _client(url: str, store: CaseStore, name: str, *roles: Role) -> Iterator[Client]:
    with Client(url, store.add_caller(name, roles)) as client:
        yield client


@pytest.mark.slow
def test_a_burst_of_reports_is_told_once_signed_by_two_services_that_share_a_record(
    place: Place, tmp_path: Path
) -> None:
    place.promote()
    now = utc_now()
    usual = [
        NewReport(
            source="helpdesk",
            external_id=f"old-{number}",
            title="Copied lecture",
            description=LECTURE,
            subject_kind="course",
            subject_ref=f"old-{number}",
            received_at=now - timedelta(hours=3) - number * DAY / 2,
        )
        for number in range(2 * BASELINE.days)
    ]
    place.store.file_reports(usual, actor="tests", gather_hours=0)
    beside = {"CASELOAD_FIRE_SECONDS": "1", "CASELOAD_WEBHOOK_NETWORKS": "127.0.0.0/8"}
    for each in ("one", "two"):
        (tmp_path / each).mkdir()
    with (
        a_receiver() as receiver,
        service_process(place.settings, tmp_path / "one", beside=beside) as one,
        service_process(place.settings, tmp_path / "two", beside=beside) as two,
        _client(one.url, place.store, "associate", Role.ASSOCIATE) as reading,
        two.client(place.store.add_caller("tooling", [Role.TOOLING, Role.ADMIN])) as filing,
    ):
        _, secret = place.store.add_webhook(receiver.url, (Told.FIRE_STARTED, Told.FIRE_ENDED))
        _until(lambda: place.store.count_unscored(place.models[0].sha256, 10) == 0)
        time.sleep(2.5)
        assert receiver.got == []
        for number in range(8):
            body = a_report(external_id=f"new-{number}", subject_ref=f"new-{number}", description=LECTURE)
            assert filing.post("/v1/cases", json=body).status_code == 201
        _until(lambda: bool(receiver.got))
        time.sleep(3)
        [got] = receiver.got
        event = webhooks.read(secret, got.headers, got.body)
        started = FireStarted.model_validate(event.data)
        assert (event.type, started.kind, started.window_seconds) == ("fire.started", "burst_of_category", 3600)
        assert LECTURE[:20].encode() not in got.body
        [fire] = reading.fires(burning=True)
        assert (fire.fire_id, fire.case_ids) == (started.fire_id, started.case_ids)
        metrics = filing.get("/metrics").text
        assert 'caseload_fires_burning{kind="burst_of_category"} 1.0' in metrics

        place.store.acknowledge_fire(place.store.fires(1)[0].id, by="lee", note="known")
        _until(lambda: len(receiver.got) == 2)
        time.sleep(2.5)
        ended = webhooks.read(secret, receiver.got[-1].headers, receiver.got[-1].body)
        assert FireEnded.model_validate(ended.data).because == "acknowledged"
        assert len(receiver.got) == 2
        assert list(reading.fires(burning=True)) == []


def _until(true: object, seconds: float = 40.0) -> None:
    until = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < until, "still not so"
        time.sleep(0.1)


def test_the_list_goes_on_by_cursors_and_names_no_case_of_another_queue(running: Running) -> None:
    store = running.place.store
    ids = [file_one(store, number).id for number in range(2)]
    for category in ("hate", "spam_promotion", "privacy"):
        store.keep_fires(
            [Sighting(FireKind.BURST_OF_CATEGORY, category, timedelta(hours=1), 8, tuple(ids), 0.1, 1e-8, ("legal",))]
        )
    first = running.client.get("/v1/fires?limit=2").json()
    assert [fire["category"] for fire in first["fires"]] == ["privacy", "spam_promotion"]
    rest = running.client.get("/v1/fires", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert ([fire["category"] for fire in rest["fires"]], rest["next_cursor"]) == (["hate"], None)
    assert running.client.get("/v1/fires?cursor=nonsense").json()["code"] == "invalid_input"
    assert running.client.get("/v1/fires?burning=false").json()["fires"] == []
    key = store.add_caller("legal", [Role.LEAD], ["legal"])
    store.move(ids[1], "legal", by="lee")
    seen = running.client.get("/v1/fires", headers={"Authorization": f"Bearer {key}"}).json()["fires"]
    assert {tuple(fire["case_ids"]) for fire in seen} == {(ids[1],)}


def test_the_description_says_what_receivers_are_sent(shared: Running) -> None:
    document = shared.client.get("/openapi.json").json()
    assert set(document["webhooks"]) == {kind.value for kind in Told}
    for kind, model in (("fire.started", FireStarted), ("fire.ended", FireEnded)):
        content = document["webhooks"][kind]["post"]["requestBody"]["content"]["application/json"]
        example = content["examples"]["one"]["value"]
        assert example["type"] == kind
        assert set(model.model_validate(example["data"]).model_fields_set) == set(example["data"])
        name = content["schema"]["properties"]["data"]["$ref"].rpartition("/")[2]
        assert set(document["components"]["schemas"][name]["properties"]) == set(example["data"])
