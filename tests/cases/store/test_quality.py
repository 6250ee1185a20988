"""Samples, second readings, what is settled, golden sets and exercises, as the store keeps them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from cases.decision import Verdict
from cases.erasure import ErasureKind, ErasureRequest
from cases.errors import ConflictError, InvalidInputError, NotFoundError, OtherQueueError
from cases.event import EventKind
from cases.handling import ReopenReason
from cases.identity import Role
from cases.ids import CaseId, GoldenCaseId, SampledId, new_id
from cases.quality import Answer, Sampled, SampledState, SettledBy, Stands
from cases.record import CaseStatus
from cases.store import CaseStore
from cases.store.quality.sampling import _lot
from tests.cases.store.builders import VERDICT, decide, file_one, kinds, report
from tests.cases.store.conftest import NOON, SetClock

SAME = Answer(VERDICT.category, VERDICT.severity, VERDICT.action)
OTHER = Answer("hate", 3, "warn")
THIRD = Answer("no_violation", 4, "none")


def decided(store: CaseStore, count: int, *, holder: str = "ann") -> list[CaseId]:
    ids = [file_one(store, number).id for number in range(1, count + 1)]
    for case_id in ids:
        decide(store, case_id, holder=holder)
    return ids


def drawn(store: CaseStore, count: int = 1) -> list[Sampled]:
    """So many decisions of ann's, drawn."""
    decided(store, count)
    store.draw_sample(by="lee", count=count, days=7, seed=1)
    return list(store.sampled_in(SampledState.WAITING))


def erase(store: CaseStore, kind: ErasureKind, ref: str, within: str = "") -> None:
    plan = store.plan_erasure(ErasureRequest(kind, ref, within))
    store.erase_cases(plan, plan.case_ids, store.begin_erasure(kind, by="dpo", case_ids=plan.case_ids))


def test_a_sample_is_drawn_by_a_seed_that_is_kept_and_each_decision_once(store: CaseStore) -> None:
    ids = decided(store, 12)
    sample = store.draw_sample(by="lee", count=5, days=7, seed=42)
    assert (sample.seed, sample.among, sample.asked, sample.drawn_by) == (42, 12, 5, "lee")
    first = {one.case_id for one in store.sampled_in(SampledState.WAITING)}
    assert len(first) == 5
    assert first < set(ids)
    again = store.draw_sample(by="lee", count=50, days=7, seed=42)
    assert (again.among, again.states) == (7, {SampledState.WAITING: 7})
    with pytest.raises(ConflictError, match="'days' must reach"):
        store.draw_sample(by="lee", count=1, days=7, seed=42)
    assert [one.id for one in store.samples(10)] == [again.id, sample.id]
    assert store.samples(10)[1].states == {SampledState.WAITING: 5}
    told = store.events(next(iter(first)))[-1]
    assert (told.kind, told.actor, set(told.data)) == (
        EventKind.SAMPLED, "lee", {"sample_id", "sampled_id", "decision_id"},
    )  # fmt: skip


def test_the_same_seed_draws_the_same_and_another_another() -> None:
    ids = [new_id() for _ in range(200)]
    mixed = ids[100:] + ids[:100]

    def draw(seed: int, among: list[str]) -> list[str]:
        return sorted(among, key=lambda one: _lot(seed, one))[:20]

    assert draw(7, ids) == draw(7, mixed)
    assert set(draw(7, ids)) != set(draw(8, ids))


def test_undone_reopened_old_erased_and_others_decisions_are_not_drawn(store: CaseStore, clock: SetClock) -> None:
    old, undone, opened, gone, partly, elsewhere, kept = (file_one(store, number).id for number in range(1, 8))
    decide(store, old)
    clock.forward(days=8)
    store.file_reports(
        [report(20, subject_kind="c", subject_ref="s"), report(21, subject_kind="c", subject_ref="s")], actor="intake"
    )
    both = store.case(store.report_by_ref("helpdesk", "ticket-20").case_id).id  # type: ignore[union-attr]
    for case_id in (undone, opened, gone, elsewhere, kept, both):
        decide(store, case_id)
    store.undo(undone, by="ann")
    store.reopen(opened, by="lee", reason=ReopenReason.MISTAKE)
    erase(store, ErasureKind.CASE, gone)
    erase(store, ErasureKind.REPORT, "ticket-20", "helpdesk")
    assert store.case(partly).status is CaseStatus.OPEN
    store.move(file_one(store, 30).id, "legal", by="lee")
    sample = store.draw_sample(by="lee", count=50, days=7, seed=1, queues=["main"])
    assert {one.case_id for one in store.sampled_in(SampledState.WAITING)} == {elsewhere, kept}
    assert sample.among == 2
    with pytest.raises(ConflictError):
        store.draw_sample(by="lee", count=5, days=7, seed=1, queues=["legal"])


@pytest.mark.parametrize(("name", "value"), [("count", 0), ("count", 501), ("days", 0), ("days", 91), ("seed", -1)])
def test_numbers_out_of_range_are_refused(sqlite_store: CaseStore, name: str, value: int) -> None:
    with pytest.raises(InvalidInputError, match=f"'{name}' must be") as caught:
        sqlite_store.draw_sample(by="lee", **({"count": 1, "days": 1, "seed": 0} | {name: value}))
    assert caught.value.field == name


def test_two_who_agree_settle_it(store: CaseStore) -> None:
    [one] = drawn(store)
    settled = store.read_again(one.id, SAME, by="bob", note="Plain.")
    assert (settled.state, settled.settled, settled.differs_in) == (SampledState.AGREED, SAME, ())
    assert settled.second is not None
    assert (settled.second.reader, settled.second.note, settled.second.at) == ("bob", "Plain.", NOON)
    told = store.events(one.case_id)[-1]
    assert (told.kind, told.actor, told.data["agrees"]) == (EventKind.READ_AGAIN, "bob", True)
    assert "Plain." not in str(told.data)
    assert store.case(one.case_id).status is CaseStatus.DECIDED
    assert store.read_twice(timedelta(days=1)) == (settled,)
    with pytest.raises(ConflictError, match="differently"):
        store.adjudicate(one.id, Stands.FIRST, by="lee")


def test_nobody_who_decided_the_case_reads_it_and_nobody_twice(store: CaseStore) -> None:
    [one] = drawn(store)
    assert store.sampled_in(SampledState.WAITING, not_decided_by="ann") == ()
    assert store.sampled_in(SampledState.WAITING, not_decided_by="bob") == (one,)
    with pytest.raises(ConflictError, match="did not decide"):
        store.read_again(one.id, SAME, by="ann")
    with pytest.raises(OtherQueueError):
        store.read_again(one.id, SAME, by="bob", queues=["legal"])
    store.read_again(one.id, OTHER, by="bob")
    with pytest.raises(ConflictError, match="waits for a second reading"):
        store.read_again(one.id, SAME, by="eve")
    with pytest.raises(NotFoundError):
        store.read_again(SampledId(new_id()), SAME, by="eve")


def test_of_two_second_readers_at_once_one_is_taken(store: CaseStore) -> None:
    [one] = drawn(store)
    at_once = Barrier(2)

    def read(who: str) -> bool:
        at_once.wait()
        try:
            store.read_again(one.id, OTHER, by=who)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(read, ["bob", "eve"])) == [False, True]
    assert kinds(store, one.case_id).count(EventKind.READ_AGAIN) == 1


def test_where_two_differ_a_lead_who_is_neither_settles_it_and_the_decision_stays(store: CaseStore) -> None:
    [one] = drawn(store)
    for name in ("ann", "lee"):
        store.add_person(name, [Role.LEAD])
    differing = store.read_again(one.id, OTHER, by="bob")
    assert (differing.state, differing.settled) == (SampledState.DIFFERS, None)
    assert differing.differs_in == ("category", "severity", "action")
    assert store.sampled_in(SampledState.DIFFERS) == (differing,)
    assert store.other_leads(differing) == {"lee"}
    with pytest.raises(ConflictError, match="leave it to them"):
        store.adjudicate(one.id, Stands.FIRST, by="ann")
    with pytest.raises(InvalidInputError, match="'third' must be"):
        store.adjudicate(one.id, Stands.THIRD, by="lee")
    with pytest.raises(InvalidInputError, match="'third' must be"):
        store.adjudicate(one.id, Stands.FIRST, THIRD, by="lee")
    done = store.adjudicate(one.id, Stands.SECOND, by="lee", note="Aimed at a group.")
    assert (done.state, done.settled, done.stands) == (SampledState.ADJUDICATED, OTHER, True)
    assert done.adjudication is not None
    assert (done.adjudication.stands, done.adjudication.own) == (Stands.SECOND, False)
    assert store.decisions(one.case_id)[0].verdict == VERDICT
    told = store.events(one.case_id)[-1]
    assert (told.kind, told.data["stands"], "own" in told.data) == (EventKind.ADJUDICATED, "second", False)
    with pytest.raises(ConflictError, match="nobody settled"):
        store.adjudicate(one.id, Stands.FIRST, by="lee")


def test_a_third_answer_may_stand_and_one_that_is_of_the_two_counts_as_that(store: CaseStore) -> None:
    ones = drawn(store, 2)
    store.add_person("lee", [Role.LEAD])
    for one in ones:
        store.read_again(one.id, OTHER, by="bob")
    third = store.adjudicate(ones[0].id, Stands.THIRD, THIRD, by="lee").adjudication
    named = store.adjudicate(ones[1].id, Stands.THIRD, OTHER, by="lee").adjudication
    assert third is not None
    assert named is not None
    assert (third.stands, third.reading.answer, named.stands) == (Stands.THIRD, THIRD, Stands.SECOND)


def test_where_no_other_lead_is_there_one_of_the_two_may_and_it_is_marked(store: CaseStore) -> None:
    [one] = drawn(store)
    store.add_person("bob", [Role.LEAD])
    store.add_person("lou", [Role.LEAD], ["legal"])  # does not see the case
    store.add_person("was", [Role.LEAD])
    store.remove_person("was")
    store.read_again(one.id, OTHER, by="bob")
    done = store.adjudicate(one.id, Stands.SECOND, by="bob")
    assert done.adjudication is not None
    assert done.adjudication.own
    assert store.events(one.case_id)[-1].data["own"] is True


def test_what_was_undone_or_erased_meanwhile_leaves_the_sample(store: CaseStore) -> None:
    ones = drawn(store, 4)
    undone, erased, half, settled = ones
    store.undo(undone.case_id, by="ann")
    erase(store, ErasureKind.CASE, erased.case_id)
    store.read_again(half.id, OTHER, by="bob", note="canary")
    erase(store, ErasureKind.CASE, half.case_id)
    store.read_again(settled.id, SAME, by="bob", note="canary")
    erase(store, ErasureKind.CASE, settled.case_id)
    assert [store.sampled(one.id).state for one in ones] == [SampledState.GONE] * 3 + [SampledState.AGREED]
    assert store.sampled_in(SampledState.WAITING) == store.sampled_in(SampledState.DIFFERS) == ()
    for one in (undone, erased):
        with pytest.raises(ConflictError):
            store.read_again(one.id, SAME, by="eve")
    with pytest.raises(ConflictError):
        store.adjudicate(half.id, Stands.FIRST, by="lee")
    # What two people made of it is still a fact; their words are not there any more.
    assert [one.id for one in store.read_twice(timedelta(days=1))] == [half.id, settled.id]
    assert {one.second.note for one in store.read_twice(timedelta(days=1)) if one.second} == {""}
    assert store.text_as_of(half.case_id, half.content_id) is None


def test_an_erasure_counts_the_words_that_it_takes(store: CaseStore) -> None:
    [one] = drawn(store)
    store.read_again(one.id, SAME, by="bob", note="Plain.")
    store.make_golden_set("first weeks", [(one.case_id, SAME, "It says so.")], by="lee")
    plan = store.plan_erasure(ErasureRequest(ErasureKind.CASE, one.case_id))
    assert store.count_erasure(plan)["quality_notes"] == 2
    erase(store, ErasureKind.CASE, one.case_id)
    assert store.count_erasure(plan)["quality_notes"] == 0
    [golden] = store.golden_sets()[0].cases
    assert (golden.explanation, golden.erased) == ("", True)


def test_a_second_reader_sees_what_the_decider_saw_and_not_what_came_later(store: CaseStore) -> None:
    filed = file_one(store, 1, subject_kind="course", subject_ref="c-1", case_ref="C-1")
    decide(store, filed.id)
    store.draw_sample(by="lee", count=1, days=7, seed=1)
    [one] = store.sampled_in(SampledState.WAITING)
    store.file_reports([report(2, subject_kind="course", subject_ref="c-1", case_ref="C-1")], actor="intake")
    text = store.text_as_of(one.case_id, one.content_id)
    assert text is not None
    assert (text.description, text.title) == ("description 1", "title 1")


def test_a_golden_set_keeps_the_answer_that_held(store: CaseStore) -> None:
    agreed, settled, plain = drawn(store, 3)
    store.add_person("lee", [Role.LEAD])
    store.read_again(agreed.id, SAME, by="bob")
    store.read_again(settled.id, OTHER, by="bob")
    store.adjudicate(settled.id, Stands.THIRD, THIRD, by="lee")
    unfit = file_one(store, 9).id
    asked = [plain.case_id, settled.case_id, agreed.case_id, unfit]
    found = store.settled(asked)
    assert [(one.case_id, one.answer, one.by) for one in found] == [
        (plain.case_id, SAME, SettledBy.DECIDED),
        (settled.case_id, THIRD, SettledBy.ADJUDICATED),
        (agreed.case_id, SAME, SettledBy.AGREED),
    ]
    assert store.settled(asked, ["legal"]) == ()
    made = store.make_golden_set("first weeks", [(one.case_id, one.answer, "Because.") for one in found], by="lee")
    assert [one.expected for one in made.cases] == [SAME, THIRD, SAME]
    store.reopen(plain.case_id, by="lee", reason=ReopenReason.QUALITY_REVIEW)
    decide(store, plain.case_id, Verdict("hate", 3, "warn", "clear_breach"), holder="bob")
    assert store.golden_set(made.id) == made
    assert store.settled([plain.case_id])[0].answer == OTHER


def test_a_golden_set_of_what_does_not_hold_is_refused(store: CaseStore) -> None:
    [case_id] = decided(store, 1)
    fit = (case_id, SAME, "Because.")
    for entries in ([(case_id, OTHER, "Because.")], [(CaseId(new_id()), SAME, "Because.")]):
        with pytest.raises(ConflictError, match="'cases' must be decided"):
            store.make_golden_set("first weeks", entries, by="lee")
    for entries, field in (([fit, fit], "cases"), ([], "cases"), ([(case_id, SAME, " ")], "explanation")):
        with pytest.raises(InvalidInputError) as caught:
            store.make_golden_set("first weeks", entries, by="lee")
        assert caught.value.field == field
    assert store.golden_sets() == ()


def test_an_exercise_keeps_each_attempt_and_changes_nothing_else(store: CaseStore) -> None:
    ids = decided(store, 2)
    made = store.make_golden_set("first weeks", [(one, SAME, "Because.") for one in ids], by="lee")
    before = [(store.version(one), store.case(one)) for one in ids], list(store.rows("decisions"))
    first = store.begin_attempt(made.id, by="new")
    done = store.answer_exercise(first.id, made.cases[0].id, OTHER, by="new")
    with pytest.raises(ConflictError, match="have not answered"):
        store.answer_exercise(first.id, made.cases[0].id, SAME, by="new")
    done = store.answer_exercise(first.id, made.cases[1].id, SAME, by="new")
    assert dict(done.answers) == {made.cases[0].id: OTHER, made.cases[1].id: SAME}
    second = store.begin_attempt(made.id, by="new")
    store.answer_exercise(second.id, made.cases[0].id, SAME, by="new")
    store.begin_attempt(made.id, by="eve")
    assert [len(one.answers) for one in store.attempts(by="new")] == [2, 1]
    assert len(store.attempts()) == 3
    assert before == ([(store.version(one), store.case(one)) for one in ids], list(store.rows("decisions")))


def test_an_exercise_is_ones_own_and_holds_what_one_sees_and_what_is_there(store: CaseStore) -> None:
    ids = decided(store, 2)
    made = store.make_golden_set("first weeks", [(one, SAME, "Because.") for one in ids], by="lee")
    begun = store.begin_attempt(made.id, by="new")
    for attempt, golden, by, queues in (
        (begun.id, made.cases[0].id, "eve", None),
        (begun.id, GoldenCaseId(new_id()), "new", None),
        (begun.id, made.cases[0].id, "new", ["legal"]),
    ):
        with pytest.raises(NotFoundError):
            store.answer_exercise(attempt, golden, SAME, by=by, queues=queues)
    erase(store, ErasureKind.CASE, ids[0])
    with pytest.raises(NotFoundError):
        store.answer_exercise(begun.id, made.cases[0].id, SAME, by="new")
    assert store.answer_exercise(begun.id, made.cases[1].id, SAME, by="new", queues=["main"]).answers
    with pytest.raises(NotFoundError):
        store.attempt(begun.id, by="eve")
