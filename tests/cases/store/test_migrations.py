from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import column, delete, insert, inspect, select, text, update
from sqlalchemy import table as rows_of
from sqlalchemy.exc import DBAPIError

from cases.quality import SampledState
from cases.store import CaseStore, migrate
from cases.store.engine import make_engine
from cases.store.tables import callers, cases, contents, metadata, reports, subjects
from tests.cases.store.builders import decide, file_one, score

HEAD = "0016"


def test_migrations_run_up_down_and_up_again(empty_url: str) -> None:
    assert migrate.current(empty_url) is None
    migrate.upgrade(empty_url)
    assert migrate.current(empty_url) == HEAD

    migrate.downgrade(empty_url, "base")
    assert migrate.current(empty_url) is None
    engine = make_engine(empty_url)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
    assert inspect(engine).get_view_names() == []
    engine.dispose()

    migrate.upgrade(empty_url)
    CaseStore.open(empty_url).close()


def test_scores_outlive_the_way_to_0002_and_back_and_stay_append_only(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        case = file_one(store)
        sent = score(case, tier="suggest", shortlist=("hate",), novelty_p=0.4, severity_level=2, sub_policy="slurs")
        store.record_scores([sent])

    migrate.downgrade(empty_url, "0001")
    engine = make_engine(empty_url)
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM scores")).one()._asdict()
        assert row["id"] == sent.id
        assert not {"tier", "shortlist", "novelty_p", "severity_level", "sub_policy"} & row.keys()
        assert connection.execute(text("SELECT severity FROM first_touch_sla")).scalar_one() == 2
    refuses = pytest.raises(DBAPIError, match="append-only")
    with refuses, engine.begin() as connection:
        connection.execute(text("DELETE FROM scores"))

    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        # What only the newer schema held is lost; what was there before 0002 reads as not known.
        assert store.latest_score(case.id) == dataclasses.replace(
            sent, tier="", shortlist=(), novelty_p=None, severity_level=None, sub_policy=""
        )
    with refuses, engine.begin() as connection:
        connection.execute(text("UPDATE scores SET tier = 'apply'"))
    engine.dispose()


def test_0005_finds_what_a_report_is_about_on_the_case_that_it_was_filed_on(empty_url: str) -> None:
    def on(user: str) -> dict[str, str]:
        return {"subject_kind": "user", "subject_ref": user}

    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        file_one(store, 1, **on("u1"))
        file_one(store, 2)
        moved, into, moved_too = (file_one(store, number, **on(f"u{number}")) for number in (3, 4, 9))
        for case in (moved, moved_too):
            store.merge(case.id, into.id, by="eve")
        file_one(store, 5, **on("u1"))
        file_one(store, 6, **on("u3"))  # joins the case about u4
        file_one(store, 7, **on("u7"), case_ref="C-7")
        file_one(store, 8, **on("u8"), case_ref="C-7")
        sent = [store.report_by_ref("helpdesk", f"ticket-{number}") for number in (3, 5, 9)]
        began, _, erased = [store.split(one.id, by="eve") for one in sent if one is not None]
        store.merge(began, into.id, by="eve")
    before = subject_of_each(empty_url)
    assert before == {1: "u1", 2: None, 3: "u3", 4: "u4", 5: "u1", 6: "u3", 7: "u7", 8: "u8", 9: "u9"}
    engine = make_engine(empty_url)
    with engine.begin() as connection:
        # As an erasure does it: what withdraws the report from the case that it left is still there.
        named = select(reports.c.id).where(reports.c.case_id == erased).scalar_subquery()
        connection.execute(delete(contents).where(contents.c.report_id == named, contents.c.withdraws.is_(None)))
    engine.dispose()

    migrate.downgrade(empty_url, "0004")
    migrate.upgrade(empty_url)
    # Nothing told what those named that had joined a case about something else.
    assert subject_of_each(empty_url) == before | {6: "u4", 8: "u7"}


def test_0006_lets_callers_of_before_do_all_but_manage_keys_and_revokes_narrower_keys_on_the_way_down(
    empty_url: str,
) -> None:
    migrate.upgrade(empty_url, "0005")
    add_caller(empty_url, "before")
    migrate.upgrade(empty_url)
    all_but_admin = ["tooling", "associate", "lead", "policy_owner", "data_scientist"]
    for name, what in {
        "all": {"roles": all_but_admin},
        "fewer": {"roles": ["tooling"]},
        "one queue": {"roles": all_but_admin, "queues": ["urgent"]},
        "ends": {"roles": all_but_admin, "expires_at": datetime(2030, 1, 1, tzinfo=UTC)},
        "nothing said": {},
    }.items():
        add_caller(empty_url, name, **what)
    assert caller(empty_url, "before") == (all_but_admin, None, None, None, None)
    assert caller(empty_url, "nothing said") == ([], None, None, None, None)

    migrate.downgrade(empty_url, "0005")
    assert "people" not in table_names(empty_url)
    migrate.upgrade(empty_url)
    engine = make_engine(empty_url)
    with engine.connect() as connection:
        named = connection.execute(select(callers.c.name).where(callers.c.revoked_at.is_(None))).scalars()
        assert set(named) == {"before", "all"}
    engine.dispose()


def test_0009_begins_with_nobody_to_be_told_and_goes_down_with_all_that_was_to_be_told(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        store.add_webhook("https://hooks.example.org/")
        case = file_one(store)
        store.record_scores([score(case)])
        decide(store, case.id)
        store.derive_deliveries()
        assert len(store.deliveries(10)) == 2
        store.tell_alarms({"queue_old": {}})
    migrate.downgrade(empty_url, "0007")
    ours = {"webhooks", "deliveries", "event_readers", "standing_alarms", "inbound_sources", "told_once"}
    assert not ours & set(table_names(empty_url))
    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        assert (store.webhooks(), store.deliveries(10), store.derive_deliveries()) == ((), (), 0)
        assert store.rebuild() == []


def test_0013_goes_down_with_what_was_drawn_and_read_and_with_the_events_that_0012_has_no_word_for(
    empty_url: str,
) -> None:
    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        case = file_one(store)
        decide(store, case.id)
        before = store.events(case.id)
        store.draw_sample(by="lee", count=1, days=7, seed=1)
        [one] = store.sampled_in(SampledState.WAITING)
        store.read_again(one.id, one.first.answer, by="bob")
        made = store.make_golden_set("First weeks", [(case.id, one.first.answer, "Because.")], by="lee")
        store.answer_exercise(store.begin_attempt(made.id, by="new").id, made.cases[0].id, one.first.answer, by="new")
        assert len(store.events(case.id)) == len(before) + 2
    migrate.downgrade(empty_url, "0012")
    assert not [name for name in table_names(empty_url) if name.startswith(("qa_", "golden_", "exercise_"))]
    refuses = pytest.raises(DBAPIError, match="append-only")
    engine = make_engine(empty_url)
    with refuses, engine.begin() as connection:
        connection.execute(text("DELETE FROM events"))
    engine.dispose()
    migrate.upgrade(empty_url)
    with CaseStore.open(empty_url) as store:
        assert store.events(case.id) == before
        assert (store.samples(10), store.golden_sets(), store.rebuild()) == ((), (), [])


def add_caller(url: str, name: str, **what: Any) -> None:
    """A row of `callers`, as the schema at `url` has them."""
    row = {"name": name, "key_sha256": name, "created_at": datetime(2026, 3, 4, tzinfo=UTC), **what}
    known = rows_of("callers", *(column(key, callers.c[key].type) for key in row))
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(insert(known).values(**row))
    engine.dispose()


def caller(url: str, name: str) -> tuple[object, ...]:
    columns = (
        callers.c.roles,
        callers.c.queues,
        callers.c.expires_at,
        callers.c.old_key_sha256,
        callers.c.revoked_at,
    )
    engine = make_engine(url)
    with engine.connect() as connection:
        found = tuple(connection.execute(select(*columns).where(callers.c.name == name)).one())
    engine.dispose()
    return found


def table_names(url: str) -> list[str]:
    engine = make_engine(url)
    names = inspect(engine).get_table_names()
    engine.dispose()
    return names


def subject_of_each(url: str) -> dict[int, str | None]:
    """By the number in a report's name, what the report is about."""
    engine = make_engine(url)
    query = select(reports.c.external_id, subjects.c.external_id.label("subject")).outerjoin(
        subjects, subjects.c.id == reports.c.subject_id
    )
    with engine.connect() as connection:
        found = {int(row.external_id.removeprefix("ticket-")): row.subject for row in connection.execute(query)}
    engine.dispose()
    return found


@pytest.mark.parametrize("change", ["INSERT", "UPDATE"])
def test_a_report_is_about_a_subject_that_there_is(store_url: str, change: str) -> None:
    with CaseStore.open(store_url) as store:
        case = file_one(store, 1)
    engine = make_engine(store_url)
    about = {"subject_id": "nobody"}
    row = {"id": "r", "case_id": case.id, "source": "a", "external_id": "1", "channel": ""}
    times = {"received_at": case.received_at, "filed_at": case.received_at}
    wrong = insert(reports).values(**row, **times, **about) if change == "INSERT" else update(reports).values(**about)
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), engine.begin() as connection:
        connection.execute(wrong)
    engine.dispose()


def columns(url: str, names: tuple[str, ...]) -> list[tuple[object, ...]]:
    engine = make_engine(url)
    query = select(*(cases.c[name] for name in names)).order_by(cases.c.id)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(query)]
    engine.dispose()
    return found


def test_a_second_upgrade_changes_nothing(store_url: str) -> None:
    migrate.upgrade(store_url)
    assert migrate.current(store_url) == HEAD


def test_the_migrated_schema_is_the_metadata(store_url: str) -> None:
    engine = make_engine(store_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    # Alembic does not compare an index that sorts downwards on every database; its presence is checked here.
    for table in metadata.tables.values():
        found = {index["name"] for index in inspect(engine).get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= found
    engine.dispose()
