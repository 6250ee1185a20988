"""Erasing over HTTP: by admins alone, a preview unless confirmed, and the files follow beside the service."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cases.erasure import RETENTION, Counts, ErasureKind, Place
from cases.errors import ArtifactError
from cases.identity import Role
from cases.ids import new_id
from cases.record import CaseStatus
from features.assemble import assemble
from features.embedding_cache import CachedEncoder
from models.artifact import ENCODER, load_artifact, save_artifact, verify_artifact
from models.erasable import SETTINGS
from models.precedents import Precedents
from serving.chores.retaining import Retaining
from tests.cases.store.builders import decide, file_one
from tests.privacy.canaries import Canaries, files_under, hits, rows_with
from tests.privacy.persons import file_theirs
from tests.serving.assured_model import assured_model
from tests.serving.conftest import Place as Home
from tests.serving.conftest import Running, an_api, modelless, place, running, small_models, state, wait_until
from tests.serving.small_model import SmallModel

__all__ = ["modelless", "place", "running", "small_models"]


def admin(api: Running) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.place.store.add_caller('admin', [Role.ADMIN])}"}


def test_without_confirmation_nothing_changes_and_with_it_the_rows_are_gone(
    modelless: Running, canaries: Canaries
) -> None:
    api, store = modelless, modelless.place.store
    case = file_theirs(store, canaries)
    body = {"reporter": canaries.reporter, "source": "helpdesk"}
    told = api.client.post("/v1/erasures", json=body, headers=admin(api))
    assert (told.status_code, told.json()["erased"], told.json()["erasure_id"]) == (200, False, None)
    assert told.json()["counts"] == {"cases": 1, "contents": 1, "fingerprints": 1, "identities": 1, "reports": 1}
    assert store.case(case.id).status is CaseStatus.OPEN

    done = api.client.post("/v1/erasures", json=body | {"confirm": True})

    answer = done.json()
    assert (done.status_code, answer["erased"], answer["counts"]["contents"]) == (201, True, 1)
    assert rows_with(canaries, api.place.settings.database_url) == []
    assert done.headers["Location"] == f"/v1/erasures/{answer['erasure_id']}"
    wait_until(lambda: shown(api, answer["erasure_id"])["pending"] == ["tracker"], 20)
    assert shown(api, answer["erasure_id"]) | {"at": None} == {
        "erasure_id": answer["erasure_id"], "kind": "reporter", "at": None, "by": "tests",
        "counts": answer["counts"], "pending": ["tracker"], "finished_at": None,
    }  # fmt: skip
    # The service wrote the file anew: not even what SQLite had deleted is in it.
    database = Path(api.place.settings.database_url.removeprefix("sqlite:///"))
    assert (
        hits(canaries, [path for path in files_under(database.parent) if path.name.startswith(database.name)]) == []
    )
    again = api.client.post("/v1/erasures", json=body | {"confirm": True})
    assert (again.status_code, again.json()["erased"]) == (200, False)


def shown(api: Running, erasure_id: str) -> dict[str, object]:
    answer = api.client.get(f"/v1/erasures/{erasure_id}")
    assert answer.status_code == 200
    return dict(answer.json())


def test_an_erased_case_is_shown_as_one_and_the_queue_goes_on(modelless: Running, canaries: Canaries) -> None:
    api, store = modelless, modelless.place.store
    case, other = file_theirs(store, canaries), file_one(store, 9)
    api.client.post("/v1/erasures", json={"case_id": case.id, "confirm": True})
    answer = api.client.get(f"/v1/cases/{case.id}").json()
    assert (answer["status"], answer["content"]["description"], answer["content"]["attributes"]) == ("erased", "", {})
    last = api.client.get(f"/v1/cases/{case.id}/events").json()["events"][-1]
    assert (last["kind"], last["actor"], last["data"]["closed"]) == ("erased", "tests", True)
    listed = api.client.get("/v1/queue").json()
    assert ([one["case_id"] for one in listed["cases"]], listed["length"]) == ([other.id], 1)
    claimed = api.client.post("/v1/queue/claim", json={"case_id": case.id})
    assert (claimed.status_code, claimed.json()["code"]) == (409, "conflict")
    assert api.client.post("/v1/queue/claim").json()["case"]["case_id"] == other.id


@pytest.mark.parametrize(
    "body",
    [
        {}, {"source": "helpdesk"}, {"reporter": "r", "case_id": "x"}, {"external_id": "T-1"}, {"subject_ref": "u"},
        {"reporter": ""}, {"reporter": "r", "confirm": "yes"}, {"reporter": ["r"]},
    ],
)  # fmt: skip
def test_what_names_nothing_or_too_much_is_refused(modelless: Running, body: dict[str, object]) -> None:
    answer = modelless.client.post("/v1/erasures", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_it_is_for_admins_who_see_all_queues(modelless: Running) -> None:
    api = modelless
    for role in Role:
        key = {"Authorization": f"Bearer {api.place.store.add_caller(role.value, [role])}"}
        answer = api.client.post("/v1/erasures", json={"reporter": "r"}, headers=key)
        assert answer.status_code == (200 if role is Role.ADMIN else 403)
    kept = api.place.store.add_caller("kept", [Role.ADMIN], ["main"])
    answer = api.client.post("/v1/erasures", json={"reporter": "r"}, headers={"Authorization": f"Bearer {kept}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "other_queue")


def test_what_is_not_there_is_not_found(modelless: Running) -> None:
    for path in (f"/v1/erasures/{new_id()}", "/v1/erasures/x"):
        assert modelless.client.get(path).status_code == 404
    missing = modelless.client.post("/v1/erasures", json={"case_id": new_id()})
    assert missing.status_code == 404


def test_a_service_reads_its_model_anew_and_offers_the_erased_no_more(
    place: Home, small_models: tuple[SmallModel, SmallModel], tmp_path: Path, canaries: Canaries
) -> None:
    case = file_theirs(place.store, canaries)
    decide(place.store, case.id)
    model = remembering(small_models[0], tmp_path, case.id)
    folder = place.settings.models_dir / model.sha256
    shutil.copytree(model.directory, folder)
    place.store.promote_champion("small", "1", model.sha256, by="test")
    text = assemble(case.content.title, case.content.description).text
    with an_api(place) as api:
        wait_until(lambda: state(api) == "ready", 30)
        encoder = api.services.watch.model().judge.encoder
        CachedEncoder(encoder, place.settings.cache_dir).encode([text])
        before = precedents(api)
        assert case.id in before
        api.client.post("/v1/erasures", json={"reporter": canaries.reporter, "confirm": True})

        wait_until(lambda: case.id not in precedents(api), 30)

        assert state(api) == "ready"
        assert precedents(api) == before - {case.id}
        verify_artifact(folder, model.sha256)
        vector = encoder.encode([text])[0].tobytes()
        assert [path for path in files_under(place.settings.home) if vector in path.read_bytes()] == []


def remembering(small: SmallModel, folder: Path, case_id: str) -> SmallModel:
    """A small model that has the case among its precedents."""
    made = assured_model(small, folder)
    judge = load_artifact(made.directory)
    assert judge.assurance is not None
    assert judge.assurance.precedents is not None
    arrays, settings = judge.assurance.precedents.to_store()
    settings["case_ids"][0] = case_id
    judge.assurance = dataclasses.replace(judge.assurance, precedents=Precedents.from_store(arrays, settings))
    sha256 = save_artifact(judge, folder / "remembering", name="small", encoder_dir=small.directory / ENCODER)
    return SmallModel(folder / "remembering", sha256)


def precedents(api: Running) -> set[str]:
    """All that the model in the service's memory has, not the nearest alone."""
    assurance = api.services.watch.model().judge.assurance
    assert assurance is not None
    assert assurance.precedents is not None
    return set(assurance.precedents._ids)  # noqa: SLF001 - as above


def test_what_could_not_be_reached_is_tried_again(place: Home, canaries: Canaries) -> None:
    store = place.store
    case = file_theirs(store, canaries)
    old = place.settings.models_dir / ("0" * 64) / "assurance"
    old.mkdir(parents=True)
    (old.parent / "manifest.json").write_text("{}")
    (old / SETTINGS).write_text(f'{{"case_ids": ["{case.id}"]}}')
    retaining = Retaining(lambda: store, place.settings, lambda: datetime.now(UTC))
    begun = store.begin_erasure(ErasureKind.CASE, by="admin", case_ids=[case.id])
    for _ in range(2):
        with pytest.raises(ArtifactError, match="format 2"):
            retaining.step()
    # Nothing is counted yet: it may be at its rows, which have to be gone before the file is written anew.
    assert store.erasure(begun.id).pending == (Place.DATABASE, Place.MODELS, Place.TRACKER)
    store.reached(begun.id, Counts(contents=1))
    shutil.rmtree(old.parent)
    assert not retaining.step()
    assert store.erasure(begun.id).pending == (Place.TRACKER,)


def test_retention_beside_the_service_takes_names_and_the_text_of_what_was_decided(
    place: Home, canaries: Canaries
) -> None:
    store = place.store
    decided, waiting = file_theirs(store, canaries, 1), file_theirs(store, canaries, 2)
    decide(store, decided.id, note=canaries.note)
    settings = place.settings.model_copy(update={"retain_days_text": 30, "retain_days_identity": 7})
    days = [0]
    retaining = Retaining(lambda: store, settings, lambda: datetime.now(UTC) + timedelta(days=days[0] - 3650))
    retaining.step()
    assert store.unfinished_erasures() == []
    # Received in 2026, whenever this runs: what was reported is older than a week only by a clock behind it.
    days[0] = 3650 + 8
    while retaining.step():
        pass
    assert [hit for hit in rows_with(canaries, settings.database_url) if "reporter" in hit] == []
    assert canaries.text in store.case(decided.id).content.description
    days[0] = 3650 + 31
    while retaining.step():
        pass
    assert store.case(decided.id).content.description == ""
    assert store.notes(decided.id) == ()
    assert canaries.text in store.case(waiting.id).content.description
    assert store.case(waiting.id).status is CaseStatus.OPEN
    assert store.events(decided.id)[-1].actor == RETENTION
    # Writers would wait while the file is written anew, and MLflow is not the service's: `caseload retain` does both.
    [left] = store.unfinished_erasures()
    assert (left.kind, set(left.pending)) == (ErasureKind.TEXT, {Place.DATABASE, Place.TRACKER})
