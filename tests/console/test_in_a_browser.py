"""The console in a real browser, over a real service and PostgreSQL: by keys or mouse alone, by two at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cases.record import CaseStatus
from tests.console.desk import PATIENCE_MS, Desk, a_desk, written
from tests.serving.conftest import wait_until
from tests.serving.small_model import SmallModel

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

expect.set_options(timeout=PATIENCE_MS)
VERDICT = "intellectual_property"
LATER = (
    "const now = Date.now; let shift = 0; Date.now = () => now() + shift;window.later = () => { shift = 130000; };"
)


@pytest.fixture(scope="module")
def desk(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, small_models: tuple[SmallModel, SmallModel]
) -> Iterator[Desk]:
    """One for all: each test files cases of its own, or takes what waits."""
    with a_desk(chromium, "postgresql", tmp_path_factory.mktemp("desk"), small_models) as desk:
        desk.file(written(60))
        yield desk
        assert desk.asked == [], "a page asked for something elsewhere"


def case_of(page: Page) -> str:
    page.wait_for_url("**/cases/*")
    return page.url.rpartition("/")[2]


def settle(page: Page) -> None:
    """Until the reasons are there, which come after the page."""
    expect(page.locator("#why")).not_to_contain_text("Looking for what carried")


def fill_in(page: Page) -> None:
    """What no earlier decision says: the action and the reason."""
    page.keyboard.press("a")
    page.keyboard.type("Remove")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.type("The clause")
    page.keyboard.press("Escape")


def test_the_whole_flow_by_keys_alone(desk: Desk) -> None:
    page = desk.sit("keys")
    pressed = 0

    def press(key: str) -> None:
        nonlocal pressed
        pressed += 1
        page.keyboard.press(key)

    counts = []
    for _ in range(4):
        pressed = 0
        press("n")
        case_id = case_of(page)
        press("1")
        if not page.locator("#action").input_value():
            fill_in(page)
        press("Enter")
        page.wait_for_url(f"**/?decided={case_id}")
        counts.append(pressed)
        assert desk.store.case(case_id).status is CaseStatus.DECIDED  # type: ignore[arg-type]
    [decision] = desk.store.decisions(case_id)  # type: ignore[arg-type]
    assert (decision.decided_by, decision.suggested_rank, decision.suggestion_shown) == ("keys", 1, True)
    # Claim, accept, decide; once something was decided, what usually follows is filled in.
    assert sorted(counts)[len(counts) // 2] <= 4
    page.keyboard.press("u")
    assert case_of(page) == case_id
    assert desk.store.case(case_id).status is CaseStatus.CLAIMED  # type: ignore[arg-type]
    page.keyboard.press("k")
    expect(page.locator("#skip")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.service.url}/")
    assert "keys" in {event.actor for event in desk.store.events(case_id)}  # type: ignore[arg-type]
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()


def test_the_whole_flow_by_mouse_alone(desk: Desk) -> None:
    page = desk.sit("mouse")
    page.get_by_role("button", name="Claim next").click()
    case_id = case_of(page)
    page.get_by_role("button", name=re.compile("^Another")).click()
    page.locator("#option-intellectual_property").click()
    expect(page.locator("#other-choice, .suggestion").filter(has_text="Intellectual property").first).to_be_visible()
    page.get_by_role("radio", name=re.compile("3 medium")).check()
    page.locator("#action").select_option("remove_content")
    page.locator("#reason").select_option("clear_breach")
    page.get_by_role("button", name=re.compile("^Decide")).click()
    page.wait_for_url(f"**/?decided={case_id}")
    [decision] = desk.store.decisions(case_id)  # type: ignore[arg-type]
    assert (decision.verdict.category, decision.verdict.severity) == (VERDICT, 3)
    page.get_by_role("button", name=re.compile("^Undo")).click()
    assert case_of(page) == case_id
    assert desk.store.case(case_id).decision_id is None  # type: ignore[arg-type]


def test_two_associates_at_once_never_hold_one_case_and_see_each_other(desk: Desk) -> None:
    ann, bob = desk.sit("ann"), desk.sit("bob")
    ann.keyboard.press("n")
    hers = case_of(ann)
    bob.keyboard.press("n")
    assert case_of(bob) != hers
    bob.goto(f"{desk.service.url}/cases/{hers}")
    expect(bob.get_by_role("heading", name="ann holds it")).to_be_visible()
    bob.goto(f"{desk.service.url}/")
    ann.get_by_role("button", name="Give back").click()
    # The list of a page that is open follows without being asked.
    expect(bob.locator(f"#row-{hers}")).to_contain_text("free")


def test_what_was_typed_outlives_a_reload_an_ended_claim_and_a_lost_connection(desk: Desk) -> None:
    page = desk.sit("eve")
    page.keyboard.press("n")
    case_id = case_of(page)
    settle(page)
    page.keyboard.press("1")
    fill_in(page)
    page.locator("#note").fill("Words that took ten minutes.")
    page.reload()
    expect(page.locator("#note")).to_have_value("Words that took ten minutes.")
    expect(page.locator("#action")).to_have_value("remove_content")

    page.context.set_offline(True)
    page.get_by_role("button", name=re.compile("^Decide")).click()
    expect(page.locator("#notice")).to_contain_text("cannot be reached")
    expect(page.locator("#note")).to_have_value("Words that took ten minutes.")
    page.context.set_offline(False)

    [lease] = desk.store.held_by("eve")
    desk.store.release(lease.case_id, "eve", lease.token)
    page.get_by_role("button", name=re.compile("^Decide")).click()
    expect(page.locator("#notice")).to_contain_text("The lease is no longer yours")
    expect(page.locator("#note")).to_have_value("Words that took ten minutes.")
    second = page.context.new_page()
    second.goto(f"{desk.service.url}/cases/{case_id}")
    second.keyboard.press("c")
    expect(second.locator("#note")).to_have_value("Words that took ten minutes.")
    second.get_by_role("button", name=re.compile("^Decide")).click()
    second.wait_for_url(f"**/?decided={case_id}")
    [decision] = desk.store.decisions(case_id)  # type: ignore[arg-type]
    assert desk.store.note(decision.id) == "Words that took ten minutes."


def test_keys_can_be_turned_off_and_do_nothing_while_one_types(desk: Desk) -> None:
    page = desk.sit("typist")
    page.keyboard.press("/")
    page.keyboard.type("n1ku")
    assert page.url == f"{desk.service.url}/"
    page.goto(f"{desk.service.url}/choices")
    page.get_by_role("checkbox", name=re.compile("Single keys")).uncheck()
    page.get_by_role("button", name="Keep").click()
    page.goto(f"{desk.service.url}/")
    page.keyboard.press("n")
    assert page.url == f"{desk.service.url}/"
    expect(page.locator("kbd").first).to_be_hidden()


@pytest.fixture
def short(chromium: Browser, tmp_path: Path, small_models: tuple[SmallModel, SmallModel]) -> Iterator[Desk]:
    """A desk where claims last eight seconds."""
    with a_desk(chromium, "postgresql", tmp_path, small_models, CASELOAD_LEASE_SECONDS="8") as desk:
        desk.file(written(3))
        yield desk


def test_a_claim_is_kept_while_one_works_ends_when_one_does_not_and_is_taken_again(short: Desk) -> None:
    page = short.sit("ada")
    page.keyboard.press("n")
    case_id = case_of(page)
    [first] = short.store.held_by("ada")
    wait_until(
        lambda: short.store.held_by("ada") != [] and short.store.held_by("ada")[0].expires_at > first.expires_at, 30
    )
    # Nobody does anything: the clock of what was done last is set back, as two minutes without a hand would.
    page.add_init_script(LATER)
    page.reload()
    settle(page)
    page.evaluate("window.later()")
    expect(page.locator("#expiry")).to_be_visible()
    wait_until(lambda: short.store.held_by("ada") == [], 30)
    page.get_by_role("button", name="Claim it again").click()
    page.wait_for_load_state()
    expect(page.locator("#decision")).to_be_visible()
    assert short.store.held_by("ada")[0].case_id == case_id
