"""The client and a real service, in a process of its own, that no model was promoted for."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from caseload_client import (
    Case,
    CaseFilter,
    CaseToScore,
    Client,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NewReport,
    NotFoundError,
    QueueFilter,
    Retries,
    StaleLeaseError,
    ToErase,
    UnauthorizedError,
    UnavailableError,
    UnknownPolicyError,
    Verdict,
)
from cases.identity import Role
from tests.client.conftest import Service

pytestmark = pytest.mark.slow

VERDICT = Verdict(
    category="spam_promotion",
    severity=4,
    action="remove_content",
    reason="clear_breach",
    note="One sender, one text.",
)
NO_SUCH = "0198f3a0-0000-7000-8000-000000000001"
_numbers = itertools.count(1)


def a_report(**changes: str) -> NewReport:
    """A report on a subject that no other test has."""
    number = next(_numbers)
    fields = {
        "source": "client-tests",
        "external_id": f"T-{number}",
        "description": f"Lecture {number} of this course is my own recording with another voice laid over it.",
        "subject_kind": "course",
        "subject_ref": f"c-{number}",
    }
    return NewReport(**{**fields, **changes})  # type: ignore[arg-type]


def filed(client: Client) -> Case:
    return client.case(client.file(a_report()).case_id)


def test_one_case_from_report_to_decision_and_back(service: Service) -> None:
    with service.client() as client:
        assert client.wait_until_ready(model=False).state == "no_model"
        assert client.live().status == "alive"
        report = a_report()
        new = client.file(report)
        known = client.file(report)
        assert (new.created, known.created, known.case_id) == (True, False, new.case_id)
        assert new.score is None
        assert new.unscored is not None
        assert new.unscored.code == "model_missing"

        claim = client.claim(case_id=new.case_id, holder="ada", lease_seconds=60)
        assert claim is not None
        assert (claim.case.status, claim.lease.holder) == ("claimed", "ada")
        assert claim.case.content.description == report.description
        lease = client.renew(claim.lease, lease_seconds=600)
        assert lease.expires_at > claim.lease.expires_at

        decision = client.decide(lease, VERDICT, handling_seconds=30, version=client.case(new.case_id).version)
        assert (decision.category, decision.decided_by, decision.handling_seconds) == ("spam_promotion", "ada", 30)
        decided = client.case(new.case_id)
        assert (decided.status, decided.notes[0].text) == ("decided", "One sender, one text.")

        assert client.undo(new.case_id, version=decided.version, by="ada").decision_id == decision.decision_id
        assert client.case(new.case_id).status == "open"
        assert [event.kind for event in client.events(new.case_id)][:2] == ["reported", "claimed"]
        waiting = [case.case_id for case in client.queue(page_size=200)]
        assert new.case_id in waiting


def test_what_a_lead_does(service: Service) -> None:
    with service.client() as client:
        case = filed(client)

        case = client.assign(case.case_id, "bob", version=case.version, by="eve")
        assert case.assigned_to == "bob"
        case = client.unassign(case.case_id, version=case.version, by="eve")
        assert case.assigned_to is None
        case = client.move(case.case_id, "legal", version=case.version)
        assert case.queue == "legal"
        case = client.set_severity(case.case_id, 1, version=case.version, reason="new_information")
        assert case.severity_set == 1
        case = client.set_severity(case.case_id, None, version=case.version)
        assert case.severity_set is None
        case = client.set_priority(case.case_id, "high", version="*", reason="deadline")
        assert case.priority_set == "high"
        case = client.hold(
            case.case_id, until=datetime.now(UTC) + timedelta(days=1), reason="awaiting_team", version="*"
        )
        assert case.hold_until is not None
        assert client.resume(case.case_id, by="eve").hold_until is None


def test_what_an_associate_does(service: Service) -> None:
    with service.client() as client:
        case_id = filed(client).case_id
        for step in ("skip", "release", "hold", "escalate"):
            claim = client.claim(case_id=case_id, holder="ada")
            assert claim is not None
            if step == "skip":
                assert client.skip(claim.lease, "expertise").status == "open"
            elif step == "release":
                client.release(claim.lease)
            elif step == "hold":
                client.hold(claim.lease, until=datetime.now(UTC) + timedelta(hours=1), reason="awaiting_reporter")
                client.resume(case_id)
            else:
                assert client.escalate(claim.lease, "legal", note="A law firm asks.").queue == "legal"
        assert {"claimed", "skipped", "escalated"} <= {event.kind for event in client.events(case_id)}


def test_decided_and_looked_at_again(service: Service) -> None:
    with service.client() as client:
        case_id = filed(client).case_id
        claim = client.claim(case_id=case_id, holder="ada")
        assert claim is not None
        client.decide(claim.lease, VERDICT)
        appealed = client.appeal(case_id, by="u-9", note="It is my own.")
        assert (appealed.appeal, appealed.status) == (True, "open")
        again = client.claim(case_id=case_id, holder="bob")
        assert again is not None
        assert client.decide(again.lease, VERDICT, outcome="uphold").reviews is not None
        decided = client.case(case_id)
        assert client.reopen(case_id, "quality_review", version=decided.version).status == "open"


def test_taken_apart_and_put_together(service: Service) -> None:
    with service.client() as client:
        one = client.file(a_report(case_ref="both"))
        two = client.file(a_report(case_ref="both"))
        assert one.case_id == two.case_id
        split = client.split(two.report_id, by="ada")
        assert split.case_id != one.case_id
        merged = client.merge(split.case_id, one.case_id)
        assert (merged.case_id, len(merged.reports)) == (one.case_id, 2)
        assert client.case(split.case_id).merged_into == one.case_id


def test_in_bulk(service: Service) -> None:
    with service.client() as client:
        ids = [filed(client).case_id for _ in range(2)]
        preview = client.bulk_preview([*ids, NO_SUCH], by="ada")
        assert [item.state for item in preview.cases] == ["free", "free", "unknown"]
        done = client.bulk_decide(ids, VERDICT, by="ada")
        assert all(item.decision_id for item in done.cases)
        undone = client.bulk_undo(done.bulk_id, by="ada")
        assert [item.state for item in undone.cases] == ["withdrawn", "withdrawn"]


def test_each_refusal_has_its_error(service: Service) -> None:
    with service.client() as client:
        case_id = filed(client).case_id
        claim = client.claim(case_id=case_id, holder="ada")
        assert claim is not None
        with pytest.raises(NotFoundError):
            client.case(NO_SUCH)
        with pytest.raises(ConflictError):
            client.claim(case_id=case_id, holder="bob")
        with pytest.raises(StaleLeaseError):
            client.release(claim.lease.model_copy(update={"token": 99}))
        with pytest.raises(UnknownPolicyError, match="remove_content"):
            client.decide(claim.lease, Verdict(category="spam_promotion", severity=4, action="sing", reason="x"))
        with pytest.raises(InvalidRequestError) as caught:
            client.file(NewReport(source="s", external_id="e", description=" "))
        assert (caught.value.field, caught.value.code) == ("description", "invalid_input")
    once = Retries(tries=1)
    with Client(service.url, service.key, retries=once) as client:
        with pytest.raises(UnavailableError) as missing:
            client.score(CaseToScore(description="A text."))
        assert (missing.value.code, missing.value.retry_after) == ("model_missing", 5.0)

    with Client(service.url, "no-such-key") as nobody, pytest.raises(UnauthorizedError):
        nobody.model()
    with Client(service.url, service.store.add_caller("reader", [Role.DATA_SCIENTIST])) as reader:
        assert reader.model().state == "no_model"
        with pytest.raises(ForbiddenError, match="cases:file"):
            reader.file(a_report())


def test_a_batch_is_filed_and_one_bad_report_fails_alone(service: Service) -> None:
    with service.client() as client:
        reports = [a_report(), a_report(description=" "), a_report()]
        first = client.file_many([*reports, reports[0]])
        assert [result.status for result in first] == [201, 422, 201, 200]
        assert first[1].problem is not None
        assert (first[1].problem.code, first[1].filed) == ("invalid_input", None)
        many = client.file_many(a_report() for _ in range(501))
        assert [result.index for result in many] == list(range(501))
        assert {result.status for result in many} == {201}


def test_cases_are_found_page_by_page(service: Service) -> None:
    with service.client() as client:
        mine = [client.file(a_report(source="pages")).case_id for _ in range(5)]
        found = [case.case_id for case in client.cases(CaseFilter(source="pages"), page_size=2)]
        assert found == mine[::-1]
        assert set(mine) <= {case.case_id for case in client.queue(QueueFilter(queues=["main"]), page_size=3)}
        assert [event.seq for event in client.events(mine[0], page_size=1)]


def test_an_erasure_is_looked_at_and_then_done(service: Service) -> None:
    with service.client() as client:
        case_id = filed(client).case_id
        would = client.erase(ToErase(case_id=case_id))
        assert (would.erased, would.erasure_id) == (False, None)
        assert client.case(case_id).content.description

        done = client.erase(ToErase(case_id=case_id), confirm=True)
        assert done.erased
        assert done.erasure_id is not None
        assert client.erasure(done.erasure_id).kind == "case"
        assert "Lecture" not in client.case(case_id).content.description


def test_receivers_of_events_are_listed(service: Service) -> None:
    with service.client() as client:
        assert client.receivers() == ()
        assert list(client.deliveries(state="dead")) == []
        with pytest.raises(NotFoundError):
            client.replay_delivery(999)
