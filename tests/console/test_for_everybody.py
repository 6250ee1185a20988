"""The console for everybody: axe on each page and state, both themes, narrow and zoomed, light enough to be quick."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from cases.decision import Verdict
from cases.fires import FireKind, Sighting
from cases.ids import CaseId
from cases.listing import CaseFilter
from cases.quality import Answer, SampledState
from cases.record import CaseStatus, NewReport
from serving.console.assets import assets
from tests.console.desk import PATIENCE_MS, Desk, a_desk, replayed, written
from tests.serving.small_model import SmallModel

pytestmark = [pytest.mark.slow, pytest.mark.postgresql]

expect.set_options(timeout=PATIENCE_MS)

MAX_KIB = 100
_STYLE = "getComputedStyle(document.activeElement)"
OUTLINE = f"{_STYLE}.outlineStyle + {_STYLE}.outlineWidth"
THEME = "matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
STATES = (
    "quality",
    "settle",
    "readings",
    "reading",
    "golden",
    "exercises",
    "exercise",
    "feedback",
    "score",
    "fires",
    "team",
    "upload",
    "words",
    "policy",
    "model",
    "weights",
    "queue",
    "filtered",
    "nothing",
    "mine",
    "choices",
    "case",
    "claimed",
    "chosen",
    "other",
    "hold",
    "help",
    "missing",
)


@pytest.fixture(scope="module")
def desk(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, small_models: tuple[SmallModel, SmallModel]
) -> Iterator[Desk]:
    with a_desk(chromium, "postgresql", tmp_path_factory.mktemp("everybody"), small_models) as desk:
        filed = desk.file(written(30))
        case, lease = desk.store.claim(filed[-1], "somebody", 900)
        verdict = Verdict("intellectual_property", 3, "remove_content", "clear_breach")
        desk.store.decide(case.id, verdict, holder="somebody", token=lease.token)
        read_some_twice(desk, list(dict.fromkeys(filed))[-4:-1])
        replayed(desk.store)
        burst = Sighting(
            FireKind.BURST_OF_CATEGORY, "hate", timedelta(hours=1), 14, tuple(dict.fromkeys(filed))[:3], 1.1, 1e-9
        )
        known, _ = desk.store.keep_fires([replace(burst, about="privacy"), burst]).began
        desk.store.acknowledge_fire(known, by="somebody", note="Legal knows.")
        yield desk


def read_some_twice(desk: Desk, cases: Sequence[CaseId]) -> None:
    """One that waits, one that differs, one that two agree on; and a golden set of one case."""
    right, other = Answer("intellectual_property", 3, "remove_content"), Answer("academic_integrity", 2, "warn")
    for case_id in cases:
        _, lease = desk.store.claim(case_id, "somebody", 900)
        verdict = Verdict(right.category, right.severity, right.action, "clear_breach")
        desk.store.decide(case_id, verdict, holder="somebody", token=lease.token)
    desk.store.draw_sample(by="lead", count=3, days=7, seed=1)
    waiting = desk.store.sampled_in(SampledState.WAITING)
    desk.store.read_again(waiting[0].id, other, by="second", note="It is an essay mill.")
    desk.store.read_again(waiting[1].id, right, by="second")
    agreed = waiting[1].case_id
    made = desk.store.make_golden_set("First weeks", [(agreed, right, "The slides are the same.")], by="lead")
    for theme in ("light", "dark"):
        begun = desk.store.begin_attempt(made.id, by=f"in-{theme}")
        desk.store.answer_exercise(begun.id, made.cases[0].id, other, by=f"in-{theme}")
        desk.store.begin_attempt(made.id, by=f"in-{theme}")


def of_quality(desk: Desk, state: str, who: str) -> str:
    """The page's address for whoever looks at it."""
    [case] = desk.store.golden_sets()[0].cases
    done, begun = (f"/exercises/attempts/{one.id}" for one in desk.store.attempts(by=who))
    return {
        "settle": f"/quality/sampled/{desk.store.sampled_in(SampledState.DIFFERS)[0].id}",
        "reading": f"/readings/{desk.store.sampled_in(SampledState.WAITING)[0].id}",
        "golden": f"/quality/golden?case={case.case_id}",
        "exercise": f"{begun}/{case.id}",
        "feedback": f"{done}/{case.id}",
        "score": done,
    }[state]


@pytest.fixture(scope="module")
def pages(desk: Desk) -> dict[str, Page]:
    """A browser signed in for each theme."""
    return {theme: desk.sit(f"in-{theme}", color_scheme=theme) for theme in ("light", "dark")}


def bring(page: Page, desk: Desk, state: str) -> None:
    """Bring the page into the state."""
    paths = {
        "filtered": "/?severity=1&q=",
        "nothing": "/?q=zzzz",
        "mine": "/mine",
        "choices": "/choices",
        "missing": "/cases/x",
        **{name: f"/{name}" for name in ("fires", "team", "policy", "model", "weights", "upload")},
        **{name: f"/{name}" for name in ("quality", "readings", "exercises")},
    }
    page.goto(desk.service.url + paths.get(state, "/"))
    if state == "words":
        decided = next(work for work in desk.store.list_cases(100, only=CaseFilter(status=CaseStatus.DECIDED)))
        page.goto(f"{desk.service.url}/cases/{decided.id}/words?put_up=2026-01-05&name=Painting")
    if state in ("settle", "reading", "golden", "exercise", "feedback", "score"):
        page.goto(desk.service.url + of_quality(desk, state, f"in-{page.evaluate(THEME)}"))
    if state == "case":
        page.locator("td.what a").last.click()
        page.wait_for_url("**/cases/*")
    if state in ("claimed", "chosen", "other", "hold"):
        held = page.get_by_role("link", name="back to it")
        page.get_by_role("button", name="Claim next").click() if held.count() == 0 else held.first.click()
        page.wait_for_url("**/cases/*")
        expect(page.locator("#why")).not_to_contain_text("Looking for what carried")
    if state in ("chosen", "other", "hold"):
        page.keyboard.press({"chosen": "1", "other": "o", "hold": "h"}[state])
    if state == "help":
        page.keyboard.press("?")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_has_nothing_to_say(desk: Desk, pages: dict[str, Page], theme: str, state: str) -> None:
    page = pages[theme]
    bring(page, desk, state)
    found = Axe().run(page)
    told = [f"{v['id']}: {[n['html'][:140] for n in v['nodes'][:3]]}" for v in found.response["violations"]]
    assert told == []


@pytest.mark.parametrize("state", ["queue", "case", "claimed", "choices", "quality", "reading", "settle"])
@pytest.mark.parametrize("width", [360, 320])  # 320 is 1280 at a zoom of 400 %
def test_narrow_and_zoomed_nothing_is_cut_off_sideways(desk: Desk, state: str, width: int) -> None:
    page = desk.sit("narrow", viewport={"width": width, "height": 640})
    bring(page, desk, state)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.context.close()


def test_focus_is_seen_and_the_first_stop_skips_to_the_content(desk: Desk, pages: dict[str, Page]) -> None:
    page = pages["light"]
    page.goto(desk.service.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(6):
        page.keyboard.press("Tab")
        outline = page.evaluate(OUTLINE)
        assert outline == "solid3px"


def test_pages_are_light_and_quick_and_ask_nobody_else(desk: Desk) -> None:
    page = desk.sit("light")
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    client.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    for state in ("queue", "case"):
        sizes.clear()
        bring(page, desk, state)
        page.wait_for_load_state("networkidle")
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        sys.stdout.write(f"\n{state}: {sum(sizes) / 1024:.0f} KiB over the wire, first paint after {paint:.0f} ms")
        if state == "queue":
            assert sum(sizes) <= MAX_KIB * 1024
    assert desk.asked == []


def test_a_hostile_text_of_a_mebibyte_runs_nowhere_and_leaves_the_page_usable(desk: Desk) -> None:
    text = (HOSTILE + " \u202eabc\u202c 👩‍👩‍👧 " + "x" * 50 + " ") * 6_000
    [case_id] = desk.file(
        [
            NewReport(
                source="helpdesk",
                external_id="H-1",
                title=HOSTILE,
                description=text[:1_000_000],
                received_at=desk.store.queue(1)[0].received_at,
            )
        ]
    )
    page = desk.sit("brave")
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(f"{desk.service.url}/cases/{case_id}")
    expect(page.locator("h1")).to_have_text(HOSTILE)
    assert page.title().startswith(HOSTILE[:20])
    assert page.locator("#text img").count() == 0
    page.keyboard.press("c")
    expect(page.locator("#decision")).to_be_visible()
    assert (page.title() == "owned", said) == (False, [])


def test_what_is_carried_along_is_as_it_was_published() -> None:
    htmx = assets()["htmx.min.js"].content
    assert hashlib.sha256(htmx).hexdigest() == "60231ae6ba9db3825eb15a261122d5f55921c4d53b66bf637dc18b4ee27c79f9"
