"""Each table that a page shows downloads: the same rows, typed, inert, and to nobody else than the page."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import datetime

import httpx2
import pytest
import python_calamine
from fastapi.testclient import TestClient

from cases.identity import Identity, IdentityKind, Role
from models.precedents import Comparison, Precedent
from serving.console import tables
from serving.console.case_tables import precedents
from serving.console.tables import Table, as_file
from serving.scoring.explaining import Explained
from tests.console.conftest import Console, claim_next
from tests.console.test_overseeing import decide_all, file_some

FORMULA = "=HYPERLINK(1)"


def links(page: httpx2.Response) -> dict[str, str]:
    """What the page's downloads are called, by their addresses."""
    found = re.findall(r'<a href="([^"]+\.(?:csv|xlsx)[^"]*)">(\w+)<span class="unseen">: ([^<]+)</span>', page.text)
    return {html.unescape(address): f"{kind}: {caption}" for address, kind, caption in found}


def rows(visitor: TestClient, address: str) -> list[dict[str, str]]:
    answer = visitor.get(address)
    assert answer.status_code == 200, address
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def cells(visitor: TestClient, address: str) -> list[list[object]]:
    answer = visitor.get(address)
    assert answer.status_code == 200, address
    book = python_calamine.load_workbook(io.BytesIO(answer.content))
    return book.get_sheet_by_index(0).to_python()


def test_all_tables_of_all_pages_download_as_csv_and_as_excel(console: Console) -> None:
    file_some(console, 4)
    decide_all(console, "ada", "intellectual_property")
    store = console.place.store
    [decided] = [case for case in store.list_cases(9) if case.decision_id is not None]
    lee = console.sign_in("lee", *Role)
    address, _ = claim_next(lee)
    store.assign(store.queue(9)[-1].id, "lee", by="eve")
    found = {
        path: links(lee.get(path)) for path in ("/", "/mine", "/team", "/policy", address, f"/cases/{decided.id}")
    }
    case = f"/cases/{decided.id}"
    for path, names in {
        "/": ["/queue"],
        "/mine": ["/mine/held", "/mine/assigned"],
        "/team": ["/team/waiting", "/team/late", "/team/held", "/team/work"],
        "/policy": ["/policy/severity", "/policy/targets", "/policy/categories"],
        address: [f"{address}/reports", f"{address}/events"],
        case: [f"{case}/reports", f"{case}/decisions", f"{case}/events"],
    }.items():
        assert [link.partition("?")[0] for link in found[path]] == [
            f"{n}.{k}" for n in names for k in ("xlsx", "csv")
        ]
        assert len(set(found[path].values())) == len(found[path])  # each says which table it is of
        for link in found[path]:
            if ".csv" in link:
                head, *body = cells(lee, link.replace(".csv", ".xlsx"))
                told = rows(lee, link)
                assert told
                assert list(told[0]) == head
                assert len(told) == len(body)


def test_numbers_are_numbers_times_are_times_and_nothing_runs(console: Console) -> None:
    case = console.file(title=FORMULA)
    lee = console.sign_in("lee", Role.LEAD, Role.ASSOCIATE)
    claim_next(lee)
    head, row = cells(lee, "/team/held.xlsx")
    told = dict(zip(head, row, strict=True))
    assert (told["case_id"], told["holder"]) == (case.id, "lee")
    assert isinstance(told["held_until"], datetime)
    assert str(told["title"]).endswith(FORMULA)
    assert told["title"] != FORMULA
    assert rows(lee, "/team/held.csv")[0]["title"] == told["title"]
    head, *levels = cells(lee, "/policy/severity.xlsx")
    assert [level[head.index("first_touch_minutes")] for level in levels] == [15.0, 240.0, 1440.0, 4320.0]
    assert datetime.fromisoformat(rows(lee, "/team/held.csv")[0]["held_until"]).utcoffset() is not None


def test_a_file_holds_what_the_page_was_asked_for(console: Console) -> None:
    file_some(console, 3)
    found = console.file(external_id="T-9", subject_ref="c-9", title="A parrot that swears")
    ada = console.sign_in("ada")
    [address] = [link for link in links(ada.get("/", params={"q": "parrot"})) if ".csv" in link]
    assert [row["case_id"] for row in rows(ada, address)] == [found.id]
    decide_all(console, "eve", "hate")
    lee = console.sign_in("lee", Role.LEAD)
    assert any(link.startswith("/team/work.csv?days=30") for link in links(lee.get("/team?days=30")))
    assert [row["person"] for row in rows(lee, "/team/work.csv?days=30")] == ["eve"]


def test_a_lead_who_is_kept_to_some_queues_is_told_of_these_alone(console: Console) -> None:
    ours, theirs = file_some(console, 2)
    store = console.place.store
    decide_all(console, "ada", "intellectual_property")
    [left] = store.queue(9)
    store.claim(left.id, "eve", 900)
    for queue, counted in (("legal", 0), ("main", 1)):
        lead = console.sign_in(f"lead-{queue}", Role.LEAD, queues=[queue])
        page = lead.get("/team").text
        assert f"<dt>wait</dt><dd>{counted}</dd>" in page
        assert f"<dt>came in within 24 h</dt><dd>{2 * counted}</dd>" in page
        assert f"<dt>decided within 24 h</dt><dd>{counted}</dd>" in page
        assert ("eve:" in page, '<th scope="row">ada</th>' in page) == (counted > 0, counted > 0)
        assert len(rows(lead, "/team/waiting.csv")) == counted
        assert [row["case_id"] for row in rows(lead, "/team/held.csv")] == [left.id] * counted
        assert len(rows(lead, "/team/work.csv")) == counted
        for title in (ours.content.title, theirs.content.title):
            assert counted or title not in page


def test_the_models_blind_slice_downloads_with_its_intervals(blind: Console) -> None:
    file_some(blind, 2)
    decide_all(blind, "ada", "academic_integrity", "academic_integrity")
    dee = blind.sign_in("dee", Role.DATA_SCIENTIST)
    [address] = [link for link in links(dee.get("/model")) if link.startswith("/model/blind.csv")]
    [row] = rows(dee, address)
    assert (row["category"], row["decided_blind"], row["first_right_share"]) == ("academic_integrity", "2", "0.0")
    assert 0 < float(row["share_high"]) < 1


def test_what_is_hidden_on_the_page_is_in_no_file(blind: Console) -> None:
    case = blind.file()
    ada = blind.sign_in("ada")
    assert links(ada.get(f"/cases/{case.id}/why")) == {}
    answer = ada.get(f"/cases/{case.id}/precedents.csv")
    assert answer.status_code == 409
    assert "decide it first" in answer.text
    assert "hidden until decided" in ada.get("/").text
    [row] = rows(ada, "/queue.csv")
    assert (row["likeliest"], row["probability"]) == ("", "")


def test_precedents_download_without_the_titles_of_other_teams_cases(console: Console) -> None:
    case, ours, theirs = file_some(console, 3)
    console.place.store.move(theirs.id, "legal", by="eve")
    like_it = Comparison(
        (
            Precedent(ours.id, 0.9, "hate", 2, "warn"),
            Precedent(theirs.id, 0.8, "spam_promotion", 3, ""),
            Precedent("0199b3c0-7a54-7c11-9d2e-3f0a4c5b6d7e", 0.7, "hate", None, ""),
        ),
        "hate",
        1,
        3,
    )
    ann = Identity("ann", IdentityKind.PERSON, frozenset({Role.ASSOCIATE}), frozenset({"main"}))
    table = precedents(console.services, ann, case, Explained("", (), None, like_it))
    found = list(csv.DictReader(io.StringIO(bytes(as_file(table, "csv").body).decode("utf-8-sig"))))
    assert [(row["case_id"], row["title"], row["similarity"], row["decided_otherwise"]) for row in found] == [
        ("", "", "0.8", "true"), (ours.id, ours.content.title, "0.9", "false"), ("", "", "0.7", "false"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "address", ["/team/nothing.csv", "/team/held.pdf", "/policy/held.csv", "/mine/x.csv", "/queue.doc"]
)
def test_a_table_or_a_kind_that_there_is_not_is_not_found(console: Console, address: str) -> None:
    assert console.sign_in("lee", *Role).get(address).status_code == 404


def test_a_long_table_is_cut_on_the_page_and_in_its_file_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 4)

    def table(count: int, limit: int) -> Table[int]:
        return Table("/x/numbers", "Numbers", {"number": ("whole", lambda each: each)}, iter(range(count)), limit)

    assert (table(9, 3).shown, table(9, 3).more) == ([0, 1, 2], True)
    assert (table(3, 3).shown, table(3, 3).more) == ([0, 1, 2], False)
    assert bytes(as_file(table(9, 4), "csv").body).decode("utf-8-sig").split() == ["number", "0", "1", "2", "3"]


def test_a_page_that_shows_fewer_rows_than_there_are_says_so(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed = file_some(console, 3)
    monkeypatch.setattr("serving.console.mine._SHOWN", 2)
    ada = console.sign_in("ada")
    for case in filed:
        console.place.store.claim(case.id, "ada", 900)
    page = ada.get("/mine").text
    assert page.count("<tr id=") == 2
    assert "The first 2 are shown; a file holds 20,000 at most" in page
    assert len(rows(ada, "/mine/held.csv")) == 3


def test_a_long_queue_is_counted_no_further_than_anybody_asks(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_some(console, 3)
    ada = console.sign_in("ada")
    assert "3 cases wait" in ada.get("/").text
    monkeypatch.setattr("serving.console.queue.COUNTED", 2)
    page = ada.get("/").text
    assert "more than 2 cases wait" in page
    assert "The first 20,000 as" in page
