from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.intake.mapping import FIELDS
from cases.intake.table import RawRow, Rejection
from cases.record import NewReport
from cases.store.storable import storable_report
from tests.cases.intake.row_reading import accepted, reader, rejected
from tests.cases.intake.tables import APPEAL, DECISION, REPORT


def test_a_row_becomes_a_report_with_its_time_in_utc() -> None:
    cells = {
        **REPORT,
        "source": "",
        "case_ref": " C-9 ",
        "channel": "email",
        "subject_kind": "course",
        "subject_ref": 778_123_456_789_012_345,
        "reporter": "Mara",
        "reach": "1200",
        "minor_involved": "no",
        "amount": "12.50",
        "reporter_kind": "student",
        "prior_strikes": "",
    }

    assert accepted(cells).report == NewReport(
        source="zendesk",
        external_id="T-1",
        title="Copied course",
        description="Somebody sells my bookbinding lectures under his name.",
        received_at=datetime(2026, 3, 1, 8, 30, tzinfo=UTC),
        channel="email",
        subject_kind="course",
        subject_ref="778123456789012345",
        attributes={"reach": 1200, "minor_involved": False, "amount": 12.5, "reporter_kind": "student"},
        case_ref="C-9",
        reporter="Mara",
    )


def test_a_rows_own_source_wins_over_the_default() -> None:
    assert accepted(REPORT | {"source": "jira"}).report.source == "jira"


def test_signals_come_from_the_object_and_a_column_of_their_own_wins() -> None:
    cells = REPORT | {
        "attributes": {"reach": "7", "tier": "gold", "score": "0.5", "code": "007", "empty": "", "vip": "TRUE"},
        "reach": 9,
        "Region": "EMEA",
    }

    row = accepted(cells, columns={"attribute.region": "Region"})

    assert row.report.attributes == {
        "reach": 9,
        "tier": "gold",
        "score": 0.5,
        "code": "007",
        "vip": True,
        "region": "EMEA",
    }
    assert accepted(REPORT | {"attributes": '{"reach": 7}'}).report.attributes == {"reach": 7}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-01T09:30:00+01:00", datetime(2026, 3, 1, 8, 30, tzinfo=UTC)),
        ("2026-03-01 09:30:00.123456Z", datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)),
        (1_772_357_400, datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("1772357400.5", datetime(2026, 3, 1, 9, 30, 0, 500_000, tzinfo=UTC)),
        (datetime(2026, 3, 1, 9, 30, tzinfo=ZoneInfo("Asia/Kolkata")), datetime(2026, 3, 1, 4, tzinfo=UTC)),
    ],
)
def test_times_are_read_however_they_are_written(value: object, expected: datetime) -> None:
    assert accepted(REPORT | {"received_at": value}).report.received_at == expected


@pytest.mark.parametrize(
    ("value", "hour"),
    [("2026-07-01T09:30:00", 7), (datetime(2026, 7, 1, 9, 30), 7), (datetime(2026, 12, 1, 9, 30), 8)],  # noqa: DTZ001
)
def test_a_time_without_a_zone_is_refused_unless_its_zone_is_said(value: object, hour: int) -> None:
    cells = REPORT | {"received_at": value}

    assert "--timezone" in rejected(cells).expected
    assert accepted(cells, zone=ZoneInfo("Europe/Berlin")).report.received_at.hour == hour


def test_a_day_is_its_midnight_in_the_zone_that_is_said() -> None:
    for value in (date(2026, 3, 1), "2026-03-01"):
        moment = accepted(REPORT | {"received_at": value}, zone=UTC).report.received_at
        assert moment == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "01/03/2026",
        "2026-13-01T00:00:00Z",
        46_082.4,  # a spreadsheet's day number
        1_772_357_400_000,  # milliseconds
        "1959-03-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        True,
        timedelta(hours=1),
    ],
)
def test_what_is_no_plausible_time_is_refused(value: object) -> None:
    rejection = rejected(REPORT | {"received_at": value})

    assert rejection.column == "received_at"
    assert "a time" in rejection.expected


@pytest.mark.parametrize(
    ("cells", "column", "kind", "length", "expected"),
    [
        ({"external_id": " "}, "external_id", "text", 1, "--external-id-from-row"),
        ({"external_id": None}, "external_id", "nothing", 0, "--external-id-from-row"),
        ({"external_id": "x" * 256}, "external_id", "text", 256, "at most 255"),
        ({"external_id": 1e300}, "external_id", "number", 6, "a number"),
        ({"external_id": b"T-1"}, "external_id", "bytes", 3, "text"),
        ({"description": "\x00 \ud800"}, "description", "text", 3, "text"),
        ({"description": "x" * 1_000_001}, "description", "text", 1_000_001, "at most 1,000,000 characters"),
        ({"description": ["a", "b"]}, "description", "list", 2, "text"),
        ({"title": True}, "title", "truth value", 0, "text"),
        ({"channel": "x" * 101}, "channel", "text", 101, "at most 100"),
        ({"reach": "1,200"}, "reach", "text", 5, "a whole number of 0 or more"),
        ({"reach": 1.5}, "reach", "number", 3, "a whole number"),
        ({"reach": -1}, "reach", "whole number", 1, "a whole number of 0 or more"),
        ({"reach": 10**5_000}, "reach", "whole number", 5_001, "a whole number"),
        ({"amount": "nan"}, "amount", "text", 3, "a number"),
        ({"amount": Decimal("Infinity")}, "amount", "number", 0, "a number"),
        ({"minor_involved": "perhaps"}, "minor_involved", "text", 7, "true or false"),
        ({"attributes": "[1]"}, "attributes", "text", 3, "a JSON object"),
        ({"attributes": {"reach": "far"}}, "attributes", "mapping", 1, "written like 1250 as its 'reach'"),
        ({"attributes": {"x": {"y": 1}}}, "attributes", "mapping", 1, "text"),
        ({"attributes": {"x" * 101: 1}}, "attributes", "mapping", 1, "names of 1 to 100 characters"),
    ],
)  # fmt: skip
def test_a_cell_that_its_field_cannot_take_is_described_and_not_repeated(
    cells: dict[str, object], column: str, kind: str, length: int, expected: str
) -> None:
    rejection = rejected(REPORT | cells)

    assert (rejection.column, rejection.kind, rejection.length) == (column, kind, length)
    assert expected in rejection.expected


def test_a_rejection_names_the_sources_column_and_not_the_field() -> None:
    cells = {"Body": "", **{name: value for name, value in REPORT.items() if name != "description"}}

    assert rejected(cells, columns={"description": "Body"}).column == "Body"


def test_a_million_characters_are_taken() -> None:
    assert len(accepted(REPORT | {"description": "x" * 1_000_000}).report.description) == 1_000_000


def test_nul_and_lone_surrogates_are_dropped_and_counted() -> None:
    row = accepted(REPORT | {"title": "a\x00b", "description": "c\ud83dd\x00", "channel": "\x00email"})

    assert (row.report.title, row.report.description, row.report.channel) == ("ab", "cd", "email")
    assert row.dropped_characters == 4


def test_a_spreadsheets_apostrophe_is_taken_away_only_from_what_a_spreadsheet_wrote() -> None:
    cells = REPORT | {"description": "'=1+1", "title": "'quoted'"}

    assert accepted(cells, spreadsheet=True).report.description == "=1+1"
    assert accepted(cells, spreadsheet=True).report.title == "'quoted'"
    assert accepted(cells).report.description == "'=1+1"


def test_ids_from_other_types_are_written_out() -> None:
    uuid = UUID("01900000-0000-7000-8000-000000000001")

    for value, written in ((17.0, "17"), (Decimal("17.50"), "17.50"), (uuid, str(uuid)), (10**20, "1" + "0" * 20)):
        assert accepted(REPORT | {"external_id": value}).report.external_id == written


def test_an_id_made_from_the_row_is_the_same_for_the_same_report_and_another_for_another() -> None:
    cells = {name: value for name, value in REPORT.items() if name != "external_id"}

    first = accepted(cells, external_id_from_row=True).report.external_id
    decided_since = accepted(cells | DECISION, external_id_from_row=True).report.external_id
    other_zone = accepted(
        cells | {"received_at": "2026-03-01T08:30:00Z"}, external_id_from_row=True
    ).report.external_id
    other_text = accepted(cells | {"description": "Another."}, external_id_from_row=True).report.external_id

    assert len(first) == 32
    assert first == decided_since == other_zone
    assert first != other_text
    assert accepted(REPORT, external_id_from_row=True).report.external_id == "T-1"


MARK = "zq\u2603"  # a text that nothing of ours contains
junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**14, max_value=10**30),
    st.floats(),
    st.decimals(),
    st.binary(max_size=20),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.text(st.characters(exclude_categories=()), max_size=30),
    st.sampled_from(["2026-03-01T09:30:00Z", "0001-01-01", "9999-12-31T23:59:59-14:00", "1772357400"]),
    st.sampled_from(["1e999", "[", "{}", "'=1+1", "-0.0", "1_0"]),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=5)),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
        max_leaves=8,
    ),
    st.sampled_from([MARK, f"{MARK}\ud800", [MARK], {MARK: MARK}, {"reach": MARK}, f'["{MARK}"]', MARK.encode()]),
)  # fmt: skip
good = {**REPORT, **DECISION, **APPEAL, "attributes": {"reach": 3}}


@settings(max_examples=400, deadline=None)
@given(
    cells=st.dictionaries(st.sampled_from(FIELDS), junk, max_size=8),
    spreadsheet=st.booleans(),
    zone=st.sampled_from([None, ZoneInfo("Pacific/Kiritimati")]),
    from_row=st.booleans(),
)
def test_whatever_a_row_holds_it_is_storable_or_rejected_without_its_words(
    cells: dict[str, object], spreadsheet: bool, zone: ZoneInfo | None, from_row: bool
) -> None:
    outcome = reader(spreadsheet=spreadsheet, zone=zone, external_id_from_row=from_row).read(
        RawRow(7, {**good, **cells})
    )

    if isinstance(outcome, Rejection):
        assert outcome.row == 7
        assert outcome.column in FIELDS
        assert outcome.expected
        assert MARK not in f"{outcome} {outcome!r}"
    else:
        stored = storable_report(outcome.report)
        assert stored == outcome.report
