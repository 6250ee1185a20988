"""Precedents for whoever is kept to queues: the outcome of each, and the id of those alone that are theirs to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from cases.store import CaseStore
from models.precedents import Precedents
from serving.access.permissions import ROLES, Permission
from tests.cases.store.builders import file_one
from tests.serving.conftest import Place, Running, a_place, an_api, state, wait_until

COPIED = "Lecture four of this course is my own recording with another voice laid over it."
SCORING = sorted(role for role, allowed in ROLES.items() if Permission.SCORE in allowed)
UNKNOWN = "past-1"


@dataclass(frozen=True)
class Remembered:
    """A service whose model remembers a case of the main queue, one of another, and one that is not in the record."""

    api: Running
    ours: str
    theirs: str

    def precedents(self, role: str, *queues: str) -> dict[str, Any]:
        key = self.store.add_caller(f"{role}-{'-'.join(queues) or 'all'}", [role], queues or None)
        answer = self.api.client.post(
            "/v1/score?precedents=3",
            json={"cases": [{"description": COPIED}]},
            headers={"Authorization": f"Bearer {key}"},
        )
        assert answer.status_code == 200, answer.text
        score: dict[str, Any] = answer.json()["scores"][0]
        return score

    @property
    def store(self) -> CaseStore:
        return self.api.place.store


@pytest.fixture(scope="module")
def remembered(assured: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remembered]:
    with a_place(tmp_path_factory.mktemp("remembered"), assured.place.models) as place, _api(place) as api:
        wait_until(lambda: state(api) == "ready")
        theirs, ours = (file_one(place.store, number, subject_ref=f"c-{number}").id for number in range(2))
        place.store.move(theirs, "legal", by="eve")
        judge = api.services.watch.model().judge
        texts = [COPIED, COPIED + " It is mine.", COPIED + " Take it down, please."]
        assert judge.assurance is not None
        judge.assurance = replace(
            judge.assurance,
            precedents=Precedents(
                judge.encoder.encode(texts),
                [theirs, ours, UNKNOWN],
                ["intellectual_property"] * 3,
                [2, 3, 3],
                ["remove_content"] * 3,
            ),
        )
        yield Remembered(api, ours, theirs)


def _api(place: Place) -> Any:
    place.promote()
    return an_api(place)


@pytest.mark.parametrize("role", SCORING)
def test_a_precedent_of_anothers_queue_keeps_its_outcome_and_not_its_id(remembered: Remembered, role: str) -> None:
    everything, ours = remembered.precedents(role), remembered.precedents(role, "main")
    assert [each["case_id"] for each in everything["precedents"]] == [remembered.theirs, remembered.ours, UNKNOWN]
    assert [each["case_id"] for each in ours["precedents"]] == [None, remembered.ours, None]
    without = [{**each, "case_id": None} for each in everything["precedents"]]
    assert [{**each, "case_id": None} for each in ours["precedents"]] == without
    assert ours["precedents_say"] == everything["precedents_say"]
    # As `GET /v1/cases/{case_id}` has it.
    theirs = remembered.precedents(role, "legal")
    assert [each["case_id"] for each in theirs["precedents"]] == [remembered.theirs, None, None]


def test_a_case_that_is_moved_is_named_to_whoever_sees_it_now(remembered: Remembered) -> None:
    remembered.store.move(remembered.ours, "brand", by="eve")
    try:
        assert remembered.ours not in str(remembered.precedents("lead", "main", "legal"))
        assert remembered.ours in str(remembered.precedents("lead", "main", "brand"))
    finally:
        remembered.store.move(remembered.ours, "main", by="eve")
