"""The report as an associate's lead opens it: a file, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from evaluation.judged import Judged
from evaluation.report import ModelFacts, RobustnessRow, html_report

FACTS = ModelFacts("caseload", "7", "2026-11-24T10:00:00Z", model={"encoder": "MiniLM"}, data={"rows": 4012})
# Labels that do not lie within their image, by half a pixel's tolerance.
CLIPPED = """
svg => { const room = svg.getBoundingClientRect(); return [...svg.querySelectorAll("text")].filter(label => {
  const at = label.getBoundingClientRect();
  return at.left < room.left - .5 || at.right > room.right + .5
    || at.top < room.top - .5 || at.bottom > room.bottom + .5;
}).map(label => label.textContent) }
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, judged: Judged, found: dict[str, Any]) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    attacks = [RobustnessRow("none", 777, 0.8, 0.0, 0.9), RobustnessRow("typos", 777, 0.7, 0.1, 0.8, 2)]
    path.write_text(html_report("How good it is", FACTS, found, judged, robustness=attacks), encoding="utf-8")
    return path


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(color_scheme="light", viewport={"width": 1280, "height": 900})
    yield page
    page.close()


def test_it_opens_without_a_complaint_and_asks_for_nothing_but_itself(page: Page, report: Path):
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri(), wait_until="networkidle")
    assert complaints == [], "the style sheet's hash in the security policy is right, among others"
    assert asked == [report.as_uri()]
    assert page.evaluate("getComputedStyle(document.querySelector('.tiles')).display") == "grid", "the style counts"


def test_each_plot_is_drawn_names_itself_and_cuts_off_no_label(page: Page, report: Path, found: dict[str, Any]):
    page.goto(report.as_uri())
    plots = page.query_selector_all("svg")
    assert len(plots) == 4 + len(found["slices"])
    for plot in plots:
        box = plot.bounding_box()
        assert box is not None
        assert box["width"] > 200
        assert box["height"] > 80
        names = plot.get_attribute("aria-labelledby")
        assert names is not None
        told = [page.text_content(f"#{name}") for name in names.split()]
        assert all(told)
        assert plot.evaluate(CLIPPED) == []


def test_the_tables_have_the_numbers(page: Page, report: Path, found: dict[str, Any]):
    page.goto(report.as_uri())
    rows = page.query_selector_all("#categories tbody tr")
    assert len(rows) == len(found["classes"])
    for row, each in zip(rows, found["classes"], strict=True):
        cells = [cell.inner_text() for cell in row.query_selector_all("th, td")]
        recall = each["recall"]
        assert cells[:2] == [each["label"], str(each["support"])]
        assert cells[4] == f"{recall['value']:.3f} {recall['low']:.3f} to {recall['high']:.3f}"
    assert f"{found['category']['accuracy']['value']:.3f}" in page.inner_text(".tiles")
    assert f"{found['severity']['cost']['value']:.3f}" in page.inner_text("#severity")
    assert "typos" in page.inner_text("#robustness")


def test_it_is_dark_where_the_reader_wants_it_dark(page: Page, report: Path):
    page.goto(report.as_uri())
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(paper) == "rgb(20, 23, 28)"
    label = "getComputedStyle(document.querySelector('svg .axis')).fill"
    assert page.evaluate(label) == "rgb(232, 235, 240)", "the plots too"


def test_a_telephone_shows_it_without_scrolling_the_page_sideways(page: Page, report: Path):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_long_names_of_categories_and_slices_are_cut_and_not_clipped(
    page: Page, tmp_path: Path, judged: Judged, found: dict[str, Any]
):
    long = "WWWW a name so long that nobody should have given it WWWW"
    renamed = [{**each, "value": f"{long} {place}"} for place, each in enumerate(found["slices"]["channel"])]
    confusion = {**found["confusion"], "labels": [f"{long} {place}" for place in range(len(judged.labels))]}
    path = tmp_path / "long.html"
    longer = {**found, "slices": {"channel": renamed}, "confusion": confusion}
    path.write_text(html_report("Long", replace(FACTS, name=long), longer, judged), encoding="utf-8")
    page.goto(path.as_uri())
    for plot in page.query_selector_all("svg"):
        assert plot.evaluate(CLIPPED) == []
