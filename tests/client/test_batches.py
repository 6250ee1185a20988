from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from caseload_client import (
    CaseToScore,
    InvalidRequestError,
    NewReport,
    Retries,
    TooManyRequestsError,
    UnreadableAnswerError,
)
from caseload_client._batches import MOST_BYTES, Item, batches
from tests.client.asking import Asking, StillClock
from tests.client.scripted_server import Reply, ScriptedServer, answer, problem

UNSAYABLE: Any = {"x": {"a set"}}


def report(number: int, **changes: Any) -> NewReport:
    return NewReport(**{"source": "s", "external_id": str(number), "description": f"Text {number}.", **changes})


def filed(numbers: range, bad: tuple[int, ...] = ()) -> Reply:
    """A batch's answer; `numbers` are the reports' own, `bad` those among them that are refused."""
    results = [
        {
            "index": index, "status": 422, "filed": None,
            "problem": {"code": "invalid_input", "detail": "d", "field": "description", "errors": []},
        }
        if number in bad
        else {
            "index": index, "status": 201, "problem": None,
            "filed": {"report_id": f"r{number}", "case_id": f"c{number}", "created": True},
        }
        for index, number in enumerate(numbers)
    ]  # fmt: skip
    return answer({"results": results})


def score(ref: str) -> dict[str, object]:
    return {
        "case_ref": ref, "categories": [{"category": "spam", "name": "Spam", "probability": 0.5}], "tier": "suggest",
        "shortlist": [], "shortlists": {"0.9": ["spam"]}, "novelty_p": None, "novel": False, "sub_policy": "",
        "severity": {"level": 3, "shown": 3, "distribution": {"3": 1.0}},
        "priority": {"order_key": 1.5, "parts": {"harm": 1.5}}, "raised": {"levels": 0, "reasons": []},
        "language": "en", "model": {"name": "m", "version": "1", "sha256": "0"}, "taxonomy_version": 1,
        "assembly_version": 2, "seconds": 0.1,
    }  # fmt: skip


def test_more_than_five_hundred_are_split_and_stay_in_order(server: ScriptedServer, asking: Asking) -> None:
    server.script(filed(range(500)), filed(range(500, 1000)), filed(range(1000, 1001)))

    results = asking(server.url, lambda c: c.file_many(report(number) for number in range(1001)))

    assert [result.index for result in results] == list(range(1001))
    assert [result.filed.report_id for result in results] == [f"r{number}" for number in range(1001)]
    assert [len(came.json()["reports"]) for came in server.came] == [500, 500, 1]  # type: ignore[arg-type]
    assert len({came.headers["idempotency-key"] for came in server.came}) == 3


def test_a_batch_that_is_tried_again_keeps_its_key(server: ScriptedServer, asking: Asking, clock: StillClock) -> None:
    server.script(filed(range(500)), problem(503, "store_unavailable"), filed(range(500, 600)))

    results = asking(server.url, lambda c: c.file_many(map(report, range(600)), idempotency_key="night"), clock=clock)

    assert len(results) == 600
    assert [came.headers["idempotency-key"] for came in server.came] == [
        "night.0-499",
        "night.500-599",
        "night.500-599",
    ]


def test_one_bad_item_fails_alone(server: ScriptedServer, asking: Asking) -> None:
    server.script(filed(range(500), bad=(3,)), filed(range(500, 502), bad=(501,)))

    results = asking(server.url, lambda c: c.file_many(map(report, range(502))))

    assert [result.index for result in results if result.problem] == [3, 501]
    assert (results[3].status, results[3].filed, results[3].problem.field) == (422, None, "description")
    assert sum(result.filed is not None for result in results) == 500


def test_an_item_that_no_json_can_say_is_not_sent_and_fails_alone(server: ScriptedServer, asking: Asking) -> None:
    server.script(filed(range(2)))
    reports = [report(0), report(7, attributes=UNSAYABLE), report(1)]

    results = asking(server.url, lambda c: c.file_many(reports))

    assert [(result.index, result.status) for result in results] == [(0, 201), (1, 422), (2, 201)]
    assert results[1].problem.code == "invalid_input"
    assert "a set" not in results[1].problem.detail
    assert len(server.came[0].json()["reports"]) == 2  # type: ignore[arg-type]


def test_a_batch_that_is_too_large_for_a_proxy_is_sent_in_halves(server: ScriptedServer, asking: Asking) -> None:
    too_large = Reply(413, b"<html>", kind="text/html")
    server.script(too_large, filed(range(2)), too_large, filed(range(2, 3)), too_large)

    results = asking(server.url, lambda c: c.file_many(map(report, range(4))))

    # The last is too large alone, and fails alone.
    assert [result.status for result in results] == [201, 201, 201, 413]
    assert results[3].problem.code == "body_too_large"
    assert [len(came.json()["reports"]) for came in server.came] == [4, 2, 2, 1, 1]  # type: ignore[arg-type]


def test_what_was_answered_before_an_error_is_in_it(server: ScriptedServer, asking: Asking) -> None:
    server.script(filed(range(500)), problem(429, "rate_limited"))

    with pytest.raises(TooManyRequestsError) as caught:
        asking(server.url, lambda c: c.file_many(map(report, range(700))), retries=Retries(tries=1))

    assert [result.index for result in caught.value.done] == list(range(500))


def test_what_was_filed_may_stand_beside_its_index(server: ScriptedServer, asking: Asking) -> None:
    new = {"index": 0, "status": 201, "report_id": "r0", "case_id": "c0", "created": True, "problem": None}
    bad = {"index": 1, "status": 422, "report_id": None, "case_id": None, "created": None, "problem": {"code": "x"}}
    server.script(answer({"results": [new, bad]}))

    first, second = asking(server.url, lambda c: c.file_many(map(report, range(2))))

    assert (first.filed.report_id, first.filed.case_id, first.filed.created) == ("r0", "c0", True)
    assert second.filed is None


def test_a_problem_names_the_field_and_not_a_place_in_a_request_that_nobody_saw(
    server: ScriptedServer, asking: Asking
) -> None:
    told = {
        "code": "invalid_input", "status": 422, "detail": "'cases.0.description': must hold text",
        "field": "cases.0.description", "errors": [{"field": "cases.0.description", "message": "must hold text"}],
    }  # fmt: skip
    server.script(answer({"scores": [{"case_ref": None, "problem": told}]}))

    [result] = asking(server.url, lambda c: c.score_many([CaseToScore(description=" ")]))
    with pytest.raises(InvalidRequestError, match=r"^'description': must hold text") as caught:
        asking(server.url, lambda c: c.score(CaseToScore(description=" ")))

    assert (result.problem.field, result.problem.errors[0].field) == ("description", "description")
    assert (result.problem.detail, caught.value.field) == ("'description': must hold text", "description")


def test_scores_and_problems_are_told_apart(server: ScriptedServer, asking: Asking) -> None:
    bad = {"case_ref": "b", "problem": {"code": "invalid_input", "detail": "blank", "field": "description"}}
    server.script(answer({"scores": [score("a"), bad, score("c")]}))
    cases = [CaseToScore(description=text, case_ref=ref) for text, ref in (("A", "a"), (" ", "b"), ("C", "c"))]

    first, second, third = asking(server.url, lambda c: c.score_many(cases, top_k=7))

    assert (first.score.case_ref, first.score.severity.distribution, third.score.case_ref) == ("a", {3: 1.0}, "c")
    assert (second.index, second.score, second.problem.code) == (1, None, "invalid_input")
    assert server.came[0].json()["top_k"] == 7


def test_what_is_explained_is_sent_fifty_at_a_time(server: ScriptedServer, asking: Asking) -> None:
    server.script(answer({"scores": [score("x")] * 50}), answer({"scores": [score("x")] * 10}))

    results = asking(server.url, lambda c: c.score_many([CaseToScore(description="A")] * 60, explain=True))

    assert len(results) == 60
    assert [came.path for came in server.came] == ["/v1/score?explain=true"] * 2


def test_nothing_in_nothing_out(server: ScriptedServer, asking: Asking) -> None:
    server.script(problem(500, "internal_error"))

    assert asking(server.url, lambda c: c.score_many([])) == []
    assert asking(server.url, lambda c: c.file_many(iter(()))) == []
    assert server.came == []


@pytest.mark.parametrize("told", [[], [0, 1, 2], [1, 0]])
def test_an_answer_that_does_not_say_what_is_whose_is_not_believed(
    server: ScriptedServer, asking: Asking, told: list[int]
) -> None:
    results = [{"index": index, "status": 422, "problem": {"code": "x"}} for index in told]
    server.script(answer({"results": results}))

    with pytest.raises(UnreadableAnswerError):
        asking(server.url, lambda c: c.file_many(map(report, range(2))))


@pytest.mark.parametrize("wrong", [{"top_k": 0}, {"top_k": 101}, {"precedents": 21}, {"precedents": -1}])
def test_what_would_be_wrong_of_every_case_is_said_before_anything_is_sent(
    server: ScriptedServer, asking: Asking, wrong: dict[str, int]
) -> None:
    server.script(problem(500, "internal_error"))
    with pytest.raises(ValueError, match=f"'{next(iter(wrong))}' must be"):
        asking(server.url, lambda c: c.score_many([CaseToScore(description="A")], **wrong))
    assert server.came == []


def test_a_batch_holds_no_more_bytes_than_the_service_takes() -> None:
    def items() -> Iterator[Item]:
        for place, size in enumerate([3_000_000, 3_000_000, 3_000_000, 9_000_000, 10]):
            yield Item(place, b"x" * size)

    assert [[item.place for item in batch] for batch in batches(items())] == [[0, 1], [2], [3], [4]]
    assert MOST_BYTES < 8 * 1024 * 1024


def test_what_a_batch_sends_is_json(server: ScriptedServer, asking: Asking) -> None:
    server.script(answer({"scores": [score("a"), score("b")]}))

    asking(server.url, lambda c: c.score_many([CaseToScore(description='"]}'), CaseToScore(description="é")]))

    assert json.loads(server.came[0].body) == {"cases": [{"description": '"]}'}, {"description": "é"}], "top_k": 3}
